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

@Suite("Gateway stage")
struct GatewayStageTests {
    private let open = OrderStatus.open.rawValue
    private let filled = OrderStatus.filled.rawValue
    private let canceled = OrderStatus.canceled.rawValue
    private let rejected = OrderStatus.rejected.rawValue
    private let unknown = OrderStatus.unknown.rawValue

    // MARK: - Lives of orders

    @Test func `an order is sent once, acknowledged, filled and counted`() throws {
        let gateway = try GatewayHarness()
        gateway.send(Fixtures.place(1))
        let texts = gateway.sent()
        #expect(texts.count == 1)
        #expect(texts[0].contains("\"newClientOrderId\":\"apus0000000000000001\""))
        #expect(gateway.stage.openOrders.count == 1)
        #expect(gateway.drain().isEmpty)
        gateway.send(Fixtures.report(.accepted, 1, isReply: 1))
        gateway.send(Fixtures.report(.accepted, 1))
        gateway.send(Fixtures.fill(1, trade: 5, quantity: 4, cumulative: 4, feeE8: 3))
        gateway.send(Fixtures.fill(1, trade: 6, quantity: 6, cumulative: 10, feeE8: 4))
        let updates = gateway.drain()
        #expect(updates.map(\.status) == [open, 4, filled])
        #expect(updates.map(\.leaves) == [10, 6, 0])
        #expect(updates.map(\.position) == [0, 4, 10])
        #expect(gateway.differences == 0)
        #expect(gateway.tapped.count == 2)
        #expect(gateway.stage.openOrders.isEmpty)
        #expect(gateway.stage.ledger(0).feesE8 == 7)
        #expect(gateway.count("orders_sent") == 1)
        #expect(gateway.count("fills") == 2)
    }

    @Test func `a fill before the acknowledgement counts, and a late NEW recreates nothing`()
        throws
    {
        let gateway = try GatewayHarness()
        gateway.send(Fixtures.place(1))
        gateway.send(Fixtures.fill(1, trade: 5, quantity: 10, cumulative: 10))
        gateway.send(Fixtures.report(.accepted, 1))
        gateway.send(Fixtures.report(.accepted, 1, isReply: 1))
        gateway.send(Fixtures.report(.cancelRejected, 1, isReply: 1, venueCode: -2011))
        #expect(gateway.drain().map(\.status) == [filled])
        #expect(gateway.stage.openOrders.isEmpty)
        #expect(gateway.count("late_reports") == 3)
    }

    @Test func `three fills in one packet all count, and each repetition none`() throws {
        let gateway = try GatewayHarness()
        gateway.send(Fixtures.place(1))
        let fills = [
            Fixtures.fill(1, trade: 5, quantity: 2, cumulative: 2),
            Fixtures.fill(1, trade: 6, quantity: 3, cumulative: 5),
            Fixtures.fill(1, trade: 7, quantity: 5, cumulative: 10),
        ]
        gateway.sendPacket(fills)
        gateway.sendPacket(fills.reversed())
        #expect(gateway.drain().map(\.position) == [2, 5, 10])
        #expect(gateway.count("duplicate_fills") == 3)
        #expect(gateway.stage.ledger(0).position == 10)
    }

    @Test func `the same trade id on two instruments is two trades`() throws {
        let gateway = try GatewayHarness()
        gateway.send(Fixtures.place(1))
        gateway.send(Fixtures.place(2, instrumentID: 1))
        gateway.send(Fixtures.fill(1, trade: 5, quantity: 1))
        gateway.send(Fixtures.fill(2, trade: 5, quantity: 1, instrumentID: 1))
        #expect(gateway.stage.ledger(0).position == 1)
        #expect(gateway.stage.ledger(1).position == 1)
    }

    @Test(arguments: 0...9)
    func `a partial fill then a cancel leaves what was filled`(_ part: Int) throws {
        for isFillFirst in [true, false] {
            let gateway = try GatewayHarness()
            gateway.send(Fixtures.place(1))
            let fill = Fixtures.fill(1, trade: 5, quantity: Int64(part), cumulative: Int64(part))
            let cancel = Fixtures.report(
                .canceled, 1, isReply: 1, cumulative: Int64(part))
            if part > 0 && isFillFirst { gateway.send(fill) }
            gateway.send(cancel)
            // What the venue has stated and not yet delivered still counts.
            #expect(gateway.updates.last?.leaves == (isFillFirst ? 0 : Int64(part)))
            if part > 0 && !isFillFirst { gateway.send(fill) }
            #expect(gateway.updates.last?.leaves == 0)
            #expect(gateway.updates.last?.status == canceled)
            #expect(gateway.stage.ledger(0).position == Int64(part))
            #expect(gateway.stage.openOrders.isEmpty)
        }
    }

