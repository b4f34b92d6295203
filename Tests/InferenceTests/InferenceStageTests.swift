//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Inference
import Messages
import Rings
import Telemetry
import Testing

/// The stage between two rings that the test holds the other ends of.
final class InferenceHarness {
    private var featureMemory: RingMemory<FeatureVector>
    private var signalMemory: RingMemory<Signal>
    var features: RingProducer<FeatureVector>
    var signals: RingConsumer<Signal>
    var stage: InferenceStage
    let telemetry = TelemetryWriter.standalone()

    let control: EnsembleControl

    convenience init(models: [LoadedModel], signalCapacity: Int = 64) throws {
        try self.init(
            members: models.enumerated().map {
                EnsembleMember(name: "model-\($0.offset + 1)", model: $0.element)
            }, signalCapacity: signalCapacity)
    }

    init(
        members: [EnsembleMember], limits: EnsembleLimits = EnsembleLimits(),
        signalCapacity: Int = 64
    ) throws {
        control = EnsembleControl(members, instrumentCount: 8, limits: limits)
        featureMemory = try RingMemory(capacity: 64)
        signalMemory = try RingMemory(capacity: signalCapacity)
        features = try featureMemory.makeProducer()
        signals = try signalMemory.makeConsumer()
        stage = InferenceStage(
            ensemble: control, features: try featureMemory.makeConsumer(),
            signals: try signalMemory.makeProducer(), telemetry: telemetry)
    }

    func push(_ vector: FeatureVector) {
        guard let place = unsafe features.claim() else {
            Issue.record("a full feature ring")
            return
        }
        unsafe place.pointee = vector
        features.publish()
    }

    func take() -> Signal? {
        guard let signal = unsafe signals.peek() else { return nil }
        let copy = unsafe signal.pointee
        signals.release()
        return copy
    }

    /// What the monitor sees of the models.
    var status: [ModelData] { telemetry.reader.models.map(\.status) }
    func state(_ index: Int) -> ModelState { ModelState(rawValue: status[index].state) }
    func share(_ index: Int) -> Double { Double(bitPattern: status[index].shareBits) }

    func count(_ name: String) -> UInt64 { telemetry.counter("inference_\(name)_total").value }
}

@Suite("Inference stage")
struct InferenceStageTests {
    static let values: [Float] = [0.5, -1, 2, 0.25, 3, -2, 1]

    @Test func `a warm vector becomes the model's signal, field by field`() throws {
        let model = try Fixtures.loaded()
        let harness = try InferenceHarness(models: [model])
        harness.push(Fixtures.vector(sequence: 5, values: Self.values, instrument: 3))
        #expect(harness.stage.poll() == 1)
        let signal = try #require(harness.take())
        let expected = model.scorer.evaluate([Self.values])
        #expect(signal.sequence == 5)
        #expect(signal.ingressTimeNs == 1_005)
        #expect(signal.bid == PriceTicks(100))
        #expect(signal.ask == PriceTicks(102))
        #expect(signal.bidQuantity == 7)
        #expect(signal.askQuantity == 9)
        #expect(signal.score == expected.score)
        #expect(signal.confidence == expected.confidence)
        #expect(signal.instrumentID == 3)
        #expect(signal.modelID == 1)
        #expect(signal.trigger == .trade)
        #expect(signal.isValid == 1)
        #expect(harness.take() == nil)
    }

    @Test func `without a model every signal is there and not valid`() throws {
        let harness = try InferenceHarness(models: [])
        harness.push(Fixtures.vector(sequence: 1, values: Self.values))
        #expect(harness.stage.poll() == 1)
        let signal = try #require(harness.take())
        #expect(signal.isValid == 0)
        #expect(signal.modelID == 0)
        #expect(signal.score == 0)
        #expect(harness.count("no_model") == 1)
    }

    @Test func `cold, foreign and not finite vectors give signals that are not valid`() throws {
        let harness = try InferenceHarness(models: [Fixtures.loaded()])
        var bad = Self.values
        bad[6] = .infinity
        harness.push(Fixtures.vector(sequence: 1, values: Self.values, isWarm: false))
        harness.push(Fixtures.vector(sequence: 2, values: Array(Self.values.dropLast())))
        harness.push(Fixtures.vector(sequence: 3, values: bad))
        harness.push(Fixtures.vector(sequence: 4, values: Self.values))
        #expect(harness.stage.poll() == 4)
        for valid: UInt8 in [0, 0, 0, 1] {
            let signal = try #require(harness.take())
            #expect(signal.isValid == valid)
            #expect(valid == 1 || (signal.score == 0 && signal.confidence == 0))
        }
        #expect(harness.count("cold") == 1)
        #expect(harness.count("schema_mismatch") == 1)
        #expect(harness.count("not_finite") == 1)
        #expect(harness.count("signals") == 4)
    }

    @Test func `an ensemble is the weighted mean of its members`() throws {
        let model = try Fixtures.loaded()
        let harness = try InferenceHarness(
            members: [1, 1, 2].enumerated().map {
                EnsembleMember(name: "m\($0.offset)", model: model, weight: $0.element)
            })
        harness.push(Fixtures.vector(sequence: 1, values: Self.values))
        _ = harness.stage.poll()
        let signal = try #require(harness.take())
        let single = model.scorer.evaluate([Self.values])
        #expect(signal.score == single.score)
        #expect(signal.modelID == InferenceStage.ensembleID)
    }

    @Test func `quantities beyond 32 bits saturate`() throws {
        let harness = try InferenceHarness(models: [])
        var vector = Fixtures.vector(sequence: 1, values: Self.values)
        vector.bidQuantity = QuantityLots(.max)
        vector.askQuantity = QuantityLots(-4)
        harness.push(vector)
        _ = harness.stage.poll()
        let signal = try #require(harness.take())
        #expect(signal.bidQuantity == .max)
        #expect(signal.askQuantity == 0)
    }

    @Test func `a full signal ring stalls and loses nothing`() throws {
        let harness = try InferenceHarness(models: [Fixtures.loaded()], signalCapacity: 4)
        for sequence in 1...10 {
            harness.push(Fixtures.vector(sequence: UInt64(sequence), values: Self.values))
        }
        var taken: [UInt64] = []
        for _ in 0..<10 {
            _ = harness.stage.poll()
            #expect(harness.signals.watermark() < 10 || taken.count >= 6)
            while let signal = harness.take() { taken.append(signal.sequence) }
        }
        #expect(taken == Array(1...10))
        #expect(harness.count("ring_full") > 0)
    }

    @Test func `the watermark follows the vectors and never overtakes one that waits`() throws {
        let harness = try InferenceHarness(models: [Fixtures.loaded()], signalCapacity: 2)
        harness.features.advanceWatermark(to: 4)
        _ = harness.stage.poll()
        #expect(harness.signals.watermark() == 4)
        for sequence: UInt64 in [6, 6, 8] {
            harness.push(Fixtures.vector(sequence: sequence, values: Self.values))
        }
        harness.features.advanceWatermark(to: 9)
        _ = harness.stage.poll()
        // Two of three signals fit: the third, of sequence 8, is still to come.
        #expect(harness.signals.watermark() == 7)
        while harness.take() != nil {}
        _ = harness.stage.poll()
        #expect(harness.signals.watermark() == 9)
        harness.features.advanceWatermark(to: .max)
        _ = harness.stage.poll()
        #expect(harness.signals.watermark() == .max)
    }
}
