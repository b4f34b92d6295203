//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTLS

/// The HTTP request that opens a WebSocket connection (RFC 6455, section 4.2).
struct UpgradeRequest {
    let target: String
    private let key: String

    /// `nil` when it is not a valid opening handshake.
    init?(_ text: String) {
        let lines = text.split(separator: "\r\n", omittingEmptySubsequences: true)
        guard let first = lines.first else { return nil }
        let parts = first.split(separator: " ")
        guard parts.count == 3, parts[0] == "GET", parts[2] == "HTTP/1.1" else { return nil }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { return nil }
            var value = line[line.index(after: colon)...]
            while value.first == " " || value.first == "\t" { value = value.dropFirst() }
            while value.last == " " || value.last == "\t" { value = value.dropLast() }
            headers[line[..<colon].lowercased()] = String(value)
        }
        guard headers["upgrade"]?.lowercased() == "websocket",
            headers["connection"]?.lowercased().contains("upgrade") == true,
            headers["sec-websocket-version"] == "13",
            let key = headers["sec-websocket-key"], key.utf8.count == 24
        else { return nil }
        target = String(parts[1])
        self.key = key
    }

    /// The bytes that accept it.
    var acceptance: [UInt8] {
        var digits = [CChar](repeating: 0, count: 29)
        unsafe apus_websocket_accept_key(key, &digits)
        let bytes = digits.prefix(28).map { UInt8(bitPattern: $0) }
        let accept = String(decoding: bytes, as: UTF8.self)
        return Array(
            ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                + "Connection: Upgrade\r\nSec-WebSocket-Accept: \(accept)\r\n\r\n").utf8)
    }

    static let refusal = Array(
        ("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").utf8)
}

/// What a stream URL asks for.
struct StreamTarget: Equatable {
    var route: Route
    var isCombined: Bool
    /// Streams named in the URL; for the private route unused.
    var streams: [String] = []
    var listenKeys: [String] = []
    /// User events asked for by name; all when empty.
    var events: [String] = []

    /// - Parameter target: Path and query. `nil` for a path the venue does not have.
    init?(_ target: String) {
        let halves = target.split(separator: "?", maxSplits: 1)
        guard let path = halves.first else { return nil }
        let query = halves.count > 1 ? halves[1].split(separator: "&") : []
        var parts = path.split(separator: "/").map(String.init)
        guard !parts.isEmpty else { return nil }
        if parts[0] == "ws-fapi" {
            guard parts.count == 2, parts[1] == "v1" else { return nil }
            route = .orderEntry
            isCombined = false
            return
        }
        switch parts[0] {
        case "public": route = .publicData
        case "market": route = .marketData
        case "private": route = .privateData
        // Without a route a connection only ever receives public data.
        case "ws", "stream": route = .publicData
        default: return nil
        }
        if parts[0] != "ws", parts[0] != "stream" { parts.removeFirst() }
        guard let form = parts.first, form == "ws" || form == "stream" else { return nil }
        isCombined = form == "stream"
        let rest = Array(parts.dropFirst())
        if route == .privateData { listenKeys = rest } else { streams = rest }
        for pair in query {
            let sides = pair.split(separator: "=", maxSplits: 1).map(String.init)
            guard sides.count == 2 else { continue }
            let values = sides[1].split(separator: "/").map(String.init)
            switch sides[0] {
            case "streams": streams += values
            case "listenKey": listenKeys += values
            case "events": events += values
            default: break
            }
        }
    }
}
