//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CKernels
import JSON
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
            guard cursor.skipText(), cursor.isInside, cursor.take(",\"data\":{\"e\":\"") else {
                return .fallback
            }
        } else {
            guard cursor.isInside, cursor.take("{\"e\":\"") else { return .fallback }
        }
        // By value: what a function knows as its own stays in registers.
        switch unsafe cursor.at.pointee {
        case UInt8(ascii: "b"): return unsafe scanBookTicker(bytes, cursor, isCombined)
        case UInt8(ascii: "d"):
            if isCombined, !isOfDifferences(cursor) { return .fallback }
            return unsafe scanDepthUpdate(bytes, cursor, isCombined)
        case UInt8(ascii: "t"): return unsafe scanTrade(bytes, cursor, isCombined)
        case UInt8(ascii: "a"): return unsafe scanAggregateTrade(bytes, cursor, isCombined)
        case UInt8(ascii: "m"): return unsafe scanMarkPrice(bytes, cursor, isCombined)
        default: return .fallback
        }
    }

    /// `[,"st":1]}` and the envelope's end, which must be the message's.
    @_noAllocation @_noLocks
    @inline(__always)
    private func scanEnd(_ cursor: inout ScanCursor, _ isCombined: Bool) -> Bool {
        guard cursor.isInside else { return false }
        if !cursor.take("}") {
            guard cursor.take(",\"st\":"), cursor.integer() != nil, cursor.take("}") else {
                return false
            }
        }
        if isCombined, !cursor.take("}") { return false }
        return cursor.isAtEnd
    }

    /// The value of `"s":"` up to and with its closing quote; `nil` as well where the message came
    /// by a stream of another symbol.
    @_noAllocation @_noLocks
    @inline(__always)
    private func scanSymbol(
        _ cursor: inout ScanCursor, _ message: UnsafePointer<UInt8>, _ isCombined: Bool
    ) -> UnsafePointer<InstrumentScale>? {
        let text = unsafe apus_scan_text(cursor.at)
        guard text.length != 0 else { return nil }
        if isCombined, unsafe !Self.isOfStream(message, text) { return nil }
        unsafe cursor.at += Int(truncatingIfNeeded: text.length) &+ 1
        return cursor.isInside ? unsafe symbols.find(text) : nil
    }

    /// Whether a combined message came by the stream of a symbol, whose name begins with the symbol
    /// in lower case.
    ///
    /// - Precondition: The symbol stands behind the stream's name in the message.
    @_noAllocation @_noLocks
    @inline(__always)
    private static func isOfStream(_ message: UnsafePointer<UInt8>, _ symbol: ScannedText) -> Bool {
        // `{"stream":"`, and 16 bytes that are all the message's.
        let name = unsafe UnsafeRawPointer(message + 11)
        let length = Int(truncatingIfNeeded: symbol.length)
        let letters: UInt64 = 0x2020_2020_2020_2020
        let low = unsafe (name.loadUnaligned(as: UInt64.self) | letters) ^ (symbol.low | letters)
        let high = unsafe (name.loadUnaligned(fromByteOffset: 8, as: UInt64.self) | letters)
            ^ (symbol.high | letters)
        // Shifts of 64 and more leave nothing, negative ones go the other way.
        let differs = length >= 8
            ? low | (high << (128 &- 8 &* length)) : low << (64 &- 8 &* length)
        return unsafe differs == 0 && name.load(fromByteOffset: length, as: UInt8.self) == 0x40
    }

    /// An optional `,"<key>":"text"`.
    @_noAllocation @_noLocks
    @inline(__always)
    private func scanOptionalText(_ cursor: inout ScanCursor, _ key: StaticString) -> Bool {
        if cursor.take(key) { return cursor.skipText() && cursor.isInside }
        return true
    }

    /// A price and a quantity, each followed by what `closing` says, quote first.
    @_noAllocation @_noLocks
    @inline(__always)
    func scanPair(
        _ cursor: inout ScanCursor, _ middle: StaticString, _ closing: StaticString
    ) -> PricedPair? {
        let price = cursor.decimal()
        guard price.isTaken, cursor.isInside, cursor.take(middle) else { return nil }
        let quantity = cursor.decimal()
        guard quantity.isTaken, cursor.isInside, cursor.take(closing) else { return nil }
        return PricedPair(price: price, quantity: quantity)
    }

    /// `e E T s t p q [X] m [st]`.
    @_noAllocation @_noLocks
    @inline(never)
    private mutating func scanTrade(
        _ message: UnsafePointer<UInt8>, _ start: ScanCursor, _ isCombined: Bool
    ) -> Outcome {
        var cursor = start
        guard cursor.take("trade\",\"E\":"), let eventTime = cursor.placedTime(),
            cursor.take(",\"T\":"), let time = cursor.placedTime(),
            cursor.take(",\"s\":\""), let scale = unsafe scanSymbol(&cursor, message, isCombined),
            cursor.take(",\"t\":"), let tradeID = cursor.placedInteger(),
            cursor.take(",\"p\":\""),
            let pair = scanPair(&cursor, "\",\"q\":\"", "\",\"")
        else { return .fallback }
        var isMarket = true
        if !cursor.take("X\":\"MARKET\",\"m\":") {
            if cursor.take("X\":\"") {
                isMarket = false
                guard cursor.skipText(), cursor.isInside, cursor.take(",\"") else {
                    return .fallback
                }
            }
            guard cursor.take("m\":") else { return .fallback }
        }
        guard let isBuyerMaker = cursor.boolean(), scanEnd(&cursor, isCombined) else {
            return .fallback
        }
        let (price, quantity) = unsafe pair.converted(scale)
        guard price >= 0, quantity >= 0 else { return .fallback }
        guard isMarket, price > 0, quantity > 0 else { return .filtered }
        if isCombined {
            unsafe learnTrade(
                ShapedMessage(message, cursor.end), scale, isBuyerMaker: isBuyerMaker, time: time,
                id: tradeID, pair, passed: (eventTime, nil, nil))
        }
        return unsafe writeTrade(
            scale.pointee.instrumentID, venueTimeNs: time.value, tradeID: tradeID.value,
            price: price, quantity: quantity, isBuyerMaker: isBuyerMaker)
    }

    /// `e E a s p q [nq] f l T m [st]`.
    @_noAllocation @_noLocks
    @inline(never)
    private mutating func scanAggregateTrade(
        _ message: UnsafePointer<UInt8>, _ start: ScanCursor, _ isCombined: Bool
    ) -> Outcome {
        var cursor = start
        guard cursor.take("aggTrade\",\"E\":"), let eventTime = cursor.placedTime(),
            cursor.take(",\"a\":"), let tradeID = cursor.placedInteger(),
            cursor.take(",\"s\":\""), let scale = unsafe scanSymbol(&cursor, message, isCombined),
            cursor.take(",\"p\":\""),
            let pair = scanPair(&cursor, "\",\"q\":\"", "\",\"")
        else { return .fallback }
        var net: ScanCursor.Text?
        if cursor.take("nq\":\"") {
            net = cursor.placedText()
            guard net != nil, cursor.isInside, cursor.take(",\"") else { return .fallback }
        }
        guard cursor.take("f\":"), let first = cursor.placedInteger(),
            cursor.take(",\"l\":"), let last = cursor.placedInteger(),
            cursor.take(",\"T\":"), let time = cursor.placedTime(),
            cursor.take(",\"m\":"), let isBuyerMaker = cursor.boolean(),
            scanEnd(&cursor, isCombined)
        else { return .fallback }
        let (price, quantity) = unsafe pair.converted(scale)
        guard price > 0, quantity > 0 else { return .fallback }
        if isCombined {
            unsafe learnTrade(
                ShapedMessage(message, cursor.end), scale, isBuyerMaker: isBuyerMaker, time: time,
                id: tradeID, pair, passed: (eventTime, first, last), text: net)
        }
        return unsafe writeTrade(
            scale.pointee.instrumentID, venueTimeNs: time.value, tradeID: tradeID.value,
            price: price, quantity: quantity, isBuyerMaker: isBuyerMaker)
    }

    /// `e u s [ps] b B a A T E [st]`.
    @_noAllocation @_noLocks
    @inline(never)
    private mutating func scanBookTicker(
        _ message: UnsafePointer<UInt8>, _ start: ScanCursor, _ isCombined: Bool
    ) -> Outcome {
        var cursor = start
        guard cursor.take("bookTicker\",\"u\":"), let updateID = cursor.placedInteger(),
            cursor.take(",\"s\":\""), let scale = unsafe scanSymbol(&cursor, message, isCombined),
            scanOptionalText(&cursor, ",\"ps\":\""), cursor.take(",\"b\":\""),
            let bid = scanPair(&cursor, "\",\"B\":\"", "\",\"a\":\""),
            let ask = scanPair(&cursor, "\",\"A\":\"", "\",\"T\":"),
            let time = cursor.placedTime(), cursor.take(",\"E\":"),
            let eventTime = cursor.placedTime(), scanEnd(&cursor, isCombined)
        else { return .fallback }
        let (bidPrice, bidQuantity) = unsafe bid.converted(scale)
        let (askPrice, askQuantity) = unsafe ask.converted(scale)
        // One of them is negative: the sign bit says it.
        guard bidPrice | bidQuantity | askPrice | askQuantity >= 0 else { return .fallback }
        if isCombined {
            unsafe learnQuote(
                ShapedMessage(message, cursor.end), scale, time: time, id: updateID, bid: bid,
                ask: ask, passed: eventTime)
        }
        let instrumentID = unsafe scale.pointee.instrumentID
        _ = writeQuoteSide(
            instrumentID, .buy, venueTimeNs: time.value, updateID: updateID.value,
            price: bidPrice, quantity: bidQuantity)
        return writeQuoteSide(
            instrumentID, .sell, venueTimeNs: time.value, updateID: updateID.value,
            price: askPrice, quantity: askQuantity)
    }

    /// `e E s p [ap] P i r T [st]`.
    @_noAllocation @_noLocks
    @inline(never)
    private mutating func scanMarkPrice(
        _ message: UnsafePointer<UInt8>, _ start: ScanCursor, _ isCombined: Bool
    ) -> Outcome {
        var cursor = start
        guard cursor.take("markPriceUpdate\",\"E\":"), let time = cursor.time(),
            cursor.take(",\"s\":\""), let scale = unsafe scanSymbol(&cursor, message, isCombined),
            cursor.take(",\"p\":\"")
        else { return .fallback }
        let mark = cursor.decimal()
        guard mark.isTaken, cursor.isInside, cursor.take("\""),
            scanOptionalText(&cursor, ",\"ap\":\""),
            cursor.take(",\"P\":\""), cursor.skipText(), cursor.isInside,
            cursor.take(",\"i\":\"")
        else { return .fallback }
        let index = cursor.decimal()
        guard index.isTaken, cursor.isInside, cursor.take("\",\"r\":\"") else {
            return .fallback
        }
        let isNegative = cursor.take("-")
        let rate = cursor.decimal()
        guard rate.isTaken, rate.found.decimals == 8, cursor.isInside, cursor.take("\",\"T\":"),
            cursor.passTime(), scanEnd(&cursor, isCombined)
        else { return .fallback }
        let markTicks = unsafe scale.pointee.nearestTicks(mark.mantissa, mark.found.decimals)
        let indexTicks = unsafe scale.pointee.nearestTicks(index.mantissa, index.found.decimals)
        guard markTicks >= 0, indexTicks >= 0 else { return .fallback }
        let funding = Int64(truncatingIfNeeded: rate.mantissa)
        return unsafe writeMarkPrice(
            scale.pointee.instrumentID, venueTimeNs: time, mark: markTicks, index: indexTicks,
            fundingRateE8: isNegative ? 0 &- funding : funding)
    }

    /// `e E T s [ps] U u pu b a [st]`.
    @_noAllocation @_noLocks
    @inline(never)
    private mutating func scanDepthUpdate(
        _ message: UnsafePointer<UInt8>, _ start: ScanCursor, _ isCombined: Bool
    ) -> Outcome {
        var cursor = start
        guard cursor.take("depthUpdate\",\"E\":"), cursor.passTime(),
            cursor.take(",\"T\":"), let time = cursor.time(),
            cursor.take(",\"s\":\""), let scale = unsafe scanSymbol(&cursor, message, isCombined),
            scanOptionalText(&cursor, ",\"ps\":\""),
            cursor.take(",\"U\":"), let first = cursor.integer(),
            cursor.take(",\"u\":"), let last = cursor.integer(),
            cursor.take(",\"pu\":"), let previous = cursor.integer(), cursor.take(",\"b\":["),
            var levels = unsafe writeBookHeader(
                scale.pointee.instrumentID, .bookDelta, venueTimeNs: time, firstUpdateID: first,
                lastUpdateID: last, previousUpdateID: previous)
        else { return .fallback }
        guard unsafe scanLevels(&cursor, .buy, &levels, scale), cursor.take(",\"a\":["),
            unsafe scanLevels(&cursor, .sell, &levels, scale), scanEnd(&cursor, isCombined)
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
            cursor.take(",\"E\":"), cursor.passTime(),
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
    ///
    /// - Parameter isWide: Levels have two more strings, as OKX writes them.
    @_noAllocation @_noLocks
    @inline(__always)
    mutating func scanLevels(
        _ cursor: inout ScanCursor, _ side: Side, _ levels: inout LevelWriter,
        _ scale: UnsafePointer<InstrumentScale>, isWide: Bool = false
    ) -> Bool {
        levels.begin(side)
        if cursor.take("]") { return cursor.isInside }
        guard cursor.take("[\"") else { return false }
        while cursor.isInside {
            let run = isWide
                ? unsafe apus_scan_wide_levels(
                    cursor.at, cursor.end, scale.pointee.level, scaled, scanPath)
                : unsafe apus_scan_levels(
                    cursor.at, cursor.end, scale.pointee.level, scaled, scanPath)
            unsafe cursor.at += Int(truncatingIfNeeded: run.length)
            var index = 0
            let count = Int(run.count)
            while levels.isRecordFull, index &+ 3 <= count {
                guard unsafe levels.addThree(&events, scaled + index) else { return false }
                index &+= 3
            }
            while index < count {
                let level = unsafe scaled[index]
                guard levels.add(&events, price: level.price, quantity: level.quantity) else {
                    return false
                }
                index &+= 1
            }
            if run.isEnd != 0 { return cursor.take("]") && cursor.isInside }
            if run.count == UInt32(APUS_LEVELS_MAX) { continue }
            guard unsafe scanUnusualLevel(&cursor, &levels, scale, isWide) else { return false }
            if !cursor.take(",[\"") { return cursor.take("]") && cursor.isInside }
        }
        return false
    }

    /// A level that the scan of runs left: other decimals than the instrument's, or a long one.
    @_noAllocation @_noLocks
    @inline(never)
    private mutating func scanUnusualLevel(
        _ cursor: inout ScanCursor, _ levels: inout LevelWriter,
        _ scale: UnsafePointer<InstrumentScale>, _ isWide: Bool
    ) -> Bool {
        if isWide { return unsafe scanLongLevel(&cursor, &levels, scale) }
        guard let pair = scanPair(&cursor, "\",\"", "\"]") else { return false }
        let (price, quantity) = unsafe pair.converted(scale)
        guard price >= 0, quantity >= 0 else { return false }
        return levels.add(&events, price: price, quantity: quantity)
    }
}

/// A price and a quantity that were found but not converted yet.
struct PricedPair {
    let price: ScanCursor.Decimal
    let quantity: ScanCursor.Decimal

    /// Ticks and lots, each negative when it is no whole number of them.
    @_noAllocation @_noLocks
    @inline(__always)
    func converted(_ scale: UnsafePointer<InstrumentScale>) -> (price: Int64, quantity: Int64) {
        let mantissas = unsafe apus_mantissas(
            price.at, price.found, quantity.at, quantity.found)
        return unsafe (
            scale.pointee.ticks(mantissas.first, price.found.decimals),
            scale.pointee.lots(mantissas.second, quantity.found.decimals)
        )
    }
}
