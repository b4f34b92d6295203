//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Reports
import TestSupport
import Testing

/// Python's own HTML parser, with what a page that loads nothing may not hold.
enum PageCheck {
    static let isThere = DebianTool.run("command -v python3 >/dev/null").status == 0

    static func run(_ html: String) throws -> (problems: [Substring], text: String) {
        let folder = try Workplace()
        let page = try folder.write(html, to: "page.html")
        let script = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Oracles/page_check.py").path()
        let result = DebianTool.run("python3 '\(script)' '\(page)'")
        let parts = result.output.split(
            separator: "-----\n", maxSplits: 1, omittingEmptySubsequences: false)
        guard result.status == 0, parts.count == 2 else { throw CocoaError(.executableLoad) }
        return (parts[0].split(separator: "\n"), String(parts[1]))
    }
}

@Suite("Pages of runs", .enabled(if: PageCheck.isThere, "python3 is not there"))
struct PageTests {
    private static func html(_ runs: [TestRun]) throws -> String {
        let runs = Report.distinct(try runs.map { try $0.run() })
        return Report.html(try RunAnalysis.all(runs, ReportOptions()))
    }

    /// With everything that a page can show.
    private static var whole: TestRun {
        var run = RunReaderTests.whole
        let returns = TestReturns.walk(400, seed: TestReturns.seed + 60)
        var wealth = 1_000.0
        run["equity"] = TestRun.equity(
            returns.map {
                wealth *= 1 + $0
                return wealth
            }, positions: returns.map { ($0 * 1e4).rounded() })
        run["marks"] = TestRun.list((0..<900).map { TestRun.mark(at: Double($0) / 10, 100) })
        return run
    }

    @Test func `a page is well formed, loads nothing and runs nothing`() throws {
        let html = try Self.html([Self.whole])
        let (problems, text) = try PageCheck.run(html)
        #expect(problems == [])
        for title in [
            "Equity", "Drawdown", "Rolling Sharpe", "Rolling volatility", "Distribution of returns",
            "Positions at mid prices", "BTCUSDT", "Markouts of fills", "Latency by percentile",
            "Edge against delay", "Cost of speed", "Deepest drawdowns", "Definitions",
        ] {
            #expect(text.contains(title), "\(title)")
        }
        #expect(html.contains("default-src 'none'"))
        #expect(!text.contains("nothing was recorded"))
    }

    @Test func `several runs stand side by side under names that differ`() throws {
        let (problems, text) = try PageCheck.run(try Self.html([Self.whole, Self.whole, TestRun()]))
        #expect(problems == [])
        for name in ["3 runs", "test (2)", "test (3)"] { #expect(text.contains(name)) }
    }

    @Test func `a run of nothing still has its page`() throws {
        let (problems, text) = try PageCheck.run(try Self.html([TestRun()]))
        #expect(problems == [])
        #expect(text.contains("Total return"))
    }

    @Test func `no text of a run becomes a part of the page`() throws {
        let hostile = "</style><script>alert(1)</script>\\\"'><img src=x onerror=y>&amp;\\u0000"
        let plain = "</style><script>alert(1)</script>\"'><img src=x onerror=y>&amp;"
        var run = Self.whole
        run["quote"] = "\"\(hostile)\""
        run["metadata"] = "{\"\(hostile)\":\"\(hostile)\"}"
        run["latency"] = "{\"\(hostile)\":{\"p50_ns\":1,\"p99_ns\":5}}"
        run["fills"] = TestRun.list([
            TestRun.fill(at: 0.5, "buy", 0.5, price: 100, symbol: hostile, mid: 100.1)
        ])
        var named = try run.run(plain)
        named.name = plain
        let pair = try RunAnalysis.all([named, try Self.whole.run()], ReportOptions())
        for analyses in [[pair[0]], pair] {
            let (problems, text) = try PageCheck.run(Report.html(analyses))
            #expect(problems == [])
            #expect(text.contains(plain))
        }
    }

    @Test func `numbers at their bounds make no page of numbers that are none`() throws {
        var run = Self.whole
        run["initial_equity"] = "1e-18"
        run["equity"] = TestRun.equity(
            [1e18, 1e-300, 5, -1e18, 0, 1e18], positions: [1e18, -1e18, 0, 1e18, 1, 1e-300])
        run["fills"] = TestRun.list(
            [(1e18, 1e-18), (1e-18, 1e18), (1e18, 1e18), (1e-18, 1e-18)].enumerated().map {
                TestRun.fill(
                    at: Double($0), $0 % 2 == 0 ? "buy" : "sell", $1.0, price: $1.1, fee: 1e18,
                    symbol: "S\($0)", mid: $1.1)
            })
        let most = Int64.max
        run["latency"] = "{\"x\":{\"p50_ns\":0,\"p90_ns\":\(most),\"p999_ns\":\(most)}}"
        run["delays"] = """
            [{"delay_ns":0,"edge_bps":1e18,"net_return":-1e18},\
            {"delay_ns":\(most),"edge_bps":-1e18,"sharpe":1e-300}]
            """
        #expect(try PageCheck.run(try Self.html([run])).problems == [])
        #expect(try PageCheck.run(try Self.html([run, TestRun()])).problems == [])
    }

    @Test func `a long run has a small page`() throws {
        let returns = TestReturns.walk(100_000, seed: TestReturns.seed + 61, scale: 1e-4, drift: 0)
        var wealth = 1_000.0
        var run = TestRun()
        run["end_ns"] = "\(TestRun.startNs + 100_000 * TestRun.secondNs)"
        run["equity"] = TestRun.equity(
            returns.map {
                wealth *= 1 + $0
                return wealth
            }, positions: returns.map { ($0 * 1e6).rounded() })
        let html = try Self.html([run])
        #expect(html.utf8.count < 500_000)
        #expect(try PageCheck.run(html).problems == [])
    }
}

@Suite("Figures as JSON")
struct MetricsDocumentTests {
    private static func object(_ text: String) throws -> [String: Any] {
        let parsed = try JSONSerialization.jsonObject(with: Data(text.utf8))
        return try #require(parsed as? [String: Any])
    }

