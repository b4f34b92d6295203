//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Technical
import Testing

@Suite("Candlestick patterns against TA-Lib", .enabled(if: TALib.isThere, "no TA-Lib"))
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
        let found = try compare(bars, "figures, seed 21")
        #expect(names.count == 61 && found.count == 61)
        for (name, answers) in zip(names, found) {
            #expect(!answers.subtracting([0]).isEmpty, "seed 21: no \(name)")
        }
        // Who answers with both directions, does so here.
        for (name, answers) in zip(names, found)
        where ["breakaway", "abandoned_baby", "rise_fall_three_methods", "kicking"].contains(name) {
            #expect(answers.isSuperset(of: [100, -100]), "seed 21: \(name) \(answers)")
        }
    }

    @Test func `every pattern answers as TA-Lib on a walk`() throws {
        _ = try compare(TestBars.synthetic(Self.barCount, seed: 22), "synthetic, seed 22")
    }

    @Test func `every pattern answers as TA-Lib with other penetrations`() throws {
        let bars = FigureBars.bars(5_000, seed: 23)
        for (penetration, cover) in [(0.0, 0.0), (0.5, 0.25), (1.0, 1.0)] {
            _ = try compare(
                bars, "figures, seed 23", penetration: penetration, cover: cover)
        }
    }

    @Test(.enabled(if: RecordedBars.areHere, "the recorded captures are not here"))
    func `every pattern answers as TA-Lib on recorded bars`() throws {
        _ = try compare(try RecordedBars.seconds(), "recorded")
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

    /// - Returns: The answers of each pattern.
    private func compare(
        _ bars: [BarValues], _ what: String, penetration: Double = 0.3, cover: Double = 0.5
    ) throws -> [Set<Int16>] {
        // TA-Lib answers 0 where nothing has begun, and in whole numbers.
        let state = Series(try IndicatorProgram(["candles(\(penetration),\(cover))"]))
        var ours = names.map { _ in [Int16]() }
        for bar in bars where state.take(bar) {
            for place in names.indices {
                let value = state.value(place)
                ours[place].append(value.isNaN ? 0 : Int16(value))
            }
        }
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
                #expect(ours[place].count == column.count)
                let count = zip(ours[place], column).count { Double($0) != $1 }
                #expect(count == 0, "\(what): \(names[place]) differs on \(count) bars")
            }
        }
        return ours.map { Set($0) }
    }
}
