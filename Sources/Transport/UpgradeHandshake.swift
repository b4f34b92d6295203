//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTLS
import HTTP
import Platform

/// The opening handshake of RFC 6455, section 4, the client's side.
package enum UpgradeHandshake {
    package static let responseSizeMax = 16_384

    /// Base64 of 16 random bytes.
    package static func makeKey() -> String {
        var generator = SystemRandomNumberGenerator()
        var bytes = (0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) }
        return base64(&bytes)
    }

    static func request(
        url: ConnectionURL, path: String, headers: [(String, String)], key: String
    ) throws(TransportError) -> [UInt8] {
        var text = """
            GET \(path) HTTP/1.1\r
            Host: \(url.authority)\r
            Upgrade: websocket\r
            Connection: Upgrade\r
            Sec-WebSocket-Key: \(key)\r
            Sec-WebSocket-Version: 13\r

            """
        for (name, value) in headers {
            let isClean = (name + value).utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
            guard isClean, !name.isEmpty, !name.contains(":") else {
                throw TransportError(.invalidURL, "a header that cannot be sent")
            }
            text += "\(name): \(value)\r\n"
        }
        guard path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw TransportError(.path, "a path with blanks or control characters")
        }
        return Array((text + "\r\n").utf8)
    }

    /// Index behind the blank line that ends the response's head; `nil` when it is not there yet.
    package static func endOfHead(_ bytes: [UInt8]) -> Int? {
        guard bytes.count >= 4 else { return nil }
        for index in 3..<bytes.count where bytes[index] == 0x0A {
            if bytes[index - 1] == 0x0D, bytes[index - 2] == 0x0A, bytes[index - 3] == 0x0D {
                return index + 1
            }
        }
        return nil
    }

    /// Accepts exactly what section 4.1 accepts.
    package static func check(head: [UInt8], key: String) throws(TransportError) {
        let text = String(decoding: head, as: UTF8.self)
        let statusLine = text.prefix { !$0.isNewline }
        let parts = statusLine.split(separator: " ", maxSplits: 2)
        guard parts.count >= 2, parts[0] == "HTTP/1.1", let status = Int(parts[1]) else {
            throw TransportError(.upgrade(status: 0), "upgrade answered by something not HTTP/1.1")
        }
        let lines = Array(text.dropFirst(statusLine.count).utf8)
        let headers = HTTPHeaders.parse(lines)
        func values(_ name: String) -> [String] {
            headers.filter { $0.0.lowercased() == name }.map(\.1)
        }
        guard status == 101 else {
            let seconds = values("retry-after").first.flatMap { Int($0) }
            throw TransportError(
                .upgrade(status: status), "upgrade refused with HTTP \(status)",
                retryAfter: seconds.map { .seconds(max(0, min($0, 3_600))) })
        }
        func refuse(_ what: String) -> TransportError {
            TransportError(.upgrade(status: status), "upgrade answered with \(what)")
        }
        guard values("upgrade").map({ $0.lowercased() }) == ["websocket"] else {
            throw refuse("a wrong Upgrade header")
        }
        let tokens = values("connection").flatMap { $0.split(separator: ",") }
        guard tokens.contains(where: { HTTPHeaders.trimmed($0).lowercased() == "upgrade" }) else {
            throw refuse("a wrong Connection header")
        }
        guard values("sec-websocket-accept") == [acceptKey(for: key)] else {
            throw refuse("a wrong Sec-WebSocket-Accept header")
        }
        guard values("sec-websocket-extensions").allSatisfy({ $0.isEmpty }),
            values("sec-websocket-protocol").isEmpty
        else { throw refuse("an extension or protocol that was not asked for") }
    }

    package static func acceptKey(for key: String) -> String {
        var accept = [CChar](repeating: 0, count: 29)
        unsafe apus_websocket_accept_key(key, &accept)
        return Transport.text(accept)
    }

    private static func base64(_ bytes: inout [UInt8]) -> String {
        var characters = [CChar](repeating: 0, count: 4 * ((bytes.count + 2) / 3) + 1)
        unsafe apus_base64_encode(bytes, bytes.count, &characters)
        return Transport.text(characters)
    }
}
