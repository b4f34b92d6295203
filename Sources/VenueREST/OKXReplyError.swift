//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What can be wrong with a reply of OKX's REST interface.
public enum OKXReplyError: Error, Equatable, CustomStringConvertible {
    case notJSON
    case missing(String)
    /// The venue's own error: `{"code":…,"msg":…}` with a code that is not 0.
    case venue(code: Int, message: String)

    public var description: String {
        switch self {
        case .notJSON: "the reply is not JSON"
        case .missing(let name): "the reply has no usable \(name)"
        case .venue(let code, let message): "the venue answered \(code): \(message)"
        }
    }
}
