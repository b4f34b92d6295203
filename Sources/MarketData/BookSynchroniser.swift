//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CMessages
import Telemetry

/// Keeps one instrument's book in step with the venue: waits for a snapshot while it stores
/// updates, connects the two, checks the chain from then on, and asks anew when it breaks.
///
/// Update records of one instrument come in whole: a header, its levels, the last one flagged. The
/// book is used only in `.inSync`, which is reached when the first update behind a snapshot was
/// applied: a snapshot alone does not prove that updates connect to it.
///
///     idle ──first update──► awaitingSnapshot ──snapshot──► awaitingFirstUpdate ──► inSync
///                                  ▲   gap, crossed book, refused level, detached    │
///                                  └──────────────────────────────◄─────────────────┘
///
/// Any state returns to `idle` when the connection is lost: the next one starts a new chain.
public struct BookSynchroniser: ~Copyable {
    public enum State: Sendable {
        case idle
        case awaitingSnapshot
        case awaitingFirstUpdate
        case inSync
    }

    /// What one record did to the book.
    public enum Outcome: Sendable {
        case none
        /// A complete update was applied and the book is in sync.
        case updated
        /// The book was in sync and no longer is.
        case lost
    }

    private enum Mode { case none, store, apply, load, skip }

    /// Records a book may store while it waits.
    public static let pendingRecordsMaxDefault = 16_384
    /// Waiting time before the second request; each further one doubles it up to the largest.
    public static let backoffFirstNs: UInt64 = 250_000_000
    public static let backoffMaxNs: UInt64 = 8_000_000_000
    /// A request that was not answered this long after its earliest time is repeated.
    public static let answerTimeoutNs: UInt64 = 10_000_000_000

    public internal(set) var book: OrderBook
    public private(set) var state = State.idle
    /// Last update id of the book; 0 before the first snapshot.
    public private(set) var lastUpdateID: UInt64 = 0
    /// The venue's time of that update.
    public private(set) var lastVenueTimeNs: UInt64 = 0
    public private(set) var gapCount: UInt64 = 0
    public private(set) var resyncCount: UInt64 = 0
    public private(set) var staleCount: UInt64 = 0
    /// Updates applied since the book was made.
    public private(set) var appliedCount: UInt64 = 0
    /// Levels in those updates.
    public private(set) var appliedLevelCount: UInt64 = 0

    private var pending: PendingUpdates
    private let rule: ChainRule
    private let counters: BookCounters
    private var mode = Mode.none
    private var isDamaged = false
    private var isSnapshotInStream = false
    private var openLastID: UInt64 = 0
    private var openTimeNs: UInt64 = 0
    private var openVenueTimeNs: UInt64 = 0
    private var isRequestDue = false
    private var attempt: UInt32 = 0
    private var notBeforeNs: UInt64 = 0

    public init(
        rule: ChainRule, counters: BookCounters,
        windowTicks: Int = OrderBook.windowTicksDefault,
        farLevelsMax: Int = OrderBook.farLevelsMaxDefault,
        pendingRecordsMax: Int = BookSynchroniser.pendingRecordsMaxDefault
    ) {
        self.rule = rule
        self.counters = counters
        book = OrderBook(windowTicks: windowTicks, farLevelsMax: farLevelsMax)
        pending = PendingUpdates(capacity: pendingRecordsMax)
    }

    public var isInSync: Bool {
        @_noAllocation @_noLocks
        get { state == .inSync }
    }

    /// Records of updates that wait for a snapshot.
    public var pendingRecordCount: Int {
        @_noAllocation @_noLocks
        get { pending.count }
    }

    /// Takes a record of kind `bookDelta`, `bookSnapshot` or `bookLevels`.
    @_noAllocation @_noLocks
    public mutating func take(_ record: UnsafePointer<MarketEvent>) -> Outcome {
        let before = state
        if unsafe record.pointee.kind == .bookLevels {
            unsafe takeLevels(record)
        } else {
            unsafe takeHeader(record)
        }
        let isLast = unsafe record.pointee.flags.rawValue & EventFlags.last.rawValue != 0
        let isUpdated = isLast && close()
        if before == .inSync && state != .inSync { return .lost }
        return isUpdated ? .updated : .none
    }

    /// Takes levels in the middle of an update that goes into the book, which is what most records
    /// of a book are.
    ///
    /// - Returns: `false`, having taken nothing, for any other record.
    @_noAllocation @_noLocks
    @inline(__always)
    public mutating func takeMoreLevels(_ record: UnsafePointer<MarketEvent>) -> Bool {
        let isUsed = mode == .apply || mode == .load
        let isLast = unsafe record.pointee.flags.rawValue & EventFlags.last.rawValue != 0
        guard isUsed, !isLast, unsafe record.pointee.kind == .bookLevels else { return false }
        unsafe applyLevels(record)
        return true
    }

    /// The best levels of the book, as `OrderBook.topKeys` has them.
    @_noAllocation @_noLocks
    public mutating func topKeys(
        side: Side, count: Int, keys: UnsafeMutablePointer<Int64>,
        quantities: UnsafeMutablePointer<Int64>
    ) -> Int {
        unsafe book.topKeys(side: side, count: count, keys: keys, quantities: quantities)
    }

