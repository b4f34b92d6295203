//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Platform
import TestSupport
import Testing

extension ProgramTests {
    /// Goal: `apus replay --venue okx` follows whole recordings without a gap, and the books it
    /// prints are the venue's. Method: the checksum of every book message is proved on the way, and
    /// the last one of each instrument again by another program, over the book as it is printed.
    @Suite(
        "Recorded OKX frames through the production stages",
        .enabled(if: Captures.areThere, "the recordings are absent"))
    struct OKXReplayTests {
        let workplace: Workplace

        init() throws { workplace = try Workplace() }

        struct Recording: CustomTestStringConvertible {
            let name: String
            let lines: Int
            let books: Int
            let trades: Int
            var path: String { "\(Captures.folder)/\(name).txt" }
            var testDescription: String { name }
        }

        static let recordings = [
            Recording(
                name: "okx_2022-05-13_public_books_tickers_trades", lines: 410, books: 290,
                trades: 74),
            Recording(
                name: "okx_2022-02-27_public_books-l2-tbt_tickers_trades", lines: 3_777,
                books: 3_679, trades: 19),
            Recording(
                name: "okex_2021-07-22_public_books-l2-tbt_conn1", lines: 1_616, books: 1_504,
                trades: 36),
            Recording(
                name: "okex_2021-07-22_public_books-l2-tbt_conn2", lines: 1_559, books: 1_446,
                trades: 36),
        ]

        private func replay(
            _ files: [String], _ emit: String, _ arguments: String...
        ) throws -> (status: Int32, output: String, errors: String) {
            try Program.run(
                "apus", ["replay"] + files + ["--venue", "okx", "--emit", emit] + arguments,
                in: workplace)
        }

        @Test(arguments: recordings)
        func `every book message proves the book behind it`(_ recording: Recording) throws {
            let run = try replay([recording.path], "book")
            #expect(run.status == 0, "\(run.errors)")
            #expect(
                run.errors.contains(
                    "\(recording.lines) lines, 0 malformed, 0 parse errors, 0 unknown, 0 gaps"),
                "\(run.errors)")
            #expect(
                run.errors.contains("\(recording.books) checksums, 0 checksum mismatches"),
                "\(run.errors)")
            try expectLastChecksums(run.output, [recording])
        }

        @Test(arguments: recordings)
        func `trades and quotes are printed, the same each time`(_ recording: Recording) throws {
            let trades = try replay([recording.path], "trades")
            #expect(trades.output.split(separator: "\n").count == recording.trades + 1)
            let quotes = try replay([recording.path], "quotes")
            #expect(quotes.output.split(separator: "\n").count > 100)
            #expect(try replay([recording.path], "quotes").output == quotes.output)
        }

        @Test func `two connections of one feed become one stream without a gap`() throws {
            let files = Self.recordings.suffix(2).map(\.path)
            let run = try replay(files, "book", "--lines")
            #expect(run.status == 0, "\(run.errors)")
            #expect(
                run.errors.contains("3175 lines, 0 malformed, 0 parse errors, 0 unknown, 0 gaps"),
                "\(run.errors)")
            // The second connection saw no book message that the first did not.
            #expect(run.errors.contains("1504 checksums, 0 checksum mismatches"), "\(run.errors)")
            try expectLastChecksums(run.output, Array(Self.recordings.suffix(2)))
            let trades = try replay(files, "trades", "--lines")
            let numbers = trades.output.split(separator: "\n").dropFirst().map {
                $0.split(separator: ",")[1...2].joined(separator: ",")
            }
            #expect(Set(numbers).count == numbers.count && numbers.count == 36)
        }

        @Test(arguments: [0, 1])
        func `a connection that falls silent half-way makes no gap`(line: Int) throws {
            var files = Self.recordings.suffix(2).map(\.path)
            let text = try String(contentsOfFile: files[line], encoding: .utf8)
            let lines = text.split(separator: "\n")
            files[line] = try workplace.write(
                lines.prefix(lines.count / 2).joined(separator: "\n") + "\n", to: "half.txt")
            let run = try replay(files, "book", "--lines")
            #expect(run.status == 0, "\(run.errors)")
            #expect(run.errors.contains("0 gaps"), "\(run.errors)")
            #expect(run.errors.contains("1504 checksums, 0 checksum mismatches"), "\(run.errors)")
            try expectLastChecksums(run.output, Array(Self.recordings.suffix(2)))
        }

        @Test func `the venue's own instruments give the same books`() throws {
            let list = "\(Captures.folder)/../../venues/okx/okx_2022-05-13_rest_instruments.txt.gz"
            let file = Self.recordings[0].path
            let run = try replay([file], "book", "--instruments", list)
            #expect(run.status == 0, "\(run.errors)")
            #expect(run.errors.contains("290 checksums, 0 checksum mismatches"), "\(run.errors)")
            let missing = try replay([Self.recordings[2].path], "book", "--instruments", list)
            #expect(missing.status == 1)
            #expect(missing.errors.contains("not listed"), "\(missing.errors)")
        }

        /// The books printed have the checksums of the last messages, by another program's CRC-32.
        private func expectLastChecksums(_ output: String, _ recordings: [Recording]) throws {
            let script = try workplace.write(
                """
                import json, sys, zlib
                last = {}
                for path in sys.argv[2:]:
                    for line in open(path):
                        if line.startswith("wss:"): continue
                        at, text = line.split(": ", 1)
                        message = json.loads(text)
                        if not message.get("arg", {}).get("channel", "").startswith("books"):
                            continue
                        if "data" not in message: continue
                        item = message["data"][0]
                        key = (int(item["ts"]), float(at))
                        name = message["arg"]["instId"]
                        if name not in last or key > last[name][0]:
                            last[name] = (key, item["checksum"])
                def plain(text):
                    return text.rstrip("0").rstrip(".") if "." in text else text
                wrong = 0
                for line in open(sys.argv[1]):
                    book = json.loads(line)
                    parts = []
                    for index in range(25):
                        for side in (book["bids"], book["asks"]):
                            if index < len(side):
                                parts += [plain(side[index][0]), plain(side[index][1])]
                    found = zlib.crc32(":".join(parts).encode())
                    found -= (found & 0x80000000) * 2
                    if last.pop(book["symbol"])[1] != found: wrong += 1
                print(wrong, len(last))
                """, to: "checksums.py")
            let books = try workplace.write(output, to: "books.txt")
            let tool = Process()
            let pipe = Pipe()
            tool.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            tool.arguments = ["python3", script, books] + recordings.map(\.path)
            tool.standardOutput = pipe
            try tool.run()
            let said = pipe.fileHandleForReading.readDataToEndOfFile()
            tool.waitUntilExit()
            #expect(String(decoding: said, as: UTF8.self) == "0 0\n")
        }
    }
}
