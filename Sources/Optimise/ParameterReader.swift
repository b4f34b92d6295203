//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Configuration
import Options

/// Reads the section `parameters` of a space file.
struct ParameterReader {
    let source: String
    let schema: [Key]

    static let parametersMax = 100

    private static let keys: [Key] = [
        Key("from", .text, nil, "the least value"),
        Key("to", .text, nil, "the greatest"),
        Key("step", .text, nil, "distance of the values, from `from` on"),
        Key("points", .integer(2...Parameter.levelsMax), nil, "so many values, ends included"),
        Key("log", .boolean, "false", "evenly in the logarithm"),
        Key("integer", .boolean, "false", "whole numbers alone"),
        Key("choices", .texts, "", "these and nothing between them"),
    ]

    func read(_ node: YAMLNode) throws(ConfigurationError) -> [Parameter] {
        guard case .mapping(let entries, _) = node, !entries.isEmpty else {
            throw ConfigurationError(
                "\(source): line \(node.line): parameters must be a mapping of keys")
        }
        guard entries.count <= Self.parametersMax else {
            throw ConfigurationError("\(source): more than \(Self.parametersMax) parameters")
        }
        var result: [Parameter] = []
        for entry in entries { result.append(try read(entry.key, entry.line, entry.value)) }
        return result
    }

    private func read(
        _ key: String, _ line: Int, _ node: YAMLNode
    ) throws(ConfigurationError) -> Parameter {
        let origin = "\(source): line \(line)"
        let type = schema.first { $0.path == key }?.type
        var settings = Settings(schema: Self.keys)
        guard case .mapping = node else {
            throw ConfigurationError(
                "\(origin): \(key) must be a mapping with from and to, or choices")
        }
        try settings.read(node: node, source: source)
        let form = Form(origin: origin, key: key, type: type, settings: settings)
        let parameter = try form.parameter()
        var probe = Settings(schema: schema)
        for text in form.probes(parameter) { try probe.set(key, text, origin: origin) }
        return parameter
    }
}

/// One parameter's entry.
private struct Form {
    let origin: String
    let key: String
    let type: KeyType?
    let settings: Settings

    private func refusal(_ reason: String) -> ConfigurationError {
        ConfigurationError("\(origin): \(key): \(reason)")
    }

    private var isWhole: Bool {
        if case .integer = type { return true }
        return settings.boolean("integer")
    }

    private var unit: Parameter.Unit {
        if case .duration = type { return .duration }
        return .plain
    }

    private func has(_ name: String) -> Bool { settings.origin(name) != "default" }

    /// Values that the configuration must accept: the ends, or all that can be chosen.
    func probes(_ parameter: Parameter) -> [String] {
        if case .levels(let texts, isOrdered: false) = parameter.domain { return texts }
        return [parameter.text(at: 0), parameter.text(at: 1)]
    }

    func parameter() throws(ConfigurationError) -> Parameter {
        let choices = settings.list("choices")
        if has("choices") {
            for name in ["from", "to", "step", "points", "log", "integer"] where has(name) {
                throw refusal("choices go without \(name)")
            }
            guard !choices.isEmpty else { throw refusal("choices are empty") }
            for (index, choice) in choices.enumerated() where choices[..<index].contains(choice) {
                throw refusal("choice '\(choice)' stands twice")
            }
            return Parameter(key: key, domain: .levels(choices, isOrdered: false), unit: unit)
        }
        let from = try number("from")
        let to = try number("to")
        guard from < to else { throw refusal("from is less than to") }
        let isLog = settings.boolean("log")
        if isLog, from <= 0 { throw refusal("log needs from above 0") }
        if isWhole, from != from.rounded() || to != to.rounded() {
            throw refusal("from and to are whole numbers")
        }
        let domain: Parameter.Domain
        if let levels = try levels(from, to, isLog) {
            domain = .levels(levels, isOrdered: true)
        } else {
            domain = .continuous(from: from, to: to, isLog: isLog, isWhole: isWhole)
        }
        return Parameter(key: key, domain: domain, unit: unit)
    }

    /// The values that are named one by one; `nil`: all between the ends.
    private func levels(
        _ from: Double, _ to: Double, _ isLog: Bool
    ) throws(ConfigurationError) -> [String]? {
        if has("step") {
            if isLog { throw refusal("step goes without log; points go with it") }
            if has("points") { throw refusal("step goes without points") }
            let step = try number("step")
            guard step > 0 else { throw refusal("step is above 0") }
            if isWhole, step != step.rounded() { throw refusal("step is a whole number") }
            return try texts(from, to, step: step)
        }
        if has("points") {
            let count = settings.integer("points")
            let texts = (0..<count).map { index -> String in
                let value = Parameter.between(
                    from, to, Double(index) / Double(count - 1), isLog: isLog)
                return Parameter.write(isWhole ? value.rounded() : value, unit)
            }
            // Whole numbers that lie too near to each other to be told apart.
            return texts.enumerated().filter { $0 == 0 || texts[$0 - 1] != $1 }.map(\.element)
        }
        let isShort = to - from < Double(Parameter.levelsMax)
        return isWhole && !isLog && isShort ? try texts(from, to, step: 1) : nil
    }

    private func texts(
        _ from: Double, _ to: Double, step: Double
    ) throws(ConfigurationError) -> [String] {
        // A last step that rounding lets miss the end by a hair counts.
        let steps = ((to - from) / step + 1e-9).rounded(.down)
        guard steps < Double(Parameter.levelsMax) else {
            throw refusal("more than \(Parameter.levelsMax) steps")
        }
        guard steps >= 1 else { throw refusal("step is no larger than the range") }
        return (0...Int(steps)).map { Parameter.write(from + Double($0) * step, unit) }
    }

    private func number(_ name: String) throws(ConfigurationError) -> Double {
        guard let text = settings.optionalText(name) else {
            throw refusal("\(name) is missing; a parameter has from and to, or choices")
        }
        switch unit {
        case .duration:
            guard let ns = Durations.nanoseconds(text) else {
                throw refusal("\(name) must be a duration like 500ms")
            }
            return Double(ns)
        case .plain:
            // 2^53: beyond it neighbouring whole numbers are one number.
            guard let value = Double(text), abs(value) <= 0x1p53 else {
                throw refusal("\(name) must be a number")
            }
            return value
        }
    }
}
