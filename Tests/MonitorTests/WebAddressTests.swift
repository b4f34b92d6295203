//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Options
import Testing

@testable import Monitor

@Suite("Address of the web server")
struct WebAddressTests {
    @Test(arguments: [
        ("9464", "127.0.0.1", 9464, true), ("0", "127.0.0.1", 0, true),
        ("localhost:80", "127.0.0.1", 80, true), ("127.1.2.3:1", "127.1.2.3", 1, true),
        ("0.0.0.0:9464", "0.0.0.0", 9464, false), ("10.0.0.1:65535", "10.0.0.1", 65535, false),
        ("[::1]:9464", "::1", 9464, true), ("[::]:9464", "::", 9464, false),
        ("[2001:db8::1]:1", "2001:db8::1", 1, false),
    ] as [(String, String, UInt16, Bool)])
    func `a port alone is of this machine, an address is asked for`(
        text: String, host: String, port: UInt16, isLoopback: Bool
    ) throws {
        let address = try WebAddress(text)
        #expect(address == WebAddress(host: host, port: port))
        #expect(address.isLoopback == isLoopback)
    }

    @Test(arguments: [
        "", ":", "x", "65536", "-1", "+1", " 1", "1 ", "0x10", "1.5", "host:80", "127.0.0.1:",
        "127.0.0.1:http", "256.0.0.1:1", "127.0.0:1", ":9464", "[::1]", "::1", "[::1:9464",
        "127.0.0.1:9464:1",
    ])
    func `what is no address is refused`(text: String) {
        #expect(throws: UsageError.self) { _ = try WebAddress(text) }
    }

    @Test func `it is told as a browser takes it`() {
        #expect(WebAddress(host: "::1", port: 9464).description == "http://[::1]:9464/")
        #expect(WebAddress(host: "127.0.0.1", port: 1).description == "http://127.0.0.1:1/")
    }
}
