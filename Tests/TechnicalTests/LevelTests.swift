//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Technical
import Testing

@Suite("Support and resistance")
struct LevelTests {
    private static let nan = Double.nan
    private static let walks = [
        ("walk, seed 31", TestBars.synthetic(1_500, seed: 31)),
        ("figures, seed 32", FigureBars.bars(1_500, seed: 32)),
    ]

    // MARK: Swings

    @Test func `a swing is known as many bars later as it must stand out from`() throws {
        let rows = try Self.rows("pivots(2,2)", Self.flat([3, 4, 7, 5, 6, 2, 5, 7, 7, 6, 5]))
        let expected = [
            [Self.nan, Self.nan, Self.nan, Self.nan], [Self.nan, Self.nan, Self.nan, Self.nan],
            [Self.nan, Self.nan, Self.nan, Self.nan], [Self.nan, Self.nan, Self.nan, Self.nan],
            [7, Self.nan, 2, Self.nan], [7, Self.nan, 3, Self.nan], [7, Self.nan, 4, Self.nan],
            [7, 2, 5, 2], [7, 2, 6, 3],
            // The plateau's first bar, then its second.
            [7, 2, 2, 4], [7, 2, 2, 5],
        ]
        for (row, numbers) in zip(rows, expected) {
            let areSame = zip(row, numbers).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }
            #expect(areSame, "\(row)")
        }
    }

    @Test(arguments: [(1, 1), (5, 5), (7, 2), (2, 9)])
    func `swings are those that a search of all earlier bars finds`(
        left: Int, right: Int
    ) throws {
        for (what, bars) in Self.walks {
            let rows = try Self.rows("pivots(\(left),\(right))", bars)
            let highs = Self.swings(bars.map(\.high), left: left, right: right)
            let lows = Self.swings(bars.map { -$0.low }, left: left, right: right)
            #expect(highs.count > 20 && lows.count > 20)
            var wrong: [Int] = []
            for (index, row) in rows.enumerated() {
                let high = highs.last { $0 + right <= index }
                let low = lows.last { $0 + right <= index }
                let expected = [
                    high.map { bars[$0].high }, low.map { bars[$0].low },
                    high.map { Double(index - $0) }, low.map { Double(index - $0) },
                ]
                if zip(row, expected).contains(where: { $0.isNaN ? $1 != nil : $0 != $1 }) {
                    wrong.append(index)
                }
            }
            #expect(wrong == [], "\(what)")
        }
    }

    @Test func `a swing never moves, and gives way only to a newer one just confirmed`() throws {
        for (what, bars) in Self.walks {
            let rows = try Self.rows("pivots(3,4)", bars)
            for (index, (before, row)) in zip(rows, rows.dropFirst()).enumerated() {
                for side in 0...1 {
                    let isKept = row[side] == before[side] && row[side + 2] == before[side + 2] + 1
                    let isNew = row[side + 2] == 4
                    let isNone = row[side].isNaN && before[side].isNaN
                    #expect(isKept || isNew || isNone, "\(what): bar \(index + 1) side \(side)")
                }
            }
        }
    }

    // MARK: Floor pivots

    @Test func `floor pivots are of the last session that had a bar`() throws {
        func bar(_ second: UInt64, _ high: Double, _ low: Double, _ close: Double) -> BarValues {
            BarValues(
                openTimeNs: second * 1_000_000_000, open: close, high: high, low: low,
                close: close, volume: 1)
        }
        let rows = try Self.rows(
            "floor_pivots(60)",
            [
                bar(30, 50, 40, 45), bar(60, 12, 8, 9), bar(80, 14, 10, 11), bar(119, 13, 9, 11),
                bar(120, 20, 19, 20), bar(179, 21, 2, 3), bar(360, 7, 7, 7),
            ])
        #expect(Self.haveBegun([rows[0]]) == 0)
        // High 50, low 40, close 45.
        for row in rows[1...3] { #expect(row == [45, 50, 55, 60, 40, 35, 30]) }
        // High 14, low 8, close 11.
        for row in rows[4...5] { #expect(row == [11, 14, 17, 20, 8, 5, 2]) }
        // High 21, low 2, close 3, three sessions ago.
        let middle = 26.0 / 3
        let expected = [
            middle, 2 * middle - 2, middle + 19, 21 + 2 * (middle - 2), 2 * middle - 21,
            middle - 19, 2 - 2 * (21 - middle),
        ]
        #expect(rows[6] == expected)
    }

    // MARK: Breakouts

    @Test func `a breakout is measured from the channel before, in ranges with it`() throws {
        func bar(_ high: Double, _ low: Double, _ close: Double) -> BarValues {
            BarValues(openTimeNs: 0, open: close, high: high, low: low, close: close, volume: 1)
        }
        let calm = bar(12, 10, 11)
        let rows = try Self.rows(
            "breakout(3,2)",
            [calm, calm, calm, bar(14, 11, 12), bar(18, 12, 16), calm, bar(10, 4, 7)]
        ).map { $0[0] }
        #expect(Self.haveBegun([Array(rows[0...2])]) == 0)
        // At the channel's end is inside.
        #expect(rows[3] == 0)
        // 2 over 14; true ranges 2 2 3 6: means 2, 2.5, 4.25.
        #expect(rows[4] == 2 / 4.25)
        // Back from 16 to 10...12: true range 6, mean 5.125; inside.
        #expect(rows[5] == 0)
        // 3 under 10; true range 7, mean 6.0625.
        #expect(rows[6] == -3 / 6.0625)
    }

    @Test(arguments: [(20, 14), (3, 2), (1, 1)])
    func `a breakout has the side of the close and is bounded`(
        period: Int, rangePeriod: Int
    ) throws {
        for (what, bars) in Self.walks {
            let rows = try Self.rows("breakout(\(period),\(rangePeriod))", bars)
            let channel = try Self.rows("donchian(\(period))", bars)
            var sides: Set<Double> = []
            for index in max(period, rangePeriod)..<bars.count {
                let (value, close) = (rows[index][0], bars[index].close)
                let isOver = close > channel[index - 1][0]
                let isUnder = close < channel[index - 1][2]
                let side = isOver ? 1.0 : isUnder ? -1.0 : 0
                sides.insert(side)
                #expect(value.sign == .minus ? side < 0 : value == 0 ? side == 0 : side > 0)
                #expect(abs(value) <= Double(rangePeriod) * (1 + 1e-12), "\(what): bar \(index)")
            }
            #expect(sides == [-1, 0, 1])
        }
    }

    // MARK: Divergences

    /// A fall to 80, a rise, a slower fall to 78.
    private static let slower: [Double] = [
        100, 101, 100, 101, 95, 90, 85, 80, 84, 88, 89, 87, 88, 85, 86, 83, 84, 81, 82, 78, 83, 85,
        86,
    ]
    /// A slow fall to 85, a rise, a steeper fall to 86.
    private static let steeper: [Double] = [
        90, 92, 89, 91, 88, 90, 87, 89, 86, 88, 85, 87, 89, 91, 93, 95, 95.5, 92, 89, 86, 88, 90,
        91,
    ]

    @Test(arguments: [
        ("lower low", slower, 0, 7, 19), ("higher low", steeper, 1, 10, 19),
    ])
    func `two swings against their strength are told when the second is confirmed`(
        what: String, closes: [Double], output: Int, first: Int, second: Int
    ) throws {
        let distance = second - first
        for isMirrored in [false, true] {
            let bars = Self.flat(isMirrored ? closes.map { 200 - $0 } : closes)
            let rows = try Self.rows("divergence(4,2,2,\(distance))", bars)
            let told = Self.told(rows, output)
            #expect(told == [second + 2], "\(what)")
            #expect(rows[second + 2][output] == (isMirrored ? -1 : 1), "\(what)")
            #expect(rows[second + 2][1 - output] == 0, "\(what)")
            // One bar too far apart.
            let none = try Self.rows("divergence(4,2,2,\(distance - 1))", bars)
            #expect(Self.told(none, output) == [], "\(what)")
        }
    }

    @Test(arguments: [(14, 5, 5, 60), (3, 2, 1, 12)])
    func `divergences are those that a search of all earlier bars finds`(
        period: Int, left: Int, right: Int, barsMax: Int
    ) throws {
        for (what, bars) in Self.walks {
            let rows = try Self.rows("divergence(\(period),\(left),\(right),\(barsMax))", bars)
            let strength = try Self.rows("rsi(\(period))", bars).map { $0[0] }
            var expected = bars.map { _ in [0.0, 0.0] }
            for (sign, xs) in [(-1.0, bars.map(\.high)), (1.0, bars.map { -$0.low })] {
                let found = Self.swings(xs, left: left, right: right).filter { $0 >= period }
                for (a, b) in zip(found, found.dropFirst()) where b - a <= barsMax {
                    // Highs get stronger as the RSI rises, lows as it falls.
                    let gain = sign * (strength[a] - strength[b])
                    if xs[b] > xs[a], gain < 0 { expected[b + right][0] += sign }
                    if xs[b] < xs[a], gain > 0 { expected[b + right][1] += sign }
                }
            }
            let start = max(period + right, left + right)
            #expect(Self.haveBegun(Array(rows[..<start])) == 0, "\(what)")
            let wrong = (start..<bars.count).filter { rows[$0] != expected[$0] }
            #expect(wrong == [], "\(what)")
            for output in 0...1 {
                let answers = Set(rows[start...].map { $0[output] })
                #expect(answers == [-1, 0, 1], "\(what) \(output)")
            }
        }
    }

    // MARK: Help

    /// How many numbers are numbers.
    private static func haveBegun(_ rows: [[Double]]) -> Int {
        rows.reduce(0) { $0 + $1.count { !$0.isNaN } }
    }

    /// Bars with a number above or below 0.
    private static func told(_ rows: [[Double]], _ output: Int) -> [Int] {
        rows.indices.filter { rows[$0][output].magnitude > 0 }
    }

    private static func rows(_ text: String, _ bars: [BarValues]) throws -> [[Double]] {
        try IndicatorProgram([text]).batch(bars)
    }

    /// Bars of one price each.
    private static func flat(_ prices: [Double]) -> [BarValues] {
        prices.enumerated().map { index, price in
            BarValues(
                openTimeNs: UInt64(index) * 1_000_000_000, open: price, high: price, low: price,
                close: price, volume: 1)
        }
    }

    /// Places of numbers that none of the `left` before and `right` after is greater than.
    private static func swings(_ xs: [Double], left: Int, right: Int) -> [Int] {
        xs.indices.filter { place in
            place >= left && place + right < xs.count
                && xs[(place - left)...(place + right)].allSatisfy { $0 <= xs[place] }
        }
    }
}
