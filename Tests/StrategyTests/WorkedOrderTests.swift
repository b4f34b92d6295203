//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages
import Rings
import Strategy
import Telemetry
import Testing

@Suite("Orders that are worked")
struct WorkedOrderTests {
    static func harness() throws -> StrategyHarness {
        try StrategyHarness(
            .signalThreshold(Fixtures.threshold(target: .lots(4))), algorithm: .twap)
    }

    @Test func `an order becomes a parent without a price and awaits no verdict`() throws {
        let harness = try Self.harness()
        harness.push(Fixtures.signal(sequence: 1, score: 2))
        harness.push(Fixtures.signal(sequence: 2, score: 2, instrument: 1))
        harness.parentReports.advanceWatermark(to: 1)
        harness.advance(to: 2)
        #expect(harness.stage.poll() == 2)
        let parent = try #require(harness.takeParent())
        #expect(parent.algorithm == .twap)
        #expect(parent.orderID == 101)
        #expect(parent.quantity == QuantityLots(4))
        #expect(parent.type == .market)
        #expect(parent.limitPrice == PriceTicks(0))
        #expect(harness.takeParent()?.instrumentID == 1)
        #expect(harness.take() == nil)
    }

    @Test func `a signal waits until the execution stage has come as far`() throws {
        let harness = try Self.harness()
        harness.push(Fixtures.signal(sequence: 5, score: 2))
        harness.advance(to: 5)
        harness.parentReports.advanceWatermark(to: 3)
        #expect(harness.stage.poll() == 0)
        harness.parentReports.advanceWatermark(to: 4)
        #expect(harness.stage.poll() == 1)
    }

    @Test func `the next order waits for the end of the parent`() throws {
        let harness = try Self.harness()
        harness.push(Fixtures.signal(sequence: 1, score: 2))
        harness.advance(to: 1)
        _ = harness.stage.poll()
        #expect(harness.takeParent() != nil)
        // A report of the same sequence comes behind the signal.
        harness.tell(Fixtures.report(sequence: 1, order: 101, .accepted, .open, position: 9))
        harness.push(Fixtures.signal(sequence: 2, score: 2))
        harness.parentReports.advanceWatermark(to: 1)
        harness.advance(to: 2)
        #expect(harness.stage.poll() == 2)
        #expect(harness.takeParent() == nil)
        harness.tell(Fixtures.report(sequence: 2, order: 101, .expired, .expired, position: 0))
        harness.push(Fixtures.signal(sequence: 3, score: 2))
        harness.parentReports.advanceWatermark(to: 2)
        harness.advance(to: 3)
        #expect(harness.stage.poll() == 2)
        // The position is by the gateway's updates alone: still nothing is held.
        #expect(harness.takeParent()?.quantity == QuantityLots(4))
    }

    @Test func `a signal that turns cancels the parent, age does not`() throws {
        let harness = try Self.harness()
        harness.push(Fixtures.signal(sequence: 1, score: 2))
        harness.advance(to: 1)
        _ = harness.stage.poll()
        _ = harness.takeParent()
        harness.tell(
            Fixtures.report(sequence: 1, order: 101, .accepted, .open, position: 0, leaves: 4))
        // Far beyond the time that an order of its own may rest.
        harness.push(
            Fixtures.signal(sequence: 2, timeNs: 100_000 * Fixtures.millisecond, score: 2))
        harness.push(
            Fixtures.signal(sequence: 3, timeNs: 100_001 * Fixtures.millisecond, score: -2))
        harness.parentReports.advanceWatermark(to: 3)
        harness.advance(to: 3)
        _ = harness.stage.poll()
        let cancel = try #require(harness.takeParent())
        #expect(cancel.kind == .cancel)
        #expect(cancel.orderID == 101)
        #expect(cancel.sequence == 3)
    }

    @Test func `an adopted order is cancelled through risk, for it is no parent`() throws {
        let harness = try Self.harness()
        harness.push(
            Fixtures.report(sequence: 1, order: 42, .adopted, .open, position: 0, leaves: 4))
        harness.push(Fixtures.signal(sequence: 2, score: -2))
        harness.parentReports.advanceWatermark(to: 2)
        harness.advance(to: 2)
        _ = harness.stage.poll()
        let cancel = try #require(harness.take())
        #expect(cancel.kind == .cancel)
        #expect(cancel.orderID == 42)
        #expect(cancel.algorithm == .none)
        #expect(harness.takeParent() == nil)
    }

    @Test func `children and accounts are no orders of the strategy`() throws {
        let harness = try StrategyHarness(.signalThreshold(Fixtures.threshold()))
        harness.push(
            Fixtures.report(sequence: 1, order: 1 << 63 | 5, .fill, .filled, position: 10))
        var account = Fixtures.report(sequence: 1, order: 0, .account, .pending, position: 0)
        account.feeE8 = 5
        harness.push(account)
        harness.push(Fixtures.signal(sequence: 2, score: 2))
        harness.advance(to: 2)
        _ = harness.stage.poll()
        // The child brought the position to its target, and the account left it there.
        #expect(harness.take() == nil)
        #expect(harness.count("foreign_updates") == 0)
    }
}
