//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import CTLS
import CTelemetry
import Gateway
import Messages
import Telemetry
import Testing

@Suite("Gateway stage: changes of orders")
struct GatewayModifyTests {
    private let modified = Execution.modified.rawValue
    private let modifyRejected = Execution.modifyRejected.rawValue
    private let restated = Execution.restated.rawValue

    /// A gateway with order 1, 10 lots, accepted.
    private func resting(_ venue: Venue = .binanceUSDM) throws -> GatewayHarness {
        let gateway = try GatewayHarness(venue: venue)
        gateway.send(Fixtures.place(1))
        gateway.send(Fixtures.report(.accepted, 1, isReply: 1))
        _ = gateway.sent()
        _ = gateway.drain()
        return gateway
    }

    @Test func `a change is sent once, and its reply and its push tell it once`() throws {
        let gateway = try resting()
        gateway.send(Fixtures.modify(1, price: 618_005, quantity: 12))
        let texts = gateway.sent()
        #expect(texts.count == 1)
        #expect(texts[0].contains("order.modify"))
        #expect(texts[0].contains(#""quantity":"0.012","price":"61800.5""#))
        #expect(gateway.drain().isEmpty)
        gateway.send(Fixtures.modified(1, price: 618_005, quantity: 12, isReply: 1))
        gateway.send(Fixtures.modified(1, price: 618_005, quantity: 12))
        let updates = gateway.drain()
        #expect(updates.map(\.execution) == [modified])
        #expect(updates.map(\.leaves) == [12])
        #expect(gateway.stage.openOrders.first?.limitPrice.rawValue == 618_005)
        #expect(gateway.count("modifies_sent") == 1)
        #expect(gateway.differences == 0)
    }

    @Test func `OKX's amend names its expiry, and so does a place`() throws {
        let gateway = try resting(.okx)
        gateway.send(Fixtures.modify(1, price: 618_005, quantity: 12))
        gateway.send(Fixtures.place(2))
        gateway.send(Fixtures.cancel(2, sequence: 0))
        let requests = try gateway.sent().map { try OKXRequestText($0) }
        #expect(requests.map(\.operation) == ["amend-order", "order", "cancel-order"])
        let expiry = Fixtures.start / 1_000_000 + 1_000
        #expect(requests.map(\.expiry) == ["\(expiry)", "\(expiry)", nil])
        #expect(requests[0].items.first?["newSz"] == "0.12")
        #expect(requests[0].items.first?["newPx"] == "61800.5")
    }

    @Test func `a new price alone is told, an older change never undoes a newer one`() throws {
        let gateway = try resting()
        gateway.send(Fixtures.modify(1, price: 618_009, quantity: 10))
        gateway.send(Fixtures.modified(1, price: 618_009, quantity: 10, venueTimeNs: 5))
        gateway.send(Fixtures.modify(1, price: 618_007, quantity: 11))
        gateway.send(Fixtures.modified(1, price: 618_007, quantity: 11, venueTimeNs: 6))
        gateway.send(Fixtures.modified(1, price: 618_009, quantity: 10, venueTimeNs: 5))
        #expect(gateway.drain().map(\.execution) == [modified, modified])
        #expect(gateway.stage.openOrders.first?.limitPrice.rawValue == 618_007)
        #expect(gateway.stage.openOrders.first?.state.quantity.rawValue == 11)
        #expect(gateway.count("late_reports") == 1)
    }

    @Test func `fills beyond the old quantity count while the change is under way`() throws {
        let gateway = try resting()
        gateway.send(Fixtures.modify(1, quantity: 15))
        gateway.send(Fixtures.fill(1, trade: 1, quantity: 10, cumulative: 10))
        #expect(gateway.stage.openOrders.count == 1)
        gateway.send(Fixtures.fill(1, trade: 2, quantity: 5, cumulative: 15))
        gateway.send(Fixtures.modified(1, quantity: 15, cumulative: 15, isReply: 1))
        #expect(gateway.drain().last?.status == OrderStatus.filled.rawValue)
        #expect(gateway.stage.ledger(0).position == 15)
        #expect(gateway.stage.openOrders.isEmpty)
    }

