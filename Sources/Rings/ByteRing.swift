//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CRing
public import Platform

/// The memory of one SPSC byte ring, mapped twice so that every run of bytes is contiguous.
///
/// SAFETY: the mappings live as long as the value; ends must not outlive it.
@safe
public struct ByteRingMemory: ~Copyable, @unchecked Sendable {
    private let control: MemorySegment
    private let data: MemorySegment
    private var producerTaken = false
    private var consumerTaken = false

    /// - Parameter capacity: Bytes; a power of two, at least one page.
    public init(capacity: Int) throws(PlatformError) {
        try self.init(
            control: .anonymous(size: MemoryLayout<ByteRingHeader>.size),
            data: .anonymousDoubled(size: capacity))
    }

    /// Shared memory: `path` for the bytes, `path`.control beside it.
    public init(capacity: Int, path: String) throws(PlatformError) {
        try self.init(
            control: .create(path + ".control", size: MemoryLayout<ByteRingHeader>.size),
            data: .createDoubled(path, size: capacity))
    }

    private init(control: consuming MemorySegment, data: consuming MemorySegment) {
        let capacity = data.size
        precondition(capacity & (capacity - 1) == 0, "a power of two as capacity")
        self.control = control
        self.data = data
        unsafe header.pointee.capacity = UInt64(capacity)
        unsafe header.pointee.magic = 0x4150_5553_4259_5401
    }

    private var header: UnsafeMutablePointer<ByteRingHeader> {
        unsafe control.base.assumingMemoryBound(to: ByteRingHeader.self)
    }
    private var bytes: UnsafeMutablePointer<UInt8> {
        unsafe data.base.assumingMemoryBound(to: UInt8.self)
    }

    /// The one producing end; a second request throws `endTaken`.
    public mutating func makeProducer() throws(RingError) -> ByteRingProducer {
        guard !producerTaken else { throw .endTaken }
        producerTaken = true
        return unsafe ByteRingProducer(ring: header, data: bytes)
    }

    /// The one consuming end; a second request throws `endTaken`.
    public mutating func makeConsumer() throws(RingError) -> ByteRingConsumer {
        guard !consumerTaken else { throw .endTaken }
        consumerTaken = true
        return unsafe ByteRingConsumer(ring: header, data: bytes)
    }

    /// A view of the bytes for any thread, to be used no longer than the memory is kept.
    public var inspector: ByteRingInspector {
        unsafe ByteRingInspector(ring: header, data: bytes)
    }

    /// Keeps the memory for the rest of the process's life.
    public consuming func leak() {
        _ = unsafe control.leak()
        _ = unsafe data.leak()
    }

    /// Touches every page, so that none faults later.
    public borrowing func prefault() {
        control.prefault()
        data.prefault()
    }
}

/// The producing end of a byte ring: bytes go in, descriptors in a slot ring tell what they are.
///
/// SAFETY: the memory outlives every stage, and only one producer exists.
@safe
public struct ByteRingProducer: ~Copyable, @unchecked Sendable {
    @usableFromInline let ring: UnsafeMutablePointer<ByteRingHeader>
    @usableFromInline let data: UnsafeMutablePointer<UInt8>

    @usableFromInline
    init(ring: UnsafeMutablePointer<ByteRingHeader>, data: UnsafeMutablePointer<UInt8>) {
        unsafe self.ring = unsafe ring
        unsafe self.data = unsafe data
    }

    /// Position behind the last committed byte.
    @inlinable @inline(__always)
    public var position: UInt64 {
        @_noAllocation @_noLocks
        get { unsafe ring.pointee.tail }
    }

    /// Bytes that may be written at `bytes(at: position)`; asks the consumer's side only when
    /// fewer than `wanted` are known to be free.
    @_noAllocation @_noLocks
    @inlinable @inline(__always)
    public mutating func free(wanted: Int) -> Int {
        unsafe Int(
            truncatingIfNeeded: apus_byte_ring_free(ring, UInt64(truncatingIfNeeded: wanted)))
    }

    /// Where `position` lies; contiguous for the ring's whole capacity.
    @_noAllocation @_noLocks
    @inlinable @inline(__always)
    public func bytes(at position: UInt64) -> UnsafeMutablePointer<UInt8> {
        unsafe apus_byte_ring_at(ring, data, position)
    }

    /// Takes `count` written bytes into the ring.
    @_noAllocation @_noLocks
    @inlinable @inline(__always)
    public mutating func commit(_ count: Int) {
        unsafe apus_byte_ring_commit(ring, UInt64(truncatingIfNeeded: count))
    }
}

/// The consuming end of a byte ring.
///
/// SAFETY: the memory outlives every stage, and only one consumer exists.
@safe
public struct ByteRingConsumer: ~Copyable, @unchecked Sendable {
    @usableFromInline let ring: UnsafeMutablePointer<ByteRingHeader>
    @usableFromInline let data: UnsafeMutablePointer<UInt8>

    @usableFromInline
    init(ring: UnsafeMutablePointer<ByteRingHeader>, data: UnsafeMutablePointer<UInt8>) {
        unsafe self.ring = unsafe ring
        unsafe self.data = unsafe data
    }

    /// Where `position` lies; contiguous, with 64 readable bytes behind any payload.
    @_noAllocation @_noLocks
    @inlinable @inline(__always)
    public func bytes(at position: UInt64) -> UnsafePointer<UInt8> {
        unsafe UnsafePointer(apus_byte_ring_at(ring, data, position))
    }

    /// Gives `count` bytes back, in order.
    @_noAllocation @_noLocks
    @inlinable @inline(__always)
    public mutating func release(_ count: Int) {
        unsafe apus_byte_ring_release(ring, UInt64(truncatingIfNeeded: count))
    }
}
