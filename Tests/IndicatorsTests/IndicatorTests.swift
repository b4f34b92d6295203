//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import SeededRandom
import Indicators
import Messages
import Technical
import Testing

/// Indicators by their definitions over the whole history, in plain loops.
struct NaiveIndicators {
    let closes: [Double]
    let highs: [Double]
    let lows: [Double]
    let volumes: [Double]

    func sma(_ values: ArraySlice<Double>) -> Double { values.reduce(0, +) / Double(values.count) }

    /// Values from index `period - 1` on, seeded by the mean of the first `period`.
    func ema(_ values: ArraySlice<Double>, _ period: Int) -> [Double] {
        guard values.count >= period else { return [] }
        var result = [sma(values.prefix(period))]
        for value in values.dropFirst(period) {
            result.append(result.last! + (value - result.last!) * 2 / Double(period + 1))
        }
        return result
    }

    func wilder(_ values: [Double], _ period: Int) -> Double? {
        guard values.count >= period else { return nil }
        var result = sma(values[..<period])
        for value in values[period...] {
            result = (result * Double(period - 1) + value) / Double(period)
        }
        return result
    }

    func deviation(_ values: ArraySlice<Double>) -> Double {
        let mean = sma(values)
        return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count))
            .squareRoot()
    }

    /// The last value of every indicator; `nil` while it warms up.
    var last: [String: Double?] {
        var result: [String: Double?] = [:]
        let n = closes.count
        for period in [9, 12, 21, 26, 50] {
            result["ema_\(period)"] = ema(closes[...], period).last
        }
        result["obv"] = balance
        if n >= 2 {
            var gains: [Double] = []
            var losses: [Double] = []
            var ranges: [Double] = []
            for index in 1..<n {
                let before = closes[index - 1]
                let change = closes[index] - before
                gains.append(max(change, 0))
                losses.append(max(-change, 0))
                let up = abs(highs[index] - before)
                let down = abs(lows[index] - before)
                ranges.append(max(highs[index] - lows[index], max(up, down)))
            }
            if let gain = wilder(gains, 14), let loss = wilder(losses, 14) {
                result["rsi_14"] = gain + loss == 0 ? 0 : 100 * gain / (gain + loss)
            }
            result["atr_14"] = wilder(ranges, 14)
        }
        if n >= 34 {
            // TA-Lib starts the fast average so that its seed ends with the slow one's.
            let slow = ema(closes[...], 26)
            let fast = ema(closes[14...], 12)
            let line = zip(fast, slow).map { $0 - $1 }
            let signal = ema(line[...], 9)
            result["macd_12_26_9_line"] = line.last!
            result["macd_12_26_9_signal"] = signal.last!
            result["macd_12_26_9_histogram"] = line.last! - signal.last!
        }
        if n >= 20 {
            let window = closes.suffix(20)
            let mean = sma(window)
            let sigma = deviation(window)
            result["sma_20"] = mean
            result["bollinger_20_2_middle"] = mean
            result["bollinger_20_2_upper"] = mean + 2 * sigma
            result["bollinger_20_2_lower"] = mean - 2 * sigma
            let above = closes[n - 1] - mean + 2 * sigma
            result["bollinger_20_2_percent_b"] = sigma == 0 ? 0.5 : above / (4 * sigma)
            result["bollinger_20_2_bandwidth"] = 4 * sigma / mean
            result["sma_20_volume"] = sma(volumes.suffix(20))
        }
        if n >= 11 {
            result["momentum_10"] = closes[n - 1] - closes[n - 11]
            result["roc_10"] = (closes[n - 1] / closes[n - 11] - 1) * 100
        }
        return result
    }

    private var balance: Double {
        var sum = volumes[0]
        for index in 1..<max(1, closes.count) {
            if closes[index] > closes[index - 1] { sum += volumes[index] }
            if closes[index] < closes[index - 1] { sum -= volumes[index] }
        }
        return sum
    }
}

@Suite("Indicators")
struct IndicatorTests {
    static let second: UInt64 = 1_000_000_000
    static let names = IndicatorPlan.standard.columnNames

    /// Four trades in each of `count` seconds but a few: open, low, high, close.
    static func trades(_ seed: UInt64, seconds count: Int) -> [MarketEvent] {
        var random = SplitMix64(seed: seed)
        var close: Int64 = 618_000
        var sequence: UInt64 = 0
        var records: [MarketEvent] = []
        for index in 1...count where index == 1 || Int.random(in: 0..<20, using: &random) > 0 {
            close += Int64.random(in: -40...40, using: &random)
            let low = close - Int64.random(in: 0...30, using: &random)
            let high = close + Int64.random(in: 0...30, using: &random)
            for (place, price) in [close - 1, low, high, close].enumerated() {
                sequence += 1
                records += Records.trade(
                    sequence, UInt64(index) * second + UInt64(place), .buy, price,
                    Int64.random(in: 1...5_000, using: &random))
            }
        }
        return records
    }

    @Test(arguments: [1, 2] as [UInt64])
    func `records hold what a plain recomputation over the bars gives`(seed: UInt64) {
        print("indicators: seed \(seed)")
        var rig = Rig()
        let written = rig.take(Self.trades(seed, seconds: 120))
        #expect(written.bars.count > 100)
        #expect(written.bars.count == written.indicators.count)
        var wrong: [String] = []
        for (index, record) in written.indicators.enumerated() {
            let seen = written.bars.prefix(index + 1)
            let naive = NaiveIndicators(
                closes: seen.map { Double($0.close.rawValue) / 10 },
                highs: seen.map { Double($0.high.rawValue) / 10 },
                lows: seen.map { Double($0.low.rawValue) / 10 },
                volumes: seen.map { Double($0.volume.rawValue) / 1_000 }
            ).last
            #expect(record.openTimeNs == seen.last?.openTimeNs)
            #expect(record.list.count == Self.names.count)
            for (name, value) in zip(Self.names, record.list) {
                guard let expected = naive[name] ?? nil else {
                    if !value.isNaN { wrong.append("\(name)@\(index): \(value), not warm") }
                    continue
                }
                if !(abs(value - expected) <= 1e-9 * max(1, abs(expected))) {
                    wrong.append("\(name)@\(index): \(value) not \(expected)")
                }
            }
        }
        #expect(wrong.isEmpty, "\(wrong.prefix(5))")
    }

