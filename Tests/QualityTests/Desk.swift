//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Messages
import Quality

/// A tracker with a market and orders told in few words. Times are milliseconds from a start; each
/// record has the next sequence.
final class Desk {
    static let startNs: UInt64 = 1_700_000_000_000_000_000

    private(set) var tracker: QualityTracker
    var orders: [FollowedOrder] { told.orders }
    var fills: [FollowedFill] { told.fills }
    private let told = Told()
    private var sequence: UInt64 = 0
    private var tradeID: UInt64 = 0
    private var position: [UInt32: Int64] = [:]
    private var open: [UInt64: (side: Side, quantity: Int64, filled: Int64, strategyID: UInt8)] =
        [:]

    private final class Told {
        var orders: [FollowedOrder] = []
        var fills: [FollowedFill] = []
    }

    /// Instruments with the value of a tick and lot, 1e-12; the usual one makes 0.0001 of it.
    init(
        values: [Int64] = [100_000_000], ordersMax: Int = 64, endedMax: Int = 16,
        fillsWaitingMax: Int = 1_000
    ) {
        let instruments = values.map { value in
            var instrument = Instrument()
            instrument.tickLotValueE12 = value
            return instrument
        }
        let told = told
        tracker = QualityTracker(
            instruments: .standalone(instruments), ordersMax: ordersMax, endedMax: endedMax,
            fillsWaitingMax: fillsWaitingMax
        ) { event in
            switch event {
            case .order(let order): told.orders.append(order)
            case .fill(let fill): told.fills.append(fill)
            }
        }
    }

    static func time(_ ms: Double) -> UInt64 { startNs + UInt64(ms * 1e6) }

    func quote(_ ms: Double, _ bid: Int64, _ ask: Int64, on id: UInt32 = 0, isValid: Bool = true) {
        var quote = ReferencePrice()
        sequence += 1
        quote.sequence = sequence
        quote.ingressTimeNs = Self.time(ms)
        quote.bid = PriceTicks(rawValue: bid)
        quote.ask = PriceTicks(rawValue: ask)
        quote.instrumentID = id
        quote.kind = .quote
        quote.isBookValid = isValid ? 1 : 0
        tracker.take(quote)
    }

    /// Decided at the last record, sent at `ms`.
    func send(
        _ ms: Double, _ orderID: UInt64, _ side: Side, _ quantity: Int64, at price: Int64,
        on id: UInt32 = 0, strategy: UInt8 = 0
    ) {
        var report = ExecutionReport()
        report.execution = .sent
        report.sequence = sequence
        report.ingressTimeNs = Self.time(ms)
        report.venueTimeNs = Self.time(ms)
        report.orderID = orderID
        report.side = side
        report.lastPrice = PriceTicks(rawValue: price)
        report.lastQuantity = QuantityLots(rawValue: quantity)
        report.instrumentID = id
        report.strategyID = strategy
        report.status = .pending
        open[orderID] = (side, quantity, 0, strategy)
        tracker.take(report)
    }

    func fill(
        _ ms: Double, _ orderID: UInt64, _ lots: Int64, at price: Int64, fee: Int64 = 0,
        maker: Bool = false, on id: UInt32 = 0, side: Side? = nil, status: OrderStatus? = nil
    ) {
        open[orderID]?.filled += lots
        let order = open[orderID]
        let side = side ?? order?.side ?? .buy
        position[id, default: 0] += side == .buy ? lots : -lots
        var report = self.report(ms, orderID, .fill, on: id)
        tradeID += 1
        report.tradeID = tradeID
        report.side = side
        report.lastPrice = PriceTicks(rawValue: price)
        report.lastQuantity = QuantityLots(rawValue: lots)
        report.feeE8 = fee
        report.isMaker = maker ? 1 : 0
        let isComplete = order.map { $0.filled >= $0.quantity } ?? false
        report.status = status ?? (isComplete ? .filled : .partiallyFilled)
        tracker.take(report)
    }

    func end(_ ms: Double, _ orderID: UInt64, _ status: OrderStatus, owed: Int64 = 0) {
        let execution: Execution =
            status == .rejected ? .rejected : status == .expired ? .expired : .canceled
        var report = self.report(ms, orderID, execution, on: 0)
        report.status = status
        report.leavesQuantity = QuantityLots(rawValue: owed)
        tracker.take(report)
    }

    func accept(_ ms: Double, _ orderID: UInt64) {
        var report = self.report(ms, orderID, .accepted, on: 0)
        report.status = .open
        tracker.take(report)
    }

    func modify(_ ms: Double, _ orderID: UInt64, quantity: Int64, at price: Int64) {
        var report = self.report(ms, orderID, .modified, on: 0)
        report.status = .open
        report.lastQuantity = QuantityLots(rawValue: quantity)
        report.lastPrice = PriceTicks(rawValue: price)
        open[orderID]?.quantity = quantity
        tracker.take(report)
    }

    func fund(_ ms: Double, _ paidE8: Int64, on id: UInt32 = 0) {
        var report = self.report(ms, 0, .funding, on: id)
        report.feeE8 = paidE8
        tracker.take(report)
    }

    /// The gateway took over a position at start.
    func adopt(_ ms: Double, _ lots: Int64, at price: Int64) {
        position[0] = lots
        var report = self.report(ms, 0, .position, on: 0)
        report.tradeID = 1
        report.lastPrice = PriceTicks(rawValue: price)
        tracker.take(report)
    }

    /// A record as it stands, with the next sequence.
    func take(_ report: ExecutionReport) { tracker.take(report) }

    func finish() { tracker.finish() }

    func report(
        _ ms: Double, _ orderID: UInt64, _ execution: Execution, on id: UInt32
    ) -> ExecutionReport {
        sequence += 1
        var report = ExecutionReport()
        report.sequence = sequence
        report.ingressTimeNs = Self.time(ms)
        report.orderID = orderID
        report.execution = execution
        report.instrumentID = id
        report.strategyID = open[orderID]?.strategyID ?? 0
        report.position = QuantityLots(rawValue: position[id] ?? 0)
        return report
    }

    /// The total.
    var total: QualityData { tracker.rows[0] }
    /// The first instrument and strategy that did anything.
    var row: QualityData { tracker.rows[1] }
}

/// Tick-lots of the usual instrument in 1e-8 of the quote currency.
func money(_ tickLots: Double) -> Int64 { Int64(tickLots * 10_000) }

extension QualityData {
    var fillRatio: Double { Double(bitPattern: fillRatioBits) }
    var makerShare: Double { Double(bitPattern: makerShareBits) }
    var partsOfShortfall: [Int64] {
        [shortfallDelayE8, shortfallTradingE8, shortfallOpportunityE8, shortfallFeesE8]
    }
    var partsOfProfit: [Int64] {
        [profitSpreadE8, profitInventoryE8, profitLatencyE8, profitFeesE8, profitFundingE8]
    }
    var gains: [Int64] { [markoutE8.0, markoutE8.1, markoutE8.2, markoutE8.3, markoutE8.4] }
    var judged: [UInt64] { [markouts.0, markouts.1, markouts.2, markouts.3, markouts.4] }
    var waiting: [UInt64] {
        [unresolved.0, unresolved.1, unresolved.2, unresolved.3, unresolved.4]
    }
}
