//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Execution
import Messages
import SeededRandom
import Telemetry
import Testing

/// Goal: whatever venue, risk and market do, a parent is never traded beyond its quantity, and one
/// that ends says truly what it traded.
///
/// Method: random parents of every algorithm against `RandomVenue`, whose books are the oracle,
/// with a walking price, trades, halts, stale books, refusals, pauses and cancels. After every
/// record, of each parent: fills and what may still fill at the venue are at most its quantity;
/// nothing is sent behind the end. Then the venue stops making trouble, and every parent must end.
@Suite("Parents against a random venue")
struct ParentPropertyTests {
    struct Parent {
        let side: Side
        let lots: Int64
        let algorithm: ExecutionAlgorithm
    }

    static let algorithms: [ExecutionAlgorithm] = [
        .twap, .vwap, .pov, .iceberg, .almgrenChriss, .pegged, .chase,
    ]

    static func configuration(_ random: inout SplitMix64) -> ExecutionConfiguration {
        func time(_ seconds: Int) -> WorkingTime {
            WorkingTime(
                durationNs: UInt64(1 + random.below(seconds)) * ExecutionHarness.second,
                remainder: random.below(2) == 0 ? .cross : .leave)
        }
        var configuration = ExecutionConfiguration()
        configuration.twap = SliceParameters(
            time: time(20), slices: 1 + random.below(20), jitterE4: UInt64(random.below(10_001)))
        configuration.vwap = SliceParameters(time: time(20), slices: 1 + random.below(20))
        configuration.dayProfile = (0..<24).map { _ in 0.1 + random.unit() }
        configuration.participation = ShareParameters(
            time: time(20), shareE4: Int64(1 + random.below(10_000)))
        configuration.iceberg = ShareParameters(
            time: time(20), shareE4: Int64(1 + random.below(10_000)))
        configuration.almgrenChriss.schedule = SliceParameters(
            time: time(20), slices: 1 + random.below(20))
        configuration.almgrenChriss.riskAversion = random.unit() * 5
        configuration.pegged = PegParameters(
            time: time(20), offsetTicks: Int64(random.below(3)),
            hysteresisTicks: Int64(1 + random.below(3)))
        configuration.chase = ChaseParameters(time: time(20), distanceE4: Int64(random.below(20)))
        return configuration
    }

    @Test(arguments: Array(1...60))
    func `fills never exceed the parent, and equal it when it is done`(_ seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let harness = try ExecutionHarness(Self.configuration(&random))
        var venue = RandomVenue(seed: seed &* 7_919)
        venue.trouble = random.below(30)
        let refusals = random.below(20)
        var judge = SplitMix64(seed: seed &* 104_729)
        harness.judge = { intent in
            if judge.below(100) >= refusals { return .approved }
            return [.messageThrottle, .positionLimit, .priceCollar, .tradingState][judge.below(4)]
        }
        var parents: [UInt64: Parent] = [:]
        var refused: Set<UInt64> = []
        var owner: [UInt64: UInt64] = [:]
        var mid: Int64 = 10_000

        func settle() {
            let told = harness.told
            for intent in harness.take() {
                if intent.kind == .place {
                    // One parent of a side and instrument is at work at a time: the child's owner.
                    let id = parents.keys.max()!
                    owner[intent.orderID] = id
                    #expect(harness.end(of: id) == nil, "seed \(seed): a child behind the end")
                    #expect(intent.orderID >> 63 == 1, "seed \(seed)")
                }
                if refused.contains(intent.orderID) { continue }
                venue.take(intent)
            }
            for (id, parent) in parents {
                let filled = venue.filled { owner[$0.orderID] == id }
                let leaves = venue.leaves { owner[$0.orderID] == id }
                #expect(
                    filled + leaves <= parent.lots,
                    "seed \(seed): \(filled) filled and \(leaves) open of \(parent.lots)")
            }
            for report in told where report.status == .filled {
                let parent = parents[report.orderID]!
                #expect(report.cumulativeQuantity.rawValue == parent.lots, "seed \(seed)")
            }
        }
        let inner = harness.judge
        harness.judge = { intent in
            let verdict = inner(intent)
            if intent.kind == .place, verdict != .approved { refused.insert(intent.orderID) }
            if intent.kind != .place, verdict != .approved { refused.insert(0) }
            return verdict
        }

        for round in 0..<4 {
            let id = UInt64(round + 1)
            let parent = Parent(
                side: random.below(2) == 0 ? .buy : .sell, lots: Int64(1 + random.below(200)),
                algorithm: Self.algorithms[random.below(Self.algorithms.count)])
            parents[id] = parent
            harness.quote(mid, mid + 2)
            harness.start(id, parent.algorithm, parent.side, lots: parent.lots)
            settle()
            var steps = 0
            while harness.end(of: id) == nil, steps < 20_000 {
                steps += 1
                let isCalm = steps > 600
                harness.nowNs += UInt64(1 + random.below(100)) * 1_000_000
                if isCalm {
                    harness.control.setEngineState(.ready)
                    venue.trouble = 0
                    harness.judge = { _ in .approved }
                    // Whatever has no end of its own is ended.
                    if steps == 5_000 { harness.ask(.cancel, id) }
                }
                switch random.below(10) {
                case 0...2:
                    mid += Int64(random.below(3) - 1)
                    harness.quote(mid, mid + 2, isValid: isCalm || random.below(20) > 0)
                case 3: harness.trade(mid, lots: Int64(1 + random.below(50)))
                case 4: harness.timer()
                case 5 where !isCalm && random.below(20) == 0:
                    harness.control.setEngineState(random.below(2) == 0 ? .reducing : .ready)
                case 6 where !isCalm && random.below(40) == 0:
                    harness.ask(.modify, id, lots: random.below(2) == 0 ? 0 : parent.lots)
                case 6 where isCalm: harness.ask(.modify, id, lots: parent.lots)
                case 7 where !isCalm && random.below(300) == 0: harness.ask(.cancel, id)
                default: if let update = venue.event() { harness.push(update) }
                }
                settle()
            }
            let end = try #require(
                harness.end(of: id), "seed \(seed): parent \(id) \(parent) has not ended")
            let filled = venue.filled { owner[$0.orderID] == id }
            #expect(end.cumulativeQuantity.rawValue == filled, "seed \(seed)")
            #expect((end.status == .filled) == (filled == parent.lots), "seed \(seed)")
            #expect(venue.leaves { owner[$0.orderID] == id } == 0, "seed \(seed)")
            #expect(harness.stage.parentCount == 0, "seed \(seed)")
        }
        #expect(harness.count("excess_lots_total") == 0, "seed \(seed)")
        #expect(
            harness.count("parents_done_total") + harness.count("parents_failed_total") == 4,
            "seed \(seed)")
    }
}
