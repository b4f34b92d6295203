//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CKernels
import Configuration
import Inference
import Messages
import Networks
import Pipeline
import Platform
import SeededRandom
import Testing
import TradingCore

/// Goal: with networks in the path its output depends on the frames alone: not on threads, not on
/// the instructions the kernels are made of, not on when outstanding work of windows is done.
///
/// Method: as in `PlacementResultTests`, with drawn networks whose scores trade; and every score
/// computed anew from the window of its vectors.
@Suite("Placement does not change the result of networks")
struct NetworkPlacementTests {
    static let strategy =
        "strategy.name=signal-threshold strategy.buy_above_bps=0.05 strategy.sell_below_bps=-0.05"
        + " strategy.cooldown=200ms inference.fallback_accuracy_margin=1 features.schema="
        + features.joined(separator: ",")

    /// Some that need no minute of history.
    static let features = [
        "imbalance", "microprice", "spread_ticks", "ofi(10)", "imbalance(5)", "spread",
        "mid_return(100ms)",
    ]

    static let paths: [NetworkPath] = [.portable, .avx2, .avxVNNI, .avx512VNNI].filter {
        $0.runs != 0
    }

    /// An LSTM, a GRU with attention and a transformer.
    static func shapes(_ features: Int) -> [NetworkShape] {
        [
            NetworkShape(features: features, steps: 20, body: .recurrent(.lstm, units: [16, 12])),
            NetworkShape(
                features: features, steps: 12, body: .recurrent(.gru, units: [18]),
                attentionUnits: 8),
            NetworkShape(
                features: features, steps: 9,
                body: .transformer(width: 16, heads: 2, feedforward: 24, blocks: 1)),
        ]
    }

    static func contents() -> [ModelContents] {
        let count = features.count
        var random = SplitMix64(seed: 31)
        let scale = InputScale(
            mean: [Float](repeating: 0, count: count),
            inverseSigma: [Float](repeating: 1, count: count), clip: 5)
        return shapes(count).enumerated().map { index, shape in
            let network = NetworkParameters(shape: shape, scale: scale) { _, sizes in
                let reach = 2 / Float(sizes[sizes.count - 1]).squareRoot()
                return (0..<sizes.reduce(1, *)).map { _ in
                    Float.random(in: -reach...reach, using: &random)
                }
            }
            var description = ModelDescription(
                schemaHash: 1, horizonNs: 500_000_000, featureNames: features,
                featureUnits: features.map { _ in "1" }, residualSigmaBps: 1,
                thresholds: ModelThresholds(
                    buyAboveBps: 0, sellBelowBps: 0, minimumConfidence: 0))
            description.name = "net-\(index)"
            description.steps = shape.steps
            return ModelContents(
                description: description, scale: scale, core: .network(QuantisedNetwork(network)))
        }
    }

    static func members(_ path: NetworkPath) -> [EnsembleMember] {
        contents().map { contents in
            EnsembleMember(
                name: contents.description.name,
                model: LoadedModel(
                    scorer: ModelScorer(contents, path: path), contents: contents, checksum: 1))
        }
    }

    static func frames(_ source: PlacementResultTests.Source) throws -> (
        PlacementResultTests.Output, [RecordedFrame]
    ) {
        try PlacementResultTests().record(strategy, source, models: members(.best()))
    }

    @Test(arguments: paths)
    func `every set of instructions gives the same orders`(path: NetworkPath) throws {
        let (expected, frames) = try Self.frames(.synthetic)
        #expect(expected.orderBytes.count > 5_000, "orders go out")
        let (output, again) = try PlacementResultTests().record(
            Self.strategy, .synthetic, models: Self.members(path))
        #expect(output == expected)
        #expect(again.count == frames.count)
    }

    @Test(.timeLimit(.minutes(2)), arguments: PlacementResultTests.placements)
    func `several threads give the same bytes as one`(_ threads: [StageSet]) throws {
        try PlacementResultTests().compare(
            Self.strategy, threads, .synthetic, models: Self.members(.best()))
    }

    @Test(
        .enabled(if: RecordedFeed.isPresent, "../shared/data/captures is not there"),
        .timeLimit(.minutes(2)), arguments: PlacementResultTests.placements)
    func `several threads give the same bytes as one on a recording`(
        _ threads: [StageSet]
    ) throws {
        try PlacementResultTests().compare(
            Self.strategy, threads, .recording, models: Self.members(.best()))
    }

    @Test(arguments: [1, 7, 400])
    func `waiting frames are handled as if they came one by one`(batch: Int) throws {
        try PlacementResultTests().batches(Self.strategy, batch, models: Self.members(.best()))
    }

    @Test(
        .enabled(if: RecordedFeed.isPresent, "../shared/data/captures is not there"))
    func `on a recording every score is that of its whole window from a zero state`() throws {
        for contents in Self.contents() {
            let model = LoadedModel(
                scorer: ModelScorer(contents), contents: contents, checksum: 1)
            let (output, _) = try PlacementResultTests().record(
                Self.strategy, .recording,
                models: [EnsembleMember(name: contents.description.name, model: model)])
            let count = contents.description.featureNames.count
            let vectors = Self.records(output.features, of: FeatureVector.self)
            let signals = Self.records(output.signals, of: Signal.self)
            #expect(vectors.count == signals.count && vectors.count > 1_000)
            var window: [[Float]] = []
            var checked = 0
            for (vector, signal) in zip(vectors, signals) {
                guard vector.isWarm == 1 else {
                    window = []
                    #expect(signal.isValid == 0)
                    continue
                }
                let values = unsafe withUnsafeBytes(of: vector.values) {
                    unsafe Array($0.bindMemory(to: Float.self).prefix(count))
                }
                window.append(values)
                window = window.suffix(contents.description.steps)
                let isWhole = window.count == contents.description.steps
                #expect((signal.isValid == 1) == isWhole)
                // One in a few: computing anew takes as many steps as the window has.
                if isWhole, checked % 5 == 0 || checked < 100 {
                    #expect(model.scorer.evaluate(window).score == signal.score)
                }
                if isWhole { checked += 1 }
            }
            #expect(checked > 500, "\(contents.text)")
        }
    }

    private static func records<Record>(_ bytes: [UInt8], of: Record.Type) -> [Record] {
        let size = MemoryLayout<Record>.size
        return (0..<(bytes.count / size)).map { index in
            unsafe bytes.withUnsafeBytes {
                unsafe $0.loadUnaligned(fromByteOffset: index * size, as: Record.self)
            }
        }
    }
}
