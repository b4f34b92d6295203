//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Journal
import Platform
import TestSupport
import Testing

/// Goal: `apus journal` does what it says with any folder and any arguments: the right exit status,
/// the reason in words, nothing invented.
extension ProgramTests {
    @Suite("The command for journals")
    struct JournalCommandTests {
        let workplace: Workplace

        init() throws {
            workplace = try Workplace()
            for state in FolderState.allCases { try state.make(workplace.file(state.rawValue)) }
        }

        /// A journal, or what is taken for one.
        enum FolderState: String, CaseIterable {
            case good, compressed, flipped, cut, empty, alien, older, gap, halved, file

            private static let begin: UInt64 = 1_795_704_579_000_000_000
            static let kinds: [JournalKind] = [
                .session, .instruments, .frameIn, .orderOut, .verdict, .lost, .note,
                JournalKind(rawValue: 200),
            ]
            private static let body = Array("{\"e\":\"\u{1b}[2J\"}".utf8)
            private static let perSession = 8

            func make(_ folder: String) throws {
                switch self {
                case .file: try Data("text".utf8).write(to: URL(filePath: folder))
                case .empty, .alien:
                    try FileManager.default.createDirectory(
                        atPath: folder, withIntermediateDirectories: true)
                    if self == .alien {
                        let text = String(repeating: "This is no journal. ", count: 100)
                        try Data(text.utf8).write(to: URL(filePath: "\(folder)/000001.apj"))
                    }
                default: try write(folder)
                }
                let first = "\(folder)/000001.apj"
                switch self {
                // In the second frame, whose header is at 192: the first takes 64 + 64 bytes.
                case .flipped: try Self.change(first) { $0[192 + 64] ^= 1 }
                case .older: try Self.change(first) { $0[8] = 0 }
                case .cut: try Self.change("\(folder)/000003.apj") { $0.removeLast(120) }
                case .gap: try FileManager.default.removeItem(atPath: "\(folder)/000002.apj")
                case .halved:
                    try Self.change(first + ".zst") { $0.removeLast($0.count / 2) }
                default: break
                }
            }

            /// Three sessions, each in a segment of its own.
            private func write(_ folder: String) throws {
                let compresses = self == .compressed || self == .halved
                for session in 0..<3 as Range<UInt64> {
                    let writer = try JournalWriter(
                        folder: folder,
                        configuration: JournalConfiguration(
                            segmentBytes: 65_536, stagingBytes: 65_536, compresses: compresses))
                    for (index, kind) in Self.kinds.enumerated() {
                        let timeNs = Self.begin + (session * 60 + UInt64(index)) * 1_000_000_000
                        let body = kind == .lost ? [5, 0, 0, 0, 0, 0, 0, 0] : Self.body
                        let isTaken = unsafe body.withUnsafeBytes {
                            unsafe writer.append(
                                kind: kind, timeNs: timeNs, writtenNs: timeNs, $0)
                        }
                        try #require(isTaken)
                    }
                    try #require(writer.close(timeoutNs: 30_000_000_000))
                }
            }

            private static func change(
                _ file: String, _ body: (inout [UInt8]) -> Void
            ) throws {
                var bytes = Array(try Data(contentsOf: URL(filePath: file)))
                body(&bytes)
                try Data(bytes).write(to: URL(filePath: file))
            }
        }

        struct Case: CustomTestStringConvertible, Sendable {
            /// Words with `@` stand for a folder or file of the workplace.
            let arguments: String
            let status: Int32
            /// What standard output has; of a bad case, what standard error has.
            let words: [String]

            init(_ arguments: String, _ status: Int32, _ words: String...) {
                self.arguments = arguments
                self.status = status
                self.words = words
            }

            var testDescription: String { arguments.isEmpty ? "nothing" : arguments }
        }

        private func run(
            _ arguments: String, wrapper: [String] = []
        ) throws -> (status: Int32, output: String, errors: String) {
            let words = arguments.split(separator: " ").map { word in
                word.hasPrefix("@") ? workplace.file(String(word.dropFirst())) : String(word)
            }
            let one = try Program(
                "apus", ["journal"] + words, in: workplace, log: "journal", wrapper: wrapper)
            return (try one.exitStatus(), one.output, one.errors)
        }

        @Test(arguments: [
            Case("--help", 0, "Commands:", "verify", "info", "cat", "export"),
            Case("verify @good", 0, "valid, clean end", "27 frames, 1 to 27"),
            Case("verify @compressed", 0, "valid, clean end", "27 frames, 1 to 27"),
            Case("verify @cut", 0, "valid, open end", "25 frames, 1 to 25"),
            Case(
                "info @good", 0, "3 segments (0 compressed)", "3 sessions", "order-out: 3 frames",
                "kind-200: 3 frames", "lost at taps: 15 (15 of any kind)", "clean end"),
            Case("info @compressed", 0, "3 segments (2 compressed)"),
            Case("cat @good", 0, "1 2026-11-26T14:49:39.000000000Z session", "kind-200", "27 "),
            Case("cat @good --kind order-out --from 10", 0, "13 ", "22 "),
            Case("cat @compressed --from 20 --to 21", 0, "20 ", "21 "),
            Case("cat @good --since 2026-11-26T14:51 --kind note", 0, "25 "),
            Case("cat @good --until 2026-11-26 --kind note", 0),
            Case("cat @cut --from 25", 0, "25 "),
            Case("cat @empty", 0),
            Case("export @good --out @t.csv", 0),
            Case("export @compressed --out @t.arrow --format arrow", 0),
            Case("export @empty --out @e.csv", 0),
        ])
        func `good arguments`(_ one: Case) throws {
            let (status, output, errors) = try run(one.arguments)
            #expect(status == one.status, "\(output)\(errors)")
            for word in one.words { #expect(output.contains(word), "\(output)") }
            #expect(!output.utf8.contains(0x1b), "no command for a terminal")
            if one.arguments.hasPrefix("export") {
                let rows = one.arguments.contains("@empty") ? 0 : 27
                #expect(errors.contains("\(rows) rows written"), "\(errors)")
            } else {
                #expect(errors.isEmpty, "\(errors)")
            }
            if one.arguments.hasPrefix("cat") {
                #expect(
                    output.split(separator: "\n").allSatisfy { $0.first?.isNumber == true },
                    "a frame is a line: \(output)")
            }
        }

