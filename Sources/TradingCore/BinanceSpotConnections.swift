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

/// Binance Spot as connections: market data, as JSON or in the venue's binary form (SBE).
enum BinanceSpotConnections {
    /// So many that the streams of all are asked for with few messages: the venue takes five a
    /// second.
    private static let symbolsPerConnectionMax = 200

    /// The public streams, once a line.
    static func addMarket(
        to plan: inout ConnectionPlan, _ settings: Settings, _ setup: VenueSetup,
        instruments: [UInt32], symbols: [String]
    ) {
        let kinds = kinds(settings)
        let isBinary = SpotEncoding(settings) == .sbe
        let silence = Duration.nanoseconds(Int64(settings.durationNs("trading.silence_max")))
        for (number, from) in stride(from: 0, to: symbols.count, by: symbolsPerConnectionMax)
            .enumerated()
        {
            let part = from..<min(symbols.count, from + symbolsPerConnectionMax)
            let streams = BinanceStreams.streams(
                Array(symbols[part]), kinds, venue: setup.venue)
            let named = BinanceStreams.spotPath(streams)
            let isNamed = named.utf8.count <= BinanceStreams.pathLengthMax
            plan.addLines(
                count: settings.integer("trading.lines"), instruments: Array(instruments[part]),
                venue: setup.venue
            ) { id, line, isSpare in
                ConnectionSpecification(
                    id: id,
                    name: "\(setup.venue.text).public"
                        + (number == 0 ? "" : "-\(number)") + (line == 0 ? "" : ".\(line)"),
                    url: setup.endpoints.stream
                        + (isNamed ? named : BinanceStreams.emptyPath(nil)),
                    headers: isBinary
                        ? [(BinanceRequest.keyHeader, setup.credentials.apiKey)] : [],
                    caFile: setup.endpoints.caFile,
                    messagesOnOpen: isNamed ? [] : BinanceStreams.subscribe(streams, firstID: 1),
                    idleTimeout: .seconds(60), silenceTimeout: silence, isStandby: isSpare)
            }
        }
    }

    /// What is subscribed to of each symbol. Spot's fastest books as JSON come every 100 ms.
    private static func kinds(_ settings: Settings) -> [BinanceStream.Kind] {
        let channels = Set(settings.list("trading.channels"))
        let isBinary = SpotEncoding(settings) == .sbe
        var kinds: [BinanceStream.Kind] = [isBinary ? .binaryDepth : .depth(.ms100)]
        if channels.contains("tickers") { kinds.append(isBinary ? .bestBidAsk : .bookTicker) }
        if channels.contains("trades") {
            let isMerged = settings.text("trading.trade_stream") == "aggTrade" && !isBinary
            kinds.append(isMerged ? .aggregateTrade : .trade)
        }
        return kinds
    }
}

/// How Spot's market data are written.
enum SpotEncoding: String {
    case json, sbe

    init(_ settings: Settings) {
        self = Self(rawValue: settings.text("trading.spot_encoding")) ?? .json
    }
}
