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
import Rings
import Telemetry
import Testing

/// Goal: whoever follows orders learns of each one from its sending to its end, in order of
/// sequence, and never holds the gateway up.
@Suite("The gateway's tap of orders")
struct OrderTapTests {
    private final class Tapped {
        let gateway: GatewayHarness
        private var memory: RingMemory<ExecutionReport>
        private var tap: RingConsumer<ExecutionReport>

        init(capacity: Int = 64) throws {
            gateway = try GatewayHarness()
            memory = try RingMemory(capacity: capacity)
            tap = try memory.makeConsumer()
            gateway.stage.orderTap = try memory.makeProducer()
        }

        func drain() -> [ExecutionReport] {
            var result: [ExecutionReport] = []
            while let record = unsafe tap.peek() {
                unsafe result.append(record.pointee)
                tap.release()
            }
            return result
        }

        var watermark: UInt64 { tap.watermark() }
    }

    @Test func `an order's life is told from its sending to its end`() throws {
        let tapped = try Tapped()
        let gateway = tapped.gateway
        var place = Fixtures.place(1)
        place.strategyID = 5
        gateway.send(place)
        gateway.send(Fixtures.report(.accepted, 1, isReply: 1))
        gateway.send(Fixtures.fill(1, trade: 5, quantity: 4, cumulative: 4, feeE8: 3))
        gateway.pass(ms: 1)
        gateway.send(Fixtures.cancel(1, sequence: 9))
        gateway.send(Fixtures.report(.canceled, 1, cumulative: 4))
        let records = tapped.drain()
        #expect(records.map(\.execution) == [.sent, .accepted, .fill, .canceled])
        #expect(records.map(\.orderID) == [1, 1, 1, 1])
        #expect(records.map(\.sequence) == records.map(\.sequence).sorted())
        let sent = records[0]
        #expect(sent.side == .buy)
        #expect(sent.lastPrice.rawValue == 618_002)
        #expect(sent.lastQuantity.rawValue == 10)
        #expect(sent.strategyID == 5)
        #expect(sent.ingressTimeNs == Fixtures.start)
        // Without a clock an order is sent when it was decided on.
        #expect(sent.venueTimeNs == Fixtures.start)
        #expect(records[2].lastQuantity.rawValue == 4)
        #expect(records[3].status == .canceled)
        #expect(records[3].leavesQuantity.rawValue == 0)
        #expect(tapped.watermark == gateway.sequence)
    }

    @Test func `an order that never left is not told as sent`() throws {
        let tapped = try Tapped()
        tapped.gateway.control.lower(to: .halted, because: "a test")
        tapped.gateway.send(Fixtures.place(1))
        #expect(tapped.drain().map(\.execution) == [.rejected])
    }

    @Test func `what is not about an order or a position is left out`() throws {
        let tapped = try Tapped()
        for execution in [Execution.account, .guard, .timer, .funding] {
            tapped.gateway.send(Fixtures.report(execution))
        }
        #expect(tapped.drain().map(\.execution) == [.funding])
    }

    @Test func `the watermark waits for commands that may still come`() throws {
        let tapped = try Tapped()
        let gateway = tapped.gateway
        let before = gateway.sequence
        gateway.reports.advanceWatermark(to: before + 10)
        gateway.commands.advanceWatermark(to: before + 4)
        gateway.run()
        #expect(tapped.watermark == before + 4)
        gateway.commands.advanceWatermark(to: before + 12)
        gateway.run()
        #expect(tapped.watermark == before + 10)
    }

    @Test func `a full tap drops and counts, and the orders go on`() throws {
        let tapped = try Tapped(capacity: 2)
        let gateway = tapped.gateway
        gateway.send(Fixtures.place(1))
        gateway.send(Fixtures.report(.accepted, 1))
        gateway.send(Fixtures.fill(1, trade: 5, quantity: 10, cumulative: 10))
        #expect(gateway.count("order_tap_drops") == 1)
        #expect(gateway.stage.openOrders.isEmpty)
        #expect(tapped.drain().map(\.execution) == [.sent, .accepted])
    }
}
