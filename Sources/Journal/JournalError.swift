//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc

/// What can be wrong with a journal.
public enum JournalError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A call of the system failed; of writing, it may be tried again.
    case system(operation: String, path: String, code: Int32)
    /// The folder is another user's or lets others in.
    case notPrivate(path: String)
    /// Another process writes there.
    case busy(path: String)
    /// What was written may not be on the device, and no later fdatasync would tell: nothing more
    /// becomes durable.
    case notDurable(path: String, code: Int32)
    /// The bytes are not what a writer wrote.
    case damaged(JournalDamage)

    /// For instance "j/000001.apj: preallocate: No space left on device".
    public var description: String {
        switch self {
        case .system(let operation, let path, let code):
            "\(path): \(operation): \(unsafe String(cString: strerror(code)))"
        case .notPrivate(let path): "\(path): not a folder of this user alone (mode 0700)"
        case .busy(let path): "\(path): another process writes this journal"
        case .notDurable(let path, let code):
            "\(path): fdatasync: \(unsafe String(cString: strerror(code)))"
        case .damaged(let damage): "\(damage)"
        }
    }
}

/// The first place where a journal does not go on as it must.
public struct JournalDamage: Equatable, Sendable, CustomStringConvertible {
    /// The file's name.
    public let segment: String
    /// Of the bad frame, bytes from the segment's begin, uncompressed.
    public let offset: UInt64
    public let reason: Reason

    public enum Reason: String, Sendable, CaseIterable {
        case segmentHeader = "the segment's header is damaged"
        case segmentNumber = "the header is that of another segment"
        case segmentOrder = "it does not go on where the segment before it ended"
        case segmentMissing = "a segment before it is missing"
        case segmentEmpty = "it was never begun, but others follow"
        case noFrame = "no frame begins here"
        case tooLong = "a frame longer than 16 MiB"
        case cut = "the file ends inside a frame"
        case checksum = "the checksum differs"
        case number = "the frame's number is not the next"
        case chain = "the hash of the frame before it differs"
        case tail = "bytes behind the last frame"
        case compression = "the compressed data is damaged or cut"
    }

    /// For instance "000002.apj at 4096: the checksum differs".
    public var description: String { "\(segment) at \(offset): \(reason.rawValue)" }
}
