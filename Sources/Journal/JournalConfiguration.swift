//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// How a journal is written.
public struct JournalConfiguration: Sendable {
    /// A segment is preallocated with so many bytes and never longer; 64 KiB and more.
    public var segmentBytes: UInt64
    /// Memory for what is not written yet, bytes; rounded up to a power of two, 64 KiB and more.
    public var stagingBytes: Int
    /// What was written is made durable at the latest so long after; 0: at once; `max`: only when
    /// asked for, when a segment is full, and at the end.
    public var syncIntervalNs: UInt64
    /// Full segments become zstd.
    public var compresses: Bool
    /// The oldest segments are removed while all take more bytes; 0: never. Looked at when the
    /// journal is opened and whenever a segment is full, as is their age.
    public var retentionBytes: UInt64
    /// Segments that were last written to longer ago are removed; 0: never.
    public var retentionNs: UInt64
    /// A thread writes instead of io_uring; for tests.
    public var usesThread: Bool

    public init(
        segmentBytes: UInt64 = 64 << 20, stagingBytes: Int = 16 << 20,
        syncIntervalNs: UInt64 = 100_000_000, compresses: Bool = true,
        retentionBytes: UInt64 = 0, retentionNs: UInt64 = 0, usesThread: Bool = false
    ) {
        precondition(segmentBytes >= 65_536, "segments of at least 64 KiB")
        precondition((65_536...(1 << 30)).contains(stagingBytes), "64 KiB to 1 GiB of memory")
        self.segmentBytes = segmentBytes
        self.stagingBytes = stagingBytes
        self.syncIntervalNs = syncIntervalNs
        self.compresses = compresses
        self.retentionBytes = retentionBytes
        self.retentionNs = retentionNs
        self.usesThread = usesThread
    }
}