    /// The connection was lost: nothing that was known holds any longer.
    @_noAllocation @_noLocks
    public mutating func disconnect() -> Outcome {
        let wasInSync = state == .inSync
        state = .idle
        mode = .none
        isDamaged = false
        isRequestDue = false
        attempt = 0
        notBeforeNs = 0
        pending.clear()
        book.clear()
        return wasInSync ? .lost : .none
    }

    /// Time passed: repeats a request that stayed without an answer.
    @_noAllocation @_noLocks
    public mutating func advance(to timeNs: UInt64) {
        if state != .awaitingSnapshot || isRequestDue { return }
        if timeNs <= notBeforeNs &+ Self.answerTimeoutNs { return }
        counters.requestTimeouts.increment()
        ask(timeNs)
    }

    /// True when a snapshot is to be asked for.
    public var needsRequest: Bool {
        @_noAllocation @_noLocks
        get { isRequestDue }
    }

    /// Fills in the request that is due and counts it as sent.
    @_noAllocation @_noLocks
    public mutating func fillRequest(
        _ request: UnsafeMutablePointer<SnapshotRequest>, instrumentID: UInt32, sequence: UInt64,
        timeNs: UInt64
    ) {
        unsafe request.pointee = SnapshotRequest()
        unsafe request.pointee.sequence = sequence
        unsafe request.pointee.ingressTimeNs = timeNs
        unsafe request.pointee.notBeforeNs = notBeforeNs
        unsafe request.pointee.instrumentID = instrumentID
        unsafe request.pointee.attempt = attempt
        attempt &+= 1
        isRequestDue = false
        counters.requests.increment()
    }

    // MARK: - Records

    @_noAllocation @_noLocks
    private mutating func takeHeader(_ record: UnsafePointer<MarketEvent>) {
        let header = unsafe UnsafeRawPointer(record).assumingMemoryBound(to: BookHeader.self)
        openTimeNs = unsafe header.pointee.ingressTimeNs
        if mode != .none {  // The update before it never ended.
            counters.malformedUpdates.increment()
            let wasUsed = mode == .apply || mode == .load
            mode = .none
            pending.rollBack()
            if wasUsed { lose() }
        }
        openLastID = unsafe header.pointee.lastUpdateID
        openVenueTimeNs = unsafe header.pointee.venueTimeNs
        if unsafe header.pointee.kind == .bookSnapshot {
            let flags = unsafe header.pointee.flags.rawValue
            openSnapshot(isInStream: flags & EventFlags.inStream.rawValue != 0)
        } else {
            unsafe openDelta(header, record)
        }
    }

    @_noAllocation @_noLocks
    private mutating func openSnapshot(isInStream: Bool) {
        if state == .inSync, !isInStream {
            // A late answer to an earlier request: the book is newer.
            counters.unusedSnapshots.increment()
            mode = .skip
            return
        }
        // What was stored before a snapshot of the stream itself is older than that.
        if isInStream { pending.clear() }
        isSnapshotInStream = isInStream
        book.clear()
        isDamaged = false
        mode = .load
    }

    @_noAllocation @_noLocks
    private mutating func openDelta(
        _ header: UnsafePointer<BookHeader>, _ record: UnsafePointer<MarketEvent>
    ) {
        if state == .inSync || state == .awaitingFirstUpdate {
            switch unsafe judge(header) {
            case .apply:
                mode = .apply
                return
            case .stale:
                countStale()
                mode = .skip
                return
            case .detached:
                counters.detachedSnapshots.increment()
            case .gap:
                gapCount &+= 1
                counters.gaps.increment()
            }
            lose()
        } else if state == .idle {
            state = .awaitingSnapshot
            ask(openTimeNs)
        }
        mode = .store
        unsafe store(record)
    }

    @_noAllocation @_noLocks
    private mutating func judge(_ header: UnsafePointer<BookHeader>) -> UpdateVerdict {
        unsafe UpdateChain.judge(
            rule, first: header.pointee.firstUpdateID, last: header.pointee.lastUpdateID,
            previous: header.pointee.previousUpdateID, lastID: lastUpdateID,
            isFirst: state == .awaitingFirstUpdate)
    }

    @_noAllocation @_noLocks
    private mutating func takeLevels(_ record: UnsafePointer<MarketEvent>) {
        switch mode {
        case .apply, .load: unsafe applyLevels(record)
        case .store: unsafe store(record)
        case .skip: break
        case .none: counters.malformedUpdates.increment()
        }
    }

    @_noAllocation @_noLocks
    @inline(__always)
    private mutating func applyLevels(_ record: UnsafePointer<MarketEvent>) {
        let levels = unsafe UnsafeRawPointer(record).assumingMemoryBound(to: BookLevel.self)
        let count = unsafe Int(record.pointee.count)
        let side = unsafe record.pointee.side
        if count == 0 || count > 3 {
            isDamaged = true
            return
        }
        let refused = unsafe book.apply(side: side, levels: levels, count: count)
        if refused > 0 {
            counters.refusedLevels.add(refused)
            isDamaged = true
        }
        if mode == .apply { appliedLevelCount &+= UInt64(truncatingIfNeeded: count) }
    }

