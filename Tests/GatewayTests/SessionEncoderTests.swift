//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Accounts
import CTLS
import Foundation
import Gateway
import Glibc
import Messages
import Testing

/// The first key of RFC 8032, section 7.1, whose signatures the sheet's section 4.2 lists.
private let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"

/// PKCS#8 of an Ed25519 seed (RFC 8410): a fixed head, then its 32 bytes.
private func pem(_ seed: String) -> String {
    var bytes: [UInt8] = [
        0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04,
        0x20,
    ]
    var rest = seed[...]
    while !rest.isEmpty {
        bytes.append(UInt8(rest.prefix(2), radix: 16) ?? 0)
        rest = rest.dropFirst(2)
    }
    return "-----BEGIN PRIVATE KEY-----\n\(Data(bytes).base64EncodedString())\n"
        + "-----END PRIVATE KEY-----\n"
}

@Suite("Ed25519 keys")
struct Ed25519KeyTests {
    /// A file in a folder of its own, gone with the value.
    private final class KeyFile {
        let folder: String
        var path: String { folder + "/key.pem" }

        init(_ text: String, mode: Int = 0o600) throws {
            folder = NSTemporaryDirectory() + "apus-key-\(UUID().uuidString)"
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(filePath: path))
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        }

        deinit { try? FileManager.default.removeItem(atPath: folder) }
    }

    @Test(arguments: [
        (
            "apiKey=TESTKEY&timestamp=1649729878532",
            "A7pzSIpXcoDaqSQtTE3VoAC4ZPjKNqktorOhIKIeEslb5EmDHZQnWzZE75tmjqi+"
                + "Uy/YwYcRuA5dVDKrgUjYCw=="
        ),
        (
            "apiKey=TESTKEY&price=43187.0&quantity=0.100&recvWindow=5000&side=BUY&symbol=BTCUSDT"
                + "&timeInForce=GTC&timestamp=1702555533821&type=LIMIT",
            "OOK4j/sv3f3q9pzsOkk+WHTY9yN0a3zEsS9goyQylHDCnjP+mqWYggL4VFbFrRDm"
                + "qZlXLqSv7hvK+Ld1t2OmCw=="
        ),
    ])
    func `signatures are the sheet's`(payload: String, signature: String) throws {
        let file = try KeyFile(pem(seed))
        let key = try Ed25519Key(path: file.path)
        #expect(key.sign(payload) == signature)
        #expect(key.sign(payload) == signature)
        #expect(key.sign(payload + " ") != signature)
    }

    @Test(arguments: [0o400, 0o600])
    func `a file that its owner alone can read is taken`(mode: Int) throws {
        let file = try KeyFile(pem(seed), mode: mode)
        #expect(try Ed25519Key(path: file.path).sign("x") != nil)
    }

    @Test(arguments: [0o644, 0o640, 0o604, 0o660, 0o602, 0o700, 0o666])
    func `a file that others can get at is refused`(mode: Int) throws {
        let file = try KeyFile(pem(seed), mode: mode)
        #expect(throws: KeyFileError.shared(path: file.path)) {
            _ = try Ed25519Key(path: file.path)
        }
    }

    @Test func `another user's file is refused`() throws {
        let file = try KeyFile(pem(seed))
        guard geteuid() == 0, unsafe chown(file.path, 1, 1) == 0 else {
            // Without the right to give a file away: one that is another's already.
            #expect(throws: KeyFileError.foreign(path: "/etc/passwd")) {
                _ = try Ed25519Key(path: "/etc/passwd")
            }
            return
        }
        #expect(throws: KeyFileError.foreign(path: file.path)) {
            _ = try Ed25519Key(path: file.path)
        }
    }

    @Test func `links, folders, pipes and nothing at all are no key file`() throws {
        let file = try KeyFile(pem(seed))
        let link = file.folder + "/link"
        let pipe = file.folder + "/pipe"
        try FileManager.default.createSymbolicLink(
            atPath: link, withDestinationPath: file.path)
        let made = unsafe mkfifo(pipe, 0o600)
        #expect(made == 0)
        for path in [link, pipe, file.folder, file.folder + "/none", ""] {
            #expect(throws: KeyFileError.unreadable(path: path)) { _ = try Ed25519Key(path: path) }
        }
    }

    static let rsaHead = "-----BEGIN PRIVATE KEY-----\nMIICdgIBADANBgkqhkiG9w0BAQEFAASC\n"
    static let encrypted =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAg=\n"
        + "-----END ENCRYPTED PRIVATE KEY-----\n"

    @Test(arguments: [
        "", "x", rsaHead, encrypted, String(repeating: "x", count: 5_000),
        pem(seed).replacing("MC4C", with: "MC4D"), String(pem(seed).prefix(60)),
    ])
    func `text that is no plain Ed25519 key is refused, and no word of it told`(
        text: String
    ) throws {
        let file = try KeyFile(text)
        do {
            _ = try Ed25519Key(path: file.path)
            Issue.record("a key of \(text.prefix(40))")
        } catch {
            #expect(error == .noKey(path: file.path))
            #expect(
                error.description
                    == "\(file.path) holds no unencrypted Ed25519 private key in PEM")
        }
    }

    @Test func `a key never shows itself`() throws {
        let file = try KeyFile(pem(seed))
        let key = try Ed25519Key(path: file.path)
        #expect("\(key)" == "a private key")
        #expect(!String(reflecting: key).contains("9d61"))
    }
}

