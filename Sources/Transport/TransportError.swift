//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// A connection that could not be made, or a part of the transport that could not be set up.
public struct TransportError: Error, CustomStringConvertible, Equatable, Sendable {
    public enum Reason: Sendable, Equatable {
        case invalidURL
        case hostNotFound
        case refused
        case timedOut
        /// Expired, for another host, of an unknown issuer.
        case certificate
        case tls
        /// The server's answer to the upgrade was not 101, or not as RFC 6455 wants it.
        case upgrade(status: Int)
        /// What was said while the connection was opened.
        case refusedByVenue
        case network
        case path
        case setup
        case stopped
    }

    public let reason: Reason
    /// One line, without the URL's path, which may hold a secret.
    public let description: String
    /// How long the server asked us to stay away.
    let retryAfter: Duration?

    init(_ reason: Reason, _ description: String, retryAfter: Duration? = nil) {
        self.reason = reason
        self.description = description
        self.retryAfter = retryAfter
    }

    /// A venue's refusal of what was said while the connection was opened.
    public static func refused(_ description: String) -> TransportError {
        TransportError(.refusedByVenue, description)
    }

    /// Whether trying again cannot help, so that start-up need not wait.
    var isPermanent: Bool {
        switch reason {
        case .invalidURL, .certificate, .setup, .stopped: true
        case .upgrade(let status):
            status >= 400 && status < 500 && status != 408 && status != 418 && status != 429
        default: false
        }
    }
}
