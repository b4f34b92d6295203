//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import CRing
import Platform
import Testing

import Rings

@Suite("SPSC ring")
struct RingTests {
    private func ring(_ capacity: Int) throws -> RingMemory<OrderIntent> {
        try RingMemory<OrderIntent>(capacity: capacity)
    }

    @Test func `an empty ring gives nothing`() throws {
        var memory = try ring(4)
        var consumer = try memory.makeConsumer()
        let message = unsafe consumer.peek()
        #expect(unsafe message == nil)
        #expect(memory.depth == 0)
    }

    @Test(arguments: [1, 2, 8, 64])
    func `messages come out in the order they went in, unchanged`(capacity: Int) throws {
        var memory = try ring(capacity)
        var producer = try memory.makeProducer()
        var consumer = try memory.makeConsumer()
        for index in 0..<UInt64(5 * capacity) {
            let claimed = unsafe producer.claim()
            let sent = try unsafe #require(claimed)
            unsafe sent.pointee = OrderIntent()
            unsafe sent.pointee.sequence = index
            unsafe sent.pointee.orderID = ~index
            producer.publish()
            let peeked = unsafe consumer.peek()
            let taken = try unsafe #require(peeked)
            #expect(unsafe taken.pointee.sequence == index)
            #expect(unsafe taken.pointee.orderID == ~index)
            consumer.release()
        }
        #expect(memory.depth == 0)
    }

    @Test func `a full ring refuses a claim and loses nothing`() throws {
        var memory = try ring(4)
        var producer = try memory.makeProducer()
        var consumer = try memory.makeConsumer()
        for index in 0..<4 { try put(UInt64(index), into: &producer) }
        let refused = unsafe producer.claim()
        #expect(unsafe refused == nil)
        #expect(memory.depth == 4)
        #expect(try take(from: &consumer) == 0)
        try put(4, into: &producer)
        let again = unsafe producer.claim()
        #expect(unsafe again == nil)
        for index in 1...4 { #expect(try take(from: &consumer) == UInt64(index)) }
        #expect(memory.depth == 0)
    }

    @Test func `a claimed message is not seen before it is published`() throws {
        var memory = try ring(4)
        var producer = try memory.makeProducer()
        var consumer = try memory.makeConsumer()
        let claimed = unsafe producer.claim()
        unsafe try #require(claimed).pointee.sequence = 9
        let early = unsafe consumer.peek()
        #expect(unsafe early == nil)
        producer.publish()
        #expect(try take(from: &consumer) == 9)
    }

    @Test func `a peeked message stays until it is released`() throws {
        var memory = try ring(2)
        var producer = try memory.makeProducer()
        var consumer = try memory.makeConsumer()
        try put(1, into: &producer)
        try put(2, into: &producer)
        for _ in 0..<3 {
            let peeked = unsafe consumer.peek()
            #expect(unsafe try #require(peeked).pointee.sequence == 1)
        }
        consumer.release()
        #expect(try take(from: &consumer) == 2)
    }

    @Test func `room is told exactly`() throws {
        var memory = try ring(4)
        var producer = try memory.makeProducer()
        var consumer = try memory.makeConsumer()
        for filled in 0...4 {
            for wanted in 0...5 {
                let hasRoom = producer.hasRoom(wanted)
                #expect(hasRoom == (wanted <= 4 - filled), "\(filled) filled, \(wanted) wanted")
            }
            if filled < 4 { try put(0, into: &producer) }
        }
        _ = try take(from: &consumer)
        let hasOne = producer.hasRoom(1)
        let hasTwo = producer.hasRoom(2)
        #expect(hasOne)
        #expect(!hasTwo)
    }

    @Test func `messages of several lines are kept apart`() throws {
        var memory = try RingMemory<FeatureVector>(capacity: 2)
        var producer = try memory.makeProducer()
        var consumer = try memory.makeConsumer()
        for index in 0..<UInt64(9) {
            let claimed = unsafe producer.claim()
            let sent = try unsafe #require(claimed)
            unsafe withUnsafeMutableBytes(of: &sent.pointee) { bytes in
                for at in bytes.indices { unsafe bytes[at] = UInt8(index) }
            }
            producer.publish()
            let peeked = unsafe consumer.peek()
            let taken = try unsafe #require(peeked)
            let isWhole = unsafe withUnsafeBytes(of: taken.pointee) { bytes in
                unsafe bytes.allSatisfy { $0 == UInt8(index) }
            }
            #expect(isWhole)
            consumer.release()
        }
    }

    @Test func `a second end of either kind is refused`() throws {
        var memory = try ring(4)
        _ = try memory.makeProducer()
        _ = try memory.makeConsumer()
        #expect(throws: RingError.endTaken) { _ = try memory.makeProducer() }
        #expect(throws: RingError.endTaken) { _ = try memory.makeConsumer() }
    }

    @Test func `a capacity that is no power of two is a programmer error`() async {
        await #expect(processExitsWith: .failure) {
            _ = try RingMemory<OrderIntent>(capacity: 6)
        }
    }

    @Test func `a watermark says that nothing up to it is still to come`() throws {
        var memory = try ring(4)
        var producer = try memory.makeProducer()
        var consumer = try memory.makeConsumer()
        #expect(consumer.watermarkNow() == 0)
        try put(5, into: &producer)
        producer.advanceWatermark(to: 7)
        let mark = consumer.watermarkNow()
        #expect(mark == 7)
        // Loaded before the peek: what the mark covers is in the ring.
        #expect(try take(from: &consumer) == 5)
        let rest = unsafe consumer.peek()
        #expect(unsafe rest == nil)
    }

    /// Goal: who looks on gets a message that was published, released or not, as long as nobody can
    /// be writing over it, and takes no part.
    @Test func `an onlooker sees published messages until half a ring of others came`() throws {
        var memory = try ring(8)
        var producer = try memory.makeProducer()
        var consumer = try memory.makeConsumer()
        let onlooker = memory.inspector
        var message = OrderIntent()
        #expect(unsafe !onlooker.copy(0, to: &message))
        #expect(unsafe !onlooker.copy(UInt64.max, to: &message))
        for number in 0..<40 as Range<UInt64> {
            try put(100 + number, into: &producer)
            for other in 0..<42 as Range<UInt64> {
                let isThere = unsafe onlooker.copy(other, to: &message)
                #expect(isThere == (other <= number && number + 1 - other <= 4), "\(other)")
                if isThere { #expect(message.sequence == 100 + other) }
            }
            #expect(try take(from: &consumer) == 100 + number)
        }
        #expect(unsafe !onlooker.copy(UInt64.max, to: &message))
    }

    private func put(
        _ sequence: UInt64, into producer: inout RingProducer<OrderIntent>
    ) throws {
        let claimed = unsafe producer.claim()
        let message = try unsafe #require(claimed)
        unsafe message.pointee = OrderIntent()
        unsafe message.pointee.sequence = sequence
        producer.publish()
    }

    private func take(from consumer: inout RingConsumer<OrderIntent>) throws -> UInt64 {
        let peeked = unsafe consumer.peek()
        let sequence = unsafe try #require(peeked).pointee.sequence
        consumer.release()
        return sequence
    }
}

extension RingConsumer {
    /// The macros of the test library cannot call a mutating method of a noncopyable value.
    fileprivate mutating func watermarkNow() -> UInt64 { watermark() }
}
