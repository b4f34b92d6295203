//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc

/// Whole small files. Cold code.
public enum TextFile {
    /// The file's bytes; `nil` when it cannot be read or is larger than `sizeMax`.
    public static func bytes(_ path: String, sizeMax: Int = 64 << 20) -> [UInt8]? {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var status = stat()
        guard unsafe fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
            status.st_size <= sizeMax
        else { return nil }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var filled = 0
        while filled < bytes.count {
            let count = unsafe bytes.withUnsafeMutableBytes {
                unsafe Glibc.read(file, $0.baseAddress! + filled, $0.count - filled)
            }
            if count < 0 { return nil }
            if count == 0 { break }
            filled += count
        }
        return Array(bytes[..<filled])
    }

    /// The file's text; `nil` when it cannot be read.
    public static func read(_ path: String) -> String? {
        bytes(path).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Writes the file anew; `false` when that failed.
    public static func write(_ text: String, to path: String, mode: UInt32 = 0o644) -> Bool {
        let file = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard file >= 0 else { return false }
        let isWhole = append(text, to: file)
        return close(file) == 0 && isWhole
    }

    /// Writes all of `text` to an open file; `false` when that failed.
    public static func append(_ text: String, to file: Int32) -> Bool {
        var text = text
        return text.withUTF8 { unsafe append(UnsafeRawBufferPointer($0), to: file) }
    }

    /// Writes all of `bytes` to an open file; `false` when that failed.
    public static func append(_ bytes: UnsafeRawBufferPointer, to file: Int32) -> Bool {
        var done = 0
        while done < bytes.count {
            let count = unsafe Glibc.write(
                file, bytes.baseAddress! + done, bytes.count - done)
            if count <= 0 { return false }
            done += count
        }
        return true
    }
}
