//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

// Averages.

extension IndicatorCatalogue {
    static let averages: [IndicatorDefinition] = [
        IndicatorDefinition(
            "sma", [.bars(20, in: 1...10_000)], hasSource: true,
            unit: "source",
            summary: "mean of the last period values; O(1)",
            reference: "SMA"
        ) { layout, arguments in
            .simple(arguments.source, RollingMean(&layout, period: arguments.bars(0)))
        },
        IndicatorDefinition(
            "ema", [.bars(20, in: 1...10_000)], hasSource: true,
            unit: "source",
            summary: "weight 2/(period+1), seeded by the mean of the first period values; O(1)",
            reference: "EMA"
        ) { layout, arguments in
            .exponential(
                arguments.source, ExponentialMean(&layout, period: arguments.bars(0)))
        },
        IndicatorDefinition(
            "wilder", [.bars(14, in: 1...10_000)], hasSource: true,
            unit: "source",
            summary: "weight 1/period, seeded as ema; O(1)"
        ) { layout, arguments in
            .wilder(
                arguments.source, WilderMean(&layout, period: arguments.bars(0)))
        },
        IndicatorDefinition(
            "wma", [.bars(20, in: 1...10_000)], hasSource: true,
            unit: "source",
            summary: "weights 1 (oldest) to period (newest); O(1)",
            reference: "WMA"
        ) { layout, arguments in
            .weighted(arguments.source, WeightedMean(&layout, period: arguments.bars(0)))
        },
        IndicatorDefinition(
            "dema", [.bars(20)], hasSource: true,
            unit: "source",
            summary: "2 ema - ema(ema); O(1)",
            reference: "DEMA"
        ) { layout, arguments in
            .doubleExponential(
                arguments.source, DoubleExponentialMean(&layout, period: arguments.bars(0)))
        },
        IndicatorDefinition(
            "tema", [.bars(20)], hasSource: true,
            unit: "source",
            summary: "3 ema - 3 ema(ema) + ema(ema(ema)); O(1)",
            reference: "TEMA"
        ) { layout, arguments in
            .tripleExponential(
                arguments.source, TripleExponentialMean(&layout, period: arguments.bars(0)))
        },
        IndicatorDefinition(
            "hma", [.bars(16)], hasSource: true,
            unit: "source",
            summary: "wma(sqrt n) of 2 wma(n/2) - wma(n), whole periods; O(1)"
        ) { layout, arguments in
            .hull(arguments.source, HullMean(&layout, period: arguments.bars(0)))
        },
        IndicatorDefinition(
            "kama", [.bars(10)], hasSource: true,
            unit: "source",
            summary: "ema whose weight follows net change over path, from ema 2 to ema 30; O(1)",
            reference: "KAMA"
        ) { layout, arguments in
            .adaptive(arguments.source, AdaptiveMean(&layout, period: arguments.bars(0)))
        }
    ]
}
