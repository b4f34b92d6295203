//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

// Looks inside TradingCore, which release builds do not allow: they optimise what nobody sees.
#if DEBUG

import Configuration
import Indicators
import MarketData
import Messages
import Telemetry
import Venues

@testable import TradingCore

/// The production decoder, book and bars, fed by hand. Nothing of the simulator is in here.
final class ProductionClient {
    /// A book in ticks and lots, the best first.
    struct Book: Equatable {
        var bids: [[Int64]] = []
        var asks: [[Int64]] = []
    }

    private let path: ReplayPath
    private var timeNs: UInt64 = 1
    private let closed = Closed()

    private final class Closed {
        var lots: Int64 = 0
    }

    convenience init(
        exchangeInfo: [UInt8], symbols: [String], venue: Venue = .binanceSpot
    ) throws {
        try self.init(
            try BinanceREST.instruments(exchangeInfo, symbols: symbols, venue: venue))
    }

    /// - Parameter okx: What the venue answers when asked for its instruments.
    convenience init(okx body: [UInt8], symbols: [String]) throws {
        try self.init(try OKXInstruments.instruments([body], symbols: symbols))
    }

    private init(_ listed: [Instrument]) throws {
        let instruments = InstrumentTable.standalone(listed)
        var sinks = ReplaySinks()
        unsafe sinks.bar = { [closed] bar in unsafe closed.lots += bar.pointee.volume.rawValue }
        path = try ReplayPath(
            try PathSettings.replay(
                Settings(schema: EngineSchema.keys), instruments: instruments,
                timeframe: .time(ns: 1_000_000_000)),
            instruments: instruments, sinks: sinks)
        for frame in ReplayPath.allConnected(timeNs: timeNs) { feed(frame) }
    }

    /// What came before came no later than then.
    func advance(to ns: UInt64) { timeNs = max(timeNs, ns) }

    /// Lots in all bars that are closed.
    var barLots: Int64 { closed.lots }

    func take(_ message: [UInt8], isBinary: Bool) {
        timeNs += 1
        feed(
            RecordedFrame(
                connectionID: ConnectionID.quotes, kind: isBinary ? .binary : .text,
                timeNs: timeNs, bytes: message))
    }

    func take(snapshot body: [UInt8], of instrument: UInt32) {
        timeNs += 1
        feed(
            RecordedFrame(
                connectionID: ConnectionID.inbox, kind: .rest,
                context: RESTContext(
                    kind: RESTContext.depthSnapshot, instrumentID: instrument).packed,
                timeNs: timeNs, bytes: body))
    }

    private func feed(_ frame: RecordedFrame) {
        while !path.feed(frame) { path.drain() }
        path.drain()
    }

    func isInSync(_ instrument: UInt32) -> Bool {
        unsafe path.stages.kernel.pointee.book(of: instrument).isInSync
    }

    func book(_ instrument: UInt32) -> Book {
        let book = unsafe path.stages.kernel.pointee.book(of: instrument)
        return Book(
            bids: book.bids.map { [$0.price.rawValue, $0.quantity.rawValue] },
            asks: book.asks.map { [$0.price.rawValue, $0.quantity.rawValue] })
    }

    func counter(_ name: String) -> UInt64 { path.telemetry.counter(name).value }
}

#endif
