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
    /// Time frames one instrument may have, of every kind.
    public static let timeframesMax = 8

    /// `quote`: the best bid or ask changed. `trade`: a public trade. `interval`: the first record
    /// at or after each multiple of `intervalNs`. `bar`: a bar of the first time frame closed.
    public var trigger: Trigger
    public var intervalNs: UInt64
    /// Lengths of time bars; the features use the first.
    public var timeframesNs: [UInt64]
    /// Bars that their trades end; their time frames stand behind those of time.
    public var sampledBars: [SampledBar]
    /// What is computed of every bar.
    public var indicators: IndicatorPlan
    /// Length of the venue's candles that bars by the venue's time are compared with; 0: none.
    public var candleNs: UInt64 = 0
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
        sampledBars: [SampledBar] = [], indicators: IndicatorPlan = .standard,
        bookWindowTicks: Int = 65_536, farLevelsMax: Int = 32_768,
        pendingRecordsMax: Int = 16_384, freshnessNs: UInt64 = 100_000_000
    ) {
        self.trigger = trigger
        self.intervalNs = intervalNs
        self.timeframesNs = timeframesNs
        self.sampledBars = sampledBars
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

    public var timeframeCount: Int { timeframesNs.count + sampledBars.count }

    /// Why a kernel of these instruments cannot have these bars; `nil`: it can.
    public func problem(of instruments: InstrumentTable) -> String? {
        guard !timeframesNs.isEmpty, timeframeCount <= Self.timeframesMax else {
            return "at least one time frame of time, and at most \(Self.timeframesMax) in all"
        }
        for index in 0..<UInt32(instruments.count) {
            let instrument = instruments[index]
            if let bar = sampledBars.first(where: { $0.limit(of: instrument) == nil }) {
                return "\(bar.text): trades of \(instrument.symbolText) cannot be measured so"
            }
        }
        return nil
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
