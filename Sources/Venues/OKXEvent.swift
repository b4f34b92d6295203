//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import JSON

/// A message of OKX that is about the connection: the answer to a log-in or subscription, an error.
public struct OKXEvent: Equatable, Sendable {
    /// "login", "subscribe", "error", …
    public let name: String
    /// Empty unless it is an error.
    public let code: String
    public let message: String

    /// `nil` for a message that is no event: a push, a reply, the answer to a ping.
    public init?(_ bytes: [UInt8]) {
        guard let document = JSONDocument(bytes), let name = document["event"]?.text else {
            return nil
        }
        self.name = name
        code = document["code"]?.text ?? ""
        message = String((document["msg"]?.text ?? "").prefix(200).filter { !$0.isNewline })
    }
}
