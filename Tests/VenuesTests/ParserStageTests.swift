//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import SeededRandom
import Messages
import Rings
import Testing
import Venues

@Suite("Parser stage")
struct ParserStageTests {
    static let instruments = [instrument("BTCUSDT"), instrument("ETHUSDT", tick: 1)]

    @Test func `each frame gets the next sequence, whatever it holds`() throws {
        let harness = try Harness(Self.instruments)
        #expect(harness.parse(Sample.trade)[0].trade.sequence == 1)
        #expect(harness.parse("garbage").isEmpty)
        #expect(harness.parse(#"{"result":null,"id":1}"#).isEmpty)
        let quotes = harness.parse(Sample.bookTicker)
        #expect(quotes.map(\.quote.sequence) == [4, 4])
        #expect(harness.signal(.timer, Harness.inbox).0[0].status.sequence == 5)
        #expect(harness.stage.sequence == 5)
        #expect(harness.counter("frames") == 5)
    }

    @Test func `both watermarks follow the last frame`() throws {
        let harness = try Harness(Self.instruments)
        for (index, text) in [Sample.trade, "garbage", Sample.depth].enumerated() {
            _ = harness.parse(text)
            #expect(harness.events.watermark() == UInt64(index + 1))
            #expect(harness.reports.watermark() == UInt64(index + 1))
        }
    }

    @Test func `a lost connection is told for each instrument it carries`() throws {
        let harness = try Harness(
            Self.instruments,
            roles: [
                .inbox, .market(instruments: [1, 0]), .orderEntry, .userStream,
                .market(instruments: [1]),
            ])
        for (kind, isUp) in [(FrameKind.connected, UInt64(1)), (.disconnected, 0)] {
            let (events, reports) = harness.signal(kind, Harness.market)
            #expect(events.map(\.status.instrumentID) == [1, 0])
            #expect(events.allSatisfy { $0.status.kind == .feedStatus && $0.status.isUp == isUp })
            #expect(Set(events.map(\.status.sequence)).count == 1)
            #expect(reports.isEmpty)
            #expect(harness.signal(kind, 4).0.map(\.status.instrumentID) == [1])
        }
        #expect(harness.signal(.connected, Harness.inbox).0.isEmpty)
    }

    @Test(arguments: [(Harness.orderEntry, UInt8(1)), (Harness.userStream, UInt8(2))])
    func `sessions come and go as reports`(connection: UInt16, session: UInt8) throws {
        let harness = try Harness(Self.instruments)
        for (kind, isUp) in [(FrameKind.connected, UInt8(1)), (.disconnected, 0)] {
            let (events, reports) = harness.signal(kind, connection)
            #expect(events.isEmpty)
            try #require(reports.count == 1)
            #expect(reports[0].execution == .session)
            #expect(reports[0].session == session)
            #expect(reports[0].isUp == isUp)
        }
    }

    @Test func `a timer is an event, and a report where somebody trades`() throws {
        let harness = try Harness(Self.instruments)
        let (events, reports) = harness.signal(.timer, Harness.inbox)
        #expect(events.map(\.market.kind) == [.timer])
        #expect(reports.map(\.execution) == [.timer])
        let silent = try Harness(
            Self.instruments, roles: [.inbox, .market(instruments: [0, 1])])
        for _ in 0..<100 {
            let (events, reports) = silent.signal(.timer, Harness.inbox)
            #expect(events.count == 1)
            #expect(reports.isEmpty)
        }
    }

    @Test func `the clock's offset keeps its sign`() throws {
        let harness = try Harness(Self.instruments)
        let context = RESTContext(kind: RESTContext.clockOffset).packed
        for (text, offset) in [("-1270000000", Int64(-1_270_000_000)), ("35", 35), ("0", 0)] {
            #expect(harness.parseREST(Array(text.utf8), context: context).isEmpty)
            let reports = harness.takeReports()
            try #require(reports.count == 1)
            #expect(reports[0].execution == .clockOffset)
            #expect(reports[0].lastPrice.rawValue == offset)
        }
        for text in ["", "x", "1.5", "99999999999999999999"] {
            #expect(harness.parseREST(Array(text.utf8), context: context).isEmpty)
            #expect(harness.takeReports().isEmpty)
        }
        #expect(harness.counter("malformed") == 4)
    }

    @Test func `frames of unknown connections, kinds and requests are counted`() throws {
        let harness = try Harness(Self.instruments)
        _ = harness.signal(FrameKind(99), Harness.market)
        _ = harness.signal(.connected, 77)
        _ = harness.parseREST(Array("{}".utf8), context: RESTContext(kind: 9).packed)
        _ = harness.report("{}", Harness.inbox)
        #expect(harness.counter("unknown_frames") == 4)
        _ = harness.signal(.binary, Harness.market)
        #expect(harness.counter("binary_frames") == 1)
    }

