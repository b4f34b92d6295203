//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import SeededRandom
import CTelemetry
import Indicators
import Messages
import Telemetry
import Testing

@Suite("Kernel stage")
struct KernelStageTests {
    @Test func `a synchronised book gives a quote, a vector and a status row`() {
        var rig = Rig()
        let written = rig.take(Records.sync(1_000_000))
        #expect(written.requests.isEmpty)
        #expect(written.references.map(\.kind) == [.quote])
        #expect(written.references[0].bid.rawValue == 100)
        #expect(written.references[0].ask.rawValue == 101)
        #expect(written.references[0].isBookValid == 1)
        #expect(written.features.count == 1)
        #expect(written.features[0].sequence == 2)
        #expect(written.features[0].bidQuantity.rawValue == 5)
        #expect(written.features[0].isWarm == 0)
        let row = rig.telemetry.reader.instruments[0]
        #expect(row.symbol == "BTC-USDT")
        #expect(row.venue == "binance-usdm")
        #expect(row.status.bid == 100)
        #expect(row.status.isBookValid == 1)
        #expect(row.status.levelCount == 2)
        #expect(row.status.messages == 2)
        #expect(row.status.resyncs == 1)
    }

    @Test func `the first update asks for a snapshot and gives no vector`() {
        var rig = Rig()
        let written = rig.take(
            Records.book(1, 1_000_000, first: 1, last: 5, previous: 0, bids: [(100, 1)]))
        #expect(written.requests.count == 1)
        #expect(written.requests[0].sequence == 1)
        #expect(written.requests[0].attempt == 0)
        #expect(written.features.isEmpty)
        #expect(written.references.allSatisfy { $0.isBookValid == 0 })
    }

    @Test func `the newer of book and fast quote is the top`() {
        var rig = Rig()
        rig.take(Records.sync(1_000_000))
        // Older than the book: no effect.
        var written = rig.take(Records.quote(3, 2_000_000, id: 109, bid: (90, 1), ask: (95, 1)))
        #expect(written.features.isEmpty)
        // Newer: it overlays, and the book stays as it is.
        written = rig.take(Records.quote(4, 3_000_000, id: 115, bid: (102, 2), ask: (104, 3)))
        #expect(written.features.map(\.bid.rawValue) == [102])
        #expect(written.features.map(\.askQuantity.rawValue) == [3])
        #expect(written.references.map(\.bid.rawValue) == [102])
        #expect(rig.kernel.quote(of: 0).bid.rawValue == 100)
        #expect(rig.kernel.quote(of: 0).updateID == 110)
        // A book update that does not reach it: the overlay stays.
        written = rig.take(
            Records.book(
                5, 4_000_000, first: 111, last: 114, previous: 110, bids: [(99, 1)]))
        #expect(written.features.isEmpty)
        // One that reaches it: the book is the top again.
        written = rig.take(
            Records.book(
                6, 5_000_000, first: 115, last: 115, previous: 114, bids: [(102, 2)],
                asks: [(101, 0), (103, 3)]))
        #expect(written.features.map(\.ask.rawValue) == [103])
    }

    @Test func `a venue that counts from a lower number on has no newer quote than its book`() {
        var rig = Rig(instruments: [makeInstrument(venue: .okx)])
        rig.take(
            Records.book(
                1, 1_000_000, first: 100, last: 100, previous: 0, bids: [(100, 5)],
                asks: [(101, 5)], isSnapshot: true, isInStream: true))
        #expect(rig.kernel.quote(of: 0).updateID == 100)
        rig.take(
            Records.quote(
                2, 2_000_000, id: 120, bid: (102, 1), ask: (105, 1), venueTimeNs: 2_000_000))
        // Maintenance: the chain goes on at 3, and the quote of before is forgotten.
        let written = rig.take(
            Records.book(
                3, 3_000_000, first: 100, last: 3, previous: 100, bids: [(99, 2)],
                venueTimeNs: 3_000_000))
        #expect(written.features.map(\.bid.rawValue) == [100])
        #expect(rig.kernel.quote(of: 0).updateID == 3)
        // A snapshot in the stream replaces a book that is in sync.
        let replaced = rig.take(
            Records.book(
                4, 4_000_000, first: 50, last: 50, previous: 0, bids: [(90, 1)], asks: [(91, 1)],
                isSnapshot: true, isInStream: true))
        #expect(replaced.features.map(\.ask.rawValue) == [91])
        #expect(rig.telemetry.reader.instruments[0].status.gaps == 0)
    }

