//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What an operator must know of a venue to reach it: full base URLs.
public struct Endpoints: Sendable, Equatable {
    public var rest: String
    public var stream: String
    public var userStream: String
    public var api: String
    /// PEM of trust roots to add to the system's.
    public var caFile: String?

    public init(
        rest: String, stream: String, userStream: String, api: String, caFile: String? = nil
    ) {
        self.rest = Self.base(rest)
        self.stream = Self.base(stream)
        self.userStream = Self.base(userStream)
        self.api = Self.base(api)
        self.caFile = caFile
    }

    /// Paths that begin with a slash are put behind it.
    private static func base(_ address: String) -> String {
        address.hasSuffix("/") ? String(address.dropLast()) : address
    }

    /// Whether every address is this machine's own.
    public var isLoopback: Bool {
        [rest, stream, userStream, api].allSatisfy { address in
            let host = address.split(separator: "/").dropFirst().first ?? ""
            return host.hasPrefix("localhost") || host.hasPrefix("127.") || host.hasPrefix("[::1]")
        }
    }
}
