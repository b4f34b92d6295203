//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import JSON

/// One fill while it is read.
struct FillForm {
    private var timeNs: UInt64?
    private var symbol: String?
    private var isBuy: Bool?
    private var price: Double?
    private var quantity: Double?
    private var fee: Double?
    private var isMaker: Bool?
    private var mid: Double?

    /// - Parameter index: Place among the fills.
    init(
        _ token: JSONToken, _ reader: inout DocumentReader, index: Int
    ) throws(RunFileError) {
        var form = Self()
        try reader.members(token, at: "fills[\(index)]") {
            reader, name, token throws(RunFileError) in
            try form.take(name, token, &reader, index)
        }
        self = form
    }

    private init() {}

    private mutating func take(
        _ name: String, _ token: JSONToken, _ reader: inout DocumentReader, _ index: Int
    ) throws(RunFileError) {
        switch name {
        case "t_ns": timeNs = try reader.timeNs(token, at: "fills[\(index)].\(name)")
        case "symbol": symbol = try reader.text(token, at: "fills[\(index)].\(name)")
        case "side": isBuy = try Self.isBuy(token, &reader, index)
        case "price": price = try reader.positive(token, at: "fills[\(index)].\(name)")
        case "quantity": quantity = try reader.positive(token, at: "fills[\(index)].\(name)")
        case "fee": fee = try reader.number(token, at: "fills[\(index)].\(name)")
        case "is_maker": isMaker = try reader.boolean(token, at: "fills[\(index)].\(name)")
        case "mid" where token != .null:
            mid = try reader.positive(token, at: "fills[\(index)].\(name)")
        default: try reader.skip(token, at: "fills[\(index)].\(name)")
        }
    }

    private static func isBuy(
        _ token: JSONToken, _ reader: inout DocumentReader, _ index: Int
    ) throws(RunFileError) -> Bool {
        let text = try reader.text(token, at: "fills[\(index)].side")
        guard text == "buy" || text == "sell" else {
            throw RunFileError("fills[\(index)].side", "not one of buy, sell")
        }
        return text == "buy"
    }

    /// The fill, once all that is needed was there.
    ///
    /// - Parameter place: Finds a symbol's place in the run's symbols.
    func fill(
        index: Int, place: (String) throws(RunFileError) -> Int
    ) throws(RunFileError) -> Run.Fill {
        func needed<Value>(_ value: Value?, _ name: String) throws(RunFileError) -> Value {
            guard let value else { throw RunFileError("fills[\(index)].\(name)", "is missing") }
            return value
        }
        return Run.Fill(
            timeNs: try needed(timeNs, "t_ns"), symbol: try place(needed(symbol, "symbol")),
            isBuy: try needed(isBuy, "side"), price: try needed(price, "price"),
            quantity: try needed(quantity, "quantity"), fee: try needed(fee, "fee"),
            isMaker: try needed(isMaker, "is_maker"), mid: mid)
    }
}