    /// Tickers of OKX carry no sequence number, so their update id says nothing beside a book's.
    @Test func `where quotes are not counted with the book, the newer by the venue's time counts`() {
        var rig = Rig(instruments: [makeInstrument(venue: .okx)])
        rig.take(
            Records.book(
                1, 1_000_000, first: 9_000_000, last: 9_000_000, previous: 0, bids: [(100, 5)],
                asks: [(103, 5)], isSnapshot: true, isInStream: true, venueTimeNs: 1_000_000))
        let newer = rig.take(
            Records.quote(
                2, 2_000_000, id: 2, bid: (101, 1), ask: (102, 1), venueTimeNs: 2_000_000))
        #expect(newer.features.map(\.bid.rawValue) == [101])
        // A book of the same time holds what the quote said.
        let book = rig.take(
            Records.book(
                3, 3_000_000, first: 9_000_000, last: 9_000_007, previous: 9_000_000,
                asks: [(104, 1)], venueTimeNs: 2_000_000))
        #expect(book.features.map(\.bid.rawValue) == [100])
        // One that is older than the last quote changes nothing.
        let older = rig.take(
            Records.quote(
                4, 4_000_000, id: 99_999_999, bid: (99, 1), ask: (105, 1), venueTimeNs: 1_900_000))
        #expect(older.features.isEmpty)
        #expect(rig.kernel.quote(of: 0).bid.rawValue == 100)
    }

    @Test func `a crossed fast quote makes the book invalid until it is passed`() {
        var rig = Rig()
        rig.take(Records.sync(1_000_000))
        var written = rig.take(Records.quote(3, 2_000_000, id: 120, bid: (105, 1), ask: (105, 1)))
        #expect(written.features.isEmpty)
        #expect(written.references.map(\.isBookValid) == [0])
        #expect(rig.kernel.isBookValid(of: 0) == false)
        written = rig.take(Records.quote(4, 3_000_000, id: 121, bid: (104, 1), ask: (105, 1)))
        #expect(written.references.map(\.isBookValid) == [1])
        #expect(written.features.count == 1)
    }

    @Test func `halves of different best bid and offer messages do not pair`() {
        var rig = Rig()
        rig.take(Records.sync(1_000_000))
        let first = Records.quote(3, 2_000_000, id: 120, bid: (102, 1), ask: (105, 1))
        let second = Records.quote(4, 2_000_000, id: 121, bid: (102, 1), ask: (105, 1))
        let written = rig.take([first[0], second[1]])
        #expect(written.features.isEmpty)
        #expect(rig.count("kernel_events_malformed_total") == 1)
    }

    @Test func `a gap withdraws the book at once and a snapshot restores it`() {
        var rig = Rig()
        rig.take(Records.sync(1_000_000))
        rig.take(Records.quote(3, 1_000_001, id: 500, bid: (100, 9), ask: (101, 9)))
        var written = rig.take(
            Records.book(4, 2_000_000, first: 200, last: 210, previous: 199, bids: [(99, 1)]))
        #expect(written.references.map(\.kind) == [.status])
        #expect(written.references.map(\.isBookValid) == [0])
        #expect(written.requests.count == 1)
        #expect(written.features.isEmpty)
        // The fast quote of the time before is gone too: ids may have started anew.
        written = rig.take(
            Records.book(
                5, 3_000_000, first: 205, last: 205, previous: 0, bids: [(100, 5)],
                asks: [(101, 5)], isSnapshot: true))
        #expect(written.references.map(\.isBookValid) == [1])
        #expect(written.references.map(\.bid.rawValue) == [100])
        #expect(rig.telemetry.reader.instruments[0].status.gaps == 1)
    }

    @Test func `a lost connection makes the book invalid at once`() {
        var rig = Rig()
        rig.take(Records.sync(1_000_000))
        var written = rig.take(Records.status(3, 2_000_000, .feedStatus))
        #expect(written.references.map(\.isBookValid) == [0])
        #expect(written.requests.isEmpty)
        #expect(rig.kernel.quote(of: 0).bid.rawValue == 0)
        #expect(rig.telemetry.reader.instruments[0].status.isBookValid == 0)
        written = rig.take(Records.status(4, 3_000_000, .feedStatus, isUp: true))
        #expect(written.requests.isEmpty)
        written = rig.take(Records.book(5, 4_000_000, first: 1, last: 2, previous: 0))
        #expect(written.requests.count == 1)
    }

    @Test func `trades and marks reach risk, and freshness is told every 100 ms`() {
        var rig = Rig()
        rig.take(Records.sync(1_000_000_000))
        var written = rig.take(Records.trade(3, 1_050_000_000, .sell, 99, 4))
        #expect(written.references.map(\.kind) == [.last])
        #expect(written.references[0].price.rawValue == 99)
        written = rig.take(Records.mark(4, 1_060_000_000, 100))
        #expect(written.references.map(\.kind) == [.mark])
        #expect(written.references[0].price.rawValue == 100)
        // Nothing changes: told again once 100 ms of record time have passed.
        written = rig.take(
            Records.book(5, 1_159_999_999, first: 111, last: 111, previous: 110))
        #expect(written.references.isEmpty)
        written = rig.take(
            Records.book(6, 1_160_000_000, first: 112, last: 112, previous: 111))
        #expect(written.references.map(\.kind) == [.status])
        #expect(written.references[0].isBookValid == 1)
        #expect(written.references[0].ingressTimeNs == 1_160_000_000)
    }

