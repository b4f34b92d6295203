//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc
public import Messages

/// A venue's API key, its secret, and the passphrase some want with it; or, in the secret's place,
/// a private key that signs. Never printed; the description says nothing.
public struct Credentials: Sendable, CustomStringConvertible {
    public let apiKey: String
    /// Empty where there is a private key.
    public let secret: String
    /// Empty where the venue has none.
    public let passphrase: String
    /// Of Binance: its sessions are logged on.
    public let privateKey: Ed25519Key?
    public var description: String { "credentials" }

    public init(apiKey: String, secret: String, passphrase: String = "") {
        self.apiKey = apiKey
        self.secret = secret
        self.passphrase = passphrase
        privateKey = nil
    }

    public init(apiKey: String, privateKey: Ed25519Key) {
        self.apiKey = apiKey
        secret = ""
        passphrase = ""
        self.privateKey = privateKey
    }

    /// The path of a private key, in place of Binance's secret.
    public static let privateKeyVariable = "BINANCE_API_PRIVATE_KEY_FILE"

    /// The environment variables of a venue's key.
    public static func variables(_ venue: Venue) -> [String] {
        venue == .okx
            ? ["OKX_API_KEY", "OKX_API_SECRET", "OKX_API_PASSPHRASE"]
            : ["BINANCE_API_KEY", "BINANCE_API_SECRET"]
    }

    /// From a venue's variables; `nil` when none of them is set.
    public static func of(
        _ venue: Venue, _ environment: [String: String]
    ) throws(AccountError) -> Credentials? {
        if venue == .binanceUSDM, let path = environment[privateKeyVariable] {
            return try withPrivateKey(path, environment)
        }
        let names = variables(venue)
        let values = names.compactMap { environment[$0] }
        if values.isEmpty { return nil }
        guard values.count == names.count, values.allSatisfy({ !$0.isEmpty }) else {
            let all = names.count == 2 ? "both" : "all"
            let last = names.last ?? ""
            throw AccountError(
                "\(names.dropLast().joined(separator: ", ")) and \(last) must \(all) be set")
        }
        return Credentials(
            apiKey: values[0], secret: values[1], passphrase: values.count > 2 ? values[2] : "")
    }

    private static func withPrivateKey(
        _ path: String, _ environment: [String: String]
    ) throws(AccountError) -> Credentials {
        guard environment["BINANCE_API_SECRET"] == nil else {
            throw AccountError(
                "BINANCE_API_SECRET and \(privateKeyVariable) are both set; an API key has one")
        }
        guard let apiKey = environment["BINANCE_API_KEY"], !apiKey.isEmpty else {
            throw AccountError("BINANCE_API_KEY must be set with \(privateKeyVariable)")
        }
        do throws(KeyFileError) {
            return Credentials(apiKey: apiKey, privateKey: try Ed25519Key(path: path))
        } catch { throw AccountError("\(privateKeyVariable): \(error)") }
    }

    /// What orders of a replay are signed with; nobody checks it.
    public static let replay = Credentials(apiKey: "replay", secret: "replay", passphrase: "replay")

    /// Random ones for one run against the embedded simulator, handed to it by environment.
    public static func generated(_ venue: Venue) -> Credentials {
        var generator = SystemRandomNumberGenerator()
        let words = variables(venue).map { name in
            let word = (0..<64).map { _ in
                String("0123456789abcdef".randomElement(using: &generator)!)
            }.joined()
            unsafe setenv(name, word, 1)
            return word
        }
        return Credentials(
            apiKey: words[0], secret: words[1], passphrase: words.count > 2 ? words[2] : "")
    }
}
