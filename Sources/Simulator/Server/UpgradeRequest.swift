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
    /// `X-MBX-APIKEY`; empty where there is none.
    let apiKey: String
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
        apiKey = headers["x-mbx-apikey"] ?? ""
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

    /// The bytes that refuse it, for instance "400 Bad Request".
    static func refusal(_ status: String) -> [UInt8] {
        Array("HTTP/1.1 \(status)\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".utf8)
    }
}
