//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CTelemetry
public import Platform

/// A moment's copy of one histogram.
public struct HistogramSnapshot: Sendable {
    public let name: String
    public let total: UInt64
    public let maximum: UInt64
    public let sum: UInt64
    public let counts: [UInt64]

    public init(name: String, total: UInt64, maximum: UInt64, sum: UInt64, counts: [UInt64]) {
        self.name = name
        self.total = total
        self.maximum = maximum
        self.sum = sum
        self.counts = counts
    }

    /// Of values that were counted elsewhere, in the page's buckets.
    public init(counts: [UInt64], total: UInt64, maximum: UInt64) {
        self.init(name: "", total: total, maximum: maximum, sum: 0, counts: counts)
    }

    public var mean: Double { total == 0 ? 0 : Double(sum) / Double(total) }

    /// Which of `count` values in their order, from 1 on, is the percentile: the first that at
    /// least `fraction`, 0...1, of them do not exceed. A product that should be whole and is not,
    /// for rounding, does not count as more.
    public static func rank(ofFraction fraction: Double, among count: UInt64) -> UInt64 {
        let product = (Double(count) * fraction).nextDown.rounded(.up)
        return max(1, min(count, UInt64(max(0, min(product, 0x1p63)))))
    }

    /// The smallest bucket bound that at least `fraction` of the values do not exceed, never above
    /// the maximum; 0 when empty. Within 3.1 % of the true value.
    public func value(atFraction fraction: Double) -> UInt64 {
        let counted = counts.reduce(0, &+)
        guard counted > 0 else { return 0 }
        let wanted = Self.rank(ofFraction: fraction, among: counted)
        var seen: UInt64 = 0
        for (index, count) in counts.enumerated() where count > 0 {
            seen &+= count
            if seen >= wanted { return min(apus_histogram_highest(UInt32(index)), maximum) }
        }
        return maximum
    }
}

/// An observer's side of the telemetry page: everything is copied, nothing is written.
///
/// SAFETY: `page` lies in the mapping, or in a writer's memory, which is kept until the process
/// ends.
@safe
public struct TelemetryReader: @unchecked Sendable {
    let page: UnsafeMutablePointer<TelemetryPage>
    private let mapping: SharedMapping?

    init(_ page: UnsafeMutablePointer<TelemetryPage>) {
        unsafe self.page = unsafe page
        mapping = nil
    }

    /// Maps the segment `path` read-only.
    ///
    /// - Throws: `PlatformError`; `EINVAL` for a foreign, damaged or differently laid out page.
    public init(path: String) throws(PlatformError) {
        let mapping = SharedMapping(try MemorySegment.open(path, writable: false))
        guard unsafe apus_telemetry_validate(mapping.base, mapping.size) == 0 else {
            throw PlatformError(operation: "read \(path)", code: 22)
        }
        unsafe page = mapping.base.assumingMemoryBound(to: TelemetryPage.self)
        self.mapping = mapping
    }

    public var instance: String {
        unsafe withUnsafeBytes(of: page.pointee.instance) { unsafe FixedText.read($0) }
    }
    public var placement: String {
        unsafe withUnsafeBytes(of: page.pointee.placement) { unsafe FixedText.read($0) }
    }
    public var mode: String {
        unsafe withUnsafeBytes(of: page.pointee.mode) { unsafe FixedText.read($0) }
    }
    public var processID: UInt64 { unsafe page.pointee.processID }
    public var startTimeNs: UInt64 { unsafe page.pointee.startTimeNs }

    /// Every counter in use, in order of creation.
    public var counters: [(name: String, value: UInt64)] {
        let rows = unsafe apus_telemetry_counters(page)!
        var result: [(name: String, value: UInt64)] = []
        for index in 0..<Int(APUS_TELEMETRY_COUNTER_MAX) {
            let row = unsafe rows + index
            let name = unsafe withUnsafeBytes(of: row.pointee.name) { unsafe FixedText.read($0) }
            if name.isEmpty { break }
            result.append((name, unsafe apus_word_load(&row.pointee.value)))
        }
        return result
    }

