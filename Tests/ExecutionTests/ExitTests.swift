//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Execution
import Messages
import Telemetry
import Testing

@Suite("Exits kept by the engine")
struct ExitTests {
    static let second = ExecutionHarness.second

    static func harness(
        _ exits: ExitParameters?, collarE4: Int64 = 0, state: TradingState = .ready
    ) throws -> ExecutionHarness {
        var configuration = ParentTests.twap
        configuration.exits = exits
        configuration.exitCollarE4 = collarE4
        let harness = try ExecutionHarness(configuration, state: state)
        harness.quote(9_999, 10_001)
        return harness
    }

    /// An order of the strategy's was filled.
    static func fill(
        _ harness: ExecutionHarness, _ side: Side, _ lots: Int64, at price: Int64, position: Int64
    ) {
        var report = ExecutionReport()
        report.execution = .fill
        report.status = .filled
        report.orderID = 5
        report.side = side
        report.lastPrice = PriceTicks(price)
        report.lastQuantity = QuantityLots(lots)
        report.position = QuantityLots(position)
        harness.push(report)
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let exits: ExitParameters
        var side = Side.buy
        /// Mids in order, a second apart; the position was entered at 10,000.
        let mids: [Int64]
        /// Index of the mid that closes it; `nil`: none does.
        let closesAt: Int?
        let reason: ExitReason
        var testDescription: String { name }
    }

    static let off = ExitParameters(stopLossE4: 0, takeProfitE4: 0)
    static func exits(_ change: (inout ExitParameters) -> Void) -> ExitParameters {
        var exits = off
        change(&exits)
        return exits
    }

    static let cases = [
        Case(
            name: "a long is stopped at exactly 1 %", exits: ExitParameters(),
            mids: [9_901, 9_900], closesAt: 1, reason: .stopLoss),
        Case(
            name: "a short is stopped at exactly 1 %", exits: ExitParameters(), side: .sell,
            mids: [10_099, 10_100], closesAt: 1, reason: .stopLoss),
        Case(
            name: "a long takes its profit at exactly 2 %", exits: ExitParameters(),
            mids: [10_199, 10_200], closesAt: 1, reason: .takeProfit),
        Case(
            name: "a short takes its profit at exactly 2 %", exits: ExitParameters(), side: .sell,
            mids: [9_801, 9_800], closesAt: 1, reason: .takeProfit),
        Case(
            name: "a long that came back 1 % from its best is closed",
            exits: exits { $0.trailingE4 = 100 },
            mids: [10_500, 10_396, 10_395], closesAt: 2, reason: .trailing),
        Case(
            name: "a short that came back 1 % from its best is closed",
            exits: exits { $0.trailingE4 = 100 }, side: .sell,
            mids: [9_500, 9_594, 9_595], closesAt: 2, reason: .trailing),
        Case(
            name: "trailing begins at the entry", exits: exits { $0.trailingE4 = 100 },
            mids: [9_901, 9_900], closesAt: 1, reason: .trailing),
        Case(
            name: "a position is closed when its time is over",
            exits: exits { $0.holdingMaxNs = 3 * second },
            mids: [10_000, 10_000, 10_000], closesAt: 2, reason: .holdingTime),
        Case(
            name: "nothing closes it while every limit is off", exits: off,
            mids: [5_000, 20_000], closesAt: nil, reason: .none),
        Case(
            // Bars of a second: ranges 0, 10, 20, 30 (the last with the gap), mean of three 20.
            name: "a range stop waits for its bars and stops two ranges away",
            exits: exits {
                $0.rangeStop = 2
                $0.rangePeriod = 3
                $0.rangeBarNs = second
            },
            mids: [10_010, 9_990, 10_020, 10_020, 9_967, 9_966], closesAt: 4, reason: .rangeStop),
    ]

    @Test(arguments: cases)
    func `a position is closed`(_ c: Case) throws {
        let harness = try Self.harness(c.exits)
        let isLong = c.side == .buy
        Self.fill(harness, c.side, 3, at: 10_000, position: isLong ? 3 : -3)
        var closedAt: Int?
        for (index, mid) in c.mids.enumerated() {
            harness.nowNs += Self.second
            harness.quote(mid - 1, mid + 1)
            let sent = harness.take()
            guard let order = sent.first else { continue }
            closedAt = index
            #expect(sent.count == 1)
            let price = isLong ? mid - 1 : mid + 1
            #expect(order.short == "place 1001 \(isLong ? "sell" : "buy") 3@\(price) ioc reduce")
            #expect(order.reason == c.reason.code)
            break
        }
        #expect(closedAt == c.closesAt)
    }

