//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CMessages

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
}
