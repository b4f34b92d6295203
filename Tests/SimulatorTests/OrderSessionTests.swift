//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Testing

@testable import Simulator

@Suite("Sessions of order entry that are logged on")
struct OrderSessionTests {
    /// The public half of the first key of RFC 8032, section 7.1.
    private static let publicPEM = """
        -----BEGIN PUBLIC KEY-----
        MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
        -----END PUBLIC KEY-----

        """
    /// The sheet's section 4.2 has its signature of `apiKey=TESTKEY&timestamp=…`.
    private static let timeMs: Int64 = 1_649_729_878_532
    private static let logon = [
        "apiKey": "TESTKEY", "timestamp": "\(timeMs)",
        "signature": "A7pzSIpXcoDaqSQtTE3VoAC4ZPjKNqktorOhIKIeEslb5EmDHZQnWzZE75tmjqi+"
            + "Uy/YwYcRuA5dVDKrgUjYCw==",
    ]

    private static func key(_ text: String) throws -> PublicKey {
        let path = NSTemporaryDirectory() + "apus-key-\(UUID().uuidString).pem"
        try Data(text.utf8).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try PublicKey(path: path)
    }

    private static func venue() throws -> OrderDeskFixture {
        OrderDeskFixture(
            startMs: timeMs,
            credentials: Credentials(key: "TESTKEY", publicKey: try key(publicPEM)))
    }

    /// An order that names no key and has no signature.
    private static func order(_ venue: OrderDeskFixture) -> [String: String] {
        venue.limit("BUY", ticks: -900, quantity: "0.010", "GTC")
            .merging(["timestamp": "\(venue.clock.nowMs)"]) { $1 }
    }

    private static func code(_ reply: JSONValue) -> String {
        reply["error"]?["code"]?.text ?? reply["status"]?.text ?? "none"
    }

    @Test func `the sheet's signature logs on, and unsigned orders are taken then`() throws {
        let venue = try Self.venue()
        #expect(Self.code(venue.send("order.place", Self.order(venue))) == "-2014")
        let reply = venue.send("session.logon", Self.logon)
        #expect(Self.code(reply) == "200")
        #expect(reply["result"]?["apiKey"]?.text == "TESTKEY")
        #expect(reply["result"]?["authorizedSince"]?.text == "\(Self.timeMs)")
        #expect(Self.code(venue.send("order.place", Self.order(venue))) == "200")
        #expect(venue.desk.openOrders.count == 1)
        let id = try #require(venue.desk.openOrders.keys.first)
        let cancel = ["symbol": "BTCUSDT", "orderId": "\(id)", "timestamp": "\(Self.timeMs)"]
        #expect(Self.code(venue.send("order.cancel", cancel)) == "200")
    }

    @Test func `a session that is logged on still has to tell the time`() throws {
        let venue = try Self.venue()
        _ = venue.send("session.logon", Self.logon)
        var late = Self.order(venue)
        late["timestamp"] = "\(Self.timeMs - 5_001)"
        #expect(Self.code(venue.send("order.place", late)) == "-1021")
        late["timestamp"] = nil
        #expect(Self.code(venue.send("order.place", late)) == "-1102")
        // A signature that is there counts all the same.
        let signed = Self.order(venue).merging(["apiKey": "TESTKEY", "signature": "x"]) { $1 }
        #expect(Self.code(venue.send("order.place", signed)) == "-1022")
        #expect(venue.desk.openOrders.isEmpty)
    }

    @Test func `a log-on is of one connection and ends with a log-out`() throws {
        let venue = try Self.venue()
        _ = venue.send("session.logon", Self.logon)
        let other = OrderSession(connectedMs: Self.timeMs)
        #expect(Self.code(venue.send("order.place", Self.order(venue), by: other)) == "-2014")
        let status = venue.send("session.status", [:], by: other)
        #expect(status["result"]?["authorizedSince"] == .null)
        #expect(
            venue.send("session.status", [:])["result"]?["apiKey"]?.text == "TESTKEY")
        #expect(venue.send("session.logout", [:])["result"]?["apiKey"] == .null)
        #expect(Self.code(venue.send("order.place", Self.order(venue))) == "-2014")
    }

    @Test(arguments: [
        "", "x", String(repeating: "A", count: 86) + "==", String(repeating: "=", count: 88),
        String(repeating: "A", count: 88), String(repeating: "é", count: 44),
    ])
    func `another signature logs nobody on`(signature: String) throws {
        let venue = try Self.venue()
        let reply = venue.send("session.logon", Self.logon.merging(["signature": signature]) { $1 })
        #expect(Self.code(reply) == (signature.isEmpty ? "-1102" : "-1022"))
        #expect(Self.code(venue.send("order.place", Self.order(venue))) == "-2014")
    }

    @Test func `a key with a secret cannot log on`() {
        let venue = OrderDeskFixture()
        #expect(Self.code(venue.call("session.logon", [:])) == "-1099")
    }

    @Test(arguments: ["", "x", "-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n"])
    func `what is no public key is refused`(text: String) {
        #expect(throws: SimulatorError.self) { _ = try Self.key(text) }
    }

    @Test func `an account has a secret or a public key, never both or half`() throws {
        let path = NSTemporaryDirectory() + "apus-key-\(UUID().uuidString).pem"
        try Data(Self.publicPEM.utf8).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let file = ["BINANCE_API_KEY": "k", "BINANCE_API_PUBLIC_KEY_FILE": path]
        #expect(try VenueKeys(environment: file).binance.publicKey != nil)
        for wrong in [
            ["BINANCE_API_PUBLIC_KEY_FILE": path], ["BINANCE_API_KEY": "k"],
            file.merging(["BINANCE_API_SECRET": "s"]) { $1 },
            file.merging(["BINANCE_API_PUBLIC_KEY_FILE": path + "x"]) { $1 },
        ] {
            #expect(throws: SimulatorError.self) { _ = try VenueKeys(environment: wrong) }
        }
    }
}
