//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import CTelemetry
import Gateway
import Messages
import Telemetry
import Testing

@Suite("Gateway stage: adoption and reconciliation")
struct GatewayAdoptionTests {
    private func adopted(
        _ orderID: UInt64, total: Int64 = 10, executed: Int64 = 0, side: Side = .sell,
        price: Int64 = 618_002, instrumentID: UInt32 = 0
    ) -> ExecutionReport {
        var report = Fixtures.report(
            .adopted, orderID, instrumentID: instrumentID, cumulative: executed)
        report.lastPrice = PriceTicks(rawValue: price)
        report.lastQuantity = QuantityLots(rawValue: total)
        report.side = side
        report.venueOrderID = 77
        return report
    }

    private func position(
        _ lots: Int64, price: Int64 = 100, isStart: Bool, timeNs: UInt64 = 0,
        instrumentID: UInt32 = 0
    ) -> ExecutionReport {
        var report = Fixtures.report(.position, instrumentID: instrumentID)
        report.position = QuantityLots(rawValue: lots)
        report.lastPrice = PriceTicks(rawValue: price)
        report.tradeID = isStart ? 1 : 0
        report.venueTimeNs = timeNs
        return report
    }

    private func fill(
        _ orderID: UInt64, _ trade: UInt64, _ quantity: Int64, at timeNs: UInt64,
        side: Side = .buy
    ) -> ExecutionReport {
        var report = Fixtures.fill(orderID, trade: trade, quantity: quantity, side: side)
        report.venueTimeNs = timeNs
        return report
    }

    // MARK: - Orders

    @Test func `an order of an earlier run is adopted and cancelled, or kept by policy`() throws {
        for isKept in [false, true] {
            let gateway = try GatewayHarness { $0.isAdoptedKept = isKept }
            gateway.send(adopted(9, executed: 4))
            let texts = gateway.sent()
            #expect(texts.count == 1)
            #expect(texts.allSatisfy { $0.contains("apus0000000000000009") })
            #expect(texts.allSatisfy { $0.contains(isKept ? "order.status" : "order.cancel") })
            let updates = gateway.drain()
            #expect(updates.map(\.execution) == [Execution.adopted.rawValue])
            #expect(updates.map(\.status) == [OrderStatus.partiallyFilled.rawValue])
            #expect(updates.map(\.leaves) == [6])
            gateway.send(fill(9, 1, 6, at: 0, side: .sell))
            #expect(gateway.drain().last?.status == OrderStatus.filled.rawValue)
            #expect(gateway.stage.ledger(0).position == -6)
            #expect(gateway.stage.openOrders.isEmpty)
            #expect(gateway.count("adopted_orders") == 1)
        }
    }

    @Test func `an adopted order can be changed and its cancel is repeated until it ends`() throws {
        let kept = try GatewayHarness { $0.isAdoptedKept = true }
        kept.send(adopted(9))
        _ = kept.sent()
        kept.send(Fixtures.modify(9, quantity: 12, side: .sell))
        #expect(kept.sent().map { $0.contains("order.modify") } == [true])
        kept.send(adopted(10, price: 0))
        kept.send(Fixtures.modify(10, quantity: 12, side: .sell))
        #expect(kept.count("refused_modify") == 1, "it has no price")
        let gateway = try GatewayHarness(areSessionsUp: false)
        gateway.send(adopted(9))
        #expect(gateway.sent().isEmpty)
        gateway.pass(ms: 500)
        gateway.send(Fixtures.session(1, isUp: true))
        #expect(gateway.sent().count == 1)
        gateway.pass(ms: 1_000)
        #expect(gateway.sent().count == 1)
    }

    /// Field case: the venue cancels an order after the list was read, and the push is there before
    /// the list is taken in.
    @Test func `an adopted order that has ended meanwhile is asked for, and ends`() throws {
        let gateway = try GatewayHarness { $0.isAdoptedKept = true }
        gateway.send(Fixtures.report(.canceled, 9))
        gateway.send(adopted(9))
        #expect(gateway.stage.openOrders.map(\.orderID) == [9])
        #expect(gateway.sent().map { $0.contains("order.status") } == [true])
        gateway.send(Fixtures.report(.canceled, 9, isReply: 1))
        #expect(gateway.stage.openOrders.isEmpty)
        gateway.pass(ms: 10_000)
        #expect(gateway.sent().isEmpty)
    }

    @Test func `an order listed twice, or held already, is one order`() throws {
        let gateway = try GatewayHarness { $0.isAdoptedKept = true }
        gateway.send(adopted(9))
        gateway.send(adopted(9))
        #expect(gateway.stage.openOrders.count == 1)
        gateway.send(Fixtures.place(1))
        gateway.send(adopted(1, side: .buy))
        #expect(gateway.stage.openOrders.last?.state.status == .open, "that it is listed is life")
        gateway.send(Fixtures.report(.canceled, 1))
        gateway.send(adopted(1, side: .buy))
        #expect(gateway.stage.openOrders.map(\.orderID) == [9])
    }

