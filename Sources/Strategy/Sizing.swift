//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
public import Messages

/// How large an order may be.
public enum SizingMethod: UInt8, Sendable {
    /// As the strategy's own parameters say.
    case fixed
    /// A share of the equity.
    case equity
    /// So much that a typical step of the price moves the equity by a stated share.
    case volatility
    /// A fraction of the growth-optimal share, expected return over variance; at most a stated
    /// share. Source: J. L. Kelly, A new interpretation of information rate, 1956, for small
    /// returns.
    case kelly
}

/// Parameters of sizing. Shares are of the equity; a result is lots, rounded down.
public struct SizingParameters: Equatable, Sendable {
    public var method: SizingMethod
    /// Equity: the value of one order.
    public var equityShare: Double
    /// Volatility: what one standard deviation of a step may move.
    public var volatilityTarget: Double
    /// Kelly: of the growth-optimal share.
    public var kellyFraction: Double
    /// Volatility and Kelly: the most of one order.
    public var shareMax: Double
    /// Time between two mids whose return counts.
    public var stepNs: UInt64
    /// Of the mean square return, for each further step; 0..<1.
    public var decay: Double
    /// Returns before the volatility is relied on; until then nothing is ordered.
    public var warmUpSteps: Int
    /// Kelly: the time that a score speaks of.
    public var horizonNs: UInt64
    /// In 1e-8 of the quote currency; used until the account tells its own.
    public var equityE8: Int64

    public init(
        method: SizingMethod = .fixed, equityShare: Double = 0.02,
        volatilityTarget: Double = 0.0001, kellyFraction: Double = 0.25, shareMax: Double = 0.1,
        stepNs: UInt64 = 1_000_000_000,
        decay: Double = 0.94, warmUpSteps: Int = 30, horizonNs: UInt64 = 1_000_000_000,
        equityE8: Int64 = 1_000_000_000_000
    ) {
        self.method = method
        self.equityShare = equityShare
        self.volatilityTarget = volatilityTarget
        self.kellyFraction = kellyFraction
        self.shareMax = shareMax
        self.stepNs = stepNs
        self.decay = decay
        self.warmUpSteps = warmUpSteps
        self.horizonNs = horizonNs
        self.equityE8 = equityE8
    }

    /// The first rule the parameters break; `nil` when orders can be sized.
    public var problem: String? {
        for share in [equityShare, volatilityTarget, kellyFraction]
        where !(share > 0 && share <= 1) {
            return "a share of sizing is not above 0 and at most 1"
        }
        if !(shareMax > 0 && shareMax <= 100) { return "the largest share is not in 0...100" }
        if stepNs == 0 || horizonNs == 0 { return "a step or horizon of nothing" }
        if !(decay >= 0 && decay < 1) { return "a decay not in 0..<1" }
        if !(1...100_000).contains(warmUpSteps) { return "a warm-up not in 1...100,000 steps" }
        return equityE8 < 0 ? "a negative equity" : nil
    }

    /// The share of the equity that an order may be worth; 0: none.
    ///
    /// - Parameter variance: Of the return of a step; 0 while it is not known.
    @_noAllocation @_noLocks
    public func share(scoreBps: Float, variance: Double) -> Double {
        switch method {
        case .fixed, .equity: return equityShare
        case .volatility:
            if !(variance > 0) { return 0 }
            return min(volatilityTarget / apus_square_root(variance), shareMax)
        case .kelly:
            let steps = Double(horizonNs) / Double(stepNs)
            let expected = Double(scoreBps.magnitude) / 10_000
            if !(variance > 0 && expected > 0) { return 0 }
            return min(kellyFraction * expected / (variance * steps), shareMax)
        }
    }
}

/// The variance of an instrument's mid returns over steps of record time: an exponentially weighted
/// mean of their squares. A return over several steps counts once, as the square for each of them.
public struct ReturnVariance: Sendable {
    private var nextNs: UInt64 = 0
    private var lastNs: UInt64 = 0
    private var lastMid: Double = 0
    private var mean: Double = 0
    private var count = 0

    @_noAllocation @_noLocks
    public init() {}

    /// Takes in a mid.
    @_noAllocation @_noLocks
    public mutating func take(mid: Double, timeNs: UInt64, _ parameters: SizingParameters) {
        if timeNs < nextNs || !(mid > 0) { return }
        if lastMid > 0 {
            let steps = max((timeNs &- lastNs) / parameters.stepNs, 1)
            let change = mid / lastMid - 1
            let square = change * change / Double(steps)
            mean = count == 0 ? square : parameters.decay * mean + (1 - parameters.decay) * square
            if count < parameters.warmUpSteps { count &+= 1 }
        }
        lastMid = mid
        lastNs = timeNs
        let (next, overflow) = timeNs.addingReportingOverflow(parameters.stepNs)
        nextNs = overflow ? .max : next
    }

    /// Of one step; 0 before the warm-up is over.
    @_noAllocation @_noLocks
    public func value(_ parameters: SizingParameters) -> Double {
        count < parameters.warmUpSteps ? 0 : mean
    }
}

/// What turns a value in the quote currency into lots of one instrument.
public struct LotValue: Equatable, Sendable {
    /// Linear: lots times ticks for each unit of the quote currency. Inverse: lots.
    private let perUnit: Double
    private let isInverse: Bool

    public init(_ instrument: Instrument) {
        isInverse = instrument.isInverse != 0
        if isInverse {
            perUnit = Double(
                SizeRule(.quoteNotionalE8(100_000_000_000_000), instrument).lots(atMid: 1)) / 1e6
        } else {
            perUnit =
                instrument.tickLotValueE12 > 0 ? 1e12 / Double(instrument.tickLotValueE12) : 0
        }
    }

    /// Whole lots worth at most `value` at a mid of `ticks`.
    ///
    /// - Precondition: `ticks > 0`.
    @_noAllocation @_noLocks
    public func lots(value: Double, atMid ticks: Int64) -> Int64 {
        let lots = isInverse ? value * perUnit : value * perUnit / Double(ticks)
        if !(lots >= 1) { return 0 }
        return lots >= 1e15 ? 1_000_000_000_000_000 : Int64(lots)
    }
}
