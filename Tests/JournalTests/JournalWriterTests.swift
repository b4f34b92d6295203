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
        let folder = try TemporaryFolder()
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
}
