//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Every indicator there is. A topic adds its own in an extension.
public enum IndicatorCatalogue {
    public static let all: [IndicatorDefinition] = averages + oscillators

    public static func find(_ name: some StringProtocol) -> IndicatorDefinition? {
        all.first { $0.name == name }
    }
}

extension IndicatorCatalogue {
    static let averages: [IndicatorDefinition] = [
        IndicatorDefinition(
            "sma", [.bars(20)], hasSource: true, unit: "source",
            summary: "mean of the last period values; O(1)", reference: "SMA"
        ) { .simpleAverage(SimpleAverage(&$0, source: $1.source, period: $1.bars(0))) },
        IndicatorDefinition(
            "ema", [.bars(20)], hasSource: true, unit: "source",
            summary: "weight 2/(period+1), seeded by the mean of the first period values; O(1)",
            reference: "EMA"
        ) { .exponentialAverage(ExponentialAverage(&$0, source: $1.source, period: $1.bars(0))) },
    ]

    static let oscillators: [IndicatorDefinition] = [
        IndicatorDefinition(
            "rsi", [.bars(14)], hasSource: true, unit: "0...100",
            summary: "100 * up / (up + down), both Wilder's means of changes; 0 without any; O(1)",
            reference: "RSI"
        ) { .relativeStrength(RelativeStrengthIndex(&$0, source: $1.source, period: $1.bars(0))) }
    ]
}
