//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages
import Venues

/// Public streams: the schema scanner must make what the generic path makes.
final class MarketTarget: FuzzTarget {
    private let first: ParserFeed
    private let second: ParserFeed
    private let connection: UInt16

    init(connection: UInt16) throws {
        self.connection = connection
        first = try ParserFeed()
        second = try ParserFeed()
    }

    func run(_ input: UnsafeBufferPointer<UInt8>) {
        let scanned = unsafe first.parse(input, connection)
        let generic = unsafe second.parse(input, connection, generic: true)
        precondition(scanned == generic, "one message, one meaning")
    }
}

/// Pushed account events and replies to order requests.
final class AccountTarget: FuzzTarget {
    private let feed: ParserFeed
    private let connections: [UInt16]

    init(connections: [UInt16]) throws {
        feed = try ParserFeed()
        self.connections = connections
    }

    func run(_ input: UnsafeBufferPointer<UInt8>) {
        for connection in connections { _ = unsafe feed.parse(input, connection) }
    }
}

/// Bodies of Binance's REST replies, each read as every kind of reply.
final class BinanceRESTTarget: FuzzTarget {
    private let feed: ParserFeed
    init() throws { feed = try ParserFeed() }

    func run(_ input: UnsafeBufferPointer<UInt8>) {
        for kind in [RESTContext.depthSnapshot, RESTContext.clockOffset] {
            _ = unsafe feed.parse(
                input, ParserFeed.inbox, kind: .rest, context: RESTContext(kind: kind).packed)
        }
        let body = unsafe Array(input)
        for venue in [Venue.binanceUSDM, .binanceCOINM, .binanceSpot] {
            _ = try? BinanceREST.instruments(body, symbols: [], venue: venue)
        }
        _ = try? BinanceREST.instruments(body, symbols: ["BTC-USDT"])
        _ = try? BinanceREST.positions(body)
        _ = try? BinanceREST.listenKey(body)
        _ = try? BinanceREST.serverTime(body)
        _ = BinanceREST.error(body)
    }
}

/// Bodies of OKX's REST replies, each read as every kind of reply.
final class OKXRESTTarget: FuzzTarget {
    private let feed: ParserFeed
    init() throws { feed = try ParserFeed() }

    func run(_ input: UnsafeBufferPointer<UInt8>) {
        let context = RESTContext(kind: RESTContext.depthSnapshot, instrumentID: 2)
        _ = unsafe feed.parse(input, ParserFeed.inbox, kind: .rest, context: context.packed)
        let body = unsafe Array(input)
        _ = try? OKXInstruments.listing(body)
        _ = OKXInstruments.bodies(body)
        _ = try? OKXREST.accountConfiguration(body)
        _ = try? OKXREST.balances(body)
        _ = try? OKXREST.positions(body)
        _ = try? OKXREST.book(body)
        _ = try? OKXREST.openOrders(body)
        _ = try? OKXREST.order(body)
        _ = try? OKXREST.fills(body)
        _ = try? OKXREST.orderReplies(body)
        _ = try? OKXREST.serverTime(body)
        _ = try? OKXREST.cancelAllAfter(body)
    }
}
