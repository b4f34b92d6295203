//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc

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

/// A venue's API key and its secret. Never printed; the description says nothing.
public struct Credentials: Sendable, CustomStringConvertible {
    let apiKey: String
    let secret: String
    public var description: String { "credentials" }

    /// From BINANCE_API_KEY and BINANCE_API_SECRET; `nil` when neither is set.
    static func binance(_ environment: [String: String]) throws(EngineError) -> Credentials? {
        let key = environment["BINANCE_API_KEY"]
        let secret = environment["BINANCE_API_SECRET"]
        switch (key, secret) {
        case (nil, nil): return nil
        case (let key?, let secret?) where !key.isEmpty && !secret.isEmpty:
            return Credentials(apiKey: key, secret: secret)
        default:
            throw EngineError("BINANCE_API_KEY and BINANCE_API_SECRET must both be set")
        }
    }

    /// What orders of a replay are signed with; nobody checks it.
    static let replay = Credentials(apiKey: "replay", secret: "replay")

    /// A random pair for one run against the embedded simulator, handed to it by environment.
    static func generated() -> Credentials {
        var generator = SystemRandomNumberGenerator()
        func word() -> String {
            (0..<64).map { _ in
                String("0123456789abcdef".randomElement(using: &generator)!)
            }.joined()
        }
        let pair = Credentials(apiKey: word(), secret: word())
        unsafe setenv("BINANCE_API_KEY", pair.apiKey, 1)
        unsafe setenv("BINANCE_API_SECRET", pair.secret, 1)
        return pair
    }
}
