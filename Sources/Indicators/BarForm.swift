//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Technical

/// How a number of an indicator enters a feature vector: without a currency, and centred.
public struct BarForm: Equatable, Sendable {
    public enum Form: Equatable, Sendable {
        /// A price: (mid - value) / mid, basis points.
        case level
        /// A difference of prices: value / mid, basis points.
        case difference
        /// (value - centre) / width.
        case centred(centre: Double, width: Double)
    }

    public let form: Form
    /// Whether it changes sign in a mirrored market.
    public let isDirectional: Bool

    /// `nil` for what has no bounds and no price to compare with: volumes, and means of volumes.
    public init?(_ column: BarColumn) {
        let definition = column.indicator.definition
        if definition.hasSource, column.indicator.arguments.source == .volume { return nil }
        let name = definition.name
        let output = definition.outputs[column.output]
        switch (name, output) {
        case ("bollinger", "percent_b"): self.init(.centred(centre: 0.5, width: 1), true)
        case ("bollinger", "bandwidth"), ("hurst", _), ("realised", _), ("garman_klass", _),
            ("natr", _):
            self.init(.centred(centre: 0, width: 1), false)
        case ("zscore", _), ("cci", _), ("roc", _), ("trix", _), ("supertrend", "direction"):
            self.init(.centred(centre: 0, width: 1), true)
        case ("rsi", _), ("stoch", _), ("stochrsi", _), ("mfi", _):
            self.init(.centred(centre: 50, width: 50), true)
        case ("aroon", "oscillator"): self.init(.centred(centre: 0, width: 100), true)
        case ("williams_r", _): self.init(.centred(centre: -50, width: 50), true)
        case ("adx", _), ("aroon", _): self.init(.centred(centre: 50, width: 50), false)
        case ("macd", _), ("momentum", _), ("slope", _): self.init(.difference, true)
        case ("atr", _), ("stddev", _): self.init(.difference, false)
        case ("candles", let pattern):
            self.init(.centred(centre: 0, width: 100), Self.twoSided.contains(pattern))
        case ("breakout", _), ("divergence", _): self.init(.centred(centre: 0, width: 1), true)
        case ("pivots", "high_age"), ("pivots", "low_age"):
            self.init(.centred(centre: 0, width: 100), false)
        case ("obv", _): return nil
        default: self.init(.level, true)
        }
    }

    /// Candlestick patterns whose mirror image is the same pattern with the other sign.
    private static let twoSided: Set<String> = [
        "abandoned_baby", "belt_hold", "breakaway", "closing_marubozu", "counterattack",
        "engulfing", "harami", "harami_cross", "high_wave", "hikkake",
        "hikkake_modified", "kicking", "kicking_by_length", "long_line", "marubozu",
        "rise_fall_three_methods", "separating_lines", "short_line", "side_gap_three_methods",
        "spinning_top", "tasuki_gap", "three_inside", "three_line_strike", "three_outside",
        "tristar",
    ]

    private init(_ form: Form, _ isDirectional: Bool) {
        self.form = form
        self.isDirectional = isDirectional
    }
}

extension KernelConfiguration {
    /// Where the kernel keeps a number of bars; `nil`: it does not compute it.
    func barPlace(_ column: BarColumn) -> (frame: Int, column: Int)? {
        guard let frame = timeframesNs.firstIndex(of: column.timeframeNs),
            let place = indicators.column(
                column.indicator.canonicalText,
                column.indicator.definition.outputs[column.output])
        else { return nil }
        return (frame, place)
    }
}
