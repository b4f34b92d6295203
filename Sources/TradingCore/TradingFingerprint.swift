//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTLS
public import Configuration
import Glibc

/// Which keys decide what is traded and how.
///
/// A paper run and the live run that follows it have one fingerprint of these, whatever their
/// accounts, addresses, threads and files are. A key that is not named here counts.
enum TradingKeys {
    /// Whether the key of this path counts.
    static func decides(_ path: String) -> Bool {
        let section = path.prefix { $0 != "." }
        if section == "trading" { return market.contains(path) }
        return !besides.contains(String(section)) && path != "execution.quality_file"
    }

    /// Sections about where an engine runs, what it shows and keeps, and models of venues.
    private static let besides: Set<String> = [
        "system", "endpoints", "placement", "journal", "monitor", "simulator", "backtest",
    ]

    /// What market data there is for decisions; the rest of its section is about connections,
    /// the account, and comparisons with the venue.
    private static let market: Set<String> = [
        "trading.venues", "trading.symbols", "trading.timeframes", "trading.channels",
        "trading.depth_interval", "trading.trade_stream", "trading.okx_book",
        "trading.spot_encoding",
    ]

    /// Files that count by what they hold, not by where they lie.
    static let files: Set<String> = ["models.file", "execution.algorithms.vwap.profile_file"]
}

extension Settings {
    /// Names what decides trading: symbols, market data, features, models (by their content),
    /// strategy, execution, exits, risk. Equal values written in two ways ("1s", "1000ms") count as
    /// two.
    ///
    /// - Throws: `EngineError` for a model or profile that cannot be read.
    public func tradingFingerprint() throws(EngineError) -> UInt64 {
        var failure: EngineError?
        let value = fingerprint(where: TradingKeys.decides) { path, text in
            guard TradingKeys.files.contains(path) else { return text }
            do throws(EngineError) { return try Self.contentHash(text) } catch {
                failure = failure ?? error
                return ""
            }
        }
        if let failure { throw failure }
        return value
    }

    /// A fingerprint as it is shown and written: "0x" and hexadecimal digits.
    public static func text(fingerprint: UInt64) -> String {
        "0x" + String(fingerprint, radix: 16)
    }

    /// SHA-256 of a file, hexadecimal.
    private static func contentHash(_ path: String) throws(EngineError) -> String {
        var digits = [CChar](repeating: 0, count: 65)
        let result = unsafe apus_sha256_file(path, &digits)
        guard result == 0 else {
            throw EngineError("cannot read \(path): \(unsafe String(cString: strerror(-result)))")
        }
        return String(decoding: digits.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
