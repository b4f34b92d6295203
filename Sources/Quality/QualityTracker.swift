//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Messages

/// What is told once it is complete.
public enum QualityEvent {
    /// An order ended, or a fill came behind its end (`revision` above 0).
    case order(FollowedOrder)
    /// Every horizon of a fill is over, or nothing more will come.
    case fill(FollowedFill)
}

/// What was left out, and why.
public struct QualityLosses: Equatable, Sendable {
    /// Orders not followed because too many were.
    public internal(set) var orders: UInt64 = 0
    /// Fills whose markouts are not followed because too many waited.
    public internal(set) var markouts: UInt64 = 0
    /// Reports of orders that are not followed, but for fills, which count without a decision.
    public internal(set) var reports: UInt64 = 0
    /// Records that no order or fill can be, and orders sent twice under one id.
    public internal(set) var malformed: UInt64 = 0
    /// Fills after which the gateway's position was another one: something is missing here.
    public internal(set) var positions: UInt64 = 0

    public init() {}
}

/// Follows orders from decision to end and measures how well they were executed.
///
/// Pure and deterministic: fed with the kernel's quotes and the gateway's tap of orders in order of
/// sequence, quotes before orders of the same one, it gives the same figures live, in replay and in
/// a backtest. It never looks at a clock.
///
/// Definitions. *Decision*: best bid and ask at the sequence of the record that caused the order.
/// *Arrival*: the last ones received no later than the order was sent. *Touch*: the best opposite
/// price at arrival. *Slippage* is a cost: of a purchase price - benchmark, of a sale the reverse,
/// times lots. *Markout* is a gain: of a purchase mid - price, at the first quote that came at or
/// after its horizon. Shortfall and attribution are defined at their types. Basis points are those
/// of the same lots at the benchmark (markouts: at the fill price).
///
/// Cost: O(1) on average for each record. Memory is bounded by the limits of `init`.
public struct QualityTracker {
    let instruments: InstrumentTable
    private let ordersMax: Int
    let fillsWaitingMax: Int
    private let endedMax: Int
    let sink: ((QualityEvent) -> Void)?

    var states: [InstrumentState]
    var tallies: [Tally] = []
    var orders: [UInt64: FollowedOrder] = [:]
    private var ended = Line<UInt64>()
    var fillsWaiting = 0
    public internal(set) var losses = QualityLosses()

    /// What is known of one instrument.
    struct InstrumentState {
        var top = TopOfBook()
        /// Twice the mid that positions are valued at: the last one, before the first one a fill's
        /// price; 0 before both.
        var markTwice: Int64 = 0
        /// Orders whose arrival is not certain yet, in order of sending.
        var arriving = Line<(orderID: UInt64, sentTimeNs: UInt64)>()
        /// Of all strategies, signed lots.
        var position: Int128 = 0
        var lastFillTimeNs: UInt64 = 0
        /// Fills that wait for their markouts, in order.
        var fills = Line<FollowedFill>()
        /// By horizon: how many of `fills`, from the first, are judged.
        var judged = Array(repeating: 0, count: MarkoutHorizon.count)
        /// By strategy: place of the tally, or -1.
        var tallies = Array(repeating: -1, count: Int(QualityTracker.noStrategy) + 1)
    }

    /// Stands for fills of no order of ours.
    public static let noStrategy: UInt8 = 8

    /// - Parameters:
    ///   - ordersMax: Orders followed at a time.
    ///   - endedMax: Ended ones kept for fills that come late.
    ///   - fillsWaitingMax: Fills that wait for their markouts at a time.
    ///   - sink: Told each order and fill when it is complete.
    public init(
        instruments: InstrumentTable, ordersMax: Int = 16_384, endedMax: Int = 4_096,
        fillsWaitingMax: Int = 65_536, sink: ((QualityEvent) -> Void)? = nil
    ) {
        precondition(ordersMax > 0 && endedMax > 0 && fillsWaitingMax >= 0, "room for an order")
        self.instruments = instruments
        self.ordersMax = ordersMax
        self.endedMax = endedMax
        self.fillsWaitingMax = fillsWaitingMax
        self.sink = sink
        states = Array(repeating: InstrumentState(), count: instruments.count)
    }

    // MARK: Quotes

    /// Takes in a reference price; all but valid quotes are passed over.
    public mutating func take(_ quote: ReferencePrice) {
        let (bid, ask) = (quote.bid.rawValue, quote.ask.rawValue)
        guard quote.kind == .quote, quote.isBookValid == 1, Int(quote.instrumentID) < states.count,
            bid > 0, ask >= bid, ask <= MoneyScale.inputMax
        else { return }
        let id = Int(quote.instrumentID)
        while let first = states[id].arriving.first, first.sentTimeNs < quote.ingressTimeNs {
            _ = states[id].arriving.removeFirst()
            fixArrival(first.orderID)
        }
        states[id].top = TopOfBook(bid: bid, ask: ask)
        states[id].markTwice = bid + ask
        judgeFills(id, timeNs: quote.ingressTimeNs)
    }

