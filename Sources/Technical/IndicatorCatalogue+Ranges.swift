//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

// Volatility and channels.

extension IndicatorCatalogue {
    static let ranges: [IndicatorDefinition] = [
        IndicatorDefinition(
            "atr", [.bars(14, in: 1...10_000)],
            unit: "price",
            summary: "Wilder's mean of the true range; O(1)",
            reference: "ATR"
        ) { layout, arguments in
            .trueRangeMean(TrueRangeMean(&layout, period: arguments.bars(0)))
        },
        IndicatorDefinition(
            "natr", [.bars(14, in: 1...10_000)],
            unit: "per cent",
            summary: "atr of the close; O(1)",
            reference: "NATR"
        ) { layout, arguments in
            .relativeTrueRange(TrueRangeMean(&layout, period: arguments.bars(0)))
        },
        IndicatorDefinition(
            "bollinger", [.bars(20), .factor("width", 2, 0.01...100)], hasSource: true,
            outputs: ["upper", "middle", "lower", "percent_b", "bandwidth"],
            unit: "source",
            summary: "mean and width population deviations; place between; width over mean; O(1)",
            reference: "BBANDS"
        ) { layout, arguments in
            .bollinger(
                arguments.source,
                BollingerBands(
                    &layout, period: arguments.bars(0), width: arguments.factor(1)))
        },
        IndicatorDefinition(
            "keltner", [.bars(20), .bars(10, "range"), .factor("width", 2, 0.01...100)],
            outputs: ["upper", "middle", "lower"],
            unit: "price",
            summary: "ema of the close and width atr; O(1)"
        ) { layout, arguments in
            .keltner(
                KeltnerChannel(
                    &layout, period: arguments.bars(0), rangePeriod: arguments.bars(1),
                    width: arguments.factor(2)))
        },
        IndicatorDefinition(
            "donchian", [.bars(20, in: 1...10_000)],
            outputs: ["upper", "middle", "lower"],
            unit: "price",
            summary: "highest high, middle, lowest low, this bar included; O(1) on average"
        ) { layout, arguments in
            .donchian(DonchianChannel(&layout, period: arguments.bars(0)))
        },
        IndicatorDefinition(
            "stddev", [.bars(20)], hasSource: true,
            unit: "source",
            summary: "population standard deviation; O(1)",
            reference: "STDDEV"
        ) { layout, arguments in
            .deviation(arguments.source, RollingMoments(&layout, period: arguments.bars(0)))
        },
        IndicatorDefinition(
            "zscore", [.bars(20)], hasSource: true,
            unit: "1",
            summary: "distance from the mean in deviations; 0 without any; O(1)"
        ) { layout, arguments in
            .score(arguments.source, RollingMoments(&layout, period: arguments.bars(0)))
        },
        IndicatorDefinition(
            "slope", [.bars(14)], hasSource: true,
            unit: "source a bar",
            summary: "of the line of least squares; O(1)",
            reference: "LINEARREG_SLOPE"
        ) { layout, arguments in
            .slope(arguments.source, RegressionSlope(&layout, period: arguments.bars(0)))
        },
        IndicatorDefinition(
            "hurst", [.bars(100, in: 20...10_000)],
            unit: "1",
            summary: "generalised exponent of order 2, steps of 1 to 16 bars; O(1)"
        ) { layout, arguments in
            .hurst(HurstExponent(&layout, period: arguments.bars(0)))
        },
        IndicatorDefinition(
            "realised", [.bars(20)],
            unit: "1",
            summary: "root of the sum of squared log returns; O(1)"
        ) { layout, arguments in
            .realised(RealisedVolatility(&layout, period: arguments.bars(0)))
        },
        IndicatorDefinition(
            "garman_klass", [.bars(20)],
            unit: "1 a bar",
            summary: "root of the mean of Garman and Klass' terms; O(1)"
        ) { layout, arguments in
            .garmanKlass(GarmanKlassVolatility(&layout, period: arguments.bars(0)))
        }
    ]
}
