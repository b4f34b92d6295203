//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc

/// A command line that cannot be understood: one line for the person who typed it.
public struct UsageError: Error, Equatable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}

/// How every command of Apus ends.
public enum ExitStatus {
    public static let ok: Int32 = 0
    public static let failed: Int32 = 1
    public static let usage: Int32 = 2
}

/// Writes `text` and a newline to standard error, at once.
public func writeError(_ text: String) {
    let line = Array((text + "\n").utf8)
    var written = 0
    while written < line.count {
        let count = unsafe line.withUnsafeBytes { bytes in
            unsafe write(STDERR_FILENO, bytes.baseAddress! + written, line.count - written)
        }
        if count <= 0 { return }
        written += count
    }
}

extension OptionParser {
    /// Parses, or ends the process: `--help` prints the help text and ends with 0, a usage error
    /// prints one line on standard error and ends with 2.
    public func parseOrExit(_ arguments: [String]) -> ParsedOptions {
        do throws(UsageError) {
            let parsed = try parse(arguments)
            if parsed.isHelpRequested {
                print(help, terminator: "")
                exit(ExitStatus.ok)
            }
            return parsed
        } catch {
            writeError("\(command): \(error); see \(command) --help")
            exit(ExitStatus.usage)
        }
    }
}
