//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Paths of Binance USD-M stream connections, to be put behind the stream endpoint's base URL.
///
/// A connection carries one route only: a stream asked for on the wrong route is acknowledged and
/// then stays silent. Symbols are ours ("BTC-USDT") or the venue's.
public enum BinanceStreams {
    /// How often the venue sends book updates.
    public enum DepthSpeed: String, Sendable, CaseIterable {
        case ms0 = "@0ms"
        case ms100 = "@100ms"
        /// The default of the venue, written without a speed.
        case ms250 = ""
        case ms500 = "@500ms"
    }

    /// Streams that one connection may carry.
    public static let streamsMax = 1_024

    /// Books, best bid and ask when `quotes` is set, single trades when `trades` is set.
    ///
    /// - Precondition: At most `streamsMax` streams.
    public static func publicPath(
        symbols: [String], depthSpeed: DepthSpeed = .ms100, quotes: Bool = true,
        trades: Bool = true
    ) -> String {
        var kinds = ["@depth" + depthSpeed.rawValue]
        if quotes { kinds.append("@bookTicker") }
        if trades { kinds.append("@trade") }
        return path("/public", symbols, kinds)
    }

    /// Mark prices, and aggregated trades when `aggregateTrades` is set.
    ///
    /// - Precondition: At most `streamsMax` streams.
    public static func marketPath(symbols: [String], aggregateTrades: Bool = false) -> String {
        path("/market", symbols, ["@markPrice@1s"] + (aggregateTrades ? ["@aggTrade"] : []))
    }

    /// The user stream of a listen key.
    public static func privatePath(listenKey: String) -> String { "/private/ws/\(listenKey)" }

    private static func path(_ route: String, _ symbols: [String], _ kinds: [String]) -> String {
        precondition(symbols.count * kinds.count <= streamsMax, "streams that one connection takes")
        let streams = symbols.flatMap { symbol in
            kinds.map { BinanceSymbol.venueSymbol(symbol).lowercased() + $0 }
        }
        return "\(route)/stream?streams=\(streams.joined(separator: "/"))"
    }
}
