//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages
import SeededRandom
import Testing
import Venues

/// Goal: with both channels of OKX's trades no trade counts twice, and none is lost that both
/// bring.
@Suite("OKX's two channels of trades")
struct RepeatedTradesTests {
    private let harness: Harness

    init() throws { harness = try .okx(OKXSample.instruments) }

    private func text(_ channel: String, _ id: Int, _ size: Int, count: Int?) -> String {
        let merged = count.map { #","count":"\#($0)""# } ?? ""
        return #"{"arg":{"channel":"\#(channel)","instId":"BTC-USDT-SWAP"},"data":[{"#
            + #""instId":"BTC-USDT-SWAP","tradeId":"\#(id)","px":"63913.5","sz":"\#(size)","#
            + #""side":"buy","ts":"1786540435948"\#(merged),"source":"0","seqId":3}]}"#
    }

    private func match(_ id: Int, size: Int = 1) -> String {
        text("trades-all", id, size, count: nil)
    }

    /// `count` matches, the last of them `id`, one contract each.
    private func merged(_ id: Int, count: Int) -> String {
        text("trades", id, count, count: count)
    }

    private func lots(_ text: String) -> Int64 {
        harness.parse(text).reduce(0) { $0 + $1.trade.quantity.rawValue / 100 }
    }

    @Test func `a match becomes a trade, by the scanner and by the general path alike`() {
        let usual = harness.parse(match(7, size: 2))
        #expect(usual.count == 1 && usual[0].trade.tradeID == 7)
        #expect(usual.first?.trade.quantity == QuantityLots(200))
        #expect(harness.counter("generic") == 0)
        #expect(harness.parse(match(8).replacing("\"px\":", with: "\"px\" :")).count == 1)
        #expect(harness.counter("generic") == 1)
        #expect(harness.counter("all_trades") == 2)
    }

    @Test func `what one channel told the other does not tell again`() {
        #expect(lots(match(1)) == 1)
        #expect(lots(match(2)) == 1)
        #expect(lots(merged(2, count: 2)) == 0)
        #expect(lots(merged(5, count: 3)) == 3)
        for id in 3...5 { #expect(lots(match(id)) == 0) }
        #expect(harness.counter("repeated_trades") == 4)
        // Another instrument has numbers of its own.
        let other = match(3).replacing("BTC-USDT-SWAP", with: "BTC-USDT")
            .replacing("63913.5", with: "63913.5")
        #expect(harness.parse(other).count == 1)
    }

    @Test func `of a merged trade that was told in part the matches bring the rest`() {
        #expect(lots(match(1)) == 1)
        #expect(lots(merged(3, count: 3)) == 0)
        #expect(lots(match(2)) == 1)
        #expect(lots(match(3)) == 1)
    }

    @Test func `trades of a liquidation have numbers in no order`() {
        #expect(lots(match(-5)) == 1)
        #expect(lots(text("trades", -5, 1, count: 1)) == 0)
        #expect(lots(text("trades", -9, 1, count: 1)) == 1)
        #expect(lots(match(-7)) == 1)
        #expect(lots(match(-9)) == 0)
    }

    @Test func `a count that is no number, or more than the number, does no harm`() {
        #expect(lots(merged(3, count: 1).replacing(#""count":"1""#, with: #""count":"x""#)) == 0)
        #expect(harness.counter("malformed") == 1)
        #expect(lots(text("trades", 3, 1, count: 900)) == 1)
    }

    /// Any interleaving of two channels, each in its own order, gives every match once.
    @Test func `every interleaving counts each match once`() {
        for seed in UInt64(1)...200 {
            var random = SplitMix64(seed: seed)
            let first = Int(seed) * 1_000
            var matches: [String] = []
            var groups: [String] = []
            var id = first
            while id < first + 40 {
                let count = 1 + random.below(4)
                for one in 1...count { matches.append(match(id + one)) }
                id += count
                groups.append(merged(id, count: count))
            }
            var taken: Int64 = 0
            while !matches.isEmpty || !groups.isEmpty {
                let isMatch = groups.isEmpty || (!matches.isEmpty && random.below(3) > 0)
                taken += lots(isMatch ? matches.removeFirst() : groups.removeFirst())
            }
            #expect(taken == Int64(id - first), "seed \(seed)")
        }
    }
}
