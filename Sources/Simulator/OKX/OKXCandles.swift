//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Candles of one length of one instrument.
struct OKXCandles {
    struct Candle: Equatable {
        var openMs: Int64
        var open: Int64
        var high: Int64
        var low: Int64
        var close: Int64
        var lots: Int64 = 0
        /// In the currency of `volCcy`: base on contracts, quote on spot.
        var volume = Fixed(units: 0)
        var quoteVolume = Fixed(units: 0)
    }

    static let keptMax = 300

    let lengthMs: Int64
    /// The newest is last and still open.
    private(set) var candles: [Candle]
    /// Changed since `takeChange`.
    private var isChanged = false

    init(lengthMs: Int64, price: Int64, timeMs: Int64) {
        self.lengthMs = lengthMs
        candles = [
            Candle(
                openMs: timeMs / lengthMs * lengthMs, open: price, high: price, low: price,
                close: price)
        ]
    }

    var current: Candle { candles[candles.count - 1] }

    mutating func add(price: Int64, lots: Int64, volume: Fixed, quoteVolume: Fixed) {
        let last = candles.count - 1
        // The first trade opens it; until then it stands at the close before.
        if candles[last].lots == 0 {
            candles[last].open = price
            candles[last].high = price
            candles[last].low = price
        }
        candles[last].high = max(candles[last].high, price)
        candles[last].low = min(candles[last].low, price)
        candles[last].close = price
        candles[last].lots += lots
        candles[last].volume.units += volume.units
        candles[last].quoteVolume.units += quoteVolume.units
        isChanged = true
    }

    /// Begins the candle of `timeMs` when it is a new one; returns the one that is complete.
    mutating func turn(timeMs: Int64) -> Candle? {
        let openMs = timeMs / lengthMs * lengthMs
        guard openMs > current.openMs else { return nil }
        let done = current
        candles.append(
            Candle(
                openMs: openMs, open: done.close, high: done.close, low: done.close,
                close: done.close))
        if candles.count > 2 * Self.keptMax { candles.removeFirst(Self.keptMax) }
        isChanged = true
        return done
    }

    /// Whether the open candle changed since it was last asked for.
    mutating func takeChange() -> Bool {
        defer { isChanged = false }
        return isChanged
    }
}
