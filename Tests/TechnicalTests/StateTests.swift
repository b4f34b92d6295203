//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import SeededRandom
import Technical
import Testing

/// Every indicator with its standard parameters, and some with others.
private let texts =
    IndicatorCatalogue.all.map(\.name) + [
        "sma(1)", "ema(3,source=typical)", "wma(2)", "hma(2)", "kama(2)", "stoch(1,1,1)",
        "stochrsi(14,14,3,3)", "macd(26,12,9)", "cci(2)", "aroon(2)", "donchian(1)", "hurst(20)",
        "vwap(60)", "vwap_anchored(1700000600)", "slope(2)", "zscore(3,source=volume)",
    ]

@Suite("State of indicators")
struct StateTests {
    private let bars = TestBars.synthetic(700, seed: 11)

    @Test func `a forming bar leaves nothing behind, and shows what its close will show`() throws {
        let program = try IndicatorProgram(texts)
        let plain = Series(program)
        let forming = Series(program)
        let seed: UInt64 = 12
        var random = SplitMix64(seed: seed)
        for bar in bars {
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                var other = bar
                other.close = Bool.random(using: &random) ? bar.high : bar.low
                other.volume = bar.volume / 2
                #expect(forming.take(other, isFinal: false))
            }
            #expect(forming.take(bar, isFinal: false))
            let shown = forming.bits
            #expect(forming.take(bar))
            #expect(plain.take(bar))
            let final = plain.bits
            guard forming.bits == final, shown == final else {
                Issue.record("seed \(seed): \(bar)")
                return
            }
        }
    }

    @Test func `going on from a snapshot is never having stopped`() throws {
        let program = try IndicatorProgram(texts)
        let plain = Series(program)
        for (index, bar) in bars.enumerated() {
            #expect(plain.take(bar))
            guard index % 37 == 5 else { continue }
            let other = Series(program)
            #expect(other.restore(plain.snapshot))
            let reference = Series(program)
            #expect(reference.restore(plain.snapshot))
            for next in bars[(index + 1)...].prefix(60) {
                #expect(other.take(next))
            }
            let all = program.batch(Array(bars[...min(index + 60, bars.count - 1)])).last ?? []
            #expect(other.bits == all.map(\.bitPattern), "stopped at \(index)")
        }
        #expect(!plain.restore([1, 2, 3]))
    }

    @Test func `streaming is batch, bit for bit`() throws {
        let program = try IndicatorProgram(texts)
        let rows = program.batch(bars)
        for (index, text) in texts.enumerated() {
            let alone = try IndicatorProgram([text])
            let state = Series(alone)
            let first = program.specifications[..<index]
                .reduce(0) { $0 + $1.definition.outputs.count }
            for (bar, row) in zip(bars, rows) {
                #expect(state.take(bar))
                let mine = state.bits
                let theirs = row[first..<(first + mine.count)].map(\.bitPattern)
                guard mine == theirs else {
                    Issue.record("\(text) at \(bar.openTimeNs)")
                    break
                }
            }
        }
    }

    @Test func `a bar that is not sound changes nothing`() throws {
        let program = try IndicatorProgram(texts)
        let state = Series(program)
        for bar in bars.prefix(200) { _ = state.take(bar) }
        let (before, numbers) = (state.snapshot, state.bits)
        var unsound: [BarValues] = []
        for path in [
            \BarValues.open, \BarValues.high, \BarValues.low, \BarValues.close,
            \BarValues.volume,
        ] {
            for value in [Double.nan, .infinity, -.infinity] {
                var bar = bars[200]
                bar[keyPath: path] = value
                unsound.append(bar)
            }
        }
        var crossed = bars[200]
        (crossed.high, crossed.low) = (crossed.low - 1, crossed.high + 1)
        var negative = bars[200]
        negative.volume = -1
        for bar in unsound + [crossed, negative] {
            #expect(!state.take(bar), "\(bar)")
            #expect(!state.take(bar, isFinal: false), "\(bar)")
        }
        #expect(state.snapshot == before)
        #expect(state.bits == numbers)
    }

    /// Goal: no number is infinite, and none that has begun ends, whatever the market does.
    @Test(arguments: [
        ("flat without volume", [100.0, 100, 100, 100, 0]),
        ("flat with volume", [100.0, 100, 100, 100, 5]),
        ("all prices zero", [0.0, 0, 0, 0, 1]),
    ])
    func `a market without variance gives finite numbers`(
        what: String, numbers: [Double]
    ) throws {
        let program = try IndicatorProgram(texts)
        let state = Series(program)
        var begun = [Bool](repeating: false, count: program.outputCount)
        for index in 0..<700 {
            let bar = BarValues(
                openTimeNs: 1_700_000_000_000_000_000 + UInt64(index) * 1_000_000_000,
                open: numbers[0], high: numbers[1], low: numbers[2], close: numbers[3],
                volume: numbers[4])
            #expect(state.take(bar))
            for place in begun.indices {
                let value = state.value(place)
                let name = program.columnNames[place]
                #expect(!value.isInfinite, "\(what): \(name)")
                #expect(!(begun[place] && value.isNaN), "\(what): \(name) ended")
                if !value.isNaN { begun[place] = true }
            }
        }
        let never = zip(program.columnNames, begun).filter { !$0.1 }.map(\.0)
        #expect(never == [], "\(what)")
    }

    /// Goal: no error grows with time. Method: a window's numbers after many bars against those
    /// of a state that saw the last window alone.
    @Test func `running sums do not drift`() throws {
        let count = ProcessInfo.processInfo.environment["APUS_BARS"].flatMap { Int($0) } ?? 20_000
        let windowed = [
            "sma(20)", "wma(20)", "bollinger(20,2)", "stddev(20)", "zscore(20)", "slope(14)",
            "cci(14)", "mfi(14)", "vwap_rolling(20)", "hma(16)", "realised(20)",
            "garman_klass(20)",
        ]
        let program = try IndicatorProgram(windowed)
        let (old, fresh) = (Series(program), Series(program))
        let seed: UInt64 = 77
        var random = SplitMix64(seed: seed)
        var bars: [BarValues] = []
        for index in 0..<count {
            // Jumps between 1e-3 and 1e9 leave the most behind.
            let scale = [0.001, 1, 60_000, 1e9][Int(random.next() & 3)]
            let price = scale * Double.random(in: 1...2, using: &random)
            let bar = BarValues(
                openTimeNs: UInt64(index), open: price, high: price * 1.01, low: price * 0.99,
                close: price, volume: scale)
            _ = old.take(bar)
            bars.append(bar)
            if bars.count > 100 { bars.removeFirst() }
        }
        for bar in bars { _ = fresh.take(bar) }
        for place in 0..<program.outputCount {
            let (a, b) = (old.value(place), fresh.value(place))
            let isSame = abs(a - b) <= 1e-9 * max(abs(a), abs(b))
            #expect(isSame, "seed \(seed): \(program.columnNames[place]) \(a) \(b)")
        }
    }
}
