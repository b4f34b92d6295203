//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CKernels
import CTelemetry
import Inference
import Messages
import Networks
import SeededRandom
import Telemetry
import Testing

@Suite("Ensemble")
struct EnsembleTests {
    /// Vectors of one instrument, spread over the model's scale.
    static func values(_ count: Int, seed: UInt64) -> [[Float]] {
        var random = SplitMix64(seed: seed)
        return (0..<count).map { _ in
            (0..<7).map { _ in Float.random(in: -4...4, using: &random) }
        }
    }

    /// Pushes a vector and takes its signal; what is outstanding stays for the next one.
    static func signal(
        _ harness: InferenceHarness, _ sequence: Int, _ values: [Float], isWarm: Bool = true,
        instrument: UInt32 = 0, timeNs: UInt64? = nil, bookAgeNs: UInt64 = 0, bid: Int64 = 100
    ) throws -> Signal {
        var vector = Fixtures.vector(
            sequence: UInt64(sequence), values: values, isWarm: isWarm, instrument: instrument)
        if let timeNs { vector.ingressTimeNs = timeNs }
        vector.bookTimeNs = vector.ingressTimeNs - min(bookAgeNs, vector.ingressTimeNs)
        vector.bid = PriceTicks(bid)
        vector.ask = PriceTicks(bid + 2)
        harness.push(vector)
        #expect(harness.stage.poll() == 1)
        return try #require(harness.take())
    }

    static func member(
        _ name: String, _ contents: ModelContents, weight: Float = 1, isOn: Bool = true,
        isReference: Bool = false
    ) throws -> EnsembleMember {
        EnsembleMember(
            name: name, model: try Fixtures.load(contents), weight: weight, isOn: isOn,
            isReference: isReference)
    }

    @Test func `a network speaks once its window is full, and as the whole window says`() throws {
        let contents = Fixtures.networkContents(seed: 1)
        let harness = try InferenceHarness(members: [Self.member("net", contents)])
        let scorer = ModelScorer(contents)
        let vectors = Self.values(20, seed: 2)
        for (index, values) in vectors.enumerated() {
            let signal = try Self.signal(harness, index + 1, values)
            let first = index + 1 - Fixtures.windowSteps
            #expect(signal.isValid == (first >= 0 ? 1 : 0))
            if first >= 0 {
                let expected = scorer.evaluate(Array(vectors[first...index]))
                #expect(signal.score == expected.score)
                #expect(signal.confidence == expected.confidence)
                #expect(signal.agreement == 100)
            }
            // Sometimes the thread comes by while nothing waits.
            if index % 3 != 0 { while harness.stage.poll() > 0 {} }
        }
        #expect(harness.count("filling") == 3)
        #expect(harness.count("silent") == 3)
    }

    @Test func `instruments have windows of their own`() throws {
        let contents = Fixtures.networkContents(seed: 3, kind: .gru)
        let harness = try InferenceHarness(members: [Self.member("net", contents)])
        let scorer = ModelScorer(contents)
        let vectors = Self.values(40, seed: 4)
        var histories: [[[Float]]] = [[], []]
        for (index, values) in vectors.enumerated() {
            let instrument = index % 3 == 0 ? 1 : 0
            histories[instrument].append(values)
            let signal = try Self.signal(
                harness, index + 1, values, instrument: UInt32(instrument))
            if signal.isValid == 1 {
                let window = Array(histories[instrument].suffix(Fixtures.windowSteps))
                #expect(signal.score == scorer.evaluate(window).score)
            } else {
                #expect(histories[instrument].count < Fixtures.windowSteps)
            }
        }
    }

    @Test func `while nothing waits the work of every instrument is done, and then it rests`()
        throws
    {
        let harness = try InferenceHarness(
            members: [Self.member("net", Fixtures.networkContents(seed: 21, steps: 40))])
        let vectors = Self.values(8, seed: 22)
        for (index, values) in vectors.enumerated() {
            harness.push(
                Fixtures.vector(
                    sequence: UInt64(index + 1), values: values, instrument: UInt32(index)))
        }
        var polls = 0
        while harness.take() == nil || polls < 8 {
            #expect(harness.stage.poll() == 1)
            polls += 1
        }
        while harness.stage.poll() == 1 { polls += 1 }
        #expect(polls == 16, "a vector each, and a piece for each instrument")
        #expect(harness.stage.poll() == 0)
    }

