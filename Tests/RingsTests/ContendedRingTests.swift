//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import CPlatform
import CRing
import Testing

import Rings

/// Goal: every message arrives once, in order and whole, while both ends run on threads of their
/// own; and each ordering of the rings is needed.
///
/// Method: small capacities, so that both ends meet all the time; whoever finds nothing to do
/// yields. Under `swift test -c release --sanitize=thread --filter RingsTests` a data race is
/// reported when one of these is weakened to relaxed; each was seen to fail alone:
/// - `apus_ring.h`: publish (release), peek (acquire), release (release), claim (acquire),
///   free (acquire), store_watermark (release), load_watermark (acquire);
/// - `apus_byte_ring.h`: release (release), free (acquire).
/// A debug build under the sanitizer does not see them: unspecialised copies hide the accesses.
@Suite("Rings between two threads", .serialized)
struct ContendedRingTests {
    private static let messageCount: UInt64 = 20_000

    @Test(arguments: [1, 2, 64])
    func `every message arrives once, in order and whole`(capacity: Int) throws {
        var memory = try RingMemory<ExecutionReport>(capacity: capacity)
        var producer = try memory.makeProducer()
        var consumer = try memory.makeConsumer()
        var wrong = 0
        runTogether(
            {
                var index: UInt64 = 0
                while index < Self.messageCount {
                    guard let message = unsafe producer.claim() else {
                        apus_thread_yield()
                        continue
                    }
                    unsafe Self.fill(&message.pointee, index)
                    producer.publish()
                    index += 1
                }
            },
            {
                var index: UInt64 = 0
                while index < Self.messageCount {
                    guard let message = unsafe consumer.peek() else {
                        apus_thread_yield()
                        continue
                    }
                    if unsafe !Self.isWhole(message.pointee, index) { wrong += 1 }
                    consumer.release()
                    index += 1
                }
            })
        #expect(wrong == 0)
        #expect(memory.depth == 0)
    }

    @Test func `a batch that has room is never refused`() throws {
        var memory = try RingMemory<ExecutionReport>(capacity: 8)
        var producer = try memory.makeProducer()
        var consumer = try memory.makeConsumer()
        var wrong = 0
        var refused = 0
        runTogether(
            {
                var index: UInt64 = 0
                while index < Self.messageCount {
                    guard producer.hasRoom(4) else {
                        apus_thread_yield()
                        continue
                    }
                    for _ in 0..<4 {
                        if let message = unsafe producer.claim() {
                            unsafe Self.fill(&message.pointee, index)
                            producer.publish()
                        } else {
                            refused += 1
                        }
                        index += 1
                    }
                }
            },
            {
                var index: UInt64 = 0
                while index < Self.messageCount {
                    guard let message = unsafe consumer.peek() else {
                        apus_thread_yield()
                        continue
                    }
                    if unsafe !Self.isWhole(message.pointee, index) { wrong += 1 }
                    consumer.release()
                    index += 1
                }
            })
        #expect(refused == 0)
        #expect(wrong == 0)
    }

    @Test func `what was written before a watermark is seen behind it`() throws {
        var memory = try RingMemory<OrderIntent>(capacity: 2)
        var producer = try memory.makeProducer()
        var consumer = try memory.makeConsumer()
        let count = 2_000
        let notes = UnsafeMutablePointer<Int>.allocate(capacity: count + 1)
        defer { unsafe notes.deallocate() }
        var wrong = 0
        runTogether(
            {
                for index in 1...count {
                    unsafe notes[index] = 3 * index
                    producer.advanceWatermark(to: UInt64(index))
                    if index % 8 == 0 { apus_thread_yield() }
                }
            },
            {
                var seen = 0
                while seen < count {
                    let mark = Int(consumer.watermark())
                    if mark == seen { apus_thread_yield() }
                    while seen < mark {
                        seen += 1
                        if unsafe notes[seen] != 3 * seen { wrong += 1 }
                    }
                }
            })
        #expect(wrong == 0)
    }

