//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CJournal
import Glibc
import Platform

/// A file of a journal: "000017.apj" or, compressed, "000017.apj.zst".
struct JournalSegment: Equatable, Sendable {
    let number: UInt64
    let isCompressed: Bool

    static let suffix = ".apj"
    static let compressedSuffix = ".apj.zst"
    private static let digits = 6
    private static let numbers: ClosedRange<UInt64> = 1...999_999_999_999

    init(number: UInt64, isCompressed: Bool = false) {
        self.number = number
        self.isCompressed = isCompressed
    }

    /// `nil` for any other file.
    init?(name: String) {
        isCompressed = name.hasSuffix(Self.compressedSuffix)
        let suffix = isCompressed ? Self.compressedSuffix : Self.suffix
        guard name.hasSuffix(suffix), let number = UInt64(name.dropLast(suffix.count)),
            Self.numbers.contains(number)
        else { return nil }
        self.number = number
        if self.name != name { return nil }
    }

    var name: String {
        let text = String(number)
        return String(repeating: "0", count: max(0, Self.digits - text.count)) + text
            + (isCompressed ? Self.compressedSuffix : Self.suffix)
    }

    /// Those in a folder, ascending; of one that is there in both forms the uncompressed.
    static func list(_ folder: String) -> [JournalSegment] {
        var found: [UInt64: JournalSegment] = [:]
        for segment in SystemFile.names(in: folder).compactMap({ JournalSegment(name: $0) }) {
            if segment.isCompressed, found[segment.number] != nil { continue }
            found[segment.number] = segment
        }
        return found.values.sorted { $0.number < $1.number }
    }
}

/// A journal's folder, held for writing.
final class JournalFolder: Sendable {
    let path: String
    let descriptor: Int32

    /// Makes the folder where there is none, checks that it is this user's alone, and locks it.
    init(path: String) throws(JournalError) {
        if unsafe mkdir(path, 0o700) == 0 {
            try Self.syncParent(of: path)
        } else if errno != EEXIST {
            throw .system(operation: "make the folder", path: path, code: errno)
        }
        let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            throw .system(operation: "open", path: path, code: errno)
        }
        var status = stat()
        let isPrivate = unsafe fstat(descriptor, &status) == 0 && status.st_uid == geteuid()
            && status.st_mode & 0o077 == 0
        guard isPrivate, flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw isPrivate ? .busy(path: path) : .notPrivate(path: path)
        }
        self.path = path
        self.descriptor = descriptor
    }

    // A child that was forked a moment ago still has the lock with the descriptor: it is given
    // back, not left to the last close.
    deinit {
        unlock()
        close(descriptor)
    }

    /// Lets another writer in; nothing more is written here.
    func unlock() { flock(descriptor, LOCK_UN) }

    func path(_ name: String) -> String { "\(path)/\(name)" }

    private static func syncParent(of path: String) throws(JournalError) {
        let parent = unsafe open("\(path)/..", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { if parent >= 0 { close(parent) } }
        guard parent >= 0, fsync(parent) == 0 else {
            throw .system(operation: "fsync its parent", path: path, code: errno)
        }
    }

    /// Has the folder's names on the device.
    func sync() throws(JournalError) {
        guard fsync(descriptor) == 0 else {
            throw .system(operation: "fsync", path: path, code: errno)
        }
    }
}
