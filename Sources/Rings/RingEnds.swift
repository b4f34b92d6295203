//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CRing

/// The producing end of an SPSC ring. Noncopyable, so the compiler keeps it in one place.
///
/// SAFETY: `ring` was validated when made and its memory outlives every stage.
@safe
public struct RingProducer<Message: BitwiseCopyable>: ~Copyable, @unchecked Sendable {
    @usableFromInline let ring: UnsafeMutablePointer<RingHeader>

    @usableFromInline
    init(ring: UnsafeMutablePointer<RingHeader>) { unsafe self.ring = unsafe ring }

    /// The next message, to be filled in place; `nil` when the ring is full. What the slot held
    /// before is still there: write every field.
    ///
    /// - Returns: Memory that stays valid until `publish()`.
    /// - Complexity: O(1), wait-free.
    @inlinable @inline(__always)
    public mutating func claim() -> UnsafeMutablePointer<Message>? {
        unsafe apus_ring_claim(ring)?.assumingMemoryBound(to: Message.self)
    }

    /// The message `ahead` places behind the next one (0: the next one itself), to be filled before
    /// the first of them is published. `publish()` then goes through them in order.
    ///
    /// - Precondition: `hasRoom(ahead + 1)` was true.
    @inlinable @inline(__always)
    public mutating func claim(ahead: Int) -> UnsafeMutablePointer<Message> {
        unsafe apus_ring_claim_ahead(ring, UInt64(truncatingIfNeeded: ahead))
            .assumingMemoryBound(to: Message.self)
    }

    /// Messages published so far.
    @inlinable @inline(__always)
    public var published: UInt64 { unsafe ring.pointee.tail }

    /// Makes the claimed message visible to the consumer.
    @inlinable @inline(__always)
    public mutating func publish() { unsafe apus_ring_publish(ring) }

    /// True when at least `count` messages can be claimed and published without a full ring.
    @inlinable @inline(__always)
    public mutating func hasRoom(_ count: Int) -> Bool {
        unsafe apus_ring_has_room(ring, UInt64(truncatingIfNeeded: count)) != 0
    }

    /// Messages that can surely be claimed and published; looks at what the consumer released since
    /// the last look only when `wanted` would not be reached without.
    @inlinable @inline(__always)
    public mutating func room(wanted: Int) -> Int {
        unsafe Int(
            truncatingIfNeeded: apus_ring_room(ring, UInt64(truncatingIfNeeded: wanted)))
    }

    /// States that every message with a sequence up to `sequence` has been published.
    @inlinable @inline(__always)
    public mutating func advanceWatermark(to sequence: UInt64) {
        unsafe apus_ring_store_watermark(ring, sequence)
    }

    /// Brings the next slot into this core's cache, and the producer's own line for writing; for
    /// idle time.
    @inlinable @inline(__always)
    public mutating func prefetchNext() {
        unsafe apus_ring_prefetch(ring)
    }
}

/// The consuming end of an SPSC ring. Noncopyable, so the compiler keeps it in one place.
///
/// SAFETY: `ring` was validated when made and its memory outlives every stage.
@safe
public struct RingConsumer<Message: BitwiseCopyable>: ~Copyable, @unchecked Sendable {
    @usableFromInline let ring: UnsafeMutablePointer<RingHeader>

    @usableFromInline
    init(ring: UnsafeMutablePointer<RingHeader>) { unsafe self.ring = unsafe ring }

    /// The oldest unread message, in place; `nil` when the ring is empty.
    ///
    /// - Returns: Memory that stays valid until `release()`.
    /// - Complexity: O(1), wait-free.
    @inlinable @inline(__always)
    public mutating func peek() -> UnsafePointer<Message>? {
        unsafe apus_ring_peek(ring)?.assumingMemoryBound(to: Message.self)
    }

    /// Gives the peeked message's slot back to the producer.
    @inlinable @inline(__always)
    public mutating func release() { unsafe apus_ring_release(ring) }

    /// Every message with a sequence up to this has been published. Load it before `peek()`:
    /// then an empty ring means that none of them is left.
    @inlinable @inline(__always)
    public mutating func watermark() -> UInt64 { unsafe apus_ring_load_watermark(ring) }
}
