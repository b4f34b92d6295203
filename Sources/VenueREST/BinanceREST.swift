//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import JSON
public import Messages

/// Shapes of Binance's REST replies. Cold code.
public enum BinanceREST {
    /// `{"listenKey":…}`.
    public static func listenKey(_ body: [UInt8]) throws(BinanceError) -> String {
        guard let key = try document(body)["listenKey"]?.text, !key.isEmpty else {
            throw .missing("listenKey")
        }
        return key
    }

    /// `{"serverTime":…}`, as nanoseconds since 1970 UTC.
    public static func serverTime(_ body: [UInt8]) throws(BinanceError) -> UInt64 {
        guard let time = try document(body)["serverTime"]?.integer, time > 0,
            UInt64(time) <= VenueTime.millisecondsMax
        else { throw .missing("serverTime") }
        return UInt64(time) * 1_000_000
    }

    /// Throws unless the body is JSON and no error: for replies that only have to succeed.
    public static func check(_ body: [UInt8]) throws(BinanceError) { _ = try document(body) }

    /// The error that a body tells, if it is one: `{"code":…,"msg":…}` with a negative code.
    public static func error(_ body: [UInt8]) -> BinanceError? {
        JSONDocument(body).flatMap(error)
    }

    static func error(_ document: JSONDocument) -> BinanceError? {
        guard let code = document["code"]?.integer, code < 0,
            let message = document["msg"]?.text
        else { return nil }
        return .venue(code: Int(code), message: message)
    }

    static func document(_ body: [UInt8]) throws(BinanceError) -> JSONDocument {
        guard let document = JSONDocument(body) else { throw .notJSON }
        if let error = error(document) { throw error }
        return document
    }

    /// The instruments of an exchangeInfo reply, in the order of `symbols`; an empty list takes
    /// every one that trades.
    ///
    /// Futures must be perpetual. Filters that the venue leaves open (zero) become the widest.
    public static func instruments(
        _ exchangeInfo: [UInt8], symbols: [String], venue: Venue = .binanceUSDM
    ) throws(BinanceError) -> [Instrument] {
        guard let listed = try document(exchangeInfo)["symbols"]?.elements else {
            throw .missing("symbols")
        }
        if symbols.isEmpty {
            var instruments: [Instrument] = []
            for row in listed where isTradable(row, venue) {
                instruments.append(try ExchangeInfoRow(row, venue).instrument())
            }
            return instruments
        }
        var rows: [String: JSONDocument] = [:]
        for row in listed {
            if let name = row["symbol"]?.text { rows[name] = row }
        }
        var instruments: [Instrument] = []
        for symbol in symbols {
            guard let row = rows[BinanceSymbol.venueSymbol(symbol, venue: venue)] else {
                throw .unknownSymbol(symbol)
            }
            let status = status(row)
            guard status == "TRADING" else { throw .notTrading(symbol: symbol, status: status) }
            let type = contractType(row)
            guard venue == .binanceSpot || type == "PERPETUAL" else {
                throw .notPerpetual(symbol: symbol, type: type)
            }
            instruments.append(try ExchangeInfoRow(row, venue).instrument())
        }
        return instruments
    }

    /// Every instrument of an exchangeInfo reply that can be traded, dated contracts included, and
    /// the rows that were refused, each with its reason.
    public static func listing(
        _ exchangeInfo: [UInt8], venue: Venue
    ) throws(BinanceError) -> (instruments: [Instrument], refused: [Refusal]) {
        guard let listed = try document(exchangeInfo)["symbols"]?.elements else {
            throw .missing("symbols")
        }
        var instruments: [Instrument] = []
        var refused: [Refusal] = []
        for row in listed {
            let name = row["symbol"]?.text ?? ""
            do throws(BinanceError) {
                let status = status(row)
                guard status == "TRADING" else {
                    throw .notTrading(symbol: name, status: status)
                }
                instruments.append(try ExchangeInfoRow(row, venue).instrument())
            } catch {
                refused.append(Refusal(symbol: name, reason: error))
            }
        }
        return (instruments, refused)
    }

    /// A row of exchangeInfo that no instrument was made of.
    public struct Refusal: Equatable, Sendable {
        public let symbol: String
        public let reason: BinanceError
    }

    private static func isTradable(_ row: JSONDocument, _ venue: Venue) -> Bool {
        status(row) == "TRADING" && (venue == .binanceSpot || contractType(row) == "PERPETUAL")
    }

    /// COIN-M calls it `contractStatus`.
    private static func status(_ row: JSONDocument) -> String {
        row["status"]?.text ?? row["contractStatus"]?.text ?? "unknown"
    }

    private static func contractType(_ row: JSONDocument) -> String {
        row["contractType"]?.text ?? "unknown"
    }
}
