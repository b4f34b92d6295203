//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import SeededRandom
import Testing

@testable import Soak

/// Goal: a leak is found however small, and what only wavers is none.
///
/// Method: made-up series of two hours, a value a minute, with seeds.
@Suite("Slope of a soak")
struct SlopeTests {
    private static let seeds = Array(UInt64(1)...40)

    /// - Parameters:
    ///   - perMinute: What it grows by.
    ///   - noise: Largest distance from the line.
    ///   - follow: Share of the last distance that the next keeps.
    private static func series(
        _ seed: UInt64, count: Int = 120, level: Double = 300_000, perMinute: Double,
        noise: Double, follow: Double = 0, step: Double = 1
    ) -> [SeriesPoint] {
        var random = SplitMix64(seed: seed)
        var wave = 0.0
        return (0..<count).map { minute in
            let unit = Double(random.next() >> 11) / Double(UInt64(1) << 53)
            wave = follow * wave + (unit * 2 - 1) * noise
            let value = level + Double(minute) * perMinute + wave
            return SeriesPoint(
                timeS: Double(minute) * 60, value: (value / step).rounded(.down) * step)
        }
    }

    private static func line(_ points: [SeriesPoint]) -> VerdictLine {
        Verdict.growth(
            "RSS", points, unit: "KiB", allowance: Verdict.memoryAllowanceKiB)
    }

    @Test(arguments: seeds)
    func `a leak of a KiB a minute is found under noise and whole pages`(seed: UInt64) {
        let points = Self.series(seed, perMinute: 1, noise: 20, step: 4)
        #expect(Self.line(points).outcome == .fail, "seed \(seed)")
        let slope = SlopeEstimate(points)
        #expect(slope.map { abs($0.perS * 60 - 1) < 0.2 } == true, "seed \(seed)")
    }

    @Test(arguments: seeds)
    func `noise is no leak`(seed: UInt64) {
        let points = Self.series(seed, perMinute: 0, noise: 400)
        #expect(Self.line(points).outcome == .pass, "seed \(seed)")
    }

    /// What wanders for hours looks like a slope now and then, to whatever test.
    @Test(arguments: [0.5, 0.8])
    func `noise that follows itself is called a leak in one soak of forty at most`(
        follow: Double
    ) {
        let called = Self.seeds.filter { seed in
            let points = Self.series(seed, perMinute: 0, noise: 400, follow: follow)
            return Self.line(points).outcome == .fail
        }
        #expect(called.count <= 1, "seeds \(called)")
    }

    @Test(arguments: seeds)
    func `the interval holds the true slope`(seed: UInt64) throws {
        let points = Self.series(seed, perMinute: 7, noise: 300, follow: 0.3)
        let slope = try #require(SlopeEstimate(points))
        #expect(slope.lowerPerS <= 7.0 / 60, "seed \(seed)")
        #expect(slope.upperPerS >= 7.0 / 60, "seed \(seed)")
        #expect(slope.lowerPerS <= slope.perS)
        #expect(slope.perS <= slope.upperPerS)
    }

    @Test func `a constant has slope 0 and a straight line its own`() throws {
        let flat = try #require(SlopeEstimate(Self.series(1, perMinute: 0, noise: 0)))
        #expect(flat.perS == 0)
        #expect(flat.lowerPerS == 0)
        #expect(flat.upperPerS == 0)
        let line = try #require(SlopeEstimate(Self.series(1, perMinute: 60, noise: 0)))
        #expect(abs(line.perS - 1) < 1e-9)
        #expect(abs(line.change - 119 * 60) < 1e-6)
    }

    @Test(arguments: seeds)
    func `a quarter of wild values moves neither slope nor verdict`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let points = Self.series(seed, perMinute: 0, noise: 10).map { point in
            random.next() % 4 == 0
                ? SeriesPoint(timeS: point.timeS, value: 3 * point.value) : point
        }
        #expect(Self.line(points).outcome == .pass, "seed \(seed)")
    }

    @Test func `one step of memory is no slope`() {
        let points = Self.series(1, perMinute: 0, noise: 0).enumerated().map { index, point in
            SeriesPoint(timeS: point.timeS, value: point.value + (index > 60 ? 900 : 0))
        }
        #expect(Self.line(points).outcome == .pass)
    }

    @Test func `growth in the first tenth is warm-up`() {
        let points = (0..<120).map { minute in
            SeriesPoint(timeS: Double(minute) * 60, value: Double(min(minute, 11)) * 5_000)
        }
        #expect(Self.line(points).outcome == .pass)
    }

    @Test func `levels of two processes are not compared`() {
        let first = Self.series(1, perMinute: 0, noise: 1)
        let second = Self.series(2, perMinute: 0, noise: 1).map {
            SeriesPoint(timeS: $0.timeS + 7_200, value: $0.value + 50_000, segment: 1)
        }
        #expect(Self.line(first + second).outcome == .pass)
        let joined = second.map { SeriesPoint(timeS: $0.timeS, value: $0.value) }
        #expect(SlopeEstimate(first + joined).map { $0.perS > 1 } == true)
    }

    @Test func `a slope within the allowance passes, a fall too`() {
        #expect(Self.line(Self.series(1, perMinute: 0.4, noise: 1)).outcome == .pass)
        #expect(Self.line(Self.series(1, perMinute: -50, noise: 1)).outcome == .pass)
    }

    @Test func `few samples are not judged`() {
        let points = Self.series(
            1, count: SlopeEstimate.countMin, perMinute: 1_000, noise: 0)
        #expect(Self.line(points).outcome == .open)
        #expect(SlopeEstimate(points) != nil, "the warm-up takes two of them")
        #expect(SlopeEstimate([]) == nil)
        let gaps = points.map { SeriesPoint(timeS: $0.timeS, value: .nan) }
        #expect(SlopeEstimate(gaps + gaps + gaps) == nil)
    }

    @Test func `weeks of samples keep the slope of their minutes`() throws {
        let points = Self.series(3, count: 40_320, perMinute: 1, noise: 50)
        let slope = try #require(SlopeEstimate(points))
        #expect(abs(slope.perS * 60 - 1) < 0.01)
        #expect(slope.count == 40_320)
    }
}
