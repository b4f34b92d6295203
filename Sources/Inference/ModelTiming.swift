//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import CKernels

/// How long a model takes on this machine, measured on its golden windows' vectors.
public struct ModelTiming: Sendable {
    /// From a vector to the score, ns.
    public let scoreP50: Double
    public let scoreP99: Double
    /// What follows outside the path: other windows in flight, the next recurrent half; ns.
    public let afterP50: Double
    public let afterP99: Double
    public let count: Int

    /// - Parameters:
    ///   - count: Vectors, at least 100.
    ///   - vectors: Raw feature vectors to take in turn, at least one.
    public init(_ model: LoadedModel, vectors: [[Float]], count: Int = 20_000) {
        precondition(count >= 100 && !vectors.isEmpty, "enough to measure")
        let clock = WallClock.calibrated()
        let served = ServedModel(model, instruments: 1)
        let room = Int(APUS_NETWORK_FEATURES_MAX)
        let padded = vectors.map { $0 + [Float](repeating: 0, count: room - $0.count) }
        // What is over in a few readings of the counter is measured in runs.
        let run = model.scorer.steps > 1 ? 1 : 64
        var scores: [UInt64] = []
        var rests: [UInt64] = []
        for round in 0..<(count + model.scorer.steps + 100) {
            var output = ModelOutput(score: 0, confidence: 0, isFinite: false)
            let begin = apus_tsc()
            for turn in 0..<run {
                _ = unsafe padded[(round + turn) % padded.count].withUnsafeBufferPointer {
                    unsafe served.record.pointee.evaluate(
                        $0.baseAddress!, instrument: 0, into: &output)
                }
            }
            let middle = apus_tsc()
            while unsafe served.record.pointee.settle(instrument: 0, budget: .max) {}
            let end = apus_tsc()
            if round >= model.scorer.steps + 100 {
                scores.append(middle &- begin)
                rests.append(end &- middle)
            }
        }
        scores.sort()
        rests.sort()
        // Two readings of the counter have nothing between them.
        let empty = Self.emptyTicks()
        func ns(_ ticks: [UInt64], _ fraction: Double, of run: Int = 1) -> Double {
            let value = ticks[min(ticks.count - 1, Int(Double(ticks.count) * fraction))]
            let net = value > empty ? value - empty : 0
            return Double(net) * Double(clock.nsPerTickQ32) / 4_294_967_296 / Double(run)
        }
        (scoreP50, scoreP99) = (ns(scores, 0.5, of: run), ns(scores, 0.99, of: run))
        (afterP50, afterP99) = (ns(rests, 0.5), ns(rests, 0.99))
        self.count = count
    }

    private static func emptyTicks() -> UInt64 {
        (0..<1_000).map { _ in
            let begin = apus_tsc()
            return apus_tsc() &- begin
        }.sorted()[500]
    }

    public var json: String {
        var text = JSONText()
        text.add("vectors", count)
        text.add("score_p50_ns", scoreP50)
        text.add("score_p99_ns", scoreP99)
        text.add("after_p50_ns", afterP50)
        text.add("after_p99_ns", afterP99)
        return text.text
    }

    public var text: String {
        """
        vectors      \(count)
        score        \(Self.rounded(scoreP50)) ns p50, \(Self.rounded(scoreP99)) ns p99
        afterwards   \(Self.rounded(afterP50)) ns p50, \(Self.rounded(afterP99)) ns p99
        """
    }

    private static func rounded(_ value: Double) -> Int { Int(value.rounded()) }
}
