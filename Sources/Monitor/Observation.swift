//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Alerts
public import CTelemetry
public import Telemetry

/// Everything the monitor knows of one engine at one moment. All times are nanoseconds since 1970
/// UTC; all renderings are made from this, so they agree with each other.
public struct Observation: Sendable {
    public struct Stage: Sendable {
        public let name: String
        public let core: Int
        public let thread: Int
        public let polls: UInt64
        public let busyPolls: UInt64
        public let work: UInt64
        public let heartbeatNs: UInt64
    }

    public struct Ring: Sendable {
        public let name: String
        public let depth: UInt64
        public let capacity: UInt64
        public let messageSize: Int
        public let published: UInt64
    }

    public struct Instrument: Sendable {
        public let symbol: String
        public let venue: String
        public let status: InstrumentData
    }

    /// What a feature was worth lately over one horizon.
    public struct Feature: Sendable {
        public let name: String
        public let horizonNs: UInt64
        /// Correlation of the value with the return that followed, -1...1.
        public let informationCoefficient: Double
        /// Share of returns whose sign the value had; not a number without direction.
        public let hitRate: Double
        public let count: UInt64
    }

    /// A model of the ensemble and what it was worth lately.
    public struct Model: Sendable {
        public let name: String
        public let kind: String
        public let status: ModelData
    }

    public struct Counter: Sendable {
        public let name: String
        public let value: UInt64
    }

    public let timeNs: UInt64
    public let instance: String
    public let processID: UInt64
    /// A process of that number exists.
    public let isAlive: Bool
    public let startTimeNs: UInt64
    public let mode: String
    public let placement: String
    /// `nil` while the engine has not made its control page.
    public let control: ControlSnapshot?
    public let stages: [Stage]
    public let histograms: [HistogramSnapshot]
    public let rings: [Ring]
    public let instruments: [Instrument]
    public let features: [Feature]
    /// In the ensemble's order.
    public let models: [Model]
    /// The total first.
    public let quality: [QualityRow]
    /// Orders beyond the threshold, judged.
    public let outliers: OutlierSnapshot
    public let counters: [Counter]
    /// What the rules of `--alerts` did, this look included; `nil` without rules.
    public var alerts: AlertStatus?

    public var uptimeNs: UInt64 { Self.age(of: startTimeNs, at: timeNs) }

    /// Age of the freshest heartbeat; `nil` before the first one.
    public var heartbeatAgeNs: UInt64? {
        let last = stages.map(\.heartbeatNs).max() ?? 0
        return last == 0 ? nil : Self.age(of: last, at: timeNs)
    }

    /// Nanoseconds from `past` to `now`; 0 when the clocks of both differ the other way.
    static func age(of past: UInt64, at now: UInt64) -> UInt64 { now > past ? now - past : 0 }
}

/// What happened between two observations, or since the start when there is no earlier one.
struct Rates {
    private let earlier: Observation?
    let spanNs: UInt64

    init(from earlier: Observation?, to now: Observation) {
        let isSameRun = earlier?.startTimeNs == now.startTimeNs
        self.earlier = isSameRun ? earlier : nil
        spanNs = isSameRun
            ? Observation.age(of: earlier?.timeNs ?? 0, at: now.timeNs) : now.uptimeNs
    }

    var isSinceStart: Bool { earlier == nil }

    func stage(_ name: String) -> Observation.Stage? {
        earlier?.stages.first { $0.name == name }
    }

    func counters() -> [String: UInt64] {
        guard let earlier else { return [:] }
        return Dictionary(
            earlier.counters.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    }

    /// Events a second; 0 when no time has passed or the count went down.
    func perSecond(_ now: UInt64, _ before: UInt64?) -> Double {
        let before = before ?? 0
        guard spanNs > 0, now > before else { return 0 }
        return Double(now - before) * 1e9 / Double(spanNs)
    }
}
