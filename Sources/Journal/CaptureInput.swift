//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CZlib
import CZstd
import Glibc

/// The uncompressed bytes of a file that is plain, gzip or zstd, told by its first bytes.
///
/// SAFETY: the C handle belongs to this value alone and is freed with it.
@safe
struct CaptureInput: ~Copyable {
    private let file: OpaquePointer
    private let isZstd: Bool
    private let isCutInMagic: Bool

    init(path: String) throws(CaptureError) {
        var magic: [UInt8] = [0, 0, 0, 0]
        let count = try Self.readHead(path, into: &magic)
        let isZstd = count == 4 && magic == Self.zstdMagic
        let isCutInMagic = count == 1 && magic[0] == Self.gzipMagic
            || (1..<4).contains(count) && magic[..<count] == Self.zstdMagic[..<count]
        var file: OpaquePointer?
        let result = unsafe isZstd ? apus_zstd_open(path, &file) : apus_gzip_open(path, &file)
        guard result == 0, let opened = unsafe file else {
            throw .cannotOpen(path: path, code: -result)
        }
        self.isZstd = isZstd
        self.isCutInMagic = isCutInMagic
        unsafe self.file = unsafe opened
    }

    deinit {
        if isZstd { unsafe apus_zstd_close(file) } else { unsafe apus_gzip_close(file) }
    }

    /// Reads up to `count` bytes; 0 at the end, otherwise -errno as apus_gzip_read has it.
    func read(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int) -> Int {
        // What no text begins with; zlib alone would hand it through as text.
        if isCutInMagic { return -Int(ENODATA) }
        return unsafe isZstd
            ? apus_zstd_read(file, bytes, count) : apus_gzip_read(file, bytes, count)
    }

    private static let zstdMagic: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd]
    private static let gzipMagic: UInt8 = 0x1f

    /// Puts the first bytes of a file into `head`; returns how many there are.
    private static func readHead(
        _ path: String, into head: inout [UInt8]
    ) throws(CaptureError) -> Int {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            throw .cannotOpen(path: path, code: errno)
        }
        // Of a pipe nothing may be taken in advance; it is plain or gzip.
        guard status.st_mode & S_IFMT == S_IFREG else { return 0 }
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .cannotOpen(path: path, code: errno) }
        defer { close(descriptor) }
        let count = unsafe pread(descriptor, &head, head.count, 0)
        guard count >= 0 else { throw .cannotOpen(path: path, code: errno) }
        return count
    }
}
