//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Glibc
import Journal
import Options
import TestSupport
import Testing

@Suite("Journals as text and tables")
struct JournalTextTests {
    static func journal(_ frames: [TestFrame]) throws -> TemporaryFolder {
        let folder = try TemporaryFolder(isInMemory: true)
        let writer = try JournalWriter(folder: folder.journal)
        try writer.appendAll(frames)
        try #require(writer.close(timeoutNs: 30_000_000_000))
        return folder
    }

    static func lines(_ folder: TemporaryFolder, _ filter: JournalFilter = JournalFilter()) throws
        -> [String]
    {
        var reader = try JournalReader(folder: folder.journal, from: filter.start)
        var lines: [String] = []
        while let frame = try reader.next(), !filter.isBehind(frame) {
            if filter.takes(frame) { lines.append(JournalText.line(frame)) }
        }
        return lines
    }

    static let frames = [
        TestFrame(kind: .session, body: Array("{\"build\":\"x\"}".utf8)),
        TestFrame(
            kind: .frameIn, detail: 1, connection: 3, sequence: 9, timeNs: begin + 1, context: 7,
            body: Array("{\"e\":\"a,b\"}\n\u{1b}[2J\u{202e}é".utf8)),
        TestFrame(kind: .orderOut, timeNs: begin + 2, body: [0, 1, 0xff]),
        TestFrame(kind: .lost, timeNs: begin + 3, body: [5, 1, 0, 0, 0, 0, 0, 0]),
        TestFrame(kind: JournalKind(rawValue: 200), timeNs: begin + 4, body: []),
        TestFrame(kind: .note, timeNs: begin + 5, body: Array("0xab".utf8)),
    ]

