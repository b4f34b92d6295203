//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CJournal

/// A frame that stands once more at the begin of each segment: what describes a session is there
/// as long as anything of it, whatever retention removed.
///
/// In the journal its kind is `head`, and its detail the kind of the frame that it repeats.
public struct JournalHead: Sendable {
    public let kind: JournalKind
    /// Of the record, ns since 1970.
    public let timeNs: UInt64
    public let context: UInt64
    public let body: [UInt8]

    public init(_ kind: JournalKind, timeNs: UInt64, context: UInt64 = 0, body: [UInt8]) {
        self.kind = kind
        self.timeNs = timeNs
        self.context = context
        self.body = body
    }

    func header(writtenNs: UInt64) -> JournalHeader {
        var header = JournalHeader()
        header.kind = JournalKind.head.rawValue
        header.detail = kind.rawValue
        header.timeNs = timeNs
        header.writtenNs = writtenNs
        header.context = context
        return header
    }
}
