//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CKernels
import Messages
import Rings
import Telemetry

/// Makes records from the messages of public streams and from order book snapshots.
///
/// Three paths give the same records: messages that differ from an earlier one in digits alone are
/// compared with its shape (`MarketDecoder+Shapes`); the schema scanner (`MarketDecoder+Scan`)
/// takes messages that are written as the venue writes them today, key by key in wire order;
/// everything else goes to the generic path (`MarketDecoder+Generic`).
///
/// SAFETY: `scaled` is written and read by this value alone.
@safe
struct MarketDecoder: ~Copyable {
    var events: EventWriter
    /// Whose symbols the message being decoded names.
    private var names: VenueNames
    var symbols: SymbolIndex {
        @_noAllocation @_noLocks
        get { names.symbols }
    }
    var shapes: MessageShapes {
        @_noAllocation @_noLocks
        get { names.shapes }
    }
    let counters: ParserCounters
    let binance: BinanceCounters
    /// Levels between the scan and their records; kept until the process ends.
    let scaled: UnsafeMutablePointer<ScaledLevel>
    let scanPath: ScanPath
    var okx: OKXMarketState
    /// `nil` where no venue has several lines.
    let lines: LineArbiter?
    /// Of the frame being decoded; negative where it has no other.
    var line = -1
    var outer = JSONFields()
    var inner = JSONFields()

    init(_ events: consuming RingProducer<MarketEvent>, names: VenueNames,
        counters: ParserCounters, binance: BinanceCounters, okx: OKXMarketState,
        lines: LineArbiter?
    ) {
        self.binance = binance
        self.okx = okx
        self.lines = lines
        self.events = EventWriter(events)
        self.names = names
        self.counters = counters
        unsafe scaled = .allocate(capacity: Int(APUS_LEVELS_MAX))
        unsafe scaled.initialize(repeating: ScaledLevel(), count: Int(APUS_LEVELS_MAX))
        scanPath = apus_scan_path_best()
    }

    /// Whose symbols the next message names. Compares in place: the value is ten words.
    @_noAllocation @_noLocks
    @inline(__always)
    mutating func name(_ names: UnsafePointer<VenueNames>) {
        guard unsafe names.pointee.venue.rawValue != self.names.venue.rawValue else { return }
        unsafe rename(names)
    }

    @_noAllocation @_noLocks
    @inline(never)
    private mutating func rename(_ names: UnsafePointer<VenueNames>) {
        self.names = unsafe names.pointee
    }

    /// Makes the records of one stream message and publishes them, or counts why not.
    @_noAllocation @_noLocks
    mutating func decodeMessage(_ bytes: UnsafePointer<UInt8>, count: Int) {
        if unsafe takeShaped(bytes, count: count) {
            counters.scanned.increment()
            finish(.done)
            return
        }
        events.discard()
        var outcome = unsafe scanMessage(bytes, count: count)
        if outcome == .fallback {
            events.discard()
            counters.generic.increment()
            outcome = unsafe parseMessage(bytes, count: count)
        } else {
            counters.scanned.increment()
        }
        finish(outcome)
    }

    /// The same by the generic path alone: what the scanner is measured by.
    @_noAllocation @_noLocks
    mutating func decodeMessageGenerically(_ bytes: UnsafePointer<UInt8>, count: Int) {
        counters.generic.increment()
        finish(unsafe parseMessage(bytes, count: count))
    }

    /// Makes the records of a REST order book snapshot of `instrumentID`.
    @_noAllocation @_noLocks
    mutating func decodeSnapshot(
        _ bytes: UnsafePointer<UInt8>, count: Int, instrumentID: UInt32
    ) {
        guard let scale = unsafe symbols.scale(instrumentID) else {
            counters.unknownFrames.increment()
            return
        }
        if okx.owns(instrumentID) {
            counters.generic.increment()
            finish(unsafe parseOKXSnapshot(bytes, count: count, scale: scale))
            return
        }
        var outcome = unsafe scanSnapshot(bytes, count: count, scale: scale)
        if outcome == .fallback {
            events.discard()
            counters.generic.increment()
            outcome = unsafe parseSnapshot(bytes, count: count, scale: scale)
        } else {
            counters.scanned.increment()
        }
        finish(outcome)
    }

