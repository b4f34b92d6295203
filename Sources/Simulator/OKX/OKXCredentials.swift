//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTLS

/// What can be chosen about the simulated OKX.
public struct OKXOptions: Equatable, Sendable {
    /// Fee tier of the account. 4 opens the tick-by-tick books and the `fills` channel.
    public var vipLevel = 5
    /// `instIdCode` as in OKX's demo environment: 16 digits.
    public var hasLongCodes = false
    /// Books carry their CRC32, as they did before 2026-06.
    public var hasChecksum = false
    public var connectionsPerSecondMax = 3
    /// The last fill is pushed as `partially_filled`, then `filled` by itself, as recorded in 2022.
    public var hasTerminalPush = false

    public init() {}
}

/// The one API key that the simulated OKX knows, and the checks of log-ins and signed requests.
public struct OKXCredentials: Sendable {
    /// What a demonstration uses when the environment names none. Not secret.
    public static let demonstration = OKXCredentials(
        key: demonstrationKey, secret: demonstrationSecret, passphrase: demonstrationPassphrase)
    public static let demonstrationKey = "apusdemo-0000-0000-0000-000000000key"
    public static let demonstrationSecret = "APUSDEMO000000000000000000SECRET"
    public static let demonstrationPassphrase = "apusdemo"

    /// How old or young a timestamp may be, milliseconds.
    static let windowMs: Int64 = 30_000

    let key: String
    let secret: [UInt8]
    let passphrase: String

    public init(key: String, secret: String, passphrase: String) {
        self.key = key
        self.secret = Array(secret.utf8)
        self.passphrase = passphrase
    }

    /// Base64 of HMAC-SHA256 of `text`.
    static func signature(secret: [UInt8], text: String) -> String {
        let digits = Array(Credentials.signature(secret: secret, payload: Array(text.utf8)).utf8)
        guard digits.count == 64 else { return "" }
        var bytes: [UInt8] = []
        for place in stride(from: 0, to: 64, by: 2) {
            let pair = String(decoding: digits[place..<place + 2], as: UTF8.self)
            bytes.append(UInt8(pair, radix: 16) ?? 0)
        }
        var encoded = [CChar](repeating: 0, count: 45)
        let count = unsafe apus_base64_encode(bytes, bytes.count, &encoded)
        return String(decoding: encoded.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Checks the one argument of a `login` request.
    ///
    /// - Parameter nowMs: The venue's time.
    func checkLogin(_ argument: JSONValue, nowMs: Int64) throws(OKXError) {
        guard let stamp = argument["timestamp"]?.text, let seconds = Int64(stamp),
            stamp.utf8.count == 10
        else { throw .badTimestamp }
        guard abs(nowMs - seconds * 1_000) <= Self.windowMs else { throw .expiredTimestamp }
        guard let given = argument["apiKey"]?.text, !given.isEmpty else { throw .badKey }
        guard given == key else { throw .unknownKey }
        guard argument["passphrase"]?.text == passphrase else { throw .wrongPassphrase }
        let wanted = Self.signature(secret: secret, text: stamp + "GET/users/self/verify")
        guard !wanted.isEmpty, argument["sign"]?.text == wanted else { throw .wrongSignature }
    }

    /// Checks the headers of a signed REST request.
    func checkSigned(_ request: RESTRequest, nowMs: Int64) throws(OKXError) {
        func header(_ name: String, missing code: Int) throws(OKXError) -> String {
            guard let value = request.headers[name], !value.isEmpty else {
                throw OKXError(code, "Request header \(name) can not be empty.", status: 401)
            }
            return value
        }
        let given = try header("OK-ACCESS-KEY", missing: 50103)
        let pass = try header("OK-ACCESS-PASSPHRASE", missing: 50104)
        let sign = try header("OK-ACCESS-SIGN", missing: 50106)
        let stamp = try header("OK-ACCESS-TIMESTAMP", missing: 50107)
        guard let time = ISOTime.milliseconds(stamp) else {
            throw OKXError(50112, "Invalid OK-ACCESS-TIMESTAMP", status: 401)
        }
        guard abs(nowMs - time) <= Self.windowMs else {
            throw OKXError(50102, "Timestamp request expired", status: 401)
        }
        guard given == key else { throw OKXError(50119, "API key doesn't exist", status: 401) }
        guard pass == passphrase else {
            throw OKXError(
                50105, "Request header OK-ACCESS-PASSPHRASE incorrect.", status: 401)
        }
        let path = request.query.isEmpty ? request.path : "\(request.path)?\(request.query)"
        let wanted = Self.signature(
            secret: secret, text: stamp + request.method + path + request.body)
        guard sign == wanted, !wanted.isEmpty else {
            throw OKXError(50113, "Invalid Sign", status: 401)
        }
    }
}

/// Times such as `2020-12-08T09:08:57.715Z`.
enum ISOTime {
    /// Milliseconds since 1970; `nil` for any other form.
    static func milliseconds(_ text: String) -> Int64? {
        let bytes = Array(text.utf8)
        guard bytes.count == 24, bytes[4] == 45, bytes[7] == 45, bytes[10] == 84, bytes[13] == 58,
            bytes[16] == 58, bytes[19] == 46, bytes[23] == 90
        else { return nil }
        func number(_ range: Range<Int>) -> Int64? {
            Int64(String(decoding: bytes[range], as: UTF8.self)).flatMap { $0 >= 0 ? $0 : nil }
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
            let fraction = number(20..<23), (1...12).contains(month), (1...31).contains(day),
            hour < 24, minute < 60, second < 61
        else { return nil }
        // Days from civil: March is the year's first month, so that leap days come last.
        let shifted = month > 2 ? year : year - 1
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days = era * 146_097 + dayOfEra - 719_468
        return ((days * 24 + hour) * 60 + minute) * 60_000 + second * 1_000 + fraction
    }
}