        @Test(arguments: [
            Case("", 2, "a subcommand is needed", "--help"),
            Case("prove @good", 2, "unknown 'prove'"),
            Case("verify", 2, "DIR"),
            Case("verify @good @good", 2, "unexpected argument"),
            Case("verify @good --deep", 2, "--deep"),
            Case("verify @nowhere", 1, "nowhere: open: No such file or directory"),
            Case("verify @file", 1, "file: open: Not a directory"),
            Case("verify @empty", 1, "no journal: no segments"),
            Case(
                "verify @flipped", 1, "damaged: 000001.apj at 192: the checksum differs",
                "1 frames, 1 to 1"),
            Case("verify @alien", 1, "000001.apj at 0: the segment's header is damaged"),
            Case("verify @older", 1, "000001.apj at 0: the segment's header is damaged"),
            Case("verify @gap", 1, "000003.apj at 0: a segment before it is missing", "1 to 9"),
            Case("verify @halved", 1, "compressed data is damaged or cut"),
            Case("info @nowhere", 1, "No such file or directory"),
            Case("info @flipped", 1, "damaged: 000001.apj at 192"),
            Case("info @empty", 1, "no journal"),
            Case("cat @nowhere", 1, "No such file or directory"),
            Case("cat @flipped", 1, "damaged: 000001.apj at 192: the checksum differs"),
            Case("cat @alien", 1, "the segment's header is damaged"),
            Case("cat @halved", 1, "compressed data is damaged or cut"),
            Case("cat @good --kind order", 2, "there is no kind 'order'"),
            Case("cat @good --from 0", 2, "--from"),
            Case("cat @good --from 3 --to 2", 2, "--from is behind --to"),
            Case("cat @good --from x", 2, "--from"),
            Case("cat @good --since yesterday", 2, "needs a time", "'yesterday'"),
            Case("cat @good --since 2026-11-27 --until 2026-11-26", 2, "--since is behind"),
            Case("export @good", 2, "--out"),
            Case("export @good --out @t --format parquet", 2, "parquet"),
            Case("export @good --out @nowhere/t.csv", 1, "No such file or directory"),
            Case("export @good --out /dev/full", 1, "No space left on device"),
            Case("export @nowhere --out @t.csv", 1, "No such file or directory"),
            Case("export @flipped --out @t.csv", 1, "damaged", "1 rows written"),
        ])
        func `bad arguments and bad journals`(_ one: Case) throws {
            let (status, output, errors) = try run(one.arguments)
            #expect(status == one.status, "\(output)\(errors)")
            let all = output + errors
            for word in one.words { #expect(all.contains(word), "\(all)") }
            #expect(!errors.contains("Fatal error"), "\(errors)")
        }

        @Test func `what is good in front of a bad place is shown`() throws {
            #expect(try run("cat @flipped").output.split(separator: "\n").count == 1)
            #expect(try run("cat @gap").output.split(separator: "\n").count == 9)
            #expect(try run("cat @gap --from 10").status == 1)
            let table = try run("export @gap --out @t.csv")
            #expect(table.status == 1 && table.errors.contains("9 rows written"))
        }

        @Test(arguments: ["@nowhere", "@t.csv"])
        func `a table is not begun for a journal that is not there`(out: String) throws {
            #expect(try run("export @nowhere --out \(out)").status == 1)
            let file = workplace.file(String(out.dropFirst()))
            #expect(!FileManager.default.fileExists(atPath: file))
        }

        @Test(arguments: ["trap - PIPE", "trap '' PIPE"])
        func `a reader that goes away ends the output without a word`(trap: String) throws {
            // More than a pipe holds.
            let writer = try JournalWriter(folder: workplace.file("long"))
            let body = [UInt8](repeating: 0x61, count: 4_000)
            for _ in 0..<500 {
                let isTaken = unsafe body.withUnsafeBytes {
                    unsafe writer.append(kind: .note, timeNs: 1, writtenNs: 1, $0)
                }
                try #require(isTaken)
            }
            try #require(writer.close(timeoutNs: 30_000_000_000))
            let script = "\(trap); \"$@\" | head -n 1; echo ${PIPESTATUS[0]}"
            let head = ["bash", "-c", script, "bash"]
            let (status, output, errors) = try run("cat @long", wrapper: head)
            #expect(status == 0)
            #expect(output.hasPrefix("1 ") && output.hasSuffix("\n141\n"), "\(output.suffix(8))")
            #expect(errors.isEmpty, "\(errors)")
        }

        @Test func `output that cannot be written is told`() throws {
            let full = ["sh", "-c", "\"$@\" > /dev/full", "sh"]
            let (status, _, errors) = try run("cat @good", wrapper: full)
            #expect(status == 1 && errors.contains("No space left on device"), "\(errors)")
        }
    }
}
