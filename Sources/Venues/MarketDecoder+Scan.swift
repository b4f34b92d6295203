//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CKernels
import Messages

// The schema scanner. Wire order of the keys and their optional members (`ps`, `ap`, `nq`, `st`,
// `X`) are those of USD-M futures; a message written in any other way falls back. Nothing here
// refuses: only the generic path does.

extension MarketDecoder {
    /// A stream message, combined (`{"stream":…,"data":{…}}`) or raw.
    @_noAllocation @_noLocks
    @inline(__always)
    mutating func scanMessage(_ bytes: UnsafePointer<UInt8>, count: Int) -> Outcome {
        var cursor = unsafe ScanCursor(bytes, count: count)
        let isCombined = cursor.take("{\"stream\":\"")
        if isCombined {
            guard cursor.skipText() else { return .fallback }
            guard cursor.take(",\"data\":") else { return .fallback }
        }
        guard cursor.isInside, cursor.take("{\"e\":\"") else { return .fallback }
        let outcome =
            switch unsafe cursor.at.pointee {
            case UInt8(ascii: "b"): scanBookTicker(&cursor)
            case UInt8(ascii: "d"): scanDepthUpdate(&cursor)
            case UInt8(ascii: "t"): scanTrade(&cursor)
            case UInt8(ascii: "a"): scanAggregateTrade(&cursor)
            case UInt8(ascii: "m"): scanMarkPrice(&cursor)
            default: Outcome.fallback
            }
        if outcome == .fallback { return .fallback }
        guard cursor.isInside, scanEnd(&cursor, isCombined: isCombined) else { return .fallback }
        return outcome
    }

    /// `[,"st":1]}` and the envelope's end, which must be the message's.
    @_noAllocation @_noLocks
    @inline(__always)
    private func scanEnd(_ cursor: inout ScanCursor, isCombined: Bool) -> Bool {
        if cursor.take(",\"st\":"), cursor.integer() == nil { return false }
        guard cursor.take("}") else { return false }
        if isCombined, !cursor.take("}") { return false }
        return cursor.isAtEnd
    }

    /// The value of `"s":"` up to and with its closing quote.
    @_noAllocation @_noLocks
    @inline(__always)
    private func scanSymbol(_ cursor: inout ScanCursor) -> UnsafePointer<InstrumentScale>? {
        let text = unsafe apus_scan_text(cursor.at)
        guard text.length != 0 else { return nil }
        unsafe cursor.at += Int(truncatingIfNeeded: text.length) &+ 1
        return cursor.isInside ? unsafe symbols.find(text) : nil
    }

    /// An optional `,"<key>":"text"`.
    @_noAllocation @_noLocks
    @inline(__always)
    private func scanOptionalText(_ cursor: inout ScanCursor, _ key: StaticString) -> Bool {
        if cursor.take(key) { return cursor.skipText() && cursor.isInside }
        return true
    }

    /// A price and its closing quote, in ticks; negative: none.
    @_noAllocation @_noLocks
    @inline(__always)
    private func scanPrice(
        _ cursor: inout ScanCursor, _ scale: UnsafePointer<InstrumentScale>
    ) -> Int64 {
        let scanned = cursor.decimal()
        guard scanned.length != 0, cursor.isInside else { return -1 }
        return unsafe scale.pointee.ticks(scanned.mantissa, scanned.decimals)
    }

    /// A quantity and its closing quote, in lots; negative: none.
    @_noAllocation @_noLocks
    @inline(__always)
    private func scanQuantity(
        _ cursor: inout ScanCursor, _ scale: UnsafePointer<InstrumentScale>
    ) -> Int64 {
        let scanned = cursor.decimal()
        guard scanned.length != 0, cursor.isInside else { return -1 }
        return unsafe scale.pointee.lots(scanned.mantissa, scanned.decimals)
    }

    /// `e E T s t p q [X] m [st]`.
    @_noAllocation @_noLocks
    @inline(__always)
    private mutating func scanTrade(_ cursor: inout ScanCursor) -> Outcome {
        guard cursor.take("trade\",\"E\":"), cursor.time() != nil,
            cursor.take(",\"T\":"), let time = cursor.time(),
            cursor.take(",\"s\":\""), let scale = unsafe scanSymbol(&cursor),
            cursor.take(",\"t\":"), let tradeID = cursor.integer(), cursor.take(",\"p\":\"")
        else { return .fallback }
        let price = unsafe scanPrice(&cursor, scale)
        guard price >= 0, cursor.take(",\"q\":\"") else { return .fallback }
        let quantity = unsafe scanQuantity(&cursor, scale)
        guard quantity >= 0 else { return .fallback }
        var isMarket = true
        if cursor.take(",\"X\":\"") {
            if !cursor.take("MARKET\"") {
                isMarket = false
                guard cursor.skipText() else { return .fallback }
            }
            guard cursor.isInside else { return .fallback }
        }
        guard cursor.take(",\"m\":"), let isBuyerMaker = cursor.boolean() else { return .fallback }
        guard isMarket, price > 0, quantity > 0 else { return .filtered }
        return unsafe writeTrade(
            scale.pointee.instrumentID, venueTimeNs: time, tradeID: tradeID, price: price,
            quantity: quantity, isBuyerMaker: isBuyerMaker)
    }