    @Test func `a REST tag survives packing`() {
        for kind in [UInt8.min, 1, 2, .max] {
            for id in [UInt32.min, 7, .max] {
                let context = RESTContext(kind: kind, instrumentID: id)
                #expect(RESTContext(packed: context.packed) == context)
            }
        }
    }

    @Test func `poll takes frames in order and gives their bytes back`() throws {
        let harness = try Harness(Self.instruments)
        for round in 0..<1_000 {
            harness.push(Sample.trade, Harness.market)
            harness.push(Sample.orderUpdate, Harness.userStream)
            harness.push(Sample.bookTicker, Harness.market)
            #expect(harness.stage.poll() == 3)
            let events = harness.takeEvents()
            let first = UInt64(round * 3 + 1)
            #expect(events.map(\.market.words.0) == [first, first + 2, first + 2])
            #expect(harness.takeReports().map(\.sequence) == [first + 1])
        }
        #expect(harness.stage.poll() == 0)
    }

    @Test func `one poll handles a bounded batch`() throws {
        let harness = try Harness(Self.instruments)
        for _ in 0..<(ParserStage.batchMax + 3) { harness.push(Sample.trade, Harness.market) }
        #expect(harness.stage.poll() == ParserStage.batchMax)
        #expect(harness.stage.poll() == 3)
    }

    /// Goal: a full ring behind the parser costs nothing but time. Method: consumers that take a
    /// random part between polls; every record must come, in order.
    @Test func `a full ring stalls the parser and loses nothing`() throws {
        let seed: UInt64 = 4_711
        var random = SplitMix64(seed: seed)
        let harness = try Harness(Self.instruments, reportCapacity: 4)
        // Leaves room for less than a trade's bound of records.
        let filler = Sample.depth
        var expectedEvents: [UInt64] = []
        var expectedReports: [UInt64] = []
        var events: [UInt64] = []
        var reports: [UInt64] = []
        var sequence: UInt64 = 0
        var waiting = 0
        func drain(_ share: Int) {
            var left = share
            while left > 0, let event = unsafe harness.events.peek() {
                if unsafe event.pointee.kind != .bookLevels {
                    unsafe events.append(event.pointee.words.0)
                }
                harness.events.release()
                left -= 1
            }
            left = share / 8
            while left > 0, let report = unsafe harness.reports.peek() {
                unsafe reports.append(report.pointee.sequence)
                harness.reports.release()
                left -= 1
            }
        }
        for _ in 0..<6_000 {
            while waiting < 32 {
                sequence += 1
                waiting += 1
                if Int.random(in: 0..<8, using: &random) == 0 {
                    harness.push(Sample.orderUpdate, Harness.userStream)
                    expectedReports.append(sequence)
                } else {
                    harness.push(filler, Harness.market)
                    expectedEvents.append(sequence)
                }
            }
            waiting -= harness.stage.poll()
            drain(Int.random(in: 0..<60, using: &random))
        }
        while waiting > 0 {
            waiting -= harness.stage.poll()
            drain(10_000)
        }
        drain(.max)
        #expect(events == expectedEvents, "seed \(seed)")
        #expect(reports == expectedReports, "seed \(seed)")
        #expect(harness.counter("stalls") > 100)
        #expect(harness.stage.sequence == sequence)
        #expect(harness.refusals == 0)
    }

    @Test func `a stalled frame has no sequence yet and moves no watermark`() throws {
        let harness = try Harness(Self.instruments, reportCapacity: 2)
        harness.push(Sample.orderUpdate, Harness.userStream)
        harness.push(Sample.trade, Harness.market)
        #expect(harness.stage.poll() == 1)
        #expect(harness.stage.poll() == 0)
        #expect(harness.stage.sequence == 1)
        #expect(harness.events.watermark() == 1)
        #expect(harness.counter("stalls") == 2)
        _ = harness.takeReports()
        #expect(harness.stage.poll() == 1)
        #expect(harness.takeEvents().count == 1)
        #expect(harness.events.watermark() == 2)
    }

    @Test func `an event ring that cannot take a whole frame is a programmer error`() async {
        await #expect(processExitsWith: .failure) {
            _ = try Harness([instrument("BTCUSDT")], eventCapacity: 1_024)
        }
    }

    @Test func `a symbol named twice is a programmer error`() async {
        await #expect(processExitsWith: .failure) {
            _ = try Harness([instrument("BTCUSDT"), instrument("BTCUSDT")])
        }
    }
}
