//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Messages

/// Paths of Binance stream connections, to be put behind the stream endpoint's base URL.
///
/// A connection of USD-M futures carries one route only: a stream asked for on the wrong route is
/// acknowledged and then stays silent. Spot has no routes. Symbols are ours ("BTC-USDT") or the
/// venue's. Source: protocol sheet of Binance, sections 1.1, 1.2 and 11.
public enum BinanceStreams {
    /// How often the venue sends book updates.
    public enum DepthSpeed: String, Sendable, CaseIterable {
        case ms0 = "@0ms"
        case ms100 = "@100ms"
        /// The default of the venue, written without a speed.
        case ms250 = ""
        case ms500 = "@500ms"
    }

    /// What a connection of USD-M futures may carry.
    public enum Route: String, Sendable, CaseIterable {
        case `public` = "/public"
        case market = "/market"
        case `private` = "/private"
    }

    /// How the messages of a connection are written.
    public enum Form: Sendable {
        /// The bare event: it cannot be told which stream it is of.
        case raw
        /// `{"stream":…,"data":…}`.
        case combined
    }

    /// Streams that one connection may carry.
    public static let streamsMax = 1_024
    /// Longest path made here; the streams of a longer one are asked for with `subscribe`.
    public static let pathLengthMax = 4_000

    /// Books, best bid and ask when `quotes` is set, single trades when `trades` is set.
    ///
    /// - Precondition: At most `streamsMax` streams.
    public static func publicPath(
        symbols: [String], depthSpeed: DepthSpeed = .ms100, quotes: Bool = true,
        trades: Bool = true
    ) -> String {
        var kinds = [BinanceStream.Kind.depth(depthSpeed)]
        if quotes { kinds.append(.bookTicker) }
        if trades { kinds.append(.trade) }
        return path(.public, streams(symbols, kinds))
    }

    /// Mark prices, aggregated trades when `aggregateTrades` is set, and candles of a length like
    /// "1m" when one is given.
    ///
    /// - Precondition: At most `streamsMax` streams.
    public static func marketPath(
        symbols: [String], aggregateTrades: Bool = false, candles: String? = nil
    ) -> String {
        path(.market, streams(symbols, [.markPrice(everySecond: true)]
            + (aggregateTrades ? [.aggregateTrade] : []) + (candles.map { [.candle($0)] } ?? [])))
    }

    /// The user stream of a listen key.
    public static func privatePath(listenKey: String) -> String { "/private/ws/\(listenKey)" }

    /// Streams of a Spot connection, JSON or binary: its endpoints tell the two apart.
    ///
    /// - Precondition: 1...`streamsMax` streams.
    public static func spotPath(_ streams: [BinanceStream], form: Form = .combined) -> String {
        path(prefix: "", streams, form)
    }

    /// Streams of one route of USD-M futures, or of COIN-M.
    ///
    /// - Precondition: 1...`streamsMax` streams, all of that route; none that needs its name is
    ///   asked for raw.
    public static func path(
        _ route: Route, _ streams: [BinanceStream], form: Form = .combined
    ) -> String {
        precondition(streams.allSatisfy { $0.kind.route == route }, "streams of the route")
        return path(prefix: route.rawValue, streams, form)
    }

    /// A connection that carries nothing until it is told what with `subscribe`.
    public static func emptyPath(_ route: Route?, form: Form = .combined) -> String {
        (route?.rawValue ?? "") + (form == .raw ? "/ws" : "/stream")
    }

    private static func path(
        prefix: String, _ streams: [BinanceStream], _ form: Form
    ) -> String {
        precondition((1...streamsMax).contains(streams.count), "streams that one connection takes")
        precondition(
            form == .combined || streams.allSatisfy { !$0.kind.needsName },
            "streams whose messages tell what they are")
        let names = streams.map(\.name).joined(separator: "/")
        return form == .raw ? "\(prefix)/ws/\(names)" : "\(prefix)/stream?streams=\(names)"
    }

    /// Every kind for every symbol, symbol by symbol.
    public static func streams(
        _ symbols: [String], _ kinds: [BinanceStream.Kind], venue: Venue = .binanceUSDM
    ) -> [BinanceStream] {
        symbols.flatMap { symbol in
            kinds.map { BinanceStream(symbol: symbol, kind: $0, venue: venue) }
        }
    }

    /// What the streams of several kinds need: connections, each of one route and of at most
    /// `perConnectionMax` streams. Spot's have no route.
    ///
    /// - Precondition: `perConnectionMax` is 1...`streamsMax`.
    public static func connections(
        _ streams: [BinanceStream], venue: Venue = .binanceUSDM,
        perConnectionMax: Int = streamsMax
    ) -> [(route: Route?, streams: [BinanceStream])] {
        precondition((1...streamsMax).contains(perConnectionMax), "streams that fit a connection")
        var result: [(route: Route?, streams: [BinanceStream])] = []
        let routes: [Route?] = venue == .binanceSpot ? [nil] : Route.allCases.map { $0 }
        for route in routes {
            let carried = streams.filter { route == nil || $0.kind.route == route }
            var from = 0
            while from < carried.count {
                let to = min(carried.count, from + perConnectionMax)
                result.append((route, Array(carried[from..<to])))
                from = to
            }
        }
        return result
    }

    // MARK: Control messages

    /// Streams of one request: a longer list is cut into several, to be sent with a pause that
    /// keeps below `controlMessagesPerSecondMax`.
    public static let streamsPerRequestMax = 200
    /// Messages that the venue takes on one connection in a second: Spot 5, futures 10, pongs
    /// counted.
    public static let controlMessagesPerSecondMax = 5

    /// The requests that add the streams to a connection, numbered from `firstID` on.
    public static func subscribe(_ streams: [BinanceStream], firstID: UInt32) -> [String] {
        requests("SUBSCRIBE", streams, firstID)
    }

    /// The requests that take the streams off a connection.
    public static func unsubscribe(_ streams: [BinanceStream], firstID: UInt32) -> [String] {
        requests("UNSUBSCRIBE", streams, firstID)
    }

    private static func requests(
        _ method: String, _ streams: [BinanceStream], _ firstID: UInt32
    ) -> [String] {
        stride(from: 0, to: streams.count, by: streamsPerRequestMax).enumerated().map {
            number, from in
            let names = streams[from..<min(streams.count, from + streamsPerRequestMax)]
                .map { "\"\($0.name)\"" }.joined(separator: ",")
            let id = firstID &+ UInt32(number)
            return #"{"method":"\#(method)","params":[\#(names)],"id":\#(id)}"#
        }
    }
}
