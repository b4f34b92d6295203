//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTLS
import Glibc
import Platform

/// What makes a result what it is, but for values and times: the build, the configuration and the
/// data. Two runs with one digest are one run.
public struct StudyIdentity: Sendable, Equatable {
    private let text: String

    /// - Parameters:
    ///   - build: Names the program, for instance by the digest of its file.
    ///   - configuration: The file's text; empty without one.
    ///   - settings: Everything else that the program is told: assignments, environment.
    ///   - data: Digests of the data in the order in which it is given.
    public init(build: String, configuration: String, settings: [String], data: [String]) {
        let parts = ["apus-trial 1", "build \(build)", Self.digest(configuration)]
            + settings.map { "setting \($0)" } + data.map { "data \($0)" }
        text = parts.joined(separator: "\n")
    }

    /// Names a trial: 64 hexadecimal digits.
    func digest(_ values: [Assignment], _ ranges: [TimeRange]) -> String {
        let parts = values.map { "value \($0.key)=\($0.value)" }
            + ranges.map { "range \($0.startNs) \($0.endNs)" }
        return Self.digest(([text] + parts).joined(separator: "\n"))
    }

    /// SHA-256 as 64 hexadecimal digits.
    static func digest(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var digits = [CChar](repeating: 0, count: 65)
        let result = unsafe apus_sha256_hex(bytes, bytes.count, &digits)
        precondition(result == 0, "SHA-256 is there")
        return String(decoding: digits.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static let depthMax = 8

    /// SHA-256 of a file; of a folder: of its files' names and digests.
    ///
    /// - Throws: `OptimiseError` for what cannot be read, or is nested over eight deep.
    public static func digest(
        ofPath path: String, depth: Int = 0
    ) throws(OptimiseError) -> String {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            throw OptimiseError("cannot read \(path): \(unsafe String(cString: strerror(errno)))")
        }
        if status.st_mode & S_IFMT == S_IFDIR {
            guard depth < depthMax else { throw OptimiseError("\(path): nested too deep") }
            var lines: [String] = []
            for name in SystemFile.names(in: path) {
                lines.append("\(name) \(try digest(ofPath: "\(path)/\(name)", depth: depth + 1))")
            }
            return digest(lines.joined(separator: "\n"))
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw OptimiseError("\(path) is neither a file nor a folder")
        }
        var digits = [CChar](repeating: 0, count: 65)
        let result = unsafe apus_sha256_file(path, &digits)
        guard result == 0 else {
            throw OptimiseError("cannot read \(path): \(unsafe String(cString: strerror(-result)))")
        }
        return String(decoding: digits.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
