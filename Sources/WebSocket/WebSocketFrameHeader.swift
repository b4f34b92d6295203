//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// RFC 6455, section 5.2: the frame header, two to fourteen bytes in network order.
//
//===----------------------------------------------------------------------===//

import CBase

/// What came of reading a frame header.
public enum WebSocketDecodeResult: Sendable {
    /// The header is whole and legal.
    case complete
    /// More bytes are needed.
    case incomplete
    /// No continuation of these bytes is a legal frame.
    case invalid
}

/// The opcodes of RFC 6455, section 11.8.
public enum WebSocketOpcode {
    public static var continuation: UInt8 { @_noAllocation @_noLocks get { 0x0 } }
    public static var text: UInt8 { @_noAllocation @_noLocks get { 0x1 } }
    public static var binary: UInt8 { @_noAllocation @_noLocks get { 0x2 } }
    public static var close: UInt8 { @_noAllocation @_noLocks get { 0x8 } }
    public static var ping: UInt8 { @_noAllocation @_noLocks get { 0x9 } }
    public static var pong: UInt8 { @_noAllocation @_noLocks get { 0xA } }
}

/// One frame's header.
public struct WebSocketFrameHeader: Sendable, Equatable {
    /// 0...15; see `WebSocketOpcode`.
    public var opcode: UInt8 = 0
    public var isFinal = false
    /// RSV1...RSV3 as the bits 2...0; a frame with any of them set is refused.
    public var reservedBits: UInt8 = 0
    public var isMasked = false
    /// The four bytes on the wire, in memory order; 0 when the frame is not masked.
    public var maskingKey: UInt32 = 0
    /// Bytes.
    public var payloadLength = 0
    /// Bytes of the header itself: 2...14.
    public var headerLength = 0

    @_noAllocation @_noLocks
    public init() {}

    /// Whether this is a close, ping or pong frame.
    @inlinable @inline(__always)
    public var isControl: Bool {
        @_noAllocation @_noLocks
        get { opcode & 0x8 != 0 }
    }

    /// Reads the header at `bytes`, of which `available` bytes have arrived.
    ///
    /// Refuses reserved bits, unknown opcodes, control frames that are fragmented or over 125
    /// bytes, lengths not in their shortest form, and lengths beyond `Int32.max`. An illegal first
    /// or second byte is refused as soon as it is there. Whether masking is due is the caller's
    /// to know. `header` is meaningful only after `.complete`.
    @_noAllocation @_noLocks
    public static func decode(
        _ bytes: UnsafePointer<UInt8>, available: Int, into header: inout WebSocketFrameHeader
    ) -> WebSocketDecodeResult {
        if available < 1 { return .incomplete }
        let first = unsafe bytes[0]
        let opcode = first & 0x0F
        header.opcode = opcode
        header.isFinal = first & 0x80 != 0
        header.reservedBits = (first >> 4) & 0x7
        if header.reservedBits != 0 { return .invalid }
        if opcode > WebSocketOpcode.pong { return .invalid }
        if opcode > WebSocketOpcode.binary, opcode < WebSocketOpcode.close { return .invalid }
        let isControl = opcode & 0x8 != 0
        if isControl, !header.isFinal { return .invalid }
        if available < 2 { return .incomplete }
        let second = unsafe bytes[1]
        let shortLength = Int(second & 0x7F)
        if isControl, shortLength > 125 { return .invalid }
        header.isMasked = second & 0x80 != 0
        let lengthBytes = shortLength < 126 ? 0 : shortLength == 126 ? 2 : 8
        let keyOffset = 2 &+ lengthBytes
        let headerLength = keyOffset &+ (header.isMasked ? 4 : 0)
        if available < keyOffset { return .incomplete }
        let length = unsafe decodeLength(bytes, shortLength: shortLength)
        if length < 0 { return .invalid }
        header.payloadLength = length
        header.headerLength = headerLength
        if available < headerLength { return .incomplete }
        header.maskingKey = 0
        if header.isMasked {
            header.maskingKey = unsafe UnsafeRawPointer(bytes + keyOffset)
                .loadUnaligned(as: UInt32.self)
        }
        return .complete
    }

    /// The payload's length, or -1 when it is not in its shortest form or too large.
    @_noAllocation @_noLocks
    @inline(__always)
    static func decodeLength(_ bytes: UnsafePointer<UInt8>, shortLength: Int) -> Int {
        if shortLength < 126 { return shortLength }
        if shortLength == 126 {
            let length = unsafe Int(bytes[2]) << 8 | Int(bytes[3])
            return length >= 126 ? length : -1
        }
        let raw = unsafe UnsafeRawPointer(bytes + 2).loadUnaligned(as: UInt64.self)
        let length = UInt64(bigEndian: raw)
        if length < 65_536 { return -1 }
        return length <= UInt64(Int32.max) ? Int(truncatingIfNeeded: length) : -1
    }
}