    /// `e E a s p q [nq] f l T m [st]`.
    @_noAllocation @_noLocks
    @inline(__always)
    private mutating func scanAggregateTrade(_ cursor: inout ScanCursor) -> Outcome {
        guard cursor.take("aggTrade\",\"E\":"), cursor.time() != nil,
            cursor.take(",\"a\":"), let tradeID = cursor.integer(),
            cursor.take(",\"s\":\""), let scale = unsafe scanSymbol(&cursor),
            cursor.take(",\"p\":\"")
        else { return .fallback }
        let price = unsafe scanPrice(&cursor, scale)
        guard price > 0, cursor.take(",\"q\":\"") else { return .fallback }
        let quantity = unsafe scanQuantity(&cursor, scale)
        guard quantity > 0, scanOptionalText(&cursor, ",\"nq\":\""),
            cursor.take(",\"f\":"), cursor.integer() != nil,
            cursor.take(",\"l\":"), cursor.integer() != nil,
            cursor.take(",\"T\":"), let time = cursor.time(),
            cursor.take(",\"m\":"), let isBuyerMaker = cursor.boolean()
        else { return .fallback }
        return unsafe writeTrade(
            scale.pointee.instrumentID, venueTimeNs: time, tradeID: tradeID, price: price,
            quantity: quantity, isBuyerMaker: isBuyerMaker)
    }

    /// `e u s [ps] b B a A T E [st]`.
    @_noAllocation @_noLocks
    @inline(__always)
    private mutating func scanBookTicker(_ cursor: inout ScanCursor) -> Outcome {
        guard cursor.take("bookTicker\",\"u\":"), let updateID = cursor.integer(),
            cursor.take(",\"s\":\""), let scale = unsafe scanSymbol(&cursor),
            scanOptionalText(&cursor, ",\"ps\":\""), cursor.take(",\"b\":\"")
        else { return .fallback }
        let bid = unsafe scanPrice(&cursor, scale)
        guard bid >= 0, cursor.take(",\"B\":\"") else { return .fallback }
        let bidQuantity = unsafe scanQuantity(&cursor, scale)
        guard bidQuantity >= 0, cursor.take(",\"a\":\"") else { return .fallback }
        let ask = unsafe scanPrice(&cursor, scale)
        guard ask >= 0, cursor.take(",\"A\":\"") else { return .fallback }
        let askQuantity = unsafe scanQuantity(&cursor, scale)
        guard askQuantity >= 0, cursor.take(",\"T\":"), let time = cursor.time(),
            cursor.take(",\"E\":"), cursor.time() != nil
        else { return .fallback }
        let instrumentID = unsafe scale.pointee.instrumentID
        _ = writeQuoteSide(
            instrumentID, .buy, venueTimeNs: time, updateID: updateID, price: bid,
            quantity: bidQuantity)
        return writeQuoteSide(
            instrumentID, .sell, venueTimeNs: time, updateID: updateID, price: ask,
            quantity: askQuantity)
    }

    /// `e E s p [ap] P i r T [st]`.
    @_noAllocation @_noLocks
    @inline(__always)
    private mutating func scanMarkPrice(_ cursor: inout ScanCursor) -> Outcome {
        guard cursor.take("markPriceUpdate\",\"E\":"), let time = cursor.time(),
            cursor.take(",\"s\":\""), let scale = unsafe scanSymbol(&cursor),
            cursor.take(",\"p\":\"")
        else { return .fallback }
        let mark = cursor.decimal()
        guard mark.length != 0, cursor.isInside, scanOptionalText(&cursor, ",\"ap\":\""),
            cursor.take(",\"P\":\""), cursor.skipText(), cursor.isInside,
            cursor.take(",\"i\":\"")
        else { return .fallback }
        let index = cursor.decimal()
        guard index.length != 0, cursor.isInside, cursor.take(",\"r\":\"") else {
            return .fallback
        }
        let isNegative = cursor.take("-")
        let rate = cursor.decimal()
        guard rate.length != 0, rate.decimals == 8, cursor.isInside, cursor.take(",\"T\":"),
            cursor.time() != nil
        else { return .fallback }
        let markTicks = unsafe scale.pointee.nearestTicks(mark.mantissa, mark.decimals)
        let indexTicks = unsafe scale.pointee.nearestTicks(index.mantissa, index.decimals)
        guard markTicks >= 0, indexTicks >= 0 else { return .fallback }
        let funding = Int64(truncatingIfNeeded: rate.mantissa)
        return unsafe writeMarkPrice(
            scale.pointee.instrumentID, venueTimeNs: time, mark: markTicks, index: indexTicks,
            fundingRateE8: isNegative ? 0 &- funding : funding)
    }

