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
            result["macd"] = line.last!
            result["macd_signal"] = signal.last!
            result["macd_histogram"] = line.last! - signal.last!
        }
        if n >= 20 {
            let window = closes.suffix(20)
            let mean = sma(window)
            let sigma = deviation(window)
            result["sma_20"] = mean
            result["bollinger_middle"] = mean
            result["bollinger_upper"] = mean + 2 * sigma
            result["bollinger_lower"] = mean - 2 * sigma
            let above = closes[n - 1] - mean + 2 * sigma
            result["bollinger_percent_b"] = sigma == 0 ? 0.5 : above / (4 * sigma)
            result["bollinger_bandwidth"] = 4 * sigma / mean
            result["volume_sma_20"] = sma(volumes.suffix(20))
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
    static func bar(_ close: Int64, high: Int64, low: Int64, volume: Int64) -> Bar {
        var bar = Bar()
        bar.close = PriceTicks(rawValue: close)
        bar.high = PriceTicks(rawValue: high)
        bar.low = PriceTicks(rawValue: low)
        bar.volume = QuantityLots(rawValue: volume)
        return bar
    }

    static func randomBars(_ seed: UInt64, _ count: Int) -> [Bar] {
        var random = SplitMix64(seed: seed)
        var close: Int64 = 618_000
        return (0..<count).map { _ in
            close += Int64.random(in: -40...40, using: &random)
            return bar(
                close, high: close + Int64.random(in: 0...30, using: &random),
                low: close - Int64.random(in: 0...30, using: &random),
                volume: Int64.random(in: 0...5_000, using: &random))
        }
    }

    @Test(arguments: [1, 2] as [UInt64])
    func `streaming values equal a plain recomputation`(seed: UInt64) {
        print("indicators: seed \(seed)")
        let bars = Self.randomBars(seed, 120)
        var set = IndicatorSet(instrument: makeInstrument())
        var wrong: [String] = []
        for count in 1...bars.count {
            var bar = bars[count - 1]
            unsafe withUnsafePointer(to: &bar) { unsafe set.update($0) }
            let seen = bars.prefix(count)
            let naive = NaiveIndicators(
                closes: seen.map { Double($0.close.rawValue) / 10 },
                highs: seen.map { Double($0.high.rawValue) / 10 },
                lows: seen.map { Double($0.low.rawValue) / 10 },
                volumes: seen.map { Double($0.volume.rawValue) / 1_000 }
            ).last
            for (index, name) in IndicatorSet.names.enumerated() {
                let value = set.value(index)
                guard let expected = naive[name] ?? nil else {
                    if !value.isNaN { wrong.append("\(name)@\(count): \(value), not warm") }
                    continue
                }
                if !(abs(value - expected) <= 1e-9 * max(1, abs(expected))) {
                    wrong.append("\(name)@\(count): \(value) not \(expected)")
                }
            }
        }
        #expect(wrong.isEmpty, "\(wrong.prefix(5))")
    }

    @Test func `a market that stands still has finite values`() {
        var set = IndicatorSet(instrument: makeInstrument())
        for _ in 0..<60 {
            var bar = Self.bar(1_000, high: 1_000, low: 1_000, volume: 0)
            unsafe withUnsafePointer(to: &bar) { unsafe set.update($0) }
        }
        for (index, name) in IndicatorSet.names.enumerated() {
            #expect(set.value(index).isFinite, "\(name)")
        }
        #expect(set.value(13) == 0.5)
    }

    /// Goal: the window's sums do not drift, whatever went through them.
    /// Method: a violent stretch far from the anchor, then 20 calm bars: the deviation must be that
    /// of the calm bars alone, to the bit.
    @Test func `a window forgets what left it`() {
        var violent = IndicatorSet(instrument: makeInstrument())
        var calm = IndicatorSet(instrument: makeInstrument())
        for index in 0..<500 {
            let price: Int64 = index % 2 == 0 ? 1 : 1 << 40
            var bar = Self.bar(price, high: price, low: price, volume: 1)
            unsafe withUnsafePointer(to: &bar) { unsafe violent.update($0) }
        }
        for index in 0..<20 {
            var bar = Self.bar(5_000 + Int64(index * index % 7), high: 6_000, low: 4_000, volume: 1)
            unsafe withUnsafePointer(to: &bar) { unsafe violent.update($0) }
            unsafe withUnsafePointer(to: &bar) { unsafe calm.update($0) }
        }
        for index in [5, 10, 12, 13, 14] { #expect(violent.value(index) == calm.value(index)) }
    }

    @Test func `the values of a record are in the order of the names`() {
        var rig = Rig()
        var records: [IndicatorValues] = []
        for index in 1...60 {
            let trade = Records.trade(
                UInt64(index), UInt64(index) * 1_000_000_000, .buy, 1_000 + Int64(index), 2)
            records += rig.take(trade).indicators
        }
        #expect(records.count == 59)
        #expect(records[0].count == UInt32(IndicatorSet.names.count))
        #expect(records[0].list.filter { $0.isNaN }.count == 19)
        let last = records[58].list
        #expect(last.allSatisfy { $0.isFinite })
        let names = IndicatorSet.names
        #expect(last[names.firstIndex(of: "rsi_14")!] == 100)
        #expect(abs(last[names.firstIndex(of: "momentum_10")!] - 1) < 1e-9)
        #expect(records[58].openTimeNs == 59_000_000_000)
    }
}