    /// Moves the book's windows a little, after an update and all that it caused. A level that
    /// finds no room makes the next update end the book.
    @_noAllocation @_noLocks
    public mutating func tidy() {
        if mode != .none || book.tidy() { return }
        counters.refusedLevels.increment()
        isDamaged = true
    }

    @_noAllocation @_noLocks
    private mutating func store(_ record: UnsafePointer<MarketEvent>) {
        if unsafe pending.append(record) { return }
        counters.pendingOverflows.increment()
        pending.clear()
        mode = .skip
        ask(openTimeNs)
    }

    /// The open update is complete.
    ///
    /// - Returns: `true` when the book is in sync and has changed.
    @_noAllocation @_noLocks
    private mutating func close() -> Bool {
        let closing = mode
        mode = .none
        switch closing {
        case .store:
            pending.commit()
            return false
        case .apply:
            return closeUpdate()
        case .load:
            if isDamaged || book.isCrossedOrLocked {
                if !isDamaged { counters.crossedBooks.increment() }
                lose()
                return false
            }
            resyncCount &+= 1
            counters.resyncs.increment()
            lastUpdateID = openLastID
            lastVenueTimeNs = openVenueTimeNs
            if isSnapshotInStream {
                state = .inSync
                attempt = 0
                return true
            }
            state = .awaitingFirstUpdate
            replayPending()
            return state == .inSync
        case .skip, .none:
            return false
        }
    }

    @_noAllocation @_noLocks
    private mutating func closeUpdate() -> Bool {
        lastUpdateID = openLastID
        lastVenueTimeNs = openVenueTimeNs
        appliedCount &+= 1
        if isDamaged || book.isCrossedOrLocked {
            if !isDamaged { counters.crossedBooks.increment() }
            lose()
            return false
        }
        state = .inSync
        attempt = 0
        return true
    }

    /// Applies what was stored while the snapshot was on its way.
    @_noAllocation @_noLocks
    private mutating func replayPending() {
        var cursor = 0
        while cursor < pending.count {
            let record = unsafe pending.record(cursor)
            let header = unsafe UnsafeRawPointer(record).assumingMemoryBound(to: BookHeader.self)
            openLastID = unsafe header.pointee.lastUpdateID
            openVenueTimeNs = unsafe header.pointee.venueTimeNs
            switch unsafe judge(header) {
            case .apply:
                mode = .apply
            case .stale:
                mode = .skip
                countStale()
            case .gap:
                gapCount &+= 1
                counters.gaps.increment()
                pending.dropFirst(cursor)
                lose()
                return
            case .detached:
                counters.detachedSnapshots.increment()
                pending.dropFirst(cursor)
                lose()
                return
            }
            cursor = replayLevels(from: cursor)
            let isSound = mode == .skip || closeUpdate()
            mode = .none
            if !isSound {
                pending.dropFirst(cursor)
                return
            }
        }
        pending.clear()
    }

    /// Handles the levels of the stored update at `start`; returns where the next one starts.
    @_noAllocation @_noLocks
    private mutating func replayLevels(from start: Int) -> Int {
        var cursor = start
        while cursor < pending.count {
            let record = unsafe pending.record(cursor)
            if unsafe record.pointee.kind == .bookLevels && mode == .apply {
                unsafe applyLevels(record)
            }
            cursor &+= 1
            if unsafe record.pointee.flags.rawValue & EventFlags.last.rawValue != 0 { break }
        }
        return cursor
    }

    @_noAllocation @_noLocks
    private mutating func countStale() {
        staleCount &+= 1
        counters.staleUpdates.increment()
    }

    // MARK: - Requests

    /// The book is not the venue's any more: empties it and asks for a snapshot.
    @_noAllocation @_noLocks
    private mutating func lose() {
        state = .awaitingSnapshot
        isDamaged = false
        book.clear()
        ask(openTimeNs)
    }

    /// Makes a request due: at once when the book was in sync, else after a growing wait; two
    /// requests of one book are never closer than the first wait.
    @_noAllocation @_noLocks
    private mutating func ask(_ timeNs: UInt64) {
        let earliest = timeNs &+ Self.backoffNs(attempt: attempt)
        let spaced = notBeforeNs == 0 ? 0 : notBeforeNs &+ Self.backoffFirstNs
        notBeforeNs = earliest > spaced ? earliest : spaced
        isRequestDue = true
    }

    /// 0, 250 ms, 500 ms, ... 8 s.
    @_noAllocation @_noLocks
    static func backoffNs(attempt: UInt32) -> UInt64 {
        if attempt == 0 { return 0 }
        let doublings = UInt64(attempt < 6 ? attempt &- 1 : 5)
        let wait = backoffFirstNs &<< doublings
        return wait < backoffMaxNs ? wait : backoffMaxNs
    }
}
