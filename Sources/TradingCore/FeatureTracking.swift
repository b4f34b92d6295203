//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Configuration
import Indicators
import Inference
import Messages
import Options
import Platform
import Rings
import Telemetry

/// The thread that follows what features are worth: takes copies of the kernel's vectors from a tap
/// and shows the scores in the telemetry page. Cold; a tap that it does not empty in time drops.
///
/// SAFETY: all state but `stopWord` belongs to the thread once it runs.
@safe
final class FeatureTracking: @unchecked Sendable {
    private var memory: RingMemory<FeatureVector>
    private var vectors: RingConsumer<FeatureVector>
    private var tracker: FeatureTracker
    private let telemetry: TelemetryWriter
    private let leftOut: Counter
    private let stopWord: UnsafeMutablePointer<UInt64>
    private var thread: PlatformThread?

    private static let capacity = 2_048
    private static let pauseNs: UInt64 = 1_000_000
    private static let showIntervalNs: UInt64 = 500_000_000

    /// The tracker that the settings ask for; `nil`: none.
    static func make(
        _ settings: Settings, _ schema: FeatureSchema, telemetry: TelemetryWriter
    ) throws -> FeatureTracking? {
        let horizons = try horizons(settings)
        if horizons.isEmpty { return nil }
        return try FeatureTracking(
            FeatureTracker(
                names: schema.names, directional: schema.features.map(\.isDirectional),
                horizonsNs: horizons),
            telemetry: telemetry)
    }

    static func horizons(_ settings: Settings) throws(EngineError) -> [UInt64] {
        let key = "features.tracker_horizons"
        let texts = settings.list(key)
        let horizons = texts.compactMap { Durations.nanoseconds($0) }
        guard horizons.count == texts.count, horizons.count <= FeatureTracker.horizonsMax,
            Set(horizons).count == horizons.count,
            horizons.allSatisfy({ $0 > 0 && $0 <= horizonMaxNs })
        else {
            throw EngineError(
                "\(settings.origin(key)): \(key): at most \(FeatureTracker.horizonsMax) "
                    + "different times above 0 and up to 60s")
        }
        return horizons
    }

    /// So that what waits for it stays small.
    private static let horizonMaxNs: UInt64 = 60_000_000_000

    init(_ tracker: FeatureTracker, telemetry: TelemetryWriter) throws {
        self.tracker = tracker
        self.telemetry = telemetry
        memory = try RingMemory(capacity: Self.capacity)
        vectors = try memory.makeConsumer()
        memory.prefault()
        leftOut = telemetry.counter("tracker_vectors_left_out_total")
        unsafe stopWord = .allocate(capacity: 1)
        unsafe stopWord.initialize(to: 0)
        for (index, score) in tracker.scores.enumerated() {
            telemetry.describeFeature(index, name: score.name, horizonNs: score.horizonNs)
            show(index, score)
        }
    }

    /// The end for the kernel; once.
    func makeTap() throws -> RingProducer<FeatureVector> { try memory.makeProducer() }

    func start() throws(EngineError) {
        do throws(PlatformError) {
            thread = try PlatformThread(name: "apus-tracker") { [self] in run() }
        } catch { throw EngineError("\(error)") }
    }

    func stop() {
        unsafe apus_word_store_release(stopWord, 1)
        thread?.join()
        thread = nil
    }

    private func run() {
        var nextShowNs: UInt64 = 0
        while unsafe apus_word_load_acquire(stopWord) == 0 {
            take()
            let now = monotonicNs()
            if now >= nextShowNs {
                nextShowNs = now + Self.showIntervalNs
                show()
            }
            CurrentThread.sleep(ns: Self.pauseNs)
        }
        take()
        show()
    }

    private func take() {
        while let vector = unsafe vectors.peek() {
            unsafe tracker.add(vector)
            vectors.release()
        }
    }

    private func show() {
        leftOut.set(tracker.leftOut)
        for (index, score) in tracker.scores.enumerated() { show(index, score) }
    }

    private func show(_ index: Int, _ score: FeatureScore) {
        telemetry.storeFeature(
            index, correlation: score.informationCoefficient, hitRate: score.hitRate,
            count: score.count)
    }
}
