//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Glibc
import Journal
import SeededRandom
import Testing

/// A journal whose files are known byte by byte.
struct KnownJournal {
    let folder: TemporaryFolder
    let frames: [TestFrame]
    let names: [String]
    let files: [[UInt8]]
    /// Of each segment: where its frames end, behind the header's 64 bytes.
    let ends: [[Int]]
    /// Frames before each segment.
    let before: [Int]

    init(
        frames count: Int, bodyMax: Int, segmentBytes: UInt64 = 65_536, seed: UInt64,
        compresses: Bool = false
    ) throws {
        folder = try TemporaryFolder(isInMemory: true)
        // A first session of a few frames, so that there is always a segment before.
        for (count, seed) in [(5, seed &+ 1_000), (count, seed)] {
            let writer = try JournalWriter(
                folder: folder.journal,
                configuration: JournalConfiguration(
                    segmentBytes: segmentBytes, stagingBytes: 1 << 20, compresses: compresses))
            try writer.appendAll(TestFrame.random(count, bodyMax: bodyMax, seed: seed))
            try #require(writer.close(timeoutNs: 30_000_000_000))
        }
        frames = try JournalContent(folder.journal).frames
        names = folder.segments
        files = try names.map { [folder] in
            Array(try Data(contentsOf: URL(filePath: "\(folder.journal)/\($0)")))
        }
        var ends: [[Int]] = []
        var before: [Int] = []
        var total = 0
        for file in files where !compresses {
            var own: [Int] = []
            var place = 64
            while place < file.count {
                let length = (0..<4).reduce(0) { $0 | Int(file[place + $1]) << (8 * $1) }
                place += 64 + (length + 63) / 64 * 64
                own.append(place)
            }
            ends.append(own)
            before.append(total)
            total += own.count
        }
        self.ends = ends
        self.before = before
    }

    func path(_ index: Int) -> String { "\(folder.journal)/\(names[index])" }

    /// Puts every file back as it was, and nothing else.
    func restore() throws {
        try FileManager.default.removeItem(atPath: folder.journal)
        try FileManager.default.createDirectory(
            atPath: folder.journal, withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o700])
        for index in names.indices { try Data(files[index]).write(to: URL(filePath: path(index))) }
    }
}

@Suite("Recovery")
struct JournalRecoveryTests {
    /// Of the lengths in the last 64 KiB; a debug build takes every 61st, and those around frames'
    /// begins and ends, unless `APUS_LENGTH_STEP` says otherwise.
    private static let lengthStep: Int = {
        if let text = ProcessInfo.processInfo.environment["APUS_LENGTH_STEP"],
            let step = Int(text), step > 0
        {
            return step
        }
        #if DEBUG
        return 61
        #else
        return 1
        #endif
    }()

    /// What follows the valid prefix.
    enum Tail: CaseIterable { case nothing, zeros, garbage }

    /// *Goal*: a write that ended anywhere loses what was not whole, and nothing else.
    /// *Method*: the last segment, more than 64 KiB, is cut to each length, followed by nothing, by
    /// the zeros it was preallocated with, or by garbage, and recovered.
    @Test(arguments: Tail.allCases)
    func `every prefix of what was written is recovered to its whole frames`(tail: Tail) throws {
        let known = try KnownJournal(
            frames: 100, bodyMax: 1_500, segmentBytes: 131_072, seed: 71)
        let index = known.names.count - 1
        let file = known.files[index]
        try #require(file.count > 65_536 && index > 0)
        let near = Set(known.ends[index].flatMap { [$0 - 1, $0, $0 + 1, $0 + 64] })
        var random = SplitMix64(seed: 72)
        let first = file.count - 65_536
        var count = 0
        for length in Array(0..<200) + Array(first...file.count)
        where length % Self.lengthStep == 0 || near.contains(length) || length < 200 {
            let bytes = Self.bytes(file, length, tail, &random)
            try Data(bytes).write(to: URL(filePath: known.path(index)))
            try check(known, index, bytes, length, tail)
            count += 1
        }
        print("\(tail): \(count) lengths")
    }

