//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CKernels

/// The Castagnoli checksum of RFC 3720, appendix B.4.
public enum CRC32C {
    /// The checksum of `bytes`; `previous` continues that of the bytes before them.
    public static func checksum(
        _ bytes: some Collection<UInt8>, continuing previous: UInt32 = 0
    ) -> UInt32 {
        bytes.withContiguousStorageIfAvailable {
            guard let start = $0.baseAddress else { return previous }
            return unsafe apus_crc32c(previous, start, $0.count)
        } ?? checksum(Array(bytes), continuing: previous)
    }
}
