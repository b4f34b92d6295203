//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import Messages
import Rings

/// Fills the records of one frame in place and shows them to the consumer all at once, so that a
/// message refused halfway leaves nothing behind.
struct EventWriter: ~Copyable {
    private var ring: RingProducer<MarketEvent>
    private var staged = 0
    /// Records that the ring is known to take.
    private var room = 0
    var sequence: UInt64 = 0
    var ingressTimeNs: UInt64 = 0

    init(_ ring: consuming RingProducer<MarketEvent>) { self.ring = ring }

    /// Opens a frame of at most `count` records; `false` when the ring has no room for them.
    @_noAllocation @_noLocks
    @inline(__always)
    mutating func open(_ count: Int) -> Bool {
        room = count
        staged = 0
        return ring.hasRoom(count)
    }

    /// The next record, to be filled; `nil` beyond the frame's bound.
    @_noAllocation @_noLocks
    @inline(__always)
    mutating func next() -> UnsafeMutablePointer<MarketEvent>? {
        guard staged < room else { return nil }
        let record = unsafe ring.claim(ahead: staged)
        staged &+= 1
        return unsafe record
    }

    /// Shows what was filled.
    @_noAllocation @_noLocks
    @inline(__always)
    mutating func publish() {
        var left = staged
        while left > 0 {
            ring.publish()
            left &-= 1
        }
        staged = 0
    }

    /// Forgets what was filled.
    @_noAllocation @_noLocks
    @inline(__always)
    mutating func discard() { staged = 0 }

    /// Records filled and not yet shown.
    var stagedCount: Int {
        @_noAllocation @_noLocks
        get { staged }
    }

    /// The filled record at `index`, from 0.
    @_noAllocation @_noLocks
    mutating func record(_ index: Int) -> UnsafeMutablePointer<MarketEvent> {
        unsafe ring.claim(ahead: index)
    }

    /// Forgets all but the first `count` of what was filled.
    @_noAllocation @_noLocks
    mutating func keep(_ count: Int) { staged = count }

    @_noAllocation @_noLocks
    @inline(__always)
    mutating func advanceWatermark(to sequence: UInt64) { ring.advanceWatermark(to: sequence) }

    @_noAllocation @_noLocks
    @inline(__always)
    mutating func prefetchNext() { ring.prefetchNext() }
}
