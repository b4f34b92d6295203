//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase

extension FeatureState {
    /// Writes the features in the order of the schema; those of leaders as 0. Precondition: a
    /// usable top was taken.
    ///
    /// - Returns: How many values were not finite and became 0.
    /// - Complexity: O(features); bench `kernel/feature-vector`.
    @_noAllocation @_noLocks
    mutating func fill(_ values: UnsafeMutablePointer<Float>, bars: BarNumbers) -> Int {
        let mid = Double(mid2) / 2
        var refused = 0
        var index = 0
        while index < plan.count {
            let value = unsafe evaluate(plan.operations[index], mid, bars)
            if unsafe !FeatureValue.store(value, in: values + index) { refused &+= 1 }
            index &+= 1
        }
        return refused
    }

    /// One number of this instrument for the vector of another.
    @_noAllocation @_noLocks
    mutating func value(_ operation: FeatureOperation, bars: BarNumbers) -> Double {
        evaluate(operation, Double(mid2) / 2, bars)
    }

    @_noAllocation @_noLocks
    @inline(__always)
    private static func ratio(_ dividend: Double, _ divisor: Double) -> Double {
        divisor > 0 ? dividend / divisor : 0
    }

    @_noAllocation @_noLocks
    @inline(__always)
    private mutating func evaluate(
        _ operation: FeatureOperation, _ mid: Double, _ bars: BarNumbers
    ) -> Double {
        let a = Int(operation.a)
        let b = Int(operation.b)
        switch operation.code {
        case .nothing: return 0
        case .topImbalance:
            let (bid, ask) = (Double(top.bidQuantity), Double(top.askQuantity))
            return Self.ratio(bid - ask, bid + ask)
        case .levelImbalance: return book.imbalance(a)
        case .microprice: return microprice(mid)
        case .spreadTicks: return Double(top.ask) - Double(top.bid)
        case .spread: return (Double(top.ask) - Double(top.bid)) / mid * 1e4
        case .window: return flow.ratio(a)
        case .ratio: return unsafe Self.ratio(sums[a], sums[b])
        case .balance: return unsafe Self.ratio(sums[a] - sums[b], sums[a] + sums[b])
        case .scaled: return unsafe sums[a] * operation.x
        case .perDepthDifference:
            return unsafe Self.ratio(sums[a] - sums[b], Double(book.quantity(5)))
        case .perDepthSum: return unsafe Self.ratio(sums[a] + sums[b], Double(book.quantity(5)))
        case .midReturn:
            let old = grid.entry(stepsAgo: UInt64(a))
            return old == 0 ? 0 : Double(mid2 &- old) / Double(old) * 1e4
        case .root: return unsafe apus_square_root(sums[a])
        case .slope: return book.slope(isBid: a == 1)
        case .quiet:
            let quietNs = lastTradeNs == 0 ? 60_000_000_000 : timeNs &- lastTradeNs
            return Double(quietNs < 60_000_000_000 ? quietNs : 60_000_000_000) * 1e-9
        case .lastTrade:
            let offset = lastTradePrice == 0 ? 0 : Double(lastTradePrice) - mid
            return offset / mid * 1e4
        case .bucketToxicity: return estimators.toxicity(a)
        case .learnt: return estimators.adjustment(a, top) / mid * 1e4
        case .impact: return unsafe Self.ratio(sums[a], sums[b]) * estimators.lotsPerUnit
        case .depletion:
            let resting = Double(b == 1 ? top.bidQuantity : top.askQuantity)
            return unsafe Self.ratio(sums[a] * operation.x, resting)
        // Before its history an indicator is not a number; the vector says 0 and is not warm.
        case .barLevel:
            let value = bars.value(a, b)
            return value.isNaN ? 0 : (mid - value * bars.ticksPerPrice) / mid * 1e4
        case .barDifference:
            let value = bars.value(a, b)
            return value.isNaN ? 0 : value * (bars.ticksPerPrice / mid * 1e4)
        case .barCentred:
            let value = bars.value(a, b)
            return value.isNaN ? 0 : (value - operation.x) / operation.y
        case .barGap:
            let (one, other) = (bars.value(a, b), bars.value(a, Int(operation.x)))
            return one.isNaN || other.isNaN
                ? 0 : (one - other) * (bars.ticksPerPrice / mid * 1e4)
        }
    }

