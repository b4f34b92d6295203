//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Configuration
import Gateway
import Glibc
import Messages

/// The process's environment.
public enum Environment {
    public static var all: [String: String] {
        var result: [String: String] = [:]
        var entry = unsafe environ
        while let text = unsafe entry.pointee {
            let line = unsafe String(cString: text)
            if let sign = line.firstIndex(of: "=") {
                result[String(line[..<sign])] = String(line[line.index(after: sign)...])
            }
            unsafe entry += 1
        }
        return result
    }
}

/// A venue's API key, its secret, and the passphrase some want with it; or, in the secret's place,
/// a private key that signs. Never printed; the description says nothing.
public struct Credentials: Sendable, CustomStringConvertible {
    let apiKey: String
    /// Empty where there is a private key.
    let secret: String
    /// Empty where the venue has none.
    let passphrase: String
    /// Of Binance: its sessions are logged on.
    let privateKey: Ed25519Key?
    public var description: String { "credentials" }

    init(apiKey: String, secret: String, passphrase: String = "") {
        self.apiKey = apiKey
        self.secret = secret
        self.passphrase = passphrase
        privateKey = nil
    }

    init(apiKey: String, privateKey: Ed25519Key) {
        self.apiKey = apiKey
        secret = ""
        passphrase = ""
        self.privateKey = privateKey
    }

    /// The path of a private key, in place of Binance's secret.
    static let privateKeyVariable = "BINANCE_API_PRIVATE_KEY_FILE"

    /// The environment variables of a venue's key.
    static func variables(_ venue: Venue) -> [String] {
        venue == .okx
            ? ["OKX_API_KEY", "OKX_API_SECRET", "OKX_API_PASSPHRASE"]
            : ["BINANCE_API_KEY", "BINANCE_API_SECRET"]
    }

    /// From a venue's variables; `nil` when none of them is set.
    static func of(
        _ venue: Venue, _ environment: [String: String]
    ) throws(EngineError) -> Credentials? {
        if venue == .binanceUSDM, let path = environment[privateKeyVariable] {
            return try withPrivateKey(path, environment)
        }
        let names = variables(venue)
        let values = names.compactMap { environment[$0] }
        if values.isEmpty { return nil }
        guard values.count == names.count, values.allSatisfy({ !$0.isEmpty }) else {
            let all = names.count == 2 ? "both" : "all"
            let last = names.last ?? ""
            throw EngineError(
                "\(names.dropLast().joined(separator: ", ")) and \(last) must \(all) be set")
        }
        return Credentials(
            apiKey: values[0], secret: values[1], passphrase: values.count > 2 ? values[2] : "")
    }

    private static func withPrivateKey(
        _ path: String, _ environment: [String: String]
    ) throws(EngineError) -> Credentials {
        guard environment["BINANCE_API_SECRET"] == nil else {
            throw EngineError(
                "BINANCE_API_SECRET and \(privateKeyVariable) are both set; an API key has one")
        }
        guard let apiKey = environment["BINANCE_API_KEY"], !apiKey.isEmpty else {
            throw EngineError("BINANCE_API_KEY must be set with \(privateKeyVariable)")
        }
        do throws(KeyFileError) {
            return Credentials(apiKey: apiKey, privateKey: try Ed25519Key(path: path))
        } catch { throw EngineError("\(privateKeyVariable): \(error)") }
    }

    /// What Binance Spot's market data need: nothing as JSON; the binary form wants the key of an
    /// account, unsigned.
    static func ofMarketData(
        _ settings: Settings, _ environment: [String: String], isSimulated: Bool,
        isRecording: Bool
    ) throws(EngineError) -> Credentials {
        guard SpotEncoding(settings) == .sbe else { return Credentials(apiKey: "", secret: "") }
        let origin = "trading.spot_encoding is sbe"
        if isRecording { throw EngineError("\(origin): captures hold JSON; record with json") }
        if isSimulated {
            // The simulator knows one key of Binance.
            let known = try of(.binanceUSDM, environment) ?? .generated(.binanceUSDM)
            return Credentials(apiKey: known.apiKey, secret: "")
        }
        guard let key = environment[variables(.binanceSpot)[0]], !key.isEmpty else {
            throw EngineError(
                "\(origin), for which the venue wants a key, and BINANCE_API_KEY is not set")
        }
        return Credentials(apiKey: key, secret: "")
    }

    /// What orders of a replay are signed with; nobody checks it.
    static let replay = Credentials(apiKey: "replay", secret: "replay", passphrase: "replay")

    /// Random ones for one run against the embedded simulator, handed to it by environment.
    static func generated(_ venue: Venue) -> Credentials {
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
