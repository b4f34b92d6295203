//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Messages

/// One instrument at the venue model: the recorded book and own orders in its queues.
///
/// Own orders never change the recorded market. Reports come in the order of what happened; of
/// orders met by one event, better prices come first and, at a price, those that came first.
public struct VenueBook: Sendable {
    public private(set) var depth = DepthBook()
    /// Resting, in the order of their arrival.
    public private(set) var orders: [VenueOrder] = []
    public let rules: VenueRules
    /// A lot in base currency or contracts is `lotMantissa / scale`.
    private let lotMantissa: Double
    private let scale: Double
    var taken = TakenLevels()

    /// - Parameter decimals: Of quantities: a lot is `lotMantissa` of 10^-decimals.
    public init(rules: VenueRules, lotMantissa: Int64, decimals: Int) {
        self.rules = rules
        self.lotMantissa = Double(lotMantissa)
        scale = Decimals.powerOfTen(decimals)
    }

    /// The double nearest to the decimal: what its text would be read as.
    private func amount(_ lots: Int64) -> Double { Double(lots) * lotMantissa / scale }

    // MARK: The market

    /// The venue tells a level's quantity; what it makes own orders do goes to `reports`.
    public mutating func update(
        _ side: Side, price: Int64, quantity: Int64, into reports: inout [VenueReport]
    ) {
        let change = depth.update(side, price: price, quantity: quantity)
        taken.forget(side, price)
        guard !orders.isEmpty else { return }
        let (before, after) = (amount(change.before), amount(max(quantity, 0)))
        for index in orders.indices where orders[index].side == side && orders[index].price == price
        {
            orders[index].queue.change(from: before, to: after, rules.queue)
        }
        if rules.sharesQueue { keepFIFO(side, price) }
        let (best, old) = (change.bestAfter, change.bestBefore)
        let isBetter = side == .buy ? best > old : best < old
        if isBetter { fillCrossed(side, change.bestAfter, into: &reports) }
    }

    /// Takes away every level of a side from its best to `price`; `nil`: the whole side.
    public mutating func clear(_ side: Side, upTo price: Int64? = nil) {
        depth.clear(side, upTo: price)
        taken.forget(side)
    }

    /// A public trade; `aggressor` is who took.
    public mutating func trade(
        aggressor: Side, price: Int64, quantity: Int64, into reports: inout [VenueReport]
    ) {
        guard !orders.isEmpty, quantity > 0 else { return }
        let maker: Side = aggressor == .buy ? .sell : .buy
        /// What of the trade own orders have had.
        var used: Int64 = 0
        for index in reached(maker, upTo: price) {
            let order = orders[index]
            if order.price != price {
                let most = rules.consumesShown ? quantity - used : order.leaves
                let got = min(order.leaves, most)
                used += got
                fill(index, got, into: &reports)
                continue
            }
            let share = rules.sharesQueue || rules.consumesShown ? quantity - used : quantity
            orders[index].queue.trade(amount(share), rules.queue)
            var got = orders[index].queue.takeReached(lotSize: lotMantissa / scale)
            guard got > 0 else { continue }
            if rules.exchange == .noPartialFill {
                got = order.leaves
            } else {
                got = min(got, order.leaves)
            }
            used += min(got, share)
            fill(index, got, into: &reports)
        }
        if rules.sharesQueue { keepFIFO(maker, price) }
        removeFilled()
    }

    /// The best of `side` came to `best`: orders of the other side at or behind it are met.
    private mutating func fillCrossed(
        _ side: Side, _ best: Int64, into reports: inout [VenueReport]
    ) {
        let maker: Side = side == .buy ? .sell : .buy
        for index in reached(maker, upTo: best) {
            let order = orders[index]
            var got = order.leaves
            if rules.consumesShown {
                got = 0
                takeShown(from: side, limit: order.price, at: order.leaves) { _, lots in
                    got += lots
                }
            }
            fill(index, got, into: &reports)
        }
        removeFilled()
    }

    /// Places of the resting orders of `side` that a taker down to `price` meets, best first.
    private func reached(_ side: Side, upTo price: Int64) -> [Int] {
        var found = orders.indices.filter {
            orders[$0].side == side
                && (side == .buy ? orders[$0].price >= price : orders[$0].price <= price)
        }
        if found.count > 1 {
            found.sort { left, right in
                let (a, b) = (orders[left].price, orders[right].price)
                return a == b ? left < right : side == .buy ? a > b : a < b
            }
        }
        return found
    }

