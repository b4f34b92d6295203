//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc
import Options

/// Where the web server listens: a numeric address and a port.
struct WebAddress: Equatable, CustomStringConvertible {
    /// "127.0.0.1", "::1".
    let host: String
    /// 0: the kernel chooses one.
    let port: UInt16

    init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Reads "PORT", "ADDRESS:PORT" or "[IPV6]:PORT"; a port alone is of 127.0.0.1.
    init(_ text: String) throws(UsageError) {
        let colon = text.lastIndex(of: ":")
        let digits = colon.map { text[text.index(after: $0)...] } ?? text[...]
        guard let port = UInt16(digits), digits.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }) else {
            throw UsageError("--http takes [ADDRESS:]PORT with a port of 0 to 65535, not '\(text)'")
        }
        self.port = port
        guard let colon else {
            host = "127.0.0.1"
            return
        }
        var name = String(text[..<colon])
        if name.hasPrefix("["), name.hasSuffix("]") { name = String(name.dropFirst().dropLast()) }
        host = name == "localhost" ? "127.0.0.1" : name
        guard Self.bytes(host) != nil else {
            throw UsageError("--http takes a numeric address, not '\(name)'")
        }
    }

    /// Nobody but this machine can connect.
    var isLoopback: Bool {
        guard let bytes = Self.bytes(host) else { return false }
        return bytes.count == 4
            ? bytes[0] == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes.last == 1
    }

    /// "http://127.0.0.1:9464/".
    var description: String {
        "http://\(host.contains(":") ? "[\(host)]" : host):\(port)/"
    }

    /// The address in network order, of 4 or 16 bytes; `nil` when it is no numeric address.
    private static func bytes(_ host: String) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 16)
        if unsafe inet_pton(AF_INET, host, &bytes) == 1 { return Array(bytes.prefix(4)) }
        return unsafe inet_pton(AF_INET6, host, &bytes) == 1 ? bytes : nil
    }
}