    /// Goal: I2 and I6 through the stage. Method: every permutation of a life's messages, each for
    /// an order of its own, every message delivered twice.
    @Test func `no order of messages loses a fill or moves a status back`() throws {
        let gateway = try GatewayHarness()
        let kinds = Array(0..<6)
        var id: UInt64 = 0
        for order in permutations(kinds) {
            id += 1
            gateway.send(Fixtures.place(id))
            for kind in order {
                let message: ExecutionReport
                switch kind {
                case 0: message = Fixtures.report(.accepted, id, isReply: 1)
                case 1: message = Fixtures.fill(id, trade: id * 2, quantity: 3, cumulative: 3)
                case 2: message = Fixtures.fill(id, trade: id * 2 + 1, quantity: 2, cumulative: 5)
                case 3: message = Fixtures.report(.canceled, id, isReply: 1, cumulative: 5)
                case 4: message = Fixtures.report(.unknown, id, isReply: 1)
                default: message = Fixtures.report(.cancelRejected, id, isReply: 1)
                }
                gateway.send(message)
                gateway.send(message)
            }
            let updates = gateway.drain().filter { $0.orderID == id }
            #expect(zip(updates, updates.dropFirst()).allSatisfy { $0.status <= $1.status })
            #expect(updates.last?.cumulative == 5)
            #expect(updates.last?.status == canceled)
            #expect(updates.last?.leaves == 0)
            gateway.sink.clear()
        }
        #expect(gateway.stage.ledger(0).position == Int64(id) * 5)
        #expect(gateway.stage.openOrders.isEmpty)
        #expect(gateway.differences == 0)
    }

    @Test func `a fill of nobody's order moves the position and is counted apart`() throws {
        let gateway = try GatewayHarness()
        gateway.send(Fixtures.fill(0, trade: 5, quantity: 4, side: .sell))
        gateway.send(Fixtures.fill(0, trade: 5, quantity: 4, side: .sell))
        gateway.send(Fixtures.fill(99, trade: 6, quantity: 1, side: .sell))
        #expect(gateway.drain().map(\.position) == [-4, -5])
        #expect(gateway.count("external_fills") == 2)
        #expect(gateway.count("duplicate_fills") == 1)
    }

    @Test func `malformed reports are counted and change nothing`() throws {
        let gateway = try GatewayHarness()
        gateway.send(Fixtures.place(1))
        var reports = [
            Fixtures.fill(1, trade: 0, quantity: 1), Fixtures.fill(1, trade: 5, quantity: 0),
            Fixtures.fill(1, trade: 5, quantity: .min),
            Fixtures.fill(1, trade: 5, quantity: 1, price: 0),
            Fixtures.fill(1, trade: 5, quantity: 1, side: .sell),
            Fixtures.fill(0, trade: 5, quantity: 1, instrumentID: .max),
            Fixtures.fill(0, trade: 5, quantity: 1, side: Side(rawValue: 255)),
        ]
        reports.append(Fixtures.report(Execution(rawValue: 255), 1))
        reports.append(Fixtures.report(Execution(rawValue: 0), 1))
        for report in reports { gateway.send(report) }
        #expect(gateway.count("malformed_reports") == UInt64(reports.count))
        #expect(gateway.drain().isEmpty)
        #expect(gateway.stage.ledger(0).position == 0)
        gateway.send(Fixtures.fill(1, trade: 9, quantity: 11))
        #expect(gateway.count("impossible_fills") == 1)
        #expect(gateway.stage.openOrders.count == 1)
    }

    @Test func `an id that lives is never sent again, nor one that has just ended`() throws {
        let gateway = try GatewayHarness()
        gateway.send(Fixtures.place(1))
        gateway.send(Fixtures.place(1))
        #expect(gateway.sent().count == 1)
        #expect(gateway.drain().isEmpty, "a rejection would speak of the living order")
        gateway.send(Fixtures.report(.canceled, 1))
        gateway.send(Fixtures.place(1))
        #expect(gateway.sent().isEmpty)
        #expect(gateway.drain().map(\.status) == [canceled, rejected])
        #expect(gateway.count("refused_identity") == 2)
    }

