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
    @Suite("The catalogue of features")
    struct FeatureListTests {
        let workplace: Workplace

        init() throws { workplace = try Workplace() }

        private func list(_ arguments: String...) throws -> (
            status: Int32, output: String, errors: String
        ) {
            try Program.run("apus", ["features", "list"] + arguments, in: workplace)
        }

        @Test func `every feature is listed with parameters, unit and definition`() throws {
            let listed = try list()
            #expect(listed.status == 0, "\(listed.errors)")
            for word in ["stoikov", "vpin", "kyle_lambda", "1985", "levels 1...10", "bps"] {
                #expect(listed.output.contains(word), "\(word)")
            }
        }

        @Test func `what is declared is listed as it stands in a vector`() throws {
            let standard = try list("--declared")
            #expect(standard.output.hasPrefix("schema 5b8a7d9"), "\(standard.output.prefix(30))")
            #expect(standard.output.split(separator: "\n").count == 2 + 36)
            let file = try workplace.write(
                """
                features:
                  schema: [spread, ofi(levels=5,tau=1s), leader(A,ofi(levels=2,tau=1s))]

                """, to: "features.yaml")
            let declared = try list("--declared", "--config", file)
            #expect(declared.status == 0, "\(declared.errors)")
            let rows = declared.output.split(separator: "\n")
            #expect(rows.count == 2 + 3)
            #expect(rows.last?.hasSuffix("leader(A,ofi(levels=2,tau=1s))") == true)
            #expect(try list("--declared", "--set", "features.schema=no").status == 1)
        }
    }

    /// Goal: features declared by a user are fitted, replayed and traded on as the standard ones.
    @Suite(
        "Declared features, from normaliser to signals",
        .enabled(if: Captures.areThere, "the recordings are absent"))
    struct FeatureFitTests {
        static let schema =
            "features.schema=imbalance(1),ofi(tau=1s),stoikov,trade_imbalance(1s),vpin(1,10),"
            + "effective_spread(5s),leader(BTC-USDT,mid_return(100ms))"

        let workplace: Workplace

        init() throws { workplace = try Workplace() }

        private func run(_ arguments: String...) throws -> (
            status: Int32, output: String, errors: String
        ) {
            try Program.run("apus", arguments, in: workplace)
        }

        @Test func `a normaliser is fitted, the same each time, and carried by a model`() throws {
            let (first, second) = (workplace.file("a.json"), workplace.file("b.json"))
            for file in [first, second] {
                let fit = try run(
                    "features", "fit", Captures.bitcoin, "--out", file, "--clip", "4",
                    "--set", Self.schema)
                #expect(fit.status == 0, "\(fit.errors)")
                #expect(fit.output.contains("7 features"))
            }
            let text = try String(contentsOfFile: first, encoding: .utf8)
            #expect(try String(contentsOfFile: second, encoding: .utf8) == text)
            #expect(text.contains("\"clip\":4.0"))

            let model = workplace.file("declared.model")
            let fit = try run(
                "model", "fit-linear", Captures.bitcoin, "--out", model, "--normaliser", first,
                "--set", Self.schema)
            #expect(fit.status == 0, "\(fit.errors)")
            let info = try run("model", "info", model)
            #expect(info.output.contains("linear, 7 features"))
            #expect(info.output.contains("leader_BTC-USDT_mid_return_100ms"))

            let other = try run(
                "model", "fit-linear", Captures.bitcoin, "--out", model, "--normaliser", first)
            #expect(other.status == 1)
            #expect(other.errors.contains("schema"), "\(other.errors)")
            let damaged = try workplace.write(String(text.dropLast(20)), to: "damaged.json")
            let refused = try run(
                "model", "fit-linear", Captures.bitcoin, "--out", model, "--normaliser", damaged,
                "--set", Self.schema)
            #expect(refused.status == 1)
            #expect(refused.errors.split(separator: "\n").count == 1, "\(refused.errors)")
        }

        @Test func `rows have the columns declared, and a leader must be there`() throws {
            let rows = try run(
                "replay", Captures.bitcoin, "--emit", "features", "--set", Self.schema)
            #expect(rows.status == 0, "\(rows.errors)")
            let header = rows.output.prefix { $0 != "\n" }
            #expect(
                header == "ts,symbol,imbalance_l1,ofi_1s,stoikov_1000,trade_imbalance_1s,"
                    + "vpin_bucket1_count10,effective_spread_5s,leader_BTC-USDT_mid_return_100ms")
            let absent = try run(
                "replay", Captures.bitcoin, "--emit", "features",
                "--set", "features.schema=leader(SOL-USDT,spread)")
            #expect(absent.status == 1)
            #expect(absent.errors.contains("SOL-USDT is no instrument"), "\(absent.errors)")
        }
    }
}
