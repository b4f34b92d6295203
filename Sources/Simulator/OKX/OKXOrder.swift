//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

enum OKXOrderState: String {
    case live
    case partiallyFilled = "partially_filled"
    case filled
    case canceled

    var isOpen: Bool { self == .live || self == .partiallyFilled }
}

enum OKXOrderType: String {
    case market
    case limit
    case postOnly = "post_only"
    case fillOrKill = "fok"
    case immediateOrCancel = "ioc"
    case optimalLimit = "optimal_limit_ioc"

    var isMarket: Bool { self == .market || self == .optimalLimit }
    var rests: Bool { self == .limit || self == .postOnly }

    var timeInForce: TimeInForce {
        switch self {
        case .limit: .goodTillCancel
        case .postOnly: .postOnly
        case .fillOrKill: .fillOrKill
        default: .immediateOrCancel
        }
    }
}

/// Why an order was canceled, as `cancelSource`.
enum OKXCancelSource: Int {
    case user = 1
    case cannotFill = 13
    case remainder = 14
    case positionClosed = 17
    case cancelAllAfter = 20
    case wouldTake = 31
    case selfTrade = 32
}

/// One order of the client and its life.
final class OKXOrder {
    let orderID: Int64
    let request: OKXOrderRequest
    /// Ticks; 0 for a market order.
    var price: Int64
    /// The whole size; of an order sized in quote currency what it came to.
    var lots: Int64
    let createMs: Int64
    var updateMs: Int64
    var state = OKXOrderState.live
    var filledLots: Int64 = 0
    /// Sum of ticks times lots.
    private(set) var filledTicksLots: Int128 = 0
    private(set) var fee = Fixed(units: 0)
    private(set) var profit = Fixed(units: 0)
    private(set) var fills: [OKXFill] = []
    var cancelSource: OKXCancelSource?
    /// "full_liquidation" and "adl" of orders that the venue made itself.
    var category = "normal"
    /// The `live` push has been sent.
    var isAnnounced = false

    init(orderID: Int64, request: OKXOrderRequest, lots: Int64, timeMs: Int64) {
        self.orderID = orderID
        self.request = request
        self.lots = lots
        price = request.price
        createMs = timeMs
        updateMs = timeMs
    }

    var leaves: Int64 { lots - filledLots }
    var instrument: Int { request.instrument }
    var side: BookSide { request.side }

    func add(_ fill: OKXFill) {
        filledLots += fill.lots
        filledTicksLots += Int128(fill.price) * Int128(fill.lots)
        fee.units += fill.fee.units
        profit.units += fill.profit.units
        fills.append(fill)
        updateMs = fill.timeMs
    }

    func averagePrice(_ instrument: OKXInstrument) -> Fixed {
        guard filledLots > 0 else { return Fixed(units: 0) }
        return Fixed(
            units: Int64(
                clamping: filledTicksLots * Int128(instrument.tickSize.units)
                    / Int128(filledLots)))
    }
}

/// What one push of an order tells beside the order.
struct OKXOrderEvent {
    var state: OKXOrderState
    var fill: OKXFill?
    var amendResult = ""
    var amendSource = ""
    var requestID = ""
    /// Filled so far at the time of the event.
    var filledLots: Int64
}