    @Test func `ended orders are remembered, the oldest of them forgotten for a new one`() throws {
        let gateway = try GatewayHarness { $0.endedOrdersMax = 2 }
        for id in 1...5 {
            gateway.send(Fixtures.place(UInt64(id)))
            gateway.send(Fixtures.report(.canceled, UInt64(id), isReply: 1))
        }
        _ = gateway.drain()
        gateway.send(Fixtures.report(.accepted, 5))
        gateway.send(Fixtures.report(.accepted, 4))
        #expect(gateway.count("late_reports") == 2)
        gateway.send(Fixtures.report(.accepted, 3))
        #expect(gateway.count("foreign_reports") == 1)
        gateway.send(Fixtures.fill(3, trade: 1, quantity: 1))
        #expect(gateway.stage.ledger(0).position == 1)
        gateway.send(Fixtures.place(0))
        #expect(gateway.count("refused_identity") == 1)
    }

    // MARK: - Orders that never left

    @Test func `an order for a closed channel or a lost session never leaves and is rejected`()
        throws
    {
        let gateway = try GatewayHarness()
        unsafe gateway.sink.channel.pointee.isOpen = 0
        gateway.send(Fixtures.place(1))
        unsafe gateway.sink.channel.pointee.isOpen = 1
        gateway.send(Fixtures.session(1, isUp: false))
        gateway.send(Fixtures.place(2))
        gateway.send(Fixtures.session(1, isUp: true))
        gateway.sink.fail(with: -105)
        gateway.send(Fixtures.place(3))
        gateway.sink.fail(with: 0)
        let updates = gateway.drain().filter { $0.orderID != 0 }
        #expect(updates.map(\.orderID) == [1, 2, 3])
        #expect(updates.allSatisfy { $0.status == rejected && $0.leaves == 0 })
        #expect(gateway.sent().isEmpty)
        #expect(gateway.count("refused_session") == 2)
        #expect(gateway.count("refused_write") == 1)
        #expect(gateway.stage.openOrders.isEmpty)
    }

    @Test func `orders that cannot be encoded are rejected and counted`() throws {
        let gateway = try GatewayHarness()
        gateway.send(Fixtures.place(1, instrumentID: 77))
        gateway.send(Fixtures.place(2, side: Side(rawValue: 9)))
        gateway.send(Fixtures.place(3, price: .max, quantity: .max))
        var nonsense = Fixtures.place(4)
        nonsense.kind = IntentKind(rawValue: 255)
        gateway.send(nonsense)
        #expect(gateway.count("refused_encoding") == 2)
        #expect(gateway.count("malformed_commands") == 1)
        #expect(gateway.drain().map(\.orderID) == [1, 2])
    }

    // MARK: - Unknown outcomes

    @Test func `an unanswered place becomes UNKNOWN and is cancelled, not rejected`() throws {
        let gateway = try GatewayHarness()
        gateway.send(Fixtures.place(1))
        _ = gateway.sent()
        gateway.pass(ms: 999)
        #expect(gateway.sent().isEmpty)
        gateway.pass(ms: 1)
        let updates = gateway.drain().filter { $0.orderID == 1 }
        #expect(updates.map(\.status) == [unknown])
        #expect(updates.map(\.leaves) == [10])
        let texts = gateway.sent()
        #expect(texts.count == 1)
        #expect(texts.allSatisfy { $0.contains("order.cancel") })
        #expect(gateway.stage.openOrders.count == 1)
        gateway.send(Fixtures.report(.canceled, 1, isReply: 1))
        #expect(gateway.drain().last?.status == canceled)
        #expect(gateway.count("unknown") == 1)
    }

    @Test func `an order that shows life after a miss needs two new misses`() throws {
        let gateway = try GatewayHarness()
        gateway.send(Fixtures.place(1))
        gateway.send(Fixtures.cancel(1, sequence: 0))
        let miss = Fixtures.report(.cancelRejected, 1, isReply: 1, venueCode: -2011)
        gateway.send(miss)
        gateway.send(Fixtures.report(.accepted, 1))
        gateway.pass(ms: 2_000)
        gateway.send(miss)
        #expect(gateway.stage.openOrders.count == 1)
        #expect(gateway.stage.openOrders.first?.state.status == .open)
    }

