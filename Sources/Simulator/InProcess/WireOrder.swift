//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What one order request of a client says, read by the simulator's own parser: the bytes that left
/// are judged by another code than wrote them.
public struct WireOrder: Equatable, Sendable {
    public enum Action: Equatable, Sendable { case place, cancel, modify, other }

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
}
