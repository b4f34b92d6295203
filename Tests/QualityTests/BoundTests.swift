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

@Suite("What a tracker cannot take")
struct BoundTests {
    @Test func `orders beyond the bound are left out and counted, ended ones make room`() {
        let desk = Desk(ordersMax: 2)
        desk.quote(0, 1_000, 1_002)
        for id in 1...3 { desk.send(1, UInt64(id), .buy, 1, at: 1_000) }
        #expect(desk.tracker.losses.orders == 1)
        desk.end(2, 3, .canceled)
        #expect(desk.tracker.losses.reports == 1)
        desk.end(3, 1, .canceled)
        desk.send(4, 4, .buy, 1, at: 1_000)
        #expect(desk.tracker.losses.orders == 1)
        #expect(desk.row.ordersPlaced == 3)
    }

    @Test func `a fill of an order that is not followed counts without a decision`() {
        let desk = Desk(ordersMax: 1)
        desk.quote(0, 1_000, 1_002)
        desk.send(1, 1, .buy, 1, at: 1_000)
        desk.send(1, 2, .buy, 1, at: 1_000, strategy: 5)
        desk.fill(2, 2, 1, at: 1_002)
        let row = desk.tracker.rows[2]
        #expect(row.strategyID == 5)
        #expect(row.fills == 1)
        #expect(row.slippageDecisionE8 == 0)
        #expect(row.profitE8 == money(-1))
    }

    @Test func `records that cannot be are refused and counted`() {
        let desk = Desk()
        desk.quote(0, 1_000, 1_002)
        desk.send(1, 1, .buy, 1, at: 1_000)
        desk.send(1, 1, .buy, 1, at: 1_000)  // The same id.
        desk.send(1, 2, .none, 1, at: 1_000)
        desk.send(1, 3, .buy, 0, at: 1_000)
        desk.send(1, 4, .buy, .max, at: 1_000)
        desk.send(1, 5, .buy, 1, at: 1_000, on: 9)
        desk.fill(2, 1, 1, at: 0)
        desk.fill(2, 1, -1, at: 5)
        desk.fill(2, 1, 1, at: .max)
        desk.fill(2, 1, 1, at: 5, on: 7)
        desk.fund(2, 5, on: 7)
        #expect(desk.tracker.losses.malformed == 10)
        #expect(desk.row.ordersPlaced == 1)
        #expect(desk.total.fills == 0)
    }

    @Test func `a position that is not the sum of the fills is noticed`() {
        let desk = Desk()
        desk.quote(0, 1_000, 1_002)
        var report = desk.report(1, 0, .fill, on: 0)
        report.tradeID = 1
        report.side = .buy
        report.lastPrice = PriceTicks(rawValue: 1_000)
        report.lastQuantity = QuantityLots(rawValue: 2)
        report.position = QuantityLots(rawValue: 3)
        desk.take(report)
        #expect(desk.tracker.losses.positions == 1)
    }

    @Test func `the largest prices and quantities neither wrap nor trap`() {
        let desk = Desk(values: [.max])
        let most: Int64 = 1 << 45
        desk.quote(0, most, most)
        desk.send(1, 1, .buy, most, at: most)
        desk.fill(2, 1, most, at: most, fee: .max)
        desk.fund(3, .max)
        desk.quote(4, 1, 1)
        #expect(desk.row.profitInventoryE8 == .min)
        #expect(desk.row.profitFeesE8 == -.max)
        #expect(desk.total.tradedE8 == .max)
    }

    @Test func `memory does not grow with orders and fills that are over`() {
        let desk = Desk(ordersMax: 8, endedMax: 4, fillsWaitingMax: 16)
        desk.quote(0, 1_000, 1_002)
        for id in UInt64(1)...10_000 {
            let ms = Double(id) * 100
            desk.send(ms, id, .buy, 1, at: 1_002)
            desk.fill(ms + 1, id, 1, at: 1_002)
        }
        #expect(desk.tracker.losses.orders == 0)
        #expect(desk.row.ordersFilled == 10_000)
        #expect(desk.tracker.losses.markouts == 10_000 - 16)
    }
}
