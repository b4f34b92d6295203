//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import SeededRandom
import CTelemetry
import Gateway
import Messages
import Rings
import Telemetry
import Testing

@Suite("Gateway stage: operators, full rings, order of events")
struct GatewayOperatorTests {
    @Test func `after a halt no new order leaves and every resting order is cancelled once`()
        throws
    {
        let gateway = try GatewayHarness()
        for id in 1...100 { gateway.send(Fixtures.place(UInt64(id))) }
        for id in 1...100 { gateway.send(Fixtures.report(.accepted, UInt64(id), isReply: 1)) }
        _ = gateway.sent()
        gateway.control.lower(to: .halted, reason: "test")
        gateway.send(Fixtures.place(101))
        gateway.run()
        let texts = gateway.sent()
        #expect(texts.count == 100)
        #expect(texts.allSatisfy { $0.contains("order.cancel") })
        #expect(Set(texts).count == 100)
        gateway.run()
        #expect(gateway.sent().isEmpty)
        #expect(gateway.count("refused_state") == 1)
        gateway.send(Fixtures.cancel(1, sequence: 0))
        #expect(gateway.sent().count == 1, "a cancel passes in any state")
    }

    @Test func `a request to cancel all spares the orders that come after it`() throws {
        let gateway = try GatewayHarness()
        for id in 1...200 { gateway.send(Fixtures.place(UInt64(id))) }
        for id in 1...200 { gateway.send(Fixtures.report(.accepted, UInt64(id), isReply: 1)) }
        _ = gateway.sent()
        gateway.control.cancelAll()
        let work = gateway.stage.poll()
        #expect(work <= 96, "a bounded number in each poll")
        gateway.run()
        #expect(gateway.sent().count == 200)
        gateway.send(Fixtures.place(201))
        gateway.send(Fixtures.report(.accepted, 201, isReply: 1))
        gateway.run()
        #expect(gateway.sent().count == 1)
        for id in 1...200 { gateway.send(Fixtures.report(.canceled, UInt64(id), isReply: 1)) }
        #expect(gateway.stage.openOrders.map(\.orderID) == [201])
        gateway.control.cancelAll()
        gateway.run()
        #expect(gateway.sent().count == 1)
    }

    @Test func `a cancel for an order that is not held is sent all the same`() throws {
        let gateway = try GatewayHarness()
        gateway.send(Fixtures.cancel(4_711, sequence: 0, instrumentID: 1))
        #expect(gateway.sent().count == 1)
        gateway.send(Fixtures.cancel(4_711, sequence: 0, instrumentID: 99))
        #expect(gateway.count("cancels_moot") == 1)
    }

    @Test func `full update rings stall the gateway and lose nothing`() throws {
        let gateway = try GatewayHarness(updateCapacity: 2, areSessionsUp: false)
        gateway.send(Fixtures.session(1, isUp: true))
        for id in 1...40 { gateway.send(Fixtures.place(UInt64(id)), run: false) }
        for id in 1...40 {
            gateway.send(Fixtures.report(.accepted, UInt64(id), isReply: 1), run: false)
        }
        for _ in 0..<10 { _ = gateway.stage.poll() }
        #expect(gateway.count("stalls") > 0)
        gateway.run()
        #expect(gateway.drain().filter { $0.orderID != 0 }.map(\.orderID) == Array(1...40))
        #expect(gateway.differences == 0)
    }

    @Test func `a session lost with many orders in flight tells of each through a small ring`()
        throws
    {
        let gateway = try GatewayHarness(updateCapacity: 4, areSessionsUp: false)
        gateway.send(Fixtures.session(1, isUp: true))
        for id in 1...90 { gateway.send(Fixtures.place(UInt64(id))) }
        _ = gateway.drain()
        gateway.send(Fixtures.session(1, isUp: false), run: false)
        gateway.send(Fixtures.report(.accepted, 90, isReply: 1), run: false)
        gateway.run()
        let updates = gateway.drain().filter { $0.orderID != 0 }
        #expect(updates.map(\.orderID) == Array(1...90) + [90])
        #expect(updates.last?.status == OrderStatus.open.rawValue)
        #expect(zip(updates, updates.dropFirst()).allSatisfy { $0.sequence <= $1.sequence })
    }

