//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CZlib

/// The members of a zip archive in memory, stored or deflated (PKWARE APPNOTE 6.3): as
/// `numpy.savez` writes them. No encryption, no parts on several disks, no member of 4 GiB or more.
struct ZipArchive {
    struct Member {
        let name: String
        fileprivate let method: Int
        fileprivate let packedLength: Int
        let length: Int
        fileprivate let headerOffset: Int
    }

    enum Failure: String, Error {
        case notAnArchive = "not a zip archive"
        case unsupported = "a zip archive of an unsupported kind"
        case damaged = "a damaged zip archive"
    }

    private let bytes: [UInt8]
    let members: [Member]

    init(_ bytes: [UInt8]) throws(Failure) {
        self.bytes = bytes
        // The end record has a comment of up to 64 KiB behind it.
        let endLength = 22
        guard bytes.count >= endLength else { throw .notAnArchive }
        let lowest = max(0, bytes.count - endLength - 0xffff)
        var end = bytes.count - endLength
        while end >= lowest, Self.number(bytes, end, 4) != 0x0605_4b50 { end -= 1 }
        guard end >= lowest else { throw .notAnArchive }
        let count = Self.number(bytes, end + 10, 2)
        var at = Self.number(bytes, end + 16, 4)
        var members: [Member] = []
        for _ in 0..<count {
            guard at + 46 <= bytes.count, Self.number(bytes, at, 4) == 0x0201_4b50 else {
                throw .damaged
            }
            let nameLength = Self.number(bytes, at + 28, 2)
            let rest = Self.number(bytes, at + 30, 2) + Self.number(bytes, at + 32, 2)
            guard at + 46 + nameLength + rest <= bytes.count else { throw .damaged }
            let member = Member(
                name: String(decoding: bytes[(at + 46)..<(at + 46 + nameLength)], as: UTF8.self),
                method: Self.number(bytes, at + 10, 2),
                packedLength: Self.number(bytes, at + 20, 4),
                length: Self.number(bytes, at + 24, 4),
                headerOffset: Self.number(bytes, at + 42, 4))
            // All ones: the number stands in the record of large archives.
            guard member.packedLength != 0xffff_ffff, member.length != 0xffff_ffff,
                Self.number(bytes, at + 8, 2) & 1 == 0
            else { throw .unsupported }
            members.append(member)
            at += 46 + nameLength + rest
        }
        self.members = members
    }

    /// A member's content.
    func content(_ member: Member) throws(Failure) -> [UInt8] {
        let at = member.headerOffset
        guard at + 30 <= bytes.count, Self.number(bytes, at, 4) == 0x0403_4b50 else {
            throw .damaged
        }
        let start = at + 30 + Self.number(bytes, at + 26, 2) + Self.number(bytes, at + 28, 2)
        guard start + member.packedLength <= bytes.count else { throw .damaged }
        let packed = bytes[start..<(start + member.packedLength)]
        switch member.method {
        case 0:
            guard member.length == member.packedLength else { throw .damaged }
            return Array(packed)
        case 8:
            // Deflate makes at most 1,032 bytes of one.
            guard member.length <= (packed.count + 1) * 1_032 else { throw .damaged }
            var content = [UInt8](repeating: 0, count: member.length)
            let got = unsafe content.withUnsafeMutableBytes { out in
                unsafe packed.withUnsafeBytes { input in
                    unsafe apus_zlib_inflate(
                        input.baseAddress, input.count, out.baseAddress, out.count)
                }
            }
            guard got == member.length else { throw .damaged }
            return content
        default: throw .unsupported
        }
    }

    /// A little-endian number; the caller has checked that it is there.
    private static func number(_ bytes: [UInt8], _ at: Int, _ length: Int) -> Int {
        (0..<length).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) }
    }
}
