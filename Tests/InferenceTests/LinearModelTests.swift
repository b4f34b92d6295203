//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CKernels
import SeededRandom
import Inference
import Messages
import Testing

@Suite("Linear model")
struct LinearModelTests {
    /// The order of operations of `apus_linear.h`, written plainly.
    static func reference(
        _ values: [Float], mean: [Float], inverse: [Float], weights: [Float], clip: Float,
        bias: Float
    ) -> Float {
        var lanes = [Float](repeating: 0, count: 8)
        for index in values.indices {
            let scaled = (values[index] - mean[index]) * inverse[index]
            lanes[index % 8] += max(-clip, min(clip, scaled)) * weights[index]
        }
        let even = (lanes[0] + lanes[4]) + (lanes[2] + lanes[6])
        let odd = (lanes[1] + lanes[5]) + (lanes[3] + lanes[7])
        return even + odd + bias
    }

    static func evaluate(_ model: LinearModel, _ values: [Float]) -> ModelOutput {
        var vector = Fixtures.vector(sequence: 1, values: values)
        return unsafe withUnsafePointer(to: &vector) {
            unsafe model.evaluate(LinearModel.values(of: $0))
        }
    }

    @Test func `every path gives the bits of the plain reference`() {
        // Goal: portable, AVX2 and the written order agree. Method: random models of every size.
        var random = SplitMix64(seed: 41)
        for count in 1...124 {
            for _ in 0..<20 {
                let numbers = { (random: inout SplitMix64, scale: Double) in
                    (0..<count).map { _ in Float(random.normal() * scale) }
                }
                let values = numbers(&random, 40)
                let mean = numbers(&random, 3)
                let inverse = numbers(&random, 1).map(\.magnitude)
                let weights = numbers(&random, 0.1)
                let expected = Self.reference(
                    values, mean: mean, inverse: inverse, weights: weights, clip: 5, bias: 0.7)
                for path in [LinearPath.portable, apus_linear_path_best()] {
                    let model = LinearModel(
                        mean: mean, inverseSigma: inverse, weights: weights, bias: 0.7, clip: 5,
                        residualSigmaBps: 1, path: path)
                    let output = Self.evaluate(model, values)
                    #expect(
                        output.score.bitPattern == expected.bitPattern,
                        "seed 41, \(count) features, path \(path.rawValue)")
                }
            }
        }
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity, .signalingNaN])
    func `a feature that is not finite makes the output not finite`(_ bad: Float) {
        for count in [1, 4, 5, 31, 60, 61, 124] {
            let model = Fixtures.parameters(count: count).makeModel()
            for index in 0..<count {
                var values = [Float](repeating: 0.5, count: count)
                #expect(Self.evaluate(model, values).isFinite)
                values[index] = bad
                let output = Self.evaluate(model, values)
                #expect(output == ModelOutput(score: 0, confidence: 0, isFinite: false))
            }
        }
    }

    @Test func `an extreme but finite feature counts as the clip`() {
        let model = LinearModel(
            mean: [0], inverseSigma: [1], weights: [2], bias: 0, clip: 5, residualSigmaBps: 1)
        #expect(Self.evaluate(model, [.greatestFiniteMagnitude]).score == 10)
        #expect(Self.evaluate(model, [-.greatestFiniteMagnitude]).score == -10)
        #expect(Self.evaluate(model, [4.5]).score == 9)
    }

    @Test func `confidence is 0 at 0, a half at one residual sigma, and grows towards 1`() {
        let model = Fixtures.parameters().makeModel()
        #expect(model.confidence(score: 0) == 0)
        #expect(model.confidence(score: 0.8) == 0.5)
        #expect(model.confidence(score: -0.8) == 0.5)
        var last: Float = 0
        for step in 1...1_000 {
            let next = model.confidence(score: Float(step) * -0.05)
            #expect(next > last && next < 1)
            last = next
        }
    }

    @Test func `the values of a vector lie where the record has them`() {
        let offset = MemoryLayout<FeatureVector>.offset(of: \.values)
        #expect(offset == MemoryLayout<FeatureVector>.size - 4 * Int(APUS_FEATURE_COUNT_MAX))
    }
}
