//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Telemetry

/// Measures one rule's quantity, observation after observation.
struct RuleMeter: Sendable {
    private let rule: AlertRule
    private var counts: [String: SampleWindow<UInt64>] = [:]
    private var recorded: [String: SampleWindow<HistogramSnapshot>] = [:]
    private var peaks: [String: Double] = [:]

    init(_ rule: AlertRule) { self.rule = rule }

    /// Forgets what was: the engine began anew, or nobody looked for a while.
    mutating func reset() {
        counts = [:]
        recorded = [:]
    }

    /// The engine began anew: so does its profit.
    mutating func resetPeaks() { peaks = [:] }

    /// The values there are; a series without one is left out.
    mutating func readings(_ now: AlertInput) -> [Reading] {
        switch rule.quantity.subject {
        case .engine: [engine(now)]
        case .counter: counters(now)
        case .histogram: histograms(now)
        case .stage:
            now.stages.filter { matches($0.name) && $0.heartbeatNs != 0 }.map { stage in
                number([stage.name], Self.age(of: stage.heartbeatNs, at: now.timeNs))
            }
        case .ring:
            now.rings.filter { matches($0.name) && $0.capacity > 0 }.map { ring in
                number([ring.name], Double(ring.depth) / Double(ring.capacity))
            }
        case .instrument: instruments(now)
        case .model: models(now)
        }
    }

    /// What the engine has of the kind that the rule looks at, whatever the values are.
    static func names(_ rule: AlertRule, in now: AlertInput) -> [String] {
        switch rule.quantity.subject {
        case .engine: [""]
        case .counter: now.counters.map(\.name)
        case .histogram: now.histograms.map(\.name)
        case .stage: now.stages.map(\.name)
        case .ring: now.rings.map(\.name)
        case .instrument:
            now.instruments.map { "\($0.symbol)@\($0.venue)" }
                + (rule.subject == Quantity.total ? [Quantity.total] : [])
        case .model: now.models.map(\.name)
        }
    }

    /// "BTC-USDT" names that symbol at every venue, "BTC-USDT@okx" at one.
    static func matches(_ rule: AlertRule, _ name: String) -> Bool {
        if NamePattern.matches(rule.subject, name) { return true }
        guard rule.quantity.subject == .instrument, !rule.subject.contains("@"),
            let at = name.lastIndex(of: "@")
        else { return false }
        return NamePattern.matches(rule.subject, String(name[..<at]))
    }

    private func matches(_ name: String) -> Bool { Self.matches(rule, name) }

    private func number(_ labels: [String], _ value: Double) -> Reading {
        Reading(labels: labels, value: .number(value))
    }

    private static func age(of past: UInt64, at now: UInt64) -> Double {
        now > past ? Double(now - past) : 0
    }

    private func engine(_ now: AlertInput) -> Reading {
        rule.quantity == .engineDead
            ? Reading(labels: [], value: .condition(!now.isAlive))
            : Reading(labels: [], value: .word(now.tradingState ?? "NONE"))
    }

    // MARK: - Over a window

    private mutating func counters(_ now: AlertInput) -> [Reading] {
        now.counters.filter { matches($0.name) }.compactMap { counter in
            let value: Double? =
                switch rule.quantity {
                // Money stands in 1e-8 on the page, and in whole units in rules.
                case .gauge: Double(counter.value) / (counter.name.hasSuffix("_e8") ? 1e8 : 1)
                case .counterRate: increase(counter.name, counter.value, now, isRate: true)
                default: increase(counter.name, counter.value, now, isRate: false)
                }
            return value.map { number([counter.name], $0) }
        }
    }

    /// How much a count grew: since the window's beginning, or since the first look while that is
    /// younger. A rate needs the whole window.
    private mutating func increase(
        _ key: String, _ value: UInt64, _ now: AlertInput, isRate: Bool
    ) -> Double? {
        let empty = SampleWindow<UInt64>(spanNs: rule.overNs)
        guard let base = counts[key, default: empty].base(at: now.timeNs, value) else {
            return isRate ? nil : 0
        }
        guard value >= base.value else {
            counts[key] = nil
            return nil
        }
        let growth = Double(value - base.value)
        if !isRate { return growth }
        return base.isFull ? growth * 1e9 / Double(base.ageNs) : nil
    }

    private mutating func histograms(_ now: AlertInput) -> [Reading] {
        now.histograms.filter { matches($0.name) }.compactMap { histogram in
            percentile(histogram, now).map { number([histogram.name], $0) }
        }
    }

    /// Of the values of the window, or since the first look while that is younger; `nil` while
    /// they are too few.
    private mutating func percentile(
        _ histogram: HistogramSnapshot, _ now: AlertInput
    ) -> Double? {
        let empty = SampleWindow<HistogramSnapshot>(spanNs: rule.overNs)
        guard
            let base = recorded[histogram.name, default: empty].base(at: now.timeNs, histogram)
        else { return nil }
        guard histogram.total >= base.value.total else {
            recorded[histogram.name] = nil
            return nil
        }
        let interval = histogram.subtracting(base.value)
        guard interval.total >= rule.samplesMin else { return nil }
        return Double(interval.value(atFraction: rule.fraction))
    }

    // MARK: - Instruments and models

    private mutating func instruments(_ now: AlertInput) -> [Reading] {
        let isTotal = rule.subject == Quantity.total
        let rows = now.instruments.filter { isTotal || matches("\($0.symbol)@\($0.venue)") }
        if isTotal {
            if rows.isEmpty { return [] }
            let sum = rows.reduce(0) { $0 + value(of: $1.status, at: now) }
            return [number([Quantity.total, ""], level(Quantity.total, sum))]
        }
        return rows.compactMap { row in
            let labels = [row.symbol, row.venue]
            let key = "\(row.symbol)@\(row.venue)"
            switch rule.quantity {
            case .bookInvalid:
                return Reading(labels: labels, value: .condition(row.status.isBookValid == 0))
            case .bookAge:
                // Before the first update there is no age.
                if row.status.lastUpdateNs == 0 { return nil }
                return number(labels, Self.age(of: row.status.lastUpdateNs, at: now.timeNs))
            case .orderRejects:
                return increase(key, row.status.rejects, now, isRate: false)
                    .map { number(labels, $0) }
            case .sequenceGaps:
                return increase(key, row.status.gaps, now, isRate: false)
                    .map { number(labels, $0) }
            default:
                return number(labels, level(key, value(of: row.status, at: now)))
            }
        }
    }

    private func value(of status: InstrumentData, at now: AlertInput) -> Double {
        if rule.quantity == .openOrders { return Double(status.openOrders) }
        return Double(status.profitE8) / 1e8
    }

    /// A drawdown is measured from the highest profit seen, which was zero at the engine's start.
    private mutating func level(_ key: String, _ value: Double) -> Double {
        guard rule.quantity == .drawdown else { return value }
        let peak = max(peaks[key] ?? 0, value)
        peaks[key] = peak
        return peak - value
    }

    private func models(_ now: AlertInput) -> [Reading] {
        now.models.filter { matches($0.name) }.compactMap { model in
            if rule.quantity == .modelState {
                return Reading(labels: [model.name], value: .word(model.status.stateText))
            }
            let drift = model.status.drift
            return drift.isFinite ? number([model.name], drift) : nil
        }
    }
}
