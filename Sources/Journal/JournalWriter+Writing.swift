//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CJournal
import Glibc
import Platform

extension JournalWriter {
    /// Largest single write, bytes.
    private static var writeMax: UInt64 { 4 << 20 }
    private static var retryIntervalNs: UInt64 { 100_000_000 }
    private static var closingPauseNs: UInt64 { 100_000 }
    /// Segments that wait for their fdatasync; more would reach further back than recovery looks.
    private static var fullMax: Int { 4 }

    /// Lets everything appended so far be written, and starts with it if nothing else is being
    /// written.
    public func submit() {
        submitted = staging.appended
        startWrite(monotonicNs())
    }

    /// Asks for everything appended so far to become durable as soon as it is written.
    public func requestSync() {
        guard appendedNumber > durableNumber, appendedNumber > askedLast else { return }
        if askedFirst <= durableNumber { askedFirst = appendedNumber }
        askedLast = appendedNumber
        startSync(monotonicNs())
    }

    /// Takes note of what has ended and starts what is due. To be called often: nothing else makes
    /// progress.
    public func poll() {
        let nowNs = monotonicNs()
        var result = 0
        while true {
            switch unsafe apus_journal_ring_poll(ring, &result) {
            case APUS_JOURNAL_WRITE: endWrite(result, nowNs)
            case APUS_JOURNAL_SYNC: endSync(result)
            default:
                startWrite(nowNs)
                startSync(nowNs)
                return
            }
        }
    }

    // MARK: Writing

    private func startWrite(_ nowNs: UInt64) {
        guard !isWriting, syncFailure == nil, nowNs >= retryNs else { return }
        finishSegments()
        guard let plan = plans.first else { return }
        let end = min(submitted, plan.end ?? .max, written + Self.writeMax)
        guard end > written, openSegment(plan), let segment = current else { return }
        let result = unsafe apus_journal_ring_write(
            ring, segment.file, staging.bytes(at: written), Int(end - written),
            written - segment.start)
        isWriting = result == 0
    }

    /// Passes on the segments that are written to their ends.
    private func finishSegments() {
        while let plan = plans.first, plan.end == written {
            plans.removeFirst()
            guard var segment = current else { return }
            segment.end = written
            segment.lastNumber = writtenNumber
            full.append(segment)
            current = nil
        }
    }

    /// Whether the planned segment's file is there.
    private func openSegment(_ plan: Plan) -> Bool {
        if current != nil { return true }
        guard full.count < Self.fullMax, let file = keeper.take(plan.number) else { return false }
        current = OpenSegment(
            number: plan.number, file: file, start: plan.start, end: plan.start,
            lastNumber: writtenNumber)
        counters.segments += 1
        return true
    }

    private func endWrite(_ result: Int, _ nowNs: UInt64) {
        isWriting = false
        guard result > 0 else {
            let name = JournalSegment(number: current?.number ?? 0).name
            writeFailure = .system(
                operation: "write", path: folder.path(name),
                code: result == 0 ? EIO : Int32(-result))
            counters.writeFailures += 1
            retryNs = nowNs + Self.retryIntervalNs
            return
        }
        writeFailure = nil
        counters.writes += 1
        written += UInt64(result)
        staging.release(through: written)
        if unsyncedNs == nil { unsyncedNs = nowNs }
    }

    // MARK: Making durable

    private func startSync(_ nowNs: UInt64) {
        guard syncing == nil, syncFailure == nil else { return }
        finishSegments()
        let file: Int32
        if let oldest = full.first {
            file = oldest.file
            syncing = Sync(target: oldest.lastNumber, isFull: true, startNs: nowNs)
        } else if let segment = current, writtenNumber > durableNumber, isSyncDue(nowNs) {
            file = segment.file
            syncing = Sync(target: writtenNumber, isFull: false, startNs: nowNs)
        } else {
            return
        }
        if unsafe apus_journal_ring_sync(ring, file) != 0 { syncing = nil }
    }

    private func isSyncDue(_ nowNs: UInt64) -> Bool {
        if askedFirst > durableNumber, writtenNumber >= askedFirst { return true }
        guard let unsyncedNs, configuration.syncIntervalNs < .max else { return false }
        return nowNs - unsyncedNs >= configuration.syncIntervalNs
    }

    private func endSync(_ result: Int) {
        guard let done = syncing else { return }
        syncing = nil
        guard result >= 0 else {
            // The kernel may have dropped what it could not write: asking again proves nothing.
            syncFailure = .notDurable(path: folder.path, code: Int32(-result))
            return
        }
        counters.syncs += 1
        durableNumber = max(durableNumber, done.target)
        if askedFirst <= durableNumber { askedFirst = askedLast }
        unsyncedNs = writtenNumber > durableNumber ? done.startNs : nil
        guard done.isFull else { return }
        give(full.removeFirst(), isCompressible: true)
    }

    private func give(_ segment: OpenSegment, isCompressible: Bool) {
        keeper.give(
            JournalKeeper.Full(
                number: segment.number, file: segment.file, used: segment.end - segment.start,
                isCompressible: isCompressible))
    }

    // MARK: Closing

    /// Appends the `end` frame, makes everything durable, compresses and removes segments as
    /// configured, and waits for all that. Another writer may open the journal afterwards.
    ///
    /// - Returns: `false` when not all became durable within `timeoutNs`. A step of the disk that
    ///   is under way is waited for even then; segments left over are for the next session.
    @discardableResult
    public func close(timeoutNs: UInt64) -> Bool {
        if isClosed { return durableNumber == appendedNumber }
        let deadlineNs = monotonicNs() + min(timeoutNs, .max / 2)
        let nowNs = wallNs()
        let nothing = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
        var hasEnd = false
        while true {
            if !hasEnd {
                hasEnd = unsafe append(kind: .end, timeNs: nowNs, writtenNs: nowNs, nothing)
            }
            submit()
            requestSync()
            poll()
            if hasEnd, durableNumber == appendedNumber { break }
            if syncFailure != nil || monotonicNs() >= deadlineNs { break }
            CurrentThread.sleep(ns: Self.closingPauseNs)
        }
        abandon(deadlineNs: deadlineNs)
        return hasEnd && durableNumber == appendedNumber
    }

    /// Lets go of everything without an `end` frame, as when the process ends.
    func abandon(deadlineNs: UInt64) {
        isClosed = true
        unsafe apus_journal_ring_destroy(ring)
        for segment in full { give(segment, isCompressible: false) }
        if var segment = current {
            segment.end = max(written, segment.start)
            give(segment, isCompressible: false)
        }
        full = []
        current = nil
        keeper.stop(deadlineNs: deadlineNs)
        thread.join()
        folder.unlock()
    }
}
