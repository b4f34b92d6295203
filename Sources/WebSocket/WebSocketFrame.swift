//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase

/// Writing frames, and what both sides do to payloads.
public enum WebSocketFrame {
    /// The longest header: two bytes, an eight-byte length, a masking key.
    public static var headerLengthMax: Int { @_noAllocation @_noLocks get { 14 } }

    /// Writes the header of an unfragmented frame.
    ///
    /// - Parameters:
    ///   - to: Room for `headerLengthMax` bytes.
    ///   - payloadLength: 0 or more, bytes.
    ///   - maskingKey: The four key bytes in memory order; `nil` for a frame without a mask.
    /// - Returns: The header's length, 2...14.
    @_noAllocation @_noLocks
    @discardableResult
    public static func writeHeader(
        to: UnsafeMutablePointer<UInt8>, opcode: UInt8, payloadLength: Int, maskingKey: UInt32?
    ) -> Int {
        let maskBit: UInt8 = maskingKey == nil ? 0 : 0x80
        unsafe to[0] = 0x80 | (opcode & 0x0F)
        var length = 2
        if payloadLength < 126 {
            unsafe to[1] = maskBit | UInt8(truncatingIfNeeded: payloadLength)
        } else if payloadLength < 65_536 {
            unsafe to[1] = maskBit | 126
            unsafe to[2] = UInt8(truncatingIfNeeded: payloadLength >> 8)
            unsafe to[3] = UInt8(truncatingIfNeeded: payloadLength)
            length = 4
        } else {
            unsafe to[1] = maskBit | 127
            let wire = UInt64(truncatingIfNeeded: payloadLength).bigEndian
            unsafe UnsafeMutableRawPointer(to + 2).storeBytes(of: wire, as: UInt64.self)
            length = 10
        }
        if let maskingKey {
            unsafe UnsafeMutableRawPointer(to + length).storeBytes(of: maskingKey, as: UInt32.self)
            length &+= 4
        }
        return length
    }

    /// Masks or unmasks `count` bytes in place, eight at a time.
    ///
    /// - Parameter key: The four key bytes in memory order; the first applies to `bytes[0]`.
    @_noAllocation @_noLocks
    public static func mask(_ bytes: UnsafeMutablePointer<UInt8>, count: Int, key: UInt32) {
        let wide = UInt64(key) << 32 | UInt64(key)
        let raw = UnsafeMutableRawPointer(bytes)
        var offset = 0
        while offset &+ 8 <= count {
            let word = unsafe raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            unsafe raw.storeBytes(of: word ^ wide, toByteOffset: offset, as: UInt64.self)
            offset &+= 8
        }
        // Whole words were done, so the key starts anew at `offset`.
        var rest = UInt64(littleEndian: wide)
        while offset < count {
            unsafe bytes[offset] ^= UInt8(truncatingIfNeeded: rest)
            rest >>= 8
            offset &+= 1
        }
    }

    /// Whether the bytes are well-formed UTF-8: no overlong form, no surrogate, nothing above
    /// U+10FFFF, no sequence cut off. See `WebSocketTextCheck` for text that comes in pieces.
    @_noAllocation @_noLocks
    public static func isValidUTF8(_ bytes: UnsafePointer<UInt8>, count: Int) -> Bool {
        var check = WebSocketTextCheck()
        return unsafe check.feed(bytes, count: count) && check.isComplete
    }
}
