//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CPlatform
import Configuration
import Platform
import Telemetry
import TradingCore

/// What a journal costs the path that it is kept of: the fused path of `path/reflex/warm`, once
/// alone and once with a journal of policy group in memory, its thread on the other core.
///
/// Runs of the two alternate, as those of the suite `monitor` do; each pair gives one ratio.
let journalCostSuite = BenchSuite(
    name: "journaled",
    measurements: JournalPace.allCases.flatMap { [$0.name(false), $0.name(true)] },
    run: journalCostBench)

/// How fast quotes come, each of which brings an order and its answers.
private enum JournalPace: CaseIterable {
    /// 10,000 in a second.
    case market
    /// One behind the other: the journal's thread is at work half of the time.
    case flatOut

    func name(_ isOn: Bool) -> String {
        "journaled/\(isOn ? "on" : "off")" + (self == .market ? "" : "-flat-out")
    }

    var intervalNs: UInt64 { self == .market ? 100_000 : 0 }
    var text: String { self == .market ? "10,000 orders a second" : "flat out" }
}

private let pairCount = 21
private let runNs: UInt64 = 400_000_000

@Sendable private func journalCostBench(_ bench: Bench) throws {
    for pace in JournalPace.allCases
    where bench.isWanted(pace.name(false)) || bench.isWanted(pace.name(true)) {
        try measure(bench, pace)
    }
}

private func measure(_ bench: Bench, _ pace: JournalPace) throws {
    let place = MemoryFolder("journaled")
    let clock = WallClock.calibrated()
    var off = try DryPath.make(
        try DryPath.settings(), clock: clock, startTimeNs: BenchMarket.startTimeNs)
    var on = try journaled(place, clock)
    let stepNs = try off.warmUp(bench.parameter(smoke: 20, full: 1_000))
    _ = try on.warmUp(bench.parameter(smoke: 20, full: 1_000))
    // Of these orders alone: how many the runs make depends on the machine.
    guard off.orderHash == on.orderHash else {
        throw BenchError("a journal changes what the path does")
    }
    let hash = on.orderHash
    let samples = bench.parameter(
        smoke: 20, full: max(1_000, Int(runNs / max(stepNs, pace.intervalNs))))
    var runs: (with: [[Double]], without: [[Double]]) = ([], [])
    for pair in 0..<bench.parameter(smoke: 2, full: pairCount) {
        for isOn in pair % 2 == 0 ? [false, true] : [true, false] {
            if isOn {
                runs.with.append(try on.times(bench, samples, intervalNs: pace.intervalNs))
            } else {
                runs.without.append(try off.times(bench, samples, intervalNs: pace.intervalNs))
            }
        }
    }
    on.endJournal()
    // Some hundred times a market's pace, where it goes flat out: a thread that the host takes away
    // for milliseconds loses frames. Most of them must be there.
    let lost = on.telemetry.counter("journal_lost_frames_total").value
    let kept = on.telemetry.counter("journal_frames_total").value
    guard lost < kept / 10 else { throw BenchError("\(lost) frames lost, \(kept) journaled") }
    bench.record(pace.name(false), rounds: runs.without, hash: hash)
    bench.record(pace.name(true), rounds: runs.with, hash: hash)
    bench.stateCost(
        of: "\(pace.text), a journal", with: (pace.name(true), runs.with),
        without: (pace.name(false), runs.without), target: 0.98)
}

private func journaled(_ place: MemoryFolder, _ clock: WallClock) throws -> DryPath {
    var settings = try DryPath.settings()
    try settings.read(assignment: "journal.path=\(place.path)")
    try settings.read(assignment: "journal.compress=false")
    // A thread begins on its maker's cores.
    let cores = CorePair.available(.full)
    if let cores { _ = apus_thread_pin(Int32(cores.second)) }
    defer { _ = CorePair.available(.full) }
    return try DryPath.make(settings, clock: clock, startTimeNs: BenchMarket.startTimeNs)
}
