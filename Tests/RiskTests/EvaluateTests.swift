//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import SeededRandom
import CTelemetry
import Messages
import Risk
import Testing

@Suite("Risk evaluation")
struct EvaluateTests {
    /// A change of the fixture, and the verdict it must lead to.
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let verdict: Verdict
        var change: @Sendable (inout OrderIntent, inout InstrumentRisk, inout AccountRisk) -> Void

        var testDescription: String { name }

        init(
            _ name: String, _ verdict: Verdict,
            _ change:
                @escaping @Sendable (
                    inout OrderIntent, inout InstrumentRisk, inout AccountRisk
                ) -> Void
        ) {
            self.name = name
            self.verdict = verdict
            self.change = change
        }
    }

    private func judge(_ c: Case) -> Verdict {
        var intent = Fixtures.place()
        var row = Fixtures.row()
        var account = Fixtures.account()
        c.change(&intent, &row, &account)
        return unsafe RiskStage.evaluate(&intent, &row, &account)
    }

    static let form: [Case] = [
        Case("a good order", .approved) { _, _, _ in },
        Case("id 0", .invalidIntent) { i, _, _ in i.orderID = 0 },
        Case("no side", .invalidIntent) { i, _, _ in i.side = .none },
        Case("side 255", .invalidIntent) { i, _, _ in i.side = Side(rawValue: 255) },
        Case("type 0", .invalidIntent) { i, _, _ in i.type = OrderType(rawValue: 0) },
        Case("type 255", .invalidIntent) { i, _, _ in i.type = OrderType(rawValue: 255) },
        Case("kind 255", .invalidIntent) { i, _, _ in i.kind = IntentKind(rawValue: 255) },
        Case("time in force 0", .invalidIntent) { i, _, _ in
            i.timeInForce = TimeInForce(rawValue: 0)
        },
        Case("time in force 5", .invalidIntent) { i, _, _ in
            i.timeInForce = TimeInForce(rawValue: 5)
        },
        Case("reduce-only 2", .invalidIntent) { i, _, _ in i.isReduceOnly = 2 },
        Case("quantity 0", .invalidIntent) { i, _, _ in i.quantity = QuantityLots(rawValue: 0) },
        Case("quantity min", .invalidIntent) { i, _, _ in
            i.quantity = QuantityLots(rawValue: .min)
        },
        Case("limit price 0", .invalidIntent) { i, _, _ in i.limitPrice = PriceTicks(rawValue: 0) },
        Case("limit price min", .invalidIntent) { i, _, _ in
            i.limitPrice = PriceTicks(rawValue: .min)
        },
        Case("market with a price", .invalidIntent) { i, _, _ in i.type = .market },
        Case("an instrument of market data alone", .dataOnly) { _, r, _ in r.isDataOnly = true },
        Case("the same whatever else is wrong", .dataOnly) { _, r, a in
            r.isDataOnly = true
            r.isBookValid = false
            a.isOrderSessionUp = false
        },
    ]

    static let sizes: [Case] = [
        Case("control 1 at the limit", .approved) { i, r, _ in
            i.quantity = QuantityLots(rawValue: 100)
            r.limits.orderNotionalMaxE8 = .max
        },
        Case("control 1 above the limit", .orderQuantity) { i, r, _ in
            i.quantity = QuantityLots(rawValue: 101)
            r.limits.orderNotionalMaxE8 = .max
        },
        Case("control 1: limit 0 allows nothing", .orderQuantity) { i, r, _ in
            r.limits.orderQuantityMax = 0
        },
        Case("control 1: the largest integer", .orderQuantity) { i, _, _ in
            i.quantity = QuantityLots(rawValue: .max)
        },
        Case("control 2 at the limit", .approved) { i, r, _ in
            r.limits.orderNotionalMaxE8 = 1_000_000_000
        },
        Case("control 2 above the limit", .orderNotional) { i, r, _ in
            r.limits.orderNotionalMaxE8 = 999_999_999
        },
        Case("control 2: limit 0 allows nothing", .orderNotional) { i, r, _ in
            r.limits.orderNotionalMaxE8 = 0
        },
        Case("control 2: a market order is valued at the collar", .orderNotional) { i, r, _ in
            i.type = .market
            i.limitPrice = PriceTicks(rawValue: 0)
            r.limits.orderNotionalMaxE8 = 1_010_000_000
        },
        Case("control 2: a market order below the collar's value", .approved) { i, r, _ in
            i.type = .market
            i.limitPrice = PriceTicks(rawValue: 0)
            r.limits.orderNotionalMaxE8 = 1_021_000_000
        },
        Case("control 2: a market order without a reference is worth too much", .orderNotional) {
            i, r, _ in
            i.type = .market
            i.limitPrice = PriceTicks(rawValue: 0)
            r.limits.requiredReferences = []
        },
        Case("control 2: a market order in a band without an end as well", .orderNotional) {
            i, r, _ in
            i.type = .market
            i.limitPrice = PriceTicks(rawValue: 0)
            r.limits.collarE4 = .max
        },
        Case("control 2: reduce-only is no bypass", .orderNotional) { i, r, _ in
            i.isReduceOnly = 1
            r.limits.orderNotionalMaxE8 = 1
        },
        Case("control 2: a product beyond 128 bits", .orderNotional) { i, r, _ in
            i.quantity = QuantityLots(rawValue: .max)
            i.limitPrice = PriceTicks(rawValue: .max)
            r.limits.orderQuantityMax = .max
            r.limits.orderNotionalMaxE8 = .max
            r.limits.requiredReferences = []
            r.priceMax = 0
            r.quantityMax = 0
            r.percentUpE4 = 0
        },
    ]

    static let prices: [Case] = [
        Case("control 3 at the band's top", .approved) { i, _, _ in
            i.limitPrice = PriceTicks(rawValue: 10_200)
        },
        Case("control 3 above the band", .priceCollar) { i, _, _ in
            i.limitPrice = PriceTicks(rawValue: 10_201)
        },
        Case("control 3 at the band's bottom", .approved) { i, _, _ in
            i.limitPrice = PriceTicks(rawValue: 9_800)
        },
        Case("control 3 below the band", .priceCollar) { i, _, _ in
            i.limitPrice = PriceTicks(rawValue: 9_799)
        },
        Case("control 3: near mid and last, far from mark", .priceCollar) { _, r, _ in
            r.mark.price = 10_400
        },
        Case("control 3: near mid and mark, far from last", .priceCollar) { _, r, _ in
            r.last.price = 10_400
        },
        Case("control 3: near mark and last, far from mid", .priceCollar) { _, r, _ in
            r.bid = 10_390
            r.ask = 10_410
        },
        Case("control 3: no mark", .venueFilters) { _, r, _ in r.mark.timeNs = 0 },
        Case("control 3: no mark, no band of the venue", .priceCollar) { _, r, _ in
            r.mark.timeNs = 0
            r.percentUpE4 = 0
        },
        Case("control 3: no last", .priceCollar) { _, r, _ in r.last.timeNs = 0 },
        Case("control 3: no bid", .priceCollar) { _, r, _ in r.bid = 0 },
        Case("control 3: a stale last", .priceCollar) { i, r, _ in
            r.last.timeNs = Fixtures.start - r.limits.lastAgeMaxNs - 1
        },
        Case("control 3: a last at its age limit", .approved) { i, r, _ in
            r.last.timeNs = Fixtures.start - r.limits.lastAgeMaxNs
        },
        Case("control 3: mark and last are not required", .approved) { _, r, _ in
            r.limits.requiredReferences = .mid
            r.mark.timeNs = 0
            r.last.timeNs = 0
        },
        Case("control 3: a market order is judged at the touch", .priceCollar) { i, r, _ in
            i.type = .market
            i.limitPrice = PriceTicks(rawValue: 0)
            r.ask = 10_300
            r.bid = 9_700
        },
        Case("control 3: a market order with nothing to meet", .priceCollar) { i, r, _ in
            i.type = .market
            i.limitPrice = PriceTicks(rawValue: 0)
            r.ask = 0
        },
        Case("control 3: band 0 is the reference itself", .priceCollar) { i, r, _ in
            r.limits.collarE4 = 0
            i.limitPrice = PriceTicks(rawValue: 10_001)
        },
        Case("control 3: references at the end of the range", .priceCollar) { _, r, _ in
            r.bid = .max
            r.ask = .max
        },
        Case("control 3: a band at the end of the range allows any price", .approved) { _, r, _ in
            r.limits.collarE4 = .max
        },
        Case("control 4: price below the filter", .venueFilters) { i, _, _ in
            i.limitPrice = PriceTicks(rawValue: 8_999)
        },
        Case("control 4: price above the filter", .venueFilters) { i, _, _ in
            i.limitPrice = PriceTicks(rawValue: 11_001)
        },
        Case("control 4: the largest price", .venueFilters) { i, _, _ in
            i.limitPrice = PriceTicks(rawValue: .max)
        },
        Case("control 4: quantity below the filter", .venueFilters) { i, _, _ in
            i.quantity = QuantityLots(rawValue: 1)
        },
        Case("control 4: market quantity above its own filter", .venueFilters) { i, _, _ in
            i.type = .market
            i.limitPrice = PriceTicks(rawValue: 0)
            i.quantity = QuantityLots(rawValue: 51)
        },
        Case("control 4: buy at the percent band", .approved) { i, r, _ in
            r.limits.collarE4 = 1_000
            i.limitPrice = PriceTicks(rawValue: 10_500)
        },
        Case("control 4: buy above the percent band", .venueFilters) { i, r, _ in
            r.limits.collarE4 = 1_000
            i.limitPrice = PriceTicks(rawValue: 10_501)
        },
        Case("control 4: sell below the percent band", .venueFilters) { i, r, _ in
            i.side = .sell
            r.limits.collarE4 = 1_000
            i.limitPrice = PriceTicks(rawValue: 9_499)
        },
        Case("control 4: the band is one-sided", .approved) { i, r, _ in
            i.side = .sell
            r.limits.collarE4 = 1_000
            i.limitPrice = PriceTicks(rawValue: 10_600)
        },
        Case("control 4: minimum notional met exactly", .approved) { i, _, _ in
            i.quantity = QuantityLots(rawValue: 5)
        },
        Case("control 4: below the minimum notional", .venueFilters) { i, _, _ in
            i.quantity = QuantityLots(rawValue: 4)
        },
        Case("control 4: a market order whose value at the mark does not fit", .venueFilters) {
            i, r, _ in
            i.type = .market
            i.limitPrice = PriceTicks(rawValue: 0)
            i.quantity = QuantityLots(rawValue: 100_000_000_000)
            r.limits.orderQuantityMax = .max
            r.limits.orderNotionalMaxE8 = .max
            r.limits.requiredReferences = .last
            r.quantityMax = 0
            r.marketQuantityMax = 0
            r.tickLotValueE12 = 1_000_000_000
            r.ask = 1
            r.last.price = 1
            r.mark.price = .max
        },
        Case("control 4: without a mark a market order counts at the touch", .approved) {
            i, r, _ in
            i.type = .market
            i.limitPrice = PriceTicks(rawValue: 0)
            r.limits.requiredReferences = .mid
            r.mark.timeNs = 0
            r.notionalMinE8 = 1_001_000_000
        },
        Case("control 4: without a mark, a market order below the minimum", .venueFilters) {
            i, r, _ in
            i.type = .market
            i.limitPrice = PriceTicks(rawValue: 0)
            r.limits.requiredReferences = .mid
            r.mark.timeNs = 0
            r.notionalMinE8 = 1_001_000_001
        },
        Case("control 4: reduce-only is exempt from the minimum", .approved) { i, _, _ in
            i.quantity = QuantityLots(rawValue: 4)
            i.isReduceOnly = 1
        },
    ]

    static let exposure: [Case] = [
        Case("control 5 at the limit", .approved) { _, r, _ in r.position = 140 },
        Case("control 5 above the limit", .positionLimit) { _, r, _ in r.position = 141 },
        Case("control 5: open orders of the side count", .positionLimit) { _, r, _ in
            r.position = 100
            r.openBuyLots = 41
        },
        Case("control 5: open orders of the other side do not", .approved) { _, r, _ in
            r.position = 140
            r.openSellLots = 150
        },
        Case("control 5 short, at the limit", .approved) { i, r, _ in
            i.side = .sell
            r.position = -140
        },
        Case("control 5 short, above the limit", .positionLimit) { i, r, _ in
            i.side = .sell
            r.position = -140
            r.openSellLots = 1
        },
        Case("control 5: a position beyond the limit may shrink", .approved) { i, r, _ in
            i.side = .sell
            r.position = 500
        },
        Case("control 5: and not flip beyond it", .positionLimit) { i, r, _ in
            i.side = .sell
            r.position = 200
            r.openSellLots = 345
        },
        Case("control 5: sums that overflow", .positionLimit) { _, r, _ in
            r.openBuyLots = .max
        },
        Case("control 5: a position at the end of the range", .positionLimit) { i, r, _ in
            i.side = .sell
            r.position = .min
        },
        Case("control 7 below the limit", .approved) { _, r, _ in r.openOrders = 4 },
        Case("control 7 at the limit", .openOrderCount) { _, r, _ in r.openOrders = 5 },
        Case("control 7: limit 0 allows nothing", .openOrderCount) { _, r, _ in
            r.limits.openOrdersMax = 0
        },
        Case("control 7: the venue's limit holds besides", .openOrderCount) { _, r, _ in
            r.limits.openOrdersMax = 100
            r.openOrders = 20
        },
        Case("control 7: the account's limit", .openOrderCount) { _, _, a in a.openOrders = 8 },
        Case("control 8: the reserve is not for orders", .messageThrottle) { _, _, a in
            for _ in 0..<40 { a.bucket.spend() }
        },
        Case("control 8: the last message above the reserve", .approved) { _, _, a in
            for _ in 0..<39 { a.bucket.spend() }
        },
    ]

    static let conditions: [Case] = [
        Case("control 13: book not valid", .staleMarketData) { _, r, _ in r.isBookValid = false },
        Case("control 13: nothing ever received", .staleMarketData) { _, r, _ in
            r.receiveTimeNs = 0
        },
        Case("control 13: a time of the venue was never told", .staleMarketData) { _, r, _ in
            r.venueTimeNs = 0
        },
        Case("REDUCING: open orders at the end of the range", .tradingState) { _, r, a in
            a.state = .reducing
            r.position = -10
            r.openBuyLots = .max
        },
        Case("control 13: receive age at the limit", .approved) { _, r, _ in
            r.receiveTimeNs = Fixtures.start - r.limits.receiveAgeMaxNs
        },
        Case("control 13: receive age above the limit", .staleMarketData) { _, r, _ in
            r.receiveTimeNs = Fixtures.start - r.limits.receiveAgeMaxNs - 1
        },
        Case("control 13: venue age at the limit", .approved) { _, r, _ in
            r.venueTimeNs = Fixtures.start - r.limits.venueAgeMaxNs - r.limits.venueSkewMaxNs
        },
        Case("control 13: venue age above the limit", .staleMarketData) { _, r, _ in
            r.venueTimeNs = Fixtures.start - r.limits.venueAgeMaxNs - r.limits.venueSkewMaxNs - 1
        },
        Case("control 13: the venue's clock is corrected", .staleMarketData) { _, r, a in
            r.venueTimeNs = Fixtures.start - r.limits.venueAgeMaxNs
            a.clockOffsetNs = Int64(r.limits.venueSkewMaxNs) + 1
        },
        Case("control 13: extreme clock offset", .staleMarketData) { _, _, a in
            a.clockOffsetNs = .max
        },
        Case("control 13: record time before the quote", .approved) { _, r, _ in
            r.receiveTimeNs = Fixtures.start + 5
        },
        Case("control 19: HALTED", .tradingState) { _, _, a in a.state = .halted },
        Case("control 19: NOT_READY", .tradingState) { _, _, a in a.state = .notReady },
        Case("control 19: a state without meaning", .tradingState) { _, _, a in
            a.state = TradingState(rawValue: 77)
        },
        Case("control 19: stop requested", .tradingState) { _, _, a in a.isStopping = true },
        Case("sessions: order entry down", .tradingState) { _, _, a in
            a.isOrderSessionUp = false
        },
        Case("sessions: user stream down", .tradingState) { _, _, a in a.isUserStreamUp = false },
        Case("REDUCING: flat", .tradingState) { _, _, a in a.state = .reducing },
        Case("REDUCING: with the position", .tradingState) { _, r, a in
            a.state = .reducing
            r.position = 10
        },
        Case("REDUCING: to exactly flat", .approved) { i, r, a in
            a.state = .reducing
            i.side = .sell
            r.position = 10
        },
        Case("REDUCING: a larger order would flip", .tradingState) { i, r, a in
            a.state = .reducing
            i.side = .sell
            r.position = 9
        },
        Case("REDUCING: open reducing orders count", .tradingState) { i, r, a in
            a.state = .reducing
            i.side = .sell
            r.position = 20
            r.openSellLots = 11
        },
        Case("REDUCING: the flag reduce-only is no bypass", .tradingState) { i, r, a in
            a.state = .reducing
            i.isReduceOnly = 1
            r.position = 10
        },
        Case("REDUCING a short position", .approved) { _, r, a in
            a.state = .reducing
            r.position = -10
        },
    ]

    @Test(arguments: form + sizes + prices + exposure + conditions)
    func `an order gets the verdict of the control it breaks`(_ c: Case) {
        #expect(judge(c) == c.verdict)
    }

    /// Goal: I4 and I10 for any state. Method: random states and orders; what is approved keeps
    /// the limits, computed anew in wide numbers, and in REDUCING never grows or flips.
    @Test(arguments: [UInt64(21), 22, 23])
    func `nothing approved breaks a limit`(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var approved = 0
        for _ in 0..<20_000 {
            var row = Fixtures.row()
            var account = Fixtures.account()
            row.position = Int64(random.below(401)) - 200
            row.openBuyLots = Int64(random.below(150))
            row.openSellLots = Int64(random.below(150))
            account.state = TradingState(rawValue: UInt32(random.below(3)))
            var intent = Fixtures.place(
                side: Side(rawValue: UInt8(random.below(3))),
                price: Int64(9_700 + random.below(600)),
                quantity: Int64(random.below(130)))
            if unsafe RiskStage.evaluate(&intent, &row, &account) != .approved { continue }
            approved += 1
            let quantity = intent.quantity.rawValue
            let worst =
                intent.side == .buy
                ? row.position + row.openBuyLots + quantity
                : row.position - row.openSellLots - quantity
            #expect(
                abs(worst) <= row.limits.positionMax || abs(worst) < abs(row.position),
                "seed \(seed)")
            #expect(quantity * intent.limitPrice.rawValue * 100_000_000 / 10_000 <= 10_000_000_000)
            #expect(abs(intent.limitPrice.rawValue - 10_000) <= 200)
            if account.state == .reducing {
                #expect(abs(worst) < abs(row.position))
                #expect(worst == 0 || (worst > 0) == (row.position > 0))
            }
            #expect(account.state != .halted)
        }
        #expect(approved > 500)
    }

    @Test func `the bucket refills by record time, to its burst and never backwards`() {
        var bucket = TokenBucket(perSecond: 10, burst: 5)
        for _ in 0..<5 { bucket.spend() }
        #expect(!bucket.has(reserve: 0))
        bucket.refill(to: 1)
        #expect(!bucket.has(reserve: 0))
        var other = TokenBucket(perSecond: 10, burst: 5)
        other.refill(to: 1_000)
        for _ in 0..<5 { other.spend() }
        other.refill(to: 100_000_999)
        #expect(!other.has(reserve: 0))
        other.refill(to: 100_001_000)
        #expect(other.has(reserve: 0))
        #expect(!other.has(reserve: 1))
        other.refill(to: 5)
        #expect(!other.has(reserve: 1))
        other.refill(to: .max)
        #expect(other.has(reserve: 4))
        #expect(!other.has(reserve: 5))
    }

    @Test func `limits that cannot pass one order are refused`() {
        let table = Fixtures.table(1)
        func refusal(_ change: (inout InstrumentLimits) -> Void) -> RiskLimitsError? {
            var limits = Fixtures.limits()
            change(&limits)
            do throws(RiskLimitsError) {
                _ = try RiskLimits(account: AccountLimits(), instruments: [limits], table: table)
                return nil
            } catch { return error }
        }
        #expect(refusal { _ in } == nil)
        #expect(refusal { $0.orderQuantityMax = 0 } == nil, "0 forbids on purpose")
        #expect(refusal { $0.orderQuantityMax = 1 } != nil)
        #expect(refusal { $0.positionMax = 99 } != nil)
        #expect(refusal { $0.orderNotionalMaxE8 = 1 } != nil)
        #expect(refusal { $0.collarE4 = -1 } != nil)
        #expect(throws: RiskLimitsError.invalidAccountLimit("cancelReserve")) {
            _ = try RiskLimits(
                account: AccountLimits(messageBurst: 5, cancelReserve: 5),
                instruments: [Fixtures.limits()], table: table)
        }
        #expect(throws: RiskLimitsError.instrumentCount(limits: 0, instruments: 1)) {
            _ = try RiskLimits(account: AccountLimits(), instruments: [], table: table)
        }
    }
}
