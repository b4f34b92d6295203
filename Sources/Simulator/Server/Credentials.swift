//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTLS

/// The one API key the venue knows, and the checks of signed requests.
///
/// Source: protocol sheet of Binance, section 4.2; vectors in the tests.
public struct Credentials: Sendable {
    /// The pair that a demonstration uses when the environment names none. Not secret.
    public static let demonstration = Credentials(
        key: "apusdemo00000000000000000000000000000000000000000000000000000key",
        secret: demonstrationSecret)
    public static let demonstrationSecret =
        "apusdemo00000000000000000000000000000000000000000000000000secret"

    public let key: String
    let secret: [UInt8]
    /// In the secret's place.
    let publicKey: PublicKey?

    public init(key: String, secret: String) {
        self.key = key
        self.secret = Array(secret.utf8)
        publicKey = nil
    }

    public init(key: String, publicKey: PublicKey) {
        self.key = key
        secret = []
        self.publicKey = publicKey
    }

    /// HMAC-SHA256 of `payload` in lower-case hexadecimal digits.
    static func signature(secret: [UInt8], payload: [UInt8]) -> String {
        var digits = [CChar](repeating: 0, count: 65)
        let result = unsafe apus_tls_server_hmac_hex(
            secret, secret.count, payload, payload.count, &digits)
        guard result == 0 else { return "" }
        return String(decoding: digits.prefix(64).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    func checkKey(_ key: String?) throws(VenueError) {
        guard let key, !key.isEmpty else { throw .badKey }
        guard key == self.key else { throw .rejectedKey }
    }

    /// - Parameter nowMs: As of `checkTime`.
    func checkSigned(
        _ parameters: Parameters, payload: [UInt8], nowMs: Int64
    ) throws(VenueError) {
        try checkTime(parameters, nowMs: nowMs)
        let given = try parameters.required("signature")
        if let publicKey {
            guard publicKey.verifies(given, payload) else { throw .signature }
            return
        }
        let expected = Self.signature(secret: secret, payload: payload)
        guard !expected.isEmpty, given.lowercased() == expected else { throw .signature }
    }

    /// - Parameter nowMs: The venue's time; the request may be one second ahead of it at most and
    ///   `recvWindow` (5000 ms by default, 60000 at most) behind.
    func checkTime(_ parameters: Parameters, nowMs: Int64) throws(VenueError) {
        let timestamp = try parameters.requiredInteger("timestamp")
        let window: Int64
        if let text = parameters["recvWindow"] {
            guard let value = Int64(text), (0...60_000).contains(value) else {
                throw .missing("recvWindow")
            }
            window = value
        } else {
            window = 5_000
        }
        guard timestamp > 0, timestamp < nowMs + 1_000, nowMs - timestamp <= window else {
            throw .timestamp
        }
    }
}

/// Random hexadecimal digits for listen keys.
func randomHex(bytes count: Int) -> String {
    var digits = [CChar](repeating: 0, count: 2 * count)
    _ = unsafe apus_tls_server_random_hex(&digits, count)
    return String(decoding: digits.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