    /// `e E T s [ps] U u pu b a [st]`.
    @_noAllocation @_noLocks
    @inline(__always)
    private mutating func scanDepthUpdate(_ cursor: inout ScanCursor) -> Outcome {
        guard cursor.take("depthUpdate\",\"E\":"), cursor.time() != nil,
            cursor.take(",\"T\":"), let time = cursor.time(),
            cursor.take(",\"s\":\""), let scale = unsafe scanSymbol(&cursor),
            scanOptionalText(&cursor, ",\"ps\":\""),
            cursor.take(",\"U\":"), let first = cursor.integer(),
            cursor.take(",\"u\":"), let last = cursor.integer(),
            cursor.take(",\"pu\":"), let previous = cursor.integer(), cursor.take(",\"b\":["),
            var levels = unsafe writeBookHeader(
                scale.pointee.instrumentID, .bookDelta, venueTimeNs: time, firstUpdateID: first,
                lastUpdateID: last, previousUpdateID: previous)
        else { return .fallback }
        guard unsafe scanLevels(&cursor, .buy, &levels, scale), cursor.take(",\"a\":["),
            unsafe scanLevels(&cursor, .sell, &levels, scale)
        else { return .fallback }
        levels.close()
        return .done
    }

    /// `{"lastUpdateId":…,"E":…,"T":…,"bids":[…],"asks":[…]}`.
    @_noAllocation @_noLocks
    mutating func scanSnapshot(
        _ bytes: UnsafePointer<UInt8>, count: Int, scale: UnsafePointer<InstrumentScale>
    ) -> Outcome {
        var cursor = unsafe ScanCursor(bytes, count: count)
        guard cursor.isInside, cursor.take("{\"lastUpdateId\":"), let last = cursor.integer(),
            cursor.take(",\"E\":"), cursor.time() != nil,
            cursor.take(",\"T\":"), let time = cursor.time(), cursor.take(",\"bids\":["),
            var levels = unsafe writeBookHeader(
                scale.pointee.instrumentID, .bookSnapshot, venueTimeNs: time, firstUpdateID: last,
                lastUpdateID: last, previousUpdateID: 0)
        else { return .fallback }
        guard unsafe scanLevels(&cursor, .buy, &levels, scale), cursor.take(",\"asks\":["),
            unsafe scanLevels(&cursor, .sell, &levels, scale), cursor.take("}"), cursor.isAtEnd
        else { return .fallback }
        levels.close()
        return .done
    }

    /// The levels of one side behind `[`, through `]`. Cost: bench `parse/depth-20x2`.
    @_noAllocation @_noLocks
    @inline(__always)
    private mutating func scanLevels(
        _ cursor: inout ScanCursor, _ side: Side, _ levels: inout LevelWriter,
        _ scale: UnsafePointer<InstrumentScale>
    ) -> Bool {
        levels.begin(side)
        if cursor.take("]") { return cursor.isInside }
        while cursor.isInside {
            guard cursor.take("[\"") else { return false }
            var level = unsafe apus_scan_level(cursor.at)
            if level.length == 0 {
                level = scanLongLevel(cursor)
                if level.length == 0 { return false }
            }
            unsafe cursor.at += Int(truncatingIfNeeded: level.length)
            let price = unsafe scale.pointee.ticks(level.price, level.priceDecimals)
            let quantity = unsafe scale.pointee.lots(level.quantity, level.quantityDecimals)
            guard price >= 0, quantity >= 0,
                levels.add(&events, price: price, quantity: quantity)
            else { return false }
            switch cursor.byte() {
            case UInt8(ascii: ","): continue
            case UInt8(ascii: "]"): return cursor.isInside
            default: return false
            }
        }
        return false
    }

    /// A level whose decimals fit only one by one.
    @_noAllocation @_noLocks
    @inline(never)
    private func scanLongLevel(_ start: ScanCursor) -> ScannedLevel {
        var cursor = start
        var level = ScannedLevel()
        let price = cursor.decimal()
        guard price.length != 0, cursor.isInside, cursor.take(",\"") else { return level }
        let quantity = cursor.decimal()
        guard quantity.length != 0, cursor.isInside, cursor.take("]") else { return level }
        level.price = price.mantissa
        level.priceDecimals = price.decimals
        level.quantity = quantity.mantissa
        level.quantityDecimals = quantity.decimals
        level.length = unsafe UInt64(cursor.at - start.at)
        return level
    }
}
