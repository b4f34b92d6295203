//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CKernels
import Indicators
import Technical

/// What indicators cost (target P6): the standard list of a series, of eight side by side, and each
/// indicator by itself, with what a bar costs anyway in it.
let technicalSuite = BenchSuite(
    name: "technical",
    measurements: [
        "technical/standard-final", "technical/standard-forming",
        "technical/group-final", "technical/group-forming",
        "technical/group-forming-avx2", "technical/group-forming-portable",
        "technical/tick-64x4", "technical/empty",
    ] + IndicatorCatalogue.all.map { "technical/\($0.name)" }, run: technicalBench)

/// Bars of a walk in ticks of 0.1.
private func makeBars(_ count: Int, seed: UInt64) -> [BarValues] {
    var random = BenchRandom(state: seed)
    var ticks: Int64 = BenchMarket.midTicks
    return (0..<count).map { index in
        let open = ticks
        let steps = (0..<3).map { _ in Int64(random.next() % 81) - 40 }
        let path = steps.reduce(into: [open]) { $0.append($0[$0.count - 1] + $1) }
        ticks = path[path.count - 1]
        return BarValues(
            openTimeNs: BenchMarket.startTimeNs + UInt64(index) * 1_000_000_000,
            open: Double(open) / 10, high: Double(path.max() ?? open) / 10,
            low: Double(path.min() ?? open) / 10, close: Double(ticks) / 10,
            volume: Double(1 + random.next() % 9_000) / 1_000)
    }
}

/// A state with what feeds it.
private final class SeriesFixture {
    private let program: IndicatorProgram
    private let state: IndicatorState
    private let warm: [UInt64]

    init(_ texts: [String], warmedBy bars: [BarValues]) throws {
        program = try IndicatorProgram(texts)
        state = IndicatorState(program)
        for bar in bars { _ = program.update(state, bar, isFinal: true) }
        warm = state.snapshot()
    }

    /// Each call begins alike.
    func run(_ bars: [BarValues], operations: Int, isFinal: Bool) -> UInt64 {
        _ = state.restore(warm)
        var sum: UInt64 = 1
        unsafe bars.withUnsafeBufferPointer { bars in
            for index in 0..<operations {
                let bar = unsafe bars[index & (bars.count - 1)]
                _ = program.update(state, bar, isFinal: isFinal)
            }
        }
        for column in 0..<program.outputCount { sum = sum &* 31 &+ state.value(column).bitPattern }
        return sum
    }
}

/// Groups of series with what feeds them.
///
/// SAFETY: the memory belongs to this object alone and lives as long as it.
@safe
private final class GroupFixture {
    private let groups: UnsafeMutablePointer<IndicatorGroup>
    private let count: Int
    private let outputCount: Int
    /// Of the first group.
    private var warm: [UInt64] = []

    init(_ program: IndicatorProgram, count: Int, path: ScanPath = apus_scan_path_best()) {
        self.count = count
        outputCount = program.outputCount
        unsafe groups = .allocate(capacity: count)
        for index in 0..<count {
            guard let group = IndicatorGroup(program, path: path) else {
                preconditionFailure("the standard list has a group")
            }
            unsafe (groups + index).initialize(to: group)
        }
    }

    deinit {
        unsafe groups.deinitialize(count: count)
        unsafe groups.deallocate()
    }

    /// Takes in `bars`, from which each `run` then begins in the first group.
    func warm(_ bars: [BarValues], lanes: Int) {
        _ = run(bars, operations: bars.count * count, lanes: lanes, isFinal: true)
        warm = unsafe groups[0].snapshot()
    }

    /// One bar for `lanes` series of one group after the other.
    func run(_ bars: [BarValues], operations: Int, lanes: Int, isFinal: Bool) -> UInt64 {
        let mask = UInt32(truncatingIfNeeded: (1 << lanes) - 1)
        var random = BenchRandom(state: 5)
        if !warm.isEmpty { _ = unsafe groups[0].restore(warm) }
        unsafe bars.withUnsafeBufferPointer { bars in
            for index in 0..<operations {
                let which = Int(random.next() % UInt64(count))
                for lane in 0..<lanes {
                    let bar = unsafe bars[(index &+ lane) & (bars.count - 1)]
                    unsafe groups[which].place(bar, lane: lane)
                }
                _ = unsafe groups[which].update(lanes: mask, isFinal: isFinal)
            }
        }
        var sum: UInt64 = 1
        for column in 0..<outputCount {
            sum = unsafe sum &* 31 &+ groups[0].value(column, lane: 0).bitPattern
        }
        return sum
    }
}

@Sendable private func technicalBench(_ bench: Bench) throws {
    let operations = bench.parameter(smoke: 64, full: 4_096)
    let samples = bench.parameter(smoke: 2, full: 30)
    let bars = makeBars(1_024, seed: 3)
    func series(_ name: String, _ texts: [String], isFinal: Bool) throws {
        guard bench.isWanted(name) else { return }
        let one = try SeriesFixture(texts, warmedBy: bars)
        bench.measure(name, samples: samples, operations: operations) {
            one.run(bars, operations: operations, isFinal: isFinal)
        }
    }
    try series("technical/standard-final", IndicatorPlan.standardTexts, isFinal: true)
    try series("technical/standard-forming", IndicatorPlan.standardTexts, isFinal: false)

    let standard = try IndicatorProgram(IndicatorPlan.standardTexts)
    // For one series of the eight.
    let lanes = IndicatorGroup.lanesMax
    let best = apus_scan_path_best()
    for (name, path, isFinal) in [
        ("final", best, true), ("forming", best, false), ("forming-avx2", .avx2, false),
        ("forming-portable", .portable, false),
    ] where path.rawValue <= best.rawValue {
        let group = GroupFixture(standard, count: 1, path: path)
        group.warm(bars, lanes: lanes)
        bench.measure(
            "technical/group-\(name)", samples: samples, operations: operations * lanes
        ) { group.run(bars, operations: operations, lanes: lanes, isFinal: isFinal) }
    }

    // A tick of one of 64 instruments: twenty indicators of its four time frames.
    let market = GroupFixture(standard, count: 64)
    market.warm(bars, lanes: 4)
    bench.measure("technical/tick-64x4", samples: samples, operations: operations) {
        market.run(bars, operations: operations, lanes: 4, isFinal: false)
    }

    try series("technical/empty", [], isFinal: true)
    for one in IndicatorCatalogue.all {
        try series("technical/\(one.name)", [one.name], isFinal: true)
    }
}
