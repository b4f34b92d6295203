//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CRing

/// What a follower found.
public enum Following: Equatable, Sendable {
    case message
    /// Nothing new.
    case nothing
    /// So many messages were overwritten before they could be read.
    case lost(UInt64)
}

/// Reads every message of a ring beside its consumer. Neither end does anything for it; the
/// producer takes the lines it read back when the ring comes round, which far cores feel.
///
/// A follower that is half a ring behind loses messages, and says how many.
///
/// SAFETY: the ring's memory outlives it; each copy is checked after it was made.
@safe
public struct RingFollower<Message: BitwiseCopyable>: ~Copyable, @unchecked Sendable {
    private let inspector: RingInspector<Message>
    private let ring: UnsafeMutablePointer<RingHeader>
    private let capacity: UInt64
    /// Number of the next message, from 0.
    public private(set) var next: UInt64 = 0

    init(_ ring: UnsafeMutablePointer<RingHeader>) {
        unsafe self.ring = unsafe ring
        inspector = unsafe RingInspector(ring)
        capacity = unsafe ring.pointee.capacity
    }

    /// Copies the next message to `message`, which is undefined unless there was one.
    public mutating func take(_ message: UnsafeMutablePointer<Message>) -> Following {
        if unsafe inspector.copy(next, to: message) {
            next += 1
            return .message
        }
        let published = unsafe apus_ring_published(ring)
        if published < next || published - next <= capacity / 2 { return .nothing }
        // Some way ahead of what is overwritten next.
        let reached = published - capacity / 4
        defer { next = reached }
        return .lost(reached - next)
    }

    /// Messages published and not yet read.
    public var lag: UInt64 {
        let published = unsafe apus_ring_published(ring)
        return published > next ? published - next : 0
    }
}

/// Looks at bytes of a ring that are perhaps released already, without taking part.
///
/// SAFETY: the ring's memory outlives it; a copy is checked after it was made.
@safe
public struct ByteRingInspector: @unchecked Sendable {
    @usableFromInline let ring: UnsafeMutablePointer<ByteRingHeader>
    @usableFromInline let data: UnsafeMutablePointer<UInt8>

    init(ring: UnsafeMutablePointer<ByteRingHeader>, data: UnsafeMutablePointer<UInt8>) {
        unsafe self.ring = unsafe ring
        unsafe self.data = unsafe data
    }

    /// Copies `length` committed bytes at `position` to `target`; `false`: half a ring of others
    /// was committed since, and what was copied means nothing.
    ///
    /// - Precondition: `length` is at most the ring's capacity.
    @_noAllocation @_noLocks
    @inlinable @inline(__always)
    public func copy(
        _ position: UInt64, _ length: Int, to target: UnsafeMutableRawPointer
    ) -> Bool {
        unsafe apus_byte_ring_inspect(ring, data, position, length, target) == 1
    }
}
