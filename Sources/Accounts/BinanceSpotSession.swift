//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import HTTP
public import Messages
import VenueREST

/// The public REST side of Binance Spot, for one cold thread: blocking, errors in one line. Its
/// instruments bring market data and are never ordered.
///
/// SAFETY: used by one thread at a time; whoever wants another thread makes another session.
public final class BinanceSpotSession: MarketSession, @unchecked Sendable {
    public let venue = Venue.binanceSpot
    private let http: BinanceHTTP

    public init(
        endpoints: Endpoints, clock: VenueClock, usage: BinanceUsage,
        timeout: Duration = .seconds(5), transport: any HTTPTransport = HTTPClient()
    ) {
        http = BinanceHTTP(
            endpoints, clock: clock, usage: usage, timeout: timeout, transport: transport)
    }

    public func synchroniseClock() throws(AccountError) -> Int64 {
        try http.synchroniseClock(BinanceRequest.Spot.time)
    }

    public func instruments(_ symbols: [String]) throws(AccountError) -> [Instrument] {
        var found: [Instrument] = []
        for symbol in symbols {
            do {
                let body = try http.get(BinanceRequest.Spot.exchangeInfo(symbol))
                http.usage.takeLimits(body, hasVital: false)
                found += try BinanceREST.instruments(body, symbols: [symbol], venue: venue)
            } catch { throw AccountError("exchangeInfo of \(symbol): \(error)") }
            found[found.count - 1].isDataOnly = 1
        }
        return found
    }

    public func depth(_ instrument: Instrument) throws(AccountError) -> [UInt8] {
        try http.get(BinanceRequest.Spot.depth(instrument.venueSymbolText))
    }
}
