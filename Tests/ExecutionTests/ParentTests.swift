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

@Suite("Parent orders")
struct ParentTests {
    static let second = ExecutionHarness.second

    /// Four slices a second apart.
    static var twap: ExecutionConfiguration {
        var configuration = ExecutionConfiguration()
        configuration.twap = SliceParameters(
            time: WorkingTime(durationNs: 4 * second), slices: 4)
        return configuration
    }

    /// The gateway's word about a child.
    static func update(
        _ intent: OrderIntent, _ execution: Execution, _ status: OrderStatus, fill: Int64 = 0,
        filled: Int64 = 0, position: Int64 = 0
    ) -> ExecutionReport {
        var report = ExecutionReport()
        report.execution = execution
        report.status = status
        report.orderID = intent.orderID
        report.instrumentID = intent.instrumentID
        report.side = intent.side
        report.lastQuantity = QuantityLots(fill)
        report.lastPrice = intent.limitPrice
        report.cumulativeQuantity = QuantityLots(filled)
        let isEnded = status.rawValue >= OrderStatus.filled.rawValue
        report.leavesQuantity = QuantityLots(isEnded ? 0 : intent.quantity.rawValue - filled)
        report.position = QuantityLots(position)
        return report
    }

    /// The venue fills a child in full.
    static func fill(_ harness: ExecutionHarness, _ intent: OrderIntent) {
        let lots = intent.quantity.rawValue
        harness.push(update(intent, .fill, .filled, fill: lots, filled: lots))
    }

    @Test func `twap sends equal parts at equal times`() throws {
        let harness = try ExecutionHarness(Self.twap)
        harness.quote(1_000, 1_002)
        harness.start(7, .twap, lots: 10)
        var lots: [Int64] = []
        for _ in 0..<4 {
            let sent = harness.take()
            lots += sent.map(\.quantity.rawValue)
            for child in sent { Self.fill(harness, child) }
            harness.wait(Self.second)
        }
        #expect(lots == [2, 3, 2, 3])
        let end = try #require(harness.end(of: 7))
        #expect(end.status == .filled)
        #expect(end.cumulativeQuantity.rawValue == 10)
        #expect(harness.count("parents_done_total") == 1)
        #expect(harness.count("parents_working") == 0)
    }

