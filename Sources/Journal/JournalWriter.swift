//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CJournal
import Glibc
import Platform

/// Writes a journal from one cold thread, which it never has wait: what is appended goes into
/// memory, from there by io_uring into the segment, and becomes durable by fdatasync.
///
///     append → submit → poll … poll: writtenNumber, then durableNumber
///
/// Written frames survive the process's end by any signal, durable ones the machine's.
///
/// What cannot be written (no space, a slow disk) stays in memory and is tried again, until
/// `append` returns `false` because that is full. `failure` says what is wrong meanwhile.
///
/// SAFETY: used by one thread; the ring has ended its work before anything it uses is freed.
@safe
public final class JournalWriter {
    /// What was found when the journal was opened.
    public let recovery: JournalRecovery
    /// Longest body that fits into a segment and into memory, bytes. Of a longer one a `lost`
    /// frame takes the place.
    public let bodyMax: Int
    public internal(set) var counters = JournalCounters()

    let folder: JournalFolder
    let configuration: JournalConfiguration
    let keeper: JournalKeeper
    let thread: PlatformThread
    let ring: OpaquePointer
    var staging: JournalStaging

    /// Segments with anything in memory, in order.
    var plans: [Plan] = []
    /// The segment that is written to.
    var current: OpenSegment?
    /// Written to their ends, not durable yet.
    var full: [OpenSegment] = []

    var nextNumber: UInt64
    var lastHash: UInt64
    var nextSegment: UInt64
    /// Appended frames that may be written, up to here.
    var submitted: UInt64 = 0
    /// Behind the last byte written.
    var written: UInt64 = 0
    var isWriting = false
    var syncing: Sync?
    /// Since when something that was written is not durable.
    var unsyncedNs: UInt64?
    /// Frames that are to become durable now: up to the first request not yet served, and the last.
    var askedFirst: UInt64 = 0
    var askedLast: UInt64 = 0
    public internal(set) var durableNumber: UInt64
    var writeFailure: JournalError?
    var syncFailure: JournalError?
    /// Not before: the last write failed.
    var retryNs: UInt64 = 0
    var isClosed = false
    private var heads: [JournalHead] = []

    /// Where a segment's bytes lie among all that were appended.
    struct Plan {
        let number: UInt64
        let start: UInt64
        /// `nil` while frames are added.
        var end: UInt64?
    }

    struct OpenSegment {
        let number: UInt64
        let file: Int32
        let start: UInt64
        var end: UInt64
        var lastNumber: UInt64
    }

    struct Sync {
        let target: UInt64
        let isFull: Bool
        let startNs: UInt64
    }

    /// Opens a journal, or begins one; recovers it first.
    ///
    /// Reads what may not have been durable, eight segments at most, and preallocates one.
    ///
    /// - Throws: `busy`, `notPrivate`, `system`.
    public init(
        folder path: String, configuration: JournalConfiguration = JournalConfiguration()
    ) throws(JournalError) {
        let folder = try JournalFolder(path: path)
        let recovery = try JournalRecovery.recover(folder, from: JournalScan.unsettled(path))
        let keeper = try JournalKeeper(
            folder, configuration, firstSegment: recovery.nextSegment)
        let staging = try JournalStaging(
            size: configuration.stagingBytes, lastNumber: recovery.lastNumber)
        try keeper.prepareFirst()
        var ring: OpaquePointer?
        let result = unsafe apus_journal_ring_create(configuration.usesThread ? 1 : 0, &ring)
        guard result == 0, let made = unsafe ring else {
            throw .system(operation: "make a ring", path: path, code: -result)
        }
        do throws(PlatformError) {
            thread = try PlatformThread(name: "apus-journal") { keeper.run() }
        } catch {
            unsafe apus_journal_ring_destroy(made)
            throw .system(operation: error.operation, path: path, code: error.code)
        }
        self.folder = folder
        self.recovery = recovery
        self.keeper = keeper
        self.configuration = configuration
        unsafe self.ring = unsafe made
        let headers = 2 * Int(APUS_JOURNAL_ALIGNMENT)
        bodyMax = min(
            Int(APUS_JOURNAL_BODY_MAX), staging.size - headers,
            Int(configuration.segmentBytes) / 64 * 64 - headers)
        self.staging = staging
        nextNumber = recovery.lastNumber + 1
        lastHash = recovery.lastHash
        nextSegment = recovery.nextSegment
        durableNumber = recovery.lastNumber
        if let damage = recovery.damage { note(damage) }
    }

    deinit {
        if !isClosed { abandon(deadlineNs: 0) }
    }

    /// Number of the last frame appended.
    public var appendedNumber: UInt64 { nextNumber - 1 }
    /// Number of the last frame that is in its file.
    public var writtenNumber: UInt64 { staging.releasedNumber }
    /// Whether a thread writes, for io_uring may not be used here.
    public var usesThread: Bool { unsafe apus_journal_ring_uses_thread(ring) == 1 }
    /// Bytes appended that are not written.
    public var stagedBytes: Int { Int(staging.appended - staging.released) }

    /// Segments that were compressed in this session.
    public var segmentsCompressed: UInt64 { keeper.counts.compressed }
    /// Segments that were removed in this session, for there were more bytes or age than allowed.
    public var segmentsRemoved: UInt64 { keeper.counts.removed }
    /// Segments that should have been cut, compressed or removed and could not be.
    public var segmentsFailed: UInt64 { keeper.counts.failed }

