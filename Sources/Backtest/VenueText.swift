//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages
import VenueModel

/// The model's answers in Binance's words, for the production parser.
///
/// Source: Binance USD-M Futures, WebSocket API "order.place" and user data stream
/// "ORDER_TRADE_UPDATE".
enum VenueText {
    /// Code and message of a refusal.
    static func error(_ refusal: VenueRefusal) -> (code: Int, message: String) {
        switch refusal {
        case .postOnly: (-5022, "Due to the order could not be executed as maker.")
        case .priceFilter: (-4014, "Price not increased by tick size.")
        case .lotSize: (-4023, "Qty not increased by step size.")
        case .minNotional: (-4164, "Order's notional is too small.")
        case .rateLimit: (-1015, "Too many new orders.")
        case .openOrders: (-2025, "Reach max open order limit.")
        case .positionLimit: (-2027, "Exceeded the maximum allowable position.")
        case .unknownSymbol: (-1121, "Invalid symbol.")
        case .unknownOrder: (-2011, "Unknown order sent.")
        case .duplicateOrder: (-4116, "ClientOrderId is duplicated.")
        case .emptyBook: (-4131, "The counterparty's best price does not meet the filter.")
        }
    }

    static func refusal(_ id: String, _ refusal: VenueRefusal) -> VenueAnswer {
        let (code, message) = error(refusal)
        return VenueAnswer(
            isReply: true,
            text: """
                {"id":"\(id)","status":\(refusal == .rateLimit ? 429 : 400),\
                "error":{"code":\(code),"msg":"\(message)"}}
                """)
    }

    static func reply(
        _ id: String, _ record: OrderRecord, _ instrument: Instrument, venueID: UInt64,
        status: String, timeMs: Int64
    ) -> VenueAnswer {
        VenueAnswer(
            isReply: true,
            text: """
                {"id":"\(id)","status":200,"result":{"orderId":\(venueID),\
                "symbol":"\(instrument.venueSymbolText)","status":"\(status)",\
                "clientOrderId":"\(record.clientID)","price":"\(price(record.price, instrument))",\
                "origQty":"\(lots(record.quantity, instrument))",\
                "executedQty":"\(lots(record.filled, instrument))",\
                "side":"\(side(record))","updateTime":\(timeMs)}}
                """)
    }

    /// What a match adds to an update.
    struct Match {
        let tradeID: UInt64
        let price: Int64
        let quantity: Int64
        let feeE12: Int128
        let isMaker: Bool
    }

    static func update(
        _ record: OrderRecord, _ instrument: Instrument, venueID: UInt64, execution: String,
        status: String, timeMs: Int64, match: Match? = nil
    ) -> VenueAnswer {
        let last = match.map { lots($0.quantity, instrument) } ?? "0"
        let lastPrice = match.map { price($0.price, instrument) } ?? "0"
        return VenueAnswer(
            isReply: false,
            text: """
                {"e":"ORDER_TRADE_UPDATE","T":\(timeMs),"E":\(timeMs),\
                "o":{"s":"\(instrument.venueSymbolText)","c":"\(record.clientID)",\
                "S":"\(side(record))","o":"\(record.type == .market ? "MARKET" : "LIMIT")",\
                "f":"\(timeInForce(record.timeInForce))",\
                "q":"\(lots(record.quantity, instrument))",\
                "p":"\(price(record.price, instrument))","ap":"0","sp":"0",\
                "x":"\(execution)","X":"\(status)","i":\(venueID),"l":"\(last)",\
                "z":"\(lots(record.filled, instrument))","L":"\(lastPrice)",\
                "n":"\(ExactText.e8(ofE12: match?.feeE12 ?? 0))",\
                "N":"\(instrument.quoteAssetText)","T":\(timeMs),"t":\(match?.tradeID ?? 0),\
                "b":"0","a":"0","m":\(match?.isMaker ?? false),"R":false}}
                """)
    }

    private static func side(_ record: OrderRecord) -> String {
        record.side == .buy ? "BUY" : "SELL"
    }

    private static func timeInForce(_ value: TimeInForce) -> String {
        switch value {
        case .ioc: "IOC"
        case .fok: "FOK"
        case .postOnly: "GTX"
        case .gtd: "GTD"
        default: "GTC"
        }
    }

    private static func price(_ ticks: Int64, _ instrument: Instrument) -> String {
        instrument.text(price: PriceTicks(rawValue: ticks))
    }

    private static func lots(_ lots: Int64, _ instrument: Instrument) -> String {
        instrument.text(quantity: QuantityLots(rawValue: lots))
    }
}
