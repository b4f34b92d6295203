//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import Indicators
import Messages
import Rings
import Testing

@Suite("Time bars")
struct BarTests {
    static let second: UInt64 = 1_000_000_000

    @Test func `a bar covers its first nanosecond and not its last bound`() {
        var rig = Rig()
        var written = rig.take(
            Records.trade(1, 5 * Self.second, .buy, 100, 1)
                + Records.trade(2, 6 * Self.second - 1, .sell, 98, 2))
        #expect(written.bars.isEmpty)
        written = rig.take(Records.trade(3, 6 * Self.second, .buy, 103, 4))
        #expect(written.bars.count == 1)
        let bar = written.bars[0]
        #expect(bar.openTimeNs == 5 * Self.second)
        #expect(bar.timeframeNs == Self.second)
        #expect(bar.ingressTimeNs == 6 * Self.second)
        #expect(bar.sequence == 3)
        #expect(
            [bar.open, bar.high, bar.low, bar.close].map(\.rawValue) == [100, 100, 98, 98])
        #expect(bar.volume.rawValue == 3)
        #expect(bar.tradeCount == 2)
        written = rig.take(Records.status(4, 7 * Self.second, .timer))
        #expect(written.bars.map(\.open.rawValue) == [103])
    }

    @Test func `every kind of record of the instrument closes a bar`() {
        let after = 2 * Self.second
        for records in [
            Records.trade(9, after, .buy, 1, 1), Records.mark(9, after, 5),
            Records.quote(9, after, id: 1, bid: (1, 1), ask: (2, 1)),
            Records.book(9, after, first: 1, last: 2, previous: 0),
            Records.status(9, after, .timer), Records.status(9, after, .feedStatus, isUp: true),
        ] {
            var rig = Rig()
            rig.take(Records.trade(1, Self.second, .buy, 100, 1))
            #expect(rig.take(records).bars.count == 1)
        }
    }

    @Test func `bars without trades carry the close and no volume`() {
        var rig = Rig()
        rig.take(Records.trade(1, 10 * Self.second, .buy, 100, 7))
        let bars = rig.take(Records.status(2, 13 * Self.second, .timer)).bars
        #expect(bars.map(\.openTimeNs) == [10, 11, 12].map { $0 * Self.second })
        #expect(bars.map(\.volume.rawValue) == [7, 0, 0])
        #expect(bars.map(\.tradeCount) == [1, 0, 0])
        #expect(bars.allSatisfy { $0.open.rawValue == 100 && $0.low.rawValue == 100 })
    }

    @Test func `a long silence is filled with 120 bars and then jumped over`() {
        var rig = Rig()
        rig.take(Records.trade(1, 10 * Self.second, .buy, 100, 7))
        var written = rig.take(Records.trade(2, 10_000 * Self.second, .buy, 110, 1))
        #expect(written.bars.count == 121)
        #expect(written.bars.last?.openTimeNs == 130 * Self.second)
        #expect(rig.count("kernel_bar_jumps_total") == 1)
        written = rig.take(Records.status(3, 10_001 * Self.second, .timer))
        #expect(written.bars.map(\.openTimeNs) == [10_000 * Self.second])
        #expect(written.bars.map(\.open.rawValue) == [110])
    }

    @Test func `a quiet market with timers gets a bar each time, without bound`() {
        var rig = Rig()
        rig.take(Records.trade(1, Self.second, .buy, 100, 7))
        var count = 0
        for index in 2...300 {
            let timer = Records.status(UInt64(index), UInt64(index) * Self.second, .timer)
            count += rig.take(timer).bars.count
        }
        #expect(count == 299)
        #expect(rig.count("kernel_bar_jumps_total") == 0)
    }

    @Test func `every time frame has its own bars`() {
        var rig = Rig(
            KernelConfiguration(
                timeframesNs: [Self.second, 3 * Self.second, 60 * Self.second],
                bookWindowTicks: 4_096, farLevelsMax: 64))
        var bars: [Bar] = []
        for index in 0..<61 {
            bars +=
                rig.take(
                    Records.trade(
                        UInt64(index + 1), UInt64(index + 60) * Self.second, .buy,
                        Int64(index + 1), 1)
                ).bars
        }
        #expect(bars.filter { $0.timeframeNs == Self.second }.count == 60)
        #expect(bars.filter { $0.timeframeNs == 3 * Self.second }.count == 20)
        let minute = bars.filter { $0.timeframeNs == 60 * Self.second }
        #expect(minute.map(\.high.rawValue) == [60])
        #expect(minute.map(\.volume.rawValue) == [60])
    }

    @Test func `an unread tap drops bars, counts them and stalls nothing`() {
        var rig = Rig()
        for index in 1...2_000 {
            rig.push(Records.trade(UInt64(index), UInt64(index) * Self.second, .buy, 100, 1))
            rig.run()
            while unsafe rig.references.peek() != nil { rig.references.release() }
        }
        #expect(rig.count("kernel_bars_dropped_total") == 1_999 - 1_024)
        #expect(rig.count("kernel_indicators_dropped_total") == 1_999 - 1_024)
    }
}
