//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
public import CRing
public import Platform

public enum RingError: Error, Equatable {
    case invalidShape(capacity: Int, messageSize: Int)
    case endTaken
    case platform(PlatformError)
}

/// The memory of one SPSC slot ring of `Message`, in a shared segment or private.
///
/// SAFETY: the segment is validated before an end is made; ends must not outlive it.
@safe
public struct RingMemory<Message: BitwiseCopyable>: ~Copyable, @unchecked Sendable {
    private let segment: MemorySegment
    private var producerTaken = false
    private var consumerTaken = false
    public let capacity: Int

    /// Private memory; for tests, replay and benchmarks.
    public init(capacity: Int) throws(RingError) {
        do throws(PlatformError) {
            try self.init(
                capacity: capacity,
                segment: .anonymous(size: Self.segmentSize(capacity: capacity)))
        } catch { throw .platform(error) }
    }

    /// The segment `path`, created anew.
    public init(capacity: Int, path: String) throws(RingError) {
        do throws(PlatformError) {
            try self.init(
                capacity: capacity,
                segment: .create(path, size: Self.segmentSize(capacity: capacity)))
        } catch { throw .platform(error) }
    }

    private init(capacity: Int, segment: consuming MemorySegment) throws(PlatformError) {
        let result = unsafe apus_ring_init(
            segment.base, UInt64(capacity), UInt64(Self.slotSize), Self.messageMagic)
        precondition(result == 0, "a power of two as capacity, whole lines as slots")
        self.capacity = capacity
        self.segment = segment
    }

    /// The sequence word and the message, rounded up to whole cache lines.
    static var slotSize: Int { (8 + MemoryLayout<Message>.size + 63) / 64 * 64 }
    static var messageMagic: UInt64 {
        UInt64(APUS_MESSAGES_VERSION) << 32 | UInt64(MemoryLayout<Message>.size)
    }
    private static func segmentSize(capacity: Int) -> Int {
        apus_ring_size(UInt64(capacity), UInt64(slotSize))
    }

    var ring: UnsafeMutablePointer<RingHeader> {
        unsafe segment.base.assumingMemoryBound(to: RingHeader.self)
    }

    /// The one producing end; a second request throws `endTaken`.
    public mutating func makeProducer() throws(RingError) -> RingProducer<Message> {
        guard !producerTaken else { throw .endTaken }
        producerTaken = true
        return unsafe RingProducer(ring: ring)
    }

    /// The one consuming end; a second request throws `endTaken`.
    public mutating func makeConsumer() throws(RingError) -> RingConsumer<Message> {
        guard !consumerTaken else { throw .endTaken }
        consumerTaken = true
        return unsafe RingConsumer(ring: ring)
    }

    /// Messages in the ring, as an observer sees it.
    public var depth: Int { unsafe Int(apus_ring_depth(ring)) }

    /// How far the producer says it has come, in place; for who runs on the producer's thread.
    public var watermarkWord: UnsafePointer<UInt64> { unsafe apus_ring_watermark_word(ring) }
    /// Messages published so far, in place; as above.
    public var publishedWord: UnsafePointer<UInt64> { unsafe apus_ring_published_word(ring) }
    /// Reads every message beside the consumer; from the first one still there.
    public var follower: RingFollower<Message> { unsafe RingFollower(ring) }
    /// A view of the messages for any thread.
    public var inspector: RingInspector<Message> { unsafe RingInspector(ring) }

    /// Touches every page, so that none faults later.
    public borrowing func prefault() { segment.prefault() }
}

/// Looks at messages of a ring that are perhaps released already, without taking part.
///
/// SAFETY: the ring's memory outlives it; a copy is checked before it is given out.
@safe
public struct RingInspector<Message: BitwiseCopyable>: @unchecked Sendable {
    @usableFromInline let ring: UnsafeMutablePointer<RingHeader>

    init(_ ring: UnsafeMutablePointer<RingHeader>) { unsafe self.ring = unsafe ring }

    /// Copies the n-th message, from 0; `false`: it is not there yet, or half a ring of others
    /// came since.
    @inlinable @inline(__always)
    public func copy(_ n: UInt64, to message: UnsafeMutablePointer<Message>) -> Bool {
        unsafe apus_ring_inspect(ring, n, message, MemoryLayout<Message>.size) == 1
    }
}