    @Test func `a record has the columns of the list, in its order, and no others`() throws {
        let plan = try IndicatorPlan(["sma(2)", "donchian(3)", "rsi(14)"])
        var configuration = Rig.small
        configuration.indicators = plan
        var rig = Rig(configuration)
        let prices: [Int64] = [100, 104, 98, 110]
        var records: [IndicatorValues] = []
        for (index, price) in (prices + [1]).enumerated() {
            records += rig.take(
                Records.trade(
                    UInt64(index + 1), UInt64(index + 1) * Self.second, .buy, price, 1)
            ).indicators
        }
        #expect(
            plan.columnNames == [
                "sma_2", "donchian_3_upper", "donchian_3_middle", "donchian_3_lower", "rsi_14",
            ])
        #expect(records.last?.list.prefix(4).map { $0 } == [10.4, 11, 10.4, 9.8])
        #expect(records.allSatisfy { $0.count == 5 && $0.list[4].isNaN })
    }

    @Test func `what features read is computed whatever the list is`() throws {
        let bare = try IndicatorPlan([])
        #expect(bare.columnNames.isEmpty)
        #expect(bare.column("macd", "histogram") != nil)
        #expect(bare.column("macd", "colour") == nil)
        #expect(bare.column("obv") == nil)
        let more = try IndicatorPlan(["obv"], hidden: ["adx", "obv"])
        #expect(more.columnNames == ["obv"])
        #expect(more.column("obv") == 0)
        #expect(more.column("adx(14)", "plus_di") == more.program.outputCount - 3)

        var configuration = Rig.small
        configuration.indicators = bare
        var with = Rig()
        var without = Rig(configuration)
        let traffic = Traffic.make(seed: 6, count: 3_000, stepNs: 25_000_000)
        let (one, other) = (with.take(traffic), without.take(traffic))
        #expect(one.features.last?.isWarm == 1)
        #expect(one.features.map(\.list) == other.features.map(\.list))
    }

    @Test(arguments: [
        (["nosuch(3)"], "no indicator nosuch"),
        (["ema(0)"], "ema(0): period is 0, not in 1...10000"),
        (["ema(9)", "ema( 9 )"], "ema(9) is listed twice"),
        ((2...123).map { "sma(\($0))" }, "122 columns, a record holds 121"),
    ])
    func `a list that cannot be computed is refused with its reason`(
        texts: [String], reason: String
    ) {
        #expect(throws: IndicatorTextError(description: reason)) { try IndicatorPlan(texts) }
    }

    @Test func `a full record keeps its last column`() throws {
        let plan = try IndicatorPlan((2...122).map { "sma(\($0))" })
        var configuration = Rig.small
        configuration.indicators = plan
        var rig = Rig(configuration)
        var last: IndicatorValues?
        for index in 1...125 as ClosedRange<UInt64> {
            last = rig.take(
                Records.trade(index, index * Self.second, .buy, 1_000, 1)
            ).indicators.last
        }
        #expect(last?.list == [Double](repeating: 100, count: 121))
    }

    /// Goal: a forming number is what the bar's closing would give, and asking leaves no trace.
    /// Method: after each trade every forming number is compared with those of a kernel in which
    /// the second ends there; a kernel that is never asked must write the same bytes.
    @Test func `forming numbers are those of a bar that closes now`() {
        let records = Self.trades(3, seconds: 60)
        var asked = Rig()
        var silent = Rig()
        let columns = Self.names.indices
        #expect(asked.kernel.formingValue(of: 0, timeframe: 0, column: 0).isNaN)
        var (bytes, expected): ([UInt8], [UInt8]) = ([], [])
        for (index, record) in records.enumerated() {
            bytes += asked.take([record]).bytes
            expected += silent.take([record]).bytes
            let forming = columns.map {
                asked.kernel.formingValue(of: 0, timeframe: 0, column: $0).bitPattern
            }
            guard index % 7 == 3 else { continue }
            var closing = Rig()
            let end = (record.words.1 / Self.second + 1) * Self.second
            closing.take(Array(records[...index]) + Records.status(9_999, end, .timer))
            let final = columns.map {
                closing.kernel.indicatorValue(of: 0, timeframe: 0, column: $0).bitPattern
            }
            #expect(forming == final, "after trade \(index)")
        }
        let isEqual = bytes == expected
        #expect(isEqual)
    }

    @Test func `the last final numbers stay while a bar forms`() {
        var rig = Rig()
        for index in 1...30 as ClosedRange<UInt64> {
            rig.take(Records.trade(index, index * Self.second, .buy, 1_000, 1))
        }
        let column = Self.names.firstIndex(of: "sma_20")!
        rig.take(Records.trade(31, 30 * Self.second + 1, .buy, 3_000, 1))
        #expect(rig.kernel.indicatorValue(of: 0, timeframe: 0, column: column) == 100)
        #expect(rig.kernel.formingValue(of: 0, timeframe: 0, column: column) == 110)
        #expect(rig.kernel.indicatorValue(of: 0, timeframe: 0, column: column) == 100)
    }
}
