//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase

/// Checks a text message's UTF-8 while its pieces arrive, and refuses at the first byte that no
/// continuation can mend. A sequence may be cut between two pieces.
///
/// Source: The Unicode Standard, version 15, table 3-7; RFC 6455, section 8.1.
public struct WebSocketTextCheck: Sendable, Equatable {
    /// Bytes that the sequence at hand still lacks: 0...3.
    private var lacking: UInt8 = 0
    /// What the next byte of that sequence may be.
    private var low: UInt8 = 0x80
    private var high: UInt8 = 0xBF

    @_noAllocation @_noLocks
    public init() {}

    /// Whether the text may end here.
    public var isComplete: Bool { @_noAllocation @_noLocks get { lacking == 0 } }

    /// Takes the next `count` bytes; `false` when they make the text ill-formed.
    ///
    /// Cost: O(count); eight bytes at once where they are ASCII.
    @_noAllocation @_noLocks
    public mutating func feed(_ bytes: UnsafePointer<UInt8>, count: Int) -> Bool {
        let raw = unsafe UnsafeRawPointer(bytes)
        var offset = 0
        while offset < count {
            if lacking == 0, offset &+ 8 <= count {
                let word = unsafe raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                if word & 0x8080_8080_8080_8080 == 0 {
                    offset &+= 8
                    continue
                }
            }
            if unsafe !take(bytes[offset]) { return false }
            offset &+= 1
        }
        return true
    }

    @_noAllocation @_noLocks
    @inline(__always)
    private mutating func take(_ byte: UInt8) -> Bool {
        if lacking == 0 {
            if byte < 0x80 { return true }
            if byte < 0xC2 || byte > 0xF4 { return false }
            lacking = byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : 3
            // The second byte's range excludes overlong forms, surrogates and what is too high.
            low = byte == 0xE0 ? 0xA0 : byte == 0xF0 ? 0x90 : 0x80
            high = byte == 0xED ? 0x9F : byte == 0xF4 ? 0x8F : 0xBF
            return true
        }
        if byte < low || byte > high { return false }
        lacking &-= 1
        low = 0x80
        high = 0xBF
        return true
    }
}
