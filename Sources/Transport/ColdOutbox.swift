//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CMessages
import Platform
public import Rings
import Synchronization

/// Where cold threads leave text messages for the reader to send: subscriptions that are renewed
/// while their connection is in use.
///
/// Full policy: refused; the caller tries again.
///
/// SAFETY: the lock makes the cold threads one producer.
@safe
public final class ColdOutbox: @unchecked Sendable {
    private let lock = Mutex<Void>(())
    private var ring: RingProducer<OutboundText>

    /// - Parameter ring: The producing end of the ring whose consumer the reader owns.
    public init(_ ring: consuming RingProducer<OutboundText>) { self.ring = ring }

    /// Has `text` sent over a connection; dropped and counted there when that is not open.
    ///
    /// - Returns: `false`, with nothing done, for a text over 240 bytes or without room.
    public func send(_ text: String, connectionID: UInt16) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count <= Int(APUS_OUTBOUND_TEXT_MAX) else { return false }
        return lock.withLock { _ in
            guard let slot = unsafe ring.claim() else { return false }
            unsafe slot.pointee = OutboundText()
            unsafe slot.pointee.connectionID = connectionID
            unsafe slot.pointee.length = UInt16(bytes.count)
            unsafe withUnsafeMutableBytes(of: &slot.pointee.text) {
                unsafe $0.copyBytes(from: bytes)
            }
            ring.publish()
            return true
        }
    }
}
