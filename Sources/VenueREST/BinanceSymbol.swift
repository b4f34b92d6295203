//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Messages

/// Names of instruments: ours, "BTC-USDT", and the venue's, "BTCUSDT".
public enum BinanceSymbol {
    /// "BTCUSDT" for "BTC-USDT"; COIN-M: "BTCUSD_PERP" for "BTC-USD".
    public static func venueSymbol(_ symbol: String, venue: Venue = .binanceUSDM) -> String {
        var parts = symbol.uppercased().split(separator: "-").map(String.init)
        if venue == .binanceCOINM, parts.count == 2 { parts.append("PERP") }
        guard parts.count > 2 else { return parts.joined() }
        return parts[0] + parts[1] + "_" + parts[2...].joined(separator: "_")
    }

    /// "BTC-USDT" for "BTCUSDT", by the quote assets in use; as it is when none fits.
    public static func symbol(venueSymbol: String) -> String {
        let parts = venueSymbol.split(separator: "_", maxSplits: 1).map(String.init)
        guard let pair = parts.first else { return venueSymbol }
        let suffix = parts.count == 2 && parts[1] != "PERP" ? "-" + parts[1] : ""
        guard let quote = quoteAsset(pair: pair) else { return venueSymbol }
        return pair.dropLast(quote.count) + "-" + quote + suffix
    }

    /// "USDT" of "BTCUSDT".
    public static func quoteAsset(pair: String) -> String? {
        quotes.first { pair.hasSuffix($0) && pair.count > $0.count }
    }

    /// Longer names before their own endings.
    private static let quotes = [
        "USDT", "USDC", "FDUSD", "BUSD", "TUSD", "USD", "BTC", "ETH", "BNB", "EUR", "TRY",
    ]
}
