//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// Binance Spot's binary market streams (Simple Binary Encoding, schema 1). Little endian; times in
// microseconds; a decimal is mantissa * 10^exponent, one exponent for all prices and one for all
// quantities of a message. From the message's start:
//
//     header   u16 block length of the root, u16 template, u16 schema, u16 version
//     10000    root i64 event time, i64 transaction time, i8 price exponent, i8 quantity exponent
//              group (u16 block length, u32 count) of i64 id, i64 price, i64 quantity, u8 buyer
//              is maker
//     10001    root i64 event time, i64 update id, i8, i8, i64 bid price, bid quantity, ask price,
//              ask quantity
//     10002    root i64 event time, i64 update id, i8, i8; groups bids and asks (u16 block
//              length, u16 count) of i64 price, i64 quantity
//     10003    root i64 event time, i64 first update id, i64 last update id, i8, i8; groups as
//              those of 10002
//     all      then the symbol: u8 length and its bytes
//
// Blocks may be longer than told here, as a later version of the schema makes them: the block
// length is what leads on. Source: protocol sheet of Binance, section 11.1.
//
//===----------------------------------------------------------------------===//

import CKernels
import Messages
import Telemetry

/// The exponents of a message's prices and quantities.
///
/// SAFETY: `scale` is one of the symbol index, kept until the process ends.
@safe
private struct BinaryScale {
    let scale: UnsafePointer<InstrumentScale>
    let priceExponent: Int8
    let quantityExponent: Int8

    @_noAllocation @_noLocks
    init(
        _ scale: UnsafePointer<InstrumentScale>, _ source: BinarySource, exponentsAt offset: Int
    ) {
        unsafe self.scale = unsafe scale
        priceExponent = Int8(bitPattern: source.uint8(offset))
        quantityExponent = Int8(bitPattern: source.uint8(offset &+ 1))
    }

    @_noAllocation @_noLocks
    func ticks(_ mantissa: Int64, _ result: inout Int64) -> Outcome {
        guard let (value, decimals) = Self.plain(mantissa, priceExponent) else {
            return mantissa < 0 ? .malformed : .overflow
        }
        result = unsafe scale.pointee.ticks(value, decimals)
        return Self.outcome(result)
    }

    @_noAllocation @_noLocks
    func lots(_ mantissa: Int64, _ result: inout Int64) -> Outcome {
        guard let (value, decimals) = Self.plain(mantissa, quantityExponent) else {
            return mantissa < 0 ? .malformed : .overflow
        }
        result = unsafe scale.pointee.lots(value, decimals)
        return Self.outcome(result)
    }

    /// The same value with an exponent of zero or below, as decimals.
    @_noAllocation @_noLocks
    private static func plain(_ mantissa: Int64, _ exponent: Int8) -> (UInt64, UInt32)? {
        guard mantissa >= 0 else { return nil }
        let value = UInt64(mantissa)
        if exponent <= 0 { return (value, UInt32(truncatingIfNeeded: 0 &- Int(exponent))) }
        guard exponent <= 19 else { return value == 0 ? (0, 0) : nil }
        let (scaled, overflow) = value.multipliedReportingOverflow(
            by: apus_power_of_ten(UInt32(truncatingIfNeeded: Int(exponent))))
        return overflow ? nil : (scaled, 0)
    }

    @_noAllocation @_noLocks
    private static func outcome(_ converted: Int64) -> Outcome {
        if converted >= 0 { return .done }
        return converted == InstrumentScale.inexact ? .inexact : .overflow
    }
}

/// One repeating group of a message.
private struct BinaryGroup {
    let first: Int
    let blockLength: Int
    let count: Int
    /// The offset behind it.
    let end: Int

    /// - Returns: `nil` when it leaves the message or its entries are shorter than `entryLength`.
    @_noAllocation @_noLocks
    init?(_ source: BinarySource, at offset: Int, isLong: Bool, entryLength: Int) {
        let head = isLong ? 6 : 4
        guard source.holds(head, at: offset) else { return nil }
        blockLength = Int(source.uint16(offset))
        let entries = isLong ? Int(source.uint32(offset &+ 2)) : Int(source.uint16(offset &+ 2))
        count = entries
        first = offset &+ head
        let (size, overflow) = entries.multipliedReportingOverflow(by: blockLength)
        guard entries == 0 || blockLength >= entryLength, !overflow,
            source.holds(size, at: first)
        else { return nil }
        end = first &+ size
    }
}

extension MarketDecoder {
    /// Makes the records of one binary message and publishes them, or counts why not.
    @_noAllocation @_noLocks
    mutating func decodeBinary(_ bytes: UnsafePointer<UInt8>, count: Int) {
        let outcome = unsafe binaryMessage(BinarySource(bytes, count: count))
        if outcome == .done { binance.binaryMessages.increment() }
        finish(outcome)
    }