    /// The current value of one counter; `nil` while the engine has none of that name. Cheaper than
    /// all of them, for who asks often.
    public func counter(_ name: String) -> UInt64? {
        let rows = unsafe apus_telemetry_counters(page)!
        for index in 0..<Int(APUS_TELEMETRY_COUNTER_MAX) {
            let row = unsafe rows + index
            let isThis = unsafe withUnsafeBytes(of: row.pointee.name) { bytes in
                if unsafe bytes[0] == 0 { return Bool?.none }
                return unsafe bytes.prefix { $0 != 0 }.elementsEqual(name.utf8)
            }
            guard let isThis else { return nil }
            if isThis { return unsafe apus_word_load(&row.pointee.value) }
        }
        return nil
    }

    /// Every histogram in use, in order of creation.
    public var histograms: [HistogramSnapshot] {
        let rows = unsafe apus_telemetry_histograms(page)!
        var result: [HistogramSnapshot] = []
        for index in 0..<Int(APUS_TELEMETRY_HISTOGRAM_MAX) {
            let row = unsafe rows + index
            let name = unsafe withUnsafeBytes(of: row.pointee.name) { unsafe FixedText.read($0) }
            if name.isEmpty { break }
            let counts = unsafe withUnsafeBytes(of: row.pointee.counts) {
                unsafe Array($0.bindMemory(to: UInt64.self))
            }
            result.append(
                HistogramSnapshot(
                    name: name, total: unsafe row.pointee.total,
                    maximum: unsafe row.pointee.maximum, sum: unsafe row.pointee.sum,
                    counts: counts))
        }
        return result
    }

    /// Every stage in use with its name, in order of creation.
    public var stages: [(name: String, pulse: StageData)] {
        let rows = unsafe apus_telemetry_stages(page)!
        var result: [(name: String, pulse: StageData)] = []
        for index in 0..<Int(APUS_TELEMETRY_STAGE_MAX) {
            let row = unsafe rows[index]
            let name = unsafe withUnsafeBytes(of: row.name) { unsafe FixedText.read($0) }
            if name.isEmpty { break }
            result.append((name, row))
        }
        return result
    }

    /// Every instrument in use with its symbol and venue.
    public var instruments: [(symbol: String, venue: String, status: InstrumentData)] {
        let rows = unsafe apus_telemetry_instruments(page)!
        var result: [(symbol: String, venue: String, status: InstrumentData)] = []
        for index in 0..<Int(APUS_TELEMETRY_INSTRUMENT_MAX) {
            let row = unsafe rows[index]
            let symbol = unsafe withUnsafeBytes(of: row.symbol) { unsafe FixedText.read($0) }
            if symbol.isEmpty { break }
            let venue = unsafe withUnsafeBytes(of: row.venue) { unsafe FixedText.read($0) }
            result.append((symbol, venue, row))
        }
        return result
    }

    /// Every feature and horizon that is followed, in order.
    public var features: [(name: String, score: FeatureData)] {
        let rows = unsafe apus_telemetry_features(page)!
        var result: [(name: String, score: FeatureData)] = []
        for index in 0..<Int(APUS_TELEMETRY_FEATURE_MAX) {
            let row = unsafe rows[index]
            let name = unsafe withUnsafeBytes(of: row.name) { unsafe FixedText.read($0) }
            if name.isEmpty { break }
            result.append((name, row))
        }
        return result
    }

    /// The models in the ensemble's order.
    public var models: [(name: String, kind: String, status: ModelData)] {
        let rows = unsafe apus_telemetry_models(page)!
        var result: [(name: String, kind: String, status: ModelData)] = []
        for index in 0..<Int(APUS_TELEMETRY_MODEL_MAX) {
            let row = unsafe rows[index]
            let name = unsafe withUnsafeBytes(of: row.name) { unsafe FixedText.read($0) }
            if name.isEmpty { break }
            let kind = unsafe withUnsafeBytes(of: row.kind) { unsafe FixedText.read($0) }
            result.append((name, kind, row))
        }
        return result
    }
}