    /// The last top known is the one that the order arrived at.
    mutating func fixArrival(_ orderID: UInt64) {
        guard let order = orders[orderID], !order.isArrivalKnown else { return }
        orders[orderID]?.isArrivalKnown = true
        orders[orderID]?.arrival = states[Int(order.instrumentID)].top
    }

    // MARK: Orders

    /// Takes in a record of the gateway's tap of orders.
    public mutating func take(_ report: ExecutionReport) {
        switch report.execution {
        case .session, .clockOffset, .timer, .account, .guard: return
        default: break
        }
        guard Int(report.instrumentID) < states.count else {
            losses.malformed += 1
            return
        }
        switch report.execution {
        case .sent, .adopted: begin(report)
        case .fill: takeFill(report)
        case .funding: payFunding(report)
        case .position: adoptPosition(report)
        default:
            if report.orderID == 0 || orders[report.orderID] == nil {
                losses.reports += 1
                return
            }
            fixArrival(report.orderID)
            if report.execution == .modified || report.execution == .restated { modify(report) }
            endIfOver(report)
        }
    }

    static func isUsable(_ value: Int64) -> Bool {
        value > 0 && value <= MoneyScale.inputMax
    }

    private mutating func begin(_ report: ExecutionReport) {
        guard report.orderID != 0, report.side == .buy || report.side == .sell,
            Self.isUsable(report.lastQuantity.rawValue), orders[report.orderID] == nil
        else {
            // The orders of other clients are not ours to judge.
            if report.execution == .sent { losses.malformed += 1 }
            return
        }
        guard orders.count < ordersMax || forgetEnded() else {
            losses.orders += 1
            return
        }
        let id = Int(report.instrumentID)
        let isSent = report.execution == .sent
        let order = FollowedOrder(
            orderID: report.orderID, instrumentID: report.instrumentID,
            strategyID: min(report.strategyID, Self.noStrategy), side: report.side,
            limitPrice: report.lastPrice.rawValue, quantity: report.lastQuantity.rawValue,
            decisionTimeNs: isSent ? report.ingressTimeNs : 0,
            sentTimeNs: isSent ? report.venueTimeNs : 0,
            decision: isSent ? states[id].top : TopOfBook())
        orders[report.orderID] = order
        let place = tally(id, order.strategyID)
        tallies[place].placed += 1
        tallies[place].lotsPlaced += Int128(order.quantity)
        tallies[place].placedValue += Int128(order.quantity) * Int128(order.decision.midTwice)
        if !order.decision.isKnown { tallies[place].withoutReference += 1 }
        if isSent {
            if states[id].arriving.count >= ordersMax {
                fixArrival(states[id].arriving.removeFirst().orderID)
            }
            states[id].arriving.append((order.orderID, order.sentTimeNs))
        } else {
            orders[report.orderID]?.isArrivalKnown = true
        }
    }

    private mutating func modify(_ report: ExecutionReport) {
        guard var order = orders[report.orderID], Self.isUsable(report.lastQuantity.rawValue) else {
            losses.malformed += 1
            return
        }
        let change = Int128(report.lastQuantity.rawValue) - Int128(order.quantity)
        order.quantity = report.lastQuantity.rawValue
        order.limitPrice = report.lastPrice.rawValue
        orders[report.orderID] = order
        let place = tally(Int(order.instrumentID), order.strategyID)
        tallies[place].lotsPlaced += change
        tallies[place].placedValue += change * Int128(order.decision.midTwice)
    }

    /// Ends the order by what the gateway says of it, once no fill is owed any more.
    mutating func endIfOver(_ report: ExecutionReport) {
        guard var order = orders[report.orderID],
            report.status.rawValue >= OrderStatus.filled.rawValue
        else { return }
        if !order.isEnded {
            if report.leavesQuantity.rawValue > 0 { return }
            if report.status == .filled && order.filled < order.quantity { return }
            order.status = report.status
            order.endTimeNs = max(report.ingressTimeNs, 1)
            order.end = states[Int(order.instrumentID)].top
            tallies[tally(Int(order.instrumentID), order.strategyID)].count(end: order.status)
            ended.append(order.orderID)
        } else {
            // Only a fill changes what has ended.
            if report.execution != .fill { return }
            order.revision += 1
        }
        tell(&order)
        orders[order.orderID] = order
        if ended.count > endedMax { _ = forgetEnded() }
    }

    /// Counts what the order cost in place of what was counted before, and passes it on.
    private mutating func tell(_ order: inout FollowedOrder) {
        let place = tally(Int(order.instrumentID), order.strategyID)
        if let before = order.counted { tallies[place].shortfall -= before }
        if order.counted == nil, order.revision == 0, let time = order.restingTimeNs {
            tallies[place].resting.add(time)
        }
        order.counted = order.shortfall
        if let now = order.counted { tallies[place].shortfall += now }
        sink?(.order(order))
    }

    /// Makes room; false when every order that is followed is open.
    private mutating func forgetEnded() -> Bool {
        guard ended.first != nil else { return false }
        orders[ended.removeFirst()] = nil
        return true
    }
}