    @_noAllocation @_noLocks
    private mutating func binaryMessage(_ source: BinarySource) -> Outcome {
        guard source.holds(8, at: 0) else { return .malformed }
        guard source.uint16(4) == 1 else {
            binance.unknownSchemas.increment()
            return .passed
        }
        let rootLength = Int(source.uint16(0))
        guard source.holds(rootLength, at: 8) else { return .malformed }
        switch source.uint16(2) {
        case 10_000: return binaryTrades(source, rootLength)
        case 10_001: return binaryQuote(source, rootLength)
        case 10_002: return binaryPartialBook(source, rootLength)
        case 10_003: return binaryDepth(source, rootLength)
        default:
            binance.unknownTemplates.increment()
            return .passed
        }
    }

    /// The instrument of the symbol at `offset`.
    @_noAllocation @_noLocks
    private mutating func binaryInstrument(
        _ source: BinarySource, at offset: Int, _ found: inout UnsafePointer<InstrumentScale>?
    ) -> Outcome {
        let length = Int(source.uint8(offset))
        guard source.holds(1, at: offset), length > 0, source.holds(length, at: offset &+ 1) else {
            return .malformed
        }
        unsafe found = unsafe symbols.find(source.pointer(offset &+ 1), count: length)
        return unsafe found == nil ? .unknownSymbol : .done
    }

    /// A time in microseconds as nanoseconds.
    @_noAllocation @_noLocks
    private func binaryTime(_ source: BinarySource, at offset: Int) -> UInt64? {
        let time = source.int64(offset)
        guard time >= 0, UInt64(time) <= VenueTime.millisecondsMax &* 1_000 else { return nil }
        return UInt64(time) &* 1_000
    }

    @_noAllocation @_noLocks
    private mutating func binaryTrades(_ source: BinarySource, _ rootLength: Int) -> Outcome {
        guard rootLength >= 18,
            let group = BinaryGroup(source, at: 8 &+ rootLength, isLong: true, entryLength: 25),
            let time = binaryTime(source, at: 16)
        else { return .malformed }
        var found: UnsafePointer<InstrumentScale>?
        let named = unsafe binaryInstrument(source, at: group.end, &found)
        guard let scale = unsafe found else { return named }
        let units = unsafe BinaryScale(scale, source, exponentsAt: 24)
        var index = 0
        var written = 0
        while index < group.count {
            let entry = group.first &+ index &* group.blockLength
            var price: Int64 = 0
            var quantity: Int64 = 0
            let priced = units.ticks(source.int64(entry &+ 8), &price)
            if priced != .done { return priced }
            let sized = units.lots(source.int64(entry &+ 16), &quantity)
            if sized != .done { return sized }
            let maker = source.uint8(entry &+ 24)
            guard maker <= 1 else { return .malformed }
            index &+= 1
            guard price > 0, quantity > 0 else {
                counters.tradesFiltered.increment()
                continue
            }
            written &+= 1
            let outcome = unsafe writeTrade(
                scale.pointee.instrumentID, venueTimeNs: time,
                tradeID: UInt64(bitPattern: source.int64(entry)), price: price,
                quantity: quantity, isBuyerMaker: maker == 1)
            if outcome != .done { return outcome }
        }
        return written > 0 ? .done : .passed
    }

    @_noAllocation @_noLocks
    private mutating func binaryQuote(_ source: BinarySource, _ rootLength: Int) -> Outcome {
        guard rootLength >= 50, let time = binaryTime(source, at: 8) else { return .malformed }
        var found: UnsafePointer<InstrumentScale>?
        let named = unsafe binaryInstrument(source, at: 8 &+ rootLength, &found)
        guard let scale = unsafe found else { return named }
        let units = unsafe BinaryScale(scale, source, exponentsAt: 24)
        var bid: Int64 = 0
        var bidQuantity: Int64 = 0
        var ask: Int64 = 0
        var askQuantity: Int64 = 0
        let bidPriced = units.ticks(source.int64(26), &bid)
        if bidPriced != .done { return bidPriced }
        let bidSized = units.lots(source.int64(34), &bidQuantity)
        if bidSized != .done { return bidSized }
        let askPriced = units.ticks(source.int64(42), &ask)
        if askPriced != .done { return askPriced }
        let askSized = units.lots(source.int64(50), &askQuantity)
        if askSized != .done { return askSized }
        let instrumentID = unsafe scale.pointee.instrumentID
        let updateID = UInt64(bitPattern: source.int64(16))
        _ = writeQuoteSide(
            instrumentID, .buy, venueTimeNs: time, updateID: updateID, price: bid,
            quantity: bidQuantity)
        return writeQuoteSide(
            instrumentID, .sell, venueTimeNs: time, updateID: updateID, price: ask,
            quantity: askQuantity)
    }

