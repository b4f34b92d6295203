//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

// Trend.

extension IndicatorCatalogue {
    static let trends: [IndicatorDefinition] = [
        IndicatorDefinition(
            "adx", [.bars(14)],
            outputs: ["plus_di", "minus_di", ""],
            unit: "0...100",
            summary: "+DI, -DI and Wilder's mean of their relative gap; O(1)",
            reference: "ADX"
        ) { layout, arguments in
            .directional(DirectionalMovement(&layout, period: arguments.bars(0)))
        },
        IndicatorDefinition(
            "supertrend", [.bars(10, in: 1...10_000), .factor("width", 3, 0.01...100)],
            outputs: ["", "direction"],
            unit: "price",
            summary: "band of width atr that follows the trend; direction 1 or -1; O(1)"
        ) { layout, arguments in
            .supertrend(
                Supertrend(
                    &layout, period: arguments.bars(0), width: arguments.factor(1)))
        },
        IndicatorDefinition(
            "sar", [.factor("step", 0.02, 0.0001...1), .factor("max", 0.2, 0.0001...1)],
            unit: "price",
            summary: "Wilder's stop and reverse; O(1)",
            reference: "SAR"
        ) { layout, arguments in
            .stop(
                ParabolicStop(
                    &layout, step: arguments.factor(0), stepMax: arguments.factor(1)))
        },
        IndicatorDefinition(
            "ichimoku", [.bars(9, "conversion"), .bars(26, "base"), .bars(52, "long"),
             .bars(26, "shift")],
            outputs: ["conversion", "base", "span_a", "span_b", "lead_a", "lead_b", "lagging"],
            unit: "price",
            summary: "Hosoda's lines as known at this bar; O(1) on average"
        ) { layout, arguments in
            .ichimoku(
                IchimokuCloud(
                    &layout, conversion: arguments.bars(0), base: arguments.bars(1),
                    long: arguments.bars(2), shift: arguments.bars(3)))
        }
    ]
}
