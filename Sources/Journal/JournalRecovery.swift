//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CJournal
import Glibc
import Platform

/// The longest valid begin of a journal, and what was done with the rest.
public struct JournalRecovery: Sendable, Equatable {
    /// Valid frames that were read.
    public internal(set) var frames: UInt64 = 0
    /// Of these frames, uncompressed, without the segments' headers.
    public internal(set) var bytes: UInt64 = 0
    /// Number and hash of the last one; 0 without any.
    public internal(set) var lastNumber: UInt64 = 0
    public internal(set) var lastHash: UInt64 = 0
    /// The journal was closed as intended.
    public internal(set) var isClean = false
    /// Where it did not go on, and why; `nil` when it was whole.
    public internal(set) var damage: JournalDamage?
    /// Bytes that were moved to `quarantine`, as they lay in their files.
    public internal(set) var quarantinedBytes: UInt64 = 0
    /// Where the journal goes on.
    public internal(set) var nextSegment: UInt64 = 1

    /// The folder that takes what is not part of the journal, in the journal's own.
    public static let quarantine = "quarantine"

    /// Brings a journal to its longest valid begin. Everything else that holds any byte but zeros
    /// is kept in `quarantine`.
    ///
    /// - Throws: `busy` while a writer holds it; `system`, after which it can be called again.
    public static func recover(folder: String) throws(JournalError) -> JournalRecovery {
        let held = try JournalFolder(path: folder)
        return try recover(held, from: JournalSegment.list(folder))
    }

    /// - Parameter segments: Those that are looked at: a run of the newest.
    static func recover(
        _ folder: JournalFolder, from segments: [JournalSegment]
    ) throws(JournalError) -> JournalRecovery {
        var report = JournalRecovery()
        var reader = try JournalReader(folder: folder.path, segments: segments)
        do throws(JournalError) {
            while let frame = try reader.next() {
                report.frames += 1
                report.bytes += unsafe UInt64(apus_journal_frame_size(frame.body.count))
            }
        } catch {
            guard case .damaged(let damage) = error else { throw error }
            report.damage = damage
        }
        let all = JournalSegment.list(folder.path)
        if reader.nextNumber == 0, segments.count < all.count {
            // None of them tells where the journal is.
            return try recover(folder, from: all)
        }
        if case .cut(let damage) = reader.end { report.damage = damage }
        report.isClean = reader.end == .clean
        if reader.nextNumber > 0 {
            report.lastNumber = reader.nextNumber - 1
            report.lastHash = reader.lastHash
        }
        let place = Place(
            segments: reader.segments, index: reader.index, offset: reader.offset)
        for segment in reader.unused {
            unsafe unlinkat(folder.descriptor, segment.name, 0)
        }
        let mending = JournalMending(folder)
        try mending.mend(place, isDamaged: report.damage != nil)
        report.quarantinedBytes = mending.quarantinedBytes
        report.nextSegment = (JournalSegment.list(folder.path).last?.number ?? 0) + 1
        return report
    }

    /// Where the valid begin ends.
    struct Place {
        let segments: [JournalSegment]
        /// Of the segment with the first bad frame; their count when there is none.
        let index: Int
        /// Of that frame; else the end of the last segment's last frame.
        let offset: UInt64
    }
}
