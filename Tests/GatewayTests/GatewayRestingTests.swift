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

@Suite("Gateway stage: good till date, batches and rates")
struct GatewayRestingTests {
    private func dated(_ orderID: UInt64, afterS: UInt32) -> OrderIntent {
        var intent = Fixtures.place(orderID, timeInForce: .gtd)
        intent.expiryS = UInt32(Fixtures.start / 1_000_000_000) + afterS
        return intent
    }

    // MARK: - Good till date

    @Test(arguments: [Venue.binanceUSDM, .okx])
    func `an order good till a date rests until then and is cancelled once`(_ venue: Venue) throws {
        let gateway = try GatewayHarness(venue: venue)
        gateway.send(dated(1, afterS: 60))
        let text = try #require(gateway.sent().first)
        #expect(text.contains(venue == .okx ? #""ordType":"limit""# : #""timeInForce":"GTC""#))
        gateway.send(Fixtures.report(.accepted, 1, isReply: 1))
        gateway.pass(ms: 59_999)
        #expect(gateway.sent().isEmpty)
        gateway.pass(ms: 1)
        #expect(gateway.sent().map { $0.contains("cancel") } == [true])
        gateway.send(Fixtures.report(.canceled, 1))
        gateway.pass(ms: 60_000)
        #expect(gateway.sent().isEmpty)
    }

    @Test func `an order whose date has passed, or that has none, never leaves`() throws {
        let gateway = try GatewayHarness()
        gateway.send(dated(1, afterS: 0))
        gateway.send(Fixtures.place(2, timeInForce: .gtd))
        #expect(gateway.sent().isEmpty)
        #expect(gateway.count("refused_expiry") == 2)
        #expect(gateway.count("outbound_mismatch") == 0)
    }

    // MARK: - Batches

    @Test func `OKX's cancels of one walk share messages of twenty`() throws {
        let gateway = try GatewayHarness(venue: .okx)
        for id in 1...45 { gateway.send(Fixtures.place(UInt64(id))) }
        for id in 1...45 { gateway.send(Fixtures.report(.accepted, UInt64(id), isReply: 1)) }
        _ = gateway.sent()
        gateway.control.cancelAll()
        gateway.run()
        let requests = try gateway.sent().map { try OKXRequestText($0) }
        #expect(requests.allSatisfy { $0.operation == "batch-cancel-orders" })
        #expect(requests.map(\.items.count) == [20, 12, 13], "32 in each step")
        let names = requests.flatMap(\.items).compactMap { $0["clOrdId"] }
        #expect(Set(names).count == 45)
        #expect(gateway.count("cancels_sent") == 45)
        #expect(gateway.count("batch_cancels") == 3)
        gateway.send(Fixtures.cancel(1, sequence: 0))
        let single = try gateway.sent().map { try OKXRequestText($0) }
        #expect(single.map(\.operation) == ["cancel-order"], "one alone waits for no other")
    }

    @Test func `a batch that could not be sent is sent again`() throws {
        let gateway = try GatewayHarness(venue: .okx)
        for id in 1...3 { gateway.send(Fixtures.place(UInt64(id))) }
        for id in 1...3 { gateway.send(Fixtures.report(.accepted, UInt64(id), isReply: 1)) }
        _ = gateway.sent()
        gateway.sink.fail(with: -105)
        gateway.control.cancelAll()
        gateway.run()
        gateway.sink.fail(with: 0)
        #expect(gateway.count("cancels_sent") == 0)
        gateway.pass(ms: 499)
        #expect(gateway.sent().isEmpty)
        gateway.pass(ms: 1)
        let requests = try gateway.sent().map { try OKXRequestText($0) }
        #expect(requests.map(\.items.count) == [3])
    }

    // MARK: - Rates

