//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CKernels
import Networks
import SeededRandom

/// Networks and windows drawn from a seed.
enum RandomNetworks {
    static let shapes: [NetworkShape] = [
        .stacA, .deep(features: 24), .light(features: 16),
        NetworkShape(features: 64, steps: 50, body: .recurrent(.lstm, units: [64])),
        NetworkShape(
            features: 20, steps: 50, body: .recurrent(.lstm, units: [32]), attentionUnits: 32),
        NetworkShape(
            features: 5, steps: 7, body: .recurrent(.lstm, units: [3, 17]), attentionUnits: 5),
        NetworkShape(features: 30, steps: 40, body: .recurrent(.gru, units: [50, 21])),
        NetworkShape(
            features: 9, steps: 12, body: .recurrent(.gru, units: [18]), attentionUnits: 20),
        NetworkShape(
            features: 24, steps: 32,
            body: .transformer(width: 32, heads: 4, feedforward: 64, blocks: 2)),
        NetworkShape(
            features: 11, steps: 19,
            body: .transformer(width: 18, heads: 3, feedforward: 21, blocks: 1)),
        NetworkShape(features: 124, steps: 1, body: .recurrent(.lstm, units: [1])),
        NetworkShape(features: 1, steps: 2, body: .recurrent(.gru, units: [1])),
        NetworkShape(
            features: 12, steps: 30, body: .recurrent(.lstm, units: [24, 24]),
            carriesState: true),
        NetworkShape(
            features: 12, steps: 5, body: .recurrent(.gru, units: [9]), carriesState: true),
    ]

    /// Numbers of the size the usual frameworks start with, or `gain` times that.
    static func parameters(
        _ shape: NetworkShape, seed: UInt64, gain: Float = 1
    ) -> NetworkParameters {
        var random = SplitMix64(seed: seed)
        let scale = InputScale(
            mean: (0..<shape.features).map { _ in Float.random(in: -2...2, using: &random) },
            inverseSigma: (0..<shape.features).map { $0 % 7 == 6 ? 0 : 1 / (0.25 + Float($0)) },
            clip: 5)
        return NetworkParameters(shape: shape, scale: scale) { name, sizes in
            let count = sizes.reduce(1, *)
            if name.contains("norm"), name.hasSuffix("weight") {
                return (0..<count).map { _ in Float.random(in: 0.5...1.5, using: &random) }
            }
            let reach = gain / Float(sizes[sizes.count - 1]).squareRoot()
            return (0..<count).map { _ in Float.random(in: -reach...reach, using: &random) }
        }
    }

    /// Vectors around the scale's mean, some beyond the clip.
    static func vectors(
        _ count: Int, _ parameters: NetworkParameters, seed: UInt64
    ) -> [[Float]] {
        var random = SplitMix64(seed: seed)
        let scale = parameters.scale
        return (0..<count).map { _ in
            (0..<parameters.shape.features).map { index in
                let sigma = scale.inverseSigma[index] > 0 ? 1 / scale.inverseSigma[index] : 1
                let spread = (0..<4).reduce(Float(0)) { sum, _ in
                    sum + Float.random(in: -1...1, using: &random)
                }
                return scale.mean[index] + sigma * spread * 1.6
            }
        }
    }

    static let paths: [NetworkPath] = [.portable, .avx2, .avxVNNI, .avx512VNNI].filter {
        $0.runs != 0
    }
}

/// A stream of vectors through one instrument's windows.
struct Stream {
    let set: NetworkWindowSet

    init(_ network: QuantisedNetwork, path: NetworkPath = .best()) {
        set = NetworkWindowSet(Network(network, path: path), count: 1)
    }

    /// The outcome of the kernel and the score's bits, 0 without one.
    func take(_ vector: [Float]) -> (outcome: Int32, bits: UInt32) {
        let padded = vector + [Float](repeating: 0, count: 128 - vector.count)
        var raw: Float = 0
        let outcome = unsafe apus_network_take(
            set.network.code, set[0], padded, set.scratch, &raw)
        return (outcome, outcome == 1 ? raw.bitPattern : 0)
    }

    /// Does `budget` pieces of what is outstanding; true while more is.
    func settle(_ budget: UInt32) -> Bool {
        unsafe apus_network_settle(set.network.code, set[0], set.scratch, budget) != 0
    }

    func reset() { unsafe apus_network_reset(set.network.code, set[0]) }
}