    @Test func `an open order of another client is told, and its fills move the position`() throws {
        let gateway = try GatewayHarness()
        gateway.send(adopted(0))
        #expect(gateway.reported.last?.execution == .adopted)
        #expect(gateway.sent().isEmpty)
        #expect(gateway.stage.openOrders.isEmpty)
        gateway.send(fill(0, 1, 3, at: 0, side: .sell))
        #expect(gateway.stage.ledger(0).position == -3)
        #expect(gateway.count("external_orders") == 1)
    }

    @Test func `an order that finds no room is cancelled all the same`() throws {
        let gateway = try GatewayHarness { $0.liveOrdersMax = 1 }
        gateway.send(adopted(8))
        _ = gateway.sent()
        gateway.send(adopted(9))
        #expect(gateway.sent().map { $0.contains("apus0000000000000009") } == [true])
        #expect(gateway.count("adoption_overflow") == 1)
    }

    @Test func `orders and positions that cannot be are refused and counted`() throws {
        let gateway = try GatewayHarness()
        var reports = [
            adopted(9, total: 0), adopted(9, total: 4, executed: 4), adopted(9, executed: -1),
            adopted(9, side: .none), adopted(9, side: Side(rawValue: 7)), adopted(9, price: -1),
            adopted(9, instrumentID: 99), position(1, price: 0, isStart: true),
            position(.min, isStart: true), position(.max, price: .max, isStart: true),
            position(1, isStart: false, instrumentID: 99), position(.min, isStart: false),
            Fixtures.report(.funding, instrumentID: 99),
        ]
        for tradeID in [UInt64(2), 3] {
            reports.append(position(1, isStart: false))
            reports[reports.count - 1].tradeID = tradeID
        }
        for report in reports { gateway.send(report) }
        #expect(gateway.count("malformed_reports") == UInt64(reports.count))
        #expect(gateway.drain().isEmpty)
        #expect(gateway.stage.openOrders.isEmpty)
        #expect(gateway.stage.ledger(0).position == 0)
    }

    // MARK: - Positions

    @Test func `a child of an earlier run is cancelled even where orders are kept`() throws {
        let gateway = try GatewayHarness { $0.isAdoptedKept = true }
        gateway.send(adopted(9 | 1 << 63, executed: 4))
        #expect(gateway.sent().filter { $0.contains("order.cancel") }.count == 1)
    }

    @Test func `the position at start is taken over with its price`() throws {
        let gateway = try GatewayHarness()
        gateway.send(position(-4, price: 200, isStart: true))
        #expect(gateway.updates.last?.position == -4)
        gateway.send(Fixtures.fill(0, trade: 1, quantity: 4, price: 150))
        let value = Int128(Fixtures.instrument().tickLotValueE12)
        #expect(gateway.stage.ledger(0).realisedE12 == 200 * value)
        #expect(gateway.stage.fifoRealisedE12(0) == 200 * value)
        gateway.send(position(0, price: 0, isStart: true))
        #expect(gateway.stage.ledger(0).realisedE12 == 0)
        #expect(gateway.count("adopted_positions") == 2)
    }

    /// Goal: I2 across adoption. Method: fills before and behind the position's moment, told before
    /// and after it, each twice; every one counts once, in every order.
    @Test func `every fill is in the position once, whenever it comes`() throws {
        let messages = [
            position(5, isStart: true, timeNs: 100), fill(0, 1, 2, at: 99), fill(0, 2, 3, at: 100),
            fill(0, 3, 7, at: 101), fill(0, 4, 1, at: 250, side: .sell),
        ]
        for first in messages.indices {
            for isReversed in [false, true] {
                let gateway = try GatewayHarness()
                var order = Array(messages[first...] + messages[..<first])
                if isReversed { order.reverse() }
                for message in order {
                    gateway.send(message)
                    if message.execution == .fill { gateway.send(message) }
                }
                #expect(gateway.stage.ledger(0).position == 11)
                #expect(gateway.count("duplicate_fills") == 4)
            }
        }
    }

    @Test func `a cost between ticks is taken over to its last digit`() throws {
        let gateway = try GatewayHarness()
        var report = position(3, price: 333, isStart: true)
        report.feeE8 = 100_000_001
        gateway.send(report)
        #expect(gateway.stage.ledger(0).costE12 == 1_000_000_010_000)
        report.feeE8 = -1
        gateway.send(report)
        #expect(gateway.stage.ledger(0).costE12 == 1_000_000_010_000)
        #expect(gateway.count("malformed_reports") == 1)
    }

    /// As above, with the latest trade instead of a time.
    @Test func `the trade that a position tells divides the fills`() throws {
        for isFirst in [false, true] {
            let gateway = try GatewayHarness()
            var start = position(5, isStart: true)
            start.venueOrderID = 7
            if isFirst { gateway.send(start) }
            for trade in [UInt64(6), 8, 7, 8] { gateway.send(fill(0, trade, 2, at: 100)) }
            if !isFirst { gateway.send(start) }
            #expect(gateway.stage.ledger(0).position == 7)
        }
    }