    @Test(
        arguments: [
            (Side.none, 100, 1), (Side(rawValue: 255), 100, 1), (Side.buy, 0, 1),
            (Side.buy, 100, 0),
            (Side.sell, Int64.max, 1), (Side.sell, 100, Int64.min),
        ] as [(Side, Int64, Int64)])
    func `a trade out of range is counted and changes nothing`(
        side: Side, price: Int64, quantity: Int64
    ) {
        var rig = Rig()
        let written = rig.take(Records.trade(1, 1, side, price, quantity))
        #expect(written.references.isEmpty)
        #expect(rig.count("kernel_trades_refused_total") == 1)
    }

    @Test func `foreign instruments and unknown kinds are counted`() {
        var rig = Rig()
        rig.take(Records.trade(1, 1, .buy, 100, 1, instrument: 9))
        #expect(rig.count("kernel_instrument_unknown_total") == 1)
        var event = Records.trade(2, 2, .buy, 100, 1)[0]
        event.kind = EventKind(rawValue: 255)
        rig.take([event])
        #expect(rig.count("kernel_events_malformed_total") == 1)
    }

    @Test func `a frame of several records gives one vector`() {
        var rig = Rig(
            KernelConfiguration(
                trigger: .trade, timeframesNs: [1_000_000_000], bookWindowTicks: 4_096,
                farLevelsMax: 64))
        rig.take(Records.sync(1_000_000))
        var trades = Records.trade(3, 2_000_000, .buy, 101, 1)
        trades[0].flags = EventFlags(rawValue: 0)
        let written = rig.take(trades + Records.trade(3, 2_000_000, .buy, 102, 1))
        #expect(written.features.count == 1)
        #expect(written.references.map(\.price.rawValue) == [101, 102])
    }

    @Test func `a frame without an end is finished when the next record shows it`() {
        var rig = Rig(
            KernelConfiguration(
                trigger: .trade, timeframesNs: [1_000_000_000], bookWindowTicks: 4_096,
                farLevelsMax: 64))
        rig.take(Records.sync(1_000_000))
        var trade = Records.trade(3, 2_000_000, .buy, 101, 1)
        trade[0].flags = EventFlags(rawValue: 0)
        #expect(rig.take(trade).features.isEmpty)
        let written = rig.take(Records.trade(4, 3_000_000, .buy, 102, 1))
        #expect(written.features.map(\.sequence) == [3, 4])
    }

    @Test func `an interval gives one vector at each of its multiples, timers included`() {
        var rig = Rig(
            KernelConfiguration(
                trigger: .interval, intervalNs: 10_000_000, timeframesNs: [1_000_000_000],
                bookWindowTicks: 4_096, farLevelsMax: 64))
        #expect(rig.take(Records.sync(1_000_000)).features.count == 1)
        #expect(rig.take(Records.trade(3, 9_999_999, .buy, 101, 1)).features.isEmpty)
        #expect(rig.take(Records.trade(4, 10_000_000, .buy, 101, 1)).features.count == 1)
        #expect(rig.take(Records.status(5, 35_000_000, .timer)).features.count == 1)
        #expect(rig.take(Records.status(6, 39_999_999, .timer)).features.isEmpty)
        #expect(rig.take(Records.status(7, 40_000_000, .timer)).features.count == 1)
    }

    @Test func `a bar's close gives a vector, by a timer too`() {
        var rig = Rig(
            KernelConfiguration(
                trigger: .bar, timeframesNs: [1_000_000_000], bookWindowTicks: 4_096,
                farLevelsMax: 64))
        rig.take(Records.sync(1_000_000) + Records.trade(3, 2_000_000, .buy, 101, 1))
        #expect(rig.take(Records.status(4, 999_999_999, .timer)).features.isEmpty)
        let written = rig.take(Records.status(5, 1_000_000_000, .timer))
        #expect(written.features.map(\.trigger) == [.bar])
        #expect(written.bars.count == 1)
    }

