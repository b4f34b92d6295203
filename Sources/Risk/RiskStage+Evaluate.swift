//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
public import CMessages
import CTelemetry

extension RiskStage {
    /// Judges a new order: pure, in integers, and refusing wherever a number would not fit.
    ///
    /// The order of the checks is fixed: form, instruments of market data alone, what only a person
    /// lifts (10, 30), guards (21, 23...26, 31, 32), state (17...19), user stream (14), market data
    /// (13), quantity (1), venue filters (4), collar (3), notional (2), position (5), exposure (6),
    /// margin (18), own orders (12), open orders (7), throttle (8). The throttle comes last, so
    /// that an order refused for another reason costs no message.
    ///
    /// - Parameter account: Its bucket has been refilled to the intent's time.
    /// - Parameter increase: Of a change of a resting order, the lots it adds to what is counted of
    ///   that order, 0 and up. A new order adds its quantity.
    @_noAllocation @_noLocks
    public static func evaluate(
        _ intent: UnsafePointer<OrderIntent>, _ row: UnsafePointer<InstrumentRisk>,
        _ account: UnsafePointer<AccountRisk>, increase: Int64? = nil
    ) -> Verdict {
        var addedE12: Int128 = 0
        return unsafe evaluate(intent, row, account, increase: increase, addedE12: &addedE12)
    }

    /// - Parameter addedE12: Becomes what an order that is approved adds to the exposure.
    @_noAllocation @_noLocks
    @inline(__always)
    static func evaluate(
        _ intent: UnsafePointer<OrderIntent>, _ row: UnsafePointer<InstrumentRisk>,
        _ account: UnsafePointer<AccountRisk>, increase: Int64?, addedE12: inout Int128
    ) -> Verdict {
        let isNew = increase == nil
        if unsafe !isWellFormed(intent, isNew ? .place : .modify) { return .invalidIntent }
        if unsafe row.pointee.isDataOnly { return .dataOnly }
        if unsafe row.pointee.isStormOff { return .rejectStorm }
        if unsafe row.pointee.strategiesOff &>> intent.pointee.strategyID & 1 == 1 {
            return .repeatedExecution
        }
        if let verdict = unsafe account.pointee.guards.verdict(with: row.pointee.guards) {
            return verdict
        }
        let now = unsafe intent.pointee.ingressTimeNs
        let quantity = unsafe intent.pointee.quantity.rawValue
        let more = increase ?? quantity
        let isBuy = unsafe intent.pointee.side == .buy
        let isMarket = unsafe intent.pointee.type == .market

        let state = unsafe stateVerdict(more, isBuy, row, account)
        if state != .approved { return state }
        if unsafe !account.pointee.isStreamAlive(now) { return .stalePrivateStream }
        if unsafe !isFresh(now, row, account) { return .staleMarketData }
        if unsafe quantity > row.pointee.limits.orderQuantityMax { return .orderQuantity }

        // A market order is judged at the price it would meet first, and valued at the collar.
        let touch = unsafe isBuy ? row.pointee.ask : row.pointee.bid
        let price = unsafe isMarket ? touch : intent.pointee.limitPrice.rawValue
        if price < 1 { return .priceCollar }
        if unsafe !passesFilters(price, quantity, isMarket, isBuy, now, row) {
            return .venueFilters
        }
        if unsafe !isInCollar(price, now, row) { return .priceCollar }

        let value = unsafe isMarket ? max(collarTop(row), price) : price
        guard let notionalE12 = unsafe notional(quantity, value, row) else { return .orderNotional }
        if unsafe notionalE12 > Int128(row.pointee.limits.orderNotionalMaxE8) &* 10_000 {
            return .orderNotional
        }
        if unsafe intent.pointee.isReduceOnly == 0 {
            let isEnough =
                unsafe isMarket
                ? meetsMarketMinimum(quantity, touch: price, now, row)
                : meetsMinimum(notionalE12, row)
            if !isEnough { return .venueFilters }
        }
        if unsafe !isPositionFit(more, isBuy, row) { return .positionLimit }
        let exposure = unsafe exposureVerdict(more, isBuy, now, row, account, &addedE12)
        if exposure != .approved { return exposure }
        if unsafe crossesOwn(price, isMarket, isBuy, row) { return .selfMatch }
        if unsafe isNew && !isCountFit(row, account) { return .openOrderCount }
        if unsafe !account.pointee.bucket.has(reserve: account.pointee.limits.cancelReserve) {
            return .messageThrottle
        }
        return .approved
    }

    /// Bytes with a meaning, a quantity, and a price exactly when the type has one.
    @_noAllocation @_noLocks
    @inline(__always)
    private static func isWellFormed(
        _ intent: UnsafePointer<OrderIntent>, _ kind: IntentKind
    ) -> Bool {
        let side = unsafe intent.pointee.side
        if unsafe intent.pointee.kind != kind || intent.pointee.orderID == 0 { return false }
        if unsafe intent.pointee.strategyID > 7 || intent.pointee.algorithm != .none {
            return false
        }
        if side != .buy && side != .sell { return false }
        if unsafe intent.pointee.isReduceOnly > 1 { return false }
        if unsafe intent.pointee.quantity.rawValue < 1 { return false }
        let timeInForce = unsafe intent.pointee.timeInForce.rawValue
        let expiryS = unsafe intent.pointee.expiryS
        switch unsafe intent.pointee.type {
        case .limit:
            if unsafe intent.pointee.limitPrice.rawValue < 1 { return false }
            if timeInForce == 5 {
                return unsafe UInt64(expiryS) &* 1_000_000_000 > intent.pointee.ingressTimeNs
            }
            return timeInForce >= 1 && timeInForce <= 4 && expiryS == 0
        case .market:
            return unsafe intent.pointee.limitPrice.rawValue == 0 && timeInForce <= 4
                && expiryS == 0 && kind == .place
        default:
            return false
        }
    }

