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

/// Goal: what a writer called written or durable is there after SIGKILL, at whatever point it came,
/// and nothing is there that was not appended.
///
/// Method: a child process opens the journal, which recovers it, and appends frames whose content
/// follows from their numbers; it tells its marks through a pipe. A thread of it sends SIGKILL to
/// the process after a time drawn at random, from opening to closing. Then everything is read. The
/// same journal goes on with the next child.
///
/// SIGKILL leaves the kernel's pages alone; what only fdatasync keeps, no process can take away.
@Suite("Killed writers", .serialized)
struct JournalKillTests {
    private static let count =
        ProcessInfo.processInfo.environment["APUS_KILLS"].flatMap { Int($0) } ?? 20
    /// Children of one journal.
    private static let children = 10
    private static let longestNs: UInt64 = 400_000_000

    /// The frame of a number.
    static func frame(_ number: UInt64) -> TestFrame {
        var random = SplitMix64(seed: number)
        let bodyMax = random.below(8) == 0 ? 20_000 : 600
        return TestFrame.random(bodyMax: bodyMax, using: &random)
    }

    /// The child's life, ended by itself from outside of it.
    static func live(_ folder: String, seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let delayNs = random.next() % longestNs
        let killer = try PlatformThread(name: "killer") {
            CurrentThread.sleep(ns: delayNs)
            kill(getpid(), SIGKILL)
        }
        let configuration = JournalConfiguration(
            segmentBytes: UInt64(65_536 << random.below(3)),
            stagingBytes: 65_536 << random.below(3),
            syncIntervalNs: [0, 1_000_000, 50_000_000][random.below(3)],
            compresses: random.below(2) == 0, retentionBytes: random.below(2) == 0 ? 0 : 2_000_000,
            usesThread: random.below(3) == 0)
        let framesMax = random.below(4) == 0 ? 200 : Int.max
        let writer = try JournalWriter(folder: folder, configuration: configuration)
        var told: (UInt64, UInt64) = (0, 0)
        var frames = 0
        func tell() {
            let marks = (writer.writtenNumber, writer.durableNumber)
            guard marks != told else { return }
            told = marks
            _ = TextFile.append("marks \(marks.0) \(marks.1)\n", to: STDOUT_FILENO)
        }
        while frames < framesMax {
            if writer.append(frame(writer.appendedNumber + 1)) {
                frames += 1
            } else {
                CurrentThread.sleep(ns: 50_000)
            }
            if random.below(16) == 0 { writer.submit() }
            if random.below(64) == 0 { writer.requestSync() }
            if random.below(4) == 0 { writer.poll() }
            tell()
        }
        writer.close(timeoutNs: 30_000_000_000)
        tell()
        killer.join()
    }

    @Test func `a writer killed anywhere has lost nothing that it called written`() async throws {
        var cut = 0
        var clean = 0
        var frames = 0
        var silent = 0
        var folder = try TemporaryFolder()
        for round in 0..<Self.count {
            // On a disk and in memory in turn: on a disk most kills meet a writer that waits.
            if round % Self.children == 0 {
                folder = try TemporaryFolder(isInMemory: round / Self.children % 2 == 0)
            }
            let seed = UInt64(round) &* 0x9e37_79b9 &+ 91
            let journal = folder.journal
            let result = await #expect(
                processExitsWith: .signal(SIGKILL), observing: [\.standardOutputContent]
            ) { [journal = journal as String, seed = seed as UInt64] in
                try JournalKillTests.live(journal, seed: seed)
            }
            let output = String(decoding: result?.standardOutputContent ?? [], as: UTF8.self)
            let marks = output.split(separator: "\n").filter { $0.hasPrefix("marks ") }
                .map { $0.split(separator: " ").compactMap { UInt64($0) } }.filter { $0.count == 2 }
            // The child may die before it has opened anything.
            guard FileManager.default.fileExists(atPath: journal) else { continue }
            let content = try JournalContent(journal)
            #expect(content.damage == nil, "seed \(seed)")
            let last = content.firstNumber + UInt64(content.frames.count) &- 1
            if let mark = marks.last, !content.frames.isEmpty {
                #expect(last >= mark[0], "seed \(seed): written")
                #expect(last >= mark[1], "seed \(seed): durable")
            } else {
                silent += 1
                #expect(marks.isEmpty || marks.last == [0, 0], "seed \(seed): frames are gone")
            }
            for (index, found) in content.frames.enumerated() {
                let isOwn = found.kind == .note || found.kind == .end
                let isWritten = found == Self.frame(content.firstNumber + UInt64(index))
                #expect(isOwn || isWritten, "seed \(seed), frame \(index)")
            }
            switch content.end {
            case .clean: clean += 1
            case .cut: cut += 1
            default: break
            }
            frames += content.frames.count
        }
        print(
            "kills: \(Self.count), \(cut) inside a frame, \(clean) behind the end,"
                + " \(silent) before the first mark, \(frames) frames read")
    }
}