    @Test func `what is in flight on a lost session is UNKNOWN and cancelled on return`() throws {
        let gateway = try GatewayHarness()
        gateway.send(Fixtures.place(1))
        gateway.send(Fixtures.place(2))
        gateway.send(Fixtures.report(.accepted, 2, isReply: 1))
        gateway.send(Fixtures.cancel(2, sequence: 0))
        _ = gateway.sent()
        _ = gateway.drain()
        gateway.send(Fixtures.session(1, isUp: false))
        #expect(gateway.drain().filter { $0.orderID != 0 }.map(\.status) == [unknown])
        #expect(gateway.sent().isEmpty)
        gateway.pass(ms: 5_000)
        #expect(gateway.sent().isEmpty)
        gateway.send(Fixtures.session(1, isUp: true))
        let texts = gateway.sent()
        #expect(texts.count == 2)
        #expect(texts.allSatisfy { $0.contains("order.cancel") })
        gateway.send(Fixtures.report(.canceled, 1, isReply: 1))
        gateway.send(Fixtures.report(.canceled, 2, isReply: 1))
        #expect(gateway.stage.openOrders.isEmpty)
    }

    @Test(arguments: [Int32(-1000), -1001, -1006, -1007, -4116])
    func `a code that leaves the outcome open is not a rejection`(_ code: Int32) throws {
        let gateway = try GatewayHarness()
        gateway.send(Fixtures.place(1))
        gateway.send(Fixtures.report(.rejected, 1, isReply: 1, venueCode: code))
        #expect(gateway.drain().map(\.status) == [unknown])
        #expect(gateway.sent().count == 2)
        #expect(gateway.stage.openOrders.count == 1)
    }

    @Test(arguments: [Int32(50_001), 50_004, 50_026, 51_054, 51_149, 51_412, 51_016, 59_999])
    func `a code of OKX that leaves the outcome open is not a rejection`(_ code: Int32) throws {
        let gateway = try GatewayHarness(venue: .okx)
        gateway.send(Fixtures.place(1))
        gateway.send(Fixtures.report(.rejected, 1, isReply: 1, venueCode: code))
        #expect(gateway.drain().map(\.status) == [unknown])
        #expect(gateway.sent().count == 2)
        #expect(gateway.stage.openOrders.count == 1)
    }

    @Test func `an order that was refused and lives all the same is cancelled`() throws {
        let gateway = try GatewayHarness()
        gateway.send(Fixtures.place(1))
        gateway.send(Fixtures.report(.rejected, 1, isReply: 1, venueCode: -2010))
        _ = gateway.sent()
        gateway.send(Fixtures.report(.accepted, 1))
        #expect(gateway.sent().count == 1)
        #expect(gateway.count("contradictions") == 1)
        gateway.send(Fixtures.fill(1, trade: 3, quantity: 2))
        #expect(gateway.stage.ledger(0).position == 2)
        #expect(gateway.drain().map(\.status) == [rejected, rejected])
    }

    @Test func `a refused cancel is tried again until the order has ended`() throws {
        let gateway = try GatewayHarness()
        gateway.send(Fixtures.place(1))
        gateway.send(Fixtures.report(.accepted, 1, isReply: 1))
        gateway.send(Fixtures.cancel(1, sequence: 0))
        _ = gateway.sent()
        gateway.send(Fixtures.report(.cancelRejected, 1, isReply: 1, venueCode: -1021))
        #expect(gateway.sent().isEmpty)
        gateway.pass(ms: 500)
        #expect(gateway.sent().count == 1)
        gateway.pass(ms: 1_000)
        #expect(gateway.sent().count == 1, "its answer never came")
        #expect(gateway.count("cancel_timeouts") == 1)
        gateway.send(Fixtures.report(.canceled, 1, isReply: 1))
        gateway.pass(ms: 10_000)
        #expect(gateway.sent().isEmpty)
    }

    @Test func `after a gap in the user stream every live order is cancelled`() throws {
        let gateway = try GatewayHarness()
        for id in 1...3 { gateway.send(Fixtures.place(UInt64(id))) }
        for id in 1...3 { gateway.send(Fixtures.report(.accepted, UInt64(id), isReply: 1)) }
        _ = gateway.sent()
        gateway.send(Fixtures.session(2, isUp: false))
        #expect(gateway.sent().isEmpty)
        gateway.send(Fixtures.session(2, isUp: true))
        #expect(gateway.sent().count == 3)
        gateway.send(Fixtures.place(4))
        #expect(gateway.sent().count == 1)
    }

    @Test func `numbers beyond the ledger's range halt trading`() throws {
        let gateway = try GatewayHarness()
        gateway.send(
            Fixtures.fill(0, trade: 1, quantity: .max, price: .max))
        #expect(gateway.control.state == .halted)
        #expect(gateway.count("ledger_overflow") == 1)
        #expect(gateway.stage.ledger(0).position == 0)
    }
}
