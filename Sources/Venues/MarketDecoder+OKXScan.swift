//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import CKernels
import JSON
import Messages
import Telemetry

// The hot kinds as the venue writes them, member by member in wire order. Everything that is
// written otherwise falls back to the generic path, which makes the same records.

extension MarketDecoder {
    /// Makes the records of one message and publishes them, or counts why not.
    @_noAllocation @_noLocks
    mutating func decodeOKXMessage(_ bytes: UnsafePointer<UInt8>, count: Int) {
        okx.isUnnumbered = false
        okx.checksum = 0
        okx.isSingle = false
        var outcome = unsafe scanOKXMessage(bytes, count: count)
        if outcome == .fallback {
            events.discard()
            counters.generic.increment()
            outcome = unsafe parseOKXMessage(bytes, count: count)
        } else {
            counters.scanned.increment()
        }
        finishOKX(outcome)
    }

    /// `{"arg":{"channel":"…","instId":"…"},…`.
    @_noAllocation @_noLocks
    @inline(__always)
    private mutating func scanOKXMessage(
        _ bytes: UnsafePointer<UInt8>, count: Int
    ) -> Outcome {
        var cursor = unsafe ScanCursor(bytes, count: count)
        // The literals end behind the channel's name, so none of them can stand in a longer one.
        guard cursor.isInside, cursor.take("{\"arg\":{\"channel\":\"") else { return .fallback }
        switch unsafe cursor.at.pointee {
        case UInt8(ascii: "b"):
            if cursor.take("bbo-tbt\",\"instId\":\"") { return scanOKXBestLevels(cursor) }
            guard cursor.take("books") else { return .fallback }
            guard cursor.take("\",\"instId\":\"") || cursor.take("-l2-tbt\",\"instId\":\"")
                || cursor.take("50-l2-tbt\",\"instId\":\"")
            else { return .fallback }
            return scanOKXBook(cursor)
        case UInt8(ascii: "t"):
            if cursor.take("trades\",\"instId\":\"") {
                return scanOKXTrade(cursor, isMatch: false)
            }
            if cursor.take("trades-all\",\"instId\":\"") {
                return scanOKXTrade(cursor, isMatch: true)
            }
            if cursor.take("tickers\",\"instId\":\"") { return scanOKXTicker(cursor) }
            return .fallback
        default: return .fallback
        }
    }

    /// The instrument whose name stands at the cursor, through its closing quote.
    @_noAllocation @_noLocks
    @inline(__always)
    private func scanOKXInstrument(_ cursor: inout ScanCursor) -> UnsafePointer<InstrumentScale>? {
        let text = unsafe apus_scan_text(cursor.at)
        if text.length != 0 {
            unsafe cursor.at += Int(truncatingIfNeeded: text.length) &+ 1
            return cursor.isInside ? unsafe okx.symbols.find(text) : nil
        }
        // Futures and options have names of more than 15 bytes.
        let start = unsafe cursor.at
        guard cursor.skipText(), cursor.isInside else { return nil }
        return unsafe okx.symbols.find(start, count: cursor.at - start &- 1)
    }

    /// Whether the text at the cursor, through its quote, is that at `name`.
    @_noAllocation @_noLocks
    @inline(__always)
    private func isSame(_ cursor: ScanCursor, _ name: UnsafePointer<UInt8>, _ length: Int) -> Bool {
        unsafe cursor.end - cursor.at > length && apus_same_bytes(cursor.at, name, length) != 0
    }

    /// An optional `,"<key>":"text"`.
    @_noAllocation @_noLocks
    @inline(__always)
    private func passText(_ cursor: inout ScanCursor, _ key: StaticString) -> Bool {
        cursor.take(key) && cursor.skipText() && cursor.isInside
    }

    /// A sequence number that something follows.
    @_noAllocation @_noLocks
    @inline(__always)
    private func sequence(_ cursor: inout ScanCursor) -> UInt64? {
        let isNegative = cursor.take("-")
        guard let value = cursor.integer() else { return nil }
        return isNegative ? 0 &- value : value
    }

