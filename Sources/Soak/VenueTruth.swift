//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import HTTP
import JSON
import Messages

/// The simulator's own switch and its truth, over the venues' REST doors.
final class VenueTruth {
    /// A book as the venue has it now.
    struct Book {
        /// Price and quantity as the venue writes them, best first.
        let bids: [[String]]
        let asks: [[String]]
        /// Whether a client has every one of these levels: a snapshot of Binance ends after 1,000
        /// a side, and what lies behind is told only when it changes.
        let isWhole: Bool
        /// Of the last change, as the venue numbers them.
        let updateID: Int64
        var levelCount: Int { bids.count + asks.count }
    }

    /// What an account did since the simulator's start.
    struct Account: Equatable {
        /// Cash of the account, 1e-8 USDT.
        var walletE8: Int64 = 0
        var orders: Int64 = 0
        var fills: Int64 = 0
        var rejects: Int64 = 0
        /// Orders that rest now.
        var open: Int64 = 0
        /// Orders whose client id an order that is still remembered had before.
        var repeatedIDs: Int64 = 0
    }

    let venues: [String]
    private let client = HTTPClient()
    private let addresses: [String: String]
    private let caFile: String

    /// - Parameter addresses: REST base addresses by venue.
    init(_ addresses: [String: String], caFile: String) {
        self.addresses = addresses
        self.caFile = caFile
        venues = addresses.keys.sorted()
    }

    private func get(_ path: String, at venue: String) throws(SoakError) -> JSONDocument {
        guard let address = addresses[venue] else { throw SoakError("no venue \(venue)") }
        let reply = try request(address + path)
        guard reply.status == 200, let document = JSONDocument(reply.body) else {
            throw SoakError("\(venue) \(path): answer \(reply.status)")
        }
        return document
    }

    /// Asked again where no answer comes: a starved machine is no finding.
    private func request(_ url: String) throws(SoakError) -> HTTPResponse {
        var attempts = 0
        while true {
            attempts += 1
            do throws(HTTPError) {
                return try client.request(method: "GET", url: url, caFile: caFile)
            } catch {
                guard error.reason == .timedOut, attempts < Self.attemptsMax else {
                    throw SoakError("the simulator does not answer: \(error)")
                }
            }
        }
    }

    /// Of ten seconds each.
    private static let attemptsMax = 6

    /// All venues trade on one synthetic market, which each of them can halt.
    func pause() throws(SoakError) { _ = try get("/apus/pause", at: venues[0]) }
    func resume() throws(SoakError) { _ = try get("/apus/resume", at: venues[0]) }

    /// - Parameter symbol: As the engine writes it.
    func book(_ symbol: String, at venue: String) throws(SoakError) -> Book {
        let query = venue == "okx"
            ? "instId=\(symbol)&channel=books" : "symbol=\(Self.name(symbol, at: venue))"
        let document = try get("/apus/book?\(query)", at: venue)
        guard let bids = Self.levels(document["bids"]), let asks = Self.levels(document["asks"]),
            let updateID = document[venue == "okx" ? "seqId" : "lastUpdateId"]?.integer
        else { throw SoakError("\(venue) \(symbol): no book") }
        return Book(bids: bids, asks: asks, isWhole: venue == "okx", updateID: updateID)
    }

    static func levels(_ document: JSONDocument?) -> [[String]]? {
        document?.elements?.map { level in
            (level.elements ?? []).prefix(2).compactMap(\.text)
        }
    }

    /// What the account holds, 1e-8 of the venue's unit, by the venue's symbol; what is flat is
    /// absent.
    func positions(at venue: String) throws(SoakError) -> [String: Int64] {
        let (symbol, amount) = venue == "okx" ? ("instId", "pos") : ("symbol", "positionAmt")
        let answer = try get("/apus/positions", at: venue)
        guard let rows = (answer["data"] ?? answer).elements else {
            throw SoakError("\(venue): no positions")
        }
        var result: [String: Int64] = [:]
        for row in rows {
            guard let name = row[symbol]?.text, let text = row[amount]?.text,
                let value = Self.mantissa(text)
            else { throw SoakError("\(venue): a position without symbol or amount") }
            result[name] = value
        }
        return result
    }

    func account(at venue: String) throws(SoakError) -> Account {
        let document = try get("/apus/account", at: venue)
        func number(_ name: String) throws(SoakError) -> Int64 {
            guard let value = document[name]?.integer else {
                throw SoakError("\(venue): no \(name) of the account")
            }
            return value
        }
        return Account(
            walletE8: try number("walletE8"), orders: try number("orders"),
            fills: try number("fills"), rejects: try number("rejects"), open: try number("open"),
            repeatedIDs: try number("repeatedIDs"))
    }

    /// How often each fault that was asked for came, by its name.
    func faults() throws(SoakError) -> [(name: String, count: Int64)] {
        guard case .object(let members) = try get("/apus/faults", at: venues[0]) else {
            throw SoakError("the simulator does not tell its faults")
        }
        return members.map { ($0.name, $0.value.integer ?? 0) }
    }

    /// 1e-8 of a decimal.
    static func mantissa(_ text: String) -> Int64? { Decimals.mantissa(text, decimals: 8) }

    /// "BTCUSDT" where the venue writes it so.
    static func name(_ symbol: String, at venue: String) -> String {
        venue == "okx" ? symbol : symbol.replacing("-", with: "")
    }
}
