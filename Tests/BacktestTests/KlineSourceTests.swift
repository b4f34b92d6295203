//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages
import SeededRandom
import Testing
import TradingCore
import VenueModel

@testable import Backtest

/// Bars through the venue model and the production stages.
struct KlineSourceTests {
    /// Random bars that hang together.
    private static func lines(_ count: Int, seed: UInt64) -> [String] {
        var random = SplitMix64(seed: seed)
        var price: Int64 = 600_000
        return (0..<count).map { minute in
            func step(_ most: Int) -> Int64 { Int64(random.below(most)) }
            let open = price
            let close = open + step(401) - 200
            let high = max(open, close) + step(100)
            let low = min(open, close) - step(100)
            price = close + (step(10) == 0 ? step(101) - 50 : 0)
            let texts = [open, high, low, close].map { Decimals.text(mantissa: $0, decimals: 1) }
            return KlineTableTests.line(
                minute, texts.joined(separator: ","),
                Decimals.text(mantissa: step(20_000), decimals: 3))
        }
    }

    private static func source(_ lines: [String]) throws -> KlineSource {
        try KlineSource(
            KlineTable(contents: [Array(lines.joined(separator: "\n").utf8)]), symbol: "BTC-USDT")
    }

    @Test(arguments: [UInt64(3), 4])
    func `trade a bar's volume, within its prices and its time`(seed: UInt64) throws {
        print("bars: seed \(seed)")
        let lines = Self.lines(300, seed: seed)
        let source = try Self.source(lines)
        let table = try KlineTable(contents: [Array(lines.joined(separator: "\n").utf8)])
        var lots = Array(repeating: Int64(0), count: table.bars.count)
        var prices = Array(repeating: [Double](), count: table.bars.count)
        var (lastNs, frames) = (UInt64(0), 0)
        while let frame = source.next() {
            frames += 1
            #expect(frame.timeNs >= lastNs)
            lastNs = frame.timeNs
            let text = String(decoding: frame.bytes, as: UTF8.self)
            guard let match = text.firstMatch(of: /"p":"([0-9.]+)","q":"([0-9.]+)"/) else {
                continue
            }
            let ms = Int64(frame.timeNs / 1_000_000)
            let bar = try #require(
                table.bars.firstIndex { $0.openMs <= ms && ms <= $0.closeMs })
            lots[bar] += try #require(Decimals.mantissa(match.2, decimals: 3))
            prices[bar].append(try #require(Double(match.1)))
        }
        #expect(frames == source.frameCount)
        for (index, bar) in table.bars.enumerated() {
            #expect(Double(lots[index]) / 1_000 == bar.volume, "bar \(index)")
            guard lots[index] > 3 else { continue }
            #expect(prices[index].count == 4)
            #expect(prices[index].first == bar.open && prices[index].last == bar.close)
            #expect(prices[index].max() == bar.high && prices[index].min() == bar.low)
        }
    }

    /// A buy order that waits from between two bars on: what it got in the second one.
    private func bought(
        at price: String, _ bar: String, volume: String = "4.000", quantity: String = "0.010"
    ) throws -> (lots: Int64, fills: [FillRecord]) {
        let source = try Self.source([
            KlineTableTests.line(0, "60000.0,60010.1,59995.0,60000.0", "8.001"),
            KlineTableTests.line(1, bar, volume),
        ])
        let window = try FrameWindow(
            source, untilNs: .max, instruments: .standalone(source.instruments))
        var venue = ModelVenue(
            instruments: source.instruments,
            configuration: try BacktestConfiguration(makerSettings()))
        let placedNs: Int64 = 1_700_000_059_999_500_000
        var isPlaced = false
        while let timeNs = try window.venueNs() {
            if !isPlaced, timeNs > placedNs {
                isPlaced = true
                let order = """
                    {"id":"1","method":"order.place","params":{"newClientOrderId":"a",\
                    "timestamp":1,"symbol":"BTCUSDT","side":"BUY","type":"LIMIT",\
                    "timeInForce":"GTX","quantity":"\(quantity)","price":"\(price)"}}
                    """
                let answers = venue.request(order, placedNs: placedNs, timeNs: placedNs)
                #expect(answers.first?.text.contains(#""status":200"#) == true)
            }
            for event in window.takeForVenue() { _ = venue.market(event, timeNs: timeNs) }
        }
        #expect(venue.counters.gaps == 0)
        #expect(venue.counters.outOfRange == 0)
        return (venue.accounts[0].position, venue.fills)
    }

    @Test func `fill an order that the price goes through, at its price and time`() throws {
        let (lots, fills) = try bought(at: "59993.0", "60000.0,60005.0,59990.0,60001.0")
        #expect(lots == 10)
        #expect(fills.allSatisfy { $0.price == 599_930 && $0.isMaker })
        // The high is nearer: the low comes after two thirds of the minute.
        #expect(fills.allSatisfy { $0.timeNs == 1_700_000_099_999_000_000 })
    }

    @Test func `leave an order alone that the price does not reach`() throws {
        #expect(try bought(at: "59989.9", "60000.0,60005.0,59990.0,60001.0").lots == 0)
    }

    @Test func `fill an order at the extreme, where nobody stood, by what trades`() throws {
        #expect(try bought(at: "59990.0", "60000.0,60005.0,59990.0,60001.0").lots == 10)
        // One of four trades of 0.004 and a little.
        let (lots, _) = try bought(
            at: "59990.0", "60000.0,60005.0,59990.0,60001.0", volume: "0.016", quantity: "0.500")
        #expect(lots == 4)
    }

    @Test func `keep an order waiting behind what the book showed`() throws {
        // The best bid after the first bar is its close. At the open it is shown with 2 of the 8
        // that traded before; twice a quarter of the second bar trades there, then it goes away.
        let bar = "60000.0,60005.0,60000.0,60004.0"
        #expect(try bought(at: "60000.0", bar, volume: "3.996").lots == 0)
        #expect(try bought(at: "60000.0", bar, volume: "4.008").lots == 4)
    }

    @Test func `fill an order that a gap jumps over`() throws {
        let (lots, fills) = try bought(at: "59993.0", "59980.0,59985.0,59970.0,59975.0")
        #expect(lots == 10)
        #expect(fills.first?.timeNs == 1_700_000_060_000_000_000)
        #expect(fills.allSatisfy { $0.price == 599_930 })
    }

    @Test func `run a maker over bars, to the same bytes`() throws {
        let lines = Self.lines(400, seed: 5)
        let values = ["strategy.interval": "1s", "strategy.resting_max": "10m"]
        let made = try report(Self.source(lines), values)
        #expect(made.run.venue.counters.gaps == 0)
        #expect(made.run.venue.orders.count > 20)
        #expect(made.run.venue.fills.count > 5)
        #expect(made.json().contains(#""assumption":"open, nearer extreme"#))
        #expect(made.lines.contains { $0.hasPrefix("assumed     open, nearer") })
        #expect(try report(Self.source(lines), values).json() == made.json())
    }
}
