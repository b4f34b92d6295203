//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

// Support and resistance.

extension IndicatorCatalogue {
    static let levels: [IndicatorDefinition] = [
        IndicatorDefinition(
            "pivots", [.bars(5, "left", in: 1...1_000), .bars(5, "right", in: 1...1_000)],
            outputs: ["high", "low", "high_age", "low_age"],
            unit: "price, bars",
            summary: "newest swing high and low, known right bars later; O(1) on average"
        ) { layout, arguments in
            .pivots(SwingPivots(&layout, left: arguments.bars(0), right: arguments.bars(1)))
        },
        IndicatorDefinition(
            "floor_pivots", [.bars(86_400, "session", in: 1...31_622_400)],
            outputs: ["p", "r1", "r2", "r3", "s1", "s2", "s3"],
            unit: "price",
            summary: "pivots of the session before, seconds since 1970 UTC; O(1)"
        ) { layout, arguments in
            .floorPivots(
                FloorPivots(&layout, sessionNs: UInt64(arguments.bars(0)) * 1_000_000_000))
        },
        IndicatorDefinition(
            "breakout", [.bars(20, in: 1...10_000), .bars(14, "range", in: 1...10_000)],
            unit: "atr",
            summary: "close beyond the channel of the period bars before; 0 inside; O(1) on average"
        ) { layout, arguments in
            .breakout(
                Breakout(&layout, period: arguments.bars(0), rangePeriod: arguments.bars(1)))
        },
        IndicatorDefinition(
            "divergence",
            [
                .bars(14), .bars(5, "left", in: 1...1_000), .bars(5, "right", in: 1...1_000),
                .bars(60, "max", in: 1...100_000),
            ],
            outputs: ["", "hidden"],
            unit: "-1...1",
            summary: "swings against their rsi: 1 bullish, -1 bearish, 0 none; O(1) on average"
        ) { layout, arguments in
            .divergence(
                Divergence(
                    &layout, period: arguments.bars(0), left: arguments.bars(1),
                    right: arguments.bars(2), barsMax: arguments.bars(3)))
        },
    ]
}
