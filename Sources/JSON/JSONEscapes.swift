//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// The escapes of JSON strings. Nothing here allocates or reads outside its range.
public enum JSONEscapes {
    /// Resolves the escapes of validated string text.
    ///
    /// A lone surrogate becomes U+FFFD.
    /// - Returns: Bytes written to `out`, or -1 when they are more than `limit`.
    @_noAllocation @_noLocks
    public static func unescape(
        _ bytes: UnsafePointer<UInt8>, count: Int, into out: UnsafeMutablePointer<UInt8>,
        limit: Int
    ) -> Int {
        var at = 0
        var written = 0
        while at < count {
            guard limit &- written >= 4 else { return -1 }
            let byte = unsafe bytes[at]
            guard byte == UInt8(ascii: "\\") else {
                unsafe out[written] = byte
                written &+= 1
                at &+= 1
                continue
            }
            let kind = unsafe bytes[at &+ 1]
            at &+= 2
            if kind == UInt8(ascii: "u") {
                var scalar = unsafe hexWord(bytes + at)
                at &+= 4
                if scalar & 0xfc00 == 0xd800, count &- at >= 6,
                    unsafe bytes[at] == UInt8(ascii: "\\"),
                    unsafe bytes[at &+ 1] == UInt8(ascii: "u"),
                    unsafe hexWord(bytes + at + 2) & 0xfc00 == 0xdc00
                {
                    let low = unsafe hexWord(bytes + at + 2)
                    scalar = 0x10000 &+ (scalar & 0x3ff) &<< 10 &+ (low & 0x3ff)
                    at &+= 6
                } else if scalar & 0xf800 == 0xd800 {
                    scalar = 0xfffd
                }
                written &+= unsafe encode(scalar, out + written)
            } else {
                unsafe out[written] = plain(kind)
                written &+= 1
            }
        }
        return written
    }

    @_noAllocation @_noLocks
    private static func plain(_ kind: UInt8) -> UInt8 {
        switch kind {
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0c
        case UInt8(ascii: "n"): 0x0a
        case UInt8(ascii: "r"): 0x0d
        case UInt8(ascii: "t"): 0x09
        default: kind
        }
    }

    @_noAllocation @_noLocks
    private static func hexWord(_ bytes: UnsafePointer<UInt8>) -> UInt32 {
        var value: UInt32 = 0
        for index in 0..<4 { value = value &<< 4 | UInt32(JSONPull.hexDigit(unsafe bytes[index])) }
        return value
    }

    @_noAllocation @_noLocks
    private static func encode(_ scalar: UInt32, _ out: UnsafeMutablePointer<UInt8>) -> Int {
        func low(_ shift: UInt32) -> UInt8 {
            0x80 | UInt8(truncatingIfNeeded: scalar &>> shift & 0x3f)
        }
        if scalar < 0x80 {
            unsafe out[0] = UInt8(truncatingIfNeeded: scalar)
            return 1
        }
        if scalar < 0x800 {
            unsafe out[0] = 0xc0 | UInt8(truncatingIfNeeded: scalar &>> 6)
            unsafe out[1] = low(0)
            return 2
        }
        if scalar < 0x10000 {
            unsafe out[0] = 0xe0 | UInt8(truncatingIfNeeded: scalar &>> 12)
            unsafe out[1] = low(6)
            unsafe out[2] = low(0)
            return 3
        }
        unsafe out[0] = 0xf0 | UInt8(truncatingIfNeeded: scalar &>> 18)
        unsafe out[1] = low(12)
        unsafe out[2] = low(6)
        unsafe out[3] = low(0)
        return 4
    }
}
