//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// One record of a journal.
///
/// SAFETY: `body` is valid until the next call of `next()` on the reader it came from.
@safe
public struct JournalFrame {
    /// The journal's own, from 1, without gaps.
    public let number: UInt64
    public let kind: JournalKind
    public let detail: UInt8
    public let connection: UInt16
    /// Order of events of the path; 0: none.
    public let sequence: UInt64
    /// Of the record, ns since 1970.
    public let timeNs: UInt64
    /// Of appending, ns since 1970.
    public let writtenNs: UInt64
    public let context: UInt64
    public let body: UnsafeRawBufferPointer
}

/// Where reading begins.
public enum JournalStart: Equatable, Sendable {
    /// With the oldest frame there is.
    case begin
    /// With the segment that holds the frame of this number.
    case number(UInt64)
    /// With the segment that was written to at this time, ns since 1970.
    case writtenNs(UInt64)
}

/// How a journal ends that has been read to its end.
public enum JournalEnd: Equatable, Sendable {
    /// Its last frame is `JournalKind.end`.
    case clean
    /// The writer is at work, or was stopped without closing.
    case open
    /// As `open`, and its last frame was written in part: where that one begins.
    case cut(JournalDamage)
}
