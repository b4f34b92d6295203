//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import Messages
import Platform
import Rings
import Synchronization
import Testing

/// Goal: whoever reads along sees every message whole and in order, or is told how many it missed.
@Suite("Reading along a ring")
struct RingFollowerTests {
    private static func send(_ number: UInt64, _ producer: inout RingProducer<Trade>) {
        guard let slot = unsafe producer.claim() else { return }
        unsafe slot.pointee = Trade()
        unsafe slot.pointee.sequence = number
        unsafe slot.pointee.tradeID = ~number
        producer.publish()
    }

    @Test func `each message comes once, released or not`() throws {
        var memory = try RingMemory<Trade>(capacity: 64)
        var follower = memory.follower
        var producer = try memory.makeProducer()
        var consumer = try memory.makeConsumer()
        var trade = Trade()
        #expect(unsafe follower.take(&trade) == .nothing)
        for number in 0..<200 as Range<UInt64> {
            Self.send(number, &producer)
            if number % 2 == 0, unsafe consumer.peek() != nil { consumer.release() }
            if number % 2 == 1 { while unsafe consumer.peek() != nil { consumer.release() } }
            #expect(unsafe follower.take(&trade) == .message)
            #expect(trade.sequence == number)
            #expect(follower.lag == 0)
        }
        #expect(unsafe follower.take(&trade) == .nothing)
    }

    @Test func `one that falls behind is told how many it missed`() throws {
        var memory = try RingMemory<Trade>(capacity: 64)
        var follower = memory.follower
        var producer = try memory.makeProducer()
        var consumer = try memory.makeConsumer()
        for number in 0..<1_000 as Range<UInt64> {
            Self.send(number, &producer)
            _ = unsafe consumer.peek()
            consumer.release()
        }
        var trade = Trade()
        guard case .lost(let count) = unsafe follower.take(&trade) else {
            Issue.record("nothing was lost")
            return
        }
        var seen: [UInt64] = []
        while unsafe follower.take(&trade) == .message { seen.append(trade.sequence) }
        #expect(seen == Array(count..<1_000))
        #expect(count > 900 && count < 1_000)
    }

    @Test func `beside a fast producer no message is torn or told twice`() throws {
        var memory = try RingMemory<Trade>(capacity: 256)
        var follower = memory.follower
        let producer = Mutex(Box(try memory.makeProducer()))
        let consumer = Mutex(Box(try memory.makeConsumer()))
        let total: UInt64 = 200_000
        let sender = try PlatformThread(name: "sender") {
            producer.withLock { box in
                consumer.withLock { other in
                    for number in 0..<total {
                        Self.send(number, &box.end)
                        if unsafe other.end.peek() != nil { other.end.release() }
                    }
                }
            }
        }
        var (next, lost): (UInt64, UInt64) = (0, 0)
        var trade = Trade()
        var torn = 0
        while next < total {
            switch unsafe follower.take(&trade) {
            case .message:
                if trade.sequence != next || trade.tradeID != ~next { torn += 1 }
                next += 1
            case .lost(let count):
                lost += count
                next += count
            case .nothing: CurrentThread.sleep(ns: 1_000)
            }
        }
        sender.join()
        #expect(torn == 0)
        #expect(next == total)
    }

    private struct Box<End: ~Copyable>: ~Copyable {
        var end: End
        init(_ end: consuming End) { self.end = end }
    }

    @Test func `bytes are copied until half a ring of others came`() throws {
        var memory = try ByteRingMemory(capacity: 8_192)
        let inspector = memory.inspector
        var producer = try memory.makeProducer()
        var consumer = try memory.makeConsumer()
        let target = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 8)
        defer { unsafe target.deallocate() }
        for index in 0..<64 { unsafe producer.bytes(at: 0)[index] = UInt8(index) }
        producer.commit(64)
        consumer.release(64)
        #expect(unsafe inspector.copy(0, 64, to: target))
        #expect(unsafe target.load(fromByteOffset: 63, as: UInt8.self) == 63)
        producer.commit(4_032)
        consumer.release(4_032)
        #expect(unsafe inspector.copy(0, 64, to: target))
        producer.commit(1)
        #expect(unsafe !inspector.copy(0, 64, to: target))
    }
}
