//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import CMessages
import MarketData
import Rings
import Telemetry

extension KernelStage {
    /// Handles one record of an instrument.
    @_noAllocation @_noLocks
    mutating func take(_ event: UnsafePointer<MarketEvent>) {
        let id = unsafe event.pointee.instrumentID
        if Int(id) >= instrumentCount {
            counters.unknownInstruments.increment()
            return
        }
        let kind = unsafe event.pointee.kind
        if kind != .bookLevels { unsafe openFrame(event, id) }
        if activeID != id && activeID != Self.noInstrument { finish(activeID) }
        activeID = id
        if kind == .bookLevels || kind == .bookDelta || kind == .bookSnapshot {
            unsafe takeBook(event, id)
        } else if kind == .trade {
            unsafe takeTrade(event, id)
        } else if kind == .quoteSide {
            unsafe takeQuote(event, id)
        } else if kind == .markPrice {
            unsafe takeMark(event, id)
        } else if kind == .candleRange || kind == .candleClose {
            unsafe takeCandle(event, id)
        } else if kind == .feedStatus {
            unsafe takeFeedStatus(event, id)
        } else {
            counters.malformedEvents.increment()
        }
        if unsafe event.pointee.flags.rawValue & EventFlags.last.rawValue != 0 { finish(id) }
    }

    /// Takes a record that only goes on with a book's open update, as most records of books do.
    ///
    /// - Returns: `false`, having done nothing, for any other.
    @_noAllocation @_noLocks
    @inline(__always)
    mutating func takeMoreLevels(_ event: UnsafePointer<MarketEvent>) -> Bool {
        let id = unsafe event.pointee.instrumentID
        guard id == activeID, Int(id) < instrumentCount else { return false }
        // The update's header told the time and whose frame it is.
        return unsafe (states + Int(id)).pointee.sync.takeMoreLevels(event)
    }

    /// Where the record belongs to another frame than the last one: finishes that, and brings the
    /// instrument's history to the record's time.
    @_noAllocation @_noLocks
    @inline(__always)
    private mutating func openFrame(_ event: UnsafePointer<MarketEvent>, _ id: UInt32) {
        let sequence = unsafe event.pointee.words.0
        if sequence == frameSequence && activeID == id {
            frameVenueNs = unsafe event.pointee.words.2
            return
        }
        if activeID != Self.noInstrument { finish(activeID) }
        frameSequence = sequence
        // Ingress times never go backwards; should one, the time stands still.
        if unsafe event.pointee.words.1 > frameTimeNs { frameTimeNs = unsafe event.pointee.words.1 }
        frameVenueNs = unsafe event.pointee.words.2
        advance(id)
    }

    /// Closes the bars that are due and decays the features up to the frame's time.
    @_noAllocation @_noLocks
    private mutating func advance(_ id: UInt32) {
        let state = unsafe states + Int(id)
        unsafe state.pointee.features.advance(to: frameTimeNs)
        unsafe state.pointee.sync.advance(to: frameTimeNs)
        var index = 0
        while unsafe index < state.pointee.timeframeCount {
            while unsafe state.pointee.timeframes[index].builder.isDue(frameTimeNs) {
                closeBar(id, index)
            }
            index &+= 1
        }
    }

    @_noAllocation @_noLocks
    private mutating func closeBar(_ id: UInt32, _ index: Int) {
        let state = unsafe states + Int(id)
        let timeframe = unsafe state.pointee.timeframes + index
        let isClosed = unsafe timeframe.pointee.builder.closeBar(
            at: frameTimeNs, sequence: frameSequence, instrumentID: id, into: scratchBar)
        if !isClosed {
            counters.barJumps.increment()
            return
        }
        unsafe scratchBar.pointee.timeframe = UInt32(truncatingIfNeeded: index)
        unsafe timeframe.pointee.take(scratchBar)
        if index == 0 { unsafe state.pointee.sawBar = true }
        if let bar = unsafe bars.claim() {
            unsafe bar.pointee = unsafe scratchBar.pointee
            bars.publish()
        } else {
            counters.droppedBars.increment()
        }
        if let values = unsafe indicators.claim() {
            unsafe timeframe.pointee.fill(values, of: scratchBar)
            indicators.publish()
        } else {
            counters.droppedIndicators.increment()
        }
    }

    @_noAllocation @_noLocks
    private mutating func takeBook(_ event: UnsafePointer<MarketEvent>, _ id: UInt32) {
        let state = unsafe states + Int(id)
        if unsafe event.pointee.kind != .bookLevels {
            unsafe state.pointee.messages = unsafe state.pointee.messages &+ 1
        }
        let lastID = unsafe state.pointee.sync.lastUpdateID
        switch unsafe state.pointee.sync.take(event) {
        case .none:
            return
        case .updated:
            // The venue counts from a lower number on: no quote of before is newer than this.
            if unsafe state.pointee.sync.lastUpdateID < lastID {
                unsafe state.pointee.quote = FastQuote()
            }
            unsafe state.pointee.features.takeBook(&state.pointee.sync)
        case .lost:
            // Update ids may start anew after a break: a greater one would overlay for ever.
            unsafe state.pointee.quote = FastQuote()
        }
        refreshTop(id)
    }

