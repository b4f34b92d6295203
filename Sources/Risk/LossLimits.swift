//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Control 17: losses in 1e-4 of the equity, and in money. Of each, 0: no such limit.
public struct LossLimits: Equatable, Sendable {
    /// Since the start of the UTC day of record time: only orders that reduce from here on.
    public var dailyE4: Int64 = 500
    /// The same in 1e-8 of the quote currency.
    public var dailyMaxE8: Int64 = 0
    /// Since the best moment.
    public var drawdownE4: Int64 = 1_500
    /// Every position is brought to zero from here on.
    public var dailyFlattenE4: Int64 = 750
    public var drawdownFlattenE4: Int64 = 2_000

    public init() {}

    var isInRange: Bool {
        [dailyE4, drawdownE4, dailyFlattenE4, drawdownFlattenE4].allSatisfy {
            (0...10_000).contains($0)
        } && dailyMaxE8 >= 0
    }
}

/// Profit, realised and marked, against the limits. Money is in 1e-12 of the quote currency.
///
/// Once reached a limit stays reached until a person resumes; then losses count anew from there.
public struct LossState: BitwiseCopyable, Sendable {
    /// What a profit asks for.
    public enum Step: UInt8, Sendable { case none, reduce, flatten }

    public private(set) var profitE12: Int128 = 0
    public private(set) var dayStartE12: Int128 = 0
    public private(set) var peakE12: Int128 = 0
    private var dayEquityE8: Int64
    private var peakEquityE8: Int64
    private var nextDayNs: UInt64 = 0
    private var reduceFloorE12 = Int128.min
    private var flattenFloorE12 = Int128.min
    public private(set) var isReached = false
    private var isFlattenAsked = false

    public init(equityE8: Int64) {
        dayEquityE8 = equityE8
        peakEquityE8 = equityE8
    }

    /// Takes in the profit at a moment. A moment of a day that is over starts no day.
    ///
    /// - Returns: Each step once, until the next `restart`.
    @_noAllocation @_noLocks
    public mutating func note(
        profitE12 profit: Int128, equityE8: Int64, at now: UInt64, limits: LossLimits
    ) -> Step {
        let isNewDay = now >= nextDayNs
        let isPeak = profit > peakE12
        if isNewDay {
            // Profit of before is not of this day; what moved with this record is.
            dayStartE12 = profitE12
            dayEquityE8 = equityE8
            let dayNs: UInt64 = 86_400_000_000_000
            nextDayNs = (min(now, 1 << 63) / dayNs &+ 1) &* dayNs
        }
        if isPeak {
            peakE12 = profit
            peakEquityE8 = equityE8
        }
        profitE12 = profit
        if isNewDay || isPeak { setFloors(limits) }
        if profit > reduceFloorE12 && profit > flattenFloorE12 { return .none }
        if profit <= flattenFloorE12 && !isFlattenAsked {
            isReached = true
            isFlattenAsked = true
            return .flatten
        }
        if isReached { return .none }
        isReached = true
        return .reduce
    }

    /// Measures day and best moment by another equity, and leaves them where they began.
    @_noAllocation @_noLocks
    public mutating func rebase(equityE8: Int64, limits: LossLimits) {
        dayEquityE8 = equityE8
        peakEquityE8 = equityE8
        setFloors(limits)
    }

    /// A person accepts what was lost: day and peak begin here.
    @_noAllocation @_noLocks
    public mutating func restart(equityE8: Int64, limits: LossLimits) {
        isReached = false
        isFlattenAsked = false
        dayStartE12 = profitE12
        peakE12 = profitE12
        rebase(equityE8: equityE8, limits: limits)
    }

    @_noAllocation @_noLocks
    private mutating func setFloors(_ limits: LossLimits) {
        var reduce = Self.floor(dayStartE12, dayEquityE8, limits.dailyE4)
        reduce = max(reduce, Self.floor(peakE12, peakEquityE8, limits.drawdownE4))
        if limits.dailyMaxE8 > 0 {
            reduce = max(reduce, dayStartE12 &- Int128(limits.dailyMaxE8) &* 10_000)
        }
        reduceFloorE12 = reduce
        flattenFloorE12 = max(
            Self.floor(dayStartE12, dayEquityE8, limits.dailyFlattenE4),
            Self.floor(peakE12, peakEquityE8, limits.drawdownFlattenE4))
    }

    /// The profit at which a loss of `shareE4` of the equity is reached. Without equity there is
    /// no such share, and control 6 lets no order pass.
    @_noAllocation @_noLocks
    private static func floor(_ fromE12: Int128, _ equityE8: Int64, _ shareE4: Int64) -> Int128 {
        if shareE4 == 0 || equityE8 < 1 { return Int128.min }
        return fromE12 &- Int128(equityE8) &* Int128(shareE4)
    }
}
