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

/// The production decoder and book of Spot instruments, fed by hand. Nothing of the simulator is
/// in here.
final class ProductionClient {
    /// A book in ticks and lots, the best first.
    struct Book: Equatable {
        var bids: [[Int64]] = []
        var asks: [[Int64]] = []
    }

    private let path: ReplayPath
    private var timeNs: UInt64 = 1

    init(exchangeInfo: [UInt8], symbols: [String]) throws {
        let instruments = InstrumentTable.standalone(
            try BinanceREST.instruments(exchangeInfo, symbols: symbols, venue: .binanceSpot))
        path = try ReplayPath(
            try PathSettings.replay(
                Settings(schema: EngineSchema.keys), instruments: instruments,
                timeframe: .time(ns: 1_000_000_000)),
            instruments: instruments, sinks: ReplaySinks())
        for frame in ReplayPath.allConnected(timeNs: timeNs) { feed(frame) }
    }

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
