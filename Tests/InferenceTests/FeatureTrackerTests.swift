//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Inference
import SeededRandom
import Testing

@Suite("Feature tracker")
struct FeatureTrackerTests {
    static let second: UInt64 = 1_000_000_000

    struct Row {
        var instrument: UInt32
        var timeNs: UInt64
        var mid: Double
        var values: [Float]
        var isWarm = true
    }

    /// Three features: what the next 200 ms bring, with noise; its opposite; nothing.
    static func market(rows: Int, seed: UInt64, instruments: UInt32 = 2) -> [Row] {
        var random = SplitMix64(seed: seed)
        var mids = [Double](repeating: 1_000, count: Int(instruments))
        return (0..<rows).map { index in
            let instrument = UInt32(index) % instruments
            let next = random.normal()
            let mid = mids[Int(instrument)]
            mids[Int(instrument)] *= 1 + next * 1e-4
            return Row(
                instrument: instrument, timeNs: 5 * second + UInt64(index) * 100_000_000, mid: mid,
                values: [
                    Float(next + random.normal()), Float(-next), Float(random.normal()),
                ])
        }
    }

    static func tracker(
        _ rows: [Row], horizonsNs: [UInt64], memoryNs: UInt64 = 1 << 62
    ) -> FeatureTracker {
        var tracker = FeatureTracker(
            names: ["good", "opposite", "nothing"], directional: [true, true, false],
            horizonsNs: horizonsNs, memoryNs: memoryNs)
        for row in rows {
            tracker.add(
                instrumentID: row.instrument, timeNs: row.timeNs, mid: row.mid,
                isWarm: row.isWarm, values: row.values)
        }
        return tracker
    }

    /// Values and returns of the rows that have one, by going through all later rows.
    static func pairs(_ rows: [Row], _ horizonNs: UInt64) -> [(values: [Float], change: Double)] {
        rows.indices.compactMap { index in
            let row = rows[index]
            guard row.isWarm,
                let later = rows[index...].first(where: {
                    $0.instrument == row.instrument && $0.timeNs >= row.timeNs + horizonNs
                })
            else { return nil }
            return (row.values, (later.mid / row.mid - 1) * 1e4)
        }
    }

    @Test func `correlation and hit rate are those of all pairs`() {
        // Fewer than a hundred pairs, so that nothing is clipped.
        let rows = Self.market(rows: 90, seed: 61)
        let horizons: [UInt64] = [200_000_000, Self.second]
        let scores = Self.tracker(rows, horizonsNs: horizons).scores
        #expect(scores.count == 6)
        for (place, score) in scores.enumerated() {
            let pairs = Self.pairs(rows, horizons[place / 3])
            let x = pairs.map { Double($0.values[place % 3]) }
            let y = pairs.map(\.change)
            let n = Double(pairs.count)
            let (meanX, meanY) = (x.reduce(0, +) / n, y.reduce(0, +) / n)
            let product = zip(x, y).reduce(0) { $0 + ($1.0 - meanX) * ($1.1 - meanY) }
            let squares = x.reduce(0) { $0 + ($1 - meanX) * ($1 - meanX) }
                * y.reduce(0) { $0 + ($1 - meanY) * ($1 - meanY) }
            #expect(score.count == UInt64(pairs.count))
            #expect(score.horizonNs == horizons[place / 3])
            #expect(
                abs(score.informationCoefficient - product / squares.squareRoot()) < 1e-9,
                "seed 61, \(score)")
            guard place % 3 < 2 else {
                #expect(score.hitRate.isNaN)
                continue
            }
            let moves = zip(x, y).filter { $0.0 != 0 && $0.1 != 0 }
            let hits = moves.count { ($0.0 > 0) == ($0.1 > 0) }
            #expect(abs(score.hitRate - Double(hits) / Double(moves.count)) < 1e-9, "seed 61")
        }
    }

    @Test func `a feature that tells the future stands out, and its opposite with it`() {
        let scores = Self.tracker(
            Self.market(rows: 6_000, seed: 62), horizonsNs: [200_000_000]
        ).scores
        #expect(abs(scores[0].informationCoefficient - 0.5.squareRoot()) < 0.05, "seed 62")
        #expect(scores[1].informationCoefficient < -0.95, "seed 62")
        #expect(abs(scores[2].informationCoefficient) < 0.05, "seed 62")
        #expect(scores[1].hitRate < 0.02)
    }

    @Test func `what was before fades`() {
        var rows = Self.market(rows: 6_000, seed: 63)
        for index in 0..<3_000 { rows[index].values[0] = -rows[index].values[0] }
        let scores = Self.tracker(
            rows, horizonsNs: [200_000_000], memoryNs: 20 * Self.second
        ).scores
        #expect(scores[0].informationCoefficient > 0.6, "seed 63")
    }

    @Test func `one extreme value does not make the score`() {
        var rows = Self.market(rows: 3_000, seed: 64)
        rows[2_000].values[0] = 1e6
        let scores = Self.tracker(rows, horizonsNs: [200_000_000]).scores
        #expect(scores[0].informationCoefficient > 0.6, "seed 64")
    }

    @Test func `cold vectors, late returns and times that go back are not judged`() {
        func count(_ rows: [Row]) -> UInt64 {
            Self.tracker(rows, horizonsNs: [Self.second]).scores[0].count
        }
        func row(_ seconds: Double, isWarm: Bool = true) -> Row {
            Row(
                instrument: 0, timeNs: UInt64(seconds * 1e9), mid: 1_000, values: [1, 1, 1],
                isWarm: isWarm)
        }
        #expect(count([row(10), row(11)]) == 1)
        #expect(count([row(10, isWarm: false), row(11)]) == 0)
        #expect(count([row(10), row(11, isWarm: false)]) == 1)
        #expect(count([row(10), row(11.999)]) == 1)
        #expect(count([row(10), row(12.001)]) == 0)
        #expect(count([row(10), row(9), row(10.999)]) == 0)
        // At most one sample in 10 ms.
        #expect(count([row(10), row(10.005), row(10.02), row(12)]) == 2)
    }
}
