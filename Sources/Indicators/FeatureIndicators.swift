//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// The indicators that features are made of, prices in the quote currency; not numbers before
/// their history is there.
struct FeatureIndicators: BitwiseCopyable {
    var rsi: Double
    var macdHistogram: Double
    var percentB: Double
    var ema12: Double
    var ema26: Double
}

/// Where they are among the columns of a plan.
struct FeatureColumns: BitwiseCopyable {
    static let texts = ["ema(12)", "ema(26)", "rsi(14)", "macd(12,26,9)", "bollinger(20,2)"]

    private let rsi: Int
    private let macdHistogram: Int
    private let percentB: Int
    private let ema12: Int
    private let ema26: Int

    init(_ plan: IndicatorPlan) {
        func place(_ text: String, _ output: String = "") -> Int {
            guard let column = plan.column(text, output) else {
                preconditionFailure("every plan has \(text)")
            }
            return column
        }
        rsi = place("rsi(14)")
        macdHistogram = place("macd(12,26,9)", "histogram")
        percentB = place("bollinger(20,2)", "percent_b")
        ema12 = place("ema(12)")
        ema26 = place("ema(26)")
    }

    @_noAllocation @_noLocks
    func values(in timeframe: borrowing TimeframeState) -> FeatureIndicators {
        FeatureIndicators(
            rsi: timeframe.value(rsi), macdHistogram: timeframe.value(macdHistogram),
            percentB: timeframe.value(percentB), ema12: timeframe.value(ema12),
            ema26: timeframe.value(ema26))
    }
}
