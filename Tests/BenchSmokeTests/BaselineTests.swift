//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import BenchSuites
import Testing

/// A run against one that was saved: what counts as a difference, and what is not compared at all.
@Suite("Benchmarks against a baseline")
struct BaselineTests {
    private static let oldRounds = [100.0, 101, 102, 103, 104]

    /// As `--save` writes it, with what the comparison does not read left out.
    private static func text(
        format: String = "apus-bench", version: Int = 1, mode: String = "full",
        threads: Int = 1, rounds: [Double] = oldRounds,
        hash: String = "2a", isHashStable: Bool = true
    ) -> String {
        #"{"format":"\#(format)","version":\#(version),"mode":"\#(mode)","#
            + #""machine":{"cpu":"EPYC","cores":2,"cores_before":"near","cores_after":"near"},"#
            + #""results":[{"name":"a/b","operations":1,"threads":\#(threads),"median_ns":102,"#
            + #""rounds_ns":\#(rounds),"hash":"\#(hash)","is_hash_stable":\#(isHashStable)}]}"#
    }

    private static func baseline(_ text: String) throws -> BenchBaseline {
        try BenchBaseline(json: Array(text.utf8))
    }

    private static func run(_ rounds: [Double], hash: UInt64 = 42, name: String = "a/b") -> Bench {
        let bench = Bench(mode: .full)
        bench.record(name, rounds: rounds.map { [$0] }, hash: hash)
        return bench
    }

    private static func comparison(
        _ rounds: [Double], hash: UInt64 = 42, with text: String, place: String? = "near"
    ) throws -> BenchComparison {
        BenchComparison(run(rounds, hash: hash), place: place, against: try baseline(text))
    }

    struct Case: Sendable {
        let rounds: [Double]
        let verdict: BenchComparison.Verdict
    }

    @Test(arguments: [
        Case(rounds: [100, 101, 102, 103, 104], verdict: .same),
        Case(rounds: [103, 104, 105, 106, 107], verdict: .slower),
        Case(rounds: [97, 98, 99, 100, 101], verdict: .faster),
        // Half of the rounds are far off, and the middle halves still overlap.
        Case(rounds: [101, 103, 150, 180, 190], verdict: .same),
    ])
    func `runs differ when the middle halves of their rounds do not overlap`(_ one: Case) throws {
        let rows = try Self.comparison(one.rounds, with: Self.text()).rows
        #expect(rows.map(\.verdict) == [one.verdict])
    }

    @Test func `another hash fails the run, however fast it was`() throws {
        let fast = try Self.comparison([1, 1, 1, 1, 1], hash: 43, with: Self.text())
        #expect(fast.rows.map(\.verdict) == [.otherHash])
        #expect(fast.failures(above: nil).count == 1)
        // Where hashes differ from sample to sample, they say nothing.
        let varying = try Self.comparison(
            Self.oldRounds, hash: 43, with: Self.text(isHashStable: false))
        #expect(varying.failures(above: nil).isEmpty)
        // Nor where one run had more samples than the other.
        let longer = try Self.comparison([100, 101, 102], hash: 43, with: Self.text())
        #expect(longer.failures(above: nil).isEmpty)
    }

    @Test func `a slowdown fails the run beyond the limit alone`() throws {
        let slow = try Self.comparison([120, 121, 122], with: Self.text())
        #expect(slow.failures(above: nil).isEmpty)
        #expect(slow.failures(above: 30).isEmpty)
        #expect(slow.failures(above: 10).count == 1)
    }

    @Test func `two threads are not compared when their cores moved`() throws {
        let text = Self.text(threads: 2)
        for place in ["far", nil] {
            let rows = try Self.comparison([200, 201, 202], with: text, place: place).rows
            #expect(rows.map(\.verdict) == [.notCompared("other distance of the cores")])
        }
        // In both runs.
        let both = BenchComparison(
            Self.run([200, 201, 202]), place: nil,
            against: try Self.baseline(
                text.replacing("\"cores_after\":\"near\"", with: "\"cores_after\":\"far\"")))
        #expect(both.rows.map(\.verdict) == [.notCompared("other distance of the cores")])
        let alone = try Self.comparison([200, 201, 202], with: Self.text(), place: "far").rows
        #expect(alone.map(\.verdict) == [.slower])
    }

    @Test func `runs of other machines are compared by force alone`() throws {
        func check(_ cpu: String, _ cores: Int, isForced: Bool = false) throws {
            try BenchComparison.check(
                .full, cpu: cpu, cores: cores, against: Self.baseline(Self.text()),
                isForced: isForced)
        }
        try check("EPYC", 2)
        #expect(throws: BenchError.self) { try check("Xeon", 2) }
        #expect(throws: BenchError.self) { try check("EPYC", 4) }
        try check("Xeon", 4, isForced: true)
    }

    @Test func `what one run alone has is told`() throws {
        let other = BenchComparison(
            Self.run([1, 2, 3], name: "c/d"), place: "near",
            against: try Self.baseline(Self.text()))
        #expect(other.rows.isEmpty)
        #expect(other.gone == ["a/b"])
        #expect(other.added == ["c/d"])
    }

    @Test(arguments: [
        "", "[]", "{}", Self.text(format: "other"), Self.text(version: 2),
        Self.text(rounds: []), Self.text().replacing("\"median_ns\":102", with: "\"median_ns\":0"),
        Self.text().replacing("\"hash\":\"2a\",", with: ""),
    ])
    func `a file that is no saved run is refused`(_ text: String) {
        #expect(throws: BenchError.self) { try Self.baseline(text) }
    }
}