    private static func bytes(
        _ file: [UInt8], _ length: Int, _ tail: Tail, _ random: inout SplitMix64
    ) -> [UInt8] {
        let begin = Array(file[..<length])
        switch tail {
        case .nothing: return begin
        case .zeros: return begin + [UInt8](repeating: 0, count: 131_072 - length)
        case .garbage:
            // The first byte differs from what stood there, so that no frame becomes whole by it.
            let next = length < file.count ? file[length] : 0
            let rest = (0..<random.below(700)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            return begin + [next ^ UInt8(1 + random.below(255))] + rest
        }
    }

    /// Where the last one of `ends` is that lies within the first `length` bytes, or 0; with zeros
    /// behind them, what lies in front may lack zeros of its own.
    private static func last(
        of ends: [Int], _ file: [UInt8], _ length: Int, _ tail: Tail
    ) -> Int {
        ends.last { end in
            var needed = end
            if tail == .zeros { while file[needed - 1] == 0 { needed -= 1 } }
            return needed <= length
        } ?? 0
    }

    private func check(
        _ known: KnownJournal, _ index: Int, _ bytes: [UInt8], _ length: Int, _ tail: Tail
    ) throws {
        let ends = [64] + known.ends[index]
        let kept = Self.last(of: ends, known.files[index], length, tail)
        let expected = known.before[index] + (ends.firstIndex(of: kept) ?? 0)
        let report = try JournalRecovery.recover(folder: known.folder.journal)
        let isExpected = report.frames == UInt64(expected)
            && report.lastNumber == UInt64(expected)
            && report.nextSegment == UInt64(kept > 0 ? index + 2 : index + 1)
        #expect(isExpected, "\(length): \(report)")
        let left = try? Data(contentsOf: URL(filePath: known.path(index)))
        let isKept = kept > 0 ? left == Data(bytes[..<kept]) : left == nil
        #expect(isKept, "\(length): \(left?.count ?? -1) of \(kept)")
        // Everything else is in quarantine, without the zeros behind it.
        let dirty = tail == .zeros ? length : bytes.count
        let quarantine = "\(known.folder.journal)/quarantine"
        let moved = known.folder.names(in: quarantine)
            .compactMap { try? Data(contentsOf: URL(filePath: "\(quarantine)/\($0)")) }
            .map { kept > 0 ? Array($0) : Self.trimmed(Array($0.prefix(dirty))) }
        let rest = Self.trimmed(kept < dirty ? Array(bytes[kept..<dirty]) : [])
        let isMoved = moved == (rest.isEmpty ? [] : [rest])
        #expect(isMoved, "\(length): \(moved.map(\.count)) of \(rest.count)")
        #expect((report.damage != nil) == !rest.isEmpty)
        try? FileManager.default.removeItem(atPath: quarantine)
    }

    private static func trimmed(_ bytes: [UInt8]) -> [UInt8] {
        guard let last = bytes.lastIndex(where: { $0 != 0 }) else { return [] }
        return Array(bytes[...last])
    }

    /// *Goal*: no bit that changes anywhere lets a frame through that was not written.
    @Test(arguments: [81, 82] as [UInt64])
    func `a flipped bit ends the journal before the frame that it is in`(seed: UInt64) throws {
        print("seed \(seed)")
        let known = try KnownJournal(frames: 400, bodyMax: 1_200, seed: seed)
        try #require(known.names.count > 3)
        var random = SplitMix64(seed: seed)
        for trial in 0..<300 {
            let index = random.below(known.files.count)
            var file = known.files[index]
            // Every fourth in a segment's header, or in the first frame's.
            let place = random.below(trial % 4 == 0 ? 128 : file.count)
            file[place] ^= 1 << UInt8(random.below(8))
            try Data(file).write(to: URL(filePath: known.path(index)))
            let whole = known.ends[index].count { $0 <= place }
            let expected = known.before[index] + (place < 64 ? 0 : whole)
            let content = try JournalContent(known.folder.journal)
            #expect(content.frames.count == expected, "byte \(place) of \(known.names[index])")
            #expect(content.frames[...] == known.frames[..<content.frames.count])
            #expect(content.end != .clean)
            if trial % 20 == 0 {
                try goOn(known, expected: expected, damaged: true)
                try known.restore()
            } else {
                try Data(known.files[index]).write(to: URL(filePath: known.path(index)))
            }
        }
    }

    @Test func `a flipped bit in a compressed segment lets no wrong frame through`() throws {
        print("seed 83")
        let known = try KnownJournal(frames: 400, bodyMax: 1_200, seed: 83, compresses: true)
        var random = SplitMix64(seed: 83)
        for trial in 0..<150 {
            let index = random.below(known.files.count - 1)
            try #require(known.names[index].hasSuffix(".zst"))
            var file = known.files[index]
            file[random.below(file.count)] ^= 1 << UInt8(random.below(8))
            try Data(file).write(to: URL(filePath: known.path(index)))
            let content = try JournalContent(known.folder.journal)
            #expect(content.frames[...] == known.frames[..<content.frames.count])
            if let damage = content.damage, trial % 5 == 0 {
                let report = try JournalRecovery.recover(folder: known.folder.journal)
                #expect(report.lastNumber == UInt64(content.frames.count))
                #expect(report.damage == damage && report.quarantinedBytes > 0)
                try goOn(known, expected: content.frames.count, damaged: false)
            }
            try known.restore()
        }
    }

    /// What may become of whole files.
    enum Fault: CaseIterable {
        case missing, swapped, doubled, cutAtFrame, cutInFrame, emptied, zeroed, foreign
    }

    @Test(arguments: Fault.allCases)
    func `segments that are not what they were end the journal where they begin`(
        fault: Fault
    ) throws {
        let known = try KnownJournal(frames: 400, bodyMax: 1_200, seed: 84)
        let other = try KnownJournal(frames: 400, bodyMax: 1_200, seed: 85)
        try #require(known.names.count > 4)
        var expected = known.before[2]
        let files = FileManager.default
        switch fault {
        case .missing: try files.removeItem(atPath: known.path(2))
        case .swapped:
            try Data(known.files[3]).write(to: URL(filePath: known.path(2)))
            try Data(known.files[2]).write(to: URL(filePath: known.path(3)))
        case .doubled: try Data(known.files[1]).write(to: URL(filePath: known.path(2)))
        case .cutAtFrame:
            expected += 5
            try #require(truncate(known.path(2), off_t(known.ends[2][4])) == 0)
        case .cutInFrame:
            expected += 5
            try #require(truncate(known.path(2), off_t(known.ends[2][4] + 70)) == 0)
        case .emptied: try #require(truncate(known.path(2), 0) == 0)
        case .zeroed:
            try Data(count: known.files[2].count).write(to: URL(filePath: known.path(2)))
        case .foreign: try Data(other.files[2]).write(to: URL(filePath: known.path(2)))
        }
        let content = try JournalContent(known.folder.journal)
        #expect(content.frames.count == expected)
        #expect(content.frames[...] == known.frames[..<content.frames.count])
        #expect(content.damage != nil)
        let byChecksums = try JournalContent(known.folder.journal, .checksums)
        #expect((byChecksums.damage == nil) == (fault == .foreign && other.ends == known.ends))
        try goOn(known, expected: expected, damaged: true)
    }

    @Test func `a writer looks at the newest segments, at all where those tell nothing`() throws {
        let known = try KnownJournal(frames: 400, bodyMax: 1_200, seed: 87, compresses: true)
        let last = known.names.count - 1
        try #require(known.names[last - 1].hasSuffix(".zst"))
        // What is wrong with an old one is for those to find who read it.
        try Data(known.files[1].dropLast(9)).write(to: URL(filePath: known.path(1)))
        let writer = try JournalWriter(folder: known.folder.journal)
        #expect(writer.recovery.damage == nil)
        #expect(writer.recovery.lastNumber == UInt64(known.frames.count))
        #expect(writer.close(timeoutNs: 30_000_000_000))
        let content = try JournalContent(known.folder.journal)
        #expect(content.damage?.segment == known.names[1])
        #expect(content.damage?.reason == .compression)
        // The newest compressed one cannot be read: those before it tell where the journal is.
        try known.restore()
        try Data([1, 2, 3]).write(to: URL(filePath: known.path(last - 1)))
        let expected = try JournalContent(known.folder.journal).frames.count
        #expect(expected > 100)
        try goOn(known, expected: expected, damaged: true)
    }

    /// Recovers, goes on, and reads everything again.
    private func goOn(_ known: KnownJournal, expected: Int, damaged: Bool) throws {
        let writer = try JournalWriter(
            folder: known.folder.journal, configuration: JournalWriterTests.small())
        #expect(writer.recovery.lastNumber == UInt64(expected))
        #expect((writer.recovery.damage != nil) == damaged)
        let more = TestFrame.random(5, bodyMax: 100, seed: 86)
        try writer.appendAll(more)
        #expect(writer.close(timeoutNs: 30_000_000_000))
        let content = try JournalContent(known.folder.journal)
        #expect(content.damage == nil && content.end == .clean)
        try #require(content.frames.count == expected + (damaged ? 7 : 6))
        #expect(content.frames[..<expected] == known.frames[..<expected])
        #expect(!damaged || content.frames[expected].kind == .note)
        #expect(Array(content.frames.suffix(6).dropLast()) == more)
    }
}

private func truncate(_ path: String, _ length: off_t) -> Int32 {
    unsafe Glibc.truncate(path, length)
}
