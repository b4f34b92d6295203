//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages
import Rings
import Strategy
import Testing

@Suite("Strategy stage")
struct StrategyStageTests {
    static let ioc = StrategyConfiguration.signalThreshold(Fixtures.threshold())
    static let resting = StrategyConfiguration.signalThreshold(Fixtures.threshold(style: .postOnly))

    @Test func `a signal above becomes one complete intent`() throws {
        let harness = try StrategyHarness(Self.ioc)
        harness.push(Fixtures.signal(sequence: 7, score: 2, instrument: 1))
        harness.advance(to: 7)
        #expect(harness.stage.poll() == 1)
        let intent = try #require(harness.take())
        #expect(intent.sequence == 7)
        #expect(intent.ingressTimeNs == 7 * Fixtures.millisecond)
        #expect(intent.orderID == 101)
        #expect(intent.limitPrice == PriceTicks(1_002))
        #expect(intent.quantity == QuantityLots(4))
        #expect(intent.instrumentID == 1)
        #expect(intent.kind == .place)
        #expect(intent.side == .buy)
        #expect(intent.type == .limit)
        #expect(intent.timeInForce == .ioc)
        #expect(intent.isReduceOnly == 0)
        #expect(intent.reason == StrategyReason.scoreAbove.rawValue)
        #expect(harness.take() == nil)
    }

    @Test func `a resting order of an earlier run is worked on, and cancelled when it is too old`()
        throws
    {
        let harness = try StrategyHarness(Self.resting)
        var found = Fixtures.report(
            sequence: 1, order: 55, .adopted, .open, position: 0, leaves: 3)
        found.side = .buy
        harness.push(found)
        var child = found
        child.orderID |= 1 << 63
        harness.push(child)
        // No second order beside it, until its time is over.
        harness.push(Fixtures.signal(sequence: 2, score: 2))
        harness.push(Fixtures.signal(sequence: 102, score: 2))
        harness.advance(to: 102)
        while harness.stage.poll() > 0 {}
        let intent = try #require(harness.take())
        #expect(intent.kind == .cancel)
        #expect(intent.orderID == 55)
        #expect(intent.sequence == 102)
        #expect(harness.take() == nil)
    }

    @Test func `a signal of market data alone becomes nothing but a count`() throws {
        let harness = try StrategyHarness(Self.ioc, dataOnly: [1])
        harness.push(Fixtures.signal(sequence: 1, score: 2, instrument: 1))
        harness.push(Fixtures.signal(sequence: 2, score: 2))
        harness.advance(to: 2)
        #expect(harness.stage.poll() == 2)
        #expect(try #require(harness.take()).instrumentID == 0)
        #expect(harness.take() == nil)
        #expect(harness.count("data_only_signals") == 1)
    }

    @Test func `no further signal is taken before the verdict`() throws {
        let harness = try StrategyHarness(Self.ioc)
        harness.push(Fixtures.signal(sequence: 1, score: 2))
        harness.push(Fixtures.signal(sequence: 2, score: 2, instrument: 1))
        harness.advance(to: 2)
        #expect(harness.stage.poll() == 1)
        let first = try #require(harness.take())
        #expect(harness.stage.poll() == 0)
        #expect(harness.take() == nil)
        harness.answer(first)
        #expect(harness.stage.poll() == 2)
        #expect(try #require(harness.take()).instrumentID == 1)
    }

    @Test func `a refused order leaves no trace but its number and the cooldown`() throws {
        let harness = try StrategyHarness(
            .signalThreshold(Fixtures.threshold(cooldownMs: 2)))
        for sequence in 1...4 {
            harness.push(Fixtures.signal(sequence: UInt64(sequence), score: 2))
        }
        harness.advance(to: 4)
        harness.run { _ in .priceCollar }
        #expect(harness.sent.map(\.sequence) == [1, 3])
        #expect(harness.sent.map(\.id) == [101, 102])
        #expect(harness.count("refused") == 2)
    }

