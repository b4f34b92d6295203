//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
public import Technical

/// The indicators of a kernel, the same in every time frame: the columns of its records, and behind
/// them those that only features read.
public struct IndicatorPlan: Sendable {
    /// What is computed where nobody chose.
    public static let standardTexts = [
        "ema(9)", "ema(12)", "ema(21)", "ema(26)", "ema(50)", "sma(20)", "rsi(14)",
        "macd(12,26,9)", "bollinger(20,2)", "atr(14)", "roc(10)", "momentum(10)",
        "sma(20,source=volume)", "obv",
    ]
    public static let standard = try! IndicatorPlan(standardTexts)

    public let program: IndicatorProgram
    /// Of the numbers in a record, in order: the first ones of the program.
    public let columnNames: [String]

    /// - Parameters:
    ///   - texts: What the records hold, as `rsi(14)`.
    ///   - hidden: What features need besides the standard ones, which are always there.
    /// - Throws: For a text that names no indicator, for one that is there twice, and for more
    ///   numbers than a record holds.
    public init(_ texts: [String], hidden: [String] = []) throws(IndicatorTextError) {
        var specifications: [IndicatorSpecification] = []
        var known: Set<String> = []
        for text in texts {
            let one = try IndicatorSpecification(text)
            guard known.insert(one.canonicalText).inserted else {
                throw IndicatorTextError(description: "\(one.canonicalText) is listed twice")
            }
            specifications.append(one)
        }
        columnNames = specifications.flatMap(\.columnNames)
        let countMax = Int(APUS_INDICATOR_COUNT_MAX)
        guard columnNames.count <= countMax else {
            throw IndicatorTextError(
                description: "\(columnNames.count) columns, a record holds \(countMax)")
        }
        for text in StandardFeatures.indicatorTexts + hidden {
            let one = try IndicatorSpecification(text)
            if known.insert(one.canonicalText).inserted { specifications.append(one) }
        }
        program = IndicatorProgram(specifications)
    }

    /// The place of a number, hidden or not: of `macd(12,26,9)` output `histogram`, of `rsi(14)`
    /// the only one; `nil` when it is not computed.
    public func column(_ text: String, _ output: String = "") -> Int? {
        guard let wanted = try? IndicatorSpecification(text) else { return nil }
        var first = 0
        for one in program.specifications {
            let outputs = one.definition.outputs
            if one.canonicalText == wanted.canonicalText {
                return outputs.firstIndex(of: output).map { first + $0 }
            }
            first += outputs.count
        }
        return nil
    }
}
