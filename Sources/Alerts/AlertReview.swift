//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Options

/// What a plan means, in words, for `--check`.
public struct AlertReview {
    public let text: String
    /// A rule names something that the engine does not have: it would never fire.
    public let isLacking: Bool

    /// - Parameter now: The running engine; `nil`: none runs, and names are not compared.
    public init(_ plan: AlertPlan, in now: AlertInput?) {
        var lines: [String] = []
        var isLacking = false
        for rule in plan.rules {
            lines.append("\(rule.name) (\(rule.severity.rawValue)): \(Self.words(rule, plan))")
            guard let now else { continue }
            let names = MeterNames.of(rule, in: now)
            if !names.found.isEmpty || NamePattern.isPattern(rule.subject) {
                lines.append("  \(Self.presence(names.found, rule))")
            } else {
                isLacking = true
                let near = names.nearest.map { "; did you mean '\($0)'?" } ?? ""
                lines.append("  NOT THERE: '\(rule.subject)'\(near)")
            }
        }
        for action in plan.actions { lines.append("action \(action.name): \(Self.words(action))") }
        text = lines.joined(separator: "\n") + "\n"
        self.isLacking = isLacking
    }

    private static func presence(_ found: [String], _ rule: AlertRule) -> String {
        if rule.quantity.subject == .engine { return "there" }
        if found.isEmpty { return "nothing matches '\(rule.subject)' now" }
        return found.count <= 4
            ? "there: \(found.joined(separator: ", "))" : "there: \(found.count) of them"
    }

    private static func words(_ rule: AlertRule, _ plan: AlertPlan) -> String {
        let time = { (ns: UInt64) in Durations.text(ns: ns) }
        var text = "when \(rule.conditionWords)"
        if rule.samplesMin > 1 { text += " of at least \(rule.samplesMin) values" }
        if rule.forNs > 0 { text += " for \(time(rule.forNs))" }
        if case .number(let threshold, let clear) = rule.limit, clear != threshold {
            text += "; ends at \(rule.quantity.unit.text(clear))"
        }
        if rule.clearForNs > 0 { text += "; ends after \(time(rule.clearForNs)) without it" }
        if rule.absence == .hold { text += "; goes on without data" }
        let names = rule.actions.map { plan.actions[$0].name }
        text += names.isEmpty
            ? "; tells nobody" : "; tells \(names.joined(separator: ", "))"
        if !rule.tellsEnd { text += ", not its end" }
        if rule.repeatNs > 0 { text += ", again every \(time(rule.repeatNs))" }
        if rule.cooldownNs > 0 { text += ", begins at most every \(time(rule.cooldownNs))" }
        let others = rule.inhibitors.map { plan.rules[$0].name }
        if !others.isEmpty { text += "; quiet while \(others.joined(separator: " or ")) fires" }
        return text
    }

    private static func words(_ action: AlertPlan.Action) -> String {
        let time = { (ns: UInt64) in Durations.text(ns: ns) }
        let backlog = ", up to \(action.backlogMax) waiting"
        switch action.kind {
        case .log(nil, _, _): return "a line on standard error" + backlog
        case .log(let path?, let sizeMax, let keep):
            return "a line in \(path), put aside at \(sizeMax) bytes, \(keep) kept" + backlog
        case .webhook(_, _, let retries, let timeoutNs):
            return "JSON to an address that is not shown, \(time(timeoutNs)) for each of "
                + "\(retries + 1) attempts" + backlog
        case .command(let arguments, let concurrency, let timeoutNs):
            return "runs \(arguments.joined(separator: " ")), \(concurrency) at a time, ended "
                + "after \(time(timeoutNs))" + backlog
        }
    }
}

/// What a rule's `of` meets in an engine.
enum MeterNames {
    static func of(
        _ rule: AlertRule, in now: AlertInput
    ) -> (found: [String], nearest: String?) {
        let names = RuleMeter.names(rule, in: now)
        let found = names.filter { RuleMeter.matches(rule, $0) }
        let nearest = names.max { likeness($0, rule.subject) < likeness($1, rule.subject) }
        return (found, nearest.flatMap { likeness($0, rule.subject) >= 0.6 ? $0 : nil })
    }

    /// Share of the characters of both that stand in pairs of neighbours which both have (Dice).
    private static func likeness(_ left: String, _ right: String) -> Double {
        func pairs(_ text: String) -> Set<String> {
            let characters = Array(text)
            return Set(zip(characters, characters.dropFirst()).map { "\($0)\($1)" })
        }
        let (a, b) = (pairs(left), pairs(right))
        guard !a.isEmpty, !b.isEmpty else { return 0 }
        return 2 * Double(a.intersection(b).count) / Double(a.count + b.count)
    }
}
