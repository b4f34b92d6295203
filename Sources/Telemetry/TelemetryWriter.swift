//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CTelemetry
public import Platform

/// The engine's side of the telemetry page: hands out places by name before the hot threads start.
///
/// SAFETY: the mapping is kept until the process ends.
@safe
public struct TelemetryWriter: @unchecked Sendable {
    public let page: UnsafeMutablePointer<TelemetryPage>

    /// The page as segment `path`, created anew.
    public init(path: String, instance: String, startTimeNs: UInt64) throws(PlatformError) {
        let segment = try MemorySegment.create(path, size: MemoryLayout<TelemetryPage>.size)
        unsafe self.init(segment.leak(), instance, startTimeNs)
    }

    /// A page in private memory, never freed; for tests, replay and benchmarks.
    public static func standalone() -> TelemetryWriter {
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: MemoryLayout<TelemetryPage>.size, alignment: 64)
        return unsafe TelemetryWriter(memory, "standalone", 0)
    }

    private init(_ memory: UnsafeMutableRawPointer, _ instance: String, _ startTimeNs: UInt64) {
        unsafe page = unsafe memory.assumingMemoryBound(to: TelemetryPage.self)
        unsafe apus_telemetry_init(page, instance, currentProcessID(), startTimeNs)
    }

    /// The counter named `name`, made when there is none.
    ///
    /// - Precondition: the table has a free place.
    public func counter(_ name: String) -> Counter {
        guard let row = unsafe apus_telemetry_counter(page, name) else {
            preconditionFailure("a free place for counter \(name)")
        }
        return unsafe Counter(row)
    }

    /// The histogram named `name`, made when there is none.
    public func histogram(_ name: String) -> Histogram {
        guard let data = unsafe apus_telemetry_histogram(page, name) else {
            preconditionFailure("a free place for histogram \(name)")
        }
        return unsafe Histogram(data)
    }

    /// The pulse of stage `name`, made when there is none.
    public func stage(_ name: String) -> StagePulse {
        guard let data = unsafe apus_telemetry_stage(page, name) else {
            preconditionFailure("a free place for stage \(name)")
        }
        return unsafe StagePulse(data)
    }

    /// The status row of instrument `id`, in place.
    ///
    /// - Precondition: `id < APUS_TELEMETRY_INSTRUMENT_MAX`.
    public func instrument(_ id: UInt32) -> UnsafeMutablePointer<InstrumentData> {
        precondition(id < UInt32(APUS_TELEMETRY_INSTRUMENT_MAX), "an instrument the page can show")
        return unsafe apus_telemetry_instruments(page) + Int(id)
    }

    /// Gives place `index` to a feature and horizon, before it is stored to. One cold thread.
    ///
    /// - Precondition: `index < APUS_TELEMETRY_FEATURE_MAX`.
    public func describeFeature(_ index: Int, name: String, horizonNs: UInt64) {
        let row = unsafe featureRow(index)
        unsafe withUnsafeMutableBytes(of: &row.pointee.name) { unsafe FixedText.write(name, $0) }
        unsafe row.pointee.horizonNs = horizonNs
    }

    /// Shows what the feature at `index` was worth.
    public func storeFeature(
        _ index: Int, correlation: Double, hitRate: Double, count: UInt64
    ) {
        let row = unsafe featureRow(index)
        unsafe apus_word_store(&row.pointee.correlationBits, correlation.bitPattern)
        unsafe apus_word_store(&row.pointee.hitRateBits, hitRate.bitPattern)
        unsafe apus_word_store(&row.pointee.count, count)
    }

    /// Gives place `index` to a model, before its stage writes there. Cold.
    public func describeModel(_ index: Int, name: String, kind: String) {
        let row = unsafe modelRow(index)
        unsafe withUnsafeMutableBytes(of: &row.pointee.name) { unsafe FixedText.write(name, $0) }
        unsafe withUnsafeMutableBytes(of: &row.pointee.kind) { unsafe FixedText.write(kind, $0) }
    }

    /// Where the stage of the models writes what the model at `index` does.
    public func modelRow(_ index: Int) -> UnsafeMutablePointer<ModelData> {
        precondition(
            index >= 0 && index < Int(APUS_TELEMETRY_MODEL_MAX), "a model the page can show")
        return unsafe apus_telemetry_models(page) + index
    }

    private func featureRow(_ index: Int) -> UnsafeMutablePointer<FeatureData> {
        precondition(
            index >= 0 && index < Int(APUS_TELEMETRY_FEATURE_MAX), "a feature the page can show")
        return unsafe apus_telemetry_features(page) + index
    }

    /// A view of the same page for reading.
    public var reader: TelemetryReader { unsafe TelemetryReader(page) }
}
