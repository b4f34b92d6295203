//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Messages

/// Answers orders during `apus replay`, so that strategy, risk and gateway run their whole course.
///
/// It is a stand-in with one stated rule, not a market model: an IOC, FOK or market order fills in
/// full at its limit price (market orders at the last best price), a resting order never fills,
/// and a cancel or a change is confirmed. Backtests with queue models are another command's matter.
/// Its answers are Binance's own messages and go through the production parser.
public struct ReplayVenue {
    /// A message for the order entry or the user stream connection.
    public struct Answer: Equatable, Sendable {
        public let isReply: Bool
        public let text: String
    }

    private let symbols: [String: Instrument]
    private var nextVenueOrderID: UInt64 = 1
    private var nextTradeID: UInt64 = 1
    private var resting: [String: [String: String]] = [:]
    /// Taker fee of the venue's lowest tier, 1e-4.
    static let takerFeeE4: Int64 = 5

    public init(instruments: InstrumentTable) {
        var symbols: [String: Instrument] = [:]
        for id in 0..<UInt32(instruments.count) {
            symbols[instruments[id].venueSymbolText] = instruments[id]
        }
        self.symbols = symbols
    }

    /// The answers to one request, in the order the venue would give them.
    public mutating func answer(request: String, timeNs: UInt64) -> [Answer] {
        let fields = Self.fields(of: request)
        switch fields["method"] {
        case "order.place": return place(fields, timeNs)
        case "order.cancel": return cancel(fields, timeNs)
        case "order.modify": return modify(fields, timeNs)
        case "order.status": return status(fields)
        default: return []
        }
    }

    private mutating func place(_ fields: [String: String], _ timeNs: UInt64) -> [Answer] {
        guard let symbol = fields["symbol"], let instrument = symbols[symbol],
            let clientID = fields["newClientOrderId"], let id = fields["id"]
        else { return [] }
        var order = fields
        order["orderId"] = "\(nextVenueOrderID)"
        nextVenueOrderID += 1
        var answers = [
            Answer(isReply: true, text: reply(id, order, status: "NEW")),
            Answer(isReply: false, text: update(order, "NEW", "NEW", timeNs, fill: nil)),
        ]
        let isImmediate = ["IOC", "FOK"].contains(fields["timeInForce"] ?? "")
        if isImmediate, let fill = fill(order, instrument) {
            answers.append(
                Answer(isReply: false, text: update(order, "TRADE", "FILLED", timeNs, fill: fill)))
        } else {
            resting[clientID] = order
        }
        return answers
    }

    private mutating func cancel(_ fields: [String: String], _ timeNs: UInt64) -> [Answer] {
        guard let clientID = fields["origClientOrderId"], let id = fields["id"] else { return [] }
        guard let order = resting.removeValue(forKey: clientID) else {
            return [refusal(id, -2011, "Unknown order sent.")]
        }
        return [
            Answer(isReply: true, text: reply(id, order, status: "CANCELED")),
            Answer(isReply: false, text: update(order, "CANCELED", "CANCELED", timeNs, fill: nil)),
        ]
    }

    private mutating func modify(_ fields: [String: String], _ timeNs: UInt64) -> [Answer] {
        guard let clientID = fields["origClientOrderId"], let id = fields["id"] else { return [] }
        guard var order = resting[clientID] else {
            return [refusal(id, -2013, "Order does not exist.")]
        }
        order["price"] = fields["price"]
        order["quantity"] = fields["quantity"]
        resting[clientID] = order
        return [
            Answer(isReply: true, text: reply(id, order, status: "NEW")),
            Answer(isReply: false, text: update(order, "AMENDMENT", "NEW", timeNs, fill: nil)),
        ]
    }