    @Test func `a refused change leaves the order as it was, or ended when it has filled`() throws {
        let gateway = try resting()
        gateway.send(Fixtures.modify(1, quantity: 15))
        gateway.send(Fixtures.report(.modifyRejected, 1, isReply: 1, venueCode: -5027))
        var updates = gateway.drain()
        #expect(updates.map(\.execution) == [modifyRejected])
        #expect(updates.map(\.leaves) == [10])
        gateway.send(Fixtures.modify(1, quantity: 15))
        gateway.send(Fixtures.fill(1, trade: 1, quantity: 10, cumulative: 10))
        gateway.send(Fixtures.report(.modifyRejected, 1, isReply: 1, venueCode: -2013))
        updates = gateway.drain()
        #expect(updates.last?.status == OrderStatus.filled.rawValue)
        #expect(gateway.stage.openOrders.isEmpty)
        gateway.send(Fixtures.report(.modifyRejected, 1, isReply: 1))
        #expect(gateway.drain().isEmpty)
    }

    @Test func `an unanswered change, or one in flight on a lost session, is UNKNOWN`() throws {
        for isLost in [true, false] {
            let gateway = try resting()
            gateway.send(Fixtures.modify(1, quantity: 15))
            _ = gateway.sent()
            if isLost {
                gateway.send(Fixtures.session(1, isUp: false))
                gateway.send(Fixtures.session(1, isUp: true))
            } else {
                gateway.pass(ms: 1_000)
            }
            #expect(gateway.count("unknown") == 1)
            let texts = gateway.sent()
            #expect(texts.count == 1)
            #expect(texts.allSatisfy { $0.contains("order.cancel") })
            // What it may have become counts until the end.
            #expect(gateway.stage.openOrders.first?.state.leaves.rawValue == 15)
            gateway.send(Fixtures.report(.canceled, 1, isReply: 1))
            #expect(gateway.stage.openOrders.isEmpty)
        }
    }

    @Test func `what cannot be changed is refused and nothing is sent in its place`() throws {
        let gateway = try resting()
        gateway.send(Fixtures.place(2, type: .market, timeInForce: TimeInForce(rawValue: 0)))
        gateway.send(Fixtures.place(3, timeInForce: .ioc))
        gateway.send(Fixtures.place(4, timeInForce: .fok))
        gateway.send(Fixtures.fill(1, trade: 1, quantity: 4, cumulative: 4))
        _ = gateway.sent()
        _ = gateway.drain()
        let refused = [
            Fixtures.modify(2, quantity: 12), Fixtures.modify(3, quantity: 12),
            Fixtures.modify(4, quantity: 12), Fixtures.modify(99, quantity: 12),
            Fixtures.modify(1, quantity: 4), Fixtures.modify(1, quantity: 12, instrumentID: 1),
            Fixtures.modify(1, quantity: 12, side: .sell),
        ]
        for command in refused { gateway.send(command) }
        #expect(gateway.count("refused_modify") == UInt64(refused.count))
        let updates = gateway.drain()
        #expect(updates.map(\.execution) == refused.map { _ in modifyRejected })
        #expect(updates.map(\.leaves) == [10, 10, 10, 0, 6, 6, 6])
        gateway.send(Fixtures.modify(1, price: 0, quantity: 12))
        #expect(gateway.count("refused_encoding") == 1)
        gateway.send(Fixtures.modify(1, quantity: 12))
        gateway.send(Fixtures.modify(1, quantity: 13))
        #expect(gateway.count("refused_modify") == UInt64(refused.count) + 1, "one at a time")
        #expect(gateway.sent().count == 1)
        gateway.send(Fixtures.cancel(1, sequence: 0))
        gateway.send(Fixtures.report(.modifyRejected, 1, isReply: 1))
        gateway.send(Fixtures.modify(1, quantity: 12))
        #expect(gateway.count("refused_modify") == UInt64(refused.count) + 2, "being cancelled")
    }

