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
import Testing

/// Disks that take nothing more: a child process may make files of a certain size only, or a file
/// system is small.
@Suite("Full disks")
struct JournalDiskTests {
    static let frames = TestFrame.random(600, bodyMax: 1_000, seed: 95)

    static func limit(_ bytes: UInt64) -> Bool {
        let limited = __rlimit_resource_t(RLIMIT_FSIZE.rawValue)
        var limit = rlimit()
        guard unsafe getrlimit(limited, &limit) == 0 else { return false }
        limit.rlim_cur = rlim_t(bytes)
        return unsafe setrlimit(limited, &limit) == 0
    }

    /// Appends until memory is full; returns the frames that were taken.
    static func fill(_ writer: JournalWriter) throws -> Int {
        var taken = 0
        let deadlineNs = monotonicNs() + 30_000_000_000
        while taken < frames.count {
            if writer.append(frames[taken]) {
                taken += 1
                continue
            }
            writer.submit()
            writer.poll()
            if writer.failure != nil { break }
            CurrentThread.sleep(ns: 50_000)
            try #require(monotonicNs() < deadlineNs, "a failure within 30 s")
        }
        return taken
    }

    /// The rest once there is room: everything is in the journal.
    static func finish(_ writer: JournalWriter, _ folder: TemporaryFolder, taken: Int) throws {
        try writer.drive("no failure") { writer.failure == nil }
        try writer.appendAll(Array(frames[taken...]))
        #expect(writer.close(timeoutNs: 30_000_000_000))
        let content = try JournalContent(folder.journal)
        #expect(content.frames.dropLast() == frames[...])
        #expect(content.end == .clean)
    }

    @Test(arguments: [false, true])
    func `a write that fails is told and tried again, and nothing is lost`(
        usesThread: Bool
    ) async {
        await #expect(processExitsWith: .success) { [usesThread = usesThread as Bool] in
            signal(SIGXFSZ, SIG_IGN)
            let folder = try TemporaryFolder(isInMemory: true)
            let writer = try JournalWriter(
                folder: folder.journal, configuration: JournalWriterTests.small(
                    usesThread: usesThread))
            // The segment is there; writing to its second half is not allowed.
            #expect(JournalDiskTests.limit(30_000))
            let taken = try JournalDiskTests.fill(writer)
            #expect(
                writer.failure
                    == .system(
                        operation: "write", path: "\(folder.journal)/000001.apj", code: EFBIG))
            #expect(writer.counters.writeFailures > 0)
            let written = writer.writtenNumber
            #expect(written > 0 && written < writer.appendedNumber)
            let before = try JournalContent(folder.journal)
            #expect(before.damage == nil && before.frames.count >= Int(written))
            #expect(JournalDiskTests.limit(.max))
            try JournalDiskTests.finish(writer, folder, taken: taken)
        }
    }

    @Test func `a segment that cannot be made is told and tried again, nothing is lost`() async {
        await #expect(processExitsWith: .success) {
            signal(SIGXFSZ, SIG_IGN)
            let folder = try TemporaryFolder(isInMemory: true)
            let writer = try JournalWriter(
                folder: folder.journal, configuration: JournalWriterTests.small())
            #expect(JournalDiskTests.limit(65_535))
            let taken = try JournalDiskTests.fill(writer)
            #expect(writer.failure != nil)
            let before = try JournalContent(folder.journal)
            #expect(before.damage == nil)
            #expect(JournalDiskTests.limit(.max))
            try JournalDiskTests.finish(writer, folder, taken: taken)
        }
    }

    @Test func `a journal that cannot begin says why`() async {
        await #expect(processExitsWith: .success) {
            signal(SIGXFSZ, SIG_IGN)
            let folder = try TemporaryFolder(isInMemory: true)
            // Memory for what is to be written is a file to the system too, of 64 KiB.
            #expect(JournalDiskTests.limit(100_000))
            #expect(
                throws: JournalError.system(
                    operation: "preallocate", path: "\(folder.journal)/000001.apj", code: EFBIG)
            ) {
                _ = try JournalWriter(
                    folder: folder.journal,
                    configuration: JournalConfiguration(
                        segmentBytes: 131_072, stagingBytes: 65_536))
            }
            #expect(folder.segments == [])
        }
    }

    /// A file system of a few segments over a folder, for users who may mount.
    private final class SmallDisk {
        let folder: TemporaryFolder

        init?(_ size: String) throws {
            folder = try TemporaryFolder(isInMemory: true)
            let options = "size=\(size),mode=700"
            guard unsafe mount("tmpfs", folder.path, "tmpfs", 0, options) == 0 else { return nil }
        }

        func resize(_ size: String) -> Bool {
            unsafe mount("tmpfs", folder.path, "tmpfs", 32, "size=\(size)") == 0  // MS_REMOUNT
        }

        deinit { unsafe umount2(folder.path, 2) }  // MNT_DETACH
    }

    @Test func `a file system without space is told, and space lets the journal go on`() throws {
        guard let disk = try SmallDisk("200k") else {
            print("skipped: no file system may be mounted here")
            return
        }
        let folder = disk.folder
        let writer = try JournalWriter(
            folder: folder.journal, configuration: JournalWriterTests.small())
        let taken = try Self.fill(writer)
        #expect(taken < Self.frames.count)
        guard case .system("preallocate", _, ENOSPC) = writer.failure else {
            Issue.record("\(String(describing: writer.failure))")
            return
        }
        let before = try JournalContent(folder.journal)
        #expect(before.damage == nil)
        #expect(before.frames.count >= Int(writer.writtenNumber))
        #expect(disk.resize("8m"))
        try Self.finish(writer, folder, taken: taken)
    }
}
