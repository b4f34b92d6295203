//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages
import TradingCore
import VenueModel

extension ModelVenue {
    /// One request of the gateway arrives; the answers in the order the venue gives them.
    public mutating func request(
        _ text: String, placedNs: Int64, timeNs: Int64
    ) -> [VenueAnswer] {
        let fields = ReplayVenue.fields(of: text)
        counters.requests += 1
        guard let id = fields["id"] else { return [] }
        switch fields["method"] {
        case "order.place": return place(fields, id, placedNs, timeNs)
        case "order.cancel": return cancel(fields, id, timeNs)
        case "order.modify": return modify(fields, id, timeNs)
        case "order.status": return status(fields, id, timeNs)
        default: return []
        }
    }

    private mutating func place(
        _ fields: [String: String], _ id: String, _ placedNs: Int64, _ timeNs: Int64
    ) -> [VenueAnswer] {
        guard let instrumentID = ids[fields["symbol"] ?? ""] else {
            counters.refused += 1
            return [VenueText.refusal(id, .unknownSymbol)]
        }
        let instrument = instruments[Int(instrumentID)]
        let clientID = fields["newClientOrderId"] ?? ""
        guard places[clientID] == nil else { return [VenueText.refusal(id, .duplicateOrder)] }
        let isMarket = fields["type"] == "MARKET"
        let price = Self.ticks(fields["price"], instrument)
        let quantity = Self.lots(fields["quantity"], instrument)
        let place = orders.count
        orders.append(
            OrderRecord(
                clientID: clientID, instrumentID: instrumentID,
                side: fields["side"] == "SELL" ? .sell : .buy,
                type: isMarket ? .market : .limit,
                timeInForce: isMarket ? .ioc : Self.timeInForce(fields["timeInForce"]),
                price: isMarket ? 0 : price ?? 0, quantity: quantity ?? 0, placedNs: placedNs,
                arrivedNs: timeNs))
        places[clientID] = place
        let record = orders[place]
        let order = VenueOrder(
            id: UInt64(place), side: record.side, type: record.type,
            timeInForce: record.timeInForce, price: record.price, quantity: record.quantity)
        var reports: [VenueReport] = []
        if let refusal = refusal(record, instrument, priced: price != nil, timeNs: timeNs) {
            reports = [
                VenueReport(
                    kind: .refused(refusal), order: order, price: order.price,
                    quantity: order.quantity)
            ]
        } else {
            books[Int(instrumentID)].place(order, into: &reports)
        }
        return tell(reports, instrumentID, request: id, timeNs: timeNs)
    }

    /// What the venue's filters and limits say against an order.
    private mutating func refusal(
        _ order: OrderRecord, _ instrument: Instrument, priced: Bool, timeNs: Int64
    ) -> VenueRefusal? {
        if orderRateMax > 0 {
            recentNs.removeAll { $0 <= timeNs - Self.rateWindowNs }
            if recentNs.count >= orderRateMax { return .rateLimit }
            recentNs.append(timeNs)
        }
        let book = books[Int(order.instrumentID)]
        if instrument.openOrdersMax > 0, book.orders.count >= Int(instrument.openOrdersMax) {
            return .openOrders
        }
        let most = order.type == .market
            ? instrument.marketQuantityMax.rawValue : instrument.quantityMax.rawValue
        guard order.quantity > 0, order.quantity >= instrument.quantityMin.rawValue,
            most == 0 || order.quantity <= most
        else { return .lotSize }
        if order.type == .market { return nil }
        let (low, high) = (instrument.priceMin.rawValue, instrument.priceMax.rawValue)
        guard priced, order.price > 0, order.price >= low, high == 0 || order.price <= high else {
            return .priceFilter
        }
        let value = accounts[Int(order.instrumentID)]
            .valueE12(price: order.price, lots: order.quantity)
        if value < Int128(instrument.notionalMinE8) * 10_000 { return .minNotional }
        return nil
    }

    private static let rateWindowNs: Int64 = 10_000_000_000

    /// The place of the order that a request is about, while it rests.
    private func resting(_ fields: [String: String]) -> Int? {
        guard let place = places[fields["origClientOrderId"] ?? ""], orders[place].end == .open
        else { return nil }
        return place
    }

    private mutating func cancel(
        _ fields: [String: String], _ id: String, _ timeNs: Int64
    ) -> [VenueAnswer] {
        guard let place = resting(fields) else {
            counters.refused += 1
            return [VenueText.refusal(id, .unknownOrder)]
        }
        var reports: [VenueReport] = []
        let instrumentID = orders[place].instrumentID
        _ = books[Int(instrumentID)].cancel(UInt64(place), into: &reports)
        return tell(reports, instrumentID, request: id, timeNs: timeNs)
    }

    private mutating func modify(
        _ fields: [String: String], _ id: String, _ timeNs: Int64
    ) -> [VenueAnswer] {
        guard let place = resting(fields) else {
            counters.refused += 1
            return [VenueText.refusal(id, .unknownOrder)]
        }
        let instrumentID = orders[place].instrumentID
        let instrument = instruments[Int(instrumentID)]
        guard let price = Self.ticks(fields["price"], instrument), price > 0 else {
            return [VenueText.refusal(id, .priceFilter)]
        }
        guard let quantity = Self.lots(fields["quantity"], instrument), quantity > 0 else {
            return [VenueText.refusal(id, .lotSize)]
        }
        var reports: [VenueReport] = []
        _ = books[Int(instrumentID)].modify(
            UInt64(place), price: price, quantity: quantity, into: &reports)
        return tell(reports, instrumentID, request: id, timeNs: timeNs)
    }

    /// Of an order that has ended nothing is known any more.
    private func status(_ fields: [String: String], _ id: String, _ timeNs: Int64) -> [VenueAnswer]
    {
        guard let place = resting(fields) else {
            return [
                VenueAnswer(
                    isReply: true,
                    text: """
                        {"id":"\(id)","status":400,"error":{"code":-2013,\
                        "msg":"Order does not exist."}}
                        """)
            ]
        }
        let record = orders[place]
        return [
            VenueText.reply(
                id, record, instruments[Int(record.instrumentID)], venueID: UInt64(place) + 1,
                status: record.filled > 0 ? "PARTIALLY_FILLED" : "NEW",
                timeMs: (timeNs + clockOffsetNs) / 1_000_000)
        ]
    }

    // MARK: Numbers

    private static func ticks(_ text: String?, _ instrument: Instrument) -> Int64? {
        whole(text, Int(instrument.priceDecimals), instrument.tickMantissa)
    }

    private static func lots(_ text: String?, _ instrument: Instrument) -> Int64? {
        whole(text, Int(instrument.quantityDecimals), instrument.lotMantissa)
    }

    /// `nil` for what is no whole number of steps.
    private static func whole(_ text: String?, _ decimals: Int, _ step: Int64) -> Int64? {
        guard let text, let mantissa = Decimals.mantissa(text, decimals: decimals), step > 0,
            mantissa % step == 0
        else { return nil }
        return mantissa / step
    }

    private static func timeInForce(_ text: String?) -> TimeInForce {
        switch text {
        case "IOC": .ioc
        case "FOK": .fok
        case "GTX": .postOnly
        case "GTD": .gtd
        default: .gtc
        }
    }
}
