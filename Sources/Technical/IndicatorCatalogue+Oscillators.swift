//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

// Oscillators.

extension IndicatorCatalogue {
    static let oscillators: [IndicatorDefinition] = [
        IndicatorDefinition(
            "rsi", [.bars(14)], hasSource: true,
            unit: "0...100",
            summary: "100 up/(up+down), Wilder's means of changes; 0 without any; O(1)",
            reference: "RSI"
        ) { layout, arguments in
            .strength(arguments.source, RelativeStrength(&layout, period: arguments.bars(0)))
        },
        IndicatorDefinition(
            "stoch", [.bars(5, "range", in: 1...10_000), .bars(3, "slow", in: 1...1_000),
             .bars(3, "signal", in: 1...1_000)],
            outputs: ["k", "d"],
            unit: "0...100",
            summary: "averaged place of the close in the range: k, and its mean d; O(1) on average",
            reference: "STOCH"
        ) { layout, arguments in
            .stochastic(
                Stochastic(
                    &layout, period: arguments.bars(0), slow: arguments.bars(1),
                    signal: arguments.bars(2)))
        },
        IndicatorDefinition(
            "stochrsi", [.bars(14), .bars(5, "range", in: 1...10_000),
             .bars(3, "signal", in: 1...1_000), .bars(1, "smooth", in: 1...1_000)],
            hasSource: true,
            outputs: ["k", "d"],
            unit: "0...100",
            summary: "place of the rsi in its last range: k, and its mean d; O(1) on average",
            reference: "STOCHRSI"
        ) { layout, arguments in
            .stochasticStrength(
                arguments.source,
                StochasticStrength(
                    &layout, period: arguments.bars(0), range: arguments.bars(1),
                    signal: arguments.bars(2), smooth: arguments.bars(3)))
        },
        IndicatorDefinition(
            "macd", [.bars(12, "fast"), .bars(26, "slow"), .bars(9, "signal", in: 1...1_000)],
            hasSource: true,
            outputs: ["line", "signal", "histogram"],
            unit: "source",
            summary: "ema fast - ema slow, its ema, their difference; begin together; O(1)",
            reference: "MACD"
        ) { layout, arguments in
            .convergence(
                arguments.source,
                ConvergenceDivergence(
                    &layout, fast: arguments.bars(0), slow: arguments.bars(1),
                    signal: arguments.bars(2)))
        },
        IndicatorDefinition(
            "cci", [.bars(14)],
            unit: "1",
            summary: "(typical - mean) / (0.015 mean distance); 0 without distance; O(period)",
            reference: "CCI"
        ) { layout, arguments in
            .channelIndex(ChannelIndex(&layout, period: arguments.bars(0)))
        },
        IndicatorDefinition(
            "roc", [.bars(10, in: 1...10_000)], hasSource: true,
            unit: "per cent",
            summary: "change from period bars ago; 0 from 0; O(1)",
            reference: "ROC"
        ) { layout, arguments in
            .rate(arguments.source, Change(&layout, period: arguments.bars(0)))
        },
        IndicatorDefinition(
            "momentum", [.bars(10, in: 1...10_000)], hasSource: true,
            unit: "source",
            summary: "difference from period bars ago; O(1)",
            reference: "MOM"
        ) { layout, arguments in
            .difference(arguments.source, Change(&layout, period: arguments.bars(0)))
        },
        IndicatorDefinition(
            "williams_r", [.bars(14)],
            unit: "-100...0",
            summary: "distance of the close from the range's top; 0 without range; O(1) on average",
            reference: "WILLR"
        ) { layout, arguments in
            .williams(RangePlace(&layout, period: arguments.bars(0)))
        },
        IndicatorDefinition(
            "trix", [.bars(30, in: 1...10_000)], hasSource: true,
            unit: "per cent",
            summary: "rate of change of the threefold ema; O(1)",
            reference: "TRIX"
        ) { layout, arguments in
            .tripleRate(arguments.source, TripleRate(&layout, period: arguments.bars(0)))
        },
        IndicatorDefinition(
            "aroon", [.bars(14)],
            outputs: ["up", "down", "oscillator"],
            unit: "0...100",
            summary: "ages of highest high and lowest low; up, down, difference; O(1) on average",
            reference: "AROON"
        ) { layout, arguments in
            .aroon(Aroon(&layout, period: arguments.bars(0)))
        }
    ]
}
