//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CZlib

/// Files that are read as a whole: descriptions of instruments, recorded replies.
public enum WholeFile {
    /// Largest content, bytes, uncompressed.
    public static let lengthMax = 256 << 20
    private static let chunk = 1 << 20

    /// The content of `path`, plain or gzip.
    public static func bytes(_ path: String) throws(CaptureError) -> [UInt8] {
        try head(path, count: .max)
    }

    /// The content of `path`: plain, gzip, or the only member of a zip archive.
    public static func unpacked(_ path: String) throws(CaptureError) -> [UInt8] {
        let content = try bytes(path)
        guard content.starts(with: [0x50, 0x4b, 0x03, 0x04]) else { return content }
        do throws(ZipArchive.Failure) {
            let archive = try ZipArchive(content)
            guard let member = archive.members.first, archive.members.count == 1,
                member.length <= lengthMax
            else { throw .unsupported }
            return try archive.content(member)
        } catch { throw .corrupt(path: path) }
    }

    /// The first bytes of `path`, plain or gzip: `count` and a few more, or all there are.
    public static func head(_ path: String, count: Int) throws(CaptureError) -> [UInt8] {
        var opened: OpaquePointer?
        let result = unsafe apus_gzip_open(path, &opened)
        guard result == 0, let file = unsafe opened else {
            throw .cannotOpen(path: path, code: -result)
        }
        defer { unsafe apus_gzip_close(file) }
        var content: [UInt8] = []
        var part = [UInt8](repeating: 0, count: chunk)
        while true {
            let got = unsafe part.withUnsafeMutableBytes {
                unsafe apus_gzip_read(file, $0.baseAddress!, chunk)
            }
            switch Int32(clamping: -got) {
            case 0: return content
            case 61: throw .cut(path: path)  // ENODATA
            case 74: throw .corrupt(path: path)  // EBADMSG
            case 1...: throw .cannotRead(path: path, code: Int32(clamping: -got))
            default: content += part[..<got]
            }
            if content.count >= count { return content }
            guard content.count <= lengthMax else {
                throw .cannotRead(path: path, code: 27)  // EFBIG
            }
        }
    }
}
