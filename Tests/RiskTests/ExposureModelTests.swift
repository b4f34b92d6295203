//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import CTelemetry
import Messages
import Risk
import SeededRandom
import Testing

/// Goal: I4 and the running sums at every event. Method: random orders, changes, cancels, fills and
/// outcomes in any order against a plain model that sums everything anew.
@Suite("Exposure against a model")
struct ExposureModelTests {
    struct Order {
        var id: UInt64
        var instrumentID: Int
        var side: Side
        var price: Int64
        var total: Int64
        var filled: Int64 = 0
        var changes: [(price: Int64, total: Int64)] = []

        /// The most that may still trade, whichever of the changes the venue has taken.
        var worst: Int64 { max(total, changes.map(\.total).max() ?? 0) - filled }
        var prices: [Int64] { [price] + changes.map(\.price) }
    }

    @Test(arguments: [UInt64(61), 62, 63, 64])
    func `what is counted is never less than the model's worst case`(_ seed: UInt64) throws {
        var account = AccountLimits(
            openOrdersMax: 200, messagesPerSecond: 100_000, messageBurst: 100_000,
            cancelReserve: 0)
        account.startEquityE8 = 25_000_000_000
        let risk = try RiskHarness(account: account)
        risk.prepare()
        var random = SplitMix64(seed: seed)
        var orders: [Order] = []
        var positions: [Int64] = [0, 0]
        var approvedChanges = 0
        for step in 1...4_000 {
            risk.time += UInt64(random.below(3)) * 10_000_000
            let index = orders.isEmpty ? nil : Int(random.below(orders.count))
            switch (random.below(10), index) {
            case (0...2, _), (_, nil):
                let order = Order(
                    id: UInt64(step), instrumentID: Int(random.below(2)),
                    side: random.below(2) == 0 ? .buy : .sell, price: 0,
                    total: 5 + Int64(random.below(60)))
                let away = 10 + Int64(random.below(90))
                let price = order.side == .buy ? 10_000 - away : 10_000 + away
                risk.send(
                    Fixtures.place(
                        order.id, side: order.side, price: price, quantity: order.total,
                        instrumentID: UInt32(order.instrumentID)))
                if risk.newVerdicts() == [0] {
                    orders.append(order)
                    orders[orders.count - 1].price = price
                }
            case (3...4, let index?):
                let order = orders[index]
                let away = 10 + Int64(random.below(90))
                let price = order.side == .buy ? 10_000 - away : 10_000 + away
                let total = order.filled + 1 + Int64(random.below(80))
                risk.modify(
                    order.id, side: order.side, price: price, quantity: total,
                    instrumentID: UInt32(order.instrumentID))
                if risk.newVerdicts() == [0] {
                    approvedChanges += 1
                    orders[index].changes.append((price, total))
                }
            case (5...6, let index?):
                answer(risk, &orders, index, positions, isTaken: random.below(3) > 0)
            case (7...8, let index?):
                let left = orders[index].total - orders[index].filled
                if left < 1 { continue }
                let lots = 1 + Int64(random.below(Int(left)))
                orders[index].filled += lots
                let id = orders[index].instrumentID
                positions[id] += orders[index].side == .buy ? lots : -lots
                let leaves = left - lots
                risk.fill(
                    orders[index].id, orders[index].side, price: orders[index].price,
                    quantity: lots, leaves: leaves, position: positions[id],
                    instrumentID: UInt32(id))
                if leaves == 0 { orders.remove(at: index) }
            case (_, let index?):
                risk.update(
                    orders[index].id, .canceled, .canceled, leaves: 0,
                    position: positions[orders[index].instrumentID],
                    instrumentID: UInt32(orders[index].instrumentID))
                orders.remove(at: index)
            }
            if step % 50 == 0 {
                for id in 0..<2 as Range<UInt32> { risk.quoteAll(id) }
                risk.mid(9_900 + Int64(random.below(200)), UInt32(random.below(2)))
                for id in 0..<2 as Range<UInt32> { risk.mid(10_000, id) }
            }
            risk.run()
            check(risk, orders, positions, "seed \(seed), step \(step)")
        }
        #expect(approvedChanges > 100)
    }

    /// The venue answers the oldest change of an order.
    private func answer(
        _ risk: RiskHarness, _ orders: inout [Order], _ index: Int, _ positions: [Int64],
        isTaken: Bool
    ) {
        if orders[index].changes.isEmpty { return }
        let change = orders[index].changes.removeFirst()
        let isFit = isTaken && change.total > orders[index].filled
        if isFit {
            orders[index].total = change.total
            orders[index].price = change.price
        }
        let order = orders[index]
        var report = ExecutionReport()
        report.orderID = order.id
        report.execution = isFit ? .modified : .modifyRejected
        report.status = .open
        report.instrumentID = UInt32(order.instrumentID)
        report.lastPrice = PriceTicks(rawValue: order.price)
        report.lastQuantity = QuantityLots(rawValue: order.total)
        report.leavesQuantity = QuantityLots(rawValue: order.total - order.filled)
        report.position = QuantityLots(rawValue: positions[order.instrumentID])
        risk.update(report)
    }

    private func check(
        _ risk: RiskHarness, _ orders: [Order], _ positions: [Int64], _ place: String
    ) {
        var exposureE12: Int128 = 0
        for id in 0..<2 {
            let row = risk.stage.instrument(UInt32(id))
            let mine = orders.filter { $0.instrumentID == id }
            for side in [Side.buy, .sell] {
                let ofSide = mine.filter { $0.side == side }
                let worst = ofSide.reduce(0) { $0 + $1.worst }
                let counted = side == .buy ? row.openBuyLots : row.openSellLots
                #expect(counted >= worst, "\(place)")
                let prices = ofSide.flatMap(\.prices)
                let own = side == .buy ? row.ownBid : row.ownAsk
                let best = (side == .buy ? prices.max() : prices.min()) ?? 0
                #expect(OwnPrice.covers(own, best, side), "\(place)")
                if ofSide.allSatisfy({ $0.changes.isEmpty }) {
                    #expect(counted == worst, "\(place)")
                    #expect(own == best, "\(place)")
                }
            }
            #expect(row.position == positions[id], "\(place)")
            #expect(row.openOrders == mine.count, "\(place)")
            let long = abs(row.position + row.openBuyLots)
            let short = abs(row.position - row.openSellLots)
            #expect(max(long, short) <= row.limits.positionMax, "\(place)")
            exposureE12 += Int128(max(long, short)) * Int128(row.lotValueE12)
        }
        #expect(risk.account.exposureE12 == exposureE12, "\(place)")
        #expect(risk.stage.openOrderCount == orders.count, "\(place)")
    }

    private enum OwnPrice {
        /// Whether `own` keeps everything away that `best` would.
        static func covers(_ own: Int64, _ best: Int64, _ side: Side) -> Bool {
            if best == 0 { return true }
            return own != 0 && (side == .buy ? own >= best : own <= best)
        }
    }
}
