//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import CMessages
import CTelemetry
import Pipeline
import Telemetry

extension RiskStage {
    /// Controls 6 and 18: what all worst-case positions are worth, with this order, against the
    /// equity. An order that adds nothing to its instrument's worst case passes.
    ///
    /// - Parameter added: Becomes what the order adds, 1e-12 of the quote currency.
    @_noAllocation @_noLocks
    @inline(__always)
    static func exposureVerdict(
        _ more: Int64, _ isBuy: Bool, _ now: UInt64, _ row: UnsafePointer<InstrumentRisk>,
        _ account: UnsafePointer<AccountRisk>, _ added: inout Int128
    ) -> Verdict {
        let worst = unsafe row.pointee.worstPosition(adding: more, isBuy: isBuy)
        let after = unsafe row.pointee.exposureE12(of: worst)
        if unsafe row.pointee.lotValueE12 < 1 || after >= 1 << 111 { return .accountExposure }
        added = unsafe after &- row.pointee.exposureE12
        if added <= 0 { return .approved }
        let sum = unsafe account.pointee.exposureE12 &+ added
        if unsafe sum > account.pointee.exposureMaxE12 { return .accountExposure }
        if unsafe account.pointee.unvaluedCount != 0 || !account.pointee.isEquityFresh(now) {
            return .accountExposure
        }
        return unsafe sum > account.pointee.marginExposureMaxE12 ? .margin : .approved
    }

    /// Control 12: whether the order would meet one of our own that rests. A market order has no
    /// price to stay behind, so any of the other side is one too many.
    @_noAllocation @_noLocks
    @inline(__always)
    static func crossesOwn(
        _ price: Int64, _ isMarket: Bool, _ isBuy: Bool, _ row: UnsafePointer<InstrumentRisk>
    ) -> Bool {
#if APUS_PLANTED_BUGS
        if apus_is_planted(26) != 0 { return false }
#endif
        let own = unsafe isBuy ? row.pointee.ownAsk : row.pointee.ownBid
        if own == 0 { return false }
        return isMarket || (isBuy ? price >= own : price <= own)
    }

    /// Brings the sums of the account up to what has changed of one instrument: its position, its
    /// open orders, or what a lot is worth.
    @_noAllocation @_noLocks
    mutating func refresh(
        _ row: UnsafeMutablePointer<InstrumentRisk>, _ account: UnsafeMutablePointer<AccountRisk>,
        at now: UInt64
    ) {
        let worst = unsafe row.pointee.worstPosition()
        let exposure = unsafe row.pointee.exposureE12(of: worst)
        unsafe account.pointee.exposureE12 &+= exposure &- row.pointee.exposureE12
        unsafe row.pointee.exposureE12 = exposure
        let isUnvalued = unsafe worst != 0 && row.pointee.lotValueE12 == 0
        if unsafe isUnvalued != row.pointee.isUnvalued {
            unsafe row.pointee.isUnvalued = isUnvalued
            unsafe account.pointee.unvaluedCount &+= isUnvalued ? 1 : -1
        }
        // |position| is at most 2^50 and |cash| at most 2^112, or trading is halted.
        let value = unsafe Int128(row.pointee.position) &* Int128(row.pointee.lotValueE12)
        let profit = unsafe row.pointee.cashE12 &+ value
        unsafe account.pointee.profitE12 &+= profit &- row.pointee.profitE12
        unsafe row.pointee.profitE12 = profit
        unsafe noteProfit(account, at: now)
        unsafe noteMargin(account)
    }

    /// Control 17.
    @_noAllocation @_noLocks
    private mutating func noteProfit(
        _ account: UnsafeMutablePointer<AccountRisk>, at now: UInt64
    ) {
        let step = unsafe account.pointee.losses.note(
            profitE12: account.pointee.profitE12, equityE8: account.pointee.equityE8, at: now,
            limits: account.pointee.limits.losses)
        if case .none = step { return }
        counters.lossLimits.increment()
        control.lower(to: .reducing, because: "loss limit")
        if case .reduce = step { return }
        counters.flattenRequests.increment()
        control.flatten()
    }

    /// Control 18, our own estimate.
    @_noAllocation @_noLocks
    mutating func noteMargin(_ account: UnsafeMutablePointer<AccountRisk>) {
        if unsafe account.pointee.exposureE12 > account.pointee.marginExposureMaxE12 {
            unsafe setMarginShort(account)
        }
    }

    /// Lowers the trading state once for each resume.
    @_noAllocation @_noLocks
    mutating func setMarginShort(_ account: UnsafeMutablePointer<AccountRisk>) {
        if unsafe account.pointee.isMarginShort { return }
        unsafe account.pointee.isMarginShort = true
        counters.marginFloors.increment()
        control.lower(to: .reducing, because: "margin ratio below its floor")
    }

    /// Takes in a new position, bought or sold at `price`; of a price below 1 at what a lot is
    /// worth. Halts where a number would leave its range.
    @_noAllocation @_noLocks
    mutating func takePosition(
        _ position: Int64, price: Int64, costE8: Int64,
        _ row: UnsafeMutablePointer<InstrumentRisk>
    ) {
        let lots = unsafe Int128(position) &- Int128(row.pointee.position)
        let lotValue =
            unsafe price < 1
            ? Int128(row.pointee.lotValueE12)
            : Int128(price) &* Int128(row.pointee.tickLotValueE12)
        let (paid, overflow) = lots.multipliedReportingOverflow(by: lotValue)
        unsafe row.pointee.position = position
        if overflow || paid.magnitude > 1 << 112 || position.magnitude > 1 << 50 {
            haltForRange()
            return
        }
        let cash = unsafe row.pointee.cashE12 &- paid &- Int128(costE8) &* 10_000
        if cash.magnitude > 1 << 112 {
            haltForRange()
            return
        }
        unsafe row.pointee.cashE12 = cash
    }

    @_noAllocation @_noLocks
    private mutating func haltForRange() {
        counters.rangeHalts.increment()
        control.lower(to: .halted, because: "position or profit beyond its number range")
    }
}
