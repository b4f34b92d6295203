//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// The client's orders on a recorded book.
///
/// An order joins behind the quantity displayed at its price. Recorded trades at that price
/// consume what stands ahead and then the order; a trade through the price, or an opposite best
/// price that reaches it, fills it. Quantity that leaves without trading is taken from ahead only
/// when the level has become smaller than what is still ahead: the careful assumption. The
/// recording does not react to the client.
struct RestingOrders {
    struct Order: Equatable {
        var orderID: Int64
        var side: BookSide
        var price: Int64
        var leaves: Int64
        /// Lots displayed at the price that have to trade first.
        var ahead: Int64
    }

    struct Fill: Equatable {
        var orderID: Int64
        var price: Int64
        var lots: Int64
    }

    private(set) var orders: [Order] = []

    mutating func join(_ order: Order) { orders.append(order) }

    /// Removes an order; false when it is not here.
    mutating func remove(orderID: Int64) -> Bool {
        guard let index = orders.firstIndex(where: { $0.orderID == orderID }) else { return false }
        orders.remove(at: index)
        return true
    }

    /// A recorded trade: `isBuyerMaker` means that a seller took from the bids.
    mutating func trade(price: Int64, lots: Int64, isBuyerMaker: Bool) -> [Fill] {
        let side: BookSide = isBuyerMaker ? .bid : .ask
        var fills: [Fill] = []
        // What stood ahead at one price is the same quantity for each of the client's orders
        // there: it is consumed once, and what exceeds it is shared in order of arrival.
        var takenByOwn: Int64 = 0
        for index in orders.indices where orders[index].side == side {
            if side.rank(orders[index].price) > side.rank(price) {
                fill(index, orders[index].leaves, &fills)
            } else if orders[index].price == price {
                let ahead = min(orders[index].ahead, lots)
                orders[index].ahead -= ahead
                let taken = min(max(lots - ahead - takenByOwn, 0), orders[index].leaves)
                takenByOwn += taken
                fill(index, taken, &fills)
            }
        }
        orders.removeAll { $0.leaves == 0 }
        return fills
    }

    /// The level of a price now displays `lots`: nobody ahead can be more than that.
    mutating func level(_ side: BookSide, price: Int64, lots: Int64) {
        for index in orders.indices
        where orders[index].side == side && orders[index].price == price {
            orders[index].ahead = min(orders[index].ahead, lots)
        }
    }

    /// The best prices now; an order that they reach takes what is displayed there.
    mutating func touch(_ touch: Touch) -> [Fill] {
        var fills: [Fill] = []
        var bidLots = touch.bidLots
        var askLots = touch.askLots
        for index in orders.indices {
            let order = orders[index]
            if order.side == .bid, touch.ask > 0, touch.ask <= order.price {
                let taken = min(order.leaves, askLots)
                askLots -= taken
                fill(index, taken, &fills)
            } else if order.side == .ask, touch.bid > 0, touch.bid >= order.price {
                let taken = min(order.leaves, bidLots)
                bidLots -= taken
                fill(index, taken, &fills)
            }
        }
        orders.removeAll { $0.leaves == 0 }
        return fills
    }

    private mutating func fill(_ index: Int, _ lots: Int64, _ fills: inout [Fill]) {
        guard lots > 0 else { return }
        orders[index].leaves -= lots
        fills.append(
            Fill(orderID: orders[index].orderID, price: orders[index].price, lots: lots))
    }
}
