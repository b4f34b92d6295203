//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages
import SeededRandom

/// A venue and a gateway that do to orders whatever they may: accept or reject, fill in parts, late
/// or never, lose answers, refuse cancels and moves. Its own books are the oracle.
struct RandomVenue {
    struct Order {
        let intent: OrderIntent
        var price: Int64
        var filled: Int64 = 0
        var status: OrderStatus = .pending
        var wantsCancel = false
        var newPrice: Int64?
        var leaves: Int64 { status.rawValue >= 5 ? 0 : intent.quantity.rawValue - filled }
        var isEnded: Bool { status.rawValue >= OrderStatus.filled.rawValue }
    }

    var random: SplitMix64
    private(set) var orders: [UInt64: Order] = [:]
    private(set) var ids: [UInt64] = []
    private(set) var position: Int64 = 0
    private var tradeID: UInt64 = 0
    /// Chance in a hundred of each kind of trouble.
    var trouble = 10

    init(seed: UInt64, position: Int64 = 0) {
        random = SplitMix64(seed: seed)
        self.position = position
    }

    var liveIDs: [UInt64] { ids.filter { !orders[$0]!.isEnded } }

    /// Lots traded by the orders that `isCounted` names.
    func filled(_ isCounted: (OrderIntent) -> Bool) -> Int64 {
        orders.values.reduce(0) { $0 + (isCounted($1.intent) ? $1.filled : 0) }
    }

    /// Lots that may still trade.
    func leaves(_ isCounted: (OrderIntent) -> Bool) -> Int64 {
        orders.values.reduce(0) { $0 + (isCounted($1.intent) ? $1.leaves : 0) }
    }

    mutating func take(_ intent: OrderIntent) {
        switch intent.kind {
        case .place:
            orders[intent.orderID] = Order(intent: intent, price: intent.limitPrice.rawValue)
            ids.append(intent.orderID)
        case .cancel: orders[intent.orderID]?.wantsCancel = true
        default: orders[intent.orderID]?.newPrice = intent.limitPrice.rawValue
        }
    }

    /// Something happens to one live order.
    ///
    /// - Returns: What the gateway tells of it; `nil`: nothing happened, or nothing is told.
    mutating func event() -> ExecutionReport? {
        let live = liveIDs
        if live.isEmpty { return nil }
        let id = live[random.below(live.count)]
        guard var order = orders[id] else { return nil }
        defer { orders[id] = order }
        let isImmediate = order.intent.timeInForce == .ioc
        if order.status == .pending {
            let draw = random.below(100)
            if draw < trouble {
                order.status = .rejected
                return report(.rejected, order)
            }
            if draw < 2 * trouble {
                order.status = .unknown
                order.wantsCancel = true
                return report(.unknown, order)
            }
            order.status = .open
            return report(.accepted, order)
        }
        if let price = order.newPrice {
            order.newPrice = nil
            if random.below(100) < trouble { return report(.modifyRejected, order) }
            order.price = price
            var told = report(.modified, order)
            told.lastPrice = PriceTicks(price)
            return told
        }
        let draw = random.below(100)
        if order.wantsCancel, draw < 40 {
            if random.below(100) < trouble { return report(.cancelRejected, order) }
            order.status = .canceled
            return report(.canceled, order)
        }
        if isImmediate, draw < 40 {
            order.status = .expired
            return report(.expired, order)
        }
        if !isImmediate, draw < 3 {
            order.status = .expired
            return report(.expired, order)
        }
        if draw < 70 { return nil }
        let most = order.intent.quantity.rawValue - order.filled
        let lots = random.below(2) == 0 ? most : Int64(1 + random.below(Int(most)))
        order.filled += lots
        position += order.intent.side == .buy ? lots : -lots
        let isWhole = order.filled == order.intent.quantity.rawValue
        order.status = isWhole ? .filled : .partiallyFilled
        tradeID += 1
        var told = report(.fill, order)
        told.tradeID = tradeID
        told.lastPrice = PriceTicks(order.price)
        told.lastQuantity = QuantityLots(lots)
        return told
    }

    /// Somebody else trades on the account.
    mutating func external(_ side: Side, _ lots: Int64, at price: Int64) -> ExecutionReport {
        position += side == .buy ? lots : -lots
        tradeID += 1
        var report = ExecutionReport()
        report.execution = .fill
        report.side = side
        report.tradeID = tradeID
        report.lastPrice = PriceTicks(price)
        report.lastQuantity = QuantityLots(lots)
        report.position = QuantityLots(position)
        return report
    }

    func report(_ execution: Execution, _ order: Order) -> ExecutionReport {
        var report = ExecutionReport()
        report.execution = execution
        report.status = order.status
        report.orderID = order.intent.orderID
        report.instrumentID = order.intent.instrumentID
        report.side = order.intent.side
        report.cumulativeQuantity = QuantityLots(order.filled)
        report.leavesQuantity = QuantityLots(order.leaves)
        report.position = QuantityLots(position)
        return report
    }
}
