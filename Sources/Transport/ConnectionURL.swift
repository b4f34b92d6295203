//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Where a connection goes, taken apart.
struct ConnectionURL: Equatable, Sendable {
    /// A name or an address, without brackets.
    let host: String
    let port: UInt16
    /// Path and query, beginning with "/".
    let path: String

    /// "host:port" as the Host header and the log show it.
    var authority: String {
        let shown = host.contains(":") ? "[\(host)]" : host
        return port == 443 ? shown : "\(shown):\(port)"
    }

    /// - Parameter url: "wss://host[:port][/path][?query]"; the host may be "[address]".
    init(_ url: String) throws(TransportError) {
        let scheme = "wss://"
        guard url.lowercased().hasPrefix(scheme) else {
            throw TransportError(.invalidURL, "only wss:// is spoken")
        }
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw TransportError(.invalidURL, "URL with blanks or control characters")
        }
        let rest = url.dropFirst(scheme.count)
        let end = rest.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? rest.endIndex
        let path = rest[end...].prefix { $0 != "#" }
        self.path = path.hasPrefix("/") ? String(path) : "/" + path
        (host, port) = try Self.splitAuthority(rest[..<end])
    }

    private static func splitAuthority(
        _ authority: Substring
    ) throws(TransportError) -> (String, UInt16) {
        var host = authority
        var portText: Substring?
        if authority.hasPrefix("[") {
            guard let close = authority.firstIndex(of: "]") else {
                throw TransportError(.invalidURL, "URL with an unclosed bracket")
            }
            host = authority[authority.index(after: authority.startIndex)..<close]
            let behind = authority[authority.index(after: close)...]
            if behind.hasPrefix(":") { portText = behind.dropFirst() }
        } else if let colon = authority.lastIndex(of: ":") {
            host = authority[..<colon]
            portText = authority[authority.index(after: colon)...]
        }
        guard !host.isEmpty, !host.contains("@") else {
            throw TransportError(.invalidURL, "URL without a host, or with credentials")
        }
        guard let portText else { return (String(host), 443) }
        guard let port = UInt16(portText), port > 0 else {
            throw TransportError(.invalidURL, "URL with an impossible port")
        }
        return (String(host), port)
    }
}
