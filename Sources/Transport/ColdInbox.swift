//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CMessages
public import Rings
import Synchronization

/// Brings what cold threads fetched (REST replies) into the order of events: bytes into byte ring
/// 0, a descriptor into the inbox, which the reader forwards with its ingress stamp.
///
/// SAFETY: the lock makes the cold threads one producer; the rings carry the bytes to the reader.
@safe
public final class ColdInbox: @unchecked Sendable {
    private let lock = Mutex<Void>(())
    private var bytes: ByteRingProducer
    private var inbox: RingProducer<FrameDescriptor>

    /// - Parameters:
    ///   - bytes: The producing end of byte ring 0.
    ///   - inbox: The producing end of the ring whose consumer the reader owns.
    public init(
        bytes: consuming ByteRingProducer, inbox: consuming RingProducer<FrameDescriptor>
    ) {
        self.bytes = bytes
        self.inbox = inbox
    }

    /// Copies `content` in. `context` comes out in the descriptor.
    ///
    /// - Returns: `false`, with nothing done, while either ring lacks room.
    public func submit(
        kind: FrameKind = .rest, context: UInt64, bytes content: [UInt8]
    ) -> Bool {
        guard content.count <= Int(Int32.max) else { return false }
        return lock.withLock { _ in take(kind, context, content) }
    }

    private func take(_ kind: FrameKind, _ context: UInt64, _ content: [UInt8]) -> Bool {
        guard bytes.free(wanted: content.count) >= content.count else { return false }
        guard let slot = unsafe inbox.claim() else { return false }
        let position = bytes.position
        let target = unsafe bytes.bytes(at: position)
        unsafe content.withUnsafeBufferPointer { source in
            if let base = source.baseAddress {
                unsafe target.update(from: base, count: source.count)
            }
        }
        bytes.commit(content.count)
        var descriptor = FrameDescriptor()
        descriptor.position = position
        descriptor.releaseLength = UInt64(content.count)
        descriptor.context = context
        descriptor.length = UInt32(content.count)
        descriptor.connectionID = 0
        descriptor.kind = kind
        unsafe slot.pointee = descriptor
        inbox.publish()
        return true
    }
}
