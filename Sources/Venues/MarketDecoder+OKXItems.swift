//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CKernels
import JSON
import Messages
import Telemetry

// One element of `data`, whose members are in `inner`.

extension MarketDecoder {
    /// A trade of `trades`, which merges the matches of a price, or one match of `trades-all`.
    @_noAllocation @_noLocks
    mutating func parseOKXTrade(isMatch: Bool) -> Outcome {
        guard let scale = unsafe okxInstrument() else { return withoutOKXInstrument() }
        inner.know("source seqId")
        guard let time = inner.timeText("ts"), let tradeID = inner.signedText("tradeId") else {
            return .malformed
        }
        var count: UInt64 = 1
        if inner.field("count") != nil {
            guard let told = inner.unsignedText("count") else { return .malformed }
            count = told
        }
        let isSell = inner.has("side", "sell")
        guard isSell || inner.has("side", "buy") else { return .malformed }
        var price: Int64 = 0
        var quantity: Int64 = 0
        let priced = unsafe scale.pointee.ticks(inner.decimal("px"), &price)
        let sized = unsafe scale.pointee.lots(inner.decimal("sz"), &quantity)
        if priced != .done { return priced }
        if sized != .done { return sized }
        guard price > 0, quantity > 0 else { return .filtered }
        if isMatch { okx.counters.allTrades.increment() }
        let instrumentID = unsafe scale.pointee.instrumentID
        if okx.isRepeated(instrumentID, tradeID: tradeID, count: count, isMatch: isMatch) {
            okx.counters.repeatedTrades.increment()
            return .passed
        }
        return writeTrade(
            instrumentID, venueTimeNs: time, tradeID: tradeID, price: price,
            quantity: quantity, isBuyerMaker: isSell)
    }

    /// An empty side is written as empty strings.
    @_noAllocation @_noLocks
    mutating func parseOKXTicker() -> Outcome {
        guard let scale = unsafe okxInstrument() else { return withoutOKXInstrument() }
        inner.know("instType last lastSz open24h high24h low24h sodUtc0 sodUtc8 vol24h source")
        _ = inner.field("volCcy24h")
        guard let time = inner.timeText("ts") else { return .malformed }
        var bid: Int64 = 0
        var bidQuantity: Int64 = 0
        var ask: Int64 = 0
        var askQuantity: Int64 = 0
        let bidPriced = unsafe scale.pointee.ticks(inner.decimalOrNone("bidPx"), &bid)
        let bidSized = unsafe scale.pointee.lots(inner.decimalOrNone("bidSz"), &bidQuantity)
        let askPriced = unsafe scale.pointee.ticks(inner.decimalOrNone("askPx"), &ask)
        let askSized = unsafe scale.pointee.lots(inner.decimalOrNone("askSz"), &askQuantity)
        if bidPriced != .done { return bidPriced }
        if bidSized != .done { return bidSized }
        if askPriced != .done { return askPriced }
        if askSized != .done { return askSized }
        return unsafe writeOKXQuote(
            scale.pointee.instrumentID, time, time / 1_000_000,
            bid: ScaledLevel(price: bid, quantity: bidQuantity),
            ask: ScaledLevel(price: ask, quantity: askQuantity))
    }

    /// `bbo-tbt` and `books5`: their first levels are a quote.
    @_noAllocation @_noLocks
    mutating func parseOKXTopOfBook() -> Outcome {
        guard let scale = unsafe okxInstrument() else { return withoutOKXInstrument() }
        inner.know("checksum")
        _ = inner.field("prevSeqId")
        guard let time = inner.timeText("ts") else { return .malformed }
        var updateID = time / 1_000_000
        if inner.field("seqId") != nil {
            guard let sequence = inner.signed("seqId") else { return .malformed }
            updateID = sequence
        }
        var bid = ScaledLevel(price: 0, quantity: 0)
        var ask = ScaledLevel(price: 0, quantity: 0)
        let bought = unsafe okxFirstLevel(inner.field("bids"), scale, &bid)
        let sold = unsafe okxFirstLevel(inner.field("asks"), scale, &ask)
        if bought != .done { return bought }
        if sold != .done { return sold }
        return unsafe writeOKXQuote(
            scale.pointee.instrumentID, time, updateID, bid: bid, ask: ask)
    }

    @_noAllocation @_noLocks
    @inline(__always)
    mutating func writeOKXQuote(
        _ instrumentID: UInt32, _ time: UInt64, _ updateID: UInt64, bid: ScaledLevel,
        ask: ScaledLevel
    ) -> Outcome {
        _ = writeQuoteSide(
            instrumentID, .buy, venueTimeNs: time, updateID: updateID, price: bid.price,
            quantity: bid.quantity)
        return writeQuoteSide(
            instrumentID, .sell, venueTimeNs: time, updateID: updateID, price: ask.price,
            quantity: ask.quantity)
    }

