//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import CTLS
package import CUring
import Rings
import Telemetry

/// A reader without a network, which `start` was not called for: ciphertext is handed in by the
/// caller and goes the way of received bytes, and output stays in its session. For benchmarks, and
/// for messages that keep the path warm.
extension ReaderStage {
    /// Takes in an established session; it must outlive the stage.
    ///
    /// - Parameter timeNs: Ingress time of the frame that says so.
    public mutating func attach(session: OpaquePointer, connectionID id: Int, timeNs: UInt64) {
        unsafe precondition(net == nil, "a reader without a network")
        precondition(id > 0 && id < connectionCount, "a connection of the connector")
        nowNs = timeNs
        unsafe (connections + id).reset()
        unsafe connections[id].session = unsafe session
        open(id)
    }

    /// Takes in `count` bytes of ciphertext, all of which are read before this returns.
    ///
    /// - Returns: `false` when a ring is full or the connection is not open; nothing is kept.
    @_noAllocation @_noLocks
    public mutating func receive(
        _ bytes: UnsafePointer<UInt8>, count: Int, connectionID id: Int, timeNs: UInt64
    ) -> Bool {
        guard let session = unsafe connections[id].session,
            unsafe connections[id].phase == ConnectionPhase.open
        else { return false }
        nowNs = timeNs
        return unsafe ingest(id, session, bytes, count)
    }

    /// Takes in `count` bytes of plaintext as if the session had just decrypted them: for proofs of
    /// the framing alone.
    ///
    /// - Returns: Bytes taken. Fewer than `count`: a ring is full, or the connection ended there.
    package mutating func receive(
        plaintext bytes: UnsafePointer<UInt8>, count: Int, connectionID id: Int, timeNs: UInt64
    ) -> Int {
        let connection = unsafe connections + id
        guard unsafe connection.pointee.phase == ConnectionPhase.open else { return 0 }
        nowNs = timeNs
        let filled = unsafe connection.pointee.filled
        let room = unsafe byteRings[id].free(wanted: filled &+ count) &- filled
        let taken = max(0, min(count, room))
        let target = unsafe byteRings[id].bytes(at: byteRings[id].position) + filled
        unsafe apus_copy(target, bytes, taken)
        unsafe connection.pointee.filled = filled &+ taken
        // A ring that is full keeps them as unparsed bytes, which come first the next time.
        _ = unsafe parse(id, connection)
        return taken
    }

    /// Why connection `id` was lost last, and the venue's close code if it sent one.
    package func loss(connectionID id: Int) -> (reason: ConnectionLoss, detail: Int32) {
        let handover = unsafe connections[id].handover
        return unsafe (handover.pointee.reason, handover.pointee.detail)
    }

    /// Hands replies of cold threads on.
    public mutating func receiveReplies(timeNs: UInt64) -> Int {
        nowNs = timeNs
        return forwardReplies()
    }
}