    @Test func `a change for a closed channel or after a halt never leaves`() throws {
        let gateway = try resting()
        unsafe gateway.sink.channel.pointee.isOpen = 0
        gateway.send(Fixtures.modify(1, quantity: 12))
        unsafe gateway.sink.channel.pointee.isOpen = 1
        gateway.sink.fail(with: -105)
        gateway.send(Fixtures.modify(1, quantity: 12))
        gateway.sink.fail(with: 0)
        gateway.control.lower(to: .halted, reason: "test")
        gateway.send(Fixtures.modify(1, quantity: 12), run: false)
        _ = gateway.stage.poll()
        gateway.collect()
        #expect(gateway.count("refused_session") == 1)
        #expect(gateway.count("refused_write") == 1)
        #expect(gateway.count("refused_state") + gateway.count("refused_modify") == 1)
        #expect(gateway.stage.openOrders.first?.state.ceiling.rawValue == 10)
        #expect(gateway.sent().allSatisfy { $0.contains("order.cancel") })
        #expect(gateway.drain().filter { $0.execution == modifyRejected }.count == 3)
    }

    /// Goal: I2 and I6 through the stage with a change under way. Method: every permutation of
    /// reply, NEW, two fills, cancel and change, each for an order of its own, every message twice.
    @Test func `no order of messages loses a fill or a change`() throws {
        let gateway = try GatewayHarness { $0.endedOrdersMax = 16 }
        var id: UInt64 = 0
        for order in permutations(Array(0..<6)) {
            id += 1
            gateway.send(Fixtures.place(id))
            gateway.send(Fixtures.modify(id, price: 618_009, quantity: 15))
            for kind in order {
                let message: ExecutionReport
                switch kind {
                case 0: message = Fixtures.report(.accepted, id, isReply: 1)
                case 1: message = Fixtures.fill(id, trade: id * 2, quantity: 9, cumulative: 9)
                case 2: message = Fixtures.fill(id, trade: id * 2 + 1, quantity: 3, cumulative: 12)
                case 3: message = Fixtures.report(.canceled, id, isReply: 1, cumulative: 12)
                case 4: message = Fixtures.modified(id, price: 618_009, quantity: 15)
                default: message = Fixtures.report(.accepted, id)
                }
                gateway.send(message)
                gateway.send(message)
            }
            let updates = gateway.drain().filter { $0.orderID == id }
            #expect(zip(updates, updates.dropFirst()).allSatisfy { $0.status <= $1.status })
            #expect(updates.last?.cumulative == 12)
            #expect(updates.last?.status == OrderStatus.canceled.rawValue)
            #expect(updates.last?.leaves == 0)
            gateway.sink.clear()
        }
        #expect(gateway.stage.ledger(0).position == Int64(id) * 12)
        #expect(gateway.stage.openOrders.isEmpty)
        #expect(gateway.count("contradictions") == 0)
        #expect(gateway.count("impossible_fills") == 0)
    }

    /// Goal: what the venue or another client makes of an order is no answer to our change of it.
    /// Method: each arrives while a change to 13 lots is under way, which the venue carries out
    /// afterwards.
    @Test(arguments: [(Int64(9), Int64(618_000)), (20, 618_005), (13, 618_000), (13, 618_006)])
    func `a change by others leaves ours under way`(quantity: Int64, price: Int64) throws {
        for execution in [Execution.restated, .modified] {
            let gateway = try resting(.okx)
            gateway.send(Fixtures.modify(1, price: 618_005, quantity: 13))
            var other = Fixtures.modified(1, price: price, quantity: quantity, venueTimeNs: 5)
            other.execution = execution
            gateway.send(other)
            var updates = gateway.drain()
            #expect(updates.map(\.execution) == [restated])
            #expect(updates.map(\.leaves) == [max(quantity, 13)])
            let order = try #require(gateway.stage.openOrders.first)
            #expect(order.limitPrice.rawValue == price)
            #expect(order.state.quantity.rawValue == quantity)
            #expect(order.state.asked.rawValue == 13)
            gateway.send(Fixtures.modify(1, quantity: 8))
            #expect(gateway.count("refused_modify") == 1, "one at a time")
            _ = gateway.drain()

            gateway.send(Fixtures.modified(1, price: 618_005, quantity: 13, venueTimeNs: 6))
            updates = gateway.drain()
            #expect(updates.map(\.execution) == [modified])
            #expect(updates.map(\.leaves) == [13])
            gateway.send(Fixtures.fill(1, trade: 1, quantity: 13, cumulative: 13))
            #expect(gateway.drain().last?.status == OrderStatus.filled.rawValue)
            #expect(gateway.count("impossible_fills") == 0)
        }
    }