    @Test func `position and working orders follow the reports`() throws {
        let harness = try StrategyHarness(Self.ioc)
        harness.push(Fixtures.signal(sequence: 1, score: 2))
        harness.push(Fixtures.signal(sequence: 2, score: 2))
        harness.push(
            Fixtures.report(
                sequence: 3, order: 101, .fill, .partiallyFilled, position: 1, leaves: 3))
        harness.push(Fixtures.signal(sequence: 4, score: 2))
        harness.push(Fixtures.report(sequence: 5, order: 101, .expired, .expired, position: 1))
        harness.push(Fixtures.signal(sequence: 6, score: 2))
        harness.push(Fixtures.report(sequence: 7, order: 102, .fill, .filled, position: 9))
        harness.push(Fixtures.signal(sequence: 8, score: 2))
        harness.advance(to: 8)
        harness.run()
        #expect(harness.sent.map(\.sequence) == [1, 6, 8])
        // The last one fills up from 9 to the target of 10.
        #expect(harness.sent.map(\.quantity) == [4, 4, 1])
    }

    @Test func `a report of the signal's own sequence is taken before it`() throws {
        let harness = try StrategyHarness(Self.ioc)
        harness.push(Fixtures.signal(sequence: 5, score: 2))
        harness.push(Fixtures.report(sequence: 5, order: 0, .fill, .filled, position: 10))
        harness.advance(to: 5)
        harness.run()
        #expect(harness.sent.isEmpty)
        #expect(harness.count("foreign_updates") == 1)
    }

    @Test func `a signal waits until no earlier report can come`() throws {
        let harness = try StrategyHarness(Self.ioc)
        harness.push(Fixtures.signal(sequence: 5, score: 2))
        harness.signals.advanceWatermark(to: 5)
        harness.updates.advanceWatermark(to: 4)
        #expect(harness.stage.poll() == 0)
        harness.push(Fixtures.report(sequence: 5, order: 0, .fill, .filled, position: 10))
        harness.updates.advanceWatermark(to: 5)
        harness.run()
        #expect(harness.sent.isEmpty)
        #expect(harness.count("signals") == 1)
    }

    @Test func `a report waits until no earlier signal can come`() throws {
        let harness = try StrategyHarness(Self.ioc)
        harness.push(Fixtures.report(sequence: 9, order: 0, .fill, .filled, position: 10))
        harness.updates.advanceWatermark(to: 9)
        harness.signals.advanceWatermark(to: 7)
        #expect(harness.stage.poll() == 0)
        harness.push(Fixtures.signal(sequence: 8, score: 2))
        harness.signals.advanceWatermark(to: 9)
        harness.run()
        #expect(harness.sent.map(\.sequence) == [8])
    }

