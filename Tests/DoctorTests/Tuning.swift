//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Platform
import Testing

/// Runs the scripts under `tuning` on a copy of /proc, /sys and /etc.
struct Tuning {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "tuning").path()

    struct Outcome {
        let status: Int32?
        let text: String
    }

    let tree: HostTree

    /// - Parameter environment: "NAME=value " before the command.
    func run(_ script: String, _ arguments: [String], environment: String = "") throws -> Outcome {
        let output = tree.path + "/.output"
        let command = "\(environment)'\(Self.folder)/\(script)' --root '\(tree.path)' "
            + arguments.map { "'\($0)'" }.joined(separator: " ")
        let outcome = try Self.shell(command, output: output)
        try? FileManager.default.removeItem(atPath: output)
        return outcome
    }

    static func shell(_ command: String, output: String) throws -> Outcome {
        let child = try ChildProcess(
            path: "/bin/bash", arguments: ["-c", command], output: output)
        let status = child.wait(timeoutNs: 300_000_000_000)
        return Outcome(
            status: status,
            text: (try? String(contentsOfFile: output, encoding: .utf8)) ?? "")
    }

    /// The names in `knobs=(…)`.
    static func knobs() throws -> [String] {
        let text = try String(contentsOfFile: folder + "/knobs.sh", encoding: .utf8)
        let list = try #require(text.split(separator: "\nknobs=(").last)
        return list.prefix { $0 != ")" }.split { $0 == " " || $0 == "\n" }.map(String.init)
    }
}
