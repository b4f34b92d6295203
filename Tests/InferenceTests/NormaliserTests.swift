//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Inference
import Messages
import SeededRandom
import Testing

@Suite("Normaliser")
struct NormaliserTests {
    static func fit(_ rows: [[Float]], cold: Set<Int> = []) -> NormaliserFit {
        var fit = NormaliserFit(
            schemaHash: Fixtures.schemaHash, names: rows[0].indices.map { "feature_\($0)" })
        for (index, row) in rows.enumerated() {
            var vector = Fixtures.vector(
                sequence: UInt64(index), values: row, isWarm: !cold.contains(index))
            unsafe withUnsafePointer(to: &vector) { unsafe fit.add($0) }
        }
        return fit
    }

    @Test func `mean and sigma are those of the warm vectors in two passes`() throws {
        var random = SplitMix64(seed: 51)
        let rows = (0..<2_000).map { _ in
            [Float(random.normal() * 3 + 1e4), Float(random.normal() * 1e-3), 7, 0]
        }
        let cold = Set((0..<2_000).filter { $0 % 3 == 0 })
        let normaliser = try Self.fit(rows, cold: cold).finish(clip: 4)
        let warm = rows.indices.filter { !cold.contains($0) }.map { rows[$0] }
        #expect(normaliser.rowCount == warm.count)
        #expect(normaliser.clip == 4)
        for feature in 0..<2 {
            let values = warm.map { Double($0[feature]) }
            let mean = values.reduce(0, +) / Double(values.count)
            let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            let variance = squares / Double(values.count)
            #expect(abs(Double(normaliser.mean[feature]) / mean - 1) < 1e-6, "seed 51")
            let sigma = 1 / Double(normaliser.inverseSigma[feature])
            #expect(abs(sigma / variance.squareRoot() - 1) < 1e-6, "seed 51")
        }
        // What does not vary says nothing.
        #expect(normaliser.mean[2] == 7)
        #expect(normaliser.inverseSigma[2...] == [0, 0])
        #expect(try Self.fit(rows, cold: cold).finish(clip: 4) == normaliser)
    }

    @Test func `no warm vector and a clip out of range are refused`() {
        #expect(throws: RidgeError.self) { try Self.fit([[1]], cold: [0]).finish(clip: 5) }
        #expect(throws: RidgeError.self) { try Self.fit([[1], [2]]).finish(clip: 0) }
        #expect(throws: RidgeError.self) { try Self.fit([[1], [2]]).finish(clip: .infinity) }
    }

    @Test func `a fit uses the normaliser it is given and puts it into the model`() throws {
        var configuration = RidgeFitTests.configuration()
        let given = FeatureNormaliser(
            schemaHash: configuration.schemaHash, names: configuration.featureNames,
            mean: [9, 0.5, -0.25, 0], inverseSigma: [0.25, 50, 1, 0], clip: 3, rowCount: 10)
        configuration.normaliser = given
        let market = RidgeFitTests.Market(rows: 3_000, seed: 6).rows()
        let (parameters, report) = try RidgeFitTests.fit(market, configuration)
        #expect(parameters.mean == given.mean)
        #expect(parameters.inverseSigma == given.inverseSigma)
        #expect(parameters.clip == 3)
        #expect(report.r2AgainstZero > 0.5, "seed 6")

        configuration.directional = [false, true, true, true]
        let (symmetric, _) = try RidgeFitTests.fit(market, configuration)
        #expect(symmetric.mean == [0, 0, 0, 0])
        #expect(symmetric.inverseSigma == [0, 50, 1, 0])

        configuration.normaliser?.schemaHash ^= 1
        #expect(throws: RidgeError.self) { try RidgeFitTests.fit(market, configuration) }
    }
}
