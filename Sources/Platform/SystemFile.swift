//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc

/// Files the kernel writes when they are read (/proc, /sys): they say no size beforehand.
public enum SystemFile {
    static let sizeMax = 4 << 20

    /// The file's text, at most 4 MiB of it; `nil` when it cannot be read.
    public static func text(_ path: String) -> String? {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 14)
        var filled = 0
        while filled < sizeMax {
            if filled == bytes.count {
                bytes.append(contentsOf: repeatElement(0, count: bytes.count))
            }
            let count = unsafe bytes.withUnsafeMutableBytes {
                unsafe read(file, $0.baseAddress! + filled, $0.count - filled)
            }
            if count < 0 { return nil }
            if count == 0 { break }
            filled += count
        }
        return String(decoding: bytes[..<filled], as: UTF8.self)
    }

    /// The first line; `nil` when there is no file or it is empty.
    public static func line(_ path: String) -> String? {
        guard let line = text(path)?.prefix(while: { $0 != "\n" }), !line.isEmpty else {
            return nil
        }
        return String(line)
    }

    /// The names in a folder, sorted; empty when it cannot be read.
    public static func names(in folder: String) -> [String] {
        guard let directory = unsafe opendir(folder) else { return [] }
        defer { unsafe closedir(directory) }
        var names: [String] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
                    unsafe String(cString: $0)
                }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Where a link points to, as it is written; `nil` when it is none.
    public static func target(ofLink path: String) -> String? {
        var bytes = [CChar](repeating: 0, count: 4_096)
        let count = unsafe readlink(path, &bytes, bytes.count)
        guard count > 0 else { return nil }
        return String(decoding: bytes[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Whether this process may write it.
    public static func isWritable(_ path: String) -> Bool { unsafe access(path, W_OK) == 0 }
}
