//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Configuration
import Messages
import Transport
import Venues

/// Binance USD-M as connections: quotes and books, marks and aggregates, the account, orders.
enum BinanceConnections {
    static func add(
        to plan: inout ConnectionPlan, _ settings: Settings, _ setup: VenueSetup,
        instruments: [UInt32], symbols: [String]
    ) {
        let endpoints = setup.endpoints
        let channels = Set(settings.list("trading.channels"))
        let interval = settings.text("trading.depth_interval")
        let speed = BinanceStreams.DepthSpeed(rawValue: "@" + interval) ?? .ms250
        let isAggregated = settings.text("trading.trade_stream") == "aggTrade"
        let keys = BinanceSession(endpoints: endpoints, credentials: setup.credentials)
        func connect(
            _ role: ConnectionRole, _ name: String, _ url: String, idle: Duration,
            path: (@Sendable () throws -> String)? = nil
        ) {
            plan.add(
                role,
                ConnectionSpecification(
                    id: plan.nextID, name: "\(setup.venue.text).\(name)", url: url,
                    caFile: endpoints.caFile, pathProvider: path, idleTimeout: idle))
        }
        connect(
            .market(instruments: instruments), "public",
            endpoints.stream
                + BinanceStreams.publicPath(
                    symbols: symbols, depthSpeed: speed, quotes: channels.contains("tickers"),
                    trades: channels.contains("trades") && !isAggregated),
            idle: .seconds(30))
        // The books' connection tells whether the feed is up; this one brings no book.
        connect(
            .market(instruments: []), "market",
            endpoints.stream
                + BinanceStreams.marketPath(
                    symbols: symbols,
                    aggregateTrades: channels.contains("trades") && isAggregated),
            idle: .seconds(30))
        // Private connections may be silent for minutes; the venue's ping every three minutes is
        // what proves them alive.
        connect(.userStream, "private", endpoints.userStream, idle: .seconds(600)) {
            BinanceStreams.privatePath(listenKey: try keys.listenKey())
        }
        connect(.orderEntry, "orders", endpoints.api, idle: .seconds(600))
    }
}
