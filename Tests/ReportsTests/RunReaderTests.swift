//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Reports
import SeededRandom
import TestSupport
import Testing

@Suite("Runs' files")
struct RunReaderTests {
    /// With everything that a file may hold.
    static var whole: TestRun {
        var run = TestRun()
        run["equity"] = TestRun.equity([1_000, 1_010.5, 1_005], positions: [0, 50, -20])
        run["fills"] = TestRun.list([
            TestRun.fill(at: 0.5, "buy", 0.5, price: 100, fee: 0.01, mid: 100.1),
            TestRun.fill(at: 1.5, "sell", 0.25, price: 101, fee: -0.002, isMaker: false),
        ])
        run["orders"] = #"{"placed":9,"filled":2,"cancelled":5,"rejected":null,"expired":1}"#
        run["latency"] = #"""
            {"path":{"p50_ns":900,"p90_ns":1200,"p99_ns":4000,"p999_ns":null,"max_ns":90000,\#
            "count":1234}}
            """#
        run["marks"] = TestRun.list([
            TestRun.mark(at: 0, 100), TestRun.mark(at: 1, 100.5), TestRun.mark(at: 2, 101),
        ])
        run["delays"] = #"""
            [{"delay_ns":1000000,"net_return":-0.01,"sharpe":null,"fills":3,"edge_bps":-0.5},\#
            {"delay_ns":1000,"net_return":0.02,"sharpe":2.5,"fills":4,"edge_bps":1.5}]
            """#
        run["metadata"] = #"{"strategy":"reflex \"x\"","seed":7,"set":{"a":[1,2]}}"#
        run["more"] = #"{"later":[1,{"x":null}]}"#
        return run
    }

    @Test func `a file is read as it was written`() throws {
        let run = try Self.whole.run()
        #expect(run.kind == .backtest)
        #expect(run.quote == "USDT")
        #expect(run.initialEquity == 1_000)
        #expect(run.equity.map(\.equity) == [1_000, 1_010.5, 1_005])
        #expect(run.equity.map(\.positionValue) == [0, 50, -20])
        #expect(run.equity[1].timeNs == TestRun.startNs + TestRun.secondNs)
        #expect(run.symbols == ["BTCUSDT"])
        #expect(run.fills.count == 2)
        #expect(run.fills[0].isBuy)
        #expect(run.fills[0].mid == 100.1)
        #expect(run.fills[1].mid == nil)
        #expect(run.fills[1].fee == -0.002)
        #expect(!run.fills[1].isMaker)
        #expect(run.orders.placed == 9)
        #expect(run.orders.rejected == nil)
        #expect(run.latencies[0].p99Ns == 4_000)
        #expect(run.latencies[0].p999Ns == nil)
        #expect(run.marks[0].mids == [100, 100.5, 101])
        #expect(run.delays.map(\.delayNs) == [1_000, 1_000_000])
        #expect(run.delays[1].sharpe == nil)
        #expect(run.metadata.map(\.text) == ["reflex \"x\"", "7", "{\"a\":[1,2]}"])
    }

    struct Refusal: Sendable, CustomStringConvertible {
        let member: String
        let json: String?
        let place: String
        let reason: String
        var description: String { "\(member): \(json ?? "absent")" }
    }

    private static let start = TestRun.startNs

    private static func fills(_ fills: String...) -> String { TestRun.list(fills) }

    private static let table: [(String, String?, String, String)] = [
        ("format", nil, "format", "is missing"), ("format", "\"other\"", "format", "not apus-run"),
        ("version", "2", "version", "only 1"), ("version", "\"1\"", "version", "a number"),
        ("version", "1.5", "version", "whole number"),
        ("kind", "\"dream\"", "kind", "not one of"), ("kind", "7", "kind", "a text"),
        ("start_ns", "-1", "start_ns", "whole number"),
        ("start_ns", "9000000000000000000", "start_ns", "behind the year 2099"),
        ("start_ns", "99999999999999999999999", "start_ns", "whole number"),
        ("end_ns", "5", "end_ns", "is before start_ns"),
        ("quote", "[\"USDT\"]", "quote", "a text"),
        ("quote", "\"\(String(repeating: "x", count: 300))\"", "quote", "more than 256 bytes"),
        ("initial_equity", "0", "initial_equity", "not above 0"),
        ("initial_equity", "-5", "initial_equity", "not above 0"),
        ("initial_equity", "1e400", "initial_equity", "out of range"),
        ("initial_equity", "null", "initial_equity", "a number"),
        ("equity", nil, "equity", "is missing"), ("equity", "{}", "equity", "an array"),
        ("equity", "[1]", "equity[0]", "an array"),
        ("equity", "[[\(start),1]]", "equity[0][2]", "a number"),
        ("equity", "[[\(start),1,0,0]]", "equity[0]", "the array's end"),
        ("equity", "[[\(start),\"1\",0]]", "equity[0][1]", "a number"),
        ("equity", "[[\(start),1e30,0]]", "equity[0][1]", "out of range"),
        ("equity", "[[\(start),null,0]]", "equity[0][1]", "a number"),
        ("equity", "[[\(start).5,1,0]]", "equity[0][0]", "whole number"),
        ("equity", "[[1,1,0]]", "equity[0][0]", "between start_ns and end_ns"),
        ("equity", "[[\(start + 2),1,0],[\(start + 1),1,0]]", "equity[1][0]", "in front of it"),
        ("fills", "[[]]", "fills[0]", "an object"), ("fills", "[{}]", "fills[0].t_ns", "missing"),
        ("fills", fills(TestRun.fill(at: 1, "hold", 1, price: 1)), "fills[0].side", "buy, sell"),
        ("fills", fills(TestRun.fill(at: 1, "buy", 0, price: 1)), "fills[0].quantity", "above 0"),
        ("fills", fills(TestRun.fill(at: 1, "buy", 1, price: -1)), "fills[0].price", "above 0"),
        (
            "fills", fills(TestRun.fill(at: 1, "buy", 1, price: 1, mid: 0)), "fills[0].mid",
            "above 0"
        ),
        (
            "fills", fills(TestRun.fill(at: 9_999, "buy", 1, price: 1)), "fills[0].t_ns",
            "between start_ns and end_ns"
        ),
        (
            "fills",
            fills(
                TestRun.fill(at: 2, "buy", 1, price: 1), TestRun.fill(at: 1, "buy", 1, price: 1)),
            "fills[1].t_ns", "in front of it"
        ),
        ("orders", "[]", "orders", "an object"),
        ("orders", "{\"filled\":18446744073709551615}", "orders.filled", "whole number"),
        ("orders", "{\"placed\":-3}", "orders.placed", "whole number"),
        ("latency", "{\"x\":5}", "latency.x", "an object"),
        ("latency", "{\"x\":{\"p50_ns\":1.5}}", "latency.x.p50_ns", "whole number"),
        ("marks", "[[\(start),5,1]]", "marks[0][1]", "a text"),
        ("marks", "[[\(start),\"A\",0]]", "marks[0][2]", "above 0"),
        ("marks", "[[9,\"A\",1],[5,\"A\",1]]", "marks[1][0]", "in front of it"),
        ("delays", "[{\"net_return\":1}]", "delays[0].delay_ns", "missing"),
        ("delays", "[{\"delay_ns\":1,\"sharpe\":\"x\"}]", "delays[0].sharpe", "a number"),
        ("metadata", "[]", "metadata", "an object"),
        ("equity", "[NaN]", "byte", "no JSON"), ("equity", "[[1,2,", "byte", "no JSON"),
    ]

    static let refusals = table.map {
        Refusal(member: $0.0, json: $0.1, place: $0.2, reason: $0.3)
    }

    @Test(arguments: refusals)
    func `what is out of bounds is refused with its place`(_ refusal: Refusal) throws {
        let text = TestRun().with(refusal.member, refusal.json).text
        let error = try #require(throws: RunFileError.self) {
            try Run(Array(text.utf8), name: "test")
        }
        #expect(error.place.hasPrefix(refusal.place), "\(error)")
        #expect(error.reason.contains(refusal.reason), "\(error)")
    }

    @Test func `a member that stands there twice is refused`() throws {
        let text = TestRun().text.dropLast() + ",\"quote\":\"EUR\"}"
        let error = try #require(throws: RunFileError.self) {
            try Run(Array(text.utf8), name: "test")
        }
        #expect(error == RunFileError("quote", "stands there twice"))
    }

    @Test func `every beginning of a file is refused`() {
        let bytes = Array(Self.whole.text.utf8)
        for count in 0..<bytes.count {
            #expect(throws: RunFileError.self) { try Run(Array(bytes[..<count]), name: "test") }
        }
    }

    @Test func `a file with bytes changed at random is refused or judged`() throws {
        var random = SplitMix64(seed: TestReturns.seed)
        let bytes = Array(Self.whole.text.utf8)
        let odd: [UInt8] = Array("0123456789.eE+-\",:{}[]ntx\\ ".utf8)
        var taken = 0
        for _ in 0..<1_500 {
            var changed = bytes
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<changed.count, using: &random)
                changed[place] = odd[Int.random(in: 0..<odd.count, using: &random)]
            }
            guard let run = try? Run(changed, name: "test"),
                let analyses = try? RunAnalysis.all([run], ReportOptions())
            else { continue }
            taken += 1
            #expect(!Report.json(analyses).contains("nan"))
            if taken % 20 == 0 { #expect(Report.html(analyses).hasSuffix("</html>\n")) }
        }
        #expect(taken > 50)
    }

    @Test func `a file that is not there says so`() throws {
        let error = try #require(throws: RunFileError.self) { try Run(path: "none/run.json") }
        #expect(error.description.contains("none/run.json"))
    }

    @Test func `a run is named by its file, and what is wrong by both`() throws {
        let folder = try Workplace()
        let good = try folder.write(Self.whole.text, to: "my run.json")
        #expect(try Run(path: good).name == "my run")
        let bad = try folder.write(TestRun().with("version", "3").text, to: "bad.json")
        let error = try #require(throws: RunFileError.self) { try Run(path: bad) }
        #expect(error.place == "\(bad): version")
    }
}
