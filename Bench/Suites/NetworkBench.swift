//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import CKernels
import Networks

/// What sequence models cost, with drawn weights. `score`: from the vector to the output, what is
/// on the critical path. `after`: everything the vector brings besides, for all windows in flight
/// (outside the path). `step`: one whole step of one carried state, input and recurrent half.
/// Target P7.
let networkSuite = BenchSuite(
    name: "network", measurements: NetworkCase.all.flatMap(\.measurements), run: networkBench)

struct NetworkCase {
    fileprivate let name: String
    fileprivate let shape: NetworkShape

    fileprivate static let all: [NetworkCase] = [
        NetworkCase(
            name: "lstm-1x64",
            shape: NetworkShape(features: 64, steps: 50, body: .recurrent(.lstm, units: [64]))),
        NetworkCase(
            name: "lstm-1x64-of-36",
            shape: NetworkShape(features: 36, steps: 50, body: .recurrent(.lstm, units: [64]))),
        NetworkCase(name: "lstm-a", shape: .stacA),
        NetworkCase(name: "lstm-4x50", shape: .deep(features: 36)),
        NetworkCase(name: "lstm-1x16", shape: .light(features: 36)),
        NetworkCase(
            name: "lstm-1x32-attention",
            shape: NetworkShape(
                features: 36, steps: 50, body: .recurrent(.lstm, units: [32]),
                attentionUnits: 32)),
        NetworkCase(
            name: "gru-1x64",
            shape: NetworkShape(features: 36, steps: 50, body: .recurrent(.gru, units: [64]))),
        NetworkCase(
            name: "transformer-2x32",
            shape: NetworkShape(
                features: 36, steps: 32,
                body: .transformer(width: 32, heads: 4, feedforward: 64, blocks: 2))),
    ]

    /// Whether its state can be carried.
    fileprivate var hasStep: Bool {
        if case .recurrent = shape.body { shape.attentionUnits == 0 } else { false }
    }

    fileprivate func title(_ part: String) -> String { "network/\(name)/\(part)" }
    fileprivate var measurements: [String] {
        [title("score"), title("after")] + (hasStep ? [title("step")] : [])
    }

    /// Weights of the size networks begin with.
    static func drawn(_ shape: NetworkShape) -> QuantisedNetwork {
        var random = BenchRandom(state: 5)
        let ones = [Float](repeating: 1, count: shape.features)
        let scale = InputScale(mean: ones.map { $0 - 1 }, inverseSigma: ones, clip: 5)
        return QuantisedNetwork(
            NetworkParameters(shape: shape, scale: scale) { name, sizes in
                let reach = 1.5 / Float(sizes[sizes.count - 1]).squareRoot()
                return (0..<sizes.reduce(1, *)).map { _ in
                    (Float(random.next() >> 40) * 0x1p-23 - 1) * reach
                }
            })
    }
}

@Sendable private func networkBench(_ bench: Bench) throws {
    for item in NetworkCase.all {
        if bench.isWanted(item.title("score")) || bench.isWanted(item.title("after")) {
            windows(bench, item)
        }
        if item.hasStep, bench.isWanted(item.title("step")) { steps(bench, item) }
    }
}

/// A stream of vectors through a set of windows.
private struct VectorStream {
    let set: NetworkWindowSet
    private let values: [Float]
    private var place = 0
    private(set) var hash: UInt64 = 14_695_981_039_346_656_037
    private static let room = 128
    private static let count = 256

    init(_ shape: NetworkShape) {
        set = NetworkWindowSet(Network(NetworkCase.drawn(shape)), count: 1)
        var random = BenchRandom(state: 6)
        values = (0..<(Self.count * Self.room)).map { _ in
            (Float(random.next() >> 40) * 0x1p-23 - 1) * 3
        }
        for _ in 0..<(shape.steps + 8) {
            _ = take()
            settle()
        }
        hash = 14_695_981_039_346_656_037
    }

    /// - Returns: How long it took, in ticks of the counter.
    mutating func take() -> UInt64 {
        place = (place + 1) % Self.count
        var raw: Float = 0
        let (first, set) = (place * Self.room, set)
        let ticks = unsafe values.withUnsafeBufferPointer { values -> UInt64 in
            let vector = unsafe values.baseAddress! + first
            let begin = apus_tsc()
            _ = unsafe apus_network_take(set.network.code, set[0], vector, set.scratch, &raw)
            return apus_tsc() &- begin
        }
        hash = (hash ^ UInt64(raw.bitPattern)) &* 1_099_511_628_211
        return ticks
    }

    func settle() {
        _ = unsafe apus_network_settle(set.network.code, set[0], set.scratch, .max)
    }
}

private func windows(_ bench: Bench, _ item: NetworkCase) {
    var stream = VectorStream(item.shape)
    let samples = bench.parameter(smoke: 4, full: 1_000)
    var scores: [[Double]] = []
    var rests: [[Double]] = []
    for round in 0...bench.roundCount {
        var (score, rest): ([Double], [Double]) = ([], [])
        for _ in 0..<samples {
            score.append(bench.ns(stream.take()))
            let begin = apus_tsc()
            stream.settle()
            rest.append(bench.ns(apus_tsc() &- begin))
        }
        if round == 0 { continue }
        scores.append(score)
        rests.append(rest)
    }
    bench.record(item.title("score"), rounds: scores, hash: stream.hash)
    bench.record(item.title("after"), rounds: rests, hash: stream.hash)
}

private func steps(_ bench: Bench, _ item: NetworkCase) {
    var shape = item.shape
    shape.carriesState = true
    var stream = VectorStream(shape)
    let run = 16
    let samples = bench.parameter(smoke: 4, full: 500)
    var rounds: [[Double]] = []
    for round in 0...bench.roundCount {
        var times: [Double] = []
        for _ in 0..<samples {
            let begin = apus_tsc()
            for _ in 0..<run {
                _ = stream.take()
                stream.settle()
            }
            times.append(bench.ns(apus_tsc() &- begin) / Double(run))
        }
        if round > 0 { rounds.append(times) }
    }
    bench.record(item.title("step"), rounds: rounds, hash: stream.hash)
}