    @_noAllocation @_noLocks
    private mutating func microprice(_ mid: Double) -> Double {
        let (bidQuantity, askQuantity) = (Double(top.bidQuantity), Double(top.askQuantity))
        let both = bidQuantity + askQuantity
        let weighted = Double(top.ask) * bidQuantity + Double(top.bid) * askQuantity
        let micro = both == 0 ? mid : weighted / both
        return (micro - mid) / mid * 1e4
    }

    // MARK: History

    /// True when every feature of this instrument's own has the history its definition asks for.
    @_noAllocation @_noLocks
    mutating func isWarm(_ bars: BarNumbers) -> Bool {
        if !has(plan.needs) { return false }
        var index = 0
        while index < plan.checkCount {
            if unsafe !isReady(plan.checks[index], bars) { return false }
            index &+= 1
        }
        return true
    }

    @_noAllocation @_noLocks
    mutating func has(_ needs: FeatureNeeds) -> Bool {
        if startNs == 0 || timeNs &- startNs < needs.spanNs { return false }
        if flow.count < needs.tops { return false }
        if needs.trade && lastTradeNs == 0 { return false }
        if needs.levels && !book.hasLevels { return false }
        return needs.steps == 0 || grid.entry(stepsAgo: needs.steps) != 0
    }

    /// What sums and windows do not tell of an operation.
    @_noAllocation @_noLocks
    mutating func isReady(_ operation: FeatureOperation, _ bars: BarNumbers) -> Bool {
        let (a, b) = (Int(operation.a), Int(operation.b))
        switch operation.code {
        case .bucketToxicity: return estimators.isFull(a)
        case .learnt: return estimators.hasLearnt
        case .barLevel, .barDifference, .barCentred: return bars.value(a, b).isFinite
        case .barGap:
            return bars.value(a, b).isFinite && bars.value(a, Int(operation.x)).isFinite
        default: return true
        }
    }
}

/// The only way of a number into a vector.
enum FeatureValue {
    /// Writes what is finite and within 1e9, 0 instead of anything else.
    ///
    /// - Returns: Whether the value itself was written.
    @_noAllocation @_noLocks
    @inline(__always)
    static func store(_ value: Double, in place: UnsafeMutablePointer<Float>) -> Bool {
        let limit = 1e9
        if value >= -limit && value <= limit {
            unsafe place.pointee = Float(value)
            return true
        }
        unsafe place.pointee = 0
        return false
    }
}

/// The newest numbers of an instrument's bars, by time frame and column.
///
/// SAFETY: leads to the instrument's own time frames for as long as a vector is made.
@safe
struct BarNumbers: BitwiseCopyable {
    /// Added to a time frame's place: its bar that still forms.
    static var formingFrames: Int {
        @_noAllocation @_noLocks
        get { 64 }
    }

    private let timeframes: UnsafeMutablePointer<TimeframeState>
    let ticksPerPrice: Double

    @_noAllocation @_noLocks
    @inline(__always)
    init(_ timeframes: UnsafeMutablePointer<TimeframeState>, ticksPerPrice: Double) {
        unsafe self.timeframes = unsafe timeframes
        self.ticksPerPrice = ticksPerPrice
    }

    @_noAllocation @_noLocks
    @inline(__always)
    func value(_ frame: Int, _ column: Int) -> Double {
        frame < Self.formingFrames
            ? unsafe timeframes[frame].value(column)
            : unsafe timeframes[frame &- Self.formingFrames].formingValue(column)
    }
}