    private static func runs(_ analyses: [RunAnalysis]) throws -> [[String: Any]] {
        let document = try object(Report.json(analyses))
        #expect(document["format"] as? String == "apus-metrics")
        return try #require(document["runs"] as? [[String: Any]])
    }

    @Test func `every figure stands there, null where it is undefined`() throws {
        var run = TestRun()
        run["equity"] = TestRun.equity([Double](repeating: 1_000, count: 100))
        let analyses = try RunAnalysis.all(
            [try run.run(), try TestRun().run()], ReportOptions())
        for one in try Self.runs(analyses) {
            let metrics = try #require(one["metrics"] as? [String: Any])
            #expect(Set(metrics.keys) == Set(FigureCatalogue.all.map(\.key)))
            for key in ["sharpe", "sortino", "calmar", "omega", "profit_factor", "skew"] {
                #expect(metrics[key] is NSNull, "\(key)")
            }
        }
    }

    @Test func `numbers are those of the analysis to the last digit`() throws {
        let analyses = try RunAnalysis.all([try RunReaderTests.whole.run()], ReportOptions())
        // By their text: a parser may round.
        let text = Report.json(analyses)
        for figure in FigureCatalogue.all {
            let wanted = figure.value(analyses[0]).map { "\($0)" } ?? "null"
            let isThere = text.contains("\"\(figure.key)\":\(wanted),")
                || text.contains("\"\(figure.key)\":\(wanted)}")
            #expect(isThere, "\(figure.key)")
        }
    }

    @Test func `names of figures differ`() {
        let keys = FigureCatalogue.all.map(\.key)
        #expect(Set(keys).count == keys.count)
    }
}

@Suite("Runs together")
struct RunAnalysisTests {
    private static func run(_ seed: UInt64, drift: Double) throws -> Run {
        var wealth = 1_000.0
        let values = TestReturns.walk(500, seed: seed, drift: drift).map {
            wealth *= 1 + $0
            return wealth
        }
        return try TestRun().with("equity", TestRun.equity(values)).run()
    }

    @Test func `each run is a trial, and more may be told`() throws {
        let runs = try (0..<4).map {
            try Self.run(TestReturns.seed + 70 + $0, drift: Double($0) * 1e-3)
        }
        let four = try RunAnalysis.all(runs, ReportOptions())
        let many = try RunAnalysis.all(runs, ReportOptions(trials: 1_000))
        #expect(four[0].trials.count == 4)
        #expect(four[0].trials.isMeasured)
        let ratios = four.compactMap(\.metrics.periodSharpe)
        let deviation = try #require(Moments(ratios).deviation)
        #expect(four[0].trials.variance == deviation * deviation)
        for (one, other) in zip(four, many) {
            let less = try #require(one.deflatedSharpe)
            let more = try #require(other.deflatedSharpe)
            #expect(more < less)
            #expect(less <= (try #require(one.metrics.probabilisticSharpe)))
        }
    }

    @Test func `one run alone is judged by the error of its estimate`() throws {
        let one = try RunAnalysis.all(
            [try Self.run(TestReturns.seed + 80, drift: 1e-3)], ReportOptions(trials: 20))[0]
        #expect(!one.trials.isMeasured)
        #expect(one.trials.variance.map { abs($0 - 1 / 499.0) < 1e-12 } == true)
        #expect(one.deflatedSharpe != nil)
    }

    @Test func `runs share the interval of the longest`() throws {
        var long = TestRun()
        let end = TestRun.startNs + 70 * 86_400 * TestRun.secondNs
        long["end_ns"] = "\(end)"
        let analyses = try RunAnalysis.all([try TestRun().run(), try long.run()], ReportOptions())
        #expect(Set(analyses.map(\.series.intervalNs)) == [86_400 * TestRun.secondNs])
    }
}