    @Test func `what cannot be taken breaks the window off`() throws {
        let harness = try InferenceHarness(
            members: [Self.member("net", Fixtures.networkContents(seed: 5))])
        let vectors = Self.values(40, seed: 6)
        var sequence = 0
        func next(isWarm: Bool = true, age: UInt64 = 0) throws -> UInt8 {
            sequence += 1
            return try Self.signal(
                harness, sequence, vectors[sequence % 40], isWarm: isWarm,
                timeNs: UInt64(sequence) * 100_000_000_000, bookAgeNs: age
            ).isValid
        }
        for _ in 0..<3 { #expect(try next() == 0) }
        #expect(try next() == 1)
        #expect(try next(isWarm: false) == 0)
        for _ in 0..<3 { #expect(try next() == 0) }
        #expect(try next(age: 5_000_000_000) == 1, "exactly as old as is allowed")
        #expect(try next(age: 5_000_000_001) == 0)
        for _ in 0..<3 { #expect(try next() == 0) }
        #expect(try next() == 1)
        #expect(harness.count("cold") == 1)
        #expect(harness.count("stale") == 1)
    }

    @Test func `a member that fills stays out, the others speak; then it joins by its weight`()
        throws
    {
        let linear = Fixtures.parameters().contents
        let network = Fixtures.networkContents(seed: 7)
        let forest = Fixtures.forestContents()
        let harness = try InferenceHarness(members: [
            Self.member("ridge", linear, weight: 2), Self.member("net", network),
            Self.member("trees", forest, weight: 0.5),
        ])
        let scorers = [linear, network, forest].map { ModelScorer($0) }
        let vectors = Self.values(12, seed: 8)
        for (index, values) in vectors.enumerated() {
            let signal = try Self.signal(harness, index + 1, values)
            let a = scorers[0].evaluate([values])
            let c = scorers[2].evaluate([values])
            var (sum, total) = (a.score * 2 + c.score * 0.5, Float(2.5))
            var alike: [(Float, Float)] = [(2, a.score), (0.5, c.score)]
            if index + 1 >= Fixtures.windowSteps {
                let window = Array(vectors[(index + 1 - Fixtures.windowSteps)...index])
                let b = scorers[1].evaluate(window)
                sum = a.score * 2 + b.score * 1 + c.score * 0.5
                total = 3.5
                alike.append((1, b.score))
            }
            #expect(abs(signal.score - sum / total) < 1e-5)
            #expect(signal.isValid == 1)
            let share = alike.reduce(Float(0)) { $0 + ($1.1 * signal.score > 0 ? $1.0 : 0) }
            #expect(signal.agreement == UInt8(share / total * 100))
            #expect(signal.modelID == InferenceStage.ensembleID)
        }
    }

    @Test func `a forest's probability becomes basis points and confidence`() throws {
        let contents = Fixtures.forestContents()
        let harness = try InferenceHarness(members: [Self.member("trees", contents)])
        // Feature 2 above its mean by more than half a sigma, feature 6 below: 1.1 + 0.2.
        let mean = contents.scale.mean
        var values = mean
        values[2] += 0.6 / contents.scale.inverseSigma[2]
        values[6] -= 0.3 / contents.scale.inverseSigma[6]
        let signal = try Self.signal(harness, 1, values)
        // 2 p - 1 of the logit 1.3 is tanh(0.65).
        #expect(abs(signal.confidence - 0.571_669_97) < 1e-6)
        #expect(abs(signal.score - 2 * 0.571_669_97) < 2e-6)
    }

    @Test func `a model loaded while vectors come speaks from the next one, and goes back again`()
        throws
    {
        let (old, new) = (Fixtures.parameters().contents, Fixtures.networkContents(seed: 9))
        let harness = try InferenceHarness(members: [
            Self.member("a", old), Self.member("b", old),
        ])
        let vectors = Self.values(30, seed: 10)
        _ = try Self.signal(harness, 1, vectors[0])
        let index = try #require(harness.control.index(of: "b"))
        harness.control.load(try Fixtures.load(new), at: index)
        let scorer = (ModelScorer(old), ModelScorer(new))
        for number in 1..<10 {
            let signal = try Self.signal(harness, number + 1, vectors[number])
            let alone = scorer.0.evaluate([vectors[number]]).score
            if number < 4 {
                #expect(signal.score == alone, "its window fills")
            } else {
                let window = scorer.1.evaluate(Array(vectors[(number - 3)...number])).score
                #expect(abs(signal.score - (alone + window) / 2) < 1e-6)
            }
        }
        #expect(harness.count("loads") == 1)
        #expect(harness.control.rollBack(at: index))
        #expect(!harness.control.rollBack(at: 0), "never replaced")
        let back = try Self.signal(harness, 11, vectors[10])
        #expect(back.score == scorer.0.evaluate([vectors[10]]).score)
        #expect(harness.count("loads") == 2)
        for _ in 0..<50 {
            harness.control.load(try Fixtures.load(new), at: index)
            harness.control.load(try Fixtures.load(old), at: index)
        }
        _ = try Self.signal(harness, 12, vectors[11])
        #expect(harness.count("loads") == 3, "what was never taken is never counted")
        harness.control.collect()
    }

    @Test func `a member is switched off and on by hand; on again its window is empty`() throws {
        let contents = Fixtures.networkContents(seed: 11)
        let harness = try InferenceHarness(members: [
            Self.member("net", contents), Self.member("ridge", Fixtures.parameters().contents),
        ])
        let vectors = Self.values(40, seed: 12)
        let linear = ModelScorer(Fixtures.parameters().contents)
        func isAlone(_ index: Int) throws -> Bool {
            try Self.signal(harness, index + 1, vectors[index]).score
                == linear.evaluate([vectors[index]]).score
        }
        for index in 0..<3 { #expect(try isAlone(index)) }
        #expect(try !isAlone(3))
        harness.control.setOn(false, at: 0)
        for index in 4..<10 { #expect(try isAlone(index)) }
        #expect(harness.state(0) == .off && harness.state(1) == .on)
        #expect(harness.share(1) == 1)
        harness.control.setOn(true, at: 0)
        for index in 10..<13 { #expect(try isAlone(index)) }
        #expect(try !isAlone(13))
        #expect(harness.state(0) == .on && harness.share(0) == 0.5)
        harness.control.setOn(false, at: 0)
        harness.control.setOn(false, at: 1)
        #expect(try Self.signal(harness, 15, vectors[14]).isValid == 0)
        #expect(harness.count("silent") == 1)
    }

    @Test func `predictions are judged by the mid at the horizon, and a poor record sets aside`()
        throws
    {
        // The reference follows feature 0, the other says the opposite; the mid moves as feature 0
        // said half a second before.
        func follower(_ weight: Float) -> ModelContents {
            var parameters = Fixtures.parameters()
            parameters.mean = [Float](repeating: 0, count: 7)
            parameters.inverseSigma = [Float](repeating: 1, count: 7)
            parameters.weights = [weight, 0, 0, 0, 0, 0, 0]
            parameters.bias = 0
            return parameters.contents
        }
        var limits = EnsembleLimits()
        limits.judgedMin = 128
        let harness = try InferenceHarness(
            members: [
                Self.member("reference", follower(1), isReference: true),
                Self.member("contrary", follower(-0.5)),
            ], limits: limits)
        var random = SplitMix64(seed: 13)
        var bids: [Int64] = [1_000_000]
        var scores: [Float] = []
        for step in 0..<400 {
            let rises = Bool.random(using: &random)
            let value: Float = rises ? 1 : -1
            // What was said at a step shows within five steps of 100 ms.
            let said = step >= 4 ? scores[step - 4] : 0
            bids.append(bids[step] + Int64(said) * 10)
            scores.append(value)
            _ = try Self.signal(
                harness, step + 1, [value, 0, 0, 0, 0, 0, 0],
                timeNs: 1_000_000_000_000 + UInt64(step) * 100_000_000, bid: bids[step])
        }
        let (good, bad) = (harness.status[0], harness.status[1])
        #expect(good.judged >= 320 && (128...good.judged).contains(bad.judged))
        let accuracies = (
            Double(bitPattern: good.accuracyBits), Double(bitPattern: bad.accuracyBits)
        )
        #expect(accuracies.1 < 0.45)
        #expect(accuracies.0 > 0.55)
        #expect(Double(bitPattern: good.correlationBits) > 0.2)
        #expect(Double(bitPattern: bad.correlationBits) < -0.2)
        #expect(Double(bitPattern: bad.slopeBits) < 0)
        #expect(harness.state(0) == .on && harness.state(1) == .setAside)
        #expect(harness.count("set_aside") == 1)
        let signal = try Self.signal(
            harness, 401, [1, 0, 0, 0, 0, 0, 0], timeNs: 1_050_000_000_000, bid: bids[400])
        #expect(signal.score == 1, "the reference alone")
        harness.control.setOn(true, at: 1)
        let again = try Self.signal(
            harness, 402, [1, 0, 0, 0, 0, 0, 0], timeNs: 1_050_100_000_000, bid: bids[400])
        #expect(again.score == 0.25, "only a person takes it back")
    }

    @Test func `scores that lie in other tenths than in validation are drift`() throws {
        var contents = Fixtures.parameters().contents
        contents.core = .linear(weights: [1, 0, 0, 0, 0, 0, 0], bias: 0)
        contents.scale.mean[0] = 0
        contents.scale.inverseSigma[0] = 1
        contents.description.scoreDeciles = (1...9).map { Float($0) * 0.2 - 1 }
        var limits = EnsembleLimits()
        limits.judgedMin = 128
        limits.driftMax = 0.5
        func drift(_ range: ClosedRange<Float>) throws -> (Double, ModelState) {
            let harness = try InferenceHarness(
                members: [
                    Self.member("net", contents),
                    Self.member("reference", Fixtures.parameters().contents, isReference: true),
                ], limits: limits)
            var random = SplitMix64(seed: 14)
            for step in 0..<400 {
                var values = [Float](repeating: 0, count: 7)
                values[0] = Float.random(in: range, using: &random)
                _ = try Self.signal(
                    harness, step + 1, values,
                    timeNs: 1_000_000_000_000 + UInt64(step) * 100_000_000)
            }
            return (Double(bitPattern: harness.status[0].driftBits), harness.state(0))
        }
        let same = try drift(-1...1)
        #expect(same.0 < 0.2 && same.1 == .on)
        let other = try drift(0.5...1)
        #expect(other.0 > 1 && other.1 == .setAside)
    }

    @Test func `the same vectors give the same signals on every path`() throws {
        let contents = Fixtures.networkContents(seed: 15, steps: 9)
        let vectors = Self.values(60, seed: 16)
        let paths: [NetworkPath] = [.portable, .avx2, .avxVNNI, .avx512VNNI]
        var results: [[UInt32]] = []
        for path in paths where path.runs != 0 {
            let loaded = LoadedModel(
                scorer: ModelScorer(contents, path: path), contents: contents, checksum: 1)
            let harness = try InferenceHarness(models: [loaded])
            results.append(
                try vectors.enumerated().map {
                    try Self.signal(harness, $0.offset + 1, $0.element).score.bitPattern
                })
        }
        #expect(results.count > 1)
        #expect(Set(results).count == 1)
    }

    @Test(arguments: Heuristic.allCases)
    func `a rule is a member like any other`(rule: Heuristic) throws {
        let names = ["imbalance_l1", "a", "b", "mid_return_1s", "c", "d", "e"]
        let units = [String](repeating: "1", count: 7)
        let model = try #require(
            rule.model(
                schemaHash: Fixtures.schemaHash, names: names, units: units,
                horizonNs: 500_000_000))
        let harness = try InferenceHarness(members: [
            EnsembleMember(name: rule.rawValue, model: model)
        ])
        let signal = try Self.signal(harness, 1, [0.8, 9, 9, 3, 9, 9, 9])
        let expected: Float = rule == .imbalance ? 0.4 : rule == .momentum ? 0.3 : -0.3
        #expect(abs(signal.score - expected) < 1e-6)
        #expect(
            rule.model(schemaHash: 1, names: ["x"], units: ["1"], horizonNs: 1) == nil)
    }
}