    @Test func `a resting order is cancelled when the signal turns, and once`() throws {
        let harness = try StrategyHarness(Self.resting)
        harness.push(Fixtures.signal(sequence: 1, score: 2))
        harness.push(Fixtures.signal(sequence: 2, score: -2))
        harness.push(
            Fixtures.report(sequence: 3, order: 101, .accepted, .open, position: 0, leaves: 4))
        harness.push(Fixtures.signal(sequence: 4, score: -2))
        harness.push(Fixtures.signal(sequence: 5, score: -2))
        harness.push(Fixtures.report(sequence: 6, order: 101, .canceled, .canceled, position: 0))
        harness.push(Fixtures.signal(sequence: 7, score: -2))
        harness.advance(to: 7)
        harness.run()
        #expect(
            harness.sent.map(\.description) == [
                "1 place 101 buy 4@1000 score-above", "4 cancel 101 buy 0@0 signal-turned",
                "7 place 102 sell 4@1002 score-below",
            ])
    }

    @Test func `a resting order is cancelled by age in record time`() throws {
        let harness = try StrategyHarness(Self.resting)
        harness.push(Fixtures.signal(sequence: 1, score: 2))
        harness.push(
            Fixtures.report(sequence: 2, order: 101, .accepted, .open, position: 0, leaves: 4))
        harness.push(Fixtures.signal(sequence: 101))
        harness.push(Fixtures.signal(sequence: 102))
        harness.advance(to: 102)
        harness.run()
        #expect(harness.sent.map(\.sequence) == [1, 102])
        #expect(harness.sent.last?.reason == StrategyReason.restedTooLong.rawValue)
    }

    @Test func `a cancel that failed is sent again a second later`() throws {
        let harness = try StrategyHarness(Self.resting)
        harness.push(Fixtures.signal(sequence: 1, score: 2))
        harness.push(
            Fixtures.report(sequence: 2, order: 101, .accepted, .open, position: 0, leaves: 4))
        harness.push(Fixtures.signal(sequence: 3, score: -2))
        harness.push(
            Fixtures.report(sequence: 4, order: 101, .cancelRejected, .open, position: 0, leaves: 4)
        )
        harness.push(Fixtures.signal(sequence: 1_003, score: -2))
        harness.push(Fixtures.signal(sequence: 1_004, score: -2))
        // No answer to the second cancel: the third comes ten seconds later.
        harness.push(Fixtures.signal(sequence: 11_003, score: -2))
        harness.push(Fixtures.signal(sequence: 11_004, score: -2))
        harness.advance(to: 11_004)
        harness.run()
        #expect(harness.sent.map(\.sequence) == [1, 3, 1_004, 11_004])
        #expect(harness.sent.dropFirst().allSatisfy { $0.kind == .cancel && $0.id == 101 })
    }

    @Test func `the probe fills its eight places and no more`() throws {
        let harness = try StrategyHarness(
            .reflex(
                Fixtures.reflex(
                    style: .postOnly, order: .lots(1), positionMax: .lots(100), working: 8)))
        for sequence in 1...20 { harness.push(Fixtures.signal(sequence: UInt64(sequence))) }
        harness.push(Fixtures.report(sequence: 21, order: 103, .rejected, .rejected, position: 0))
        harness.push(Fixtures.signal(sequence: 22))
        harness.advance(to: 22)
        harness.run()
        #expect(harness.sent.count == 9)
        #expect(Set(harness.sent.map(\.id)).count == 9)
        #expect(harness.sent.allSatisfy { $0.side == .buy })
        #expect(harness.sent.last?.sequence == 22)
    }

    @Test func `stale and foreign reports change nothing but the position`() throws {
        let harness = try StrategyHarness(Self.ioc)
        harness.push(Fixtures.report(sequence: 1, order: 55, .fill, .filled, position: 3))
        harness.push(
            Fixtures.report(sequence: 2, order: 1, .fill, .filled, position: 9, instrument: 99))
        for execution in [Execution.session, .clockOffset, .timer] {
            harness.push(Fixtures.report(sequence: 3, order: 0, execution, .pending, position: 77))
        }
        harness.push(
            Fixtures.report(sequence: 4, order: 101, Execution(255), OrderStatus(255), position: 8))
        harness.push(Fixtures.signal(sequence: 5, score: 2))
        harness.push(Fixtures.signal(sequence: 6, score: 2, instrument: 99))
        harness.advance(to: 6)
        harness.run()
        #expect(harness.sent.map(\.quantity) == [2])
        #expect(harness.count("foreign_updates") == 2)
        #expect(harness.count("unknown_instrument") == 2)
    }

    @Test func `a verdict nobody waits for is counted and ignored`() throws {
        let harness = try StrategyHarness(Self.ioc)
        var stray = OrderIntent()
        stray.orderID = 101
        stray.kind = .place
        harness.answer(stray, .positionLimit)
        harness.push(Fixtures.signal(sequence: 1, score: 2))
        harness.advance(to: 1)
        _ = harness.stage.poll()
        let intent = try #require(harness.take())
        // Another kind and another id are not the answer.
        stray.kind = .cancel
        harness.answer(stray, .approved)
        stray.orderID = 999
        stray.kind = .place
        harness.answer(stray, .approved)
        harness.push(Fixtures.signal(sequence: 2, score: 2, instrument: 1))
        harness.advance(to: 2)
        _ = harness.stage.poll()
        #expect(harness.take() == nil)
        #expect(harness.count("stray_verdicts") == 3)
        harness.answer(intent)
        harness.run()
        #expect(harness.sent.map(\.sequence) == [2])
    }

    @Test func `a full intent ring stalls and loses nothing`() throws {
        let harness = try StrategyHarness(
            .reflex(Fixtures.reflex(working: 1)), instruments: 8, intentCapacity: 2)
        for sequence in 1...8 {
            harness.push(
                Fixtures.signal(sequence: UInt64(sequence), instrument: UInt32(sequence - 1)))
        }
        harness.advance(to: 8)
        // Verdicts come while the intents stay unread.
        var expected = OrderIntent()
        expected.kind = .place
        for id: UInt64 in 101...108 {
            expected.orderID = id
            _ = harness.stage.poll()
            if id <= 102 { harness.answer(expected) }
        }
        #expect(harness.count("ring_full") > 0)
        var order: [UInt64] = []
        while let intent = harness.take() { order.append(intent.sequence) }
        #expect(order == [1, 2])
        harness.run()
        #expect(harness.sent.map(\.sequence) == Array(3...8))
    }

    @Test func `an order number is never 0 and ends before it is used twice`() throws {
        let harness = try StrategyHarness(
            .reflex(Fixtures.reflex()), instruments: 4, orderIDBase: .max - 2)
        for sequence in 1...4 {
            harness.push(
                Fixtures.signal(sequence: UInt64(sequence), instrument: UInt32(sequence - 1)))
        }
        harness.advance(to: 4)
        harness.run()
        #expect(harness.sent.map(\.id) == [.max - 1, .max])
        #expect(harness.count("impossible") == 2)
        let first = try StrategyHarness(.reflex(Fixtures.reflex()), orderIDBase: 0)
        first.push(Fixtures.signal())
        first.advance(to: 1)
        first.run()
        #expect(first.sent.map(\.id) == [1])
    }

    @Test func `the watermark of the intents follows the signals`() throws {
        let harness = try StrategyHarness(Self.ioc)
        harness.advance(to: 3)
        _ = harness.stage.poll()
        #expect(harness.intents.watermark() == 3)
        harness.push(Fixtures.signal(sequence: 6, score: 2))
        harness.push(Fixtures.signal(sequence: 8, score: 2))
        harness.advance(to: 9)
        _ = harness.stage.poll()
        #expect(harness.intents.watermark() == 7)
        harness.run()
        #expect(harness.intents.watermark() == 9)
        harness.advance(to: .max)
        harness.run()
        #expect(harness.intents.watermark() == .max)
    }

    @Test func `times that run backwards or to the end of the range trap nothing`() throws {
        let harness = try StrategyHarness(Self.resting)
        harness.push(Fixtures.signal(sequence: 1, timeNs: .max, score: 2))
        harness.push(
            Fixtures.report(sequence: 2, order: 101, .accepted, .open, position: .min, leaves: .max)
        )
        harness.push(Fixtures.signal(sequence: 3, timeNs: 0, score: -2))
        harness.push(Fixtures.signal(sequence: 4, timeNs: .max, score: -2))
        harness.push(
            Fixtures.report(
                sequence: 5, order: 101, .canceled, .canceled, position: .max, leaves: -1))
        harness.push(Fixtures.signal(sequence: 6, timeNs: .max, bid: .max - 1, ask: .max, score: 2))
        harness.advance(to: 6)
        harness.run()
        // At the far time the first cancel has long been without an answer.
        #expect(harness.sent.map(\.sequence) == [1, 3, 4])
    }
}
