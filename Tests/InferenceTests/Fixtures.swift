//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc
import Inference
import Messages
import Platform

enum Fixtures {
    static let schemaHash: UInt64 = 0x1122_3344_5566_7788

    /// A model of `count` features with parameters that are all different.
    static func parameters(count: Int = 7) -> LinearModelParameters {
        LinearModelParameters(
            schemaHash: schemaHash, horizonNs: 500_000_000,
            featureNames: (0..<count).map { "feature_\($0)" },
            featureUnits: (0..<count).map { $0 % 2 == 0 ? "bps" : "ratio" },
            mean: (0..<count).map { Float($0) * 0.25 - 1 },
            inverseSigma: (0..<count).map { 1 / (Float($0) + 0.5) },
            weights: (0..<count).map { Float($0 % 3) * 0.125 - 0.1 }, bias: 0.03, clip: 5,
            residualSigmaBps: 0.8,
            thresholds: ModelThresholds(
                buyAboveBps: 0.2, sellBelowBps: -0.2, minimumConfidence: 0.1),
            metadata: "{\"note\":\"a \\\"quoted\\\" text\"}")
    }

    static func loaded(count: Int = 7) throws -> LoadedModel {
        try ModelFile.decode(
            ModelFile.encode(parameters(count: count).contents), expectedSchemaHash: schemaHash)
    }

    /// A path of this process's own.
    static func temporaryPath(_ name: String) -> String {
        "\(P_tmpdir)/apus-inference-\(currentProcessID())-\(name)"
    }

    static func vector(
        sequence: UInt64, values: [Float], isWarm: Bool = true, instrument: UInt32 = 0
    ) -> FeatureVector {
        var vector = FeatureVector()
        vector.sequence = sequence
        vector.ingressTimeNs = 1_000 + sequence
        vector.bid = PriceTicks(100)
        vector.ask = PriceTicks(102)
        vector.bidQuantity = QuantityLots(7)
        vector.askQuantity = QuantityLots(9)
        vector.instrumentID = instrument
        vector.featureCount = UInt16(values.count)
        vector.trigger = .trade
        vector.isWarm = isWarm ? 1 : 0
        unsafe withUnsafeMutableBytes(of: &vector.values) { bytes in
            for (index, value) in values.enumerated() {
                unsafe bytes.storeBytes(of: value, toByteOffset: 4 * index, as: Float.self)
            }
        }
        return vector
    }
}
