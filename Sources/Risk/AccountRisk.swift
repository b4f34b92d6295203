//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
public import CTelemetry

/// What risk knows of the account at one venue. Money ends in its unit.
public struct AccountRisk: Sendable {
    public var limits: AccountLimits
    public var openOrders: Int64 = 0
    public var state = TradingState.ready
    public var isStopping = false
    public var isOrderSessionUp: Bool
    public var isUserStreamUp: Bool
    /// The venue's clock less ours, ns.
    public var clockOffsetNs: Int64 = 0
    public var bucket: TokenBucket
    /// Control 9; not looked at without a budget.
    public var cancelBucket: TokenBucket
    public var isOverCancelBudget = false

    public private(set) var equityE8: Int64
    /// Of the venue's last word on the equity; 0: there was none, the configured one counts.
    public private(set) var equityTimeNs: UInt64 = 0
    /// Control 6: sum over instruments of what the worst-case position is worth.
    public var exposureE12: Int128 = 0
    public private(set) var exposureMaxE12: Int128 = 0
    /// Control 18: the exposure at which our estimate of the margin ratio is at its floor.
    public private(set) var marginExposureMaxE12: Int128 = 0
    /// Instruments with a position or open orders and without any price.
    public var unvaluedCount: Int64 = 0
    /// Control 18: a floor was passed; until a person resumes.
    public var isMarginShort = false
    /// Sum over instruments, 1e-12 of the quote currency, fees and funding taken off.
    public var profitE12: Int128 = 0
    public var losses: LossState
    public var guards: GuardState
    /// Control 14: the last evidence that the user stream lives; 0: none.
    public var streamTimeNs: UInt64 = 0

    public init(limits: AccountLimits) {
        self.limits = limits
        isOrderSessionUp = !limits.isSessionRequired
        isUserStreamUp = !limits.isSessionRequired
        bucket = TokenBucket(
            perSecond: limits.messagesPerSecond, burst: limits.messageBurst)
        cancelBucket = TokenBucket(
            perSecond: max(limits.cancelsPerSecond, 1), burst: max(limits.cancelBurst, 1))
        equityE8 = limits.startEquityE8
        losses = LossState(equityE8: limits.startEquityE8)
        guards = GuardState(required: limits.requiredGuards)
        setExposureMax()
    }

    /// The venue's word on the equity.
    @_noAllocation @_noLocks
    public mutating func takeEquity(_ equityE8: Int64, at now: UInt64) {
        self.equityE8 = equityE8
        equityTimeNs = max(equityTimeNs, max(now, 1))
        setExposureMax()
    }

    /// False when the venue has told the equity and the last time is too long ago.
    @_noAllocation @_noLocks
    @inline(__always)
    func isEquityFresh(_ now: UInt64) -> Bool {
        if limits.equityAgeMaxNs == 0 || equityTimeNs == 0 || now <= equityTimeNs { return true }
        return now &- equityTimeNs <= limits.equityAgeMaxNs
    }

    /// Control 14: proven alive lately, or no such limit.
    @_noAllocation @_noLocks
    @inline(__always)
    func isStreamAlive(_ now: UInt64) -> Bool {
        if limits.streamAgeMaxNs == 0 { return true }
        if streamTimeNs == 0 { return false }
        return now <= streamTimeNs || now &- streamTimeNs <= limits.streamAgeMaxNs
    }

    @_noAllocation @_noLocks
    private mutating func setExposureMax() {
        exposureMaxE12 = Int128(equityE8) &* Int128(limits.exposureMaxE4)
        // equity / (exposure * rate) >= floor. The limits' ranges keep the products in 128 bits.
        let required = Int128(limits.maintenanceRateE4) &* Int128(limits.marginRatioMinE4)
        marginExposureMaxE12 =
            required == 0
            ? Int128.max : Int128(equityE8) &* 1_000_000_000_000 / required
    }
}
