//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Configuration
import Execution
import Messages
import Platform

extension PathSettings {
    /// How the strategy's orders are worked.
    static func algorithm(_ settings: Settings) -> ExecutionAlgorithm {
        let algorithms: [String: ExecutionAlgorithm] = [
            "twap": .twap, "vwap": .vwap, "pov": .pov, "iceberg": .iceberg,
            "almgren-chriss": .almgrenChriss, "pegged": .pegged, "chase": .chase,
        ]
        return algorithms[settings.text("execution.algorithm")] ?? .none
    }

    static func execution(_ settings: Settings) throws(EngineError) -> ExecutionConfiguration {
        var configuration = ExecutionConfiguration()
        configuration.child = ChildParameters(
            collarE4: Int64(settings.integer("execution.child_collar_bps")),
            retryNs: settings.durationNs("execution.child_retry"),
            backoffNs: settings.durationNs("execution.child_backoff"),
            backoffMaxNs: settings.durationNs("execution.child_backoff_max"),
            refusalsMax: UInt8(settings.integer("execution.child_refusals_max")))
        configuration.twap = slices(settings, "twap")
        configuration.vwap = slices(settings, "vwap")
        configuration.dayProfile = try profile(settings)
        configuration.participation = ShareParameters(
            time: time(settings, "pov"), shareE4: share(settings, "pov.share"))
        configuration.iceberg = ShareParameters(
            time: time(settings, "iceberg"), shareE4: share(settings, "iceberg.display"))
        let optimal = "execution.algorithms.almgren_chriss"
        configuration.almgrenChriss = AlmgrenChrissParameters(
            schedule: slices(settings, "almgren_chriss"),
            volatility: settings.number("\(optimal).volatility"),
            temporaryImpact: settings.number("\(optimal).temporary_impact"),
            permanentImpact: settings.number("\(optimal).permanent_impact"),
            riskAversion: settings.number("\(optimal).risk_aversion"))
        let references: [String: PegReference] = [
            "own": .own, "mid": .mid, "opposite": .opposite,
        ]
        let pegged = "execution.algorithms.pegged"
        configuration.pegged = PegParameters(
            time: time(settings, "pegged"),
            reference: references[settings.text("\(pegged).reference")] ?? .own,
            offsetTicks: Int64(settings.integer("\(pegged).offset_ticks")),
            hysteresisTicks: Int64(settings.integer("\(pegged).hysteresis_ticks")),
            intervalNs: settings.durationNs("\(pegged).interval"))
        let chase = "execution.algorithms.chase"
        configuration.chase = ChaseParameters(
            time: time(settings, "chase"),
            distanceE4: Int64(settings.integer("\(chase).distance_bps")),
            intervalNs: settings.durationNs("\(chase).interval"))
        configuration.exits = exits(settings)
        configuration.exitCollarE4 = Int64(settings.integer("exits.collar_bps"))
        if let problem = configuration.problem { throw EngineError("execution: \(problem)") }
        return configuration
    }

    private static func exits(_ settings: Settings) -> ExitParameters? {
        guard settings.boolean("exits.enabled") else { return nil }
        func share(_ key: String) -> Int64 { Int64((settings.number(key) * 10_000).rounded()) }
        return ExitParameters(
            stopLossE4: share("exits.stop_loss"), takeProfitE4: share("exits.take_profit"),
            trailingE4: share("exits.trailing"), rangeStop: settings.number("exits.atr_stop"),
            rangeTrailing: settings.number("exits.atr_trailing"),
            rangePeriod: settings.integer("exits.atr_period"),
            rangeBarNs: settings.durationNs("exits.atr_timeframe"),
            holdingMaxNs: settings.durationNs("exits.holding_max"),
            targetRests: settings.boolean("exits.target_rests"))
    }

    private static func time(_ settings: Settings, _ name: String) -> WorkingTime {
        let path = "execution.algorithms.\(name)"
        return WorkingTime(
            durationNs: settings.durationNs("\(path).duration"),
            remainder: settings.text("\(path).remainder") == "leave" ? .leave : .cross)
    }

    private static func slices(_ settings: Settings, _ name: String) -> SliceParameters {
        let path = "execution.algorithms.\(name)"
        return SliceParameters(
            time: time(settings, name), slices: settings.integer("\(path).slices"),
            jitterE4: UInt64((settings.number("\(path).jitter") * 10_000).rounded()))
    }

    private static func share(_ settings: Settings, _ name: String) -> Int64 {
        Int64((settings.number("execution.algorithms.\(name)") * 10_000).rounded())
    }

    /// Weights of a day, from the list or from a file with one at the end of each line.
    private static func profile(_ settings: Settings) throws(EngineError) -> [Double] {
        var key = "execution.algorithms.vwap.profile"
        var texts = settings.list(key)
        if let file = settings.optionalText("\(key)_file") {
            key += "_file"
            guard let text = TextFile.read(file) else {
                throw EngineError("\(settings.origin(key)): \(key): no text in it")
            }
            texts = text.split(whereSeparator: \.isNewline).map { line in
                String(line.split(separator: ",").last ?? "")
            }
        }
        var weights: [Double] = []
        for text in texts {
            guard let weight = Double(text), weight > 0, weight.isFinite else {
                throw EngineError("\(settings.origin(key)): \(key): no weight '\(text)'")
            }
            weights.append(weight)
        }
        return weights.isEmpty ? [1] : weights
    }
}