    /// I12 and I9. Field case: a connection that breaks again and again, each time with the cancels
    /// of many orders under way.
    @Test func `cancels are repeated within the venue's budget, first ones are not held`() throws {
        let rate = OrderRate(
            venue: .okx, count: 30, windowNs: 2_000_000_000, isPerInstrument: true)
        let gateway = try GatewayHarness(venue: .okx) { $0.orderRates = [rate] }
        for id in 1...40 {
            gateway.pass(ms: 100)
            gateway.send(Fixtures.place(UInt64(id)))
            gateway.send(Fixtures.report(.accepted, UInt64(id), isReply: 1))
        }
        func cancels() throws -> Int {
            try gateway.sent().map { try OKXRequestText($0).items.count }.reduce(0, +)
        }
        _ = gateway.sent()
        gateway.control.cancelAll()
        gateway.run()
        #expect(try cancels() == 40, "each for the first time")
        for _ in 0..<3 {
            gateway.send(Fixtures.session(1, isUp: false, venue: .okx))
            gateway.send(Fixtures.session(1, isUp: true, venue: .okx))
        }
        #expect(try cancels() == 0)
        gateway.pass(ms: 1_999)
        #expect(try cancels() == 0)
        gateway.pass(ms: 1)
        #expect(try cancels() == 15, "half of the budget")
        gateway.send(Fixtures.place(41))
        _ = gateway.sent()
        gateway.send(Fixtures.cancel(41, sequence: 0))
        #expect(try cancels() == 1, "the other half is for those without one")
        gateway.pass(ms: 2_000)
        #expect(try cancels() == 15)
    }

    /// I12 and I9. Method: places as fast as they come for a minute of record time; no span of two
    /// seconds holds more than the budget, and no cancel is refused.
    @Test func `no window holds more orders than the budget, and cancels are free`() throws {
        let rate = OrderRate(venue: .binanceUSDM, count: 5, windowNs: 2_000_000_000)
        let gateway = try GatewayHarness { $0.orderRates = [rate] }
        var sentAt: [UInt64] = []
        for id in 1...600 {
            gateway.time += 100_000_000
            gateway.send(Fixtures.place(UInt64(id)))
            if gateway.sent().contains(where: { $0.contains("order.place") }) {
                sentAt.append(gateway.time)
            }
            gateway.send(Fixtures.cancel(UInt64(id), sequence: 0))
            #expect(gateway.sent().allSatisfy { $0.contains("order.cancel") })
        }
        #expect(sentAt.count == 150)
        for (index, time) in sentAt.enumerated() where index >= 5 {
            #expect(time - sentAt[index - 5] >= 2_000_000_000)
        }
        #expect(gateway.count("refused_rate") == 450)
    }

    @Test func `OKX's places and changes of each instrument have budgets of their own`() throws {
        let rate = OrderRate(
            venue: .okx, count: 2, windowNs: 2_000_000_000, isPerInstrument: true)
        let gateway = try GatewayHarness(venue: .okx) { $0.orderRates = [rate] }
        for id in 1...3 { gateway.send(Fixtures.place(UInt64(id))) }
        #expect(gateway.count("refused_rate") == 1)
        gateway.send(Fixtures.place(4, instrumentID: 1))
        gateway.send(Fixtures.place(5, instrumentID: 3))
        for quantity in 11...13 {
            gateway.send(Fixtures.modify(1, quantity: Int64(quantity)))
            gateway.send(Fixtures.modified(1, quantity: Int64(quantity)))
        }
        #expect(gateway.count("refused_rate") == 2)
        #expect(gateway.count("orders_sent") == 4)
        #expect(gateway.count("modifies_sent") == 2)
        gateway.pass(ms: 2_000)
        gateway.send(Fixtures.place(6))
        #expect(gateway.count("orders_sent") == 5)
    }

    @Test func `the documented rates stay below the venues' own`() {
        let limits: [Venue: [UInt64: Int]] = [
            .binanceUSDM: [10: 300, 60: 1_200], .binanceCOINM: [10: 300, 60: 1_200],
            .binanceSpot: [10: 50], .okx: [2: 1_000],
        ]
        for rate in OrderRate.documented {
            let seconds = rate.windowNs / 1_000_000_000
            let limit = rate.isPerInstrument ? 60 : limits[rate.venue]?[seconds]
            #expect(rate.count < limit ?? 0)
            #expect(rate.count * 10 >= (limit ?? 0) * 9)
        }
    }
}
