//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What an engine did between two observations. Times are nanoseconds since 1970 UTC.
public struct Interval: Sendable {
    public struct Stage: Sendable {
        public let name: String
        /// Share of the polls that found work, 0...1; 0 without a poll.
        public let duty: Double
        public let pollsPerSecond: Double
        public let workPerSecond: Double
    }

    public struct Ring: Sendable {
        public let name: String
        /// At the end.
        public let depth: UInt64
        /// The deepest that any observation of this run saw until then.
        public let depthMax: UInt64
        public let publishedPerSecond: Double
    }

    public struct Position: Sendable {
        public let symbol: String
        public let venue: String
        /// Signed, at the end.
        public let lots: Int64
        /// Realised and unrealised profit less fees and funding, 1e-8 of the quote currency.
        public let profitE8: Int64
    }

    public let startNs: UInt64
    public let endNs: UInt64
    /// The interval begins with the engine's start: it is not the run of the interval before.
    public let isNewRun: Bool
    /// Of every histogram of the page, in its order, what the interval recorded.
    public let histograms: [SparseHistogram]
    /// How much each counter ("…_total") grew; those that did not grow are left out.
    public let growth: [String: UInt64]
    /// The value at the end of what may also go down; zeros are left out.
    public let gauges: [String: UInt64]
    public let stages: [Stage]
    public let rings: [Ring]
    public let positions: [Position]
    /// The sum over all instruments at the end, as each `Position.profitE8`.
    public let profitE8: Int64
    /// "READY" and so on at the end; empty without a control page.
    public let tradingState: String

    public var spanNs: UInt64 { endNs - startNs }

    public func histogram(_ name: String) -> SparseHistogram? {
        histograms.first { $0.name == name }
    }

    /// Events a second; 0 when no time has passed.
    public func perSecond(_ count: UInt64) -> Double {
        spanNs == 0 ? 0 : Double(count) * 1e9 / Double(spanNs)
    }

    /// Buckets kept, which most of the memory goes into.
    var bucketCount: Int { histograms.reduce(0) { $0 + $1.places.count } }
}
