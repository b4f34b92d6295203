//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CZstd
import Glibc

/// The uncompressed bytes of a segment, from its begin.
///
/// SAFETY: the C handle belongs to this value alone and is freed with it.
@safe
struct JournalInput: ~Copyable {
    private let descriptor: Int32
    private let stream: OpaquePointer?

    init(path: String, isCompressed: Bool) throws(JournalError) {
        var stream: OpaquePointer?
        var file: Int32 = -1
        if isCompressed {
            let result = unsafe apus_zstd_open(path, &stream)
            guard result == 0 else {
                throw .system(operation: "open", path: path, code: -result)
            }
        } else {
            file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
            guard file >= 0 else {
                throw .system(operation: "open", path: path, code: errno)
            }
        }
        descriptor = file
        unsafe self.stream = unsafe stream
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        unsafe apus_zstd_close(stream)
    }

    /// Reads up to `count` bytes; 0 at the end; -errno, of damaged compression as apus_zstd_read
    /// has it.
    func read(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int) -> Int {
        if let stream = unsafe stream { return unsafe apus_zstd_read(stream, bytes, count) }
        while true {
            let got = unsafe Glibc.read(descriptor, bytes, count)
            if got >= 0 { return got }
            if errno != EINTR { return -Int(errno) }
        }
    }
}
