//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Testing

@testable import Simulator

@Suite("Signatures")
struct CredentialsTests {
    static let secret = Array(
        "2b5eb11e18796d12d88f13dc27dbbd02c2cc51ff7059765ed9821957d82bb4d9".utf8)

    @Test(arguments: [
        (
            "symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=9000&timeInForce=GTC"
                + "&recvWindow=5000&timestamp=1591702613943",
            "3c661234138461fcc7a7d8746c6558c9842d4e10870d2ecbedf7777cad694af9"
        ),
        (
            "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=9000"
                + "&recvWindow=5000&timestamp=1591702613943",
            "ec11dcc17e67e47f0d3c3f513dfe9062307e37619c5c82ebaa8fe0bdf3d59519"
        ),
        (
            "apiKey=TESTKEY&price=43187.0&quantity=0.100&recvWindow=5000&side=BUY&symbol=BTCUSDT"
                + "&timeInForce=GTC&timestamp=1702555533821&type=LIMIT",
            "0c784f825a96b2eff1047db9e5c1527b1fbf439a6f87457ec2ec67087cef1f28"
        ),
    ])
    func `the venue's vectors are reproduced`(payload: String, expected: String) {
        #expect(
            Credentials.signature(secret: Self.secret, payload: Array(payload.utf8)) == expected)
    }

    @Test func `query and body are signed one behind the other with nothing between`() {
        let request = RESTRequest(
            method: "POST", path: "/fapi/v1/order",
            query: "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC",
            body: "quantity=1&price=9000&recvWindow=5000&timestamp=1591702613943&signature=00",
            apiKey: "")
        #expect(
            Credentials.signature(secret: Self.secret, payload: request.signedPayload)
                == "30baaf0fab549bbeda7f5ef201898b34122da25fd23c646cac2c529aebe670a4")
    }

    @Test func `a WebSocket request signs its parameters sorted by name`() {
        let parameters = Parameters([
            ("timestamp", "2"), ("apiKey", "k"), ("signature", "s"), ("price", "1.0"),
        ])
        #expect(parameters.sortedPayload == "apiKey=k&price=1.0&timestamp=2")
    }

    struct Case: Sendable {
        var timestamp: Int64
        var window: String?
        var refusal: Int?
    }

    @Test(arguments: [
        Case(timestamp: 100_000, refusal: nil), Case(timestamp: 100_999, refusal: nil),
        Case(timestamp: 101_000, refusal: -1021), Case(timestamp: 95_000, refusal: nil),
        Case(timestamp: 94_999, refusal: -1021),
        Case(timestamp: 40_000, window: "60000", refusal: nil),
        Case(timestamp: 100_000, window: "60001", refusal: -1102),
    ])
    func `a request is taken inside its time window only`(one: Case) {
        let credentials = Credentials(key: "k", secret: "s")
        let payload = Array("x".utf8)
        var values = [
            (name: "timestamp", value: String(one.timestamp)),
            (name: "signature", value: Credentials.signature(secret: [115], payload: payload)),
        ]
        if let window = one.window { values.append((name: "recvWindow", value: window)) }
        var refusal: Int?
        do throws(VenueError) {
            try credentials.checkSigned(Parameters(values), payload: payload, nowMs: 100_000)
        } catch { refusal = error.code }
        #expect(refusal == one.refusal)
    }

    @Test func `a signature by another secret is refused`() {
        let credentials = Credentials(key: "k", secret: "s")
        let payload = Array("x".utf8)
        let parameters = Parameters([
            ("timestamp", "100000"),
            ("signature", Credentials.signature(secret: [116], payload: payload)),
        ])
        #expect(throws: VenueError.signature) {
            try credentials.checkSigned(parameters, payload: payload, nowMs: 100_000)
        }
        #expect(throws: VenueError.rejectedKey) { try credentials.checkKey("other") }
        #expect(throws: VenueError.badKey) { try credentials.checkKey("") }
    }
}
