//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import Gateway
import Messages
import Testing

@Suite("Gateway stage: facts of cold threads")
struct GatewayFactTests {
    @Test func `figures of the account, funding and guards go on to every reader`() throws {
        let gateway = try GatewayHarness()
        var account = Fixtures.report(.account)
        account.feeE8 = 123_456
        account.lastQuantity = QuantityLots(rawValue: 2_500)
        account.venue = .binanceUSDM
        gateway.send(account)
        var funding = Fixtures.report(.funding)
        funding.feeE8 = -7
        gateway.send(funding)
        var held = Fixtures.report(.guard)
        held.guard = .adoption
        held.isUp = 1
        held.venue = .binanceUSDM
        gateway.send(held)
        #expect(gateway.reported.suffix(3).map(\.execution) == [.account, .funding, .guard])
        #expect(gateway.reported.suffix(3).map(\.feeE8) == [123_456, -7, 0])
        #expect(gateway.reported.last?.guard == .adoption)
        #expect(gateway.differences == 0)
    }

    @Test func `updates name the strategy whose order it is`() throws {
        let gateway = try GatewayHarness()
        var order = Fixtures.place(1)
        order.strategyID = 5
        gateway.send(order)
        gateway.send(Fixtures.report(.accepted, 1, isReply: 1))
        gateway.send(Fixtures.fill(1, trade: 1, quantity: 10))
        var refused = Fixtures.place(2, instrumentID: 77)
        refused.strategyID = 6
        gateway.send(refused)
        gateway.send(Fixtures.fill(0, trade: 2, quantity: 1))
        #expect(gateway.reported.suffix(4).map(\.strategyID) == [5, 5, 6, 0])
        #expect(gateway.differences == 0)
    }
}
