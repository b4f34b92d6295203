//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
public import Messages
public import VenueModel

/// The venue model behind the gateway's bytes: requests in Binance's form go in with the recorded
/// market, answers in Binance's form come out.
///
/// For a backtest and for paper trading alike: it knows nothing of where market data comes from.
public struct ModelVenue {
    /// 1e-12 of the quote currency, all instruments together.
    public internal(set) var accounts: [VenueAccount]
    public internal(set) var books: [VenueBook]
    public internal(set) var orders: [OrderRecord] = []
    public internal(set) var fills: [FillRecord] = []
    public internal(set) var counters = VenueCounters()
    public internal(set) var fees: FeeSchedule

    let instruments: [Instrument]
    let orderRateMax: Int
    /// The venue's clock less the engine's, ns.
    public var clockOffsetNs: Int64 = 0
    var ids: [String: UInt32] = [:]
    /// Places among `orders` by client id.
    var places: [String: Int] = [:]
    var nextTradeID: UInt64 = 1
    /// Arrivals of orders in the last ten seconds.
    var recentNs: [Int64] = []
    var feeds: [InstrumentFeed]

    /// Adds up what the market told and what was asked.
    public struct VenueCounters: Sendable, Equatable {
        public var trades = 0
        public var levels = 0
        public var gaps = 0
        /// Levels and trades left out: no market has such numbers.
        public var outOfRange = 0
        public var requests = 0
        public var refused = 0
    }

    public init(instruments: [Instrument], configuration: BacktestConfiguration) {
        self.instruments = instruments
        fees = configuration.fees
        orderRateMax = configuration.orderRateMax
        accounts = instruments.map { VenueAccount(tickLotValueE12: $0.tickLotValueE12) }
        books = instruments.map {
            VenueBook(
                rules: configuration.rules, lotMantissa: $0.lotMantissa,
                decimals: Int($0.quantityDecimals))
        }
        feeds = instruments.map { _ in InstrumentFeed() }
        for (id, instrument) in instruments.enumerated() {
            ids[instrument.venueSymbolText] = UInt32(id)
        }
    }

    /// Profit and signed position value of all instruments, 1e-12; a position without a price to
    /// value it at counts with the last one.
    public mutating func worth() -> (profitE12: Int128, positionE12: Int128) {
        var (profit, position): (Int128, Int128) = (0, 0)
        for index in accounts.indices {
            if let mid = books[index].depth.twiceMid { feeds[index].lastTwiceMid = mid }
            let mid = feeds[index].lastTwiceMid
            profit += accounts[index].profitE12(twiceMid: mid)
            position += accounts[index].positionValueE12(twiceMid: mid)
        }
        return (profit, position)
    }

    // MARK: Reports

    /// Books what the model reported and puts it into words.
    mutating func tell(
        _ reports: [VenueReport], _ instrumentID: UInt32, request: String?, timeNs: Int64
    ) -> [VenueAnswer] {
        var answers: [VenueAnswer] = []
        let instrument = instruments[Int(instrumentID)]
        let timeMs = (timeNs + clockOffsetNs) / 1_000_000
        var reply = request
        for report in reports {
            let place = Int(report.order.id)
            let venueID = UInt64(place) + 1
            var execution = ""
            var status = ""
            var match: VenueText.Match?
            switch report.kind {
            case .accepted: (execution, status) = ("NEW", "NEW")
            case .filled(let isMaker):
                match = fill(report, instrumentID, isMaker: isMaker, timeNs: timeNs)
                execution = "TRADE"
                status = report.order.leaves == 0 ? "FILLED" : "PARTIALLY_FILLED"
                if report.order.leaves == 0 { end(place, .filled, timeNs) }
            case .cancelled:
                (execution, status) = ("CANCELED", "CANCELED")
                end(place, .cancelled, timeNs)
            case .expired:
                (execution, status) = ("EXPIRED", "EXPIRED")
                end(place, .expired, timeNs)
            case .modified:
                (execution, status) = ("AMENDMENT", "NEW")
                orders[place].price = report.order.price
                orders[place].quantity = report.order.quantity
            case .refused(let refusal):
                end(place, .rejected, timeNs)
                orders[place].refusal = refusal
                counters.refused += 1
                if let id = reply { answers.append(VenueText.refusal(id, refusal)) }
                reply = nil
                continue
            case .requestRefused(let refusal):
                counters.refused += 1
                if let id = reply { answers.append(VenueText.refusal(id, refusal)) }
                reply = nil
                continue
            }
            if let id = reply, match == nil {
                answers.append(
                    VenueText.reply(
                        id, orders[place], instrument, venueID: venueID, status: status,
                        timeMs: timeMs))
                reply = nil
            }
            answers.append(
                VenueText.update(
                    orders[place], instrument, venueID: venueID, execution: execution,
                    status: status, timeMs: timeMs, match: match))
        }
        return answers
    }

    private mutating func end(_ place: Int, _ end: OrderRecord.End, _ timeNs: Int64) {
        orders[place].end = end
        orders[place].endNs = timeNs
    }

    private mutating func fill(
        _ report: VenueReport, _ instrumentID: UInt32, isMaker: Bool, timeNs: Int64
    ) -> VenueText.Match {
        let index = Int(instrumentID)
        let place = Int(report.order.id)
        let tier = fees.tier(timeNs: timeNs)
        let fee = accounts[index].fill(
            report.order.side, price: report.price, lots: report.quantity,
            ppm: isMaker ? tier.makerPpm : tier.takerPpm)
        fees.add(
            timeNs: timeNs,
            valueE12: accounts[index].valueE12(price: report.price, lots: report.quantity))
        orders[place].filled += report.quantity
        fills.append(
            FillRecord(
                timeNs: timeNs, order: place, price: report.price, quantity: report.quantity,
                feeE12: fee, isMaker: isMaker, twiceMid: books[index].depth.twiceMid))
        defer { nextTradeID += 1 }
        return VenueText.Match(
            tradeID: nextTradeID, price: report.price, quantity: report.quantity, feeE12: fee,
            isMaker: isMaker)
    }
}
