//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

// Candlestick patterns.

extension IndicatorCatalogue {
    static let patterns: [IndicatorDefinition] = [
        IndicatorDefinition(
            "candles", [.factor("penetration", 0.3, 0...10), .factor("cover", 0.5, 0...10)],
            outputs: CandlePattern.allCases.map(\.outputName),
            unit: "-200...200",
            summary: "61 patterns, 100 bullish, -100 bearish; penetration by stars, covers; O(1)",
            reference: "CDL*"
        ) { layout, arguments in
            .candles(
                Candles(
                    &layout, penetration: arguments.factor(0), cover: arguments.factor(1)))
        }
    ]
}
