//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages
import Venues

/// The public REST side of Binance Spot, for one cold thread: blocking, errors in one line. Its
/// instruments bring market data and are never ordered.
///
/// SAFETY: used by one thread at a time; whoever wants another thread makes another session.
final class BinanceSpotSession: MarketSession, @unchecked Sendable {
    let venue = Venue.binanceSpot
    private let http: BinanceHTTP

    init(
        endpoints: Endpoints, clock: VenueClock, usage: BinanceUsage,
        timeout: Duration = .seconds(5)
    ) {
        http = BinanceHTTP(endpoints, clock: clock, usage: usage, timeout: timeout)
    }

    func synchroniseClock() throws(EngineError) -> Int64 {
        try http.synchroniseClock(BinanceRequest.Spot.time)
    }

    func instruments(_ symbols: [String]) throws(EngineError) -> [Instrument] {
        var found: [Instrument] = []
        for symbol in symbols {
            do {
                let body = try http.get(BinanceRequest.Spot.exchangeInfo(symbol))
                http.usage.takeLimits(body, hasVital: false)
                found += try BinanceREST.instruments(body, symbols: [symbol], venue: venue)
            } catch { throw EngineError("exchangeInfo of \(symbol): \(error)") }
            found[found.count - 1].isDataOnly = 1
        }
        return found
    }

    func depth(_ instrument: Instrument) throws(EngineError) -> [UInt8] {
        try http.get(BinanceRequest.Spot.depth(instrument.venueSymbolText))
    }
}
