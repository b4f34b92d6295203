//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import CRing
public import Messages
public import Pipeline
public import Rings
public import Telemetry

/// Turns feature vectors into signals: exactly one signal for each vector, in the same order.
///
/// Score and confidence are the means, weighted by the members' shares, over the members that are
/// on and have a score: a network has none until its window is full. Without any score, without a
/// model, and for a vector that is cold, stale, of another number of features, or that gives a
/// member a score that is not finite, the signal has score 0 and is not valid. A vector that
/// cannot be taken breaks the instrument's windows off.
///
/// Every member's scores are judged by what the mid did afterwards; one whose record is worse than
/// `EnsembleLimits` allow is set aside until a person switches it on. That, and what networks have
/// to do besides (`apus_network_settle`, in pieces), is done once the signal is out and no vector
/// waits, or before the next one.
///
/// `model_id` is the model's place from 1, `ensembleID` for several. Full signal ring: stall.
/// Cost: bench `path/signal-threshold/warm/model`.
///
/// SAFETY: `places` is made in `init` and freed with the stage; the models in it are kept alive by
/// `control`.
@safe
public struct InferenceStage: ~Copyable, Stage {
    public static let batchMax = 32
    public static let ensembleID: UInt8 = .max

    private var features: RingConsumer<FeatureVector>
    private var signals: RingProducer<Signal>
    private let control: EnsembleControl
    /// The control's, read without touching it.
    let offers: UnsafeMutablePointer<Offer>
    let limits: EnsembleLimits
    let places: UnsafeMutablePointer<EnsemblePlace>
    let memberCount: Int
    let instrumentCount: UInt32
    private let featureCount: UInt16
    var tracker: PredictionTracker
    /// Of each member, for the tracker.
    let scores: UnsafeMutablePointer<Float>
    private var forwarded: UInt64 = 0
    /// The last vector: its scores are in `places`, and judged when nothing waits for them.
    var untracked = UntrackedVector()
    var outstanding: OutstandingWork
    var hasNetwork = false
    let counters: InferenceCounters

    /// - Parameter ensemble: Kept, and with it the models, as long as the stage.
    public init(
        ensemble: EnsembleControl, features: consuming RingConsumer<FeatureVector>,
        signals: consuming RingProducer<Signal>, telemetry: TelemetryWriter
    ) {
        control = ensemble
        unsafe offers = unsafe ensemble.places
        limits = ensemble.limits
        memberCount = ensemble.members.count
        instrumentCount = UInt32(max(ensemble.instrumentCount, 1))
        featureCount = UInt16(ensemble.members.first?.model.featureCount ?? 0)
        self.features = features
        self.signals = signals
        counters = InferenceCounters(telemetry)
        outstanding = OutstandingWork(instruments: UInt32(max(ensemble.instrumentCount, 1)))
        tracker = PredictionTracker(
            models: memberCount, instruments: ensemble.instrumentCount)
        unsafe scores = .allocate(capacity: EnsembleControl.countMax)
        unsafe scores.initialize(repeating: 0, count: EnsembleControl.countMax)
        unsafe places = .allocate(capacity: max(memberCount, 1))
        for (index, member) in ensemble.members.enumerated() {
            let record = unsafe apus_offer_look(ensemble.places + index)!
                .assumingMemoryBound(to: ServedRecord.self)
            unsafe (places + index).initialize(
                to: EnsemblePlace(
                    member, record: record, row: telemetry.modelRow(index)))
            telemetry.describeModel(
                index, name: member.name, kind: member.model.contents.text)
        }
        refreshAll()
    }

    deinit {
        tracker.deallocate()
        outstanding.deallocate()
        unsafe places.deallocate()
        unsafe scores.deallocate()
    }

