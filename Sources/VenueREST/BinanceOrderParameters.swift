//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Messages

/// Whose order yields when two of one account would trade with each other. Always said, because
/// the venue's default is not one thing.
public enum SelfTradePrevention: String, Sendable {
    case none = "NONE"
    case expireTaker = "EXPIRE_TAKER"
    case expireMaker = "EXPIRE_MAKER"
    case expireBoth = "EXPIRE_BOTH"
}

/// One new order as REST requests carry it. Cold code: the hot path writes its own frames.
public struct BinanceOrderParameters: Equatable, Sendable {
    /// Shortest time that the venue grants a good-till-date order, seconds.
    public static let goodTillSecondsMin = 601

    /// In the order in which they are sent.
    public let fields: [BinanceRequest.Parameter]

    /// - Parameters:
    ///   - orderID: Ours; not 0.
    ///   - price: Of a limit order; `nil`: a market order.
    ///   - goodTillMs: Of a limit order: until when it rests, by the venue's clock, in place of
    ///     `timeInForce`. Cut to seconds, as the venue does.
    /// - Returns: `nil` for what no venue would take: no side, a price or quantity below 1, a date
    ///   for a market order or out of the venue's range.
    public init?(
        _ instrument: Instrument, orderID: UInt64, side: Side, quantity: QuantityLots,
        price: PriceTicks?, timeInForce: TimeInForce = .gtc, isReduceOnly: Bool = false,
        selfTradePrevention: SelfTradePrevention = .expireMaker, goodTillMs: UInt64? = nil,
        nowMs: UInt64 = 0
    ) {
        guard side == .buy || side == .sell, quantity.rawValue > 0, orderID != 0 else {
            return nil
        }
        var fields = [
            ("symbol", instrument.venueSymbolText), ("side", side == .buy ? "BUY" : "SELL"),
            ("type", price == nil ? "MARKET" : "LIMIT"),
        ]
        if let price {
            guard price.rawValue > 0, let text = Self.text(timeInForce) else { return nil }
            fields.append(("timeInForce", goodTillMs == nil ? text : "GTD"))
            fields.append(("price", instrument.text(price: price)))
        } else if goodTillMs != nil {
            return nil
        }
        fields.append(("quantity", instrument.text(quantity: quantity)))
        fields.append(("newClientOrderId", ClientOrderID.text(orderID)))
        fields.append(("selfTradePreventionMode", selfTradePrevention.rawValue))
        if isReduceOnly { fields.append(("reduceOnly", "true")) }
        if let goodTillMs {
            let earliest = nowMs + UInt64(Self.goodTillSecondsMin) * 1_000
            guard goodTillMs >= earliest, goodTillMs < 253_402_300_799_000 else { return nil }
            fields.append(("goodTillDate", "\(goodTillMs / 1_000 * 1_000)"))
        }
        self.fields = fields.map { BinanceRequest.Parameter(name: $0.0, value: $0.1) }
    }

    private static func text(_ timeInForce: TimeInForce) -> String? {
        switch timeInForce {
        case .gtc: "GTC"
        case .ioc: "IOC"
        case .fok: "FOK"
        case .postOnly: "GTX"
        default: nil
        }
    }

    /// As one object of a batch: all values are strings without a character to escape, since the
    /// encoder's and the instrument's checks let no other through.
    var json: String {
        "{" + fields.map { "\"\($0.name)\":\"\($0.value)\"" }.joined(separator: ",") + "}"
    }
}
