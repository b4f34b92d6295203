//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Configuration
import Options

/// What a space file says: the space, what is wanted, and how it is judged.
public struct StudyPlan: Sendable {
    public struct Objective: Sendable, Equatable {
        public var metric = "sharpe"
        public var isMaximised = true
    }

    public let space: Space
    public var objective = Objective()
    /// What a run must meet to count, by metrics.
    var requirements: [Comparison] = []
    public var validation = Validation()
    /// Of the data; `nil`: what a run of the configuration as it stands covers.
    public var range: TimeRange?
    /// Of one trial.
    public var timeoutNs: UInt64 = 600_000_000_000

    /// Reads a space file.
    ///
    /// - Parameters:
    ///   - schema: Keys that may be varied, with what each may hold.
    ///   - metrics: Names that objective and requirements may use; names that begin with
    ///     "orders." may always.
    /// - Throws: `ConfigurationError` that names line and key.
    public static func parse(
        _ text: String, source: String, schema: [Key], metrics: Set<String> = RunMetrics.names
    ) throws(ConfigurationError) -> StudyPlan {
        let root = try YAMLNode.parse(text, source: source)
        guard case .mapping(let entries, let line) = root else {
            throw ConfigurationError("\(source): line \(root.line): not a mapping of sections")
        }
        guard let given = entries.first(where: { $0.key == "parameters" }) else {
            throw ConfigurationError("\(source): parameters is missing")
        }
        var settings = Settings(schema: keys)
        try settings.read(
            node: .mapping(entries.filter { $0.key != "parameters" }, line: line), source: source)
        let reader = ParameterReader(source: source, schema: schema)
        let parameters = try reader.read(given.value)
        let check = PlanCheck(settings: settings, parameters: parameters, metrics: metrics)
        var plan = StudyPlan(
            space: Space(parameters: parameters, constraints: try check.constraints()))
        plan.objective = try check.objective()
        plan.requirements = try check.requirements()
        plan.range = try check.range()
        plan.timeoutNs = settings.durationNs("timeout")
        plan.validation = try check.validation()
        return plan
    }

    private init(space: Space) { self.space = space }

    private static let keys: [Key] = [
        Key("constraints", .texts, "", "what must hold between parameters"),
        Key("objective.metric", .text, "sharpe", "what is maximised or minimised"),
        Key("objective.direction", .word(["maximise", "minimise"]), "maximise", "which of both"),
        Key("require", .texts, "", "what a run must meet to count"),
        Key("range.since", .text, nil, "begin of the data's time"),
        Key("range.until", .text, nil, "its end"),
        Key(
            "validation.kind", .word(Validation.Kind.allCases.map(\.rawValue)), "none",
            "how time is divided"),
        Key("validation.folds", .integer(1...100), "5", "test windows, or groups"),
        Key("validation.train", .number(0.01...0.99), "0.5", "share that trains first"),
        Key("validation.anchored", .boolean, "false", "training begins with the range"),
        Key("validation.tested", .integer(1...50), "1", "groups that judge at a time"),
        Key("validation.purge", .duration, "0s", "left out of training beside a test"),
        Key("validation.embargo", .duration, "0s", "left out of training behind a test, besides"),
        Key("timeout", .duration, "10m", "of one trial"),
    ]
}

/// What the sections mean, checked against the parameters.
private struct PlanCheck {
    let settings: Settings
    let parameters: [Parameter]
    let metrics: Set<String>

    private func refusal(_ key: String, _ reason: String) -> ConfigurationError {
        ConfigurationError("\(settings.origin(key)): \(key): \(reason)")
    }

    private func comparisons(
        _ key: String, _ form: String
    ) throws(ConfigurationError) -> [Comparison] {
        var result: [Comparison] = []
        for text in settings.list(key) {
            guard let comparison = Comparison(text) else {
                throw refusal(key, "'\(text)' is not of the form '\(form)'")
            }
            result.append(comparison)
        }
        return result
    }

    func constraints() throws(ConfigurationError) -> [Comparison] {
        let result = try comparisons("constraints", "a.key < b.key")
        for name in result.flatMap(\.names) {
            guard let parameter = parameters.first(where: { $0.key == name }) else {
                throw refusal("constraints", "'\(name)' is no parameter of this file")
            }
            if parameter.isCategory, parameter.number(parameter.text(at: 0)) == nil {
                throw refusal("constraints", "'\(name)' is no number")
            }
        }
        return result
    }

    private func checkMetric(_ name: String, _ key: String) throws(ConfigurationError) {
        guard metrics.contains(name) || name.hasPrefix("orders.") else {
            let known = metrics.sorted().joined(separator: ", ")
            throw refusal(key, "unknown metric '\(name)'; one of \(known)")
        }
    }

    func objective() throws(ConfigurationError) -> StudyPlan.Objective {
        let metric = settings.text("objective.metric")
        try checkMetric(metric, "objective.metric")
        return StudyPlan.Objective(
            metric: metric, isMaximised: settings.text("objective.direction") == "maximise")
    }

    func requirements() throws(ConfigurationError) -> [Comparison] {
        let result = try comparisons("require", "metric <= 0.1")
        for name in result.flatMap(\.names) { try checkMetric(name, "require") }
        return result
    }

    private func time(_ key: String) throws(ConfigurationError) -> UInt64? {
        guard let text = settings.optionalText(key) else { return nil }
        guard let ns = TimeText.nanoseconds(text) else {
            throw refusal(key, "a time like 2026-11-20 or 2026-11-20T10:00:00Z")
        }
        return ns
    }

    func range() throws(ConfigurationError) -> TimeRange? {
        switch (try time("range.since"), try time("range.until")) {
        case (nil, nil): return nil
        case (let since?, let until?) where since < until:
            return TimeRange(startNs: since, endNs: until)
        case (_?, _?): throw refusal("range.until", "is after range.since")
        case (_?, nil): throw refusal("range.since", "wants range.until too")
        case (nil, _?): throw refusal("range.until", "wants range.since too")
        }
    }

    func validation() throws(ConfigurationError) -> Validation {
        var result = Validation()
        result.kind = Validation.Kind(rawValue: settings.text("validation.kind")) ?? .none
        result.folds = settings.integer("validation.folds")
        result.trainShare = settings.number("validation.train")
        result.isAnchored = settings.boolean("validation.anchored")
        result.tested = settings.integer("validation.tested")
        result.purgeNs = settings.durationNs("validation.purge")
        result.embargoNs = settings.durationNs("validation.embargo")
        if result.kind == .purged, result.tested >= result.folds {
            throw refusal("validation.tested", "is less than validation.folds")
        }
        if result.kind == .walkForward, result.embargoNs > 0 {
            throw refusal(
                "validation.embargo", "no training stands behind its test in walk-forward")
        }
        return result
    }
}