    /// Reads all levels of `field` and keeps the first.
    @_noAllocation @_noLocks
    private mutating func okxFirstLevel(
        _ field: JSONField?, _ scale: UnsafePointer<InstrumentScale>,
        _ first: inout ScaledLevel
    ) -> Outcome {
        guard let field, field.kind == .arrayStart else { return .malformed }
        var parser = unsafe JSONPull(
            inner.bytes, from: field.start, count: field.start &+ field.length)
        _ = parser.next()
        var isFirst = true
        while true {
            switch parser.next() {
            case .arrayEnd: return .done
            case .arrayStart: break
            default: return .malformed
            }
            var level = ScaledLevel(price: 0, quantity: 0)
            let outcome = unsafe parseLevel(&parser, scale, isWide: true, &level)
            if outcome != .done { return outcome }
            if isFirst { first = level }
            isFirst = false
        }
    }

    @_noAllocation @_noLocks
    mutating func parseOKXMarkPrice() -> Outcome {
        guard let scale = unsafe okxInstrument() else { return withoutOKXInstrument() }
        inner.know("instType")
        guard let time = inner.timeText("ts") else { return .malformed }
        var mark: Int64 = 0
        let marked = unsafe scale.pointee.nearestTicks(inner.decimal("markPx"), &mark)
        if marked != .done { return marked }
        let instrumentID = unsafe scale.pointee.instrumentID
        return writeMarkPrice(
            instrumentID, venueTimeNs: time, mark: mark, index: 0,
            fundingRateE8: okx.fundingRateE8(instrumentID))
    }

    /// The rate is told by the mark prices that follow.
    @_noAllocation @_noLocks
    mutating func parseOKXFundingRate() -> Outcome {
        guard let scale = unsafe okxInstrument() else { return withoutOKXInstrument() }
        var rate: Int64 = 0
        let rated = inner.decimal("fundingRate").signed(decimals: 8, &rate)
        if rated != .done { return rated }
        unsafe okx.setFundingRateE8(scale.pointee.instrumentID, rate)
        okx.counters.fundingRates.increment()
        return .passed
    }

    /// A snapshot or an update of a book that the stream itself begins.
    @_noAllocation @_noLocks
    mutating func parseOKXBook() -> Outcome {
        guard let scale = unsafe okxInstrument() else { return withoutOKXInstrument() }
        var isSnapshot = outer.has("action", "snapshot")
        if outer.field("action") == nil {
            // What follows nothing is whole.
            isSnapshot = true
            if let before = inner.signed("prevSeqId") { isSnapshot = before == UInt64.max }
        } else if !isSnapshot, !outer.has("action", "update") {
            return .malformed
        }
        guard let time = inner.timeText("ts") else { return .malformed }
        if inner.field("checksum") != nil {
            guard let sum = inner.signed("checksum") else { return .malformed }
            okx.checksum = UInt32(truncatingIfNeeded: sum)
        }
        var last: UInt64 = 0
        var previous: UInt64 = 0
        _ = inner.field("prevSeqId")
        if inner.field("seqId") != nil {
            guard let sequence = inner.signed("seqId") else { return .malformed }
            last = sequence
            if !isSnapshot {
                guard let before = inner.signed("prevSeqId") else { return .malformed }
                previous = before
            }
        } else {
            okx.isUnnumbered = true
        }
        return unsafe book(
            isSnapshot ? .bookSnapshot : .bookDelta, inner.field("bids"), inner.field("asks"),
            scale, time: time,
            updateIDs: (first: isSnapshot ? last : previous, last: last, previous: previous),
            isWide: true, flags: isSnapshot ? .inStream : EventFlags(0))
    }

    /// A book by REST: `{"code":"0","msg":"","data":[{"asks":…,"bids":…,"ts":…[,"seqId":…]}]}`.
    @_noAllocation @_noLocks
    mutating func parseOKXSnapshot(
        _ bytes: UnsafePointer<UInt8>, count: Int, scale: UnsafePointer<InstrumentScale>
    ) -> Outcome {
        guard unsafe outer.read(bytes, count: count), let data = outer.field("data"),
            data.kind == .arrayStart
        else { return .malformed }
        outer.know("msg")
        if !outer.has("code", "0") {
            counters.venueErrors.increment()
            return .passed
        }
        counters.unknownKeys.add(outer.unknownCount)
        var parser = unsafe JSONPull(bytes, from: data.start, count: data.start &+ data.length)
        _ = parser.next()
        guard parser.next() == .objectStart else { return .malformed }
        let start = parser.start
        guard parser.skipContainer(),
            unsafe inner.read(bytes, from: start, count: parser.offset),
            parser.next() == .arrayEnd, let time = inner.timeText("ts")
        else { return .malformed }
        inner.know("checksum")
        // Without a sequence nothing ties it to the stream but the number given there.
        var last = unsafe okx.number(scale.pointee.instrumentID)
        if inner.field("seqId") != nil {
            guard let sequence = inner.signed("seqId") else { return .malformed }
            last = sequence
        }
        let outcome = unsafe book(
            .bookSnapshot, inner.field("bids"), inner.field("asks"), scale, time: time,
            updateIDs: (last, last, 0), isWide: true)
        if outcome == .done { counters.unknownKeys.add(inner.unknownCount) }
        return outcome
    }
}
