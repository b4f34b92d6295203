//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CKernels
import CTLS
import SeededRandom
import Testing

@Suite("Checksums and hashes")
struct ChecksumTests {
    private static func native(_ bytes: [UInt8], continuing previous: UInt32 = 0) -> UInt32 {
        unsafe bytes.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return previous }
            return unsafe apus_crc32c(previous, start, bytes.count)
        }
    }

    private static func portable(_ bytes: [UInt8], continuing previous: UInt32 = 0) -> UInt32 {
        unsafe bytes.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return previous }
            return unsafe apus_crc32c_portable(previous, start, bytes.count)
        }
    }

    /// An iSCSI read command: the last vector of the appendix.
    private static let command: [UInt8] = [
        0x01, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x14, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0,
        0x14, 0, 0, 0, 0x18, 0x28, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0,
    ]

    private static let vectors: [(bytes: [UInt8], checksum: UInt32)] = [
        ([UInt8](repeating: 0, count: 32), 0x8a91_36aa),
        ([UInt8](repeating: 0xff, count: 32), 0x62a8_ab43),
        (Array(0..<32), 0x46dd_794e),
        (Array((0..<32).reversed()), 0x113f_db5c),
        (command, 0xd996_3a56),
        (Array("123456789".utf8), 0xe306_9283),
        ([], 0),
    ]

    @Test(arguments: vectors)
    func `the vectors of RFC 3720 come out by instructions and by the table`(
        bytes: [UInt8], expected: UInt32
    ) {
        #expect(Self.native(bytes) == expected)
        #expect(Self.portable(bytes) == expected)
    }

    @Test func `instructions and table agree at every length, place and cut`() {
        var random = SplitMix64(seed: 31)
        let bytes = (0..<700).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        for _ in 0..<3_000 {
            let start = random.below(bytes.count)
            let end = start + random.below(bytes.count - start + 1)
            let part = Array(bytes[start..<end])
            let cut = random.below(part.count + 1)
            let expected = Self.portable(part)
            #expect(Self.native(part) == expected)
            let first = Self.native(Array(part[..<cut]))
            #expect(Self.native(Array(part[cut...]), continuing: first) == expected)
        }
    }

    @Test(arguments: [
        ("abc", 0xba78_16bf_8f01_cfea as UInt64), ("", 0xe3b0_c442_98fc_1c14),
        ("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 0x248d_6a61_d206_38b8),
    ])
    func `the head of a hash is that of FIPS 180-4`(text: String, expected: UInt64) {
        #expect(unsafe apus_sha256_head(Array(text.utf8), text.utf8.count) == expected)
    }
}
