//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import Glibc

/// The value at risk of the portfolio: limits and how it is estimated.
public struct ValueAtRiskLimits: Equatable, Sendable {
    /// Instruments that the value at risk follows.
    public static var instrumentMax: Int { 64 }

    /// In 1e-4 of the equity of all accounts; 0: no limit.
    public var shareMaxE4: Int64 = 0
    /// Share of the outcomes that are no worse.
    public var confidence = 0.99
    public var horizonNs: UInt64 = 3_600_000_000_000
    public var stepNs: UInt64 = 1_000_000_000
    /// Steps of history.
    public var sampleCount = 250
    /// Weight of what was known before against one step.
    public var decay = 0.97
    /// Counts until a venue tells one, 1e-8.
    public var startEquityE8: Int64 = 10_000_000_000_000

    public init() {}

    var isInRange: Bool {
        (0...100_000).contains(shareMaxE4) && confidence >= 0.9 && confidence <= 0.999
            && (32...512).contains(sampleCount) && decay >= 0.5 && decay < 1
            && stepNs >= 1_000_000 && horizonNs >= stepNs
    }
}

/// Value at risk of all worst-case positions together, twice: from an exponentially weighted
/// covariance of the mids' returns, and from the returns of the last steps applied to the positions
/// of now. Both scale with the square root of horizon over step. The larger one counts.
///
/// Figures change at steps of record time only. Between them each order adds what it would by
/// itself, which is never less than it does together with the others.
///
/// Doubles are for the estimates; what is compared is whole numbers made of them.
/// Follows at most `ValueAtRiskLimits.instrumentMax` instruments. Allocates in `init` only.
///
/// SAFETY: columns are below `count`, history rows below `limits.sampleCount`.
@safe
struct ValueAtRisk: ~Copyable, @unchecked Sendable {
    private let limits: ValueAtRiskLimits
    /// Instruments, one a column.
    private let ids: UnsafeMutablePointer<UInt32>
    private let count: Int
    private let prices: UnsafeMutablePointer<Double>
    private let returns: UnsafeMutablePointer<Double>
    private let exposures: UnsafeMutablePointer<Double>
    /// `count` rows of `count`.
    private let covariance: UnsafeMutablePointer<Double>
    /// `sampleCount` rows of `count` returns.
    private let history: UnsafeMutablePointer<Double>
    /// The largest losses, largest first.
    private let worst: UnsafeMutablePointer<Double>
    private let quantile: Double
    private let horizonScale: Double
    private var sampled = 0
    private(set) var nextSampleNs: UInt64 = 0
    private(set) var parametricE8: Int64 = 0
    private(set) var historicalE8: Int64 = 0
    /// The larger figure and what orders since the last step may have added to it, and the limit;
    /// 1e-20.
    private var usedE20: Int128 = 0
    private var maxE20: Int128

    init(limits: ValueAtRiskLimits, instruments: [UInt32]) {
        self.limits = limits
        count = min(instruments.count, ValueAtRiskLimits.instrumentMax)
        let places = max(count, 1)
        unsafe ids = .allocate(capacity: places)
        for column in 0..<count { unsafe ids[column] = instruments[column] }
        func zeros(_ count: Int) -> UnsafeMutablePointer<Double> {
            let memory = UnsafeMutablePointer<Double>.allocate(capacity: count)
            unsafe memory.initialize(repeating: 0, count: count)
            return unsafe memory
        }
        unsafe prices = unsafe zeros(places)
        unsafe returns = unsafe zeros(places)
        unsafe exposures = unsafe zeros(places)
        unsafe covariance = unsafe zeros(places * places)
        unsafe history = unsafe zeros(places * limits.sampleCount)
        unsafe worst = unsafe zeros(limits.sampleCount)
        quantile = Self.normalQuantile(limits.confidence)
        horizonScale = (Double(limits.horizonNs) / Double(limits.stepNs)).squareRoot()
        maxE20 = Self.maxE20(Int128(limits.startEquityE8), limits)
    }

    deinit {
        unsafe ids.deallocate()
        unsafe prices.deallocate()
        unsafe returns.deallocate()
        unsafe exposures.deallocate()
        unsafe covariance.deallocate()
        unsafe history.deallocate()
        unsafe worst.deallocate()
    }

    /// The standard normal's quantile, by bisection.
    static func normalQuantile(_ probability: Double) -> Double {
        var low = 0.0
        var high = 10.0
        for _ in 0..<60 {
            let middle = (low + high) / 2
            if 1 - erfc(middle / 2.0.squareRoot()) / 2 < probability {
                low = middle
            } else {
                high = middle
            }
        }
        return high
    }

    private static func maxE20(_ equityE8: Int128, _ limits: ValueAtRiskLimits) -> Int128 {
        equityE8 * Int128(limits.shareMaxE4) * 100_000_000
    }