    /// Goal: a full ring loses nothing and changes nothing.
    /// Method: the same records into a kernel whose outputs hold 4 records and are emptied only
    /// when it stalls, and into one with ample room; all bytes are compared.
    @Test func `full outputs stall the stage and lose nothing`() {
        let instruments = [
            makeInstrument(), makeInstrument("ETH-USDT"), makeInstrument("SOL-USDT"),
        ]
        let configuration = KernelConfiguration(
            trigger: .interval, intervalNs: 1_000, timeframesNs: [1_000_000],
            bookWindowTicks: 4_096, farLevelsMax: 64)
        var records: [MarketEvent] = []
        for id in 0..<3 {
            records += Records.sync(1_000, instrument: UInt32(id), sequence: UInt64(id * 2 + 1))
        }
        for index in 0..<200 {
            let sequence = UInt64(index + 10)
            let timeNs = UInt64(index) * 100_000 + 10_000
            records += Records.trade(
                sequence, timeNs, .buy, 101, 1, instrument: UInt32(index % 3))
            if index % 10 == 9 { records += Records.status(sequence + 1_000, timeNs + 1, .timer) }
        }
        // Sequences must grow.
        var sequence: UInt64 = 0
        for index in records.indices where records[index].kind != .bookLevels {
            sequence += 1
            records[index].words.0 = sequence
        }
        var ample = Rig(configuration, instruments: instruments)
        let expected = ample.take(records)
        #expect(ample.count("kernel_ring_full_total") == 0)

        var tight = Rig(configuration, instruments: instruments, outputCapacity: 4)
        tight.push(records)
        var written = Written()
        for _ in 0..<10_000 {
            let handled = tight.kernel.poll()
            let part = tight.drain()
            written.append(part)
            if handled == 0 && part.bytes.isEmpty { break }
        }
        #expect(tight.count("kernel_ring_full_total") > 0)
        #expect(written.features.count == expected.features.count)
        let isEqual = written.bytes == expected.bytes
        #expect(isEqual)
    }

    /// Goal: the outcome does not depend on batches.
    /// Method: random traffic handed over one by one and at once; all bytes are compared.
    @Test(arguments: [1, 2] as [UInt64])
    func `records one by one or at once give the same bytes`(seed: UInt64) {
        print("kernel batches: seed \(seed)")
        let records = Traffic.make(seed: seed, count: 600)
        var single = Rig()
        var written = Written()
        for record in records { written.append(single.take([record])) }
        var batch = Rig()
        let expected = batch.take(records)
        #expect(expected.features.count > 100)
        let isEqual = written.bytes == expected.bytes
        #expect(isEqual)
    }

    @Test func `the outputs' watermark follows the events and never passes a waiting record`() {
        var rig = Rig()
        rig.push(Records.sync(1_000_000))
        rig.advanceEvents(to: 2)
        rig.run()
        #expect(rig.featureWatermark() == 2)
        rig.advanceEvents(to: 9)
        _ = rig.kernel.poll()
        #expect(rig.featureWatermark() == 9)
        // A header waits for its levels: sequence 10 is not complete.
        let update = Records.book(
            10, 2_000_000, first: 111, last: 112, previous: 110, bids: [(100, 7)])
        rig.push([update[0]])
        _ = rig.kernel.poll()
        #expect(rig.featureWatermark() == 9)
        rig.push([update[1]])
        rig.advanceEvents(to: 10)
        rig.run()
        #expect(rig.featureWatermark() == 10)
    }
}

/// Plausible random traffic of one synchronised instrument.
enum Traffic {
    static func make(seed: UInt64, count: Int, stepNs: UInt64 = 7_000_000) -> [MarketEvent] {
        var random = SplitMix64(seed: seed)
        var bids: [Level] = []
        var asks: [Level] = []
        for level in 0..<12 {
            bids.append((10_000 - Int64(level), 10))
            asks.append((10_001 + Int64(level), 10))
        }
        var records = Records.sync(1_000_000_000, bids: bids, asks: asks)
        var timeNs: UInt64 = 1_000_000_000
        var id: UInt64 = 110
        for index in 0..<count {
            timeNs += UInt64.random(in: 0...2 * stepNs, using: &random)
            let sequence = UInt64(index + 3)
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                records += Records.trade(
                    sequence, timeNs, Bool.random(using: &random) ? .buy : .sell,
                    10_000 + Int64.random(in: -3...3, using: &random),
                    Int64.random(in: 1...50, using: &random))
            case 1:
                records += Records.quote(
                    sequence, timeNs, id: id + UInt64.random(in: 0...3, using: &random),
                    bid: (10_000, Int64.random(in: 1...99, using: &random)),
                    ask: (10_001, Int64.random(in: 1...99, using: &random)))
            default:
                let price = Int64.random(in: 0..<12, using: &random)
                let best = index % 5 == 0
                records += Records.book(
                    sequence, timeNs, first: id + 1, last: id + 2, previous: id,
                    bids: [
                        (10_000 - price, Int64.random(in: best ? 1...9 : 0...9, using: &random))
                    ],
                    asks: [(10_001 + price, Int64.random(in: 1...9, using: &random))])
                id += 2
            }
        }
        return records
    }
}