    @Test func `the entry is the average of what built the position up`() throws {
        let harness = try Self.harness(ExitParameters(takeProfitE4: 0))
        Self.fill(harness, .buy, 1, at: 10_000, position: 1)
        Self.fill(harness, .buy, 3, at: 10_040, position: 4)
        // A sale does not change the average of the rest: 10,030.
        Self.fill(harness, .sell, 2, at: 10_060, position: 2)
        harness.quote(9_929, 9_931)
        #expect(harness.take().isEmpty)
        harness.quote(9_928, 9_930)
        #expect(harness.take().count == 1)
    }

    @Test func `a position that was adopted is watched from the venue's entry`() throws {
        let harness = try Self.harness(ExitParameters())
        var report = ExecutionReport()
        report.execution = .position
        report.lastPrice = PriceTicks(10_000)
        report.position = QuantityLots(2)
        harness.push(report)
        harness.quote(9_000, 9_002)
        // Only compared.
        #expect(harness.take().isEmpty)
        report.tradeID = 1
        harness.push(report)
        #expect(harness.take().map(\.short) == ["place 1001 sell 2@9000 ioc reduce"])
    }

    @Test func `an exit is sent again until nothing is left, one at a time`() throws {
        let harness = try Self.harness(ExitParameters(), collarE4: 50)
        Self.fill(harness, .buy, 10, at: 10_000, position: 10)
        harness.quote(9_800, 9_802)
        let first = harness.take()
        #expect(first.map(\.short) == ["place 1001 sell 10@9751 ioc reduce"])
        harness.wait(Self.second)
        #expect(harness.take().isEmpty)
        harness.push(
            ParentTests.update(
                first[0], .fill, .partiallyFilled, fill: 4, filled: 4, position: 6))
        harness.push(ParentTests.update(first[0], .expired, .expired, filled: 4, position: 6))
        // The price is back: the exit goes on all the same.
        harness.quote(9_999, 10_001)
        harness.wait(Self.second)
        let second = harness.take()
        #expect(second.map(\.quantity.rawValue) == [6])
        harness.push(
            ParentTests.update(second[0], .fill, .filled, fill: 6, filled: 6, position: 0))
        harness.quote(9_800, 9_802)
        harness.wait(Self.second)
        #expect(harness.take().isEmpty)
        #expect(harness.count("exits_stop_loss_total") == 1)
    }

    @Test func `fills that are still to come are not closed a second time`() throws {
        let harness = try Self.harness(ExitParameters())
        Self.fill(harness, .buy, 10, at: 10_000, position: 10)
        harness.quote(9_800, 9_802)
        let first = harness.take()[0]
        // Four lots have traded; their fill is on its way.
        var end = ParentTests.update(first, .expired, .expired, position: 10)
        end.leavesQuantity = QuantityLots(4)
        harness.push(end)
        harness.wait(Self.second)
        #expect(harness.take().map(\.quantity.rawValue) == [6])
    }

    @Test(arguments: [TradingState.ready, .reducing, .halted, .notReady])
    func `exits work in READY and REDUCING`(_ state: TradingState) throws {
        let harness = try Self.harness(ExitParameters(), state: state)
        Self.fill(harness, .buy, 10, at: 10_000, position: 10)
        harness.quote(9_800, 9_802)
        #expect(harness.take().count == (state.rawValue <= TradingState.reducing.rawValue ? 1 : 0))
    }

    @Test func `a refused exit is tried again, at most a second later`() throws {
        let harness = try Self.harness(ExitParameters())
        harness.judge = { _ in .priceCollar }
        Self.fill(harness, .buy, 10, at: 10_000, position: 10)
        harness.quote(9_800, 9_802)
        harness.wait(20 * Self.second)
        let times = harness.take().map { ($0.ingressTimeNs - ExecutionHarness.startNs) / 1_000_000 }
        #expect(times.prefix(6) == [0, 100, 300, 700, 1_500, 2_500])
        #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 <= 1_000 })
    }

    @Test func `an exit ends the parents that would build the position up again`() throws {
        let harness = try Self.harness(ExitParameters())
        harness.start(7, .twap, lots: 12)
        harness.start(8, .twap, .sell, lots: 12, isReduceOnly: true)
        Self.fill(harness, .buy, 10, at: 10_000, position: 10)
        for child in harness.take() { ParentTests.fill(harness, child) }
        Self.fill(harness, .buy, 10, at: 10_000, position: 20)
        harness.quote(9_800, 9_802)
        harness.timer()
        #expect(harness.end(of: 7)?.status == .canceled)
        #expect(harness.end(of: 8) == nil)
    }