    @Test func `a child crosses at the other side's best with the collar beyond it`() throws {
        var configuration = Self.twap
        configuration.child.collarE4 = 100
        let harness = try ExecutionHarness(configuration)
        harness.quote(1_000, 1_002)
        harness.start(1, .twap, .buy, lots: 8)
        harness.start(2, .twap, .sell, lots: 8)
        #expect(
            harness.take().map(\.short) == [
                "place 1001 buy 2@1012 ioc", "place 1002 sell 2@990 ioc",
            ])
    }

    @Test func `a schedule goes on while only other instruments are heard of`() throws {
        let harness = try ExecutionHarness(Self.twap, instruments: 2)
        harness.quote(1_000, 1_002, instrument: 1)
        harness.start(7, .twap, lots: 8, instrument: 1)
        for _ in 0..<400 {
            harness.nowNs += 10_000_000
            harness.quote(1_000, 1_002)
        }
        let times = harness.take().map { ($0.ingressTimeNs - ExecutionHarness.startNs) / 1_000_000 }
        #expect(times == [0, 1_000, 2_000, 3_000])
    }

    @Test func `a limit is never passed, and one that cannot trade waits`() throws {
        let harness = try ExecutionHarness(Self.twap)
        harness.quote(1_000, 1_002)
        harness.start(1, .twap, .buy, lots: 8, limit: 1_001)
        harness.start(2, .twap, .sell, lots: 8, limit: 1_000)
        #expect(harness.take().map(\.short) == ["place 1001 sell 2@1000 ioc"])
        harness.quote(999, 1_001)
        #expect(harness.take().map(\.short) == ["place 1002 buy 2@1001 ioc"])
    }

    @Test func `what a child did not trade goes with the next, after the pause`() throws {
        let harness = try ExecutionHarness(Self.twap)
        harness.quote(1_000, 1_002)
        harness.start(7, .twap, lots: 8)
        let first = harness.take()[0]
        harness.push(Self.update(first, .fill, .partiallyFilled, fill: 1, filled: 1))
        harness.push(Self.update(first, .expired, .expired, filled: 1))
        #expect(harness.take().isEmpty)
        harness.wait(100_000_000)
        #expect(harness.take().map(\.quantity.rawValue) == [1])
    }

    @Test func `an unknown child counts as worked until it is resolved`() throws {
        let harness = try ExecutionHarness(Self.twap)
        harness.quote(1_000, 1_002)
        harness.start(7, .twap, lots: 4)
        let first = harness.take()[0]
        harness.push(Self.update(first, .unknown, .unknown))
        harness.wait(20 * Self.second)
        let others = harness.take()
        #expect(others.map(\.quantity.rawValue).reduce(0, +) == 3)
        for child in others { Self.fill(harness, child) }
        harness.wait(Self.second)
        #expect(harness.end(of: 7) == nil)
        harness.push(Self.update(first, .canceled, .canceled))
        harness.wait(Self.second)
        #expect(harness.take().map(\.quantity.rawValue) == [1])
    }

    @Test func `refusals by risk are waited out, longer each time, and then it fails`() throws {
        var configuration = Self.twap
        configuration.child.refusalsMax = 4
        let harness = try ExecutionHarness(configuration)
        harness.judge = { _ in .positionLimit }
        harness.quote(1_000, 1_002)
        harness.start(7, .twap, lots: 4)
        for _ in 0..<10_000 {
            harness.nowNs += 1_000_000
            harness.timer()
        }
        let times = harness.take().map { ($0.ingressTimeNs - ExecutionHarness.startNs) / 1_000_000 }
        #expect(times == [0, 100, 300, 700])
        #expect(harness.end(of: 7)?.status == .rejected)
        #expect(harness.count("parents_failed_total") == 1)
        #expect(harness.count("children_refused_total") == 4)
    }

    @Test func `rejections by the venue are waited out the same way`() throws {
        var configuration = Self.twap
        configuration.child.refusalsMax = 2
        let harness = try ExecutionHarness(configuration)
        harness.quote(1_000, 1_002)
        harness.start(7, .twap, lots: 1)
        harness.wait(4 * Self.second)
        harness.push(Self.update(harness.take()[0], .rejected, .rejected))
        #expect(harness.take().isEmpty)
        harness.wait(100_000_000)
        let second = harness.take()
        #expect(second.count == 1)
        harness.push(Self.update(second[0], .rejected, .rejected))
        #expect(harness.end(of: 7)?.execution == .rejected)
        #expect(harness.count("children_rejected_total") == 2)
    }

    @Test func `refusals that pass with time never end a parent`() throws {
        let harness = try ExecutionHarness(Self.twap)
        harness.judge = { _ in .messageThrottle }
        harness.quote(1_000, 1_002)
        harness.start(7, .twap, lots: 4)
        harness.wait(60 * Self.second)
        #expect(harness.end(of: 7) == nil)
        // 0.1 s, doubled up to 10 s: 10.3 s for the first seven, then six of 10 s at most.
        #expect((7...13).contains(harness.take().count))
    }

    @Test func `cancel ends it when its children have ended`() throws {
        let harness = try ExecutionHarness(Self.twap)
        harness.quote(1_000, 1_002)
        harness.start(7, .twap, lots: 8)
        let child = harness.take()[0]
        harness.ask(.cancel, 7)
        #expect(harness.end(of: 7) == nil)
        #expect(harness.count("parents_cancelling") == 1)
        harness.push(Self.update(child, .fill, .partiallyFilled, fill: 1, filled: 1))
        harness.push(Self.update(child, .expired, .expired, filled: 1))
        let end = try #require(harness.end(of: 7))
        #expect(end.status == .canceled)
        #expect(end.cumulativeQuantity.rawValue == 1)
        harness.wait(10 * Self.second)
        #expect(harness.take().isEmpty)
    }

    @Test func `a pause holds children back until it is lifted`() throws {
        let harness = try ExecutionHarness(Self.twap)
        harness.quote(1_000, 1_002)
        harness.start(7, .twap, lots: 8)
        Self.fill(harness, harness.take()[0])
        harness.ask(.modify, 7, lots: 0)
        harness.wait(2 * Self.second)
        #expect(harness.take().isEmpty)
        #expect(harness.count("parents_paused") == 1)
        harness.ask(.modify, 7, lots: 8)
        #expect(harness.take().map(\.quantity.rawValue) == [4])
    }

    @Test(arguments: [TradingState.reducing, .halted, .notReady])
    func `it pauses and withdraws while trading is not READY`(_ state: TradingState) throws {
        var configuration = ExecutionConfiguration()
        configuration.iceberg = ShareParameters(
            time: WorkingTime(durationNs: 0), shareE4: 2_500)
        let harness = try ExecutionHarness(configuration)
        harness.quote(1_000, 1_002)
        harness.start(7, .iceberg, lots: 8)
        let child = harness.take()[0]
        harness.push(Self.update(child, .accepted, .open))
        harness.control.setEngineState(state)
        harness.timer()
        #expect(harness.take().map(\.short) == ["cancel 1001"])
        harness.push(Self.update(child, .canceled, .canceled))
        harness.wait(Self.second)
        #expect(harness.take().isEmpty)
        #expect(harness.count("parents_paused") == 1)
        harness.control.setEngineState(.ready)
        harness.timer()
        #expect(harness.take().map(\.quantity.rawValue) == [2])
    }

    @Test func `a book that cannot be relied on pauses it too`() throws {
        let harness = try ExecutionHarness(Self.twap)
        harness.quote(1_000, 1_002, isValid: false)
        harness.start(7, .twap, lots: 8)
        #expect(harness.take().isEmpty)
        harness.quote(1_000, 1_002)
        #expect(harness.take().count == 1)
    }

    @Test(arguments: [RemainderPolicy.cross, .leave])
    func `the end of its time crosses or leaves the rest`(_ policy: RemainderPolicy) throws {
        var configuration = ExecutionConfiguration()
        configuration.iceberg = ShareParameters(
            time: WorkingTime(durationNs: Self.second, remainder: policy), shareE4: 5_000)
        let harness = try ExecutionHarness(configuration)
        harness.quote(1_000, 1_002)
        harness.start(7, .iceberg, lots: 8)
        let child = harness.take()[0]
        #expect(child.short == "place 1001 buy 4@1000 gtc")
        harness.push(Self.update(child, .accepted, .open))
        harness.wait(Self.second)
        #expect(harness.take().map(\.short) == ["cancel 1001"])
        harness.push(Self.update(child, .canceled, .canceled))
        let rest = harness.take()
        if policy == .cross {
            #expect(rest.map(\.short) == ["place 1002 buy 8@1003 ioc"])
        } else {
            #expect(rest.isEmpty)
            #expect(harness.end(of: 7)?.status == .expired)
        }
    }

    @Test func `an iceberg shows a part and refills it`() throws {
        var configuration = ExecutionConfiguration()
        configuration.iceberg = ShareParameters(
            time: WorkingTime(durationNs: 0), shareE4: 4_000)
        let harness = try ExecutionHarness(configuration)
        harness.quote(1_000, 1_002)
        harness.start(7, .iceberg, .sell, lots: 10, limit: 1_005)
        var shown: [String] = []
        while harness.end(of: 7) == nil, let child = harness.take().last {
            shown.append(child.short)
            harness.push(Self.update(child, .accepted, .open))
            Self.fill(harness, child)
        }
        #expect(
            shown == [
                "place 1001 sell 4@1005 gtc", "place 1002 sell 4@1005 gtc",
                "place 1003 sell 2@1005 gtc",
            ])
    }

    @Test func `a child below the venue's minimum waits for enough`() throws {
        var instrument = ExecutionHarness.instrument()
        instrument.quantityMin = QuantityLots(3)
        let harness = try ExecutionHarness(Self.twap, instrument: instrument)
        harness.quote(1_000, 1_002)
        harness.start(7, .twap, lots: 8)
        var sent: [Int64] = []
        for _ in 0..<5 {
            for child in harness.take() {
                sent.append(child.quantity.rawValue)
                Self.fill(harness, child)
            }
            harness.wait(Self.second)
        }
        #expect(sent == [4, 4])
    }

    @Test func `a rest below the venue's minimum ends it`() throws {
        var instrument = ExecutionHarness.instrument()
        // 10 at a price of 100.2 and lots of 0.001: 100 lots.
        instrument.notionalMinE8 = 1_000_000_000
        let harness = try ExecutionHarness(Self.twap, instrument: instrument)
        harness.quote(1_000, 1_002)
        harness.start(7, .twap, lots: 99)
        #expect(harness.take().isEmpty)
        #expect(harness.end(of: 7)?.status == .expired)
        harness.start(8, .twap, lots: 100)
        harness.wait(4 * Self.second)
        #expect(harness.take().map(\.quantity.rawValue) == [100])
    }

    @Test func `a late fill behind a child's end counts and stops the rest`() throws {
        let harness = try ExecutionHarness(Self.twap)
        harness.quote(1_000, 1_002)
        harness.start(7, .twap, lots: 2)
        harness.wait(4 * Self.second)
        let child = harness.take().last!
        var canceled = Self.update(child, .canceled, .canceled)
        canceled.cumulativeQuantity = QuantityLots(1)
        // The venue has stated a fill that is still on its way.
        canceled.leavesQuantity = QuantityLots(1)
        harness.push(canceled)
        harness.push(Self.update(child, .fill, .canceled, fill: 1, filled: 1))
        #expect(harness.count("late_fills_total") == 1)
        #expect(harness.end(of: 7) == nil)
    }

    @Test func `malformed parents are refused with a report`() throws {
        let harness = try ExecutionHarness(Self.twap)
        harness.quote(1_000, 1_002)
        harness.start(1, .none, lots: 8)
        harness.start(2, .twap, lots: 0)
        harness.start(3, .twap, .none, lots: 8)
        harness.start(4, ExecutionAlgorithm(rawValue: 8), lots: 8)
        harness.start(5, .twap, lots: 8, instrument: 1)
        #expect(harness.told.map(\.status) == Array(repeating: .rejected, count: 5))
        #expect(harness.count("parents_refused_total") == 5)
        #expect(harness.take().isEmpty)
    }

    @Test func `with every place taken a parent is refused`() throws {
        let harness = try ExecutionHarness(Self.twap)
        for id in 1...65 { harness.start(UInt64(id), .twap, lots: 8) }
        #expect(harness.stage.parentCount == 64)
        #expect(harness.told.last?.status == .rejected)
    }

    @Test func `no record is taken before the verdicts on its predecessor's children`() throws {
        let harness = try ExecutionHarness(Self.twap)
        harness.quote(1_000, 1_002)
        harness.answersChildren = false
        harness.start(7, .twap, lots: 8)
        let before = harness.childrenWatermark()
        harness.wait(2 * Self.second)
        #expect(harness.childrenWatermark() == before)
        #expect(before < harness.sequence)
        harness.answersChildren = true
        harness.timer()
        // Every record was taken at its own time.
        #expect(harness.take().map(\.quantity.rawValue) == [2, 2, 2])
        #expect(harness.childrenWatermark() == harness.sequence)
    }

    @Test func `risk never waits for children that do not come`() throws {
        let harness = try ExecutionHarness(Self.twap)
        for _ in 0..<100 { harness.quote(1_000, 1_002) }
        #expect(harness.childrenWatermark() == harness.sequence)
    }
}
