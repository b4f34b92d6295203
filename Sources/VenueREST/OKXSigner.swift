//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTLS

/// An OKX key with what proves its owner: signs REST requests and log-ins. For cold threads.
///
/// The secret is kept as hash states alone; it and the passphrase are wiped from the memory they
/// came in, and what is kept of them when the signer goes. There is no text of it to print.
///
/// SAFETY: memory is allocated in `init` and freed in `deinit`; nothing writes it in between.
@safe
public struct OKXSigner: ~Copyable, @unchecked Sendable {
    public let apiKey: String
    private let state: UnsafeMutablePointer<HMACState>
    private let passphrase: UnsafeMutableBufferPointer<UInt8>

    /// - Parameters:
    ///   - secret: As the venue shows it, its characters being the key's bytes. Wiped.
    ///   - passphrase: As it was chosen with the key. Wiped.
    public init(apiKey: String, secret: inout [UInt8], passphrase: inout [UInt8]) {
        self.apiKey = apiKey
        unsafe state = .allocate(capacity: 1)
        unsafe state.initialize(to: HMACState())
        unsafe self.passphrase = .allocate(capacity: passphrase.count)
        _ = unsafe self.passphrase.initialize(from: passphrase)
        let state = unsafe self.state
        unsafe secret.withUnsafeMutableBufferPointer { bytes in
            unsafe apus_hmac_init(state, bytes.baseAddress, bytes.count)
            unsafe apus_hmac_wipe(bytes.baseAddress, bytes.count)
        }
        unsafe passphrase.withUnsafeMutableBufferPointer { bytes in
            unsafe apus_hmac_wipe(bytes.baseAddress, bytes.count)
        }
    }

    deinit {
        unsafe apus_hmac_destroy(state)
        unsafe state.deallocate()
        unsafe apus_hmac_wipe(passphrase.baseAddress, passphrase.count)
        unsafe passphrase.deallocate()
    }

    /// Base64 of the HMAC-SHA256 of `text`.
    func signature(_ text: String) -> String {
        let bytes = Array(text.utf8)
        return unsafe withUnsafeTemporaryAllocation(
            of: CChar.self, capacity: Int(APUS_HMAC_BASE64_LENGTH) + 1
        ) { out in
            unsafe apus_hmac_sign_base64(state, bytes, bytes.count, out.baseAddress)
            return unsafe String(cString: out.baseAddress!)
        }
    }

    /// Headers of a private request.
    ///
    /// - Parameters:
    ///   - method: "GET" or "POST".
    ///   - path: With its query, exactly as it is sent.
    ///   - body: Exactly as it is sent; empty for GET.
    ///   - timeMs: By the venue's clock; it allows 30 s of difference.
    ///   - isDemo: The key belongs to demo trading.
    public func headers(
        method: String, path: String, body: String = "", timeMs: Int64, isDemo: Bool = false
    ) -> [(String, String)] {
        let time = OKXTime.text(milliseconds: timeMs)
        var headers = [
            ("OK-ACCESS-KEY", apiKey),
            ("OK-ACCESS-SIGN", signature(time + method + path + body)),
            ("OK-ACCESS-TIMESTAMP", time),
            ("OK-ACCESS-PASSPHRASE", passphraseText),
            ("Content-Type", "application/json"),
        ]
        if isDemo { headers.append(("x-simulated-trading", "1")) }
        return headers
    }

    /// The log-in of a private connection, valid for 30 s.
    ///
    /// - Parameter timeMs: By the venue's clock; the message has whole seconds.
    public func login(timeMs: Int64) -> String {
        let seconds = String(timeMs / 1_000)
        let sign = signature(seconds + "GET/users/self/verify")
        return "{\"op\":\"login\",\"args\":[{\"apiKey\":\(OKXText.quoted(apiKey)),"
            + "\"passphrase\":\(OKXText.quoted(passphraseText)),\"timestamp\":\"\(seconds)\","
            + "\"sign\":\"\(sign)\"}]}"
    }

    private var passphraseText: String {
        unsafe String(decoding: passphrase, as: UTF8.self)
    }
}

/// Times as OKX's REST interface writes them.
enum OKXTime {
    /// "2020-12-08T09:08:57.715Z" of milliseconds since 1970 UTC, from then to the year 9999.
    static func text(milliseconds: Int64) -> String {
        precondition((0..<253_402_300_800_000).contains(milliseconds), "a time of four-digit years")
        let days = milliseconds / 86_400_000
        let rest = Int(milliseconds % 86_400_000)
        let date = date(daysSince1970: Int(days))
        return "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2))T"
            + "\(padded(rest / 3_600_000, 2)):\(padded(rest / 60_000 % 60, 2)):"
            + "\(padded(rest / 1_000 % 60, 2)).\(padded(rest % 1_000, 3))Z"
    }

    private static func padded(_ value: Int, _ count: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, count - digits.count)) + digits
    }

    /// The Gregorian date, counted from 1 March of the year 0, so that a leap day ends its year.
    private static func date(daysSince1970: Int) -> (year: Int, month: Int, day: Int) {
        let days = daysSince1970 + 719_468
        let era = days / 146_097
        let dayOfEra = days % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (
            year: era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month: month,
            day: dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        )
    }
}

/// Text inside of messages to OKX.
public enum OKXText {
    /// As a JSON string.
    public static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            default:
                if scalar.value < 0x20 {
                    let hex = String(scalar.value, radix: 16)
                    result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
                } else {
                    result.unicodeScalars.append(scalar)
                }
            }
        }
        return result + "\""
    }
}