    @_noAllocation @_noLocks
    @inline(__always)
    mutating func finish(_ outcome: Outcome) {
        if outcome == .done {
            if line >= 0 { _ = arbitrate(.quote, isOKX: false) }
            events.publish()
            return
        }
        events.discard()
        switch outcome {
        case .done, .passed: break
        case .fallback, .malformed: counters.malformed.increment()
        case .inexact: counters.inexactDecimals.increment()
        case .overflow: counters.overflows.increment()
        case .unknownSymbol: counters.unknownSymbols.increment()
        case .mixedSymbols: counters.mixedSymbols.increment()
        case .oversized: counters.oversized.increment()
        case .ignored: counters.ignored.increment()
        case .filtered: counters.tradesFiltered.increment()
        }
    }
}

// MARK: - Records

extension MarketDecoder {
    @_noAllocation @_noLocks
    @inline(__always)
    mutating func writeTrade(
        _ instrumentID: UInt32, venueTimeNs: UInt64, tradeID: UInt64, price: Int64,
        quantity: Int64, isBuyerMaker: Bool
    ) -> Outcome {
        guard let record = unsafe events.next() else { return .oversized }
        let trade = unsafe UnsafeMutableRawPointer(record).assumingMemoryBound(to: Trade.self)
        unsafe trade.pointee = Trade(
            sequence: events.sequence, ingressTimeNs: events.ingressTimeNs,
            venueTimeNs: venueTimeNs, price: PriceTicks(price), quantity: QuantityLots(quantity),
            tradeID: tradeID, instrumentID: instrumentID, kind: .trade,
            side: isBuyerMaker ? .sell : .buy, count: 0, flags: .last)
        return .done
    }

    @_noAllocation @_noLocks
    @inline(__always)
    mutating func writeQuoteSide(
        _ instrumentID: UInt32, _ side: Side, venueTimeNs: UInt64, updateID: UInt64, price: Int64,
        quantity: Int64
    ) -> Outcome {
        guard let record = unsafe events.next() else { return .oversized }
        let quote = unsafe UnsafeMutableRawPointer(record).assumingMemoryBound(to: QuoteSide.self)
        unsafe quote.pointee = QuoteSide(
            sequence: events.sequence, ingressTimeNs: events.ingressTimeNs,
            venueTimeNs: venueTimeNs, price: PriceTicks(price), quantity: QuantityLots(quantity),
            updateID: updateID, instrumentID: instrumentID, kind: .quoteSide, side: side,
            count: 0, flags: side == .sell ? .last : EventFlags(0))
        return .done
    }

    @_noAllocation @_noLocks
    @inline(__always)
    mutating func writeMarkPrice(
        _ instrumentID: UInt32, venueTimeNs: UInt64, mark: Int64, index: Int64,
        fundingRateE8: Int64
    ) -> Outcome {
        guard let record = unsafe events.next() else { return .oversized }
        let price = unsafe UnsafeMutableRawPointer(record).assumingMemoryBound(to: MarkPrice.self)
        unsafe price.pointee = MarkPrice(
            sequence: events.sequence, ingressTimeNs: events.ingressTimeNs,
            venueTimeNs: venueTimeNs, mark: PriceTicks(mark), index: PriceTicks(index),
            fundingRateE8: fundingRateE8, instrumentID: instrumentID, kind: .markPrice,
            side: .none, count: 0, flags: .last)
        return .done
    }

    /// Opens a book update; the caller marks the last record with `closeBook`.
    @_noAllocation @_noLocks
    @inline(__always)
    mutating func writeBookHeader(
        _ instrumentID: UInt32, _ kind: EventKind, venueTimeNs: UInt64, firstUpdateID: UInt64,
        lastUpdateID: UInt64, previousUpdateID: UInt64, flags: EventFlags = EventFlags(0)
    ) -> LevelWriter? {
        guard let record = unsafe events.next() else { return nil }
        unsafe fillBookHeader(
            record, instrumentID, kind, venueTimeNs: venueTimeNs, firstUpdateID: firstUpdateID,
            lastUpdateID: lastUpdateID, previousUpdateID: previousUpdateID, flags: flags)
        return unsafe LevelWriter(record, instrumentID)
    }

