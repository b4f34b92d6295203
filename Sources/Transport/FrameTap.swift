//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CMessages
public import Rings

/// The reader's end of the journal: its frames once more, copied while it is idle.
///
/// A journal that read the byte rings itself would take their lines out of this core's cache, and
/// the path would wait for them when the next messages are opened into them. So the reader copies
/// what is short, when no message waits; the few long ones the journal reads where they lie.
///
/// Full policy: waits. A frame that half a ring of others followed meanwhile is lost, and its
/// number is missing.
///
/// SAFETY: the inspected rings outlive it; their memory is read only, and each copy is checked.
@safe
public struct FrameTap: ~Copyable, @unchecked Sendable {
    /// Bytes of the longest frame that is copied: about a microsecond.
    public static var copiedLengthMax: Int { @_noAllocation @_noLocks get { 16_384 } }
    /// Frames copied in one idle poll.
    public static var batchMax: Int { @_noAllocation @_noLocks get { 4 } }
    /// Frames that may wait for an idle poll.
    public static var backlogMax: UInt64 { @_noAllocation @_noLocks get { 64 } }

    private let frames: RingInspector<FrameDescriptor>
    private let frameCapacity: UInt64
    private let sources: UnsafeMutablePointer<ByteRingInspector>
    private let sourceCount: Int
    private var slots: RingProducer<TappedFrame>
    private var bytes: ByteRingProducer
    /// Frames looked at.
    private var taken: UInt64 = 0
    /// Frames published at the last poll.
    private var seen: UInt64 = 0

    /// - Parameters:
    ///   - frames: Of the reader's frame ring, which has room for `frameCapacity`.
    ///   - sources: Of the byte rings, by connection.
    ///   - slots, bytes: Where copies go.
    public init(
        frames: RingInspector<FrameDescriptor>, frameCapacity: Int, sources: [ByteRingInspector],
        slots: consuming RingProducer<TappedFrame>, bytes: consuming ByteRingProducer
    ) {
        self.frames = frames
        self.frameCapacity = UInt64(frameCapacity)
        unsafe self.sources = .allocate(capacity: max(1, sources.count))
        for (index, source) in sources.enumerated() {
            unsafe (self.sources + index).initialize(to: source)
        }
        sourceCount = sources.count
        self.slots = slots
        self.bytes = bytes
    }

    deinit { unsafe sources.deallocate() }

    /// Once a poll: copies frames where none has come since the last one, or where too many wait.
    ///
    /// - Parameter published: Frames the reader has published.
    @_noAllocation @_noLocks
    public mutating func poll(published: UInt64) {
        let new = published &- seen
        seen = published
        if new == 0 {
            if taken != published { copy(upTo: published, countMax: Self.batchMax) }
        } else if published &- taken > Self.backlogMax {
            copy(upTo: published, countMax: Int(truncatingIfNeeded: new) &+ 1)
        }
    }

    /// Copies up to `countMax` frames, as long as there is room.
    @_noAllocation @_noLocks
    public mutating func copy(upTo published: UInt64, countMax: Int) {
        if published &- taken > frameCapacity / 2 { taken = published &- frameCapacity / 4 }
        var left = countMax
        var frame = FrameDescriptor()
        while taken < published, left > 0 {
            // What is overwritten meanwhile is passed over.
            if unsafe frames.copy(taken, to: &frame), !put(frame) { return }
            taken &+= 1
            left &-= 1
        }
    }

    /// - Returns: `false`: there is no room now.
    @_noAllocation @_noLocks
    private mutating func put(_ frame: FrameDescriptor) -> Bool {
        let id = Int(frame.connectionID)
        if id >= sourceCount { return true }
        let length = Int(frame.length)
        let isCopied = length <= Self.copiedLengthMax
        guard !isCopied || bytes.free(wanted: length) >= length, let slot = unsafe slots.claim()
        else { return false }
        var position = frame.position
        if isCopied {
            position = bytes.position
            let isWhole = unsafe length == 0
                || sources[id].copy(frame.position, length, to: bytes.bytes(at: position))
            if !isWhole { return true }
            bytes.commit(length)
        }
        unsafe slot.pointee = TappedFrame()
        unsafe slot.pointee.number = taken &+ 1
        unsafe slot.pointee.ingressTimeNs = frame.ingressTimeNs
        unsafe slot.pointee.position = position
        unsafe slot.pointee.context = frame.context
        unsafe slot.pointee.length = frame.length
        unsafe slot.pointee.connectionID = frame.connectionID
        unsafe slot.pointee.kind = frame.kind
        unsafe slot.pointee.isCopied = isCopied ? 1 : 0
        slots.publish()
        return true
    }
}
