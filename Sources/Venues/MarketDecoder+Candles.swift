//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import JSON
import Messages

/// A candle's numbers as they were written.
struct CandleDecimals: BitwiseCopyable {
    var open = JSONText.Decimal()
    var high = JSONText.Decimal()
    var low = JSONText.Decimal()
    var close = JSONText.Decimal()
    var volume = JSONText.Decimal()

    @_noAllocation @_noLocks
    init() {}
}

extension MarketDecoder {
    /// The two records of a closed candle, its numbers made ticks and lots.
    @_noAllocation @_noLocks
    mutating func writeCandle(
        _ scale: UnsafePointer<InstrumentScale>, _ candle: CandleDecimals, venueTimeNs: UInt64,
        openSeconds: UInt64, lengthSeconds: UInt64
    ) -> Outcome {
        var (open, high, low, close): (Int64, Int64, Int64, Int64) = (0, 0, 0, 0)
        var volume: Int64 = 0
        let opened = unsafe scale.pointee.ticks(candle.open, &open)
        let topped = unsafe scale.pointee.ticks(candle.high, &high)
        let bottomed = unsafe scale.pointee.ticks(candle.low, &low)
        let closed = unsafe scale.pointee.ticks(candle.close, &close)
        let sized = unsafe scale.pointee.lots(candle.volume, &volume)
        if opened != .done { return opened }
        if topped != .done { return topped }
        if bottomed != .done { return bottomed }
        if closed != .done { return closed }
        if sized != .done { return sized }
        let id = unsafe scale.pointee.instrumentID
        guard let first = unsafe events.next(), let second = unsafe events.next() else {
            return .oversized
        }
        let range = unsafe UnsafeMutableRawPointer(first)
            .assumingMemoryBound(to: CandleRange.self)
        unsafe range.pointee = CandleRange(
            sequence: events.sequence, ingressTimeNs: events.ingressTimeNs,
            venueTimeNs: venueTimeNs, open: PriceTicks(open), high: PriceTicks(high),
            low: PriceTicks(low), instrumentID: id, kind: .candleRange, side: .none, count: 0,
            flags: EventFlags(0))
        let end = unsafe UnsafeMutableRawPointer(second)
            .assumingMemoryBound(to: CandleClose.self)
        unsafe end.pointee = CandleClose(
            sequence: events.sequence, ingressTimeNs: events.ingressTimeNs,
            venueTimeNs: venueTimeNs, close: PriceTicks(close), volume: QuantityLots(volume),
            openTimeS: UInt32(truncatingIfNeeded: openSeconds),
            lengthS: UInt32(truncatingIfNeeded: lengthSeconds), instrumentID: id,
            kind: .candleClose, side: .none, count: 0, flags: .last)
        return .done
    }
}

// MARK: - OKX

/// One candle of OKX: `[time, open, high, low, close, volume, …, confirm]`, all of them decimals in
/// strings, six to nine. Candles of index and mark price have no volume, and those recorded before
/// 2022 no word on whether they are closed.
struct OKXCandle: BitwiseCopyable {
    var time = JSONText.Decimal()
    var numbers = CandleDecimals()
    var last = JSONText.Decimal()
    var count = 0

    @_noAllocation @_noLocks
    init() {}

    @_noAllocation @_noLocks
    mutating func append(_ decimal: JSONText.Decimal) {
        switch count {
        case 0: time = decimal
        case 1: numbers.open = decimal
        case 2: numbers.high = decimal
        case 3: numbers.low = decimal
        case 4: numbers.close = decimal
        case 5: numbers.volume = decimal
        default: break
        }
        last = decimal
        count &+= 1
    }

    /// A candle of trades that the venue calls closed.
    var isClosed: Bool {
        @_noAllocation @_noLocks
        get { count == 9 && last.mantissa == 1 && last.decimals == 0 }
    }
}

extension MarketDecoder {
    /// Reads one candle of the document whose argument was read last; `nil` when it is none.
    @_noAllocation @_noLocks
    mutating func readOKXCandle(
        _ bytes: UnsafePointer<UInt8>, from start: Int, to end: Int
    ) -> OKXCandle? {
        var parser = unsafe JSONPull(bytes, from: start, count: end)
        _ = parser.next()
        var candle = OKXCandle()
        while true {
            switch parser.next() {
            case .string:
                // The argument's reader resolves escapes.
                let decimal = okx.argument.decimal(parser)
                guard decimal.isValid, candle.count < 9 else { return nil }
                candle.append(decimal)
            case .arrayEnd: return candle.count >= 6 ? candle : nil
            default: return nil
            }
        }
    }

    /// Makes records of a closed candle of trades; passes over any other, and over instruments that
    /// nobody knows.
    @_noAllocation @_noLocks
    mutating func takeOKXCandle(_ candle: OKXCandle) -> Outcome {
        let seconds = OKXChannel.candleSeconds(okx.argument)
        guard candle.isClosed, seconds > 0, candle.time.decimals == 0,
            candle.time.mantissa <= VenueTime.millisecondsMax,
            let text = unsafe okx.argument.text(okx.argument.field("instId")),
            let start = text.baseAddress,
            let scale = unsafe okx.symbols.find(start, count: text.count)
        else { return .passed }
        return unsafe writeCandle(
            scale, candle.numbers, venueTimeNs: candle.time.mantissa &* 1_000_000,
            openSeconds: candle.time.mantissa / 1_000, lengthSeconds: seconds)
    }
}

extension OKXChannel {
    /// Length of the candles that `argument` names: `candle1m`, `candle4H`, `candle1Dutc`; 0 for
    /// those of other prices or of weeks and months, and for days that begin in another zone.
    @_noAllocation @_noLocks
    static func candleSeconds(_ argument: JSONFields) -> UInt64 {
        guard argument.begins("channel", "candle"),
            let text = unsafe argument.text(argument.field("channel"))
        else { return 0 }
        var index = 6
        var number: UInt64 = 0
        while index < text.count, number < 1_000, unsafe text[index] >= UInt8(ascii: "0"),
            unsafe text[index] <= UInt8(ascii: "9")
        {
            number = unsafe number &* 10 &+ UInt64(text[index] &- UInt8(ascii: "0"))
            index &+= 1
        }
        guard index < text.count else { return 0 }
        let unit = unsafe text[index]
        let isUTC = text.count == index &+ 4
        guard isUTC || text.count == index &+ 1 else { return 0 }
        switch unit {
        case UInt8(ascii: "s"): return number
        case UInt8(ascii: "m"): return number &* 60
        // Those from six hours on begin at midnight of Hong Kong unless they say otherwise.
        case UInt8(ascii: "H"): return number < 6 || isUTC ? number &* 3_600 : 0
        case UInt8(ascii: "D"): return isUTC ? number &* 86_400 : 0
        default: return 0
        }
    }
}
