//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Platform
import TestSupport
import Testing

extension ProgramTests {
    /// Goal: a model fitted on recordings is the one that the engine trades.
    @Suite(
        "Models, from fit to orders",
        .enabled(if: Captures.areThere, "the recordings are absent"))
    struct ModelCommandTests {
        let workplace: Workplace

        init() throws { workplace = try Workplace() }

        private func model(_ arguments: String...) throws -> (
            status: Int32, output: String, errors: String
        ) {
            try Program.run("apus", ["model"] + arguments, in: workplace)
        }

        @Test func `a fitted model is verified, shown, and traded by the threshold strategy`()
            throws
        {
            let file = workplace.file("linear.model")
            let fit = try model(
                "fit-linear", Captures.bitcoin, Captures.ether, "--horizon", "500ms", "--out", file)
            #expect(fit.status == 0, "\(fit.errors)")
            for word in ["R2", "base rates", "purge", "embargo"] {
                #expect(fit.output.contains(word), "\(word)")
            }
            #expect(try model("verify", file).output.contains("good"))
            let info = try model("info", file)
            #expect(info.output.contains("linear"))
            #expect(info.output.contains("0.5 s"))
            try damagedIsRefused(file)
            try otherSchemaIsRefused(file)
            try replayedSignalsAreValid(file)
            try isTraded(file)
        }

        private func damagedIsRefused(_ file: String) throws {
            var bytes = try Data(contentsOf: URL(fileURLWithPath: file))
            bytes[bytes.count / 2] ^= 0x10
            let damaged = workplace.file("damaged.model")
            try bytes.write(to: URL(fileURLWithPath: damaged))
            let refused = try model("verify", damaged)
            #expect(refused.status == 1)
            #expect(refused.errors.split(separator: "\n").count == 1, "\(refused.errors)")
            #expect(refused.errors.contains("damaged.model") || refused.errors.contains("checksum"))
        }

        /// Features of other bars have another schema.
        private func otherSchemaIsRefused(_ file: String) throws {
            let yaml = try workplace.write("models:\n  - {file: \(file)}\n", to: "other.yaml")
            let run = try Program.run(
                "apus",
                ["replay", Captures.bitcoin, "--emit", "signals", "--config", yaml]
                    + ["--set", "trading.timeframes=3s,1m"], in: workplace)
            #expect(run.status == 1)
            #expect(run.errors.contains("schema"), "\(run.errors)")
            #expect(run.errors.split(separator: "\n").count == 1, "\(run.errors)")
        }

        /// Signals of a recording are valid once the features are warm, and orders follow them.
        private func replayedSignalsAreValid(_ file: String) throws {
            let yaml = try workplace.write(
                """
                models:
                  - {file: \(file)}
                strategy: {name: signal-threshold, buy_above_bps: 0.2, sell_below_bps: -0.2}
                risk:
                  order_quantity_max: "1000"
                  position_max: "1000"
                  references: [mid, last]
                  venue_age_max: 60s

                """, to: "signals.yaml")
            func rows(_ emit: String) throws -> [Substring] {
                let run = try Program.run(
                    "apus",
                    ["replay", Captures.bitcoin, "--emit", emit, "--config", yaml], in: workplace)
                #expect(run.status == 0, "\(run.errors)")
                return run.output.split(separator: "\n")
            }
            let signals = try rows("signals")
            #expect(signals[1].hasSuffix(",invalid"))
            for action in ["buy", "sell", "hold"] {
                #expect(signals.contains { $0.hasSuffix(",\(action)") }, "\(action)")
            }
            #expect(signals.last?.hasSuffix(",invalid") == false)
            let orders = try rows("orders")
            #expect(orders.contains { $0.hasSuffix(",score-above") })
            #expect(orders.contains { $0.hasSuffix(",score-below") })
        }

        private func isTraded(_ file: String) throws {
            let venue = try VenueProgram(in: workplace)
            let engine = try EngineProgram(
                "model", venue,
                [
                    "strategy.name=signal-threshold", "strategy.buy_above_bps=0.01",
                    "strategy.sell_below_bps=-0.01", "strategy.cooldown=500ms",
                    "trading.timeframes=1s",
                ],
                yaml: """
                    models:
                      - {file: \(file)}
                    risk:
                      order_quantity_max: "1000"
                      position_max: "1000"
                      order_notional_max: "5000"

                    """, in: workplace)
            try engine.awaitReady()
            // The slowest feature needs a minute; until then signals are invalid.
            try engine.awaitThat("signals") { engine.counter("inference_signals_total") > 200 }
            let (status, summary) = try engine.stop()
            #expect(status == 0, "\(engine.program.errors)")
            try summary.expectConsistent()
            let counters = try summary.counters
            #expect(counters["inference_no_model_total"] == 0)
            #expect(counters["inference_schema_mismatch_total"] == 0)
            #expect(counters["inference_not_finite_total"] == 0)
        }
    }
}
