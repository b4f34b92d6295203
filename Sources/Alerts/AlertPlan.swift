//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Configuration
import Platform

/// A file of rules, read and checked.
public struct AlertPlan: Sendable {
    struct Action: Sendable {
        enum Kind: Sendable {
            case log(path: String?, sizeMax: Int, keep: Int)
            case webhook(url: Secret, caFile: String?, retries: Int, timeoutNs: UInt64)
            case command(arguments: [String], concurrency: Int, timeoutNs: UInt64)
        }
        let name: String
        let backlogMax: Int
        let kind: Kind
    }

    let rules: [AlertRule]
    let actions: [Action]

    /// An address of a webhook is in this process's memory.
    public var holdsSecrets: Bool {
        actions.contains { if case .webhook = $0.kind { true } else { false } }
    }

    private static let fileBytesMax = 1 << 20

    /// - Parameter environment: Where `url_env` is looked up.
    /// - Throws: One line that names file, line and key.
    public init(
        path: String, environment: [String: String]
    ) throws(ConfigurationError) {
        guard let bytes = TextFile.bytes(path) else {
            throw ConfigurationError("\(path): cannot be read")
        }
        guard bytes.count <= Self.fileBytesMax else {
            throw ConfigurationError("\(path): larger than \(Self.fileBytesMax) bytes")
        }
        try self.init(
            yaml: String(decoding: bytes, as: UTF8.self), source: path, environment: environment)
    }

    init(
        yaml: String, source: String, environment: [String: String]
    ) throws(ConfigurationError) {
        var settings = Settings(schema: AlertKeys.all)
        try settings.read(yaml: yaml, source: source)
        let actionItems = settings.items("actions")
        let ruleItems = settings.items("rules")
        let rulesOrigin = settings.origin("rules")
        guard !ruleItems.isEmpty else { throw ConfigurationError("\(source): there are no rules") }
        guard ruleItems.count <= AlertKeys.rulesMax else {
            throw ConfigurationError("\(rulesOrigin): over \(AlertKeys.rulesMax) rules")
        }
        guard actionItems.count <= AlertKeys.actionsMax else {
            let origin = settings.origin("actions")
            throw ConfigurationError("\(origin): over \(AlertKeys.actionsMax) actions")
        }
        var actions: [Action] = []
        for (index, item) in actionItems.enumerated() {
            let place = "\(settings.origin("actions")): action \(index + 1)"
            let action = try ActionReader(item, place, environment).action()
            if actions.contains(where: { $0.name == action.name }) {
                throw ConfigurationError(
                    "\(item.origin("name")): name: '\(action.name)' stands twice")
            }
            actions.append(action)
        }
        var rules: [AlertRule] = []
        for (index, item) in ruleItems.enumerated() {
            let rule = try RuleReader(item, "\(rulesOrigin): rule \(index + 1)")
                .rule(actions: actions.map(\.name))
            if rules.contains(where: { $0.name == rule.name }) {
                throw ConfigurationError(
                    "\(item.origin("name")): name: '\(rule.name)' stands twice")
            }
            rules.append(rule)
        }
        try Self.link(&rules, ruleItems)
        self.rules = rules
        self.actions = actions
    }

    /// Turns names of inhibiting rules into indices.
    private static func link(
        _ rules: inout [AlertRule], _ items: [Settings]
    ) throws(ConfigurationError) {
        let names = rules.map(\.name)
        for index in rules.indices {
            for name in items[index].list("inhibited_by") {
                guard let other = names.firstIndex(of: name) else {
                    throw ConfigurationError(
                        "\(items[index].origin("inhibited_by")): inhibited_by: no rule '\(name)'")
                }
                rules[index].inhibitors.append(other)
            }
        }
        for index in rules.indices where isReached(index, rules) {
            throw ConfigurationError(
                "\(items[index].origin("inhibited_by")): inhibited_by: "
                    + "'\(names[index])' would keep itself quiet")
        }
    }

    /// Whether a rule keeps itself quiet, through others or not.
    private static func isReached(_ start: Int, _ rules: [AlertRule]) -> Bool {
        var open = rules[start].inhibitors
        var seen: Set<Int> = []
        while let next = open.popLast() {
            if next == start { return true }
            if seen.insert(next).inserted { open += rules[next].inhibitors }
        }
        return false
    }
}