    @Test func `an empty ring behind a watermark holds nothing up to it`() throws {
        var memory = try RingMemory<OrderIntent>(capacity: 4)
        var producer = try memory.makeProducer()
        var consumer = try memory.makeConsumer()
        var missing = 0
        runTogether(
            {
                var index: UInt64 = 1
                while index <= Self.messageCount {
                    guard let message = unsafe producer.claim() else {
                        apus_thread_yield()
                        continue
                    }
                    unsafe message.pointee.sequence = index
                    producer.publish()
                    producer.advanceWatermark(to: index)
                    index += 1
                }
            },
            {
                var taken: UInt64 = 0
                while taken < Self.messageCount {
                    let mark = consumer.watermark()
                    guard let message = unsafe consumer.peek() else {
                        if taken < mark { missing += 1 }
                        apus_thread_yield()
                        continue
                    }
                    taken = unsafe message.pointee.sequence
                    consumer.release()
                }
            })
        #expect(missing == 0)
    }

    @Test func `bytes named by descriptors arrive whole`() throws {
        var bytes = try ByteRingMemory(capacity: 4_096)
        var frames = try RingMemory<FrameDescriptor>(capacity: 64)
        var byteProducer = try bytes.makeProducer()
        var byteConsumer = try bytes.makeConsumer()
        var producer = try frames.makeProducer()
        var consumer = try frames.makeConsumer()
        let frameCount = 4_000
        var wrong = 0
        runTogether(
            {
                for index in 0..<frameCount {
                    let length = 1 + index * 131 % 900
                    while byteProducer.free(wanted: length) < length { apus_thread_yield() }
                    while !producer.hasRoom(1) { apus_thread_yield() }
                    let position = byteProducer.position
                    let target = unsafe byteProducer.bytes(at: position)
                    for at in 0..<length {
                        unsafe target[at] = UInt8(truncatingIfNeeded: index &+ at)
                    }
                    byteProducer.commit(length)
                    guard let frame = unsafe producer.claim() else { return }
                    unsafe frame.pointee.position = position
                    unsafe frame.pointee.length = UInt32(length)
                    producer.publish()
                }
            },
            {
                for index in 0..<frameCount {
                    var next = unsafe consumer.peek()
                    while unsafe next == nil {
                        apus_thread_yield()
                        unsafe next = unsafe consumer.peek()
                    }
                    guard let frame = unsafe next else { return }
                    let length = unsafe Int(frame.pointee.length)
                    let source = unsafe byteConsumer.bytes(at: frame.pointee.position)
                    for at in 0..<length
                    where unsafe source[at] != UInt8(truncatingIfNeeded: index &+ at) {
                        wrong += 1
                    }
                    byteConsumer.release(length)
                    consumer.release()
                }
            })
        #expect(wrong == 0)
    }

    /// Every word of the message tells its index, so a torn one shows.
    private static func fill(_ message: inout ExecutionReport, _ index: UInt64) {
        message.sequence = index
        message.ingressTimeNs = ~index
        message.tradeID = index &* 3
        message.position = QuantityLots(rawValue: Int64(index))
        message.feeE8 = -Int64(index)
    }

    private static func isWhole(_ message: ExecutionReport, _ index: UInt64) -> Bool {
        message.sequence == index && message.ingressTimeNs == ~index
            && message.tradeID == index &* 3
            && message.position == QuantityLots(rawValue: Int64(index))
            && message.feeE8 == -Int64(index)
    }
}

/// Runs `first` on a thread of its own and `second` on this one; returns when both have ended.
func runTogether(_ first: @escaping () -> Void, _ second: () -> Void) {
    final class Body {
        let run: () -> Void
        init(_ run: @escaping () -> Void) { self.run = run }
    }
    let context = unsafe Unmanaged.passRetained(Body(first)).toOpaque()
    var thread: UInt64 = 0
    let result = unsafe apus_thread_start(
        { context in
            guard let context = unsafe context else { return }
            unsafe Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
        }, context, &thread)
    precondition(result == 0, "a thread for the test")
    second()
    apus_thread_join(thread)
}
