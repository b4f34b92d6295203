//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Journal
import Platform
import Testing

@Suite("What a journal says again, and what it says of losses")
struct JournalHeadTests {
    static let second: UInt64 = 1_000_000_000
    static let heads = [
        JournalHead(.session, timeNs: begin, body: Array("{}".utf8)),
        JournalHead(.instruments, timeNs: begin + 1, context: 2, body: [1, 2, 3]),
    ]
    /// As they stand in a journal.
    static let expected = [
        TestFrame(
            kind: .head, detail: JournalKind.session.rawValue, timeNs: begin,
            body: Array("{}".utf8)),
        TestFrame(
            kind: .head, detail: JournalKind.instruments.rawValue, timeNs: begin + 1, context: 2,
            body: [1, 2, 3]),
    ]

    /// Notes: no kind that a test looks for.
    static func notes(_ count: Int, seed: UInt64) -> [TestFrame] {
        TestFrame.random(count, bodyMax: 1_000, seed: seed).map {
            var frame = $0
            frame.kind = .note
            return frame
        }
    }

    /// Writes `frames`, the heads given behind the first.
    static func write(
        _ frames: [TestFrame], to folder: TemporaryFolder, retentionBytes: UInt64 = 0
    ) throws {
        var configuration = JournalWriterTests.small()
        configuration.retentionBytes = retentionBytes
        let writer = try JournalWriter(folder: folder.journal, configuration: configuration)
        try writer.appendAll([frames[0]])
        writer.beginSegments(with: heads)
        try writer.appendAll(Array(frames.dropFirst()))
        #expect(writer.close(timeoutNs: 30 * second))
    }

    /// The frames of a segment's begin.
    static func first(_ count: Int, of segment: UInt64, in journal: String) throws -> [TestFrame] {
        let name = String(repeating: "0", count: 6 - "\(segment)".count) + "\(segment)"
        let part = try TemporaryFolder(isInMemory: true)
        try FileManager.default.createDirectory(
            atPath: part.journal, withIntermediateDirectories: true)
        try FileManager.default.copyItem(
            atPath: "\(journal)/\(name).apj", toPath: "\(part.journal)/\(name).apj")
        return Array(try JournalContent(part.journal).frames.prefix(count))
    }

    @Test func `every segment but the first begins with what describes the session`() throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let frames = Self.notes(600, seed: 71)
        try Self.write(frames, to: folder)
        let count = UInt64(folder.segments.count)
        try #require(count > 4)
        for segment in 1...count {
            var first = try Self.first(2, of: segment, in: folder.journal)
            for index in first.indices { first[index].writtenNs = begin }
            #expect((first == Self.expected) == (segment > 1), "segment \(segment)")
        }
        let content = try JournalContent(folder.journal)
        #expect(content.damage == nil && content.end == .clean)
        #expect(content.frames.filter { $0.kind != .head }.dropLast() == frames[...])
        #expect(try !JournalSummary(folder: folder.journal).isCut)
    }

    @Test func `it is there after retention removed the session's begin`() throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let frames = Self.notes(900, seed: 72)
        try Self.write(frames, to: folder, retentionBytes: 200_000)
        let content = try JournalContent(folder.journal)
        try #require(content.firstNumber > 1)
        #expect(content.damage == nil && content.end == .clean)
        #expect(content.frames.prefix(2).map(\.body) == Self.expected.map(\.body))
        #expect(content.frames.prefix(2).map(\.detail) == Self.expected.map(\.detail))
        let summary = try JournalSummary(folder: folder.journal)
        #expect(summary.isCut && summary.text.contains("0 sessions and the rest of one"))
    }

    @Test func `a frame as long as a segment comes without, and is whole`() throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let writer = try JournalWriter(
            folder: folder.journal, configuration: JournalWriterTests.small())
        let bodyMax = writer.bodyMax
        #expect(writer.close(timeoutNs: 30 * Self.second))
        // Two heads take 256 bytes with their headers.
        let lengths = [10, bodyMax, bodyMax - 256, bodyMax - 255, 1_000]
        let frames = lengths.map {
            TestFrame(kind: .frameIn, body: [UInt8](repeating: 9, count: $0))
        }
        try Self.write(frames, to: folder)
        let kinds = try JournalContent(folder.journal).frames.dropFirst().map(\.kind)
        #expect(kinds == [
            .frameIn, .frameIn, .head, .head, .frameIn, .frameIn, .head, .head, .frameIn, .end,
        ])
    }

    @Test func `a loss is told before what came behind it, once there is room`() throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let writer = try JournalWriter(
            folder: folder.journal, configuration: JournalWriterTests.small())
        var loss = JournalLoss(of: .verdict, connection: 1)
        var isTold = loss.tell(writer, sequence: 1, timeNs: begin)
        #expect(isTold && writer.appendedNumber == 0, "nothing to tell")
        let frames = Self.notes(200, seed: 73)
        var taken = 0
        while writer.append(frames[taken]) { taken += 1 }
        // Frames of any length are refused now.
        while writer.append(TestFrame(kind: .note, body: [])) {}
        loss.add(2)
        isTold = loss.tell(writer, sequence: 5, timeNs: begin)
        #expect(!isTold)
        loss.add(3)
        #expect(loss.untold == 5)
        try writer.drive("room") { loss.tell(writer, sequence: 6, timeNs: begin + 1) }
        #expect(loss.untold == 0)
        try writer.appendAll([TestFrame(kind: .verdict, body: [4])])
        #expect(writer.close(timeoutNs: 30 * Self.second))
        let last = try JournalContent(folder.journal).frames.suffix(3)
        #expect(last.map(\.kind) == [.lost, .verdict, .end])
        let told = try #require(last.first)
        #expect(told == TestFrame(
            kind: .lost, detail: JournalKind.verdict.rawValue, connection: 1, sequence: 6,
            timeNs: begin + 1, writtenNs: begin + 1, body: [5, 0, 0, 0, 0, 0, 0, 0]))
        let summary = try JournalSummary(folder: folder.journal)
        #expect(summary.lostByKind == [.verdict: 5] && summary.lost == 5)
        #expect(summary.text.contains("lost at taps: 5 (5 verdict)"))
    }
}
