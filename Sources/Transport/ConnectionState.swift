//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import CTLS
import CUring
import Glibc
import WebSocket

/// Where a connection stands with the reader.
enum ConnectionPhase {
    /// With the cold thread.
    static var absent: UInt8 { @_noAllocation @_noLocks get { 0 } }
    static var open: UInt8 { @_noAllocation @_noLocks get { 1 } }
    /// Lost; the last output is on its way.
    static var closing: UInt8 { @_noAllocation @_noLocks get { 2 } }
    /// Lost; the kernel is letting go of the socket.
    static var detaching: UInt8 { @_noAllocation @_noLocks get { 3 } }
}

/// One connection as the reader's thread sees it.
///
/// The bytes behind the byte ring's committed position, all offsets from there:
///
///     0 ... payloadStart ... payloadStart + assembled ... cursor ......... filled
///       header  fragments kept so far                hole       unparsed        free
///
/// Bytes are committed only with the message they belong to, so control frames, dropped holes and
/// the rest of a lost connection take no room.
///
/// SAFETY: what the pointers name lives as long as the reader and is its thread's while in use.
@safe
struct ConnectionState {
    var session: OpaquePointer?
    var net: OpaquePointer?
    var channel: UnsafeMutablePointer<OrderChannel>
    var handover: UnsafeMutablePointer<Handover>
    var slot: Int32 = -1
    /// Of `ConnectionPhase`.
    var phase: UInt8 = 0
    var isSending = false
    /// A write outside `poll` failed; `poll` ends the connection.
    var hasWriteFailed = false
    /// The parser has been told of the loss.
    var isLossPublished = true
    /// 0: no message is being assembled.
    var fragmentOpcode: UInt8 = 0
    var payloadStart = 0
    var assembled = 0
    /// Of the text message that is not all there yet.
    var text = WebSocketTextCheck()
    /// Payload bytes of the frame at the cursor that `text` has seen.
    var checked = 0
    var cursor = 0
    var filled = 0
    var messageSizeMax = 0
    var holeMax = 0
    var lastDataNs: UInt64 = 0
    var closingSinceNs: UInt64 = 0
    var idleTimeoutNs: UInt64 = 0
    /// 0: nobody asks for a sign of life.
    var keepAliveIntervalNs: UInt64 = 0
    var keepAliveText: UnsafePointer<UInt8>?
    var keepAliveLength = 0
    var keepAliveSentNs: UInt64 = 0
    /// 0: silence is no reason to give up.
    var silenceTimeoutNs: UInt64 = 0
    var lastMessageNs: UInt64 = 0
    var messages: UInt64 = 0

    init(channel: UnsafeMutablePointer<OrderChannel>, handover: UnsafeMutablePointer<Handover>) {
        unsafe self.channel = unsafe channel
        unsafe self.handover = unsafe handover
    }
}

extension UnsafeMutablePointer where Pointee == ConnectionState {
    /// Hands the oldest output to the kernel unless a send is underway already.
    ///
    /// - Returns: 0 or -errno.
    @_noAllocation @_noLocks
    func flush() -> Int32 {
        if unsafe pointee.isSending { return 0 }
        guard let session = unsafe pointee.session, let net = unsafe pointee.net else {
            return -ENOTCONN
        }
        var length = 0
        let bytes = unsafe apus_tls_session_output(session, &length)
        if length == 0 { return 0 }
        let result = unsafe apus_net_send(net, pointee.slot, bytes, length)
        if result == 0 { unsafe pointee.isSending = true }
        return result
    }

    /// Encrypts for the order channel; see `apus_order_channel.h`.
    @_noAllocation @_noLocks
    func writeOrder(_ bytes: UnsafePointer<UInt8>?, _ length: Int) -> Int32 {
        guard unsafe pointee.phase == ConnectionPhase.open, unsafe !pointee.hasWriteFailed,
            let session = unsafe pointee.session
        else { return -ENOTCONN }
        let result = unsafe apus_tls_session_write(session, bytes, length)
        if result == 0 || result == -ENOBUFS { return result }
        unsafe pointee.hasWriteFailed = true
        unsafe pointee.channel.pointee.isOpen = 0
        return -EIO
    }

    /// Sends what the order channel encrypted.
    @_noAllocation @_noLocks
    func flushOrders() -> Int32 {
        if unsafe pointee.phase != ConnectionPhase.open { return -ENOTCONN }
        let result = unsafe flush()
        if result == 0 { return 0 }
        unsafe pointee.hasWriteFailed = true
        unsafe pointee.channel.pointee.isOpen = 0
        return result
    }

    /// Makes the state ready for a new connection.
    @_noAllocation @_noLocks
    func reset() {
        unsafe pointee.isSending = false
        unsafe pointee.hasWriteFailed = false
        unsafe pointee.fragmentOpcode = 0
        unsafe pointee.payloadStart = 0
        unsafe pointee.assembled = 0
        unsafe pointee.text = WebSocketTextCheck()
        unsafe pointee.checked = 0
        unsafe pointee.cursor = 0
        unsafe pointee.filled = 0
        unsafe pointee.keepAliveSentNs = 0
        unsafe pointee.messages = 0
    }
}
