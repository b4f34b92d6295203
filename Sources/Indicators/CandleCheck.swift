//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// A candle, or what the trades of its time make of it: ticks and lots.
struct Candle: BitwiseCopyable {
    var openTimeNs: UInt64 = 0
    var open: Int64 = 0
    var high: Int64 = 0
    var low: Int64 = 0
    var close: Int64 = 0
    var volume: Int64 = 0

    @_noAllocation @_noLocks
    init() {}

    @_noAllocation @_noLocks
    init(openTimeNs: UInt64, price: Int64) {
        self.openTimeNs = openTimeNs
        open = price
        high = price
        low = price
        close = price
    }

    @_noAllocation @_noLocks
    mutating func add(price: Int64, quantity: Int64) {
        if price > high { high = price }
        if price < low { low = price }
        close = price
        let (sum, overflow) = volume.addingReportingOverflow(quantity)
        volume = overflow ? Int64.max : sum
    }

    @_noAllocation @_noLocks
    func equals(_ other: Candle) -> Bool {
        openTimeNs == other.openTimeNs && open == other.open && high == other.high
            && low == other.low && close == other.close && volume == other.volume
    }
}

/// Compares the candles that a venue closes with bars made of its trades by the venue's own time.
///
/// Candles come by another connection than trades. One is judged when a trade of a later candle
/// has come, for then its own are there: trades of one stream are in the order of their times. A
/// candle that began before the first trade seen, or before the feed was last lost, is not judged.
struct CandleCheck: BitwiseCopyable {
    enum Verdict: BitwiseCopyable {
        case none, reconciled, mismatched, missing
    }

    private let lengthNs: UInt64
    /// From here on every trade was seen.
    private var watchedNs = UInt64.max
    private var current = Candle()
    private var closed = Candle()
    private var told = Candle()
    private var isTold = false
    private var lastToldNs: UInt64 = 0

    /// - Parameter lengthNs: Of the candles; 0: nothing is compared.
    init(lengthNs: UInt64) { self.lengthNs = lengthNs }

    var isOff: Bool {
        @_noAllocation @_noLocks
        get { lengthNs == 0 }
    }

    /// Takes in a trade, `venueTimeNs` of the venue's clock.
    @_noAllocation @_noLocks
    mutating func take(price: Int64, quantity: Int64, venueTimeNs: UInt64) -> Verdict {
        let startNs = venueTimeNs &- venueTimeNs % lengthNs
        if watchedNs == UInt64.max {
            watchedNs = startNs &+ lengthNs
            current = Candle(openTimeNs: startNs, price: price)
        } else if startNs > current.openTimeNs {
            closed = current
            current = Candle(openTimeNs: startNs, price: price)
        } else if startNs < current.openTimeNs {
            if startNs == closed.openTimeNs { closed.add(price: price, quantity: quantity) }
            return .none
        }
        current.add(price: price, quantity: quantity)
        return judge()
    }

    /// Takes in a candle that the venue closed; one that came before is passed over.
    @_noAllocation @_noLocks
    mutating func take(_ candle: Candle, lengthNs: UInt64) -> Verdict {
        if lengthNs != self.lengthNs || candle.openTimeNs <= lastToldNs { return .none }
        lastToldNs = candle.openTimeNs
        // No trade came since the one before was told: what there is, is all.
        let verdict = isTold ? compare(current) : .none
        told = candle
        isTold = candle.openTimeNs >= watchedNs
        return verdict == .none ? judge() : verdict
    }

    /// The feed was lost: trades are missing.
    @_noAllocation @_noLocks
    mutating func lose() {
        watchedNs = UInt64.max
        isTold = false
    }

    @_noAllocation @_noLocks
    private mutating func judge() -> Verdict {
        if !isTold || current.openTimeNs <= told.openTimeNs { return .none }
        return compare(closed)
    }

    @_noAllocation @_noLocks
    private mutating func compare(_ own: Candle) -> Verdict {
        isTold = false
        // The candle came when the bar of its trades was gone.
        if own.openTimeNs > told.openTimeNs { return .none }
        if own.openTimeNs != told.openTimeNs { return told.volume == 0 ? .reconciled : .missing }
        return own.equals(told) ? .reconciled : .mismatched
    }
}
