//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What a client asked for of a private channel.
struct OKXPrivateArgument: Equatable {
    enum Channel: String, CaseIterable {
        case orders
        case account
        case positions
        case balanceAndPosition = "balance_and_position"
        case fills

        /// At most 30 connections of an account may have it.
        var isCounted: Bool { self != .fills }
    }

    let channel: Channel
    /// As the client wrote it, and so the key of the subscription.
    let value: JSONValue
    private let kind: String
    private let family: String
    private let name: String
    private let currency: String
    /// Regular pushes beside those of events.
    let isRegular: Bool

    /// `nil` for a channel that is not private or an argument without what it needs.
    init?(_ value: JSONValue) {
        guard let word = value["channel"]?.text, let channel = Channel(rawValue: word) else {
            return nil
        }
        self.channel = channel
        self.value = value
        kind = value["instType"]?.text ?? "ANY"
        family = value["instFamily"]?.text ?? ""
        name = value["instId"]?.text ?? ""
        currency = value["ccy"]?.text ?? ""
        if channel == .orders || channel == .positions {
            let kinds = ["SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION", "ANY"]
            guard value["instType"] != nil, kinds.contains(kind) else { return nil }
        }
        let parameters = (value["extraParams"]?.text).flatMap { JSONValue.parse(Array($0.utf8)) }
        isRegular = parameters?["updateInterval"]?.text != "0"
    }

    func covers(_ instrument: OKXInstrument) -> Bool {
        (kind == "ANY" || kind == instrument.kind.rawValue)
            && (family.isEmpty || family == instrument.family)
            && (name.isEmpty || name == instrument.name)
    }

    func covers(currency other: String) -> Bool { currency.isEmpty || currency == other }

    /// `{"arg":{…,"uid":"…"}` and what follows it, up to the data.
    func begin(_ writer: inout ByteWriter) {
        writer.clear()
        writer.text("{\"arg\":")
        guard case .object(let members) = value else { return writer.text("{}") }
        let uid = JSONValue.Member(name: "uid", value: .string(OKXPrivateText.userID))
        JSONValue.object(members + [uid]).write(to: &writer)
    }
}

/// Writes account and positions as channels and REST show them.
struct OKXPrivateText {
    static let userID = "44705892343619584"

    let desk: OKXDesk
    let clock: VenueClock

    private func decimal(_ key: String, _ value: Fixed, to writer: inout ByteWriter) {
        writer.text(",\"\(key)\":\"")
        writer.stripped(value)
        writer.text("\"")
    }

    /// The account with the details of `currencies`.
    func account(_ currencies: [String], to writer: inout ByteWriter) {
        let margin = desk.margin("USDT")
        let profit = desk.unrealized("USDT")
        let cash = desk.account.cash["USDT"] ?? Fixed(units: 0)
        writer.text("{\"uTime\":\"\(clock.nowMs)\"")
        decimal("totalEq", total, to: &writer)
        writer.text(",\"isoEq\":\"0\",\"availEq\":\"\"")
        decimal("adjEq", Fixed(units: cash.units + profit.units), to: &writer)
        decimal("ordFroz", desk.frozen("USDT"), to: &writer)
        decimal("imr", margin, to: &writer)
        decimal("mmr", Fixed(units: margin.units / 10), to: &writer)
        writer.text(",\"borrowFroz\":\"\",\"mgnRatio\":\"\"")
        decimal("notionalUsd", Fixed(units: margin.units * OKXAccount.leverage), to: &writer)
        decimal("upl", profit, to: &writer)
        writer.text(",\"details\":[")
        for (place, currency) in currencies.enumerated() {
            if place > 0 { writer.text(",") }
            detail(currency, to: &writer)
        }
        writer.text("]}")
    }

    /// Everything in dollars at the mark prices.
    private var total: Fixed {
        var sum: Int64 = 0
        for (currency, cash) in desk.account.cash {
            sum += dollars(currency, Fixed(units: cash.units + desk.unrealized(currency).units))
                .units
        }
        return Fixed(units: sum)
    }

    private func dollars(_ currency: String, _ amount: Fixed) -> Fixed {
        guard let index = desk.market.index(named: "\(currency)-USDT") else { return amount }
        return amount * desk.market.feeds[index].mark
    }

    private func detail(_ currency: String, to writer: inout ByteWriter) {
        let cash = desk.account.cash[currency] ?? Fixed(units: 0)
        let profit = desk.unrealized(currency)
        let frozen = Fixed(units: desk.frozen(currency).units + desk.margin(currency).units)
        let equity = Fixed(units: cash.units + profit.units)
        writer.text("{\"ccy\":\"\(currency)\"")
        decimal("eq", equity, to: &writer)
        decimal("cashBal", cash, to: &writer)
        decimal("availBal", desk.available(currency), to: &writer)
        decimal("availEq", desk.available(currency), to: &writer)
        decimal("frozenBal", frozen, to: &writer)
        decimal("ordFrozen", desk.frozen(currency), to: &writer)
        decimal("upl", profit, to: &writer)
        decimal("eqUsd", dollars(currency, equity), to: &writer)
        decimal("disEq", dollars(currency, equity), to: &writer)
        decimal("imr", desk.margin(currency), to: &writer)
        decimal("mmr", Fixed(units: desk.margin(currency).units / 10), to: &writer)
        for key in [
            "liab", "uplLiab", "crossLiab", "isoLiab", "isoEq", "interest", "twap", "maxLoan",
            "stgyEq", "isoUpl", "spotInUseAmt", "spotIsoBal",
        ] {
            writer.text(",\"\(key)\":\"0\"")
        }
        writer.text(",\"mgnRatio\":\"\",\"notionalLever\":\"\",\"coinUsdPrice\":\"")
        writer.stripped(dollars(currency, Fixed(units: Fixed.one)))
        writer.text("\",\"collateralEnabled\":false,\"uTime\":\"")
        writer.text("\(desk.account.cashUpdateMs[currency] ?? clock.startMs)\"}")
    }

