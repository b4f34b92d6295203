//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Messages
import Quality
import Testing

/// Cases worked out by hand. The mid is (bid + ask) / 2 in ticks; one tick and lot is 0.0001.
@Suite("Execution quality, by hand")
struct CaseTests {
    @Test func `a passive fill earns half the spread and costs nothing`() {
        let desk = Desk()
        desk.quote(0, 1_000, 1_002)
        desk.send(1, 1, .buy, 10, at: 1_000)
        desk.accept(2, 1)
        desk.fill(400, 1, 10, at: 1_000, fee: -7, maker: true)
        let row = desk.row
        // Bought at 1000 with the mid at 1001, and the ask at 1002.
        #expect(row.slippageDecisionE8 == money(-10))
        #expect(row.slippageArrivalE8 == money(-10))
        #expect(row.slippageTouchE8 == money(-20))
        #expect(abs(Double(bitPattern: row.slippageDecisionBits) + 1e4 / 1_001) < 1e-9)
        #expect(row.partsOfShortfall == [0, money(-10), 0, -7])
        #expect(row.shortfallE8 == money(-10) - 7)
        #expect(row.partsOfProfit == [money(10), 0, 0, 7, 0])
        #expect(row.profitE8 == money(10) + 7)
        #expect(row.makerShare == 1)
        #expect(row.fillRatio == 1)
        #expect(row.restingFills == 1)
        #expect(row.restingMaxNs == 399_000_000)
        #expect(row.ordersFilled == 1)
    }

    /// Decided at mid 1001, sent at mid 1003, filled at 1005 with the mid at 1004.
    @Test func `an aggressive fill pays delay, spread and the way of the mid`() {
        let desk = Desk()
        desk.quote(0, 1_000, 1_002)
        desk.send(2, 1, .buy, 10, at: 1_006)
        desk.quote(1.5, 1_002, 1_004)  // Came before the order was out.
        desk.quote(3, 1_003, 1_005)
        desk.fill(4, 1, 10, at: 1_005, fee: 500)
        let row = desk.row
        #expect(row.slippageDecisionE8 == money(40))
        #expect(row.slippageArrivalE8 == money(20))
        #expect(row.slippageTouchE8 == money(10))
        #expect(row.partsOfShortfall == [money(20), money(20), 0, 500])
        #expect(row.shortfallE8 == money(40) + 500)
        // Spread: 1004 - 1005. Latency: 1001 - 1003, which the position would have gained.
        #expect(row.partsOfProfit == [money(-10), money(20), money(-20), -500, 0])
        #expect(row.profitE8 == money(-10) - 500)
        #expect(row.makerShare == 0)
        #expect(row.restingFills == 0)
    }

    @Test func `what is cancelled after a partial fill misses the move of the mid`() {
        let desk = Desk()
        desk.quote(0, 1_000, 1_002)
        desk.send(1, 1, .sell, 10, at: 1_002)
        desk.accept(2, 1)
        desk.fill(10, 1, 4, at: 1_002, fee: 3, maker: true)
        desk.quote(20, 995, 997)  // Mid 996, five ticks lower: six lots were not sold.
        desk.end(30, 1, .canceled)
        let row = desk.row
        #expect(row.partsOfShortfall == [0, money(-4), money(30), 3])
        #expect(row.shortfallE8 == money(26) + 3)
        #expect(abs(Double(bitPattern: row.shortfallBits) - 1e4 * 260_003 / 100_100_000) < 1e-9)
        #expect(row.fillRatio == 0.4)
        #expect(row.ordersCanceled == 1)
        #expect(row.ordersFilled == 0)
        // Sold 4 at 1002: one tick of spread, then the mid falls by five.
        #expect(row.partsOfProfit == [money(4), money(20), 0, -3, 0])
        #expect(desk.orders.count == 1)
        #expect(desk.orders[0].status == .canceled)
    }

    @Test func `a position that flips keeps its profit whole`() {
        let desk = Desk()
        desk.quote(0, 1_000, 1_002)
        desk.send(1, 1, .buy, 5, at: 1_002)
        desk.fill(2, 1, 5, at: 1_002)
        desk.quote(3, 1_010, 1_012)
        desk.send(4, 2, .sell, 8, at: 1_010)
        desk.fill(5, 2, 8, at: 1_010)
        desk.quote(6, 1_004, 1_006)
        let row = desk.row
        // Spread: 5 x -1 and 8 x -1. Inventory: 5 lots up ten, then -3 lots down six.
        #expect(row.partsOfProfit == [money(-13), money(68), 0, 0, 0])
        // Realised 5 x (1010 - 1002), unrealised 3 x (1010 - 1005).
        #expect(row.profitE8 == money(40) + money(15))
    }

    @Test func `fees and funding are taken from profit, each under its name`() {
        let desk = Desk()
        desk.quote(0, 1_000, 1_002)
        desk.send(1, 1, .buy, 2, at: 1_002)
        desk.fill(2, 1, 1, at: 1_002, fee: 111)
        desk.fill(3, 1, 1, at: 1_002, fee: -11)
        desk.fund(4, 40)
        desk.fund(5, -15)
        #expect(desk.row.partsOfProfit == [money(-2), 0, 0, -100, -25])
        #expect(desk.row.profitE8 == money(-2) - 125)
        #expect(desk.row.shortfallFeesE8 == 100)
    }

    @Test func `funding is shared by position and nothing of it is lost`() {
        let desk = Desk()
        desk.quote(0, 1_000, 1_002)
        for (strategy, lots) in [(UInt8(0), Int64(1)), (3, 1), (5, 1)] {
            let id = UInt64(strategy) + 1
            desk.send(1, id, .buy, lots, at: 1_002, strategy: strategy)
            desk.fill(2, id, lots, at: 1_002)
        }
        desk.fund(3, 100)
        let shares = desk.tracker.rows.dropFirst().map(\.profitFundingE8)
        #expect(shares == [-33, -33, -34])
        #expect(desk.total.profitFundingE8 == -100)
        #expect(desk.tracker.rows.dropFirst().map(\.strategyID) == [0, 3, 5])
    }