    /// Field case: restart beside liquidations, whose trades the venue numbers below zero.
    @Test func `a trade out of order that the position tells counts no more, others count`()
        throws
    {
        let (known, early, late) = (UInt64.max - 7_000, UInt64.max - 7_001, UInt64.max - 7_002)
        for isFirst in [false, true] {
            let gateway = try GatewayHarness()
            var told = position(0, isStart: false)
            told.tradeID = 2
            told.venueOrderID = known
            var start = position(5, isStart: true)
            start.venueOrderID = 7
            if !isFirst { for trade in [known, early] { gateway.send(fill(0, trade, 2, at: 50)) } }
            gateway.send(told)
            gateway.send(start)
            for trade in [known, early, late] { gateway.send(fill(0, trade, 2, at: 50)) }
            #expect(gateway.stage.ledger(0).position == 9)
            #expect(gateway.count("trades_taken_over") == 1)
        }
    }

    /// Field case: a start that takes longer than the trades it asks for reach back.
    @Test func `a trade out of order from before the trades that were asked for counts no more`()
        throws
    {
        for lastTrade in [UInt64(0), 7] {
            let gateway = try GatewayHarness()
            for (trade, timeNs) in [(UInt64.max - 1, UInt64(99)), (UInt64.max - 2, 101)] {
                gateway.send(fill(0, trade, 2, at: timeNs))
            }
            var start = position(5, isStart: true, timeNs: 100)
            start.venueOrderID = lastTrade
            gateway.send(start)
            #expect(gateway.stage.ledger(0).position == 7)
        }
    }

    @Test func `a fill of an adopted order that the position holds changes nothing`() throws {
        let gateway = try GatewayHarness { $0.isAdoptedKept = true }
        gateway.send(position(4, isStart: true, timeNs: 100))
        gateway.send(adopted(9, executed: 4, side: .buy))
        gateway.send(fill(9, 1, 4, at: 90))
        #expect(gateway.count("fills_before_adoption") == 1)
        #expect(gateway.stage.openOrders.first?.state.cumulative.rawValue == 4)
        gateway.send(fill(9, 2, 6, at: 110))
        #expect(gateway.stage.ledger(0).position == 10)
        #expect(gateway.stage.openOrders.isEmpty)
    }

    @Test func `a difference that stays is a mismatch, one that passes is none`() throws {
        let gateway = try GatewayHarness()
        func guards() -> [UInt8] {
            defer { _ = gateway.drain() }
            let count = gateway.updates.count
            return gateway.reported.suffix(count).filter { $0.execution == .guard }.map(\.isUp)
        }
        _ = gateway.drain()
        gateway.send(position(0, isStart: false))
        #expect(guards() == [1])
        #expect(gateway.reported.last?.guard == .reconciliation)
        #expect(gateway.reported.last?.venue == .binanceUSDM)
        #expect(gateway.reported.last?.tradeID == 1)
        // A fill under way: the venue knows it first.
        gateway.send(position(3, isStart: false))
        gateway.pass(ms: 5_000)
        gateway.send(Fixtures.fill(0, trade: 1, quantity: 3))
        gateway.send(position(3, isStart: false))
        #expect(guards() == [1])
        // Another one each time.
        for lots in [Int64(4), 5, 6] {
            gateway.pass(ms: 5_000)
            gateway.send(position(lots, isStart: false))
        }
        #expect(guards() == [])
        gateway.pass(ms: 1_999)
        gateway.send(position(6, isStart: false))
        #expect(guards() == [])
        gateway.pass(ms: 1)
        gateway.send(position(6, isStart: false))
        #expect(guards() == [0])
        #expect(gateway.count("position_mismatch") == 1)
        // Each of the others was counted, the one found again too soon as well.
        #expect(gateway.count("position_differences") == 5)
        gateway.send(Fixtures.fill(0, trade: 2, quantity: 3))
        gateway.send(position(6, isStart: false))
        #expect(guards() == [1])
        #expect(gateway.differences == 0)
    }

    @Test func `funding adds up and is shown beside both profits`() throws {
        let gateway = try GatewayHarness()
        var funding = Fixtures.report(.funding)
        for paid in [Int64(12), -5, 1] {
            funding.feeE8 = paid
            gateway.send(funding)
        }
        gateway.send(Fixtures.fill(0, trade: 1, quantity: 1, price: 100))
        gateway.send(Fixtures.fill(0, trade: 2, quantity: 1, price: 300))
        gateway.send(Fixtures.fill(0, trade: 3, quantity: 1, price: 400, side: .sell))
        let row = unsafe gateway.telemetry.instrument(0)
        #expect(unsafe row.pointee.fundingE8 == 8)
        let value = Fixtures.instrument().tickLotValueE12
        #expect(unsafe row.pointee.fifoRealisedE8 == 300 * value / 10_000)
        #expect(unsafe row.pointee.realisedE8 == 200 * value / 10_000)
        funding.feeE8 = .max
        gateway.send(funding)
        #expect(gateway.control.state == .halted)
    }
}
