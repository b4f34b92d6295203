//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc

extension ModelFile {
    /// A copy of the file's bytes, taken from a private mapping of it.
    static func readBytes(path: String) throws(ModelError) -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .cannotOpen(path: path, code: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else {
            throw .cannotOpen(path: path, code: errno)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw .cannotOpen(path: path, code: EINVAL)
        }
        guard status.st_size >= headerSize else { throw .tooShort(size: Int(status.st_size)) }
        guard UInt64(status.st_size) <= sizeMax else {
            throw .tooLarge(size: UInt64(status.st_size), sizeMax: sizeMax)
        }
        let size = Int(status.st_size)
        guard let mapped = unsafe mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0),
            unsafe mapped != MAP_FAILED
        else { throw .cannotOpen(path: path, code: errno) }
        defer { unsafe munmap(mapped, size) }
        return unsafe [UInt8](UnsafeRawBufferPointer(start: mapped, count: size))
    }

    /// Writes beside `path`, brings it to the disk, then renames.
    static func writeBytes(_ bytes: [UInt8], path: String) throws(ModelError) {
        let draft = path + ".new"
        let descriptor = unsafe open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .cannotWrite(path: path, code: errno) }
        var written = 0
        var code: Int32 = 0
        while written < bytes.count, code == 0 {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress! + written, bytes.count - written)
            }
            if count > 0 { written += count } else if errno != EINTR { code = errno }
        }
        if code == 0, fsync(descriptor) != 0 { code = errno }
        close(descriptor)
        if code == 0, unsafe rename(draft, path) != 0 { code = errno }
        if code != 0 {
            unsafe unlink(draft)
            throw .cannotWrite(path: path, code: code)
        }
    }
}
