//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import Indicators
import Journal
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

    /// A minute of trades, by their text on the wire: thousandths.
    struct Told {
        var open = 0
        var high = 0
        var low = Int.max
        var close = 0
        var volume = 0

        mutating func add(_ price: Int, _ quantity: Int) {
            if volume == 0 { open = price }
            (high, low, close) = (max(high, price), min(low, price), price)
            volume += quantity
        }

        func json(minute: Int) -> String {
            func text(_ thousandths: Int) -> String {
                Decimals.text(mantissa: Int64(thousandths), decimals: 3)
            }
            return #"{"e":"kline","E":\#(minute * 60_000 + 60_005),"s":"BTCUSDT","k":{"#
                + #""t":\#(minute * 60_000),"T":\#(minute * 60_000 + 59_999),"s":"BTCUSDT","#
                + #""i":"1m","f":1,"L":2,"o":"\#(text(open))","c":"\#(text(close))","#
                + #""h":"\#(text(high))","l":"\#(text(low))","v":"\#(text(volume))","n":1,"#
                + #""x":true,"q":"0","V":"0","Q":"0","B":"0"}}"#
        }
    }

    /// Goal: recorded trades, by the venue's clock and through the parser, make the venue's bars.
    /// Method: candles put together from the text of the same recording come where the venue would
    /// send them; every third has a lot too many.
    @Test(.enabled(if: GoldenChain.isPresent, "recordings at ../shared/data/captures"))
    func `candles of a recording agree, and those that are changed do not`() throws {
        let path = GoldenChain.folder + "/" + GoldenChain.all[0].files[0]
        var minutes: [Int: Told] = [:]
        let mark = /"p":"([0-9.]+)","q":"([0-9.]+)","X":"MARKET"/
        var reader = try CaptureReader(path: path)
        while let line = try reader.next() {
            let text = unsafe String(decoding: line.json, as: UTF8.self)
            guard text.contains(#""e":"trade""#), let found = text.firstMatch(of: mark),
                let time = text.firstMatch(of: /"T":([0-9]+)/).flatMap({ Int($0.output.1) }),
                let price = Decimals.mantissa(found.output.1, decimals: 3),
                let quantity = Decimals.mantissa(found.output.2, decimals: 3)
            else { continue }
            minutes[time / 60_000, default: Told()].add(Int(price), Int(quantity))
        }
        let sent = Array(minutes.keys.sorted().dropFirst().dropLast())
        #expect(sent.count > 3)

        var configuration = KernelConfiguration(trigger: .bar)
        configuration.candleNs = Self.minute
        var capture = CaptureRig(GoldenChain.all[0], configuration)
        var next = 0
        reader = try CaptureReader(path: path)
        while let line = try reader.next() {
            let isOver = next < sent.count
                && line.receiveTimeNs / 1_000_000 > UInt64(sent[next] * 60_000 + 60_005)
            if isOver, var told = minutes[sent[next]] {
                if next % 3 == 2 { told.volume += 1 }
                let json = Array(told.json(minute: sent[next]).utf8)
                unsafe (json + [UInt8](repeating: 0, count: 64)).withUnsafeBytes {
                    unsafe capture.parse(
                        UnsafeRawBufferPointer(rebasing: $0[..<json.count]),
                        timeNs: line.receiveTimeNs, isSnapshot: false)
                }
                next += 1
            }
            capture.handle(line)
        }
        let counts = ["reconciled", "mismatched", "missing"].map {
            capture.rig.count("kernel_bars_\($0)_total")
        }
        #expect(counts == [UInt64(sent.count - sent.count / 3), UInt64(sent.count / 3), 0])
    }
}
