//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import CRing
import Platform
import Testing

import Rings

@Suite("Byte ring")
struct ByteRingTests {
    private static let slack = Int(APUS_BYTE_RING_SLACK)

    @Test func `both halves of the mapping show the same bytes`() throws {
        let capacity = 8_192
        var memory = try ByteRingMemory(capacity: capacity)
        let producer = try memory.makeProducer()
        let base = unsafe producer.bytes(at: 0)
        for at in 0..<capacity { unsafe base[at] = UInt8(truncatingIfNeeded: at &* 31) }
        for at in 0..<capacity {
            #expect(unsafe base[capacity + at] == UInt8(truncatingIfNeeded: at &* 31))
        }
        unsafe base[capacity + 17] = 99
        #expect(unsafe base[17] == 99)
    }

    @Test func `a payload that wraps is contiguous, with slack behind it`() throws {
        let capacity = 4_096
        var memory = try ByteRingMemory(capacity: capacity)
        var producer = try memory.makeProducer()
        var consumer = try memory.makeConsumer()
        var position: UInt64 = 0
        for length in stride(from: 1, through: 4_000, by: 37) {
            let free = producer.free(wanted: length)
            #expect(free >= length)
            #expect(producer.position == position)
            let target = unsafe producer.bytes(at: position)
            for at in 0..<length { unsafe target[at] = UInt8(truncatingIfNeeded: length &+ at) }
            producer.commit(length)
            let source = unsafe consumer.bytes(at: position)
            var isWhole = true
            for at in 0..<length {
                if unsafe source[at] != UInt8(truncatingIfNeeded: length &+ at) { isWhole = false }
            }
            #expect(isWhole, "length \(length) at \(position)")
            var slack: UInt8 = 0
            for at in length..<length + Self.slack { unsafe slack |= source[at] }
            _ = slack
            consumer.release(length)
            position += UInt64(length)
        }
        #expect(position > UInt64(10 * capacity), "several rounds")
    }

    @Test func `a full ring keeps the slack free and takes bytes again after a release`() throws {
        let capacity = 4_096
        var memory = try ByteRingMemory(capacity: capacity)
        var producer = try memory.makeProducer()
        var consumer = try memory.makeConsumer()
        let usable = capacity - Self.slack
        let empty = producer.free(wanted: capacity)
        #expect(empty == usable)
        producer.commit(usable)
        let full = producer.free(wanted: 1)
        #expect(full == 0)
        consumer.release(10)
        let ten = producer.free(wanted: 1)
        #expect(ten == 10)
        producer.commit(10)
        let fullAgain = producer.free(wanted: 1)
        #expect(fullAgain == 0)
    }

    @Test func `an empty capacity or a broken page is refused`() {
        #expect(throws: PlatformError.self) { _ = try ByteRingMemory(capacity: 0) }
        #expect(throws: PlatformError.self) { _ = try ByteRingMemory(capacity: 1_000) }
    }

    @Test func `a second end of either kind is refused`() throws {
        var memory = try ByteRingMemory(capacity: 4_096)
        _ = try memory.makeProducer()
        _ = try memory.makeConsumer()
        #expect(throws: RingError.endTaken) { _ = try memory.makeProducer() }
        #expect(throws: RingError.endTaken) { _ = try memory.makeConsumer() }
    }
}
