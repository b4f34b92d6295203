//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Technical
import TestSupport
import Testing

/// What an indicator is compared with: the columns of the program that a call of TA-Lib makes.
struct Comparison: Sendable, CustomStringConvertible {
    let indicator: String
    let call: String
    let columns: [Int]
    /// Numbers below it are compared absolutely, to 1e-9 of it.
    let scale: Double
    var description: String { "\(indicator) = \(call)" }

    init(_ indicator: String, _ call: String, _ columns: [Int] = [0], scale: Double = 1) {
        self.scale = scale
        self.indicator = indicator
        self.call = call
        self.columns = columns
    }

    static let all = [
        Comparison("sma(20)", "SMA close timeperiod=20"),
        Comparison("sma(20,source=volume)", "SMA volume timeperiod=20"),
        Comparison("ema(1)", "EMA close timeperiod=1"),
        Comparison("ema(9)", "EMA close timeperiod=9"),
        Comparison("ema(200)", "EMA close timeperiod=200"),
        Comparison("wma(20)", "WMA close timeperiod=20"),
        Comparison("dema(20)", "DEMA close timeperiod=20"),
        Comparison("tema(20)", "TEMA close timeperiod=20"),
        Comparison("kama(10)", "KAMA close timeperiod=10"),
        Comparison("kama(30)", "KAMA close timeperiod=30"),
        Comparison("rsi(14)", "RSI close timeperiod=14"),
        Comparison("rsi(2)", "RSI close timeperiod=2"),
        Comparison(
            "stoch(5,3,3)", "STOCH high low close fastk_period=5 slowk_period=3 slowd_period=3",
            [0, 1]),
        Comparison("stoch(14,1,3)", "STOCHF high low close fastk_period=14 fastd_period=3", [0, 1]),
        Comparison(
            "stochrsi(14,5,3)", "STOCHRSI close timeperiod=14 fastk_period=5 fastd_period=3",
            [0, 1]),
        Comparison(
            "macd(12,26,9)", "MACD close fastperiod=12 slowperiod=26 signalperiod=9", [0, 1, 2]),
        // Distances over 0.015: what TA-Lib rounds in them counts 67 times.
        Comparison("cci(14)", "CCI high low close timeperiod=14", scale: 1 / 0.015),
        Comparison("roc(10)", "ROC close timeperiod=10"),
        Comparison("momentum(10)", "MOM close timeperiod=10"),
        Comparison("williams_r(14)", "WILLR high low close timeperiod=14"),
        Comparison("trix(30)", "TRIX close timeperiod=30"),
        Comparison("aroon(14)", "AROON high low timeperiod=14", [1, 0]),
        Comparison("aroon(14)", "AROONOSC high low timeperiod=14", [2]),
        Comparison("obv", "OBV close volume"),
        Comparison("mfi(14)", "MFI high low close volume timeperiod=14"),
        Comparison("atr(14)", "ATR high low close timeperiod=14"),
        Comparison("natr(14)", "NATR high low close timeperiod=14"),
        Comparison(
            "bollinger(20,2)", "BBANDS close timeperiod=20 nbdevup=2 nbdevdn=2", [0, 1, 2]),
        Comparison("stddev(20)", "STDDEV close timeperiod=20 nbdev=1"),
        Comparison("slope(14)", "LINEARREG_SLOPE close timeperiod=14"),
        Comparison("adx(14)", "PLUS_DI high low close timeperiod=14", [0]),
        Comparison("adx(14)", "MINUS_DI high low close timeperiod=14", [1]),
        Comparison("adx(14)", "ADX high low close timeperiod=14", [2]),
        Comparison("sar(0.02,0.2)", "SAR high low acceleration=0.02 maximum=0.2"),
    ]
}

@Suite("Indicators against TA-Lib", .enabled(if: Oracle.isThere, "TA-Lib cannot be installed"))
struct TALibTests {
    /// `APUS_BARS` says how many synthetic bars; CI takes few.
    private static let barCount =
        ProcessInfo.processInfo.environment["APUS_BARS"].flatMap { Int($0) } ?? 5_000

    @Test func `every indicator that TA-Lib has is compared`() {
        let compared = Set(Comparison.all.map { $0.indicator.prefix { $0 != "(" } })
            .union(["candles"])
        let missing = IndicatorCatalogue.all.filter {
            $0.reference != nil && !compared.contains(Substring($0.name))
        }
        #expect(missing.map(\.name) == [])
    }

    @Test func `values and warm-up are TA-Lib's on synthetic bars`() throws {
        try compare(TestBars.synthetic(Self.barCount, seed: 4), "synthetic, seed 4")
    }

    @Test(.enabled(if: RecordedBars.areHere, "the recorded captures are not here"))
    func `values and warm-up are TA-Lib's on recorded bars`() throws {
        let bars = try RecordedBars.seconds()
        #expect(bars.count > 300)
        try compare(bars, "recorded")
    }

    private func compare(_ bars: [BarValues], _ what: String) throws {
        let outputs = Comparison.all.reduce(0) { $0 + $1.columns.count }
        let theirs = try TALib.values(bars, calls: Comparison.all.map(\.call), outputs: outputs)
        let still = try Self.still(bars)
        var column = 0
        for one in Comparison.all {
            let ours = try IndicatorProgram([one.indicator]).batch(bars)
            for place in one.columns {
                let (worst, at) = Self.difference(
                    ours.map { $0[place] }, theirs[column], scale: one.scale,
                    passing: one.indicator.hasPrefix("stochrsi") ? still : [])
                #expect(worst <= 1e-9, "\(what): \(one) column \(place) bar \(at)")
                column += 1
            }
        }
    }

    /// Bars whose RSI has stood still for 5 bars, and the two behind them, whose means they are in.
    /// TA-Lib divides two roundings there.
    private static func still(_ bars: [BarValues]) throws -> Set<Int> {
        let values = try IndicatorProgram(["rsi(14)"]).batch(bars).map { $0[0] }
        var found: Set<Int> = []
        for index in values.indices.dropFirst(4) {
            let last = values[(index - 4)...index]
            if last.max()! - last.min()! <= 1e-9 { found.formUnion(index...(index + 2)) }
        }
        return found
    }

    /// The greatest relative difference; infinite where one of them has begun and the other not.
    private static func difference(
        _ ours: [Double], _ theirs: [Double], scale: Double, passing: Set<Int>
    ) -> (Double, Int) {
        var worst = (0.0, 0)
        for index in ours.indices where !passing.contains(index) {
            let (a, b) = (ours[index], theirs[index])
            if a.isNaN && b.isNaN { continue }
            let error = a.isNaN || b.isNaN
                ? Double.infinity : abs(a - b) / max(abs(a), abs(b), scale)
            if error > worst.0 { worst = (error, index) }
        }
        return worst
    }
}
