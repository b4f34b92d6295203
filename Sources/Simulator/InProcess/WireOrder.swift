//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What one order request of a client says, read by the simulator's own parser: the bytes that left
/// are judged by another code than wrote them.
public struct WireOrder: Equatable, Sendable {
    public enum Action: Equatable, Sendable { case place, cancel, modify, query, other }

    public var action = Action.other
    public var clientOrderID = ""
    public var symbol = ""
    /// "BUY" or "SELL"; a cancel has none.
    public var side = ""
    public var type = ""
    public var timeInForce = ""
    /// 1e-8 of the unit; -1: not said.
    public var priceE8: Int64 = -1
    public var quantityE8: Int64 = -1
    public var isReduceOnly = false

    /// Ours; 0 for a name that is none of ours.
    public var orderID: UInt64 {
        guard clientOrderID.utf8.count == 20, clientOrderID.hasPrefix("apus") else { return 0 }
        return UInt64(clientOrderID.dropFirst(4), radix: 16) ?? 0
    }

    /// A request to Binance; `nil` for bytes that are none.
    init?(binance bytes: [UInt8]) {
        guard let request = JSONValue.parse(bytes), let method = request["method"]?.text,
            let fields = request["params"]
        else { return nil }
        switch method {
        case "order.place": action = .place
        case "order.cancel": action = .cancel
        case "order.modify": action = .modify
        case "order.status": action = .query
        default: return
        }
        let name = action == .place ? "newClientOrderId" : "origClientOrderId"
        guard let id = fields[name]?.text else { return nil }
        clientOrderID = id
        symbol = fields["symbol"]?.text ?? ""
        side = fields["side"]?.text ?? ""
        type = fields["type"]?.text ?? ""
        timeInForce = fields["timeInForce"]?.text ?? ""
        isReduceOnly = fields["reduceOnly"]?.text == "true"
        if let text = fields["price"]?.text { priceE8 = Fixed(text)?.units ?? -2 }
        if let text = fields["quantity"]?.text { quantityE8 = Fixed(text)?.units ?? -2 }
    }

    /// The orders of a request to OKX; none for bytes that are no request. Type and time in force
    /// are told in Binance's words.
    ///
    /// - Parameter name: Of the instrument with a code.
    static func okx(_ bytes: [UInt8], name: (Int64) -> String?) -> [WireOrder] {
        guard let request = JSONValue.parse(bytes), let operation = request["op"]?.text,
            case .array(let items) = request["args"]
        else { return [] }
        let actions: [String: Action] = [
            "order": .place, "batch-orders": .place, "cancel-order": .cancel,
            "batch-cancel-orders": .cancel, "amend-order": .modify,
            "batch-amend-orders": .modify,
        ]
        return items.map { WireOrder($0, actions[operation] ?? .other, name) }
    }

    private init(_ fields: JSONValue, _ action: Action, _ name: (Int64) -> String?) {
        self.action = action
        clientOrderID = fields["clOrdId"]?.text ?? ""
        symbol = (fields["instIdCode"]?.text).flatMap { Int64($0) }.flatMap(name) ?? ""
        side = fields["side"]?.text?.uppercased() ?? ""
        let kinds = [
            "limit": ("LIMIT", "GTC"), "ioc": ("LIMIT", "IOC"), "fok": ("LIMIT", "FOK"),
            "post_only": ("LIMIT", "GTX"), "market": ("MARKET", ""),
            "optimal_limit_ioc": ("MARKET", ""),
        ]
        (type, timeInForce) = kinds[fields["ordType"]?.text ?? ""] ?? ("", "")
        isReduceOnly = fields["reduceOnly"]?.text == "true"
        let (price, size) = action == .modify ? ("newPx", "newSz") : ("px", "sz")
        if let text = fields[price]?.text { priceE8 = Fixed(text)?.units ?? -2 }
        if let text = fields[size]?.text { quantityE8 = Fixed(text)?.units ?? -2 }
    }
}
