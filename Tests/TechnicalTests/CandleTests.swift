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

@Suite("Candlestick patterns against TA-Lib", .enabled(if: Oracle.isThere, "no TA-Lib"))
struct CandleTests {
    /// Functions of TA-Lib in the order of the outputs, without `CDL`.
    private static let functions = [
        "2CROWS", "3BLACKCROWS", "3INSIDE", "3LINESTRIKE", "3OUTSIDE", "3STARSINSOUTH",
        "3WHITESOLDIERS", "ABANDONEDBABY", "ADVANCEBLOCK", "BELTHOLD", "BREAKAWAY",
        "CLOSINGMARUBOZU", "CONCEALBABYSWALL", "COUNTERATTACK", "DARKCLOUDCOVER", "DOJI",
        "DOJISTAR", "DRAGONFLYDOJI", "ENGULFING", "EVENINGDOJISTAR", "EVENINGSTAR",
        "GAPSIDESIDEWHITE", "GRAVESTONEDOJI", "HAMMER", "HANGINGMAN", "HARAMI", "HARAMICROSS",
        "HIGHWAVE", "HIKKAKE", "HIKKAKEMOD", "HOMINGPIGEON", "IDENTICAL3CROWS", "INNECK",
        "INVERTEDHAMMER", "KICKING", "KICKINGBYLENGTH", "LADDERBOTTOM", "LONGLEGGEDDOJI",
        "LONGLINE", "MARUBOZU", "MATCHINGLOW", "MATHOLD", "MORNINGDOJISTAR", "MORNINGSTAR",
        "ONNECK", "PIERCING", "RICKSHAWMAN", "RISEFALL3METHODS", "SEPARATINGLINES",
        "SHOOTINGSTAR", "SHORTLINE", "SPINNINGTOP", "STALLEDPATTERN", "STICKSANDWICH", "TAKURI",
        "TASUKIGAP", "THRUSTING", "TRISTAR", "UNIQUE3RIVER", "UPSIDEGAP2CROWS",
        "XSIDEGAP3METHODS",
    ]
    private static let starFunctions: Set = [
        "ABANDONEDBABY", "EVENINGDOJISTAR", "EVENINGSTAR", "MORNINGDOJISTAR", "MORNINGSTAR",
    ]
    private static let coverFunctions: Set = ["DARKCLOUDCOVER", "MATHOLD"]
    /// Columns of TA-Lib that are held at a time: `APUS_BARS` may be large.
    private static let columnsAtATime = 8
    private static let barCount =
        ProcessInfo.processInfo.environment["APUS_BARS"].flatMap { Int($0) } ?? 20_000

    private let names = IndicatorCatalogue.find("candles")?.outputs ?? []

    @Test func `every pattern answers as TA-Lib on bars of every figure, and each does`() throws {
        let bars = FigureBars.bars(Self.barCount, seed: 21)
        let answers = try answers(bars)
        try compare(answers, bars, "figures, seed 21")
        let found = answers.map { Set($0) }
        #expect(names.count == 61 && found.count == 61)
        for (name, values) in zip(names, found) {
            #expect(!values.subtracting([0]).isEmpty, "seed 21: no \(name)")
        }
        // Who answers with both directions, does so here.
        for (name, values) in zip(names, found)
        where ["breakaway", "abandoned_baby", "rise_fall_three_methods", "kicking"].contains(name) {
            #expect(values.isSuperset(of: [100, -100]), "seed 21: \(name) \(values)")
        }
    }

    @Test func `every pattern answers as TA-Lib on a walk`() throws {
        let bars = TestBars.synthetic(Self.barCount, seed: 22)
        try compare(try answers(bars), bars, "synthetic, seed 22")
    }

    /// Goal: roundings decide ties as they do there, and differ from those of whole numbers.
    @Test func `every pattern answers as TA-Lib on prices that doubles round`() throws {
        let whole = FigureBars.bars(Self.barCount, seed: 25)
        let bars = whole.map { bar in
            BarValues(
                openTimeNs: bar.openTimeNs, open: bar.open / 100, high: bar.high / 100,
                low: bar.low / 100, close: bar.close / 100, volume: bar.volume)
        }
        let answers = try answers(bars)
        #expect(answers != (try self.answers(whole)))
        try compare(answers, bars, "hundredths of figures, seed 25")
    }

    @Test func `every pattern answers as TA-Lib with other penetrations`() throws {
        let bars = FigureBars.bars(5_000, seed: 23)
        for (penetration, cover) in [(0.0, 0.0), (0.5, 0.25), (1.0, 1.0)] {
            try compare(
                try answers(bars, penetration: penetration, cover: cover), bars,
                "figures, seed 23", penetration: penetration, cover: cover)
        }
    }

    @Test(.enabled(if: RecordedBars.areHere, "the recorded captures are not here"))
    func `every pattern answers as TA-Lib on recorded bars`() throws {
        let bars = try RecordedBars.seconds()
        try compare(try answers(bars), bars, "recorded")
    }

    @Test func `every pattern begins where TA-Lib's look-back ends`() throws {
        let bars = FigureBars.bars(20, seed: 24)
        let state = Series(try IndicatorProgram(["candles"]))
        let theirs = try TALib.values(
            bars, calls: Self.functions.map { "LOOKBACK CDL\($0)" }, outputs: names.count)
        for (index, bar) in bars.enumerated() {
            #expect(state.take(bar))
            for (place, name) in names.enumerated() {
                let hasBegun = Double(index) >= theirs[place][index]
                #expect(state.value(place).isNaN != hasBegun, "\(name) bar \(index)")
            }
        }
    }

    /// Of each pattern, for every bar; 0 where none has begun, as in TA-Lib.
    private func answers(
        _ bars: [BarValues], penetration: Double = 0.3, cover: Double = 0.5
    ) throws -> [[Int16]] {
        let state = Series(try IndicatorProgram(["candles(\(penetration),\(cover))"]))
        var answers = names.map { _ in [Int16]() }
        for bar in bars where state.take(bar) {
            for place in names.indices {
                let value = state.value(place)
                answers[place].append(value.isNaN ? 0 : Int16(value))
            }
        }
        return answers
    }

    private func compare(
        _ answers: [[Int16]], _ bars: [BarValues], _ what: String, penetration: Double = 0.3,
        cover: Double = 0.5
    ) throws {
        for first in stride(from: 0, to: names.count, by: Self.columnsAtATime) {
            let places = first..<min(first + Self.columnsAtATime, names.count)
            let calls = Self.functions[places].map { name in
                let option = Self.starFunctions.contains(name)
                    ? " penetration=\(penetration)"
                    : Self.coverFunctions.contains(name) ? " penetration=\(cover)" : ""
                return "CDL\(name) open high low close\(option)"
            }
            let theirs = try TALib.values(bars, calls: calls, outputs: places.count)
            for (place, column) in zip(places, theirs) {
                #expect(answers[place].count == column.count)
                let count = zip(answers[place], column).count { Double($0) != $1 }
                #expect(count == 0, "\(what): \(names[place]) differs on \(count) bars")
            }
        }
    }
}