    /// The equity of all accounts that have told one.
    @_noAllocation @_noLocks
    mutating func takeEquity(_ equityE8: Int128) {
        maxE20 = equityE8 &* Int128(limits.shareMaxE4) &* 100_000_000
    }

    /// What an exposure adds at most; nothing when it shrinks. Control 6 keeps what is added below
    /// 2^87, and a rate is at most 2^32.
    @_noAllocation @_noLocks
    @inline(__always)
    static func chargeE20(_ exposureE12: Int128, rateE8: Int64) -> Int128 {
        max(0, exposureE12) &* Int128(rateE8)
    }

    /// Whether an order that adds `chargeE20` keeps the limit.
    @_noAllocation @_noLocks
    @inline(__always)
    func allows(_ chargeE20: Int128) -> Bool {
        if limits.shareMaxE4 == 0 || chargeE20 == 0 { return true }
        return usedE20 &+ chargeE20 <= maxE20
    }

    /// Counts an approved order until the next step.
    @_noAllocation @_noLocks
    mutating func add(_ chargeE20: Int128) { usedE20 = min(usedE20 &+ chargeE20, 1 << 120) }

    /// Ends a step: takes in the returns since the last one and estimates anew.
    @_noAllocation @_noLocks
    mutating func sample(_ rows: UnsafeMutablePointer<InstrumentRisk>, at now: UInt64) {
        nextSampleNs = (min(now, 1 << 63) / limits.stepNs &+ 1) &* limits.stepNs
        let row = unsafe history + (sampled % limits.sampleCount) &* count
        for column in 0..<count {
            let instrument = unsafe rows + Int(ids[column])
            let price = unsafe Double(instrument.pointee.lotValueE12)
            let before = unsafe prices[column]
            unsafe prices[column] = price
            unsafe returns[column] = before > 0 && price > 0 ? price / before - 1 : 0
            unsafe row[column] = unsafe returns[column]
            let worst = unsafe min(max(instrument.pointee.worstPosition(), -1 << 50), 1 << 50)
            let lots = Int64(truncatingIfNeeded: worst)
            unsafe exposures[column] = Double(lots) * price * 1e-12
        }
        // The first step has no return.
        if sampled > 0 { takeReturns() }
        sampled &+= 1
        parametricE8 = Self.e8(quantile * apus_square_root(variance()) * horizonScale)
        historicalE8 = Self.e8(historicalLoss() * horizonScale)
        // Below 2^103. Where an order's charge takes the sum beyond 2^120, no limit is as high.
        usedE20 = Int128(max(parametricE8, historicalE8)) &* 1_000_000_000_000
        for column in 0..<count {
            let deviation = unsafe apus_square_root(covariance[column &* count &+ column])
            let rate = quantile * deviation * horizonScale * 1e8
            unsafe rows[Int(ids[column])].riskRateE8 = min(Self.whole(rate), 1 << 32)
        }
    }

    @_noAllocation @_noLocks
    private mutating func takeReturns() {
        // A plain mean until there is as much history as the decay looks back on.
        let plain = 1 / Double(sampled)
        let weight = plain > 1 - limits.decay ? plain : 1 - limits.decay
        for i in 0..<count {
            for j in 0..<count {
                let place = i &* count &+ j
                let product = unsafe returns[i] * returns[j]
                unsafe covariance[place] += weight * (product - covariance[place])
            }
        }
    }

    @_noAllocation @_noLocks
    private mutating func variance() -> Double {
        var sum = 0.0
        for i in 0..<count {
            for j in 0..<count {
                unsafe sum += exposures[i] * covariance[i &* count &+ j] * exposures[j]
            }
        }
        return sum > 0 ? sum : 0
    }

    /// The loss that only the share beyond the confidence exceeds; 0 where that is a gain.
    @_noAllocation @_noLocks
    private mutating func historicalLoss() -> Double {
        let total = min(sampled, limits.sampleCount)
        let wanted = Int(Double(total) * (1 - limits.confidence)) &+ 1
        for place in 0..<wanted { unsafe worst[place] = 0 }
        for sample in 0..<total {
            let row = unsafe history + sample &* count
            var loss = 0.0
            for column in 0..<count { unsafe loss -= exposures[column] * row[column] }
            var place = wanted &- 1
            if unsafe loss <= worst[place] { continue }
            while place > 0, unsafe worst[place &- 1] < loss {
                unsafe worst[place] = unsafe worst[place &- 1]
                place &-= 1
            }
            unsafe worst[place] = loss
        }
        return unsafe worst[wanted &- 1]
    }

    /// Money in 1e-8.
    @_noAllocation @_noLocks
    private static func e8(_ value: Double) -> Int64 { whole(value * 1e8) }

    /// The whole number of what is not negative, at most the largest one.
    @_noAllocation @_noLocks
    private static func whole(_ value: Double) -> Int64 {
        value < 9e18 ? Int64(value) : Int64.max
    }
}
