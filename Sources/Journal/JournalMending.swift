//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc
import Platform

/// Moves what is no part of a journal out of the way. Nothing that holds any byte but zeros is
/// removed, and a cut anywhere leaves what the next recovery can go on from: the bad bytes are in
/// quarantine before they leave their place.
final class JournalMending {
    private let folder: JournalFolder
    private(set) var quarantinedBytes: UInt64 = 0
    private static let sameNameMax = 10_000

    init(_ folder: JournalFolder) { self.folder = folder }

    func mend(_ place: JournalRecovery.Place, isDamaged: Bool) throws(JournalError) {
        let segments = place.segments
        guard isDamaged else {
            if let last = segments.last, !last.isCompressed { try cut(last, place.offset) }
            return try folder.sync()
        }
        try makeQuarantine()
        for segment in segments[(place.index + 1)...] { try move(segment) }
        let bad = segments[place.index]
        if place.offset == 0 {
            try move(bad)
        } else if bad.isCompressed {
            try uncompress(bad, length: place.offset)
            try move(bad)
        } else {
            try copyTail(bad, from: place.offset)
            try sync()
            try cut(bad, place.offset)
        }
        try sync()
    }

    // MARK: Quarantine

    private func makeQuarantine() throws(JournalError) {
        let name = JournalRecovery.quarantine
        if unsafe mkdirat(folder.descriptor, name, 0o700) != 0, errno != EEXIST {
            throw failure("make", name)
        }
    }

    private func sync() throws(JournalError) {
        let file = unsafe openat(
            folder.descriptor, JournalRecovery.quarantine, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard file >= 0 else { throw failure("open", JournalRecovery.quarantine) }
        defer { close(file) }
        guard fsync(file) == 0 else { throw failure("fsync", JournalRecovery.quarantine) }
        try folder.sync()
    }

    /// A name in quarantine that is free.
    private func place(for name: String) throws(JournalError) -> String {
        for number in 1...Self.sameNameMax {
            let path = "\(JournalRecovery.quarantine)/\(name)" + (number > 1 ? "-\(number)" : "")
            var status = stat()
            if unsafe fstatat(folder.descriptor, path, &status, AT_SYMLINK_NOFOLLOW) != 0 {
                return path
            }
        }
        throw .system(
            operation: "find a name in quarantine", path: folder.path(name), code: EEXIST)
    }

    private func move(_ segment: JournalSegment) throws(JournalError) {
        var status = stat()
        guard unsafe fstatat(folder.descriptor, segment.name, &status, 0) == 0 else {
            throw failure("look at", segment.name)
        }
        let to = try place(for: segment.name)
        guard unsafe renameat(folder.descriptor, segment.name, folder.descriptor, to) == 0 else {
            throw failure("move to quarantine", segment.name)
        }
        quarantinedBytes += UInt64(status.st_size)
    }

    // MARK: Parts of segments

    private func cut(_ segment: JournalSegment, _ length: UInt64) throws(JournalError) {
        let file = unsafe openat(folder.descriptor, segment.name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { throw failure("open", segment.name) }
        defer { close(file) }
        guard ftruncate(file, off_t(length)) == 0, fsync(file) == 0 else {
            throw failure("cut", segment.name)
        }
    }

    /// Copies what lies behind the valid frames, up to the last byte that is not 0.
    private func copyTail(_ segment: JournalSegment, from start: UInt64) throws(JournalError) {
        let input = try JournalInput(path: folder.path(segment.name), isCompressed: false)
        let name = try place(for: "\(segment.name).from-\(start)")
        let used = try copy(input, segment.name, from: start, to: .max, into: name)
        quarantinedBytes += used
    }

    /// Puts the valid begin of a compressed segment beside it.
    private func uncompress(
        _ segment: JournalSegment, length: UInt64
    ) throws(JournalError) {
        let input = try JournalInput(path: folder.path(segment.name), isCompressed: true)
        let name = JournalSegment(number: segment.number).name
        let temporary = name + ".tmp"
        unsafe unlinkat(folder.descriptor, temporary, 0)
        _ = try copy(input, segment.name, from: 0, to: length, into: temporary)
        guard unsafe renameat(folder.descriptor, temporary, folder.descriptor, name) == 0 else {
            throw failure("rename", temporary)
        }
    }

    /// Copies bytes of a segment into a new file: bytes written, without zeros at the end.
    private func copy(
        _ input: borrowing JournalInput, _ source: String, from start: UInt64, to end: UInt64,
        into name: String
    ) throws(JournalError) -> UInt64 {
        let file = unsafe openat(
            folder.descriptor, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw failure("make", name) }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: JournalReader.chunk)
        var offset: UInt64 = 0
        var used: UInt64 = 0
        while offset < end {
            let got = unsafe bytes.withUnsafeMutableBufferPointer {
                unsafe input.read($0.baseAddress!, $0.count)
            }
            if got < 0 { throw .system(operation: "read", path: source, code: Int32(-got)) }
            if got == 0 { break }
            let low = Int(min(max(start, offset) - offset, UInt64(got)))
            let high = Int(min(end - offset, UInt64(got)))
            offset += UInt64(got)
            guard low < high else { continue }
            let isWritten = unsafe bytes.withUnsafeBytes {
                unsafe TextFile.append(
                    UnsafeRawBufferPointer(rebasing: $0[low..<high]), to: file)
            }
            guard isWritten else { throw failure("write", name) }
            let last = bytes[low..<high].lastIndex { $0 != 0 }
            if let last { used = offset - UInt64(got) + UInt64(last) + 1 - start }
        }
        if end == .max { _ = ftruncate(file, off_t(used)) }
        guard fsync(file) == 0 else { throw failure("fsync", name) }
        return used
    }

    private func failure(_ operation: String, _ name: String) -> JournalError {
        let code = errno
        return .system(operation: operation, path: folder.path(name), code: code)
    }
}
