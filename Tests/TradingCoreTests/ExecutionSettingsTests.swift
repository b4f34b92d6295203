//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#if DEBUG
import Configuration
import Execution
import Messages
import Platform
import Strategy
import TestSupport
import Testing

@testable import TradingCore

@Suite("Settings of execution, exits and sizing")
struct ExecutionSettingsTests {
    private func settings(_ assignments: [String]) throws -> Settings {
        var settings = Settings(schema: EngineSchema.keys)
        for assignment in assignments { try settings.read(assignment: assignment) }
        return settings
    }

    @Test func `without settings orders go as they are, and positions are watched`() throws {
        let plain = try settings([])
        #expect(PathSettings.algorithm(plain) == .none)
        let execution = try PathSettings.execution(plain)
        #expect(execution.exits == ExitParameters())
        #expect(execution.exits?.stopLossE4 == 100)
        #expect(execution.exits?.takeProfitE4 == 200)
        #expect(execution.exitCollarE4 == 50)
        #expect(try PathSettings.sizing(plain) == SizingParameters())
    }

    @Test(arguments: [
        ("twap", ExecutionAlgorithm.twap), ("vwap", .vwap), ("pov", .pov), ("iceberg", .iceberg),
        ("almgren-chriss", .almgrenChriss), ("pegged", .pegged), ("chase", .chase),
    ])
    func `every algorithm has its name`(_ name: String, _ algorithm: ExecutionAlgorithm) throws {
        #expect(try PathSettings.algorithm(settings(["execution.algorithm=\(name)"])) == algorithm)
    }

    @Test func `every key of the algorithms reaches them`() throws {
        let a = "execution.algorithms"
        let set = try PathSettings.execution(settings([
            "execution.child_collar_bps=7", "execution.child_retry=1s",
            "execution.child_backoff=2s", "execution.child_backoff_max=3s",
            "execution.child_refusals_max=4", "\(a).twap.duration=5s",
            "\(a).twap.remainder=leave", "\(a).twap.slices=6", "\(a).twap.jitter=0.7",
            "\(a).vwap.profile=1,2,3", "\(a).pov.share=0.08", "\(a).iceberg.display=0.09",
            "\(a).almgren_chriss.volatility=10", "\(a).almgren_chriss.temporary_impact=11",
            "\(a).almgren_chriss.permanent_impact=0.12",
            "\(a).almgren_chriss.risk_aversion=0.13", "\(a).pegged.reference=mid",
            "\(a).pegged.offset_ticks=14", "\(a).pegged.hysteresis_ticks=15",
            "\(a).pegged.interval=16s", "\(a).chase.distance_bps=17", "\(a).chase.interval=18s",
        ]))
        let second: UInt64 = 1_000_000_000
        #expect(
            set.child
                == ChildParameters(
                    collarE4: 7, retryNs: second, backoffNs: 2 * second,
                    backoffMaxNs: 3 * second, refusalsMax: 4))
        #expect(
            set.twap
                == SliceParameters(
                    time: WorkingTime(durationNs: 5 * second, remainder: .leave), slices: 6,
                    jitterE4: 7_000))
        #expect(set.dayProfile == [1, 2, 3])
        #expect(set.participation.shareE4 == 800)
        #expect(set.iceberg.shareE4 == 900)
        let model = set.almgrenChriss
        #expect(model.volatility == 10 && model.temporaryImpact == 11)
        #expect(model.permanentImpact == 0.12 && model.riskAversion == 0.13)
        #expect(set.pegged.reference == .mid && set.pegged.offsetTicks == 14)
        #expect(set.pegged.hysteresisTicks == 15 && set.pegged.intervalNs == 16 * second)
        #expect(set.chase.distanceE4 == 17 && set.chase.intervalNs == 18 * second)
    }

    @Test func `every key of the exits reaches them, and they can be off`() throws {
        let set = try PathSettings.execution(settings([
            "exits.stop_loss=0.03", "exits.take_profit=0.04", "exits.target_rests=true",
            "exits.trailing=0.05", "exits.atr_stop=6", "exits.atr_trailing=7",
            "exits.atr_period=8", "exits.atr_timeframe=9s", "exits.holding_max=10s",
            "exits.collar_bps=11",
        ]))
        #expect(
            set.exits
                == ExitParameters(
                    stopLossE4: 300, takeProfitE4: 400, trailingE4: 500, rangeStop: 6,
                    rangeTrailing: 7, rangePeriod: 8, rangeBarNs: 9_000_000_000,
                    holdingMaxNs: 10_000_000_000, targetRests: true))
        #expect(set.exitCollarE4 == 11)
        let off = try PathSettings.execution(settings(["exits.enabled=false"]))
        #expect(off.exits == nil)
    }

    @Test(arguments: [
        ["execution.algorithms.vwap.profile=1,-1"], ["execution.algorithms.vwap.profile=a"],
        ["execution.algorithms.vwap.profile_file=/no/such/file"],
        ["execution.algorithms.twap.duration=0s"],
        ["exits.target_rests=true", "exits.take_profit=0"], ["exits.atr_timeframe=1us"],
        [
            "execution.algorithms.almgren_chriss.permanent_impact=1",
            "execution.algorithms.almgren_chriss.temporary_impact=0.001",
        ],
    ])
    func `what cannot work is refused at start`(_ assignments: [String]) throws {
        let settings = try settings(assignments)
        #expect(throws: EngineError.self) { try PathSettings.execution(settings) }
    }

    @Test func `weights of a day come from a file, and a bad one is told in its name`() throws {
        let workplace = try Workplace()
        let key = "execution.algorithms.vwap.profile_file"
        let good = try workplace.write("00:00,2\n08:00,0.5\n16:00,1\n", to: "good.csv")
        #expect(try PathSettings.execution(settings(["\(key)=\(good)"])).dayProfile == [2, 0.5, 1])
        let bad = try settings(["\(key)=\(workplace.write("00:00,2\n08:00,x\n", to: "bad.csv"))"])
        let error = try #require(throws: EngineError.self) { try PathSettings.execution(bad) }
        #expect(error.description.contains("\(key): no weight 'x'"), "\(error)")
    }

    @Test func `every key of sizing reaches it, and kelly needs a score`() throws {
        let keys = [
            "strategy.sizing.method=kelly", "strategy.sizing.equity=123.5",
            "strategy.sizing.equity_share=0.01", "strategy.sizing.volatility_target=0.02",
            "strategy.sizing.kelly_fraction=0.5", "strategy.sizing.share_max=2",
            "strategy.sizing.step=3s", "strategy.sizing.decay=0.4", "strategy.sizing.warm_up=5",
            "strategy.sizing.horizon=6s",
        ]
        let set = try PathSettings.sizing(settings(keys + ["strategy.name=signal-threshold"]))
        #expect(
            set
                == SizingParameters(
                    method: .kelly, equityShare: 0.01, volatilityTarget: 0.02,
                    kellyFraction: 0.5, shareMax: 2, stepNs: 3_000_000_000, decay: 0.4,
                    warmUpSteps: 5, horizonNs: 6_000_000_000, equityE8: 12_350_000_000))
        let reflex = try settings(keys + ["strategy.name=reflex"])
        #expect(throws: EngineError.self) { try PathSettings.sizing(reflex) }
    }
}
#endif