    @Test func `a report waits for the commands that come before it`() throws {
        let gateway = try GatewayHarness()
        let first = gateway.sequence + 1
        gateway.put(Fixtures.report(.accepted, 1, isReply: 1), sequence: first + 1)
        gateway.reports.advanceWatermark(to: first + 1)
        gateway.run()
        #expect(gateway.drain().isEmpty)
        gateway.put(Fixtures.place(1), sequence: first)
        gateway.commands.advanceWatermark(to: first)
        gateway.run()
        #expect(gateway.drain().map(\.status) == [OrderStatus.open.rawValue])
    }

    @Test func `a command waits for the reports that come before it`() throws {
        let gateway = try GatewayHarness()
        let first = gateway.sequence + 1
        gateway.put(Fixtures.place(1), sequence: first)
        gateway.commands.advanceWatermark(to: first)
        gateway.run()
        #expect(gateway.sent().isEmpty)
        gateway.reports.advanceWatermark(to: first)
        gateway.run()
        #expect(gateway.sent().count == 1)
    }

    @Test func `updates reach as far as the reports, less what waits`() throws {
        let gateway = try GatewayHarness()
        let first = gateway.sequence + 1
        gateway.reports.advanceWatermark(to: first)
        gateway.run()
        #expect(gateway.riskUpdates.watermark() == first)
        gateway.put(Fixtures.report(.timer), sequence: first + 5)
        gateway.reports.advanceWatermark(to: first + 5)
        gateway.run()
        #expect(gateway.riskUpdates.watermark() == first + 4)
        #expect(gateway.strategyUpdates.watermark() == first + 4)
    }

    /// Goal: the outcome does not depend on how polls fall. Method: one seeded life of orders,
    /// delivered in different batches with watermarks that lag differently; updates and the bytes
    /// sent must be the same.
    @Test(arguments: [UInt64(1), 2, 3])
    func `any batching gives the same updates and the same bytes`(_ seed: UInt64) throws {
        let reference = try play(seed: seed, batch: 1)
        for batch in [2, 3, 7, 50, 1_000] {
            let other = try play(seed: seed, batch: batch)
            #expect(other.updates == reference.updates, "seed \(seed), batch \(batch)")
            #expect(other.bytes == reference.bytes, "seed \(seed), batch \(batch)")
        }
        #expect(reference.bytes.count > 1_000)
    }

    private func play(seed: UInt64, batch: Int) throws -> (updates: [Update], bytes: [UInt8]) {
        let gateway = try GatewayHarness()
        var random = SplitMix64(seed: seed)
        var nextID: UInt64 = 1
        var trade: UInt64 = 1
        for step in 1...400 {
            gateway.time += UInt64(random.below(200)) * 1_000_000
            let id = UInt64(random.below(Int(nextID)) + 1)
            switch random.below(10) {
            case 0, 1, 2:
                gateway.send(Fixtures.place(nextID), run: false)
                nextID += 1
            case 3: gateway.send(Fixtures.cancel(id, sequence: 0), run: false)
            case 4: gateway.send(Fixtures.report(.accepted, id, isReply: 1), run: false)
            case 5:
                gateway.send(Fixtures.fill(id, trade: trade, quantity: 3), run: false)
                trade += UInt64(random.below(2))
            case 6: gateway.send(Fixtures.report(.canceled, id), run: false)
            case 7:
                gateway.send(
                    Fixtures.report(.cancelRejected, id, isReply: 1, venueCode: -2011), run: false)
            case 8: gateway.send(Fixtures.report(.timer), run: false)
            default:
                let isUp = random.below(3) > 0
                gateway.send(
                    Fixtures.session(UInt8(random.below(2) + 1), isUp: isUp), run: false)
            }
            if step % batch == 0 { gateway.run() }
        }
        gateway.run()
        #expect(gateway.differences == 0)
        return (gateway.drain(), gateway.sink.bytes)
    }

    @Test func `dry orders leave no trace`() throws {
        let gateway = try GatewayHarness()
        gateway.send(Fixtures.place(1))
        gateway.stage.warmUp(count: 50)
        gateway.send(Fixtures.place(2))
        let other = try GatewayHarness()
        other.send(Fixtures.place(1))
        other.send(Fixtures.place(2))
        #expect(gateway.sink.bytes == other.sink.bytes)
        #expect(gateway.sink.frameCount == 2)
    }
}
