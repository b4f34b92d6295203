//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Doctor
import Foundation

/// A copy of /proc, /sys and /etc in a folder of its own, removed at the end.
final class HostTree {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory
            .appending(path: "apus-doctor-\(UUID().uuidString)").path()
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var files: HostFiles { HostFiles(root: path) }

    /// Writes `text` and a newline, as the kernel does.
    func put(_ file: String, _ text: String) throws {
        let url = URL(filePath: path + file)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data((text + "\n").utf8).write(to: url)
    }

    func link(_ file: String, to target: String) throws {
        let url = URL(filePath: path + file)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: url.path(), withDestinationPath: target)
    }

    func text(_ file: String) -> String? {
        try? String(contentsOfFile: path + file, encoding: .utf8)
    }

    /// Every plain file with its bytes.
    func contents() -> [String: Data] {
        var contents: [String: Data] = [:]
        let names = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
        for name in names {
            var isFolder: ObjCBool = false
            let file = path + "/" + name
            _ = unsafe FileManager.default.fileExists(atPath: file, isDirectory: &isFolder)
            if !isFolder.boolValue { contents[name] = FileManager.default.contents(atPath: file) }
        }
        return contents
    }
}
