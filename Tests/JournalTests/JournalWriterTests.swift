//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Glibc
import Journal
import Platform
import SeededRandom
import Testing

@Suite("Written journals")
struct JournalWriterTests {
    static let second: UInt64 = 1_000_000_000

    /// Small segments, so that they rotate often.
    static func small(
        compresses: Bool = false, usesThread: Bool = false, syncIntervalNs: UInt64 = 0
    ) -> JournalConfiguration {
        JournalConfiguration(
            segmentBytes: 65_536, stagingBytes: 65_536, syncIntervalNs: syncIntervalNs,
            compresses: compresses, usesThread: usesThread)
    }

    @Test(arguments: [false, true], [false, true])
    func `what is appended is read again over all segments and sessions`(
        compresses: Bool, usesThread: Bool
    ) throws {
        let folder = try TemporaryFolder(isInMemory: true)
        var expected: [TestFrame] = []
        for session in 0..<3 as Range<UInt64> {
            let frames = TestFrame.random(400, bodyMax: 2_000, seed: 21 + session)
            let writer = try JournalWriter(
                folder: folder.journal,
                configuration: Self.small(compresses: compresses, usesThread: usesThread))
            #expect(writer.usesThread == usesThread)
            #expect(writer.recovery.lastNumber == UInt64(expected.count))
            #expect(writer.recovery.isClean == (session > 0))
            try writer.appendAll(frames)
            #expect(writer.close(timeoutNs: 30 * Self.second))
            #expect(writer.failure == nil)
            #expect(writer.durableNumber == writer.appendedNumber)
            expected += frames
            expected.append(
                TestFrame(kind: .end, timeNs: 0, writtenNs: 0, body: []))
        }
        var content = try JournalContent(folder.journal)
        for index in content.frames.indices where content.frames[index].body.isEmpty {
            if content.frames[index].kind == .end, expected[index].timeNs == 0 {
                content.frames[index].timeNs = 0
                content.frames[index].writtenNs = 0
            }
        }
        #expect(content.frames == expected)
        #expect(content.firstNumber == 1)
        #expect(content.damage == nil)
        #expect(content.end == .clean)
        let checksums = try JournalContent(folder.journal, .checksums)
        #expect(checksums.frames.count == expected.count)
        let names = folder.segments
        #expect(names.count > 15)
        #expect(names.contains { $0.hasSuffix(".zst") } == compresses)
    }

    /// *Goal*: whatever is appended with whatever settings, that is what is there, except for what
    /// retention removed, which is a run of whole segments from the begin.
    @Test(arguments: 41..<53 as Range<UInt64>)
    func `any frames under any settings come back, without what retention removed`(
        seed: UInt64
    ) throws {
        print("seed \(seed)")
        let folder = try TemporaryFolder(isInMemory: true)
        var random = SplitMix64(seed: seed)
        var expected: [TestFrame] = []
        for _ in 0..<3 {
            let segmentBytes = UInt64(65_536 + 64 * random.below(2_000))
            let configuration = JournalConfiguration(
                segmentBytes: segmentBytes, stagingBytes: 65_536 << random.below(3),
                syncIntervalNs: [0, 1_000_000, .max][random.below(3)],
                compresses: random.below(2) == 0,
                retentionBytes: random.below(2) == 0 ? 0 : 300_000,
                usesThread: random.below(2) == 0)
            let writer = try JournalWriter(
                folder: folder.journal, configuration: configuration)
            #expect(writer.recovery.lastNumber == UInt64(expected.count))
            // Many short ones, or a few as long as may be.
            let isLong = random.below(4) == 0
            let bodyMax = isLong ? writer.bodyMax : random.below(1_500)
            let frames = (0..<(1 + random.below(isLong ? 12 : 200))).map { _ in
                TestFrame.random(bodyMax: bodyMax, using: &random)
            }
            try writer.appendAll(frames)
            #expect(writer.close(timeoutNs: 30 * Self.second))
            #expect(writer.counters.oversize == 0)
            expected += frames + [TestFrame(kind: .end, body: [])]
        }
        let content = try JournalContent(folder.journal)
        #expect(content.damage == nil)
        #expect(content.end == .clean)
        #expect(content.firstNumber + UInt64(content.frames.count) - 1 == UInt64(expected.count))
        for (index, frame) in content.frames.enumerated() {
            var frame = frame
            let wanted = expected[index + Int(content.firstNumber) - 1]
            if wanted.kind == .end, wanted.body.isEmpty, frame.kind == .end {
                frame.timeNs = wanted.timeNs
                frame.writtenNs = wanted.writtenNs
            }
            #expect(frame == wanted)
        }
    }