    /// The best 20 levels: a quote source, never the book.
    @_noAllocation @_noLocks
    private mutating func binaryPartialBook(
        _ source: BinarySource, _ rootLength: Int
    ) -> Outcome {
        guard rootLength >= 18, let time = binaryTime(source, at: 8),
            let bids = BinaryGroup(source, at: 8 &+ rootLength, isLong: false, entryLength: 16),
            let asks = BinaryGroup(source, at: bids.end, isLong: false, entryLength: 16)
        else { return .malformed }
        var found: UnsafePointer<InstrumentScale>?
        let named = unsafe binaryInstrument(source, at: asks.end, &found)
        guard let scale = unsafe found else { return named }
        let units = unsafe BinaryScale(scale, source, exponentsAt: 24)
        var bid = BookLevel(price: PriceTicks(0), quantity: QuantityLots(0))
        var ask = bid
        let bought = binaryBest(source, bids, units, &bid)
        if bought != .done { return bought }
        let sold = binaryBest(source, asks, units, &ask)
        if sold != .done { return sold }
        binance.partialBooks.increment()
        let instrumentID = unsafe scale.pointee.instrumentID
        let updateID = UInt64(bitPattern: source.int64(16))
        _ = writeQuoteSide(
            instrumentID, .buy, venueTimeNs: time, updateID: updateID,
            price: bid.price.rawValue, quantity: bid.quantity.rawValue)
        return writeQuoteSide(
            instrumentID, .sell, venueTimeNs: time, updateID: updateID,
            price: ask.price.rawValue, quantity: ask.quantity.rawValue)
    }

    /// The first level of a group; the others are checked.
    @_noAllocation @_noLocks
    private func binaryBest(
        _ source: BinarySource, _ group: BinaryGroup, _ units: BinaryScale,
        _ best: inout BookLevel
    ) -> Outcome {
        var index = 0
        while index < group.count {
            var price: Int64 = 0
            var quantity: Int64 = 0
            let entry = group.first &+ index &* group.blockLength
            let priced = units.ticks(source.int64(entry), &price)
            if priced != .done { return priced }
            let sized = units.lots(source.int64(entry &+ 8), &quantity)
            if sized != .done { return sized }
            if index == 0 {
                best = BookLevel(price: PriceTicks(price), quantity: QuantityLots(quantity))
            }
            index &+= 1
        }
        return .done
    }

    @_noAllocation @_noLocks
    private mutating func binaryDepth(_ source: BinarySource, _ rootLength: Int) -> Outcome {
        guard rootLength >= 26, let time = binaryTime(source, at: 8),
            let bids = BinaryGroup(source, at: 8 &+ rootLength, isLong: false, entryLength: 16),
            let asks = BinaryGroup(source, at: bids.end, isLong: false, entryLength: 16)
        else { return .malformed }
        var found: UnsafePointer<InstrumentScale>?
        let named = unsafe binaryInstrument(source, at: asks.end, &found)
        guard let scale = unsafe found else { return named }
        let first = source.int64(16)
        let last = source.int64(24)
        guard first > 0, last >= first else { return .malformed }
        guard
            var levels = unsafe writeBookHeader(
                scale.pointee.instrumentID, .bookDelta, venueTimeNs: time,
                firstUpdateID: UInt64(first), lastUpdateID: UInt64(last),
                previousUpdateID: UInt64(first) &- 1)
        else { return .oversized }
        let units = unsafe BinaryScale(scale, source, exponentsAt: 32)
        let bought = binaryLevels(source, bids, .buy, units, &levels)
        if bought != .done { return bought }
        let sold = binaryLevels(source, asks, .sell, units, &levels)
        if sold != .done { return sold }
        levels.close()
        return .done
    }

    @_noAllocation @_noLocks
    private mutating func binaryLevels(
        _ source: BinarySource, _ group: BinaryGroup, _ side: Side, _ units: BinaryScale,
        _ levels: inout LevelWriter
    ) -> Outcome {
        levels.begin(side)
        var index = 0
        while index < group.count {
            var price: Int64 = 0
            var quantity: Int64 = 0
            let entry = group.first &+ index &* group.blockLength
            let priced = units.ticks(source.int64(entry), &price)
            if priced != .done { return priced }
            let sized = units.lots(source.int64(entry &+ 8), &quantity)
            if sized != .done { return sized }
            guard levels.add(&events, price: price, quantity: quantity) else { return .oversized }
            index &+= 1
        }
        return .done
    }
}