    @Test func `an order that is refused is counted, and what it would have traded is missed`() {
        let desk = Desk()
        desk.quote(0, 1_000, 1_002)
        desk.send(1, 1, .buy, 10, at: 1_002)
        desk.quote(2, 1_001, 1_003)
        desk.end(3, 1, .rejected)
        #expect(desk.row.ordersRejected == 1)
        #expect(desk.row.partsOfShortfall == [0, 0, money(10), 0])
        #expect(desk.row.fillRatio == 0)
        #expect(desk.row.makerShare.isNaN)
    }

    @Test func `an immediate order that finds nothing has expired`() {
        let desk = Desk()
        desk.quote(0, 1_000, 1_002)
        desk.send(1, 1, .sell, 10, at: 1_000)
        desk.end(3, 1, .expired)
        #expect(desk.row.ordersExpired == 1)
        #expect(desk.row.shortfallE8 == 0)
    }

    @Test func `a fill behind the end of its order corrects what was counted`() {
        let desk = Desk()
        desk.quote(0, 1_000, 1_002)
        desk.send(1, 1, .buy, 10, at: 1_002)
        desk.quote(2, 1_010, 1_012)
        desk.end(3, 1, .canceled)
        #expect(desk.row.partsOfShortfall == [0, 0, money(100), 0])
        desk.fill(4, 1, 4, at: 1_002, fee: 9, status: .canceled)
        #expect(desk.row.partsOfShortfall == [0, money(4), money(60), 9])
        #expect(desk.row.ordersCanceled == 1)
        #expect(desk.orders.map(\.revision) == [0, 1])
    }

    @Test func `an order stays open while the venue owes it a fill`() {
        let desk = Desk()
        desk.quote(0, 1_000, 1_002)
        desk.send(1, 1, .buy, 10, at: 1_002)
        desk.end(3, 1, .canceled, owed: 4)
        #expect(desk.row.ordersCanceled == 0)
        #expect(desk.orders.isEmpty)
        desk.fill(4, 1, 4, at: 1_002, status: .canceled)
        #expect(desk.row.ordersCanceled == 1)
        #expect(desk.orders.map(\.revision) == [0])
    }

    @Test func `a new quantity counts in place of the old one`() {
        let desk = Desk()
        desk.quote(0, 1_000, 1_002)
        desk.send(1, 1, .buy, 10, at: 1_000)
        desk.modify(2, 1, quantity: 4, at: 1_001)
        desk.fill(3, 1, 4, at: 1_001, maker: true)
        #expect(desk.row.lotsPlaced == 4)
        #expect(desk.row.fillRatio == 1)
        #expect(desk.orders.map(\.limitPrice) == [1_001])
    }

    @Test func `a fill of no order of ours moves profit and is no strategy's`() {
        let desk = Desk()
        desk.quote(0, 1_000, 1_002)
        desk.fill(1, 0, 3, at: 1_000, side: .sell)
        desk.quote(2, 990, 992)
        #expect(desk.row.strategyID == UInt64(QualityTracker.noStrategy))
        #expect(desk.row.profitE8 == money(-3) + money(30))
        #expect(desk.row.slippageDecisionE8 == 0)
        #expect(Double(bitPattern: desk.row.slippageDecisionBits).isNaN)
        #expect(desk.tracker.losses == QualityLosses())
    }

    @Test func `a position taken over counts from its entry price`() {
        let desk = Desk()
        desk.adopt(0, -5, at: 1_000)
        desk.quote(1, 989, 991)
        #expect(desk.row.profitE8 == money(50))
        #expect(desk.row.fills == 0)
        desk.send(2, 1, .buy, 5, at: 991)
        desk.fill(3, 1, 5, at: 991)
        #expect(desk.tracker.losses.positions == 0)
        #expect(desk.total.profitE8 == money(45))
    }

    @Test func `an order without a mid at its decision is not judged`() {
        let desk = Desk()
        desk.quote(0, 1_000, 1_002, isValid: false)
        desk.send(1, 1, .buy, 10, at: 1_002)
        desk.fill(2, 1, 10, at: 1_002, fee: 5)
        desk.quote(3, 1_009, 1_011)
        #expect(desk.row.withoutReference == 1)
        #expect(desk.row.slippageDecisionE8 == 0)
        #expect(desk.row.shortfallE8 == 0)
        // Profit counts all the same, from the price of the fill on.
        #expect(desk.row.profitE8 == money(80) - 5)
    }

    @Test func `the total weighs instruments by value, not by lots`() {
        // A lot of the second one is worth a hundred times as much.
        let desk = Desk(values: [100_000_000, 10_000_000_000])
        desk.quote(0, 1_000, 1_002)
        desk.quote(1, 1_000, 1_002, on: 1)
        desk.send(2, 1, .buy, 100, at: 1_002)
        desk.fill(3, 1, 100, at: 1_001)
        desk.send(4, 2, .buy, 3, at: 1_000, on: 1)
        desk.fill(5, 2, 1, at: 1_001, maker: true, on: 1)
        #expect(desk.total.fillRatio == 0.5)
        #expect(desk.total.makerShare == 0.5)
        #expect(desk.total.fills == 2)
        #expect(desk.total.ordersPlaced == 2)
        #expect(desk.total.lotsPlaced == 0)
        #expect(desk.total.tradedE8 == 2 * money(100_100))
    }
}
