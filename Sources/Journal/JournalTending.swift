//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CJournal
import Glibc
import Platform

/// What is done to segments that nobody writes to. Every step may wait for a disk, and may be cut
/// anywhere: a segment is there in one form or the other at all times.
final class JournalTending {
    /// What one step did.
    enum Step { case compressed, removed, failed, nothing }

    private let folder: JournalFolder
    private let configuration: JournalConfiguration
    /// Segments that could not be compressed or removed: not tried again in this session.
    private var failed: Set<UInt64> = []
    private static let temporarySuffix = ".tmp"
    private static let chunk = 256 << 10

    init(_ folder: JournalFolder, _ configuration: JournalConfiguration) {
        self.folder = folder
        self.configuration = configuration
    }

    /// Makes and preallocates a segment: its descriptor, for writing.
    static func create(
        _ folder: JournalFolder, _ segment: JournalSegment, _ size: UInt64
    ) -> Result<Int32, JournalError> {
        let file = unsafe apus_journal_file_create(folder.descriptor, segment.name, size)
        if file >= 0 { return .success(file) }
        return .failure(
            .system(
                operation: "preallocate", path: folder.path(segment.name), code: -file))
    }

    /// Cuts a segment to what it holds and closes it.
    func settle(_ full: JournalKeeper.Full) -> Bool {
        let isCut = ftruncate(full.file, off_t(full.used)) == 0 && fsync(full.file) == 0
        return close(full.file) == 0 && isCut
    }

    /// Compresses or removes one segment, of those up to `last`, if the configuration asks for it.
    func step(through last: UInt64) -> Step {
        let segments = JournalSegment.list(folder.path)
            .filter { $0.number <= last && !failed.contains($0.number) }
        if configuration.compresses, let plain = segments.first(where: { !$0.isCompressed }) {
            if compress(plain) { return .compressed }
            failed.insert(plain.number)
            return .failed
        }
        guard let oldest = segments.first, isExpired(segments) else { return .nothing }
        let isRemoved = unsafe unlinkat(folder.descriptor, oldest.name, 0) == 0
        if isRemoved, fsync(folder.descriptor) == 0 { return .removed }
        failed.insert(oldest.number)
        return .failed
    }

    /// Removes what a compression left half made.
    func removeLeftovers() {
        for name in SystemFile.names(in: folder.path)
        where name.hasSuffix(JournalSegment.compressedSuffix + Self.temporarySuffix) {
            unsafe unlinkat(folder.descriptor, name, 0)
        }
    }

    // MARK: Compression

    private func compress(_ segment: JournalSegment) -> Bool {
        let compressed = JournalSegment(number: segment.number, isCompressed: true)
        let temporary = compressed.name + Self.temporarySuffix
        let from = unsafe openat(folder.descriptor, segment.name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard from >= 0 else { return false }
        defer { close(from) }
        let to = unsafe openat(
            folder.descriptor, temporary,
            O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard to >= 0 else { return false }
        var isDone = Self.compress(from, to) && Self.copyTimes(from, to) && fsync(to) == 0
        isDone = close(to) == 0 && isDone
        let at = folder.descriptor
        guard isDone, unsafe renameat(at, temporary, at, compressed.name) == 0 else {
            unsafe unlinkat(folder.descriptor, temporary, 0)
            return false
        }
        guard fsync(folder.descriptor) == 0 else { return false }
        return unsafe unlinkat(folder.descriptor, segment.name, 0) == 0
    }

    private static func compress(_ from: Int32, _ to: Int32) -> Bool {
        guard var compressor = Compressor(.zstd) else { return false }
        let input = UnsafeMutableRawBufferPointer.allocate(byteCount: chunk, alignment: 64)
        let output = UnsafeMutableRawBufferPointer.allocate(byteCount: chunk, alignment: 64)
        defer {
            unsafe input.deallocate()
            unsafe output.deallocate()
        }
        while true {
            let got = unsafe read(from, input.baseAddress, chunk)
            if got < 0 { return false }
            var taken = 0
            while true {
                let part = unsafe UnsafeRawBufferPointer(rebasing: input[taken..<got])
                let step: Compressor.Step = got > 0 ? .goOn : .finish
                guard let progress = unsafe compressor.run(part, into: output, step) else {
                    return false
                }
                taken += progress.taken
                let made = unsafe UnsafeRawBufferPointer(rebasing: output[..<progress.put])
                guard unsafe TextFile.append(made, to: to) else { return false }
                if progress.isDone { break }
            }
            if got == 0 { return true }
        }
    }

    private static func copyTimes(_ from: Int32, _ to: Int32) -> Bool {
        var status = stat()
        guard unsafe fstat(from, &status) == 0 else { return false }
        let times = [status.st_atim, status.st_mtim]
        return unsafe futimens(to, times) == 0
    }

    // MARK: Retention

    /// Whether the first of `segments` is to go. The last one stays, whatever the configuration
    /// says: the next session goes on from it.
    private func isExpired(_ segments: [JournalSegment]) -> Bool {
        guard configuration.retentionBytes > 0 || configuration.retentionNs > 0,
            let oldest = segments.first, segments.count > 1
        else { return false }
        let ageNs = Int64(wallNs()) - Int64(status(oldest).timeNs)
        let isOld = configuration.retentionNs > 0
            && ageNs > Int64(clamping: configuration.retentionNs)
        guard configuration.retentionBytes > 0, !isOld else { return isOld }
        return segments.reduce(0) { $0 + status($1).bytes } > configuration.retentionBytes
    }

    private func status(_ segment: JournalSegment) -> (bytes: UInt64, timeNs: UInt64) {
        var status = stat()
        guard unsafe fstatat(folder.descriptor, segment.name, &status, 0) == 0 else {
            return (0, wallNs())
        }
        return (
            UInt64(status.st_size),
            UInt64(status.st_mtim.tv_sec) * 1_000_000_000 + UInt64(status.st_mtim.tv_nsec)
        )
    }
}