    /// Nobody stands before an own order that came earlier at the same price.
    private mutating func keepFIFO(_ side: Side, _ price: Int64) {
        var front = -Double.infinity
        for index in orders.indices where orders[index].side == side && orders[index].price == price
        {
            front = max(front, orders[index].queue.front)
            orders[index].queue.front = front
        }
    }

    private mutating func fill(_ index: Int, _ lots: Int64, into reports: inout [VenueReport]) {
        guard lots > 0 else { return }
        orders[index].executed += lots
        let order = orders[index]
        reports.append(
            VenueReport(
                kind: .filled(isMaker: true), order: order, price: order.price, quantity: lots))
    }

    private mutating func removeFilled() { orders.removeAll { $0.leaves == 0 } }

    // MARK: Requests

    /// An order arrives. Whole orders are reported: what an order becomes, then what it left.
    public mutating func place(_ wanted: VenueOrder, into reports: inout [VenueReport]) {
        var order = wanted
        guard !orders.contains(where: { $0.id == order.id }) else {
            return refuse(order, .duplicateOrder, into: &reports)
        }
        let best = order.side == .buy ? depth.bestAsk : depth.bestBid
        let isEmpty = best == DepthBook.noAsk || best == DepthBook.noBid
        let crosses =
            !isEmpty
            && (order.type == .market
                || (order.side == .buy ? order.price >= best : order.price <= best))
        if order.type == .market, isEmpty { return refuse(order, .emptyBook, into: &reports) }
        if crosses, order.timeInForce == .postOnly {
            return refuse(order, .postOnly, into: &reports)
        }
        report(order, .accepted, into: &reports)
        if crosses { take(&order, best, into: &reports) }
        guard order.leaves > 0 else { return }
        let isImmediate =
            order.type == .market || order.timeInForce == .ioc || order.timeInForce == .fok
        if isImmediate { return report(order, .expired, into: &reports) }
        rest(order)
    }

    /// Takes an order out of the book.
    public mutating func cancel(_ id: UInt64, into reports: inout [VenueReport]) -> Bool {
        guard let index = orders.firstIndex(where: { $0.id == id }) else { return false }
        report(orders.remove(at: index), .cancelled, into: &reports)
        return true
    }

    /// A new price and total quantity. The place in the queue stays when the price does and the
    /// quantity does not grow; otherwise the order goes behind, or takes what it now meets.
    public mutating func modify(
        _ id: UInt64, price: Int64, quantity: Int64, into reports: inout [VenueReport]
    ) -> Bool {
        guard let index = orders.firstIndex(where: { $0.id == id }) else { return false }
        var order = orders[index]
        let staysInPlace = price == order.price && quantity <= order.quantity
        order.price = price
        order.quantity = quantity
        guard order.leaves > 0 else {
            orders.remove(at: index)
            report(order, .cancelled, into: &reports)
            return true
        }
        if staysInPlace {
            orders[index] = order
            report(order, .modified, into: &reports)
            return true
        }
        orders.remove(at: index)
        let best = order.side == .buy ? depth.bestAsk : depth.bestBid
        let crosses = order.side == .buy ? price >= best : price <= best
        if crosses, order.timeInForce == .postOnly {
            report(order, .expired, into: &reports)
            return true
        }
        report(order, .modified, into: &reports)
        if crosses { take(&order, best, into: &reports) }
        if order.leaves > 0 { rest(order) }
        return true
    }

    private mutating func rest(_ wanted: VenueOrder) {
        var order = wanted
        order.queue = QueuePosition(
            front: amount(depth.quantity(order.side, at: order.price)))
        orders.append(order)
        if rules.sharesQueue { keepFIFO(order.side, order.price) }
    }

    // MARK: Reports

    private func report(
        _ order: VenueOrder, _ kind: VenueReport.Kind, into reports: inout [VenueReport]
    ) {
        reports.append(
            VenueReport(kind: kind, order: order, price: order.price, quantity: order.leaves))
    }

    private func refuse(
        _ order: VenueOrder, _ refusal: VenueRefusal, into reports: inout [VenueReport]
    ) {
        report(order, .refused(refusal), into: &reports)
    }
}