    /// Control 19, the kill flag, and the sessions (22). In REDUCING, and where losses (17) or the
    /// margin (18) ask for the same, an order passes only against the position, and only as far as
    /// all open orders of its side together leave it on its side of zero.
    @_noAllocation @_noLocks
    @inline(__always)
    private static func stateVerdict(
        _ quantity: Int64, _ isBuy: Bool, _ row: UnsafePointer<InstrumentRisk>,
        _ account: UnsafePointer<AccountRisk>
    ) -> Verdict {
#if APUS_PLANTED_BUGS
        if apus_is_planted(11) != 0 { return .approved }
        if apus_is_planted(20) != 0, unsafe account.pointee.state == .reducing {
            return unsafe isBuy == (row.pointee.position < 0) ? .approved : .tradingState
        }
        if apus_is_planted(21) != 0, unsafe account.pointee.isOrderSessionUp,
            unsafe account.pointee.state == .ready
        {
            return .approved
        }
#endif
        if unsafe account.pointee.isStopping { return .tradingState }
        if unsafe !account.pointee.isOrderSessionUp || !account.pointee.isUserStreamUp {
            return .tradingState
        }
        let state = unsafe account.pointee.state
        if state.rawValue > TradingState.reducing.rawValue { return .tradingState }
        if unsafe account.pointee.losses.isReached {
            return unsafe isReducing(quantity, isBuy, row) ? .approved : .lossLimit
        }
        if unsafe account.pointee.isMarginShort {
            return unsafe isReducing(quantity, isBuy, row) ? .approved : .margin
        }
        if state == .ready { return .approved }
        return unsafe isReducing(quantity, isBuy, row) ? .approved : .tradingState
    }

    @_noAllocation @_noLocks
    private static func isReducing(
        _ quantity: Int64, _ isBuy: Bool, _ row: UnsafePointer<InstrumentRisk>
    ) -> Bool {
        let open = unsafe isBuy ? row.pointee.openBuyLots : row.pointee.openSellLots
        let (all, overflow) = open.addingReportingOverflow(quantity)
        if overflow { return false }
        let position = unsafe row.pointee.position
        // Int64.min has no opposite, and the ledger never reaches it.
        return isBuy ? position < 0 && all <= 0 &- position : position > 0 && all <= position
    }

    /// Control 13.
    @_noAllocation @_noLocks
    @inline(__always)
    private static func isFresh(
        _ now: UInt64, _ row: UnsafePointer<InstrumentRisk>,
        _ account: UnsafePointer<AccountRisk>
    ) -> Bool {
        if unsafe !row.pointee.isBookValid || row.pointee.receiveTimeNs == 0 { return false }
        let received = unsafe row.pointee.receiveTimeNs
        if unsafe now > received && now &- received > row.pointee.limits.receiveAgeMaxNs {
            return false
        }
        if unsafe row.pointee.venueTimeNs == 0 { return false }
        // 65 bits of difference fit into 128; the limits' sum cannot leave them either.
        let age =
            unsafe Int128(now) &+ Int128(account.pointee.clockOffsetNs)
            &- Int128(row.pointee.venueTimeNs)
        let ageMax =
            unsafe Int128(row.pointee.limits.venueAgeMaxNs)
            &+ Int128(row.pointee.limits.venueSkewMaxNs)
        return age <= ageMax
    }

    /// Control 5: position and everything open on the same side, UNKNOWN included, with this
    /// order. A position beyond the limit may still be brought nearer to zero.
    @_noAllocation @_noLocks
    @inline(__always)
    private static func isPositionFit(
        _ quantity: Int64, _ isBuy: Bool, _ row: UnsafePointer<InstrumentRisk>
    ) -> Bool {
#if APUS_PLANTED_BUGS
        if apus_is_planted(18) != 0 {
            return unsafe (row.pointee.position &+ (isBuy ? quantity : 0 &- quantity)).magnitude
                <= row.pointee.limits.positionMax.magnitude
        }
        if apus_is_planted(19) != 0 { return true }
#endif
        let open = unsafe isBuy ? row.pointee.openBuyLots : row.pointee.openSellLots
        let (all, overflow) = open.addingReportingOverflow(quantity)
        let position = unsafe row.pointee.position
        let (worst, overflows) =
            isBuy
            ? position.addingReportingOverflow(all) : position.subtractingReportingOverflow(all)
        if overflow || overflows { return false }
        if unsafe worst.magnitude <= row.pointee.limits.positionMax.magnitude { return true }
        return (worst < 0) == (position < 0) && worst.magnitude < position.magnitude
    }

    /// Control 7.
    @_noAllocation @_noLocks
    @inline(__always)
    private static func isCountFit(
        _ row: UnsafePointer<InstrumentRisk>, _ account: UnsafePointer<AccountRisk>
    ) -> Bool {
        let venueMax = unsafe row.pointee.venueOpenOrdersMax
        if unsafe row.pointee.openOrders >= row.pointee.limits.openOrdersMax { return false }
        if unsafe venueMax > 0 && row.pointee.openOrders >= venueMax { return false }
        return unsafe account.pointee.openOrders < Int64(account.pointee.limits.openOrdersMax)
    }
}