    @_noAllocation @_noLocks
    @inline(__always)
    func fillBookHeader(
        _ record: UnsafeMutablePointer<MarketEvent>, _ instrumentID: UInt32, _ kind: EventKind,
        venueTimeNs: UInt64, firstUpdateID: UInt64, lastUpdateID: UInt64,
        previousUpdateID: UInt64, flags: EventFlags
    ) {
        let header = unsafe UnsafeMutableRawPointer(record).assumingMemoryBound(to: BookHeader.self)
        unsafe header.pointee = BookHeader(
            sequence: events.sequence, ingressTimeNs: events.ingressTimeNs,
            venueTimeNs: venueTimeNs, firstUpdateID: firstUpdateID, lastUpdateID: lastUpdateID,
            previousUpdateID: previousUpdateID, instrumentID: instrumentID, kind: kind,
            side: .none, count: 0, flags: flags)
    }

    @_noAllocation @_noLocks
    @inline(__always)
    mutating func writeFeedStatus(_ instrumentID: UInt32, _ kind: EventKind, isUp: Bool) {
        guard let record = unsafe events.next() else { return }
        let status = unsafe UnsafeMutableRawPointer(record).assumingMemoryBound(to: FeedStatus.self)
        unsafe status.pointee = FeedStatus(
            sequence: events.sequence, ingressTimeNs: events.ingressTimeNs, venueTimeNs: 0,
            isUp: isUp ? 1 : 0, reserved_0: (0, 0), instrumentID: instrumentID, kind: kind,
            side: .none, count: 0, flags: .last)
    }
}

/// Packs the levels of one side after the other into records of three.
///
/// SAFETY: `record` is a staged record of the frame that is being made.
@safe
struct LevelWriter {
    /// The record written last: the header, or the levels before the next one.
    private var record: UnsafeMutablePointer<MarketEvent>
    private let instrumentID: UInt32
    private var side = Side.none
    /// Levels in `record`; 3 when the next one needs a new record.
    private var filled = 3

    @_noAllocation @_noLocks
    @inline(__always)
    init(_ header: UnsafeMutablePointer<MarketEvent>, _ instrumentID: UInt32) {
        unsafe record = unsafe header
        self.instrumentID = instrumentID
    }

    @_noAllocation @_noLocks
    @inline(__always)
    mutating func begin(_ side: Side) {
        self.side = side
        filled = 3
    }

    /// Adds one level; `false` when the frame has too many.
    @_noAllocation @_noLocks
    @inline(__always)
    mutating func add(_ events: inout EventWriter, price: Int64, quantity: Int64) -> Bool {
        if filled == 3 {
            guard let next = unsafe events.next() else { return false }
            unsafe record = unsafe next
            unsafe record.pointee = MarketEvent(
                words: (0, 0, 0, 0, 0, 0), instrumentID: instrumentID, kind: .bookLevels,
                side: side, count: 0, flags: EventFlags(0))
            filled = 0
        }
        let level = unsafe UnsafeMutableRawPointer(record)
            .advanced(by: filled &* 16).assumingMemoryBound(to: BookLevel.self)
        unsafe level.pointee = BookLevel(
            price: PriceTicks(price), quantity: QuantityLots(quantity))
        filled &+= 1
        unsafe record.pointee.count = UInt8(truncatingIfNeeded: filled)
        return true
    }

    /// Whether the next level opens a record.
    @inline(__always)
    var isRecordFull: Bool {
        @_noAllocation @_noLocks
        get { filled == 3 }
    }

    /// Adds three levels as one record; `false` when the frame has too many.
    @_noAllocation @_noLocks
    @inline(__always)
    mutating func addThree(
        _ events: inout EventWriter, _ levels: UnsafePointer<ScaledLevel>
    ) -> Bool {
        assert(isRecordFull, "levels that begin a record")
        guard let next = unsafe events.next() else { return false }
        let (first, second, third) = unsafe (levels[0], levels[1], levels[2])
        unsafe next.pointee = MarketEvent(
            words: (
                UInt64(bitPattern: first.price), UInt64(bitPattern: first.quantity),
                UInt64(bitPattern: second.price), UInt64(bitPattern: second.quantity),
                UInt64(bitPattern: third.price), UInt64(bitPattern: third.quantity)
            ), instrumentID: instrumentID, kind: .bookLevels, side: side, count: 3,
            flags: EventFlags(0))
        unsafe record = unsafe next
        return true
    }

    /// Flags the last record of the update.
    @_noAllocation @_noLocks
    @inline(__always)
    mutating func close() {
        let flags = unsafe record.pointee.flags.rawValue
        unsafe record.pointee.flags = EventFlags(flags | EventFlags.last.rawValue)
    }
}
