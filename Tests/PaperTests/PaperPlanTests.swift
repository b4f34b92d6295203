//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Configuration
import Options
import Testing
import TradingCore

@testable import Paper

/// Goal: each account gets what was said of it, and nothing that belongs to all.
@Suite("Plans of virtual accounts")
struct PaperPlanTests {
    private var base: Settings {
        get throws {
            var settings = Settings(schema: EngineSchema.keys)
            try settings.set("strategy.order_notional", "300", origin: "test")
            return settings
        }
    }

    @Test func `without a name there is one account`() throws {
        let plans = try PaperPlan.read([], try base)
        #expect(plans.map(\.name) == ["paper"])
        #expect(plans[0].settings.text("strategy.order_notional") == "300")
    }

    @Test func `what is said of a name adds up, in the order of first mention`() throws {
        let plans = try PaperPlan.read(
            [
                "b", "a:strategy.order_notional=100", "b:backtest.entry_latency=5ms",
                "a:strategy.name=reflex",
            ], try base)
        #expect(plans.map(\.name) == ["b", "a"])
        #expect(plans[0].settings.text("strategy.order_notional") == "300")
        #expect(plans[0].settings.text("backtest.entry_latency") == "5ms")
        #expect(plans[1].settings.text("strategy.order_notional") == "100")
    }

    @Test(arguments: [
        ("", "a name"), ("Upper", "a name"), ("a b", "a name"), ("with_line", "a name"),
        ("seventeen-letters", "a name"), ("a:strategy.order_notional", "expected"),
        ("a:strategy.nonsense=1", "strategy.nonsense"), ("a:trading.venues=okx", "one for all"),
        ("a:system.instance=b", "one for all"), ("a:journal.path=/x", "one for all"),
        ("a:endpoints.okx.rest=https://x", "one for all"),
    ])
    func `what is no account is refused with the reason`(text: String, reason: String) throws {
        let settings = try base
        let error = #expect(throws: UsageError.self) { try PaperPlan.read([text], settings) }
        #expect("\(error.map { "\($0)" } ?? "")".contains(reason))
    }

    @Test func `there is a limit to the number of accounts`() throws {
        let settings = try base
        let names = (0..<65).map { "a\($0)" }
        #expect(try PaperPlan.read(Array(names.prefix(64)), settings).count == 64)
        #expect(throws: UsageError.self) { try PaperPlan.read(names, settings) }
    }
}