    @_noAllocation @_noLocks
    public mutating func poll() -> Int {
        let watermark = features.watermark()
        var handled = 0
        while handled < Self.batchMax, let vector = unsafe features.peek() {
            guard let signal = unsafe signals.claim() else {
                counters.stalls.increment()
                break
            }
            track()
            if handled == 0 { takeOffers() }
            unsafe fill(signal, from: vector)
            signals.publish()
            unsafe untracked.set(vector)
            features.release()
            handled &+= 1
            // The others get the signal before the next vector brings its work.
            if hasNetwork { break }
        }
        counters.signals.add(handled)
        forwardWatermark(watermark)
        if handled > 0 { return handled }
        track()
        if let instrument = outstanding.oldest { return settle(instrument) }
        return 0
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

    // MARK: - A vector

    @_noAllocation @_noLocks
    private mutating func fill(
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
        unsafe signal.pointee.modelID =
            memberCount > 1 ? Self.ensembleID : UInt8(truncatingIfNeeded: memberCount)
        unsafe signal.pointee.agreement = agreement(with: output)
        unsafe signal.pointee.trigger = unsafe vector.pointee.trigger
        unsafe signal.pointee.isValid = output.isFinite ? 1 : 0
    }

    /// The models' common opinion; not finite for a vector that must not be traded on.
    @_noAllocation @_noLocks
    private mutating func judge(_ vector: UnsafePointer<FeatureVector>) -> ModelOutput {
        let refused = ModelOutput(score: 0, confidence: 0, isFinite: false)
        for index in 0..<memberCount { unsafe places[index].hasScore = false }
        guard memberCount > 0 else {
            counters.noModel.increment()
            return refused
        }
        let instrument = unsafe vector.pointee.instrumentID
        guard unsafe vector.pointee.featureCount == featureCount, instrument < instrumentCount
        else {
            counters.mismatches.increment()
            return refused
        }
        guard unsafe vector.pointee.isWarm == 1 else {
            counters.cold.increment()
            breakOff(instrument)
            return refused
        }
        guard unsafe isFresh(vector) else {
            counters.stale.increment()
            breakOff(instrument)
            return refused
        }
        var sum = ModelOutput(score: 0, confidence: 0, isFinite: true)
        var total: Float = 0
        var isFinite = true
        let values = unsafe LinearModel.values(of: vector)
        for index in 0..<memberCount where unsafe places[index].speaks {
            let place = unsafe places + index
            switch unsafe place.pointee.record.pointee.evaluate(
                values, instrument: instrument, into: &place.pointee.output)
            {
            case .score:
                let weight = unsafe place.pointee.weight
                unsafe place.pointee.hasScore = true
                unsafe sum.score += place.pointee.output.score * weight
                unsafe sum.confidence += place.pointee.output.confidence * weight
                total += weight
            case .filling: counters.filling.increment()
            case .notFinite: isFinite = false
            }
        }
        if hasNetwork { outstanding.add(instrument) }
        guard isFinite else {
            counters.notFinite.increment()
            return refused
        }
        guard total > 0 else {
            counters.silent.increment()
            return refused
        }
        return ModelOutput(
            score: sum.score / total, confidence: sum.confidence / total, isFinite: true)
    }

    @_noAllocation @_noLocks
    private func isFresh(_ vector: UnsafePointer<FeatureVector>) -> Bool {
        if limits.bookAgeMaxNs == 0 { return true }
        let now = unsafe vector.pointee.ingressTimeNs
        let book = unsafe vector.pointee.bookTimeNs
        return now <= book || now &- book <= limits.bookAgeMaxNs
    }

    @_noAllocation @_noLocks
    private mutating func breakOff(_ instrument: UInt32) {
        for index in 0..<memberCount {
            unsafe places[index].record.pointee.breakOff(instrument: instrument)
        }
    }

    /// Per cent of the members' weight whose score has the sign of `output`'s.
    @_noAllocation @_noLocks
    private func agreement(with output: ModelOutput) -> UInt8 {
        if !output.isFinite { return 0 }
        var alike: Float = 0
        var total: Float = 0
        for index in 0..<memberCount where unsafe places[index].hasScore {
            let place = unsafe places + index
            unsafe total += place.pointee.weight
            if unsafe place.pointee.output.score * output.score > 0 {
                unsafe alike += place.pointee.weight
            }
        }
        // 0...100: total is greater than 0 where there is a score.
        return total > 0 ? UInt8(alike / total * 100) : 0
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
