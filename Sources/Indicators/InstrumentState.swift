//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CKernels
import CMessages
import CTelemetry
import MarketData
import Messages
import Technical

/// The venue's best bid and offer message, which runs ahead of the depth stream by tens of
/// milliseconds. It never changes the book; it overlays the book's best levels while its update id
/// is greater than the book's. Where the venue does not count both alike, the venue's time decides.
struct FastQuote: BitwiseCopyable {
    var updateID: UInt64 = 0
    var venueTimeNs: UInt64 = 0
    var bid: Int64 = 0
    var ask: Int64 = 0
    var bidQuantity: Int64 = 0
    var askQuantity: Int64 = 0
    /// The bid half of the pair that is coming in; its id is 0 when there is none.
    var openID: UInt64 = 0
    var openBid: Int64 = 0
    var openBidQuantity: Int64 = 0

    @_noAllocation @_noLocks
    init() {}
}

/// Everything the kernel keeps of one instrument.
///
/// SAFETY: the memory belongs to this value alone and lives as long as it.
@safe
struct InstrumentState: ~Copyable {
    var sync: BookSynchroniser
    var features: FeatureState
    var quote = FastQuote()
    /// The newer of the book's best levels and the fast quote; empty while not in sync.
    var top = TopOfBook()
    /// In sync, and the top usable: decisions may be asked for.
    var isValid = false
    /// Ingress of the last message about the book.
    var bookTimeNs: UInt64 = 0
    // What the open frame has seen so far.
    var sawQuote = false
    var sawTrade = false
    var sawBar = false
    var messages: UInt64 = 0
    var lastReferenceNs: UInt64 = 0
    var candles: CandleCheck
    /// First half of the candle that is coming in, of frame `candleSequence`.
    var openCandle = Candle()
    var candleSequence: UInt64 = 0
    /// The greatest venue time of a trade.
    var lastTradeVenueNs: UInt64 = 0
    var nextIntervalNs: UInt64 = 0
    var recentres: UInt64 = 0
    var jumps: UInt64 = 0
    let ticksPerPrice: Double
    /// Quotes and books are counted apart: only their times can be compared.
    let isQuoteTimed: Bool
    let timeframeCount: Int
    let timeframes: UnsafeMutablePointer<TimeframeState>
    /// Features look at bars that still form.
    let hasForming: Bool
    /// The indicators of all time frames.
    private let bank: UnsafeMutablePointer<IndicatorBank>
    let status: UnsafeMutablePointer<InstrumentData>

    init(
        instrument: Instrument, configuration: KernelConfiguration, plan: FeaturePlan,
        counters: BookCounters, status: UnsafeMutablePointer<InstrumentData>
    ) {
        features = FeatureState(plan, instrument: instrument)
        hasForming = plan.hasForming
        unsafe self.status = unsafe status
        sync = BookSynchroniser(
            rule: ChainRule(venue: instrument.venue), counters: counters,
            windowTicks: configuration.bookWindowTicks,
            farLevelsMax: configuration.farLevelsMax,
            pendingRecordsMax: configuration.pendingRecordsMax)
        candles = CandleCheck(lengthNs: configuration.candleNs)
        isQuoteTimed = instrument.venue == .okx
        ticksPerPrice =
            Decimals.powerOfTen(Int(instrument.priceDecimals)) / Double(instrument.tickMantissa)
        timeframeCount = configuration.timeframeCount
        unsafe timeframes = UnsafeMutablePointer<TimeframeState>.allocate(capacity: timeframeCount)
        let builders = configuration.timeframesNs.map { BarBuilder(timeframeNs: $0) }
            + configuration.sampledBars.compactMap { $0.limit(of: instrument) }
                .map { BarBuilder(limit: $0) }
        let plan = configuration.indicators
        unsafe bank = .allocate(capacity: 1)
        unsafe bank.initialize(to: IndicatorBank(plan.program, laneCount: timeframeCount))
        for (index, builder) in builders.enumerated() {
            unsafe (timeframes + index).initialize(
                to: TimeframeState(
                    builder: builder, bank: bank, lane: index, plan: plan,
                    instrument: instrument))
        }
    }

    deinit {
        for index in 0..<timeframeCount { unsafe (timeframes + index).deinitialize(count: 1) }
        unsafe timeframes.deallocate()
        unsafe bank.deinitialize(count: 1)
        unsafe bank.deallocate()
    }

    // What hot functions call is mutating even where nothing changes: a call that only reads may
    // copy the whole state first.

    /// Number `column` of the plan at the last closed bar of time frame `index`, of those
    /// configured; not a number before its history is there.
    @_noAllocation @_noLocks
    func indicatorValue(timeframe index: Int, column: Int) -> Double {
        unsafe timeframes[index].value(column)
    }

    /// The same as if the current bar closed as it stands.
    @_noAllocation @_noLocks
    mutating func formingValue(timeframe index: Int, column: Int) -> Double {
        form()
        return unsafe timeframes[index].formingValue(column)
    }

    /// Computes the numbers of all bars that still form and changed since: in time that nobody
    /// waits for, or else when they are asked for.
    @_noAllocation @_noLocks
    mutating func form() {
        var hasChanged = false
        for place in 0..<timeframeCount {
            if unsafe (timeframes + place).pointee.placeForming() { hasChanged = true }
        }
        if hasChanged { unsafe bank.pointee.form() }
    }

    /// The newest numbers of the bars.
    var barNumbers: BarNumbers {
        @_noAllocation @_noLocks
        mutating get {
            if hasForming { form() }
            return unsafe BarNumbers(timeframes, ticksPerPrice: ticksPerPrice)
        }
    }

    /// The fast quote is newer than the book.
    private var isQuoteAhead: Bool {
        @_noAllocation @_noLocks
        mutating get {
            if isQuoteTimed { return quote.venueTimeNs > sync.lastVenueTimeNs }
            return quote.updateID > sync.lastUpdateID
        }
    }

    /// The top as it is now.
    @_noAllocation @_noLocks
    mutating func currentTop() -> TopOfBook {
        var top = TopOfBook()
        if !sync.isInSync { return top }
        if isQuoteAhead {
            top.bid = quote.bid
            top.ask = quote.ask
            top.bidQuantity = quote.bidQuantity
            top.askQuantity = quote.askQuantity
            return top
        }
        let bid = sync.book.bestBid
        let ask = sync.book.bestAsk
        top.bid = bid.price.rawValue
        top.ask = ask.price.rawValue
        top.bidQuantity = bid.quantity.rawValue
        top.askQuantity = ask.quantity.rawValue
        return top
    }

    /// Shows the observer how the instrument stands.
    @_noAllocation @_noLocks
    @inline(__always)
    mutating func storeStatus(timeNs: UInt64) {
        unsafe apus_signed_word_store(&status.pointee.bid, top.bid)
        unsafe apus_signed_word_store(&status.pointee.ask, top.ask)
        unsafe apus_word_store(&status.pointee.messages, messages)
        unsafe apus_word_store(&status.pointee.gaps, sync.gapCount)
        unsafe apus_word_store(&status.pointee.resyncs, sync.resyncCount)
        unsafe apus_word_store(&status.pointee.isBookValid, isValid ? 1 : 0)
        unsafe apus_word_store(&status.pointee.lastUpdateNs, timeNs)
        unsafe apus_word_store(
            &status.pointee.levelCount, UInt64(truncatingIfNeeded: sync.book.levelCount))
    }
}
