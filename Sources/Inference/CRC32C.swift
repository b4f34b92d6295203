//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// The Castagnoli checksum of RFC 3720, appendix B.4, by a table of 256 words. Cold code.
public enum CRC32C {
    private static let table: [UInt32] = (0..<256).map { index in
        var value = UInt32(index)
        for _ in 0..<8 { value = value & 1 == 1 ? (value >> 1) ^ 0x82f6_3b78 : value >> 1 }
        return value
    }

    /// The checksum of `bytes`; `previous` continues that of the bytes before them.
    public static func checksum(
        _ bytes: some Collection<UInt8>, continuing previous: UInt32 = 0
    ) -> UInt32 {
        bytes.withContiguousStorageIfAvailable {
            unsafe checksum(contiguous: $0, continuing: previous)
        } ?? checksum(Array(bytes), continuing: previous)
    }

    private static func checksum(
        contiguous bytes: UnsafeBufferPointer<UInt8>, continuing previous: UInt32
    ) -> UInt32 {
        var value = ~previous
        unsafe table.withUnsafeBufferPointer { table in
            var index = 0
            while index < bytes.count {
                let place = Int((value ^ UInt32(unsafe bytes[index])) & 0xff)
                value = unsafe table[place] ^ (value >> 8)
                index += 1
            }
        }
        return ~value
    }
}
