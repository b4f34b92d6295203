//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation

/// A folder for one test's files, its owner's alone, removed with everything in it.
public final class Workplace {
    public let path: String

    public init() throws {
        var template = Array("\(NSTemporaryDirectory())/apus-test.XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else {
            throw Overdue(description: "no temporary folder")
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    public func file(_ name: String) -> String { "\(path)/\(name)" }

    /// - Parameter mode: Of the file; `nil`: as the process makes files.
    public func write(_ text: String, to name: String, mode: Int? = nil) throws -> String {
        try text.write(toFile: file(name), atomically: true, encoding: .utf8)
        if let mode {
            try FileManager.default.setAttributes(
                [.posixPermissions: mode], ofItemAtPath: file(name))
        }
        return file(name)
    }

    /// Empty when there is no such file.
    public func text(_ name: String) -> String {
        (try? String(contentsOfFile: file(name), encoding: .utf8)) ?? ""
    }
}
