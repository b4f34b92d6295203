//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CPlatform
import Glibc
import Platform
import TradingCore

/// What a monitor costs the path that it watches (target P9): the fused path of `path/reflex/warm`
/// with its telemetry, rings included, in shared memory, and `apus-monitor` as a process of its own
/// that reads all of it, renders it as JSON, and prints that to nowhere.
///
/// The monitor is stopped and continued by signals, so that runs with and without it alternate, the
/// order of the two turned round from pair to pair: what the machine does in the meantime meets
/// both alike. Each pair gives one ratio of medians and one of 99th percentiles; the middle of the
/// pairs' ratios is what is stated. The monitor runs on the other core, where there is one.
let monitorSuite = BenchSuite(
    name: "monitor",
    measurements: MonitorPace.allCases.flatMap { [$0.name(false), $0.name(true)] },
    run: monitorBench)

private enum MonitorPace: String, CaseIterable {
    /// The monitor's own interval.
    case normal = "1s"
    /// The shortest that it takes.
    case fastest = "10ms"

    func name(_ isAttached: Bool) -> String {
        "monitor/\(isAttached ? "attached" : "detached")-\(rawValue)"
    }

    /// Time of one run: it holds several readings, or one at least.
    var runNs: UInt64 { self == .normal ? 1_200_000_000 : 300_000_000 }
    var pairCount: Int { self == .normal ? 11 : 21 }
}

@Sendable private func monitorBench(_ bench: Bench) throws {
    for pace in MonitorPace.allCases
    where bench.isWanted(pace.name(false)) || bench.isWanted(pace.name(true)) {
        try measure(bench, pace)
    }
}

private func measure(_ bench: Bench, _ pace: MonitorPace) throws {
    let name = "bench-\(currentProcessID())-\(pace.rawValue)"
    guard let directory = InstanceDirectory(name: name) else {
        throw BenchError("'\(name)' is no instance name")
    }
    try directory.claim()
    defer { directory.remove() }
    var dry = try DryPath.make(
        try DryPath.settings(), directory: directory, clock: WallClock.calibrated(),
        startTimeNs: BenchMarket.startTimeNs)
    // The hash is of these orders alone: how many the runs make depends on the machine.
    let stepNs = try dry.warmUp(bench.parameter(smoke: 20, full: 1_000))
    let hash = dry.orderHash
    let monitor = bench.mode == .full ? try AttachedMonitor(name, pace.rawValue) : nil
    defer { monitor?.end() }
    let samples = bench.parameter(smoke: 20, full: max(1_000, Int(pace.runNs / stepNs)))
    var runs: (with: [[Double]], without: [[Double]]) = ([], [])
    for pair in 0..<bench.parameter(smoke: 2, full: pace.pairCount) {
        for isAttached in pair % 2 == 0 ? [false, true] : [true, false] {
            if isAttached { monitor?.attach() } else { monitor?.detach() }
            let times = try dry.times(bench, samples)
            if isAttached { runs.with.append(times) } else { runs.without.append(times) }
        }
    }
    try monitor?.checkAlive()
    bench.record(pace.name(false), rounds: runs.without, hash: hash)
    bench.record(pace.name(true), rounds: runs.with, hash: hash)
    bench.stateCost(
        of: "a monitor every \(pace.rawValue)", with: (pace.name(true), runs.with),
        without: (pace.name(false), runs.without), target: 0.99)
}

/// `apus-monitor` as a process, on another core than this thread.
private final class AttachedMonitor {
    private let process: ChildProcess

    init(_ instance: String, _ interval: String) throws {
        let path = executableFolder() + "/apus-monitor"
        // A child begins on its parent's cores.
        let cores = CorePair.available(.full)
        if let cores { _ = apus_thread_pin(Int32(cores.second)) }
        defer { _ = CorePair.available(.full) }
        process = try ChildProcess(
            path: path,
            arguments: ["--instance", instance, "--format", "json", "--interval", interval],
            output: "/dev/null")
        detach()
    }

    func attach() { process.signal(SIGCONT) }
    func detach() { process.signal(SIGSTOP) }

    func checkAlive() throws {
        guard process.isRunning else {
            throw BenchError(
                "apus-monitor did not run beside this program; "
                    + "swift build -c release --product apus-monitor")
        }
    }

    func end() {
        process.kill()
        process.wait(timeoutNs: 1_000_000_000)
    }
}
