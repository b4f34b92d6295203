//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTLS
import Testing

/// The signature of `payload`, as text.
func signature(_ payload: String, secret: String, prefix: String = "") -> String {
    var state = HMACState()
    let key = Array(secret.utf8)
    unsafe apus_hmac_init(&state, key, key.count)
    let head = Array(prefix.utf8)
    unsafe apus_hmac_extend(&state, head, head.count)
    var hex = [UInt8](repeating: 0, count: Int(APUS_HMAC_HEX_LENGTH))
    let bytes = Array(payload.utf8)
    unsafe apus_hmac_sign(&state, bytes, bytes.count, &hex)
    unsafe apus_hmac_destroy(&state)
    return String(decoding: hex, as: UTF8.self)
}

@Suite("HMAC-SHA256 by precomputed state")
struct HMACTests {
    static let secret = "2b5eb11e18796d12d88f13dc27dbbd02c2cc51ff7059765ed9821957d82bb4d9"

    struct Vector: Sendable {
        let payload: String
        let hex: String
    }

    /// The vectors of the venue's protocol sheet, section 4.2.
    static let vectors = [
        Vector(
            payload: "symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=9000&timeInForce=GTC"
                + "&recvWindow=5000&timestamp=1591702613943",
            hex: "3c661234138461fcc7a7d8746c6558c9842d4e10870d2ecbedf7777cad694af9"),
        Vector(
            payload: "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=9000"
                + "&recvWindow=5000&timestamp=1591702613943",
            hex: "ec11dcc17e67e47f0d3c3f513dfe9062307e37619c5c82ebaa8fe0bdf3d59519"),
        Vector(
            payload: "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTCquantity=1&price=9000"
                + "&recvWindow=5000&timestamp=1591702613943",
            hex: "30baaf0fab549bbeda7f5ef201898b34122da25fd23c646cac2c529aebe670a4"),
        Vector(
            payload: "apiKey=TESTKEY&price=43187.0&quantity=0.100&recvWindow=5000&side=BUY"
                + "&symbol=BTCUSDT&timeInForce=GTC&timestamp=1702555533821&type=LIMIT",
            hex: "0c784f825a96b2eff1047db9e5c1527b1fbf439a6f87457ec2ec67087cef1f28"),
    ]

    @Test(arguments: vectors)
    func `a payload of the venue's sheet gets the signature of the sheet`(_ vector: Vector) {
        #expect(signature(vector.payload, secret: Self.secret) == vector.hex)
    }

    @Test func `any split into constant prefix and message gives the same signature`() {
        let text = Self.vectors[3].payload
        for count in 0...text.utf8.count {
            let head = String(decoding: text.utf8.prefix(count), as: UTF8.self)
            let rest = String(decoding: text.utf8.dropFirst(count), as: UTF8.self)
            #expect(signature(rest, secret: Self.secret, prefix: head) == Self.vectors[3].hex)
        }
    }

    /// RFC 4231, test cases 1, 2 and 6: keys of 20, 4 and 131 bytes.
    @Test func `keys of any length agree with RFC 4231`() {
        let first = String(decoding: [UInt8](repeating: 0x0B, count: 20), as: UTF8.self)
        #expect(
            signature("Hi There", secret: first)
                == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")
        #expect(
            signature("what do ya want for nothing?", secret: "Jefe")
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        var state = HMACState()
        let key = [UInt8](repeating: 0xAA, count: 131)
        unsafe apus_hmac_init(&state, key, key.count)
        let text = Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8)
        var hex = [UInt8](repeating: 0, count: 64)
        unsafe apus_hmac_sign(&state, text, text.count, &hex)
        #expect(
            String(decoding: hex, as: UTF8.self)
                == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
    }

    private func bytes(of state: HMACState) -> [UInt8] {
        unsafe withUnsafeBytes(of: state) { unsafe Array($0) }
    }

    @Test func `signing leaves the state as it was and destroying wipes it`() {
        var state = HMACState()
        let key = Array("key".utf8)
        unsafe apus_hmac_init(&state, key, key.count)
        let before = bytes(of: state)
        var hex = [UInt8](repeating: 0, count: 64)
        unsafe apus_hmac_sign(&state, key, key.count, &hex)
        let after = bytes(of: state)
        #expect(after == before)
        unsafe apus_hmac_destroy(&state)
        let wiped = bytes(of: state)
        #expect(wiped == [UInt8](repeating: 0, count: wiped.count))
    }
}