@Suite("Frames of a session that is logged on")
struct SessionEncoderTests {
    private static func configuration(isAuthenticated: Bool) -> GatewayConfiguration {
        GatewayConfiguration(
            apiKey: isAuthenticated ? "" : "TESTKEY", secret: isAuthenticated ? "" : "secret",
            maskSeed: 7, isSessionAuthenticated: isAuthenticated)
    }

    @Test func `a place and a cancel carry their time, and neither key nor signature`() throws {
        var encoder = try BinanceOrderEncoder(
            configuration: Self.configuration(isAuthenticated: true), instruments: Fixtures.table())
        var intent = Fixtures.place(0xab)
        let length = unsafe encoder.encodePlace(&intent, timeMs: 1_702_555_533_821)
        let bytes = (0..<length).map { unsafe encoder.frameBytes[$0] }
        let text =
            #"{"id":"p00000000000000ab","method":"order.place","params":{"newClientOrderId":"#
            + #""apus00000000000000ab","timestamp":1702555533821,"recvWindow":5000,"#
            + #""selfTradePreventionMode":"EXPIRE_MAKER","side":"BUY","symbol":"BTCUSDT","#
            + #""timeInForce":"GTC","type":"LIMIT","quantity":"0.010","price":"61800.2"}}"#
        #expect(encoder.lastText(isCancel: false) == text)
        #expect(texts(ofFrames: bytes) == [text])
        let isSame = unsafe encoder.isPlace(&intent)
        #expect(isSame)
        intent.quantity = QuantityLots(rawValue: 11)
        let isOther = unsafe encoder.isPlace(&intent)
        #expect(!isOther)
        let cancel = encoder.encodeCancel(
            orderID: 0xab, instrumentID: 1, timeMs: 1_702_555_533_821)
        let cancelBytes = (0..<cancel).map { unsafe encoder.frameBytes[$0] }
        let cancelText =
            #"{"id":"c00000000000000ab","method":"order.cancel","params":{"origClientOrderId":"#
            + #""apus00000000000000ab","timestamp":1702555533821,"recvWindow":5000,"#
            + #""symbol":"ETHUSDT"}}"#
        #expect(encoder.lastText(isCancel: true) == cancelText)
        #expect(texts(ofFrames: cancelBytes) == [cancelText])
    }

