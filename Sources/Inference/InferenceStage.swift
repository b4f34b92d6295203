//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Messages
public import Pipeline
public import Rings
public import Telemetry

/// Turns feature vectors into signals: exactly one signal for each vector, in the same order.
///
/// Without a model the signal has score 0, model 0 and is not valid; so are vectors that are cold,
/// of another number of features, or that give a score that is not finite. Several models make an
/// ensemble: score and confidence are the means weighted by `LoadedModel.weight`, added in the
/// order of the models; one bad member makes the signal invalid.
///
/// `model_id` is the model's place from 1, `ensembleID` for several. Full signal ring: stall.
/// Cost: bench `path/signal-threshold/warm/model`.
///
/// SAFETY: `members` is written once, in `init`, and freed with the stage.
@safe
public struct InferenceStage: ~Copyable, Stage {
    public static let batchMax = 32
    public static let modelCountMax = 8
    public static let ensembleID: UInt16 = .max

    /// A model and its share, the shares of all adding up to 1.
    struct Member {
        var model: LinearModel
        var share: Float
    }

    private var features: RingConsumer<FeatureVector>
    private var signals: RingProducer<Signal>
    private let members: UnsafeMutablePointer<Member>
    private let memberCount: Int
    private let featureCount: UInt16
    private let modelID: UInt16
    private var forwarded: UInt64 = 0

    private let signalCount: Counter
    private let coldCount: Counter
    private let notFiniteCount: Counter
    private let mismatchCount: Counter
    private let noModelCount: Counter
    private let stallCount: Counter

    /// - Precondition: at most `modelCountMax` models, of one number of features, with weights
    ///   greater than 0.
    public init(
        models: [LoadedModel], features: consuming RingConsumer<FeatureVector>,
        signals: consuming RingProducer<Signal>, telemetry: TelemetryWriter
    ) {
        precondition(models.count <= Self.modelCountMax, "at most \(Self.modelCountMax) models")
        let total = models.reduce(Float(0)) { $0 + $1.weight }
        memberCount = models.count
        unsafe members = .allocate(capacity: max(models.count, 1))
        for (index, model) in models.enumerated() {
            precondition(model.weight > 0 && model.weight.isFinite, "a weight greater than 0")
            precondition(model.featureCount == models[0].featureCount, "models of one schema")
            unsafe (members + index).initialize(
                to: Member(model: model.linear, share: model.weight / total))
        }
        featureCount = UInt16(models.first?.featureCount ?? 0)
        modelID = models.count > 1 ? Self.ensembleID : UInt16(models.count)
        self.features = features
        self.signals = signals
        signalCount = telemetry.counter("inference_signals_total")
        coldCount = telemetry.counter("inference_cold_total")
        notFiniteCount = telemetry.counter("inference_not_finite_total")
        mismatchCount = telemetry.counter("inference_schema_mismatch_total")
        noModelCount = telemetry.counter("inference_no_model_total")
        stallCount = telemetry.counter("inference_ring_full_total")
    }

    deinit { unsafe members.deallocate() }

    @_noAllocation @_noLocks
    public mutating func poll() -> Int {
        let watermark = features.watermark()
        var handled = 0
        while handled < Self.batchMax, let vector = unsafe features.peek() {
            guard let signal = unsafe signals.claim() else {
                stallCount.increment()
                break
            }
            unsafe fill(signal, from: vector)
            signals.publish()
            features.release()
            handled &+= 1
        }
        signalCount.add(handled)
        forwardWatermark(watermark)
        return handled
    }

    /// Says how far the signals have come: up to the next vector, or with it drained, as far as
    /// the vectors.
    @_noAllocation @_noLocks
    private mutating func forwardWatermark(_ watermark: UInt64) {
        var reached = watermark
        if let head = unsafe features.peek() {
            reached = unsafe head.pointee.sequence == 0 ? 0 : head.pointee.sequence &- 1
        }
        if reached > forwarded {
            forwarded = reached
            signals.advanceWatermark(to: reached)
        }
    }

    @_noAllocation @_noLocks
    private func fill(
        _ signal: UnsafeMutablePointer<Signal>, from vector: UnsafePointer<FeatureVector>
    ) {
        let output = unsafe judge(vector)
        unsafe signal.pointee.sequence = unsafe vector.pointee.sequence
        unsafe signal.pointee.ingressTimeNs = unsafe vector.pointee.ingressTimeNs
        unsafe signal.pointee.bid = unsafe vector.pointee.bid
        unsafe signal.pointee.ask = unsafe vector.pointee.ask
        unsafe signal.pointee.bidQuantity = unsafe Self.saturated(vector.pointee.bidQuantity)
        unsafe signal.pointee.askQuantity = unsafe Self.saturated(vector.pointee.askQuantity)
        unsafe signal.pointee.score = output.score
        unsafe signal.pointee.confidence = output.confidence
        unsafe signal.pointee.instrumentID = unsafe vector.pointee.instrumentID
        unsafe signal.pointee.modelID = modelID
        unsafe signal.pointee.trigger = unsafe vector.pointee.trigger
        unsafe signal.pointee.isValid = output.isFinite ? 1 : 0
    }

    /// The models' common opinion; not finite for a vector that must not be traded on.
    @_noAllocation @_noLocks
    private func judge(_ vector: UnsafePointer<FeatureVector>) -> ModelOutput {
        let refused = ModelOutput(score: 0, confidence: 0, isFinite: false)
        guard memberCount > 0 else {
            noModelCount.increment()
            return refused
        }
        guard unsafe vector.pointee.isWarm == 1 else {
            coldCount.increment()
            return refused
        }
        guard unsafe vector.pointee.featureCount == featureCount else {
            mismatchCount.increment()
            return refused
        }
        var sum = ModelOutput(score: 0, confidence: 0, isFinite: true)
        let values = unsafe LinearModel.values(of: vector)
        for index in 0..<memberCount {
            let member = unsafe members + index
            let output = unsafe member.pointee.model.evaluate(values)
            guard output.isFinite else {
                notFiniteCount.increment()
                return refused
            }
            unsafe sum.score += output.score * member.pointee.share
            unsafe sum.confidence += output.confidence * member.pointee.share
        }
        return sum
    }

    /// Lots in 32 bits: negative ones as 0, too many as the most.
    @_noAllocation @_noLocks
    @inline(__always)
    private static func saturated(_ lots: QuantityLots) -> UInt32 {
        let value = lots.rawValue
        if value < 0 { return 0 }
        return value > Int64(UInt32.max) ? UInt32.max : UInt32(truncatingIfNeeded: value)
    }
}
