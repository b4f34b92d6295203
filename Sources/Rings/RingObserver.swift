//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CRing
public import Platform

/// An observer's view of a ring in another process: reads the header only, writes nothing.
///
/// SAFETY: the mapping is read-only, validated in `init`, and the headers lie in it; an observer
/// reads words that others write and copes with values a moment apart.
@safe
public struct RingObserver: @unchecked Sendable {
    private let slots: UnsafePointer<RingHeader>?
    private let bytes: UnsafePointer<ByteRingHeader>?
    private let mapping: SharedMapping
    /// Messages the ring holds at most; bytes of a byte ring.
    public let capacity: UInt64
    /// Bytes of one message; 1 for a byte ring.
    public let messageSize: Int

    /// Maps the slot ring segment `path`, or the control segment of a byte ring.
    ///
    /// - Throws: `PlatformError`; `EINVAL` for a foreign, damaged or differently laid out segment.
    public init(path: String) throws(PlatformError) {
        mapping = SharedMapping(try MemorySegment.open(path, writable: false))
        let size = mapping.size
        let base = unsafe UnsafeRawPointer(mapping.base)
        let magic = size >= 8 ? unsafe base.load(as: UInt64.self) : 0
        if magic == Self.byteRingMagic, size >= MemoryLayout<ByteRingHeader>.size {
            let header = unsafe base.assumingMemoryBound(to: ByteRingHeader.self)
            unsafe (slots, bytes) = unsafe (nil, header)
            capacity = unsafe header.pointee.capacity
            messageSize = 1
        } else {
            guard size >= MemoryLayout<RingHeader>.size else {
                throw PlatformError(operation: "read \(path)", code: 22)
            }
            let header = unsafe base.assumingMemoryBound(to: RingHeader.self)
            let messageMagic = unsafe header.pointee.message_magic
            guard unsafe apus_ring_validate(base, size, messageMagic) == 0 else {
                throw PlatformError(operation: "read \(path)", code: 22)
            }
            unsafe (slots, bytes) = unsafe (header, nil)
            capacity = unsafe header.pointee.capacity
            messageSize = Int(messageMagic & 0xffff_ffff)
        }
    }

    /// Messages (bytes of a byte ring) put in and not yet given back; at most `capacity`.
    public var depth: UInt64 {
        if let slots = unsafe slots { return min(unsafe apus_ring_depth(slots), capacity) }
        return min(unsafe apus_byte_ring_depth(bytes!), capacity)
    }

    /// Messages (bytes) put in since the ring was made.
    public var published: UInt64 {
        if let slots = unsafe slots { return unsafe apus_ring_published(slots) }
        return unsafe apus_byte_ring_published(bytes!)
    }

    private static let byteRingMagic: UInt64 = 0x4150_5553_4259_5401
}