    /// Goal: both modes say the same of an order. Method: the signed text without its two members.
    @Test func `but for key and signature both modes write the same`() throws {
        var signed = try BinanceOrderEncoder(
            configuration: Self.configuration(isAuthenticated: false),
            instruments: Fixtures.table())
        var plain = try BinanceOrderEncoder(
            configuration: Self.configuration(isAuthenticated: true), instruments: Fixtures.table())
        for type in [OrderType.limit, .market] {
            for side in [Side.buy, .sell] {
                var intent = Fixtures.place(7, side: side, type: type, isReduceOnly: 1)
                _ = unsafe signed.encodePlace(&intent, timeMs: 1_702_555_533_821)
                _ = unsafe plain.encodePlace(&intent, timeMs: 1_702_555_533_821)
                let text = signed.lastText(isCancel: false)
                    .replacing(/"signature":"[0-9a-f]{64}",/, with: "")
                    .replacing(#""apiKey":"TESTKEY","#, with: "")
                #expect(text == plain.lastText(isCancel: false))
            }
        }
    }

    @Test func `a change names the order, its side, the whole quantity and the price`() throws {
        var plain = try BinanceModifyEncoder(
            configuration: Self.configuration(isAuthenticated: true), instruments: Fixtures.table())
        let length = plain.encode(
            orderID: 0xab, instrumentID: 0, side: .sell, price: PriceTicks(rawValue: 618_003),
            quantity: QuantityLots(rawValue: 12), timeMs: 1_702_555_533_821)
        let text =
            #"{"id":"m00000000000000ab","method":"order.modify","params":{"origClientOrderId":"#
            + #""apus00000000000000ab","timestamp":1702555533821,"recvWindow":5000,"side":"SELL","#
            + #""symbol":"BTCUSDT","quantity":"0.012","price":"61800.3"}}"#
        #expect(plain.lastText() == text)
        let bytes = (0..<length).map { unsafe plain.frameBytes[$0] }
        #expect(texts(ofFrames: bytes) == [text])

        var signed = try BinanceModifyEncoder(
            configuration: Self.configuration(isAuthenticated: false),
            instruments: Fixtures.table())
        let outcome = signed.encode(
            orderID: 0xab, instrumentID: 0, side: .sell, price: PriceTicks(rawValue: 618_003),
            quantity: QuantityLots(rawValue: 12), timeMs: 1_702_555_533_821)
        #expect(outcome > 0)
        let payload =
            "apiKey=TESTKEY&origClientOrderId=apus00000000000000ab&price=61800.3&quantity=0.012"
            + "&recvWindow=5000&side=SELL&symbol=BTCUSDT&timestamp=1702555533821"
        #expect(signed.lastText().contains(
            "\"signature\":\"\(signature(payload, secret: "secret"))\""))
        #expect(signed.lastText().replacing(/"signature":"[0-9a-f]{64}",/, with: "")
            .replacing(#""apiKey":"TESTKEY","#, with: "") == text)
    }

    @Test func `a change that cannot be written is refused, not mangled`() throws {
        var encoder = try BinanceModifyEncoder(
            configuration: Self.configuration(isAuthenticated: true), instruments: Fixtures.table())
        func length(
            _ id: UInt32 = 0, _ side: Side = .buy, _ price: Int64 = 1, _ quantity: Int64 = 1
        ) -> Int {
            encoder.encode(
                orderID: 1, instrumentID: id, side: side, price: PriceTicks(rawValue: price),
                quantity: QuantityLots(rawValue: quantity), timeMs: 0)
        }
        #expect(length() > 0)
        #expect(length(2) == 0)
        #expect(length(0, .none) == 0)
        #expect(length(0, Side(rawValue: 255)) == 0)
        #expect(length(0, .buy, 0) == 0)
        #expect(length(0, .buy, .min) == 0)
        #expect(length(0, .buy, 1, 0) == 0)
        #expect(length(0, .buy, 1, -5) == 0)
        #expect(length(0, .buy, .max, .max) > 0)
    }
}
