//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import BenchSuites
import Foundation
import Testing

/// Every suite runs tiny in every test run: it works, and it computes what it says. No time is
/// judged here.
@Suite("Benchmarks")
struct BenchSmokeTests {
    @Test(arguments: Bench.suites.map(\.name))
    func `a suite measures what it lists, and its hashes are stable`(name: String) throws {
        let suite = try #require(Bench.suites.first { $0.name == name })
        let bench = Bench(mode: .smoke)
        try suite.run(bench)
        // What needs data that is not here says so.
        #expect(!bench.results.isEmpty || !bench.skipped.isEmpty)
        for result in bench.results {
            #expect(suite.measurements.contains(result.name))
            #expect(result.name.hasPrefix(suite.name + "/"))
            #expect(result.sampleCount > 0)
            #expect(result.isHashStable, "\(result.name)")
            #expect(result.hash != 0, "\(result.name)")
        }
    }

    @Test func `names are unique`() {
        let names = Bench.suites.flatMap(\.measurements)
        #expect(Set(names).count == names.count)
    }

    @Test func `a filter leaves out what it does not name`() throws {
        let suite = try #require(Bench.suites.first { $0.name == "telemetry" })
        let bench = Bench(mode: .smoke, filters: ["counter"])
        try suite.run(bench)
        #expect(bench.results.map(\.name) == ["telemetry/counter-add"])
    }

    @Test func `a filter may begin behind the suite's name`() throws {
        let suite = try #require(Bench.suites.first { $0.name == "tls" })
        let bench = Bench(mode: .smoke, filters: ["/seal-"])
        try suite.run(bench)
        #expect(bench.results.map(\.name) == ["tls/seal-300B"])
    }

    @Test func `a run that was saved can be read again, and a smoke run is no baseline`() throws {
        let path = FileManager.default.temporaryDirectory
            .appending(path: "apus-bench-\(UInt64.random(in: 0...UInt64.max)).json").path()
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(BenchCommand.run(["--smoke", "telemetry/counter", "--json", "--save", path]) == 0)
        _ = try BenchBaseline(path: path)
        #expect(
            BenchCommand.run(["--smoke", "telemetry/counter", "--json", "--baseline", path]) == 1)
    }
}