    @Test(arguments: [false, true])
    func `the oldest segments go by size and by age, and the journal goes on`(byAge: Bool) throws {
        let folder = try TemporaryFolder(isInMemory: true)
        var first = try JournalWriter(folder: folder.journal, configuration: Self.small())
        let frames = TestFrame.random(900, bodyMax: 1_000, seed: 65)
        try first.appendAll(frames)
        #expect(first.close(timeoutNs: 30 * Self.second))
        #expect(first.segmentsRemoved == 0 && first.segmentsFailed == 0)
        let before = folder.segments
        try #require(before.count > 6)
        for name in before.prefix(3) {
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSinceNow: -7_200)],
                ofItemAtPath: "\(folder.journal)/\(name)")
        }
        var configuration = Self.small()
        if byAge {
            configuration.retentionNs = 3_600 * Self.second
        } else {
            configuration.retentionBytes = 200_000
        }
        first = try JournalWriter(folder: folder.journal, configuration: configuration)
        #expect(first.recovery.lastNumber == 901)
        #expect(first.append(TestFrame(kind: .note, body: [1])))
        #expect(first.close(timeoutNs: 30 * Self.second))
        let gone = byAge ? 3 : before.count - 3
        #expect(abs(Int(first.segmentsRemoved) - gone) <= (byAge ? 0 : 1))
        #expect(first.segmentsFailed == 0)
        #expect(folder.segments.first == before[Int(first.segmentsRemoved)])
        let content = try JournalContent(folder.journal)
        #expect(content.damage == nil && content.end == .clean)
        #expect(content.firstNumber > 1)
        #expect(content.firstNumber + UInt64(content.frames.count) - 1 == 903)
    }

    @Test(arguments: [false, true])
    func `a full memory refuses and takes nothing, and takes all again once it is written`(
        usesThread: Bool
    ) throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let writer = try JournalWriter(
            folder: folder.journal, configuration: Self.small(usesThread: usesThread))
        let frames = TestFrame.random(200, bodyMax: 1_000, seed: 61)
        var taken = 0
        while taken < frames.count, writer.append(frames[taken]) { taken += 1 }
        #expect(taken > 20 && taken < frames.count)
        #expect(writer.appendedNumber == UInt64(taken))
        #expect(writer.writtenNumber == 0)
        let isTaken = writer.append(frames[taken])
        #expect(!isTaken)
        #expect(writer.appendedNumber == UInt64(taken))
        #expect(writer.counters.refused == 2)
        #expect(writer.stagedBytes <= 65_536)
        try writer.appendAll(Array(frames[taken...]))
        #expect(writer.close(timeoutNs: 30 * Self.second))
        #expect(try JournalContent(folder.journal).frames.dropLast() == frames[...])
    }

    @Test func `nothing is written before it is submitted, or durable before asked`() throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let writer = try JournalWriter(
            folder: folder.journal, configuration: Self.small(syncIntervalNs: .max))
        let frames = TestFrame.random(3, bodyMax: 100, seed: 62)
        #expect(writer.append(frames[0]))
        for _ in 0..<100 { writer.poll() }
        #expect(writer.writtenNumber == 0)
        writer.submit()
        try writer.drive("written") { writer.writtenNumber == 1 }
        for _ in 0..<1_000 { writer.poll() }
        #expect(writer.durableNumber == 0)
        #expect(writer.counters.syncs == 0)
        writer.requestSync()
        try writer.drive("durable") { writer.durableNumber == 1 }
        #expect(writer.append(frames[1]))
        writer.requestSync()
        #expect(writer.append(frames[2]))
        writer.submit()
        try writer.drive("both durable") { writer.durableNumber >= 2 }
        #expect(writer.close(timeoutNs: 30 * Self.second))
    }

    @Test func `written frames become durable by themselves within the interval`() throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let writer = try JournalWriter(
            folder: folder.journal, configuration: Self.small(syncIntervalNs: 2_000_000))
        #expect(writer.append(TestFrame(kind: .note, body: [1])))
        try writer.drive("durable") { writer.durableNumber == 1 }
        #expect(writer.counters.syncs == 1)
        #expect(writer.close(timeoutNs: 30 * Self.second))
    }

    @Test func `a body that fits nowhere leaves a lost frame in its place`() throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let writer = try JournalWriter(folder: folder.journal, configuration: Self.small())
        let whole = [UInt8](repeating: 7, count: writer.bodyMax)
        #expect(writer.append(TestFrame(kind: .frameIn, body: whole)))
        try writer.drive("written") { writer.writtenNumber == 1 }
        #expect(writer.append(TestFrame(kind: .frameIn, body: whole + [7])))
        #expect(writer.counters.oversize == 1)
        #expect(writer.close(timeoutNs: 30 * Self.second))
        let frames = try JournalContent(folder.journal).frames
        #expect(frames.map(\.kind) == [.frameIn, .lost, .end])
        #expect(frames[1].detail == JournalKind.frameIn.rawValue)
        #expect(frames[1].body == [1, 0, 0, 0, 0, 0, 0, 0])
    }

    @Test func `a journal has one writer, and is nobody else's to read`() throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let writer = try JournalWriter(folder: folder.journal, configuration: Self.small())
        #expect(throws: JournalError.busy(path: folder.journal)) {
            _ = try JournalWriter(folder: folder.journal)
        }
        #expect(throws: JournalError.busy(path: folder.journal)) {
            _ = try JournalRecovery.recover(folder: folder.journal)
        }
        #expect(writer.append(TestFrame(kind: .note, body: [])))
        #expect(writer.close(timeoutNs: 30 * Self.second))
        var status = stat()
        #expect(unsafe stat(folder.journal, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o700)
        for name in folder.segments {
            #expect(unsafe stat("\(folder.journal)/\(name)", &status) == 0)
            #expect(status.st_mode & 0o777 == 0o600)
        }
        #expect(unsafe chmod(folder.journal, 0o750) == 0)
        #expect(throws: JournalError.notPrivate(path: folder.journal)) {
            _ = try JournalWriter(folder: folder.journal)
        }
    }

    @Test func `a journal is read while it is written, up to where the writer is`() throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let writer = try JournalWriter(folder: folder.journal, configuration: Self.small())
        let frames = TestFrame.random(300, bodyMax: 1_000, seed: 63)
        for (index, frame) in frames.enumerated() {
            try writer.drive("room") { writer.append(frame) }
            guard index % 50 == 0 else { continue }
            let written = Int(writer.writtenNumber)
            let content = try JournalContent(folder.journal)
            #expect(content.damage == nil)
            #expect(content.frames.count >= written)
            #expect(content.frames[...] == frames[..<content.frames.count])
            #expect(content.end != .clean)
        }
        #expect(writer.close(timeoutNs: 30 * Self.second))
    }

    @Test func `reading from a number or a time begins in its segment`() throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let writer = try JournalWriter(
            folder: folder.journal, configuration: Self.small(compresses: true))
        var frames = TestFrame.random(500, bodyMax: 1_000, seed: 64)
        for index in frames.indices {
            frames[index].writtenNs = begin + UInt64(index) * Self.second
        }
        try writer.appendAll(frames)
        #expect(writer.close(timeoutNs: 30 * Self.second))
        var starts: Set<UInt64> = []
        for number in stride(from: 1, through: 500, by: 7) as StrideThrough<UInt64> {
            let places: [JournalStart] = [
                .number(number), .writtenNs(begin + (number - 1) * Self.second),
            ]
            for place in places {
                var reader = try JournalReader(folder: folder.journal, from: place)
                let first = try #require(try reader.next()).number
                #expect(first <= number)
                starts.insert(first)
                var last = first
                while let frame = try reader.next() { last = frame.number }
                #expect(last == 501)
                #expect(reader.end == .clean)
            }
        }
        #expect(starts.count == folder.segments.count)
    }
}
