//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import CTelemetry
import Gateway
import Messages
import Pipeline
import Rings
import Telemetry
import Testing

/// Goal: every byte for a venue is offered to the journal before it leaves; under `before-send` no
/// new order leaves earlier than it is on disk, and no cancel ever waits.
@Suite("The gateway's journal")
struct GatewayJournalTests {
    /// A gateway whose journal says what is on disk when the test says so.
    ///
    /// SAFETY: used by one test on one thread; the word lives as long as the gateway.
    @safe
    private final class Journaled {
        let gateway: GatewayHarness
        private var memory: RingMemory<OutboundFrame>
        private var byteMemory: ByteRingMemory
        private var frames: RingConsumer<OutboundFrame>
        private var bytes: ByteRingConsumer
        private let durable = UnsafeMutablePointer<UInt64>.allocate(capacity: 1)

        init(capacity: Int = 64, holds: Bool, venue: Venue = .binanceUSDM) throws {
            gateway = try GatewayHarness(venue: venue)
            memory = try RingMemory(capacity: capacity)
            byteMemory = try ByteRingMemory(capacity: 1 << 20)
            frames = try memory.makeConsumer()
            bytes = try byteMemory.makeConsumer()
            unsafe durable.initialize(to: 0)
            gateway.stage.journal = unsafe OrderJournal(
                frames: try memory.makeProducer(), bytes: try byteMemory.makeProducer(),
                durable: UnsafePointer(durable), holds: holds)
        }

        deinit { unsafe durable.deallocate() }

        func setDurable(_ number: UInt64) {
            unsafe apus_word_store_release(durable, number)
            gateway.run()
        }

        /// What the gateway put in since the last call, with its bytes.
        func drain() -> [(frame: OutboundFrame, bytes: [UInt8])] {
            var result: [(OutboundFrame, [UInt8])] = []
            while let frame = unsafe frames.peek() {
                let length = unsafe Int(frame.pointee.length)
                let start = unsafe bytes.bytes(at: frame.pointee.position)
                unsafe result.append(
                    (frame.pointee, Array(UnsafeBufferPointer(start: start, count: length))))
                bytes.release(length)
                frames.release()
            }
            return result
        }

        func count(_ name: String) -> UInt64 { gateway.telemetry.counter(name).value }
    }

    @Test(arguments: [Venue.binanceUSDM, .okx])
    func `what is journaled is what is sent, byte for byte and in order`(venue: Venue) throws {
        let journaled = try Journaled(holds: false, venue: venue)
        let gateway = journaled.gateway
        gateway.send(Fixtures.place(1))
        gateway.send(Fixtures.report(.accepted, 1, isReply: 1))
        gateway.send(Fixtures.place(2, side: .sell))
        gateway.send(Fixtures.cancel(1, sequence: 9))
        let frames = journaled.drain()
        #expect(frames.flatMap(\.bytes) == gateway.sink.bytes)
        #expect(frames.map(\.frame.number) == [1, 2, 3])
        #expect(frames.map(\.frame.kind) == [.place, .place, .cancel])
        #expect(frames.allSatisfy { $0.frame.venue == venue })
    }

    @Test func `a full ring holds nothing up and is counted`() throws {
        let journaled = try Journaled(capacity: 2, holds: false)
        for id in 1...5 { journaled.gateway.send(Fixtures.place(UInt64(id))) }
        #expect(journaled.gateway.sink.frameCount == 5)
        #expect(journaled.count("gateway_journal_drops_total") == 3)
        #expect(journaled.drain().count == 2)
    }

    @Test func `before-send: an order leaves once it is on disk, and not before`() throws {
        let journaled = try Journaled(holds: true)
        let gateway = journaled.gateway
        gateway.send(Fixtures.place(1))
        gateway.send(Fixtures.place(2, side: .sell))
        #expect(gateway.sink.frameCount == 0)
        let frames = journaled.drain()
        #expect(frames.count == 2)
        journaled.setDurable(1)
        #expect(gateway.sink.bytes == frames[0].bytes)
        #expect(gateway.sink.flushCount > 0)
        journaled.setDurable(2)
        #expect(gateway.sink.bytes == frames[0].bytes + frames[1].bytes)
        journaled.setDurable(9)
        #expect(gateway.sink.frameCount == 2)
    }

    @Test func `before-send: an order that the journal has no room for is refused`() throws {
        let journaled = try Journaled(capacity: 2, holds: true)
        for id in 1...3 { journaled.gateway.send(Fixtures.place(UInt64(id))) }
        journaled.setDurable(2)
        #expect(journaled.gateway.sink.frameCount == 2)
        #expect(journaled.count("gateway_refused_write_total") == 1)
        #expect(journaled.gateway.reported.contains {
                $0.orderID == 3 && $0.execution == .rejected
            })
        #expect(journaled.gateway.stage.openOrders.map(\.orderID) == [1, 2])
    }

    @Test func `before-send: more orders than can be held are refused, never sent early`() throws {
        let journaled = try Journaled(capacity: 256, holds: true)
        for id in 1...70 { journaled.gateway.send(Fixtures.place(UInt64(id))) }
        #expect(journaled.gateway.sink.frameCount == 0)
        #expect(journaled.count("gateway_refused_write_total") == 6)
        journaled.setDurable(70)
        #expect(journaled.gateway.sink.frameCount == 64)
    }

    @Test func `before-send: a cancel goes at once, and once more behind what is held`() throws {
        let journaled = try Journaled(holds: true)
        let gateway = journaled.gateway
        gateway.send(Fixtures.place(1))
        journaled.setDurable(1)
        gateway.send(Fixtures.report(.accepted, 1, isReply: 1))
        gateway.sink.clear()
        // Of an order that is at the venue, with nothing held: once.
        gateway.send(Fixtures.place(2))
        gateway.send(Fixtures.cancel(1, sequence: 9))
        let frames = journaled.drain()
        let (second, cancel) = (frames[1].bytes, frames[2].bytes)
        #expect(gateway.sink.bytes == cancel)
        journaled.setDurable(3)
        #expect(gateway.sink.bytes == cancel + second + cancel)
    }

    @Test func `before-send: a cancel leaves although the journal is full and stuck`() throws {
        let journaled = try Journaled(capacity: 1, holds: true)
        let gateway = journaled.gateway
        gateway.send(Fixtures.place(1))
        journaled.setDurable(1)
        gateway.send(Fixtures.report(.accepted, 1, isReply: 1))
        gateway.sink.clear()
        gateway.send(Fixtures.cancel(1, sequence: 9))
        #expect(gateway.sink.frameCount == 2)
        #expect(journaled.count("gateway_journal_drops_total") == 1)
    }

    @Test func `a session that is gone when a held order is released counts it as lost`() throws {
        let journaled = try Journaled(holds: true)
        journaled.gateway.send(Fixtures.place(1))
        journaled.gateway.sink.fail(with: -107)
        journaled.setDurable(1)
        #expect(journaled.count("gateway_held_lost_total") == 1)
        #expect(journaled.gateway.sink.frameCount == 0)
        // Nobody answers: its fate is asked for, as that of any order without an answer.
        journaled.gateway.pass(ms: 2_000)
        #expect(journaled.gateway.stage.openOrders.map(\.orderID) == [1])
        #expect(journaled.gateway.stage.openOrders[0].state.status == .unknown)
    }
}