extension OKXOrder {
    /// The order as the `orders` channel and the order endpoints show it.
    ///
    /// - Parameter event: `nil` for REST, which shows the last fill and net as position side.
    func write(
        _ event: OKXOrderEvent?, _ instrument: OKXInstrument, last: Int64,
        to writer: inout ByteWriter
    ) {
        let shownState = event?.state ?? state
        let fill = event == nil ? fills.last : event?.fill
        let isNew = (event?.filledLots ?? filledLots) == 0
        func word(_ key: String, _ value: String) { writer.text(",\"\(key)\":\"\(value)\"") }
        func decimal(_ key: String, _ value: Fixed) {
            writer.text(",\"\(key)\":\"")
            writer.stripped(value)
            writer.text("\"")
        }
        writer.text("{\"instType\":\"\(instrument.kind.rawValue)\"")
        word("instId", instrument.name)
        word("tgtCcy", request.isQuoteSized ? "quote_ccy" : request.targetCurrency)
        word("ccy", "")
        word("ordId", "\(orderID)")
        word("clOrdId", request.clientOrderID)
        word("tag", request.tag)
        if request.type.isMarket { word("px", "") } else { decimal("px", instrument.price(price)) }
        if let quoteSize = request.quoteSize {
            decimal("sz", quoteSize)
        } else {
            decimal("sz", instrument.size(lots))
        }
        word("notionalUsd", "")
        word("ordType", request.type.rawValue)
        word("side", side == .bid ? "buy" : "sell")
        word("posSide", instrument.isSpot && event != nil ? "" : "net")
        word("tdMode", request.tradeMode)
        decimal("accFillSz", instrument.size(event?.filledLots ?? filledLots))
        writeFill(fill, instrument, to: &writer)
        if isNew {
            word("avgPx", event == nil ? "" : "0")
        } else {
            decimal("avgPx", averagePrice(instrument))
        }
        word("state", shownState.rawValue)
        word("lever", instrument.isSpot ? "0" : "\(OKXAccount.leverage)")
        word("feeCcy", feeCurrency(instrument))
        decimal("fee", fee)
        word("rebateCcy", instrument.settle)
        word("rebate", "0")
        decimal("pnl", profit)
        word("source", "")
        word("category", category)
        word("uTime", "\(updateMs)")
        word("cTime", "\(createMs)")
        word("reqId", event?.requestID ?? "")
        word("amendResult", event?.amendResult ?? "")
        word("amendSource", event?.amendSource ?? "")
        word("reduceOnly", "\(request.isReduceOnly)")
        word("stpMode", request.selfTradeWord)
        word("cancelSource", cancelSource.map { "\($0.rawValue)" } ?? "")
        for key in ["quickMgnType", "algoClOrdId", "algoId", "pxUsd", "pxVol", "pxType", "msg"] {
            word(key, "")
        }
        decimal("lastPx", instrument.price(last))
        word("code", "0")
        writer.text(",\"attachAlgoOrds\":[],\"linkedAlgoOrd\":{\"algoId\":\"\"}")
        writer.text(",\"isTpLimit\":\"false\"}")
    }

    private func feeCurrency(_ instrument: OKXInstrument) -> String {
        instrument.isSpot && side == .bid ? instrument.base : instrument.settle
    }

    private func writeFill(
        _ fill: OKXFill?, _ instrument: OKXInstrument, to writer: inout ByteWriter
    ) {
        guard let fill else {
            writer.text(",\"fillPx\":\"\",\"tradeId\":\"\",\"fillSz\":\"0\",\"fillPnl\":\"0\"")
            writer.text(",\"fillTime\":\"\",\"fillFee\":\"0\",\"fillFeeCcy\":\"\"")
            writer.text(",\"execType\":\"\",\"fillNotionalUsd\":\"\"")
            return
        }
        func decimal(_ key: String, _ value: Fixed) {
            writer.text(",\"\(key)\":\"")
            writer.stripped(value)
            writer.text("\"")
        }
        decimal("fillPx", instrument.price(fill.price))
        writer.text(",\"tradeId\":\"\(fill.tradeID)\"")
        decimal("fillSz", instrument.size(fill.lots))
        decimal("fillPnl", fill.profit)
        writer.text(",\"fillTime\":\"\(fill.timeMs)\"")
        decimal("fillFee", fill.fee)
        writer.text(",\"fillFeeCcy\":\"\(fill.feeCurrency)\"")
        writer.text(",\"execType\":\"\(fill.isMaker ? "M" : "T")\"")
        decimal(
            "fillNotionalUsd",
            instrument.dollars(price: instrument.price(fill.price), lots: fill.lots))
    }
}
