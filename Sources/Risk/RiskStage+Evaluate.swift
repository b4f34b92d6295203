//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

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
        var collarTop = Int64.max
        if unsafe !isInCollar(price, now, row, &collarTop) { return .priceCollar }

        let value = isMarket ? max(collarTop, price) : price
        guard let notionalE12 = unsafe notional(quantity, value, row) else { return .orderNotional }
        if unsafe notionalE12 > Int128(row.pointee.limits.orderNotionalMaxE8) &* 10_000 {
            return .orderNotional
        }
        if unsafe intent.pointee.isReduceOnly == 0,
            unsafe !meetsMinimum(quantity, isMarket, price, now, row)
        {
            return .venueFilters
        }
        if unsafe !isPositionFit(more, isBuy, row) { return .positionLimit }
        let exposure = unsafe exposureVerdict(more, isBuy, now, row, account)
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
    private static func stateVerdict(
        _ quantity: Int64, _ isBuy: Bool, _ row: UnsafePointer<InstrumentRisk>,
        _ account: UnsafePointer<AccountRisk>
    ) -> Verdict {
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

    @_noAllocation @_noLocks
    private static func isFresh(_ reference: Reference, _ now: UInt64, _ ageMaxNs: UInt64) -> Bool {
        if reference.timeNs == 0 || reference.price < 1 { return false }
        return now <= reference.timeNs || now &- reference.timeNs <= ageMaxNs
    }

    /// Control 4, but for the minimum notional: the venue's price and size ranges and its
    /// one-sided band around the mark. Ticks and lots hold by type.
    @_noAllocation @_noLocks
    private static func passesFilters(
        _ price: Int64, _ quantity: Int64, _ isMarket: Bool, _ isBuy: Bool, _ now: UInt64,
        _ row: UnsafePointer<InstrumentRisk>
    ) -> Bool {
        let sizeMax =
            unsafe isMarket && row.pointee.marketQuantityMax > 0
            ? row.pointee.marketQuantityMax : row.pointee.quantityMax
        if unsafe quantity < row.pointee.quantityMin { return false }
        if sizeMax > 0 && quantity > sizeMax { return false }
        if isMarket { return true }
        if unsafe row.pointee.priceMin > 0 && price < row.pointee.priceMin { return false }
        if unsafe row.pointee.priceMax > 0 && price > row.pointee.priceMax { return false }
        let edge = unsafe isBuy ? row.pointee.percentUpE4 : row.pointee.percentDownE4
        if edge == 0 { return true }
        if unsafe !isFresh(row.pointee.mark, now, row.pointee.limits.markAgeMaxNs) {
            // Without a mark the band cannot be known; whether that is allowed is a limit.
            return unsafe row.pointee.limits.requiredReferences.rawValue & 2 == 0
        }
        let scaled = Int128(price) &* 10_000
        let bound = unsafe Int128(row.pointee.mark.price) &* Int128(edge)
        return isBuy ? scaled <= bound : scaled >= bound
    }

    /// Control 3: within the band of every required reference, which must be there and fresh.
    ///
    /// - Parameter top: Becomes the upper edge of the highest reference's band, the price at which
    ///   a market order is valued; it stays `Int64.max` when no reference is required.
    @_noAllocation @_noLocks
    private static func isInCollar(
        _ price: Int64, _ now: UInt64, _ row: UnsafePointer<InstrumentRisk>, _ top: inout Int64
    ) -> Bool {
        let required = unsafe row.pointee.limits.requiredReferences.rawValue
        let band = unsafe row.pointee.limits.collarE4
        var highest: Int128 = 0  // Twice a price.
        if required & 1 != 0 {
            // A quote is as fresh as the book's last message, which was checked before.
            if unsafe row.pointee.bid < 1 || row.pointee.ask < 1 { return false }
            let twiceMid = unsafe Int128(row.pointee.bid) &+ Int128(row.pointee.ask)
            if !isNear(price, twiceMid, band) { return false }
            highest = twiceMid
        }
        if required & 2 != 0 {
            if unsafe !isFresh(row.pointee.mark, now, row.pointee.limits.markAgeMaxNs) {
                return false
            }
            let twice = unsafe Int128(row.pointee.mark.price) &* 2
            if !isNear(price, twice, band) { return false }
            highest = max(highest, twice)
        }
        if required & 4 != 0 {
            if unsafe !isFresh(row.pointee.last, now, row.pointee.limits.lastAgeMaxNs) {
                return false
            }
            let twice = unsafe Int128(row.pointee.last.price) &* 2
            if !isNear(price, twice, band) { return false }
            highest = max(highest, twice)
        }
        if highest == 0 { return true }
        // 65 bits of price times 64 of band fit into 128 with their sign, or just not.
        let (scaled, overflow) = highest.multipliedReportingOverflow(
            by: 10_000 &+ Int128(band))
        let edge = scaled / 20_000 &+ 1
        top = overflow || edge > Int128(Int64.max) ? Int64.max : Int64(truncatingIfNeeded: edge)
        return true
    }

    /// |price - reference| * 10^4 <= band * reference, with both sides doubled.
    @_noAllocation @_noLocks
    private static func isNear(_ price: Int64, _ twiceReference: Int128, _ bandE4: Int64) -> Bool {
        let difference = Int128(price) &* 2 &- twiceReference
        let distance = difference < 0 ? 0 &- difference : difference
        let (bound, overflow) = twiceReference.multipliedReportingOverflow(by: Int128(bandE4))
        return !overflow && distance &* 10_000 <= bound
    }

    /// quantity * price * value of a tick and lot, 1e-12 of the quote currency; `nil` when it does
    /// not fit.
    @_noAllocation @_noLocks
    private static func notional(
        _ quantity: Int64, _ price: Int64, _ row: UnsafePointer<InstrumentRisk>
    ) -> Int128? {
        let (value, overflow) = unsafe (Int128(quantity) &* Int128(price))
            .multipliedReportingOverflow(
                by: Int128(row.pointee.tickLotValueE12))
        return overflow ? nil : value
    }

    /// Control 4, the minimum notional; of a market order at the mark, as the venue does it.
    @_noAllocation @_noLocks
    private static func meetsMinimum(
        _ quantity: Int64, _ isMarket: Bool, _ price: Int64, _ now: UInt64,
        _ row: UnsafePointer<InstrumentRisk>
    ) -> Bool {
        var at = price
        if unsafe isMarket && isFresh(row.pointee.mark, now, row.pointee.limits.markAgeMaxNs) {
            at = unsafe row.pointee.mark.price
        }
        guard let valueE12 = unsafe notional(quantity, at, row) else { return false }
        return unsafe valueE12 >= Int128(row.pointee.notionalMinE8) &* 10_000
    }

    /// Control 5: position and everything open on the same side, UNKNOWN included, with this
    /// order. A position beyond the limit may still be brought nearer to zero.
    @_noAllocation @_noLocks
    private static func isPositionFit(
        _ quantity: Int64, _ isBuy: Bool, _ row: UnsafePointer<InstrumentRisk>
    ) -> Bool {
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
    private static func isCountFit(
        _ row: UnsafePointer<InstrumentRisk>, _ account: UnsafePointer<AccountRisk>
    ) -> Bool {
        let venueMax = unsafe row.pointee.venueOpenOrdersMax
        if unsafe row.pointee.openOrders >= row.pointee.limits.openOrdersMax { return false }
        if unsafe venueMax > 0 && row.pointee.openOrders >= venueMax { return false }
        return unsafe account.pointee.openOrders < Int64(account.pointee.limits.openOrdersMax)
    }
}
