//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CKernels

extension FeatureState {
    /// Writes the features in the order of `FeatureSchema`. Precondition: a usable top was taken.
    ///
    /// - Returns: How many values were not finite and became 0.
    /// - Complexity: O(levels); bench `kernel/feature-vector`.
    @_noAllocation @_noLocks
    func fill(
        _ values: UnsafeMutablePointer<Float>, indicators: FeatureIndicators,
        ticksPerPrice: Double
    ) -> Int {
        let mid = Double(mid2) / 2
        var writer = unsafe FeatureWriter(values: values)
        fillTop(&writer, mid)
        fillFlow(&writer)
        fillTrades(&writer)
        fillReturns(&writer)
        writer.append(apus_square_root(sums.squares))
        writer.append(apus_square_root(sums.squares10))
        writer.append(apus_square_root(sums.squares60))
        unsafe writer.append(slope(bidLevels, bidCount))
        unsafe writer.append(slope(askLevels, askCount))
        writer.append(sums.quotes)
        writer.append(sums.updates)
        let quietNs = lastTradeNs == 0 ? 60_000_000_000 : timeNs &- lastTradeNs
        writer.append(Double(quietNs < 60_000_000_000 ? quietNs : 60_000_000_000) * 1e-9)
        let offset = lastTradePrice == 0 ? 0 : Double(lastTradePrice) - mid
        writer.append(offset / mid * 1e4)
        fillIndicators(&writer, indicators, mid, ticksPerPrice)
        return writer.refused
    }

    /// True when every feature has the history its definition asks for.
    @_noAllocation @_noLocks
    func isWarm(_ indicators: FeatureIndicators) -> Bool {
        if startNs == 0 || timeNs &- startNs < 60_000_000_000 { return false }
        if flow.count < 100 || lastTradeNs == 0 || !hasLevels { return false }
        if grid.entry(stepsAgo: 1_000) == 0 { return false }
        return indicators.macdHistogram.isFinite
    }

    @_noAllocation @_noLocks
    private func fillTop(_ writer: inout FeatureWriter, _ mid: Double) {
        let bid = Double(top.bid)
        let ask = Double(top.ask)
        let bidQuantity = Double(top.bidQuantity)
        let askQuantity = Double(top.askQuantity)
        let both = bidQuantity + askQuantity
        writer.appendRatio(bidQuantity - askQuantity, both)
        writer.append(imbalance(5))
        writer.append(imbalance(10))
        let micro = both == 0 ? mid : (ask * bidQuantity + bid * askQuantity) / both
        writer.append((micro - mid) / mid * 1e4)
        writer.append(ask - bid)
        writer.append((ask - bid) / mid * 1e4)
    }

    @_noAllocation @_noLocks
    private func quantity(_ levels: Levels, _ count: Int) -> Int64 {
        var sum: Int64 = 0
        var level = 0
        while level < count {
            sum = unsafe sum &+ levels[level &+ FeatureSchema.depthLevels]
            level &+= 1
        }
        return sum
    }

    @_noAllocation @_noLocks
    private func imbalance(_ count: Int) -> Double {
        let bids = unsafe quantity(bidLevels, count)
        let asks = unsafe quantity(askLevels, count)
        return bids &+ asks == 0 ? 0 : Double(bids &- asks) / Double(bids &+ asks)
    }

    @_noAllocation @_noLocks
    private func slope(_ levels: Levels, _ count: Int) -> Double {
        if count < 2 { return 0 }
        let all = unsafe Double(quantity(levels, count))
        let first = unsafe Double(levels[FeatureSchema.depthLevels])
        return unsafe (all - first) / all / Double(levels[0] &- levels[count &- 1])
    }

    @_noAllocation @_noLocks
    private func fillFlow(_ writer: inout FeatureWriter) {
        writer.appendRatio(Double(flow.sum10.flow), Double(flow.sum10.depth))
        writer.appendRatio(Double(flow.sum100.flow), Double(flow.sum100.depth))
        writer.appendRatio(sums.flow, sums.flowDepth)
        writer.appendRatio(sums.flow5, sums.flowDepth5)
        writer.appendRatio(sums.flow10, sums.flowDepth10)
    }

    @_noAllocation @_noLocks
    private func fillTrades(_ writer: inout FeatureWriter) {
        writer.appendRatio(sums.buyFast - sums.sellFast, sums.buyFast + sums.sellFast)
        writer.appendRatio(sums.buy - sums.sell, sums.buy + sums.sell)
        writer.appendRatio(sums.buySlow - sums.sellSlow, sums.buySlow + sums.sellSlow)
        writer.append(sums.trades)
        let depth = unsafe Double(quantity(bidLevels, 5) &+ quantity(askLevels, 5))
        writer.appendRatio(sums.buy - sums.sell, depth)
        writer.appendRatio(sums.buySlow + sums.sellSlow, depth)
    }

    @_noAllocation @_noLocks
    private func fillReturns(_ writer: inout FeatureWriter) {
        appendReturn(&writer, steps: 10)
        appendReturn(&writer, steps: 50)
        appendReturn(&writer, steps: 100)
        appendReturn(&writer, steps: 500)
        appendReturn(&writer, steps: 1_000)
    }

    @_noAllocation @_noLocks
    private func appendReturn(_ writer: inout FeatureWriter, steps: UInt64) {
        let old = grid.entry(stepsAgo: steps)
        writer.append(old == 0 ? 0 : Double(mid2 &- old) / Double(old) * 1e4)
    }

    @_noAllocation @_noLocks
    private func fillIndicators(
        _ writer: inout FeatureWriter, _ indicators: FeatureIndicators, _ mid: Double,
        _ ticksPerPrice: Double
    ) {
        // Before its history an indicator is not a number; the vector says 0 and is not warm.
        let scale = ticksPerPrice / mid * 1e4
        let rsi = indicators.rsi
        writer.append(rsi.isNaN ? 0 : (rsi - 50) / 50)
        let histogram = indicators.macdHistogram
        writer.append(histogram.isNaN ? 0 : histogram * scale)
        let percent = indicators.percentB
        writer.append(percent.isNaN ? 0 : percent - 0.5)
        let fast = indicators.ema12
        let slow = indicators.ema26
        writer.append(slow.isNaN ? 0 : (fast - slow) * scale)
        writer.append(fast.isNaN ? 0 : (mid - fast * ticksPerPrice) / mid * 1e4)
    }
}

/// Appends values in order and lets nothing out that is not finite.
///
/// SAFETY: `values` has room for every feature; it outlives the call that made the writer.
@safe
struct FeatureWriter {
    let values: UnsafeMutablePointer<Float>
    var next = 0
    var refused = 0

    @_noAllocation @_noLocks
    init(values: UnsafeMutablePointer<Float>) { unsafe self.values = unsafe values }

    @_noAllocation @_noLocks
    mutating func append(_ value: Double) {
        let limit = 1e9
        if value >= -limit && value <= limit {
            unsafe values[next] = Float(value)
        } else {
            unsafe values[next] = 0
            refused &+= 1
        }
        next &+= 1
    }

    @_noAllocation @_noLocks
    mutating func appendRatio(_ dividend: Double, _ divisor: Double) {
        append(divisor > 0 ? dividend / divisor : 0)
    }
}
