//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase

/// The client side of RFC 6455, section 5: header and mask of one final text frame.
///
/// Masking keys come from xoshiro256** (D. Blackman and S. Vigna, 2018). The mask keeps proxies
/// from mistaking a payload for a request; over TLS to the venue it protects nothing, so a fast
/// generator seeded once per process suffices.
struct FrameMask {
    /// Length of the header of a payload of 126...65,535 bytes; that of a shorter one is two less.
    static var headerLengthMax: Int {
        @_noAllocation @_noLocks get { 8 }
    }
    /// The shortest payload whose length does not fit the header's second byte.
    static var longPayloadMin: Int {
        @_noAllocation @_noLocks get { 126 }
    }

    private var s0: UInt64
    private var s1: UInt64
    private var s2: UInt64
    private var s3: UInt64

    init(seed: UInt64) {
        var state = seed
        s0 = Self.splitMix(&state)
        s1 = Self.splitMix(&state)
        s2 = Self.splitMix(&state)
        s3 = Self.splitMix(&state)
    }

    /// SplitMix64, which the authors of xoshiro recommend for seeding it.
    private static func splitMix(_ state: inout UInt64) -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// The next masking key.
    @_noAllocation @_noLocks
    mutating func nextKey() -> UInt32 {
        let product = s1 &* 5
        let result = ((product &<< 7) | (product &>> 57)) &* 9
        let t = s1 &<< 17
        s2 ^= s0
        s3 ^= s1
        s1 ^= s2
        s0 ^= s3
        s2 ^= t
        s3 = (s3 &<< 45) | (s3 &>> 19)
        return UInt32(truncatingIfNeeded: result &>> 32)
    }

    /// Writes header and masked payload to `frame`.
    ///
    /// - Parameter length: Of the payload, 0...65,535; up to 7 bytes behind it are read, too.
    /// - Parameter frame: Has room for the header, the payload and 7 bytes more.
    /// - Returns: Bytes of the frame.
    @_noAllocation @_noLocks
    mutating func write(
        payload: UnsafePointer<UInt8>, length: Int, to frame: UnsafeMutablePointer<UInt8>
    ) -> Int {
        let key = nextKey()
        unsafe frame[0] = 0x81  // Final, text.
        let head = UnsafeMutableRawPointer(frame)
        var headerLength = Self.headerLengthMax
        if length < Self.longPayloadMin {
            headerLength &-= 2
            unsafe frame[1] = 0x80 | UInt8(truncatingIfNeeded: length)  // Masked.
        } else {
            unsafe frame[1] = 0x80 | 126  // Masked, 16-bit length.
            unsafe frame[2] = UInt8(truncatingIfNeeded: length &>> 8)
            unsafe frame[3] = UInt8(truncatingIfNeeded: length)
        }
        unsafe head.storeBytes(of: key, toByteOffset: headerLength &- 4, as: UInt32.self)
        let mask = UInt64(key) | UInt64(key) &<< 32
        let from = unsafe UnsafeRawPointer(payload)
        var at = 0
        while at < length {
            let word = unsafe from.loadUnaligned(fromByteOffset: at, as: UInt64.self)
            unsafe head.storeBytes(
                of: word ^ mask, toByteOffset: at &+ headerLength, as: UInt64.self)
            at &+= 8
        }
        return length &+ headerLength
    }
}