    @_noAllocation @_noLocks
    private mutating func takeTrade(_ event: UnsafePointer<MarketEvent>, _ id: UInt32) {
        let trade = unsafe UnsafeRawPointer(event).assumingMemoryBound(to: Trade.self)
        let state = unsafe states + Int(id)
        unsafe state.pointee.messages = unsafe state.pointee.messages &+ 1
        let price = unsafe trade.pointee.price
        let quantity = unsafe trade.pointee.quantity
        let isBuy = unsafe trade.pointee.side == .buy
        let isKnown = unsafe isBuy || trade.pointee.side == .sell
        if !isKnown || !Self.isInRange(price.rawValue) || !Self.isInRange(quantity.rawValue) {
            counters.refusedTrades.increment()
            return
        }
        if unsafe !state.pointee.candles.isOff {
            count(
                unsafe state.pointee.candles.take(
                    price: price.rawValue, quantity: quantity.rawValue,
                    venueTimeNs: frameVenueNs))
        }
        // Bars are in the order of arrival, which the venue's own times need not follow.
        if unsafe frameVenueNs < state.pointee.lastTradeVenueNs {
            counters.lateTrades.increment()
        } else {
            unsafe state.pointee.lastTradeVenueNs = frameVenueNs
        }
        var index = 0
        while unsafe index < state.pointee.timeframeCount {
            unsafe (state.pointee.timeframes + index).pointee.builder.add(
                price: price, quantity: quantity, timeNs: frameTimeNs)
            if unsafe state.pointee.timeframes[index].builder.isFull { closeBar(id, index) }
            index &+= 1
        }
        unsafe state.pointee.features.takeTrade(
            isBuy: isBuy, price: price.rawValue, quantity: quantity.rawValue)
        unsafe state.pointee.sawTrade = true
        emitReference(id, .last, price: price.rawValue, lots: quantity.rawValue)
    }

    /// 1...2^50: sums of what passes cannot leave an `Int64`.
    @_noAllocation @_noLocks
    private static func isInRange(_ value: Int64) -> Bool { value > 0 && value <= 1 << 50 }

    @_noAllocation @_noLocks
    @inline(__always)
    private mutating func takeQuote(_ event: UnsafePointer<MarketEvent>, _ id: UInt32) {
        let half = unsafe UnsafeRawPointer(event).assumingMemoryBound(to: QuoteSide.self)
        let state = unsafe states + Int(id)
        let price = unsafe half.pointee.price.rawValue
        let quantity = unsafe half.pointee.quantity.rawValue
        let isEmpty = price == 0 && quantity == 0
        if !isEmpty && (!Self.isInRange(price) || !Self.isInRange(quantity)) {
            counters.malformedEvents.increment()
            unsafe state.pointee.quote.openID = 0
            return
        }
        if unsafe half.pointee.side == .buy {
            unsafe state.pointee.quote.openID = unsafe half.pointee.updateID
            unsafe state.pointee.quote.openBid = price
            unsafe state.pointee.quote.openBidQuantity = quantity
            return
        }
        unsafe state.pointee.messages = unsafe state.pointee.messages &+ 1
        let id64 = unsafe half.pointee.updateID
        let isPair =
            unsafe half.pointee.side == .sell && id64 != 0 && state.pointee.quote.openID == id64
        unsafe state.pointee.quote.openID = 0
        if !isPair {
            counters.malformedEvents.increment()
            return
        }
        let timeNs = unsafe half.pointee.venueTimeNs
        let isStale = unsafe state.pointee.isQuoteTimed
            ? timeNs < state.pointee.quote.venueTimeNs : id64 <= state.pointee.quote.updateID
        if isStale {
            counters.staleQuotes.increment()
            return
        }
        unsafe state.pointee.quote.updateID = id64
        unsafe state.pointee.quote.venueTimeNs = timeNs
        unsafe state.pointee.quote.bid = unsafe state.pointee.quote.openBid
        unsafe state.pointee.quote.bidQuantity = unsafe state.pointee.quote.openBidQuantity
        unsafe state.pointee.quote.ask = price
        unsafe state.pointee.quote.askQuantity = quantity
        if price > 0, unsafe state.pointee.quote.bid >= price { counters.crossedQuotes.increment() }
        refreshTop(id)
    }

    @_noAllocation @_noLocks
    private mutating func takeMark(_ event: UnsafePointer<MarketEvent>, _ id: UInt32) {
        let mark = unsafe UnsafeRawPointer(event).assumingMemoryBound(to: MarkPrice.self)
        let state = unsafe states + Int(id)
        unsafe state.pointee.messages = unsafe state.pointee.messages &+ 1
        let price = unsafe mark.pointee.mark.rawValue
        if !Self.isInRange(price) {
            counters.malformedEvents.increment()
            return
        }
        emitReference(id, .mark, price: price)
    }

    @_noAllocation @_noLocks
    private mutating func takeFeedStatus(_ event: UnsafePointer<MarketEvent>, _ id: UInt32) {
        let feed = unsafe UnsafeRawPointer(event).assumingMemoryBound(to: FeedStatus.self)
        if unsafe feed.pointee.isUp != 0 { return }
        let state = unsafe states + Int(id)
        unsafe state.pointee.candles.lose()
        _ = unsafe state.pointee.sync.disconnect()
        unsafe state.pointee.quote = FastQuote()
        refreshTop(id)
        unsafe state.pointee.features.reset()
    }

    /// Shows the timer to the next instrument.
    @_noAllocation @_noLocks
    mutating func takeTimer(_ event: UnsafePointer<MarketEvent>) {
        if timerCursor == 0 {
            if activeID != Self.noInstrument { finish(activeID) }
            frameSequence = unsafe event.pointee.words.0
            if unsafe event.pointee.words.1 > frameTimeNs {
                frameTimeNs = unsafe event.pointee.words.1
            }
            frameVenueNs = unsafe event.pointee.words.2
        }
        if timerCursor < instrumentCount {
            let id = UInt32(truncatingIfNeeded: timerCursor)
            advance(id)
            emitVectorIfTriggered(id)
            emitRequest(id)
            timerCursor &+= 1
        }
    }
}
