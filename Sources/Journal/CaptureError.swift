//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc

/// What can be wrong with a capture file. In reading, it may go on after `malformed` with the next
/// line; after any other error the file gives no more lines.
public enum CaptureError: Error, Equatable, CustomStringConvertible {
    case cannotOpen(path: String, code: Int32)
    case cannotRead(path: String, code: Int32)
    /// The compressed data is damaged.
    case corrupt(path: String)
    /// The compressed data ends too early; every whole line before the cut was handed out.
    case cut(path: String)
    /// A capture could not be made or gone on with; what was flushed before can be read.
    case cannotWrite(path: String, code: Int32)
    /// One line is not `<receive time ns> <JSON>`.
    case malformed(path: String, line: Int, reason: Reason)

    public enum Reason: String, Sendable, Equatable {
        case noReceiveTime = "no receive time in front"
        case noDocument = "no JSON object or array behind the receive time"
        case unterminated = "the JSON does not end where the line ends"
        case tooLong = "longer than 4 MiB"
    }

    /// For instance "a.gz: line 17: no receive time in front".
    public var description: String {
        switch self {
        case .cannotOpen(let path, let code), .cannotRead(let path, let code),
            .cannotWrite(let path, let code):
            "\(path): \(unsafe String(cString: strerror(code)))"
        case .corrupt(let path): "\(path): the compressed data is damaged"
        case .cut(let path): "\(path): the compressed data ends too early"
        case .malformed(let path, let line, let reason):
            "\(path): line \(line): \(reason.rawValue)"
        }
    }
}
