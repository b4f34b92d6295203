//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Options
import Technical

enum IndicatorsCommand: Command {
    static let name = "indicators"
    static let summary = "Every indicator that features.indicators can list, or those named."

    private static let parser = OptionParser(
        command: "apus indicators",
        summary: """
            Every indicator that features.indicators can list, with its standard parameters, or the
            named ones with all their numbers, as in: apus indicators macd 'rsi(9)'.
            """,
        options: [],
        positional: Positional("INDICATOR", count: 0..., help: "As rsi or bollinger(20,2)."))

    static func run(_ arguments: [String]) throws -> Int32 {
        let options = parser.parseOrExit(arguments)
        if options.positional.isEmpty {
            let texts = try IndicatorCatalogue.all.map {
                try IndicatorSpecification($0.name).canonicalText
            }
            let width = texts.map(\.count).max() ?? 0
            for (text, one) in zip(texts, IndicatorCatalogue.all) {
                let gap = String(repeating: " ", count: width - text.count)
                let reference = one.reference.map { "; TA-Lib \($0)" } ?? ""
                print("\(text)\(gap)  \(one.summary)\(reference)")
            }
            return ExitStatus.ok
        }
        for (place, text) in options.positional.enumerated() {
            if place > 0 { print("") }
            print(describe(try IndicatorSpecification(text)), terminator: "")
        }
        return ExitStatus.ok
    }

    private static func describe(_ one: IndicatorSpecification) -> String {
        let definition = one.definition
        var text = "\(one.canonicalText): \(definition.summary)\n"
        for (parameter, value) in zip(definition.parameters, one.arguments.values) {
            let (low, high) = (parameter.range.lowerBound, parameter.range.upperBound)
            text += parameter.isWhole
                ? "  \(parameter.name) = \(Int(value)) of \(Int(low))...\(Int(high))\n"
                : "  \(parameter.name) = \(value) of \(low)...\(high)\n"
        }
        if definition.hasSource {
            let sources = PriceSource.allCases.map(\.name).joined(separator: ", ")
            text += "  source = \(one.arguments.source.name) of \(sources)\n"
        }
        text += "  unit: \(definition.unit)\n"
        if let reference = definition.reference { text += "  agrees with TA-Lib's \(reference)\n" }
        return text + "  columns: \(one.columnNames.joined(separator: ", "))\n"
    }
}
