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

@Suite("Execution algorithms")
struct AlgorithmTests {
    static let second = ExecutionHarness.second

    /// Lots of each second of a schedule in which every child is filled.
    static func lots(
        _ configuration: ExecutionConfiguration, _ algorithm: ExecutionAlgorithm, lots: Int64,
        seconds: Int
    ) throws -> [Int64] {
        let harness = try ExecutionHarness(configuration)
        harness.quote(10_000, 10_002)
        harness.start(7, algorithm, lots: lots)
        return (0..<seconds).map { _ in
            let sent = harness.take()
            for child in sent { ParentTests.fill(harness, child) }
            harness.wait(second)
            return sent.reduce(0) { $0 + $1.quantity.rawValue }
        }
    }

    @Test func `vwap follows the volume of the day`() throws {
        var configuration = ExecutionConfiguration()
        configuration.vwap = SliceParameters(
            time: WorkingTime(durationNs: 8 * Self.second), slices: 8)
        // The start lies 80,000 s into its day: parts of a second, twice the volume later on.
        let place = Int(ExecutionHarness.startNs / Self.second % 86_400)
        #expect(place == 80_000)
        var profile = [Double](repeating: 1, count: 1_440)
        profile[place / 60] = 1
        configuration.dayProfile = profile
        #expect(
            try Self.lots(configuration, .vwap, lots: 80, seconds: 9)
                == [10, 10, 10, 10, 10, 10, 10, 10, 0])
        // 80,000 s is 20 s into minute 1,333: a window of 80 s with one part of 40 s.
        profile[place / 60] = 3
        configuration.dayProfile = profile
        configuration.vwap = SliceParameters(
            time: WorkingTime(durationNs: 80 * Self.second), slices: 2)
        let sent = try Self.lots(configuration, .vwap, lots: 160, seconds: 60)
        #expect(sent[0] == 120)
        #expect(sent[40] == 40)
        #expect(sent.reduce(0, +) == 160)
    }

    @Test func `almgren-chriss sends most at first`() throws {
        var configuration = ExecutionConfiguration()
        configuration.almgrenChriss = TrajectoryTests.model(
            slices: 5, seconds: 5, volatility: 0.95, impact: 2.5, permanent: 0.25, aversion: 2)
        let holdings = TrajectoryTests.holdings(configuration.almgrenChriss)
        let sent = try Self.lots(configuration, .almgrenChriss, lots: 1_000, seconds: 6)
        var sums: [Int64] = []
        for lots in sent { sums.append((sums.last ?? 0) + lots) }
        #expect(sums == holdings.dropFirst().map { Int64((1 - $0) * 1_000 + 0.5) } + [1_000])
        #expect(zip(sent, sent.dropFirst()).allSatisfy { $0 >= $1 })
    }

    @Test func `pov keeps its share of what trades, boundaries included`() throws {
        var configuration = ExecutionConfiguration()
        configuration.participation = ShareParameters(
            time: WorkingTime(durationNs: 0), shareE4: 2_000)
        let harness = try ExecutionHarness(configuration)
        harness.quote(1_000, 1_002)
        harness.trade(1_001, lots: 500)
        harness.start(7, .pov, lots: 10)
        // What traded before it does not count.
        #expect(harness.take().isEmpty)
        harness.trade(1_001, lots: 4)
        #expect(harness.take().isEmpty)
        harness.trade(1_001, lots: 1)
        let first = harness.take()
        #expect(first.map(\.quantity.rawValue) == [1])
        harness.trade(1_001, lots: 20)
        let second = harness.take()
        #expect(second.map(\.quantity.rawValue) == [4])
        harness.trade(1_001, lots: 1_000)
        let third = harness.take()
        #expect(third.map(\.quantity.rawValue) == [5])
        for child in first + second + third { ParentTests.fill(harness, child) }
        #expect(harness.end(of: 7)?.status == .filled)
    }

    static func pegged(_ reference: PegReference, offset: Int64) -> ExecutionConfiguration {
        var configuration = ExecutionConfiguration()
        configuration.pegged = PegParameters(
            time: WorkingTime(durationNs: 0), reference: reference, offsetTicks: offset,
            hysteresisTicks: 2, intervalNs: second)
        return configuration
    }

    @Test(arguments: [
        (PegReference.own, Int64(0), Int64(1_000), Int64(1_005)), (.own, 3, 997, 1_008),
        (.mid, 0, 1_002, 1_003), (.mid, 1, 1_001, 1_004), (.opposite, 0, 1_004, 1_001),
    ])
    func `a pegged order stands where its reference says`(
        _ reference: PegReference, _ offset: Int64, _ buy: Int64, _ sell: Int64
    ) throws {
        let harness = try ExecutionHarness(Self.pegged(reference, offset: offset))
        harness.quote(1_000, 1_005)
        harness.start(1, .pegged, .buy, lots: 4)
        harness.start(2, .pegged, .sell, lots: 4)
        #expect(
            harness.take().map(\.short) == [
                "place 1001 buy 4@\(buy) post", "place 1002 sell 4@\(sell) post",
            ])
    }

    @Test func `a pegged order moves by its hysteresis and not before its interval`() throws {
        let harness = try ExecutionHarness(Self.pegged(.own, offset: 0))
        harness.quote(1_000, 1_010)
        harness.start(7, .pegged, lots: 4)
        let child = harness.take()[0]
        harness.push(ParentTests.update(child, .accepted, .open))
        harness.nowNs += Self.second
        harness.quote(1_001, 1_010)
        #expect(harness.take().isEmpty)
        harness.quote(1_002, 1_010)
        #expect(harness.take().map(\.short) == ["modify 1001 buy 4@1002 post"])
        // One move at a time.
        harness.quote(1_004, 1_010)
        harness.wait(2 * Self.second)
        #expect(harness.take().isEmpty)
        var moved = ParentTests.update(child, .modified, .open)
        moved.lastPrice = PriceTicks(1_002)
        harness.push(moved)
        #expect(harness.take().map(\.short) == ["modify 1001 buy 4@1004 post"])
        moved.lastPrice = PriceTicks(1_004)
        harness.push(moved)
        harness.quote(1_006, 1_010)
        #expect(harness.take().isEmpty)
    }

    @Test(arguments: [true, false])
    func `a move that is refused is made by withdrawing and placing anew`(_ byRisk: Bool) throws {
        let harness = try ExecutionHarness(Self.pegged(.own, offset: 0))
        harness.judge = { $0.kind == .modify && byRisk ? .invalidIntent : .approved }
        harness.quote(1_000, 1_010)
        harness.start(7, .pegged, lots: 4)
        let child = harness.take()[0]
        harness.push(ParentTests.update(child, .accepted, .open))
        harness.nowNs += Self.second
        harness.quote(1_002, 1_010)
        #expect(harness.take().map(\.short) == ["modify 1001 buy 4@1002 post"])
        if !byRisk { harness.push(ParentTests.update(child, .modifyRejected, .open)) }
        harness.wait(2 * Self.second)
        #expect(harness.take().map(\.short) == ["cancel 1001"])
        harness.push(ParentTests.update(child, .canceled, .canceled))
        #expect(harness.take().map(\.short) == ["place 1002 buy 4@1002 post"])
    }

    @Test func `a chase follows its best and crosses when that has run too far`() throws {
        var configuration = ExecutionConfiguration()
        configuration.chase = ChaseParameters(
            time: WorkingTime(durationNs: 0), distanceE4: 20, intervalNs: 0)
        let harness = try ExecutionHarness(configuration)
        harness.quote(10_000, 10_004)
        harness.start(7, .chase, lots: 4)
        let child = harness.take()[0]
        #expect(child.short == "place 1001 buy 4@10000 post")
        harness.push(ParentTests.update(child, .accepted, .open))
        harness.quote(10_020, 10_024)
        #expect(harness.take().map(\.short) == ["modify 1001 buy 4@10020 post"])
        var moved = ParentTests.update(child, .modified, .open)
        moved.lastPrice = PriceTicks(10_020)
        harness.push(moved)
        harness.push(ParentTests.update(child, .fill, .partiallyFilled, fill: 1, filled: 1))
        harness.quote(10_021, 10_024)
        #expect(harness.take().map(\.short) == ["cancel 1001"])
        harness.push(ParentTests.update(child, .canceled, .canceled, filled: 1))
        let crossing = harness.take()
        #expect(crossing.map(\.short) == ["place 1002 buy 3@10034 ioc"])
        ParentTests.fill(harness, crossing[0])
        #expect(harness.end(of: 7)?.status == .filled)
    }

    @Test func `a chase crosses at the end of its time`() throws {
        var configuration = ExecutionConfiguration()
        configuration.chase = ChaseParameters(time: WorkingTime(durationNs: Self.second))
        let harness = try ExecutionHarness(configuration)
        harness.quote(10_000, 10_004)
        harness.start(7, .chase, .sell, lots: 4)
        let child = harness.take()[0]
        #expect(child.short == "place 1001 sell 4@10004 post")
        harness.push(ParentTests.update(child, .accepted, .open))
        harness.wait(Self.second)
        harness.push(ParentTests.update(child, .canceled, .canceled))
        #expect(harness.take().map(\.short) == ["cancel 1001", "place 1002 sell 4@9990 ioc"])
    }
}
