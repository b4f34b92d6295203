//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation

/// Programs from Debian that tests drive; `tuning/setup` leaves them out, for Apus needs none.
public enum DebianTool {
    /// Whether `program` is there: installs `package` when it is not and this user may.
    public static func isThere(_ program: String, package: String) -> Bool {
        let find = "command -v \(program) >/dev/null"
        let install = """
            [ $(id -u) = 0 ] && export DEBIAN_FRONTEND=noninteractive \
            && { timeout 120 apt-get install -y -qq --no-install-recommends \(package) \
            || { timeout 120 apt-get update -qq \
            && timeout 120 apt-get install -y -qq --no-install-recommends \(package); }; }
            """
        return run("\(find) || { { \(install); } >/dev/null 2>&1 && \(find); }").status == 0
    }

    /// Runs a line of the shell to its end.
    public static func run(_ line: String) -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", line]
        let pipe = Pipe()
        process.standardOutput = pipe
        guard (try? process.run()) != nil else { return (127, "") }
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}