    func positionID(_ index: Int) -> String { "\(307_173_036_051_017_730 + Int64(index))" }

    func position(_ index: Int, to writer: inout ByteWriter) {
        let instrument = desk.market.instruments[index]
        let position = desk.account.positions[index]
        let mark = desk.market.feeds[index].mark
        let value = instrument.value(price: mark, lots: abs(position.lots))
        let profit = desk.account.unrealized(index, instrument, mark: mark)
        let size = Fixed(units: position.lots * instrument.lotSize.units)
        writer.text("{\"instType\":\"SWAP\",\"instId\":\"\(instrument.name)\"")
        writer.text(",\"mgnMode\":\"cross\",\"posId\":\"\(positionID(index))\",\"posSide\":\"net\"")
        decimal("pos", size, to: &writer)
        writer.text(",\"posCcy\":\"\",\"ccy\":\"\(instrument.settle)\"")
        decimal("availPos", size, to: &writer)
        decimal("avgPx", desk.account.entryPrice(index, instrument), to: &writer)
        decimal("upl", profit, to: &writer)
        decimal("uplLastPx", profit, to: &writer)
        writer.text(",\"uplRatio\":\"\",\"lever\":\"\(OKXAccount.leverage)\",\"liqPx\":\"\"")
        decimal("markPx", mark, to: &writer)
        decimal("last", instrument.price(desk.market.feeds[index].ticker.last), to: &writer)
        decimal("idxPx", mark, to: &writer)
        decimal("bePx", desk.account.entryPrice(index, instrument), to: &writer)
        decimal("imr", Fixed(units: value.units / OKXAccount.leverage), to: &writer)
        decimal("mmr", Fixed(units: value.units / OKXAccount.leverage / 10), to: &writer)
        writer.text(",\"margin\":\"\",\"mgnRatio\":\"\",\"liab\":\"\",\"liabCcy\":\"\"")
        writer.text(",\"interest\":\"0\",\"tradeId\":\"\(position.tradeID)\"")
        let dollars = instrument.dollars(price: mark, lots: abs(position.lots))
        decimal("notionalUsd", dollars, to: &writer)
        writer.text(",\"optVal\":\"\",\"adl\":\"1\"")
        decimal(
            "realizedPnl", Fixed(units: position.realized.units + position.fee.units), to: &writer)
        decimal("pnl", position.realized, to: &writer)
        decimal("fee", position.fee, to: &writer)
        writer.text(",\"fundingFee\":\"0\",\"liqPenalty\":\"0\",\"closeOrderAlgo\":[]")
        writer.text(",\"cTime\":\"\(position.createMs)\",\"uTime\":\"\(position.updateMs)\"")
        writer.text(",\"pTime\":\"\(clock.nowMs)\"}")
    }

    /// `balance_and_position`: the currencies, positions and the trade that changed them.
    func balanceAndPosition(
        event: String, currencies: [String], positions: [Int], trade: (index: Int, id: Int64)?,
        to writer: inout ByteWriter
    ) {
        writer.text("{\"pTime\":\"\(clock.nowMs)\",\"eventType\":\"\(event)\",\"balData\":[")
        for (place, currency) in currencies.enumerated() {
            writer.text("\(place > 0 ? "," : ""){\"ccy\":\"\(currency)\"")
            decimal("cashBal", desk.account.cash[currency] ?? Fixed(units: 0), to: &writer)
            writer.text(",\"uTime\":\"\(clock.nowMs)\"}")
        }
        writer.text("],\"posData\":[")
        for (place, index) in positions.enumerated() {
            let instrument = desk.market.instruments[index]
            let position = desk.account.positions[index]
            writer.text("\(place > 0 ? "," : ""){\"posId\":\"\(positionID(index))\"")
            writer.text(",\"tradeId\":\"\(position.tradeID)\",\"instId\":\"\(instrument.name)\"")
            writer.text(",\"instType\":\"SWAP\",\"mgnMode\":\"cross\",\"posSide\":\"net\"")
            decimal("pos", Fixed(units: position.lots * instrument.lotSize.units), to: &writer)
            writer.text(",\"ccy\":\"\(instrument.settle)\",\"posCcy\":\"\"")
            decimal("avgPx", desk.account.entryPrice(index, instrument), to: &writer)
            writer.text(",\"uTime\":\"\(position.updateMs)\"}")
        }
        writer.text("],\"trades\":[")
        if let trade {
            let name = desk.market.instruments[trade.index].name
            writer.text("{\"instId\":\"\(name)\",\"tradeId\":\"\(trade.id)\"}")
        }
        writer.text("]}")
    }
}