    @Test func `a change made smaller on its way is the answer when the venue says so`() throws {
        for isReduced in [true, false] {
            let gateway = try resting(.okx)
            gateway.send(Fixtures.modify(1, price: 618_005, quantity: 13))
            var push = Fixtures.modified(1, price: 618_005, quantity: 11)
            push.isReduced = isReduced ? 1 : 0
            gateway.send(push)
            let updates = gateway.drain()
            #expect(updates.map(\.execution) == [isReduced ? modified : restated])
            #expect(updates.map(\.leaves) == [isReduced ? 11 : 13])
            let order = try #require(gateway.stage.openOrders.first)
            #expect(order.modifyDeadlineNs == 0 || !isReduced)
        }
    }

    @Test func `a change to the terms that an order has is answered`() throws {
        let gateway = try resting()
        let order = try #require(gateway.stage.openOrders.first)
        let price = order.limitPrice.rawValue
        gateway.send(Fixtures.modify(1, price: price, quantity: 10))
        for _ in 0..<2 {
            gateway.send(Fixtures.modified(1, price: price, quantity: 10, isReply: 1))
        }
        #expect(gateway.drain().map(\.execution) == [modified])
        #expect(gateway.count("late_reports") == 1)
    }

    @Test func `without a change of ours every change is one by others`() throws {
        let gateway = try resting()
        gateway.send(Fixtures.modified(1, price: 618_009, quantity: 8))
        #expect(gateway.drain().map(\.execution) == [restated])
        #expect(gateway.stage.openOrders.first?.state.ceiling.rawValue == 8)
    }

    @Test func `a place and its change in flight together become UNKNOWN once`() throws {
        let gateway = try GatewayHarness()
        gateway.send(Fixtures.place(1))
        gateway.pass(ms: 300)
        gateway.send(Fixtures.modify(1, quantity: 12))
        _ = gateway.sent()
        gateway.pass(ms: 700)
        #expect(gateway.count("unknown") == 1)
        #expect(gateway.sent().count == 1)
        gateway.pass(ms: 300)
        #expect(gateway.count("unknown") == 1)
    }

    @Test func `a change of an order that had filled, by another hand, is cancelled`() throws {
        let gateway = try resting()
        gateway.send(Fixtures.fill(1, trade: 1, quantity: 10, cumulative: 10))
        _ = gateway.drain()
        gateway.send(Fixtures.modified(1, quantity: 20, cumulative: 10))
        #expect(gateway.count("contradictions") == 1)
        #expect(gateway.sent().count == 1)
        gateway.send(Fixtures.fill(1, trade: 2, quantity: 5, cumulative: 15))
        #expect(gateway.stage.ledger(0).position == 15, "what fills all the same counts")
        gateway.send(Fixtures.modified(1, quantity: 0))
        #expect(gateway.count("malformed_reports") == 1)
    }
}

@Suite("Changes as they leave")
struct ModifyReadBackTests {
    /// Control 27 for changes: any other field than the approved one is noticed.
    @Test func `a change read back differs from every other`() throws {
        var configuration = Fixtures.configuration()
        for isAuthenticated in [false, true] {
            configuration.isSessionAuthenticated = isAuthenticated
            var encoder = try BinanceModifyEncoder(
                configuration: configuration, instruments: Fixtures.table())
            let length = encoder.encode(
                orderID: 0xAB, instrumentID: 1, side: .sell, price: PriceTicks(rawValue: 7),
                quantity: QuantityLots(rawValue: 3), timeMs: 1_702_555_533_821)
            #expect(length > 0)
            func isModify(
                _ orderID: UInt64 = 0xAB, _ id: UInt32 = 1, _ side: Side = .sell,
                _ price: Int64 = 7, _ quantity: Int64 = 3
            ) -> Bool {
                encoder.isModify(
                    orderID: orderID, instrumentID: id, side: side,
                    price: PriceTicks(rawValue: price), quantity: QuantityLots(rawValue: quantity))
            }
            #expect(isModify())
            #expect(!isModify(0xAC))
            #expect(!isModify(0xAB, 0))
            #expect(!isModify(0xAB, 1, .buy))
            #expect(!isModify(0xAB, 1, .none))
            #expect(!isModify(0xAB, 1, .sell, 8))
            #expect(!isModify(0xAB, 1, .sell, 7, 4))
        }
    }
}