    /// What keeps frames from being written or made durable; `nil` while nothing does. After
    /// `notDurable` it stays.
    public var failure: JournalError? {
        if let syncFailure { return syncFailure }
        if let writeFailure { return writeFailure }
        return current == nil && !plans.isEmpty ? keeper.failure : nil
    }

    // MARK: Appending

    /// Puts a frame behind the last one, in memory. Cost: a copy, CRC and SHA-256 of it.
    ///
    /// - Parameters:
    ///   - sequence: Order of events of the path; 0: none.
    ///   - timeNs: Of the record, ns since 1970.
    ///   - writtenNs: Wall clock, ns since 1970.
    /// - Returns: `false` when memory is full, or the journal closed: nothing was taken.
    public func append(
        kind: JournalKind, detail: UInt8 = 0, connection: UInt16 = 0, sequence: UInt64 = 0,
        timeNs: UInt64, context: UInt64 = 0, writtenNs: UInt64, _ body: UnsafeRawBufferPointer
    ) -> Bool {
        var header = JournalHeader()
        header.kind = kind.rawValue
        header.detail = detail
        header.connection = connection
        header.sequence = sequence
        header.timeNs = timeNs
        header.writtenNs = writtenNs
        header.context = context
        if body.count <= bodyMax { return unsafe append(header, body) }
        header.kind = JournalKind.lost.rawValue
        header.detail = kind.rawValue
        var count: UInt64 = 1
        let isTaken = unsafe withUnsafeBytes(of: &count) { unsafe append(header, $0) }
        if isTaken { counters.oversize += 1 }
        return isTaken
    }

    private func append(_ header: JournalHeader, _ body: UnsafeRawBufferPointer) -> Bool {
        let size = Int(apus_journal_frame_size(body.count))
        let isNew = !hasRoomInSegment(for: size)
        let heads = isNew ? headsBeside(size) : []
        let needed = size + (isNew ? Int(APUS_JOURNAL_ALIGNMENT) + Self.size(heads) : 0)
        guard !isClosed, staging.hasRoom(for: needed) else {
            counters.refused += 1
            return false
        }
        if isNew { beginSegment(createdNs: header.writtenNs) }
        for head in heads {
            unsafe head.body.withUnsafeBytes {
                unsafe seal(head.header(writtenNs: header.writtenNs), $0)
            }
        }
        unsafe seal(header, body)
        return true
    }

    /// Puts a frame into memory that has room for it.
    private func seal(_ header: JournalHeader, _ body: UnsafeRawBufferPointer) {
        var header = header
        header.length = UInt32(body.count)
        header.number = nextNumber
        header.previousHash = lastHash
        lastHash = unsafe staging.append(header, body)
        nextNumber += 1
        counters.frames += 1
        counters.bytes += UInt64(apus_journal_frame_size(body.count))
    }

    /// Has every later segment begin with these frames, in the place of those given before. A
    /// segment that has no room for them beside its first frame goes without.
    public func beginSegments(with heads: [JournalHead]) { self.heads = heads }

    private func headsBeside(_ size: Int) -> [JournalHead] {
        let whole = Int(APUS_JOURNAL_ALIGNMENT) + Self.size(heads) + size
        return whole <= min(Int(configuration.segmentBytes), staging.size) ? heads : []
    }

    /// Bytes of the frames.
    private static func size(_ heads: [JournalHead]) -> Int {
        heads.reduce(0) { $0 + Int(apus_journal_frame_size($1.body.count)) }
    }

    private func hasRoomInSegment(for size: Int) -> Bool {
        guard let plan = plans.last, plan.end == nil else { return false }
        return staging.appended - plan.start + UInt64(size) <= configuration.segmentBytes
    }

    private func beginSegment(createdNs: UInt64) {
        if let last = plans.indices.last { plans[last].end = staging.appended }
        plans.append(Plan(number: nextSegment, start: staging.appended, end: nil))
        staging.appendSegment(
            nextSegment, firstNumber: nextNumber, previousHash: lastHash, createdNs: createdNs)
        nextSegment += 1
        keeper.want(nextSegment)
    }

    private func note(_ damage: JournalDamage) {
        let text = "recovered: \(damage); \(recovery.quarantinedBytes) bytes in quarantine"
        let nowNs = wallNs()
        var bytes = text
        _ = bytes.withUTF8 {
            unsafe append(
                kind: .note, timeNs: nowNs, writtenNs: nowNs, UnsafeRawBufferPointer($0))
        }
    }
}

/// What a writer did since it was made.
public struct JournalCounters: Sendable, Equatable {
    /// Frames appended, and bytes of them with headers and padding.
    public internal(set) var frames: UInt64 = 0
    public internal(set) var bytes: UInt64 = 0
    /// Times that `append` returned `false`.
    public internal(set) var refused: UInt64 = 0
    /// Bodies that were too long, a `lost` frame in the place of each.
    public internal(set) var oversize: UInt64 = 0
    public internal(set) var writes: UInt64 = 0
    public internal(set) var syncs: UInt64 = 0
    /// Writes that failed and were tried again.
    public internal(set) var writeFailures: UInt64 = 0
    /// Segments begun.
    public internal(set) var segments: UInt64 = 0
}
