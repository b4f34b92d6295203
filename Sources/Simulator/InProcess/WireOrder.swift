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

    /// A request to Binance; `nil` for bytes that are none.
    public init?(binance bytes: [UInt8]) {
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

    /// A request to OKX with one order; `nil` for bytes that are none. Type and time in force are
    /// told in Binance's words.
    ///
    /// - Parameter name: Of the instrument with a code.
    init?(okx bytes: [UInt8], name: (Int64) -> String?) {
        guard let request = JSONValue.parse(bytes), let operation = request["op"]?.text,
            case .array(let items) = request["args"], let fields = items.first, items.count == 1
        else { return nil }
        switch operation {
        case "order": action = .place
        case "cancel-order": action = .cancel
        case "amend-order": action = .modify
        default: return
        }
        guard let id = fields["clOrdId"]?.text else { return nil }
        clientOrderID = id
        symbol = (fields["instIdCode"]?.text).flatMap { Int64($0) }.flatMap(name) ?? ""
        side = fields["side"]?.text?.uppercased() ?? ""
        let kinds = [
            "limit": ("LIMIT", "GTC"), "ioc": ("LIMIT", "IOC"), "fok": ("LIMIT", "FOK"),
            "post_only": ("LIMIT", "GTX"), "market": ("MARKET", ""),
            "optimal_limit_ioc": ("MARKET", ""),
        ]
        (type, timeInForce) = kinds[fields["ordType"]?.text ?? ""] ?? ("", "")
        isReduceOnly = fields["reduceOnly"]?.text == "true"
        if let text = fields["px"]?.text { priceE8 = Fixed(text)?.units ?? -2 }
        if let text = fields["sz"]?.text { quantityE8 = Fixed(text)?.units ?? -2 }
    }
}