    /// Of an order that has ended nothing is known any more.
    private func status(_ fields: [String: String]) -> [Answer] {
        guard let clientID = fields["origClientOrderId"], let id = fields["id"] else { return [] }
        guard let order = resting[clientID] else {
            return [refusal(id, -2013, "Order does not exist.")]
        }
        return [Answer(isReply: true, text: reply(id, order, status: "NEW"))]
    }

    private func refusal(_ id: String, _ code: Int, _ text: String) -> Answer {
        Answer(
            isReply: true,
            text: """
                {"id":"\(id)","status":400,"error":{"code":\(code),"msg":"\(text)"}}
                """)
    }

    private func reply(_ id: String, _ order: [String: String], status: String) -> String {
        """
        {"id":"\(id)","status":200,"result":{"orderId":\(order["orderId"] ?? "0"),\
        "symbol":"\(order["symbol"] ?? "")","status":"\(status)",\
        "clientOrderId":"\(order["newClientOrderId"] ?? "")","price":"\(order["price"] ?? "0")",\
        "origQty":"\(order["quantity"] ?? "0")","executedQty":"0"}}
        """
    }

    private struct Fill {
        let tradeID: UInt64
        let quantity: String
        let price: String
        let feeE8: Int64
    }

    private mutating func fill(_ order: [String: String], _ instrument: Instrument) -> Fill? {
        guard let price = order["price"], let quantity = order["quantity"],
            let priceValue = Double(price), let quantityValue = Double(quantity)
        else { return nil }
        defer { nextTradeID += 1 }
        let fee = priceValue * quantityValue * Double(Self.takerFeeE4) * 1e4
        return Fill(
            tradeID: nextTradeID, quantity: quantity, price: price, feeE8: Int64(fee.rounded()))
    }

    private func update(
        _ order: [String: String], _ execution: String, _ status: String, _ timeNs: UInt64,
        fill: Fill?
    ) -> String {
        let ms = timeNs / 1_000_000
        let fee = Decimals.text(mantissa: fill?.feeE8 ?? 0, decimals: 8)
        return """
            {"e":"ORDER_TRADE_UPDATE","T":\(ms),"E":\(ms),"o":{"s":"\(order["symbol"]!)",\
            "c":"\(order["newClientOrderId"]!)","S":"\(order["side"] ?? "BUY")",\
            "o":"\(order["type"] ?? "LIMIT")","f":"\(order["timeInForce"] ?? "GTC")",\
            "q":"\(order["quantity"] ?? "0")","p":"\(order["price"] ?? "0")","ap":"0","sp":"0",\
            "x":"\(execution)","X":"\(status)","i":\(order["orderId"]!),\
            "l":"\(fill?.quantity ?? "0")","z":"\(fill?.quantity ?? "0")",\
            "L":"\(fill?.price ?? "0")","n":"\(fee)","N":"USDT","T":\(ms),\
            "t":\(fill?.tradeID ?? 0),"b":"0","a":"0","m":false,"R":false}}
            """
    }

    /// The string and number members of a request, nested ones included. The gateway wrote it, so
    /// it has no escapes.
    public static func fields(of text: String) -> [String: String] {
        var result: [String: String] = [:]
        var words: [Substring] = []
        var rest = text[...]
        while let start = rest.firstIndex(where: { $0 == "\"" || $0.isNumber || $0 == ":" }) {
            if rest[start] == ":" {
                words.append(":")
                rest = rest[rest.index(after: start)...]
            } else if rest[start] == "\"" {
                let body = rest[rest.index(after: start)...]
                guard let end = body.firstIndex(of: "\"") else { break }
                words.append(body[..<end])
                rest = body[body.index(after: end)...]
            } else {
                let end = rest[start...].firstIndex { !$0.isNumber && $0 != "." } ?? rest.endIndex
                words.append(rest[start..<end])
                rest = rest[end...]
            }
        }
        for index in words.indices where words[index] == ":" && index > 0 && index + 1 < words.count
        {
            result[String(words[index - 1])] = String(words[index + 1])
        }
        return result
    }
}
