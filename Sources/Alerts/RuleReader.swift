//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Configuration

/// Reads one rule.
struct RuleReader {
    private let item: ItemReader
    private var settings: Settings { item.settings }

    private static let second: UInt64 = 1_000_000_000
    private static let week: UInt64 = 7 * 86_400 * second

    init(_ settings: Settings, _ place: String) {
        item = ItemReader(settings, AlertKeys.rule, place)
    }

    func rule(actions: [String]) throws(ConfigurationError) -> AlertRule {
        let name = try item.name()
        let word = try item.required("quantity")
        guard let quantity = Quantity(rawValue: word) else {
            throw item.refusal("quantity", "is unknown")
        }
        let percentile = try percentile(quantity)
        let over = try over(quantity)
        let (comparison, limit, threshold) = try condition(quantity)
        let longest = 0...Self.week
        return AlertRule(
            name: name, quantity: quantity, subject: try subject(quantity),
            fraction: percentile.fraction, percentile: percentile.text, overNs: over,
            samplesMin: UInt64(settings.integer("samples")), comparison: comparison, limit: limit,
            threshold: threshold, forNs: try item.duration("for", longest, "at most 7d"),
            clearForNs: try item.duration("clear_for", longest, "at most 7d"),
            severity: Severity(rawValue: settings.text("severity")) ?? .warning,
            actions: try indices(actions), message: try message(quantity),
            repeatNs: try item.duration("repeat", longest, "at most 7d"),
            cooldownNs: try item.duration("cooldown", longest, "at most 7d"),
            tellsEnd: settings.boolean("tell_end"),
            absence: AlertRule.Absence(rawValue: settings.text("no_data")) ?? .clear,
            inhibitors: [])
    }

    private func subject(_ quantity: Quantity) throws(ConfigurationError) -> String {
        guard quantity.subject != .engine else {
            try item.forbid(["of"], "does not belong to \(quantity.rawValue)")
            return ""
        }
        guard let fallback = quantity.subjectFallback else { return try item.required("of") }
        return item.isGiven("of") ? try item.required("of") : fallback
    }

    private func percentile(
        _ quantity: Quantity
    ) throws(ConfigurationError) -> (fraction: Double, text: String) {
        guard quantity == .percentile else {
            try item.forbid(["percentile", "samples"], "belongs to quantity: percentile alone")
            return (0, "")
        }
        let text = try item.required("percentile")
        return (settings.number("percentile") / 100, text)
    }

    private func over(_ quantity: Quantity) throws(ConfigurationError) -> UInt64 {
        guard quantity.isOverWindow else {
            try item.forbid(["over"], "does not belong to \(quantity.rawValue)")
            return 0
        }
        _ = try item.required("over")
        return try item.duration("over", Self.second / 10...Self.week, "from 100ms to 7d")
    }

    private func condition(
        _ quantity: Quantity
    ) throws(ConfigurationError) -> (Comparison, AlertRule.Limit, String) {
        let unit = quantity.unit
        if unit == .condition {
            try item.forbid(
                ["when", "threshold", "clear"], "does not belong to \(quantity.rawValue)")
            return (.equal, .none, "")
        }
        let word = try item.required("when")
        let threshold = try item.required("threshold")
        guard let comparison = Comparison(rawValue: word) else {
            throw item.refusal("when", "is unknown")
        }
        if case .words(let words) = unit {
            guard comparison.isOfWords else { throw item.refusal("when", "must be is or is_not") }
            guard words.contains(threshold) else {
                throw item.refusal("threshold", "must be \(unit.expectation)")
            }
            try item.forbid(["clear"], "does not belong to \(quantity.rawValue)")
            return (comparison, .word(threshold), threshold)
        }
        guard !comparison.isOfWords else {
            throw item.refusal("when", "must be above, at_least, below or at_most")
        }
        guard let number = unit.number(threshold) else {
            throw item.refusal("threshold", "must be \(unit.expectation)")
        }
        return (comparison, try limit(unit, comparison, number), threshold)
    }

    private func limit(
        _ unit: Quantity.Unit, _ comparison: Comparison, _ threshold: Double
    ) throws(ConfigurationError) -> AlertRule.Limit {
        guard item.isGiven("clear") else { return .number(threshold, clear: threshold) }
        guard let clear = unit.number(try item.required("clear")) else {
            throw item.refusal("clear", "must be \(unit.expectation)")
        }
        guard comparison.isUpward ? clear <= threshold : clear >= threshold else {
            throw item.refusal(
                "clear", "must not be \(comparison.isUpward ? "above" : "below") the threshold")
        }
        return .number(threshold, clear: clear)
    }

    private func indices(_ actions: [String]) throws(ConfigurationError) -> [Int] {
        var result: [Int] = []
        for name in settings.list("actions") {
            guard let index = actions.firstIndex(of: name) else {
                throw item.refusal("actions", "names no action '\(name)' of this file")
            }
            if !result.contains(index) { result.append(index) }
        }
        return result
    }

    private func message(_ quantity: Quantity) throws(ConfigurationError) -> MessageTemplate {
        do throws(ConfigurationError) {
            return try MessageTemplate(
                settings.text("message"),
                names: MessageTemplate.commonNames + quantity.subject.labels)
        } catch {
            throw item.refusal("message", error.description)
        }
    }
}
