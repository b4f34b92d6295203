//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
public import CMessages
import CTelemetry
public import Rings

/// The gateway's end of the journal: a copy of every frame to a venue, before it leaves.
///
/// Full policy: drop and count; where frames are held, a new order or a change is refused then.
///
/// SAFETY: the word `durable` outlives the stage; the rings' other ends are the journal's.
@safe
public struct OrderJournal: ~Copyable, @unchecked Sendable {
    private var frames: RingProducer<OutboundFrame>
    private var bytes: ByteRingProducer
    /// Frames that the journal has on disk, by number.
    private let durable: UnsafePointer<UInt64>
    /// New orders and changes leave only once they are on disk.
    let holds: Bool
    /// Frames put in.
    private(set) var count: UInt64 = 0

    /// - Parameters:
    ///   - durable: Where the journal says how many frames are on disk.
    ///   - holds: The policy `before-send`.
    public init(
        frames: consuming RingProducer<OutboundFrame>, bytes: consuming ByteRingProducer,
        durable: UnsafePointer<UInt64>, holds: Bool
    ) {
        self.frames = frames
        self.bytes = bytes
        unsafe self.durable = unsafe durable
        self.holds = holds
    }

    var durableCount: UInt64 {
        @_noAllocation @_noLocks get { unsafe apus_word_load(durable) }
    }

    /// Brings the next slot near, where the journal's thread looks whether something is there; for
    /// idle time.
    @_noAllocation @_noLocks
    mutating func prefetchNext() { frames.prefetchNext() }

    /// Puts a copy of a frame in; `false`: there was no room, and nothing is kept.
    @_noAllocation @_noLocks
    mutating func append(
        _ frame: UnsafePointer<UInt8>, _ length: Int, _ description: OutboundFrame
    ) -> Bool {
        guard bytes.free(wanted: length) >= length, let slot = unsafe frames.claim() else {
            return false
        }
        let position = bytes.position
        unsafe apus_copy(bytes.bytes(at: position), frame, length)
        bytes.commit(length)
        count &+= 1
        unsafe slot.pointee = description
        unsafe slot.pointee.number = count
        unsafe slot.pointee.position = position
        unsafe slot.pointee.length = UInt32(truncatingIfNeeded: length)
        frames.publish()
        return true
    }
}

/// Frames that wait for the journal, oldest first; the oldest goes first.
///
/// SAFETY: indices are kept within the room, and the memory goes with the value.
@safe
struct HeldFrames: ~Copyable, @unchecked Sendable {
    /// Frames that can wait at once.
    static var countMax: Int { @_noAllocation @_noLocks get { 64 } }
    /// Bytes of the longest frame that can wait: a new order, a change or a cancel of one.
    static var lengthMax: Int { @_noAllocation @_noLocks get { 2_048 } }

    struct Entry {
        var number: UInt64
        /// When it was held; 0 without a clock.
        var heldNs: UInt64
        var length: Int
        var venueIndex: Int

        @_noAllocation @_noLocks
        init(number: UInt64, heldNs: UInt64, length: Int, venueIndex: Int) {
            self.number = number
            self.heldNs = heldNs
            self.length = length
            self.venueIndex = venueIndex
        }
    }

    private let entries: UnsafeMutablePointer<Entry>
    private let bytes: UnsafeMutablePointer<UInt8>
    private var first = 0
    private(set) var count = 0

    init() {
        unsafe entries = .allocate(capacity: Self.countMax)
        unsafe entries.initialize(
            repeating: Entry(number: 0, heldNs: 0, length: 0, venueIndex: 0),
            count: Self.countMax)
        unsafe bytes = .allocate(capacity: Self.countMax * Self.lengthMax)
        unsafe bytes.initialize(repeating: 0, count: Self.countMax * Self.lengthMax)
    }

    deinit {
        unsafe entries.deallocate()
        unsafe bytes.deallocate()
    }

    /// Takes a copy; `false` when there is no room for it.
    @_noAllocation @_noLocks
    mutating func append(_ frame: UnsafePointer<UInt8>, _ entry: Entry) -> Bool {
        if count == Self.countMax || entry.length > Self.lengthMax { return false }
        let index = (first &+ count) % Self.countMax
        unsafe apus_copy(bytes + index &* Self.lengthMax, frame, entry.length)
        unsafe entries[index] = entry
        count &+= 1
        return true
    }

    /// The oldest one and its bytes.
    @_noAllocation @_noLocks
    func oldest() -> (entry: Entry, bytes: UnsafePointer<UInt8>)? {
        if count == 0 { return nil }
        return unsafe (entries[first], UnsafePointer(bytes + first &* Self.lengthMax))
    }

    @_noAllocation @_noLocks
    mutating func removeOldest() {
        first = (first &+ 1) % Self.countMax
        count &-= 1
    }
}
