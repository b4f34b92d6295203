//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Accounts
import Configuration
import Messages
import Transport
import Venues

/// Binance USD-M as connections: quotes and books, marks and aggregates, the account, orders.
enum BinanceConnections {
    /// The public streams, which need no key.
    static func addMarket(
        to plan: inout ConnectionPlan, _ settings: Settings, _ setup: VenueSetup,
        instruments: [UInt32], symbols: [String]
    ) {
        let channels = Set(settings.list("trading.channels"))
        let interval = settings.text("trading.depth_interval")
        let speed = BinanceStreams.DepthSpeed(rawValue: "@" + interval) ?? .ms250
        let isAggregated = settings.text("trading.trade_stream") == "aggTrade"
        let candles = settings.text("trading.klines")
        let endpoints = setup.endpoints
        let silence = Duration.nanoseconds(Int64(settings.durationNs("trading.silence_max")))
        func lines(_ name: String, _ url: String, instruments: [UInt32]) {
            plan.addLines(
                count: settings.integer("trading.lines"), instruments: instruments,
                venue: setup.venue
            ) { id, line, isSpare in
                ConnectionSpecification(
                    id: id, name: "\(setup.venue.text).\(name)\(line == 0 ? "" : ".\(line)")",
                    url: url, caFile: endpoints.caFile, idleTimeout: .seconds(600),
                    silenceTimeout: silence, isStandby: isSpare)
            }
        }
        lines(
            "public",
            endpoints.stream
                + BinanceStreams.publicPath(
                    symbols: symbols, depthSpeed: speed, quotes: channels.contains("tickers"),
                    trades: channels.contains("trades") && !isAggregated),
            instruments: instruments)
        // The books' connection tells whether the feed is up; this one brings no book.
        lines(
            "market",
            endpoints.stream
                + BinanceStreams.marketPath(
                    symbols: symbols,
                    aggregateTrades: channels.contains("trades") && isAggregated,
                    candles: candles == "none" ? nil : candles),
            instruments: [])
    }

    /// Asks for a sign of life long before the venue's own ping, which comes every three minutes.
    private static let keepAlive = ConnectionSpecification.KeepAlive(pingEvery: .seconds(15))
    private static let idle = Duration.seconds(45)

    /// Private connections may be silent for hours: the answers to pings prove them alive.
    static func addAccount(to plan: inout ConnectionPlan, _ setup: VenueSetup) {
        let keys = setup.binanceSession()
        plan.add(
            .userStream,
            ConnectionSpecification(
                id: plan.nextID, name: "\(setup.venue.text).private",
                url: setup.endpoints.userStream, caFile: setup.endpoints.caFile,
                pathProvider: { BinanceStreams.privatePath(listenKey: try keys.listenKey()) },
                idleTimeout: idle, keepAlive: keepAlive))
        plan.add(
            .orderEntry,
            ConnectionSpecification(
                id: plan.nextID, name: "\(setup.venue.text).orders", url: setup.endpoints.api,
                caFile: setup.endpoints.caFile,
                opening: logOn(setup), idleTimeout: idle, keepAlive: keepAlive))
    }

    /// Logs each new order session on, where a private key signs.
    private static func logOn(
        _ setup: VenueSetup
    ) -> (@Sendable (OpeningConversation) throws(TransportError) -> Void)? {
        guard let key = setup.credentials.privateKey else { return nil }
        // One of its own, for the thread of the connection.
        let session = setup.binanceSession()
        return { conversation throws(TransportError) in
            try session.logOn(conversation, by: key)
        }
    }
}
