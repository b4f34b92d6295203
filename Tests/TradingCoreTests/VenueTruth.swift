//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Foundation
import HTTP
import Messages
import Telemetry
import Testing
import Transport

/// The simulator's own switch and its truth, over the venues' REST doors.
final class VenueTruth {
    private let client = HTTPClient()
    private let addresses: [String: String]
    private let caFile: String

    init(_ venue: VenueProgram) {
        var addresses = ["binance-usdm": venue.rest]
        addresses["okx"] = venue.address("okx.rest")
        self.addresses = addresses
        caFile = venue.caFile
    }

    private func get(_ path: String, at venue: String) throws -> Any {
        let address = try #require(addresses[venue])
        let reply = try client.request(method: "GET", url: address + path, caFile: caFile)
        try #require(reply.status == 200, "\(path): \(reply.status)")
        return try JSONSerialization.jsonObject(with: Data(reply.body))
    }

    /// Both venues trade on one synthetic market, which one of them can halt.
    func pause() throws { _ = try get("/apus/pause", at: "binance-usdm") }
    func resume() throws { _ = try get("/apus/resume", at: "binance-usdm") }

    /// What the account holds, 1e-8 of the venue's unit, by the venue's symbol; what is flat is
    /// absent.
    func positions(at venue: String) throws -> [String: Int64] {
        let (symbol, amount) = venue == "okx" ? ("instId", "pos") : ("symbol", "positionAmt")
        return Dictionary(
            uniqueKeysWithValues: try rows("/apus/positions", at: venue).map { row in
                (
                    try #require(row[symbol] as? String),
                    try RunSummary.mantissa(try #require(row[amount] as? String))
                )
            })
    }

    /// Client order id and the venue's own of every order that the venue remembers.
    func orders(at venue: String) throws -> [(client: String, venue: String)] {
        let (client, own) = venue == "okx" ? ("clOrdId", "ordId") : ("clientOrderId", "orderId")
        return try rows("/apus/orders", at: venue).map { row in
            (try #require(row[client] as? String), "\(try #require(row[own]))")
        }
    }

    /// How many orders rest at the venue.
    func openOrders(at venue: String) throws -> Int {
        let (key, open) = venue == "okx"
            ? ("state", ["live", "partially_filled"]) : ("status", ["NEW", "PARTIALLY_FILLED"])
        return try rows("/apus/orders", at: venue).count { row in
            open.contains(try #require(row[key] as? String))
        }
    }

    /// Open orders and positions, with what they cost.
    func state(at venue: String) throws -> VenueState {
        let isOKX = venue == "okx"
        var state = VenueState()
        for row in try rows("/apus/orders", at: venue) {
            func text(_ name: String) throws -> String { try #require(row[name] as? String) }
            let open = isOKX ? ["live", "partially_filled"] : ["NEW", "PARTIALLY_FILLED"]
            guard open.contains(try text(isOKX ? "state" : "status")) else { continue }
            let names = isOKX
                ? ["clOrdId", "side", "px", "sz", "accFillSz"]
                : ["clientOrderId", "side", "price", "origQty", "executedQty"]
            let words = try names.map { try text($0) }
            state.orders.insert(
                ([words[0], words[1].lowercased()] + words[2...].map(\.plainDecimal))
                    .joined(separator: " "))
        }
        let names = isOKX ? ["instId", "pos", "avgPx"] : ["symbol", "positionAmt", "entryPrice"]
        for row in try rows("/apus/positions", at: venue) {
            let words = try names.map { try #require(row[$0] as? String) }
            let (amount, entry) = (Double(words[1]) ?? .nan, Double(words[2]) ?? .nan)
            if amount == 0 { continue }
            let value = amount * entry * (isOKX ? Self.contractValue : 1)
            state.positions.insert(
                "\(words[0]) \(words[1].plainDecimal) \(VenueState.cents("\(value)"))")
        }
        return state
    }

    /// Of an ETH-USDT-SWAP contract.
    private static let contractValue = 0.1

    private func rows(_ path: String, at venue: String) throws -> [[String: Any]] {
        let answer = try get(path, at: venue)
        let list = (answer as? [String: Any])?["data"] ?? answer
        return try #require(list as? [[String: Any]], "\(path)")
    }

    /// "BTCUSDT" where the venue writes it so.
    static func name(_ symbol: String, at venue: String) -> String {
        venue == "okx" ? symbol : symbol.replacing("-", with: "")
    }
}

extension VenueTruth {
    /// Positions of the engine that are not the venues'; empty: none.
    func differences(of engine: EngineProgram) throws -> String {
        var found: [String] = []
        let rows = engine.telemetry?.instruments ?? []
        for (venue, own) in Dictionary(grouping: rows, by: \.venue) {
            let held = try positions(at: venue)
            for row in own {
                let name = Self.name(row.symbol, at: venue)
                let ours = try RunSummary.mantissa(
                    Decimals.text(
                        mantissa: row.status.position * row.status.lotMantissa,
                        decimals: Int(row.status.quantityDecimals)))
                let real = held[name] ?? 0
                if ours != real { found.append("\(venue) \(name) \(ours), venue \(real)") }
            }
        }
        return found.joined(separator: "; ")
    }
}

/// What the simulator counted, from the last line it prints.
enum FaultCounts {
    static func of(_ errors: String) -> [(name: String, count: Int)] {
        guard let start = errors.ranges(of: " faults ").last else { return [] }
        let line = errors[start.upperBound...].prefix { $0 != "\n" }
        return line.split(separator: " ").compactMap { word in
            let parts = word.split(separator: "=")
            guard parts.count == 2, let count = Int(parts[1]) else { return nil }
            return (String(parts[0]), count)
        }
    }
}
