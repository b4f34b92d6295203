//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Rendering

/// The run as one JSON object, which `--save` writes and `--baseline` reads. `Bench/schema.md`
/// says what each member means; hashes are texts, because they have 64 bits.
enum BenchJSON {
    static let format = "apus-bench"
    /// Grows when a member changes its meaning or goes; new members alone do not count.
    static let version = 1

    static func text(
        _ bench: Bench, _ around: BenchSurroundings, _ comparison: BenchComparison? = nil
    ) -> String {
        var json = JSONWriter()
        json.object { json in
            json.add("format", format)
            json.add("version", version)
            json.add("mode", bench.mode == .smoke ? "smoke" : "full")
            json.add("rounds", bench.roundCount)
            json.array("filters") { json in bench.filters.forEach { json.addElement($0) } }
            json.object("machine") { machine(&$0, around) }
            json.array("results") { json in
                for result in bench.results { json.object { write(result, &$0) } }
            }
            json.array("ratios") { json in
                for ratio in bench.ratios { json.object { write(ratio, &$0) } }
            }
            json.array("targets") { targets(&$0, bench) }
            json.array("notes") { json in
                for note in bench.notes {
                    json.object { json in
                        json.add("name", note.name)
                        json.add("text", note.text)
                    }
                }
            }
            json.array("skipped") { json in
                for skip in bench.skipped {
                    json.object { json in
                        json.add("name", skip.name)
                        json.add("reason", skip.reason)
                    }
                }
            }
            if let comparison { json.object("baseline") { comparison.write(&$0) } }
        }
        return json.text
    }

    private static func machine(_ json: inout JSONWriter, _ around: BenchSurroundings) {
        let machine = around.machine
        json.add("cpu", machine.model)
        json.add("cores", machine.coreCount)
        json.add("kernel", machine.kernel)
        json.add("hypervisor", machine.hypervisor)
        json.add("governor", machine.governor)
        json.add("isolated_cores", machine.isolatedCores)
        json.add("nohz_full_cores", machine.ticklessCores)
        json.add("clock_step_ns", machine.clockStepNs)
        json.add("load_before", machine.loadAverage)
        json.add("load_after", around.loadAfter)
        json.add("steal_percent", around.stealPercent)
        for (name, pingPong) in [("before", around.first), ("after", around.last)] {
            guard let pingPong else {
                json.addNull("ping_pong_\(name)_ns")
                json.addNull("cores_\(name)")
                continue
            }
            json.add("ping_pong_\(name)_ns", pingPong.oneWayNs)
            json.add("cores_\(name)", pingPong.place)
        }
    }

    private static func write(_ result: BenchResult, _ json: inout JSONWriter) {
        json.add("name", result.name)
        addRow("target", of: result.name, to: &json)
        json.add("unit", "ns/operation")
        json.add("operations", result.operations)
        json.add("threads", result.threads)
        json.add("samples", result.sampleCount)
        json.add("median_ns", result.median)
        json.add("p99_ns", result.p99)
        json.add("p999_ns", result.p999)
        json.add("min_ns", result.low)
        json.add("max_ns", result.high)
        json.add("deviation_ns", result.deviation)
        json.array("rounds_ns") { json in result.rounds.forEach { json.addElement($0) } }
        if let rate = result.gigabytesPerSecond { json.add("gigabytes_per_second", rate) }
        if let rate = result.millionEventsPerSecond {
            json.add("million_events_per_second", rate)
        }
        json.add("hash", String(result.hash, radix: 16))
        json.add("is_hash_stable", result.isHashStable)
    }

    private static func addRow(_ key: String, of name: String, to json: inout JSONWriter) {
        guard let row = BenchRow.id(of: name) else { return json.addNull(key) }
        json.add(key, row)
    }

    private static func write(_ ratio: BenchRatio, _ json: inout JSONWriter) {
        json.add("title", ratio.title)
        addRow("target_row", of: ratio.name, to: &json)
        json.add("name", ratio.name)
        json.add("peer", ratio.peer)
        json.add("own_ns", ratio.ownNs)
        json.add("peer_ns", ratio.peerNs)
        json.add("ratio", ratio.ratio)
        json.add("min", ratio.low)
        json.add("max", ratio.high)
        json.add("target", ratio.target)
        json.add("is_reached", ratio.isReached)
        json.add("is_same_result", ratio.isSameResult)
    }

    private static func targets(_ json: inout JSONWriter, _ bench: Bench) {
        for row in BenchRow.all {
            for target in row.targets {
                guard let result = bench.results.first(where: { $0.name == target.name }) else {
                    continue
                }
                for limit in target.limits {
                    let (measured, wanted, isReached) = limit.verdict(on: result)
                    json.object { json in
                        json.add("target", row.id)
                        json.add("name", target.name)
                        json.add("measured", measured)
                        json.add("wanted", wanted)
                        json.add("is_reached", isReached)
                    }
                }
            }
        }
    }
}
