//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Messages
import Quality
import Testing

@Suite("Markouts")
struct MarkoutTests {
    /// A purchase of 2 lots at 1002; the mid is told just before, at and behind each horizon.
    @Test func `each horizon takes the first mid at or after its time`() {
        let desk = Desk()
        desk.quote(0, 1_000, 1_002)
        desk.send(0, 1, .buy, 2, at: 1_002)
        desk.fill(0, 1, 2, at: 1_002)
        desk.quote(99.999_999, 2_000, 2_002)
        #expect(desk.row.judged == [0, 0, 0, 0, 0])
        desk.quote(100, 1_002, 1_004)  // Mid 1003: a gain of 1.
        #expect(desk.row.judged == [1, 0, 0, 0, 0])
        desk.quote(1_500, 1_000, 1_002)  // The first one behind a second: a loss of 1.
        desk.quote(5_000, 1_001, 1_003)
        desk.quote(40_000, 1_012, 1_014)
        #expect(desk.row.waiting == [0, 0, 0, 0, 1])
        #expect(desk.fills.isEmpty)
        desk.quote(300_000, 903, 905)
        #expect(desk.row.gains == [2, -2, 0, 22, -196].map { money($0) })
        #expect(desk.row.waiting == [0, 0, 0, 0, 0])
        #expect(abs(Double(bitPattern: desk.row.markoutBits.0) - 1e4 / 1_002) < 1e-9)
        #expect(desk.fills.count == 1)
        let after = (0..<5).map { desk.fills[0].markoutTwice($0) }
        #expect(after == [2, -2, 0, 22, -196])
    }

    @Test func `a sale gains when the mid falls`() {
        let desk = Desk()
        desk.quote(0, 1_000, 1_002)
        desk.send(0, 1, .sell, 2, at: 1_000)
        desk.fill(0, 1, 2, at: 1_000)
        desk.quote(100, 990, 992)
        #expect(desk.row.gains[0] == money(18))
    }

    @Test func `what is not resolved at the end is counted and told`() {
        let desk = Desk()
        desk.quote(0, 1_000, 1_002)
        desk.send(0, 1, .buy, 4, at: 1_002)
        for index in 0..<4 { desk.fill(Double(index) * 400, 1, 1, at: 1_002) }
        desk.quote(1_250, 1_000, 1_002)
        desk.finish()
        #expect(desk.row.judged == [3, 1, 0, 0, 0])
        #expect(desk.row.waiting == [1, 3, 4, 4, 4])
        #expect(desk.fills.map(\.tradeID) == [1, 2, 3, 4])
        #expect(desk.fills.map { $0.markoutTwice(0) } == [-2, -2, -2, nil])
    }

    @Test func `a quote of another instrument or without a valid book judges nothing`() {
        let desk = Desk(values: [100_000_000, 100_000_000])
        desk.quote(0, 1_000, 1_002)
        desk.send(0, 1, .buy, 1, at: 1_002)
        desk.fill(0, 1, 1, at: 1_002)
        desk.quote(200, 500, 502, on: 1)
        desk.quote(300, 500, 502, isValid: false)
        desk.quote(300, 0, 502)
        desk.quote(300, 502, 500)
        #expect(desk.row.judged == [0, 0, 0, 0, 0])
    }

    @Test func `more fills than may wait are told at once and counted`() {
        let desk = Desk(fillsWaitingMax: 2)
        desk.quote(0, 1_000, 1_002)
        desk.send(0, 1, .buy, 3, at: 1_002)
        for _ in 0..<3 { desk.fill(1, 1, 1, at: 1_002) }
        #expect(desk.tracker.losses.markouts == 1)
        #expect(desk.fills.map(\.tradeID) == [3])
        #expect(desk.row.waiting == [3, 3, 3, 3, 3])
        desk.quote(400_000, 1_002, 1_004)
        desk.fill(400_001, 1, 1, at: 1_002)
        #expect(desk.tracker.losses.markouts == 1)
    }

    /// Method: 20,000 fills wait at a time and every quote comes between two fills; the work would
    /// be 10^9 steps if a quote looked at all that wait.
    @Test func `a fill is judged once for each horizon, however many wait`() {
        let desk = Desk(fillsWaitingMax: 100_000)
        desk.quote(0, 1_000, 1_002)
        for index in 0..<60_000 {
            let ms = Double(index) * 15
            desk.quote(ms, 1_000, 1_002)
            desk.fill(ms, 0, 1, at: 1_001, side: index % 2 == 0 ? .buy : .sell)
        }
        let last = 60_000 * 15 - 15
        let due = [100, 1_000, 5_000, 30_000, 300_000].map { UInt64((last - $0) / 15 + 1) }
        #expect(desk.row.judged == due)
        #expect(desk.fills.count == Int(due[4]))
    }
}