    @Test func `a frame is one line, and no byte of it reaches a terminal as a command`() throws {
        let lines = try Self.lines(try Self.journal(Self.frames))
        let day = "2026-11-26T14:49:39.12345678"
        #expect(lines.count == 7)
        #expect(lines[..<6] == [
            "1 \(day)9Z session length=13 {\"build\":\"x\"}",
            "2 2026-11-26T14:49:39.123456790Z frame-in detail=1 connection=3 sequence=9 context=7"
                + " length=21 {\"e\":\"a,b\"}\\n\\u001b[2J\\u202eé",
            "3 2026-11-26T14:49:39.123456791Z order-out length=3 0x0001ff",
            "4 2026-11-26T14:49:39.123456792Z lost length=8 0x0501000000000000",
            "5 2026-11-26T14:49:39.123456793Z kind-200 length=0",
            "6 2026-11-26T14:49:39.123456794Z note length=4 0x30786162",
        ])
    }

    @Test func `a filter takes kinds, numbers and times`() throws {
        let folder = try Self.journal(Self.frames)
        func numbers(_ change: (inout JournalFilter) -> Void) throws -> [String] {
            var filter = JournalFilter()
            change(&filter)
            return try Self.lines(folder, filter).map { String($0.prefix { $0 != " " }) }
        }
        #expect(try numbers { $0.kinds = [.frameIn, .note] } == ["2", "6"])
        #expect(try numbers { $0.numbers = 2...3 } == ["2", "3"])
        #expect(try numbers { $0.times = (begin + 2)...(begin + 3) } == ["3", "4"])
        #expect(try numbers { $0.kinds = [.verdict] } == [])
    }

    @Test(arguments: [
        ("2026-11-26T14:49:39.123456789Z", begin as UInt64?), ("1795704579123456789", begin),
        ("1970-01-01", 0), ("2024-02-29T12:30", 1_709_209_800_000_000_000),
        ("2026-11-26T14:49:39.5", 1_795_704_579_500_000_000), ("2023-02-29", nil), ("x", nil),
        ("", nil), ("2026-13-01", nil), ("2026-11-26T24:00", nil), ("2026-11-26T14", nil),
        ("-1", nil), ("2026-11-26T14:49:39.1234567890Z", nil), ("2026-11-26T14:49:39.+1", nil),
    ])
    func `times are read as people write them`(text: String, expected: UInt64?) {
        #expect(TimeText.nanoseconds(text) == expected)
    }

    @Test func `a summary counts kinds, sessions and losses, and says how it ends`() throws {
        let folder = try Self.journal(Self.frames)
        let summary = try JournalSummary(folder: folder.journal)
        #expect(summary.frames == 7 && summary.sessions == 1 && summary.lost == 261)
        #expect(summary.firstNumber == 1 && summary.lastNumber == 7)
        #expect(summary.counts[.orderOut]?.frames == 1)
        #expect(summary.counts[.orderOut]?.bytes == 3)
        #expect(summary.isValid && summary.verdict == "valid, clean end")
        #expect(summary.text.contains("  kind-200: 1 frames, 0 bytes\n"))
        let file = "\(folder.journal)/000001.apj"
        var bytes = Array(try Data(contentsOf: URL(filePath: file)))
        bytes[64 + 64 + 3] ^= 1
        try Data(bytes).write(to: URL(filePath: file))
        let damaged = try JournalSummary(folder: folder.journal)
        #expect(!damaged.isValid && damaged.frames == 0)
        #expect(damaged.verdict == "damaged: 000001.apj at 64: the checksum differs")
        let empty = try TemporaryFolder()
        #expect(try !JournalSummary(folder: empty.path).isValid)
        #expect(throws: JournalError.system(operation: "open", path: "/nowhere", code: ENOENT)) {
            _ = try JournalSummary(folder: "/nowhere")
        }
    }

    @Test func `a table of comma-separated values quotes text and writes other bytes as digits`()
        throws
    {
        let folder = try Self.journal(Self.frames)
        try Self.export(folder, .csv, to: "t.csv")
        let text = try String(contentsOfFile: "\(folder.path)/t.csv", encoding: .utf8)
        let expected = [
            "number,time_ns,written_ns,kind,detail,connection,sequence,context,length,body",
            "1,\(begin),\(begin),session,0,0,0,0,13,\"{\"\"build\"\":\"\"x\"\"}\"",
            "2,\(begin + 1),\(begin),frame-in,1,3,9,7,21,"
                + "\"{\"\"e\"\":\"\"a,b\"\"}\n\u{1b}[2J\u{202e}é\"",
            "3,\(begin + 2),\(begin),order-out,0,0,0,0,3,0x0001ff",
        ]
        #expect(text.hasPrefix(expected.joined(separator: "\n") + "\n"))
    }

    @Test(.enabled(if: Oracle.isThere, "Arrow's own library cannot be installed"))
    func `Arrow's own library reads the same columns`() throws {
        var frames = Self.frames
        // More than one batch.
        frames += TestFrame.random(40, bodyMax: 300_000, seed: 97)
        let folder = try Self.journal(frames)
        try Self.export(folder, .arrow, to: "t.arrow")
        try Oracle.run("arrow_values.py", [folder.path])
        let rows = try String(contentsOfFile: "\(folder.path)/answers.txt", encoding: .utf8)
            .split(separator: "\n")
        #expect(rows[0] == "batches 2")
        #expect(rows.count == frames.count + 2)
        for (row, (index, frame)) in zip(rows.dropFirst(), frames.enumerated()) {
            let body = frame.body.isEmpty
                ? "-" : frame.body.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
                    .joined()
            #expect(
                row == "\(index + 1) \(frame.timeNs) \(frame.writtenNs) \(frame.kind)"
                    + " \(frame.detail) \(frame.connection) \(frame.sequence) \(frame.context)"
                    + " \(frame.body.count) \(body)")
        }
    }

    static func export(
        _ folder: TemporaryFolder, _ format: JournalTableFile.Format, to name: String
    ) throws {
        let file = try JournalTableFile(path: "\(folder.path)/\(name)", format: format)
        var reader = try JournalReader(folder: folder.journal)
        while let frame = try reader.next() { try file.append(frame) }
        try file.close()
    }
}
