//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc
import Platform
import TradingCore

/// Names, sizes and hashes of a run's input.
public enum DataFiles {
    private static let chunk = 1 << 20

    static func isFolder(_ path: String) -> Bool { !SystemFile.names(in: path).isEmpty }

    /// Of a folder: of each file in it.
    ///
    /// - Throws: `EngineError` for a file that cannot be read.
    public static func describe(_ paths: [String]) throws -> [RunResult.DataFile] {
        let files = paths.flatMap { path in
            let names = SystemFile.names(in: path).filter { $0.contains(".apj") }
            return names.isEmpty ? [path] : names.sorted().map { "\(path)/\($0)" }
        }
        return try files.map { path in
            let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
            guard file >= 0 else {
                throw EngineError("\(path): \(unsafe String(cString: strerror(errno)))")
            }
            defer { close(file) }
            var part = [UInt8](repeating: 0, count: chunk)
            var hash: UInt64 = 0xcbf2_9ce4_8422_2325
            var bytes = 0
            while true {
                let count = unsafe part.withUnsafeMutableBytes {
                    unsafe read(file, $0.baseAddress, chunk)
                }
                guard count >= 0 else {
                    throw EngineError("\(path): \(unsafe String(cString: strerror(errno)))")
                }
                if count == 0 { break }
                for byte in part[..<count] { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
                bytes += count
            }
            let name = path.split(separator: "/").last.map(String.init) ?? path
            return RunResult.DataFile(name: name, bytes: bytes, hash: hash)
        }
    }
}
