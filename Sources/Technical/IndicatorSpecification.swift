//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Why a text names no indicator.
public struct IndicatorTextError: Error, Equatable, CustomStringConvertible {
    public let description: String

    public init(description: String) { self.description = description }
}

/// An indicator as a user writes it: `ema(21)`, `sma(20,source=volume)`, `macd(12,26,signal=9)`,
/// `rsi`. What is left out takes its standard value.
public struct IndicatorSpecification: Sendable {
    public let definition: IndicatorDefinition
    public let arguments: IndicatorArguments

    public init(_ text: String) throws(IndicatorTextError) {
        let blankless = text.filter { $0 != " " }
        let name = blankless.prefix { $0 != "(" }
        guard let definition = IndicatorCatalogue.find(name) else {
            throw IndicatorTextError(description: "no indicator \(name)")
        }
        var values = definition.parameters.map(\.standard)
        var source = PriceSource.close
        var rest = blankless.dropFirst(name.count)
        if !rest.isEmpty {
            guard rest.first == "(", rest.last == ")" else {
                throw IndicatorTextError(description: "\(text): parameters stand in ( )")
            }
            rest = rest.dropFirst().dropLast()
            for (place, part) in rest.split(separator: ",", omittingEmptySubsequences: false)
                .enumerated()
            {
                let pair = part.split(separator: "=", maxSplits: 1)
                if pair.count == 2, pair[0] == "source" {
                    guard definition.hasSource, let found = PriceSource(name: pair[1]) else {
                        throw IndicatorTextError(description: "\(text): no source \(pair[1])")
                    }
                    source = found
                    continue
                }
                let named = pair.count == 2
                    ? definition.parameters.firstIndex { $0.name == pair[0] } : place
                guard let index = named, definition.parameters.indices.contains(index) else {
                    throw IndicatorTextError(description: "\(text): no parameter \(part)")
                }
                values[index] = try Self.value(
                    pair.last ?? "", definition.parameters[index], text)
            }
        }
        self.definition = definition
        arguments = IndicatorArguments(values: values, source: source)
    }

    private static func value(
        _ part: Substring, _ parameter: IndicatorDefinition.Parameter, _ text: String
    ) throws(IndicatorTextError) -> Double {
        guard let value = Double(part), parameter.range.contains(value),
            !parameter.isWhole || value == value.rounded()
        else {
            let (low, high) = (parameter.range.lowerBound, parameter.range.upperBound)
            let range = parameter.isWhole ? "\(Int(low))...\(Int(high))" : "\(low)...\(high)"
            throw IndicatorTextError(
                description: "\(text): \(parameter.name) is \(part), not in \(range)")
        }
        return value
    }

    /// "2" of 2, "0.5" of 0.5.
    private static func text(
        _ value: Double, _ parameter: IndicatorDefinition.Parameter
    ) -> String {
        parameter.isWhole || value == value.rounded() ? "\(Int(value))" : "\(value)"
    }

    /// Complete, with every parameter: the same for the same indicator however it was written.
    public var canonicalText: String {
        var parts = zip(definition.parameters, arguments.values).map { parameter, value in
            Self.text(value, parameter)
        }
        if definition.hasSource, arguments.source != .close {
            parts.append("source=\(arguments.source.name)")
        }
        return parts.isEmpty
            ? definition.name : "\(definition.name)(\(parts.joined(separator: ",")))"
    }

    /// Of its numbers, in order: `ema_21`, `macd_12_26_9_signal`.
    public var columnNames: [String] {
        var stem = definition.name
        for (parameter, value) in zip(definition.parameters, arguments.values) {
            stem += "_" + Self.text(value, parameter)
        }
        if definition.hasSource, arguments.source != .close { stem += "_\(arguments.source.name)" }
        return definition.outputs.map { $0.isEmpty ? stem : "\(stem)_\($0)" }
    }
}