    @Test func `a resting target is withdrawn before the stop is sent`() throws {
        let harness = try Self.harness(ExitParameters(targetRests: true))
        Self.fill(harness, .buy, 10, at: 10_000, position: 10)
        let target = harness.take()
        #expect(target.map(\.short) == ["place 1001 sell 10@10200 gtc reduce"])
        harness.push(ParentTests.update(target[0], .accepted, .open, position: 10))
        harness.quote(9_800, 9_802)
        #expect(harness.take().map(\.short) == ["cancel 1001"])
        harness.wait(Self.second)
        #expect(harness.take().isEmpty)
        harness.push(ParentTests.update(target[0], .canceled, .canceled, position: 10))
        #expect(harness.take().map(\.short) == ["place 1002 sell 10@9800 ioc reduce"])
    }

    @Test func `a target follows the position, and ends with it`() throws {
        let harness = try Self.harness(ExitParameters(targetRests: true))
        Self.fill(harness, .sell, 10, at: 10_000, position: -10)
        let first = harness.take()[0]
        #expect(first.short == "place 1001 buy 10@9800 gtc reduce")
        harness.push(ParentTests.update(first, .accepted, .open, position: -10))
        // Another four lots at 9,995: an average of 9,998.57.
        Self.fill(harness, .sell, 4, at: 9_995, position: -14)
        #expect(harness.take().map(\.short) == ["cancel 1001"])
        harness.push(ParentTests.update(first, .canceled, .canceled, position: -14))
        harness.wait(Self.second)
        let second = harness.take()
        #expect(second.map(\.short) == ["place 1002 buy 14@9798 gtc reduce"])
        harness.push(ParentTests.update(second[0], .accepted, .open, position: -14))
        Self.fill(harness, .buy, 14, at: 10_000, position: 0)
        #expect(harness.take().map(\.short) == ["cancel 1002"])
    }

    @Test func `a part of the target that trades leaves the rest in place`() throws {
        let harness = try Self.harness(ExitParameters(targetRests: true))
        Self.fill(harness, .buy, 10, at: 10_000, position: 10)
        let target = harness.take()[0]
        harness.push(ParentTests.update(target, .accepted, .open, position: 10))
        harness.push(
            ParentTests.update(target, .fill, .partiallyFilled, fill: 4, filled: 4, position: 6))
        harness.wait(Self.second)
        #expect(harness.take().isEmpty)
    }

    // MARK: - Flatten

    @Test func `flatten closes all positions, cancels parents and halts when it is flat`() throws {
        let harness = try ExecutionHarness(ParentTests.twap, instruments: 2)
        harness.quote(1_000, 1_002)
        harness.quote(2_000, 2_002, instrument: 1)
        Self.fill(harness, .buy, 10, at: 1_000, position: 10)
        var other = ExecutionReport()
        other.execution = .fill
        other.instrumentID = 1
        other.position = QuantityLots(-3)
        harness.push(other)
        harness.start(7, .twap, lots: 100)
        let child = harness.take()[0]
        let cancels = harness.control.cancelAllEpoch

        harness.control.flatten()
        harness.timer()
        #expect(harness.control.state == .reducing)
        #expect(harness.control.cancelAllEpoch == cancels + 1)
        let exits = harness.take()
        #expect(
            exits.map(\.short) == [
                "place 1002 sell 10@995 ioc reduce", "place 1003 buy 3@2012 ioc reduce",
            ])
        #expect(exits.allSatisfy { $0.reason == ExitReason.flatten.code })
        harness.push(ParentTests.update(child, .expired, .expired, position: 10))
        #expect(harness.end(of: 7)?.status == .canceled)
        harness.push(
            ParentTests.update(exits[0], .fill, .filled, fill: 10, filled: 10, position: 0))
        #expect(harness.control.state == .reducing)
        harness.push(
            ParentTests.update(exits[1], .fill, .filled, fill: 3, filled: 3, position: 0))
        #expect(harness.control.state == .halted)
        #expect(harness.control.haltReason == "flatten")
        #expect(harness.count("flattens_total") == 1)
    }

    @Test func `flatten with nothing held halts at once`() throws {
        let harness = try ExecutionHarness()
        harness.control.flatten()
        harness.timer()
        #expect(harness.control.state == .halted)
        #expect(harness.take().isEmpty)
    }

    @Test func `flatten waits while nothing may be sent, and ends when a person resumes`() throws {
        let harness = try ExecutionHarness(state: .notReady)
        harness.quote(1_000, 1_002)
        Self.fill(harness, .buy, 10, at: 1_000, position: 10)
        harness.control.flatten()
        harness.wait(Self.second)
        #expect(harness.take().isEmpty)
        #expect(harness.control.operatorState == .reducing)
        harness.control.resume()
        harness.control.setEngineState(.ready)
        harness.wait(Self.second)
        #expect(harness.take().isEmpty)
        #expect(harness.control.state == .ready)
    }
}