    /// `"},"data":[{"instId":"…","tradeId":"…","px":"…","sz":"…","side":"…","ts":"…"`
    /// `[,"count":"…"][,"source":"…"][,"seqId":…]}]}`.
    @_noAllocation @_noLocks
    @inline(never)
    private mutating func scanOKXTrade(_ start: ScanCursor, isMatch: Bool) -> Outcome {
        var cursor = start
        guard cursor.skipText(), cursor.isInside else { return .fallback }
        let nameLength = unsafe cursor.at - start.at
        guard cursor.take("},\"data\":[{\"instId\":\""),
            unsafe isSame(cursor, start.at, nameLength),
            let scale = unsafe scanOKXInstrument(&cursor), cursor.take(",\"tradeId\":\""),
            let tradeID = sequence(&cursor), cursor.take("\",\"px\":\""),
            let pair = scanPair(&cursor, "\",\"sz\":\"", "\",\"side\":\"")
        else { return .fallback }
        let isSell = cursor.take("sell")
        guard isSell || cursor.take("buy"), cursor.take("\",\"ts\":\""),
            let time = cursor.time(), cursor.take("\"")
        else { return .fallback }
        var count: UInt64 = 1
        if cursor.take(",\"count\":\"") {
            guard let told = cursor.integer(), cursor.take("\"") else { return .fallback }
            count = told
        }
        if cursor.take(",\"source\":\"") {
            guard cursor.skipText(), cursor.isInside else { return .fallback }
        }
        if cursor.take(",\"seqId\":") {
            guard sequence(&cursor) != nil else { return .fallback }
        }
        guard cursor.take("}]}"), cursor.isAtEnd else { return .fallback }
        let (price, quantity) = unsafe pair.converted(scale)
        guard price > 0, quantity > 0 else { return .fallback }
        okx.stream = .trade
        okx.isSingle = isMatch
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

    /// `instType instId last lastSz askPx askSz bidPx bidSz open24h high24h low24h sodUtc0 sodUtc8`
    /// `volCcy24h vol24h ts`.
    @_noAllocation @_noLocks
    @inline(never)
    private mutating func scanOKXTicker(_ start: ScanCursor) -> Outcome {
        var cursor = start
        guard cursor.skipText(), cursor.isInside else { return .fallback }
        let nameLength = unsafe cursor.at - start.at
        guard cursor.take("},\"data\":[{\"instType\":\""),
            cursor.skipText(), cursor.isInside, cursor.take(",\"instId\":\""),
            unsafe isSame(cursor, start.at, nameLength),
            let scale = unsafe scanOKXInstrument(&cursor),
            passText(&cursor, ",\"last\":\""), passText(&cursor, ",\"lastSz\":\""),
            cursor.take(",\"askPx\":\""),
            let ask = scanPair(&cursor, "\",\"askSz\":\"", "\",\"bidPx\":\""),
            let bid = scanPair(&cursor, "\",\"bidSz\":\"", "\""),
            passText(&cursor, ",\"open24h\":\""), passText(&cursor, ",\"high24h\":\""),
            passText(&cursor, ",\"low24h\":\""), passText(&cursor, ",\"sodUtc0\":\""),
            passText(&cursor, ",\"sodUtc8\":\""), passText(&cursor, ",\"volCcy24h\":\""),
            passText(&cursor, ",\"vol24h\":\""), cursor.take(",\"ts\":\""),
            let time = cursor.time(), cursor.take("\"}]}"), cursor.isAtEnd
        else { return .fallback }
        okx.stream = .ticker
        return unsafe writeOKXPairs(scale, time, time / 1_000_000, bid, ask)
    }

    /// `"},"data":[{"asks":[[…]],"bids":[[…]],"ts":"…"[,"seqId":…]}]}`.
    @_noAllocation @_noLocks
    @inline(never)
    private mutating func scanOKXBestLevels(_ start: ScanCursor) -> Outcome {
        var cursor = start
        guard let scale = unsafe scanOKXInstrument(&cursor),
            cursor.take("},\"data\":[{\"asks\":[[\""),
            let ask = scanPair(&cursor, "\",\"", "\",\"0\",\""), cursor.integer() != nil,
            cursor.take("\"]],\"bids\":[[\""),
            let bid = scanPair(&cursor, "\",\"", "\",\"0\",\""), cursor.integer() != nil,
            cursor.take("\"]],\"ts\":\""), let time = cursor.time(), cursor.take("\"")
        else { return .fallback }
        var updateID = time / 1_000_000
        if cursor.take(",\"seqId\":") {
            guard let sequence = sequence(&cursor) else { return .fallback }
            updateID = sequence
        }
        guard cursor.take("}]}"), cursor.isAtEnd else { return .fallback }
        okx.stream = .quote
        return unsafe writeOKXPairs(scale, time, updateID, bid, ask)
    }

    @_noAllocation @_noLocks
    @inline(__always)
    private mutating func writeOKXPairs(
        _ scale: UnsafePointer<InstrumentScale>, _ time: UInt64, _ updateID: UInt64,
        _ bid: PricedPair, _ ask: PricedPair
    ) -> Outcome {
        let (bidPrice, bidQuantity) = unsafe bid.converted(scale)
        let (askPrice, askQuantity) = unsafe ask.converted(scale)
        // One of them is negative: the sign bit says it.
        guard bidPrice | bidQuantity | askPrice | askQuantity >= 0 else { return .fallback }
        return unsafe writeOKXQuote(
            scale.pointee.instrumentID, time, updateID,
            bid: ScaledLevel(price: bidPrice, quantity: bidQuantity),
            ask: ScaledLevel(price: askPrice, quantity: askQuantity))
    }

    /// `"},"action":"…","data":[{"asks":[…],"bids":[…],"ts":"…","checksum":…`
    /// `[,"prevSeqId":…,"seqId":…]}]}`, the last two also the other way round.
    @_noAllocation @_noLocks
    @inline(never)
    private mutating func scanOKXBook(_ start: ScanCursor) -> Outcome {
        var cursor = start
        guard let scale = unsafe scanOKXInstrument(&cursor), cursor.take("},\"action\":\"") else {
            return .fallback
        }
        let isSnapshot = cursor.take("snapshot")
        guard isSnapshot || cursor.take("update"), cursor.take("\",\"data\":[{\"asks\":["),
            // What it says of ids and time stands behind the levels.
            let header = unsafe events.next()
        else { return .fallback }
        let id = unsafe scale.pointee.instrumentID
        var levels = unsafe LevelWriter(header, id)
        guard unsafe scanLevels(&cursor, .sell, &levels, scale, isWide: true),
            cursor.take(",\"bids\":["),
            unsafe scanLevels(&cursor, .buy, &levels, scale, isWide: true),
            cursor.take(",\"ts\":\""), let time = cursor.time(), cursor.take("\""),
            let ids = scanOKXSequence(&cursor, isSnapshot)
        else { return .fallback }
        okx.stream = .book
        unsafe fillBookHeader(
            header, id, isSnapshot ? .bookSnapshot : .bookDelta, venueTimeNs: time,
            firstUpdateID: isSnapshot ? ids.last : ids.previous, lastUpdateID: ids.last,
            previousUpdateID: ids.previous, flags: isSnapshot ? .inStream : EventFlags(0))
        levels.close()
        return .done
    }

    /// A level whose numbers are longer than the scan of runs takes: prices of coins that are worth
    /// little have up to twelve decimals.
    @_noAllocation @_noLocks
    @inline(never)
    mutating func scanLongLevel(
        _ cursor: inout ScanCursor, _ levels: inout LevelWriter,
        _ scale: UnsafePointer<InstrumentScale>
    ) -> Bool {
        var price: Int64 = 0
        var quantity: Int64 = 0
        guard unsafe scale.pointee.ticks(longDecimal(&cursor), &price) == .done,
            cursor.isInside, cursor.take(",\""),
            unsafe scale.pointee.lots(longDecimal(&cursor), &quantity) == .done,
            cursor.isInside, cursor.take(",\"0\",\""), cursor.integer() != nil,
            cursor.take("\"]")
        else { return false }
        return levels.add(&events, price: price, quantity: quantity)
    }

    /// The decimal at the cursor, through its closing quote; not valid when there is none.
    @_noAllocation @_noLocks
    private func longDecimal(_ cursor: inout ScanCursor) -> JSONText.Decimal {
        let start = unsafe cursor.at
        guard cursor.skipText() else { return JSONText.Decimal() }
        return unsafe JSONText.decimal(start, count: cursor.at - start &- 1)
    }

    /// What follows a book message's time, to the end.
    @_noAllocation @_noLocks
    @inline(__always)
    private mutating func scanOKXSequence(
        _ cursor: inout ScanCursor, _ isSnapshot: Bool
    ) -> (last: UInt64, previous: UInt64)? {
        if cursor.take(",\"checksum\":") {
            guard let sum = sequence(&cursor) else { return nil }
            okx.checksum = UInt32(truncatingIfNeeded: sum)
        }
        var before: UInt64?
        var last: UInt64?
        if cursor.take(",\"prevSeqId\":") {
            before = sequence(&cursor)
            guard before != nil else { return nil }
        }
        if cursor.take(",\"seqId\":") {
            last = sequence(&cursor)
            guard last != nil else { return nil }
            if before == nil, cursor.take(",\"prevSeqId\":") {
                before = sequence(&cursor)
                guard before != nil else { return nil }
            }
        }
        guard cursor.take("}]}"), cursor.isAtEnd else { return nil }
        guard let last else {
            okx.isUnnumbered = true
            return (0, 0)
        }
        if isSnapshot { return (last, 0) }
        guard let before else { return nil }
        return (last, before)
    }
}
