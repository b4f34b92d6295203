//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CMessages
public import Messages
import Technical

/// What the kernel builds and when it asks for a decision.
public struct KernelConfiguration: Sendable {
    /// Time frames one instrument may have.
    public static let timeframesMax = 4

    /// `quote`: the best bid or ask changed. `trade`: a public trade. `interval`: the first record
    /// at or after each multiple of `intervalNs`. `bar`: a bar of the first time frame closed.
    public var trigger: Trigger
    public var intervalNs: UInt64
    /// Bars' lengths; the features use the first.
    public var timeframesNs: [UInt64]
    /// What is computed of every bar.
    public var indicators: IndicatorPlan
    /// Ticks a side of a book that are reached without hashing; a power of two.
    public var bookWindowTicks: Int
    /// Levels a side outside that window; a power of two.
    public var farLevelsMax: Int
    /// Records stored for a book that waits for a snapshot.
    public var pendingRecordsMax: Int
    /// While records of an instrument arrive, risk hears of it at least this often.
    public var freshnessNs: UInt64
    /// What vectors hold, in order; none: the standard features.
    public var features: [FeatureKind] = []

    public init(
        trigger: Trigger = .quote, intervalNs: UInt64 = 100_000_000,
        timeframesNs: [UInt64] = [1_000_000_000, 3_000_000_000, 60_000_000_000],
        indicators: IndicatorPlan = .standard,
        bookWindowTicks: Int = 65_536, farLevelsMax: Int = 32_768,
        pendingRecordsMax: Int = 16_384, freshnessNs: UInt64 = 100_000_000
    ) {
        self.trigger = trigger
        self.intervalNs = intervalNs
        self.timeframesNs = timeframesNs
        self.indicators = indicators
        self.bookWindowTicks = bookWindowTicks
        self.farLevelsMax = farLevelsMax
        self.pendingRecordsMax = pendingRecordsMax
        self.freshnessNs = freshnessNs
    }

    /// What the values of the feature vectors mean.
    public func schema() throws(FeatureTextError) -> FeatureSchema {
        try FeatureSchema(declared: features, timeframesNs: timeframesNs)
    }

    /// The same, checked against what a run has: every leader is an instrument of it, every
    /// indicator is computed.
    public func schema(
        instruments: InstrumentTable
    ) throws(FeatureTextError) -> FeatureSchema {
        let schema = try schema()
        for kind in schema.features.map(\.kind) {
            for column in kind.barColumns where barPlace(column) == nil {
                throw FeatureTextError(
                    kind.canonicalText, "\(column.indicator.canonicalText) is not computed")
            }
            guard let name = kind.leaderName else { continue }
            let found = instruments.ids(named: name)
            guard found.count == 1 else {
                throw FeatureTextError(
                    kind.canonicalText,
                    found.isEmpty
                        ? "\(name) is no instrument of this run"
                        : "\(name) is traded on several venues; name one, as in okx:\(name)")
            }
        }
        return schema
    }
}

extension InstrumentTable {
    /// The instruments of a name as in `BTC-USDT`, or with their venue as in `okx:BTC-USDT-SWAP`.
    func ids(named name: String) -> [UInt32] {
        (0..<UInt32(count)).filter { id in
            let instrument = self[id]
            return instrument.symbolText == name
                || "\(instrument.venue.text):\(instrument.symbolText)" == name
        }
    }
}
