//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import Indicators
import Messages
import Testing

@Suite("Candles of the venue against its trades")
struct CandleTests {
    static let minute: UInt64 = 60_000_000_000

    /// A kernel that compares, and its clock of records.
    struct Watch: ~Copyable {
        var rig: Rig
        var sequence: UInt64 = 0

        init(candleNs: UInt64 = minute) {
            var configuration = Rig.small
            configuration.candleNs = candleNs
            rig = Rig(configuration)
        }

        /// A trade at `seconds` of the venue's clock.
        mutating func trade(_ seconds: Double, _ price: Int64, _ quantity: Int64) {
            sequence += 1
            var record = Records.trade(sequence, sequence * 1_000, .buy, price, quantity)[0]
            record.words.2 = UInt64(seconds * 1e9)
            rig.take([record])
        }

        mutating func candle(
            minute: UInt32, _ prices: [Int64], _ volume: Int64, lengthS: UInt32 = 60
        ) {
            sequence += 1
            var range = CandleRange()
            range.sequence = sequence
            range.ingressTimeNs = sequence * 1_000
            range.open = PriceTicks(rawValue: prices[0])
            range.high = PriceTicks(rawValue: prices[1])
            range.low = PriceTicks(rawValue: prices[2])
            range.kind = .candleRange
            var end = CandleClose()
            end.sequence = sequence
            end.ingressTimeNs = sequence * 1_000
            end.close = PriceTicks(rawValue: prices[3])
            end.volume = QuantityLots(rawValue: volume)
            end.openTimeS = minute * 60
            end.lengthS = lengthS
            end.kind = .candleClose
            end.flags = .last
            rig.take([Records.event(range), Records.event(end)])
        }

        mutating func loseFeed() {
            sequence += 1
            rig.take(Records.status(sequence, sequence * 1_000, .feedStatus))
        }

        /// Reconciled, mismatched, missing.
        var counts: [UInt64] {
            ["reconciled", "mismatched", "missing"].map { rig.count("kernel_bars_\($0)_total") }
        }
    }

    @Test func `a candle is judged when its trades are over, whichever comes first`() {
        var watch = Watch()
        watch.trade(30, 100, 1)
        watch.trade(61, 102, 2)
        watch.trade(90, 99, 3)
        watch.trade(119.9, 101, 4)
        // The candle before the next trade.
        watch.candle(minute: 1, [102, 102, 99, 101], 9)
        #expect(watch.counts == [0, 0, 0])
        watch.trade(120, 105, 1)
        #expect(watch.counts == [1, 0, 0])
        // The next trade before the candle.
        watch.trade(180, 106, 1)
        watch.candle(minute: 2, [105, 105, 105, 105], 1)
        #expect(watch.counts == [2, 0, 0])
    }

    @Test(arguments: [
        ([101, 102, 99, 101], 9), ([102, 103, 99, 101], 9), ([102, 102, 98, 101], 9),
        ([102, 102, 99, 100], 9), ([102, 102, 99, 101], 8),
    ] as [([Int64], Int64)])
    func `every number of it counts`(prices: [Int64], volume: Int64) {
        var watch = Watch()
        for (seconds, price, quantity) in [(30, 100, 1), (61, 102, 2), (90, 99, 3), (119, 101, 4)] {
            watch.trade(Double(seconds), Int64(price), Int64(quantity))
        }
        watch.trade(120, 105, 1)
        watch.candle(minute: 1, prices, volume)
        #expect(watch.counts == [0, 1, 0])
    }

    @Test func `a candle without trades agrees with none, one with trades is missing`() {
        var watch = Watch()
        watch.trade(30, 100, 1)
        watch.candle(minute: 1, [100, 100, 100, 100], 0)
        watch.candle(minute: 2, [100, 100, 100, 100], 5)
        #expect(watch.counts == [1, 0, 0])
        watch.trade(200, 100, 1)
        #expect(watch.counts == [1, 0, 1])
    }

    @Test func `what began before the first trade or before a loss is not judged`() {
        var watch = Watch()
        watch.trade(30, 100, 1)
        watch.trade(61, 100, 1)
        watch.candle(minute: 0, [1, 1, 1, 1], 1)
        watch.loseFeed()
        watch.trade(100, 100, 1)
        watch.trade(121, 100, 1)
        watch.candle(minute: 1, [1, 1, 1, 1], 1)
        #expect(watch.counts == [0, 0, 0])
        watch.trade(181, 100, 1)
        watch.candle(minute: 2, [100, 100, 100, 100], 1)
        #expect(watch.counts == [1, 0, 0])
    }

    @Test func `copies, other lengths and halves without each other are passed over`() {
        var watch = Watch()
        watch.trade(30, 100, 1)
        watch.trade(61, 100, 1)
        watch.trade(121, 100, 1)
        watch.candle(minute: 1, [100, 100, 100, 100], 1, lengthS: 300)
        for _ in 0..<3 { watch.candle(minute: 1, [100, 100, 100, 100], 1) }
        #expect(watch.counts == [1, 0, 0])
        var end = CandleClose()
        end.sequence = 99
        end.kind = .candleClose
        end.flags = .last
        watch.rig.take([Records.event(end)])
        #expect(watch.rig.count("kernel_events_malformed_total") == 1)
        #expect(watch.counts == [1, 0, 0])
    }

    @Test func `a late trade goes into the bar of its own time`() {
        var watch = Watch()
        watch.trade(30, 100, 1)
        watch.trade(61, 100, 1)
        watch.trade(121, 104, 1)
        watch.trade(119, 103, 1)
        watch.candle(minute: 1, [100, 103, 100, 103], 2)
        #expect(watch.counts == [1, 0, 0])
    }

    @Test func `candles are ignored where nobody asked for them`() {
        var watch = Watch(candleNs: 0)
        watch.trade(30, 100, 1)
        watch.trade(61, 100, 1)
        watch.trade(121, 100, 1)
        watch.candle(minute: 1, [1, 1, 1, 1], 1)
        #expect(watch.counts == [0, 0, 0])
        #expect(watch.rig.count("kernel_events_malformed_total") == 0)
    }
}
