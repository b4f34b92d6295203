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

/// Goal: exits never flip a position, whatever venue and risk do, and a flatten ends flat.
///
/// Method: positions come from outside, at random; the price walks through stops and targets;
/// `RandomVenue` handles the exits, without a reduce-only check of its own. After every record,
/// what the exits may still trade is at most the position. Then the engine is told to flatten.
@Suite("Exits against a random venue")
struct ExitPropertyTests {
    @Test(arguments: Array(1...40))
    func `exits never flip a position, and flatten ends flat and halted`(_ seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var configuration = ExecutionConfiguration()
        configuration.exits = ExitParameters(
            stopLossE4: Int64(random.below(100)), takeProfitE4: Int64(1 + random.below(100)),
            trailingE4: Int64(random.below(100)), rangeStop: Double(random.below(5)),
            rangePeriod: 3, rangeBarNs: ExecutionHarness.second,
            holdingMaxNs: UInt64(random.below(60)) * ExecutionHarness.second,
            targetRests: random.below(2) == 0)
        let harness = try ExecutionHarness(configuration)
        var venue = RandomVenue(seed: seed &* 7_919)
        venue.trouble = random.below(30)
        let refusals = random.below(20)
        var judge = SplitMix64(seed: seed &* 104_729)
        var refused: Set<UInt64> = []
        harness.judge = { intent in
            if intent.kind != .place || judge.below(100) >= refusals { return .approved }
            refused.insert(intent.orderID)
            return .priceCollar
        }
        var mid: Int64 = 10_000
        var exits = 0

        func settle() {
            for intent in harness.take() {
                #expect(intent.kind == .cancel || intent.isReduceOnly == 1, "seed \(seed)")
                if refused.contains(intent.orderID) { continue }
                exits += 1
                venue.take(intent)
            }
            let sells = venue.leaves { $0.side == .sell }
            let buys = venue.leaves { $0.side == .buy }
            // A position that turned from outside leaves an order of the other side for a while.
            if venue.position >= 0 { #expect(sells <= venue.position, "seed \(seed)") }
            if venue.position <= 0 { #expect(buys <= -venue.position, "seed \(seed)") }
        }

        for step in 0..<4_000 {
            harness.nowNs += UInt64(1 + random.below(100)) * 1_000_000
            if step % 400 == 0 && step < 3_200, venue.liveIDs.isEmpty {
                let lots = Int64(1 + random.below(50))
                let side: Side =
                    venue.position == 0 ? (random.below(2) == 0 ? .buy : .sell)
                    : venue.position > 0 ? .buy : .sell
                harness.push(venue.external(side, lots, at: mid))
            }
            switch random.below(8) {
            case 0...3:
                mid += Int64(random.below(21) - 10)
                harness.quote(mid - 1, mid + 1, isValid: random.below(20) > 0)
            case 4: harness.timer()
            default: if let update = venue.event() { harness.push(update) }
            }
            settle()
        }
        #expect(exits > 0, "seed \(seed)")

        harness.control.flatten()
        var steps = 0
        while harness.control.state != .halted, steps < 20_000 {
            steps += 1
            harness.nowNs += UInt64(1 + random.below(100)) * 1_000_000
            if steps > 500 {
                venue.trouble = 0
                harness.judge = { _ in .approved }
            }
            switch random.below(4) {
            case 0: harness.quote(mid - 1, mid + 1)
            case 1: harness.timer()
            default: if let update = venue.event() { harness.push(update) }
            }
            settle()
        }
        #expect(harness.control.state == .halted, "seed \(seed)")
        #expect(venue.position == 0, "seed \(seed)")
        #expect(venue.liveIDs.isEmpty, "seed \(seed)")
    }
}
