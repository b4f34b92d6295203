//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CTelemetry
public import Telemetry

/// What rules are judged on: one engine at one moment. The monitor makes it from its observation,
/// so this module knows no mapping and no clock.
public struct AlertInput: Sendable {
    /// Nanoseconds since 1970 UTC; the only time that rules know.
    public var timeNs: UInt64
    public var instance: String
    /// Another value is another run of the engine: its counters began anew.
    public var startTimeNs: UInt64
    public var isAlive: Bool
    /// "READY", "REDUCING", "HALTED" or "NOT_READY"; `nil` while there is no control page.
    public var tradingState: String?
    public var stages: [(name: String, heartbeatNs: UInt64)]
    public var rings: [(name: String, depth: UInt64, capacity: UInt64)]
    public var instruments: [(symbol: String, venue: String, status: InstrumentData)]
    public var models: [(name: String, status: ModelData)]
    public var counters: [(name: String, value: UInt64)]
    public var histograms: [HistogramSnapshot]

    public init(
        timeNs: UInt64, instance: String, startTimeNs: UInt64, isAlive: Bool,
        tradingState: String?, stages: [(name: String, heartbeatNs: UInt64)] = [],
        rings: [(name: String, depth: UInt64, capacity: UInt64)] = [],
        instruments: [(symbol: String, venue: String, status: InstrumentData)] = [],
        models: [(name: String, status: ModelData)] = [],
        counters: [(name: String, value: UInt64)] = [], histograms: [HistogramSnapshot] = []
    ) {
        self.timeNs = timeNs
        self.instance = instance
        self.startTimeNs = startTimeNs
        self.isAlive = isAlive
        self.tradingState = tradingState
        self.stages = stages
        self.rings = rings
        self.instruments = instruments
        self.models = models
        self.counters = counters
        self.histograms = histograms
    }

    /// There is no engine of that name.
    public static func absent(_ instance: String, timeNs: UInt64) -> AlertInput {
        AlertInput(
            timeNs: timeNs, instance: instance, startTimeNs: 0, isAlive: false, tradingState: nil)
    }
}
