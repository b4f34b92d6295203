//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

enum BookSide: Int, Sendable {
    case bid = 0
    case ask = 1

    var opposite: BookSide { self == .bid ? .ask : .bid }
    /// Orders prices of this side from worst to best.
    @inline(__always)
    func rank(_ price: Int64) -> Int64 { self == .bid ? price : -price }
}

enum TimeInForce: String, Sendable {
    case goodTillCancel = "GTC"
    case immediateOrCancel = "IOC"
    case fillOrKill = "FOK"
    case postOnly = "GTX"
}

/// What happens when an account would trade with itself.
enum SelfTradeRule: Sendable {
    case expireMaker, expireTaker, expireBoth
}

/// One symbol's limit order book with price-time priority.
///
/// Prices are ticks, sizes lots, both greater than 0. Each side is an array of levels from worst
/// to best, so the touch is at the end and most insertions move little; each level holds its
/// orders in a linked list in order of arrival. What an operation did stands in `fills`,
/// `changes` and `expired` until the next operation.
final class MatchingEngine {
    struct Order {
        var price: Int64
        var leaves: Int64
        /// 0 for synthetic flow, otherwise a client's order id.
        var owner: Int64
        var side: BookSide
        var isLive: Bool
        fileprivate(set) var next: Int32
        fileprivate(set) var previous: Int32
    }

    struct Level {
        var price: Int64
        var lots: Int64
        /// Orders that stand here.
        fileprivate(set) var orderCount: Int32
        fileprivate var head: Int32
        fileprivate var tail: Int32
    }

    struct Fill: Equatable {
        var price: Int64
        var lots: Int64
        var makerSlot: Int
        var makerOwner: Int64
        var makerLeaves: Int64
    }

    struct Change: Equatable {
        var side: BookSide
        var price: Int64
    }

    enum Outcome: Equatable {
        /// Rests with its leaves in this slot.
        case resting(slot: Int)
        /// Nothing rests; `leaves` lots were not filled.
        case done(leaves: Int64)
        /// A post-only order would have taken; nothing happened.
        case wouldTake
        /// A fill-or-kill order cannot be filled whole; nothing happened.
        case cannotFill
    }

    private(set) var orders: [Order] = []
    private var freeSlots: [Int32] = []
    private var sides: [[Level]] = [[], []]

    private(set) var fills: [Fill] = []
    private(set) var changes: [Change] = []
    /// Client orders taken out because the account would have traded with itself: all orders with
    /// an owner belong to the one account.
    private(set) var expired: [Int64] = []
    /// The taker itself went for that reason; what is left of it does not rest.
    private(set) var didExpireTaker = false

    /// Levels of a side, worst first.
    func levels(_ side: BookSide) -> [Level] { sides[side.rawValue] }

    func best(_ side: BookSide) -> Level? { sides[side.rawValue].last }

    /// Lots resting at a price, 0 where there is no level.
    func lots(_ side: BookSide, at price: Int64) -> Int64 {
        let (index, isFound) = find(side, price)
        return isFound ? sides[side.rawValue][index].lots : 0
    }

    /// Matches an order and lets the rest stand or go as its time in force says.
    func submit(
        side: BookSide, price: Int64, lots: Int64, timeInForce: TimeInForce, owner: Int64,
        selfTrade: SelfTradeRule = .expireMaker
    ) -> Outcome {
        precondition(lots > 0 && price > 0, "an order has a size and a price")
        begin()
        switch timeInForce {
        case .postOnly:
            if let touch = best(side.opposite), crosses(side, price, touch.price) {
                return .wouldTake
            }
        case .fillOrKill:
            if available(to: side, at: price, wanted: lots, owner: owner) < lots {
                return .cannotFill
            }
        default: break
        }
        let leaves = match(
            side: side, price: price, lots: lots, owner: owner, selfTrade: selfTrade)
        if leaves == 0 { return .done(leaves: 0) }
        if timeInForce == .immediateOrCancel || timeInForce == .fillOrKill || didExpireTaker {
            return .done(leaves: leaves)
        }
        return .resting(slot: rest(side: side, price: price, lots: leaves, owner: owner))
    }

    /// Takes a resting order out. Returns its leaves, 0 when the slot holds no live order.
    func cancel(slot: Int) -> Int64 {
        begin()
        guard orders.indices.contains(slot), orders[slot].isLive else { return 0 }
        let leaves = orders[slot].leaves
        remove(slot: slot)
        return leaves
    }

    /// Makes a resting order smaller; it keeps its place. False when `lots` is not less than what
    /// rests, or nothing does.
    func reduce(slot: Int, to lots: Int64) -> Bool {
        begin()
        guard orders.indices.contains(slot), orders[slot].isLive, lots > 0,
            lots < orders[slot].leaves
        else { return false }
        let order = orders[slot]
        let (index, isFound) = find(order.side, order.price)
        precondition(isFound, "a live order stands on a level")
        sides[order.side.rawValue][index].lots -= order.leaves - lots
        orders[slot].leaves = lots
        note(order.side, order.price)
        return true
    }

    /// Live orders; for tests and counts. O(slots).
    var liveOrderCount: Int { orders.count - freeSlots.count }

    private func begin() {
        fills.removeAll(keepingCapacity: true)
        changes.removeAll(keepingCapacity: true)
        expired.removeAll(keepingCapacity: true)
        didExpireTaker = false
    }

    @inline(__always)
    private func crosses(_ side: BookSide, _ price: Int64, _ opposite: Int64) -> Bool {
        side == .bid ? opposite <= price : opposite >= price
    }

    /// Lots that an order could take now, counted up to `wanted`; own orders give none.
    private func available(
        to side: BookSide, at price: Int64, wanted: Int64, owner: Int64
    ) -> Int64 {
        var sum: Int64 = 0
        for level in sides[side.opposite.rawValue].reversed() {
            if sum >= wanted || !crosses(side, price, level.price) { break }
            var slot = level.head
            while slot >= 0 {
                let order = orders[Int(slot)]
                if owner == 0 || order.owner == 0 { sum += order.leaves }
                slot = order.next
            }
        }
        return sum
    }

    private func match(
        side: BookSide, price: Int64, lots: Int64, owner: Int64, selfTrade: SelfTradeRule
    ) -> Int64 {
        var leaves = lots
        let makerSide = side.opposite
        while leaves > 0, let level = sides[makerSide.rawValue].last,
            crosses(side, price, level.price)
        {
            let slot = Int(level.head)
            if owner != 0, orders[slot].owner != 0 {
                if selfTrade != .expireTaker {
                    expired.append(orders[slot].owner)
                    remove(slot: slot)
                }
                if selfTrade == .expireMaker { continue }
                didExpireTaker = true
                break
            }
            let taken = min(leaves, orders[slot].leaves)
            leaves -= taken
            orders[slot].leaves -= taken
            sides[makerSide.rawValue][sides[makerSide.rawValue].count - 1].lots -= taken
            fills.append(
                Fill(
                    price: level.price, lots: taken, makerSlot: slot,
                    makerOwner: orders[slot].owner, makerLeaves: orders[slot].leaves))
            if orders[slot].leaves == 0 {
                remove(slot: slot)
            } else {
                note(makerSide, level.price)
            }
        }
        return leaves
    }

    private func rest(side: BookSide, price: Int64, lots: Int64, owner: Int64) -> Int {
        let order = Order(
            price: price, leaves: lots, owner: owner, side: side, isLive: true, next: -1,
            previous: -1)
        let slot: Int
        if let free = freeSlots.popLast() {
            slot = Int(free)
            orders[slot] = order
        } else {
            slot = orders.count
            orders.append(order)
        }
        let (index, isFound) = find(side, price)
        if isFound {
            let tail = Int(sides[side.rawValue][index].tail)
            orders[tail].next = Int32(slot)
            orders[slot].previous = Int32(tail)
            sides[side.rawValue][index].tail = Int32(slot)
            sides[side.rawValue][index].lots += lots
            sides[side.rawValue][index].orderCount += 1
        } else {
            let level = Level(
                price: price, lots: lots, orderCount: 1, head: Int32(slot), tail: Int32(slot))
            sides[side.rawValue].insert(level, at: index)
        }
        note(side, price)
        return slot
    }

    /// Unlinks a live order; its level goes with its last order.
    private func remove(slot: Int) {
        let order = orders[slot]
        let (index, isFound) = find(order.side, order.price)
        precondition(isFound, "a live order stands on a level")
        let side = order.side.rawValue
        if order.previous >= 0 { orders[Int(order.previous)].next = order.next }
        if order.next >= 0 { orders[Int(order.next)].previous = order.previous }
        if sides[side][index].head == Int32(slot) { sides[side][index].head = order.next }
        if sides[side][index].tail == Int32(slot) { sides[side][index].tail = order.previous }
        sides[side][index].lots -= order.leaves
        sides[side][index].orderCount -= 1
        if sides[side][index].head < 0 { sides[side].remove(at: index) }
        orders[slot].isLive = false
        orders[slot].leaves = 0
        freeSlots.append(Int32(slot))
        note(order.side, order.price)
    }

    /// Where the price stands on its side, or would be inserted.
    private func find(_ side: BookSide, _ price: Int64) -> (index: Int, isFound: Bool) {
        let rank = side.rank(price)
        var low = 0
        var high = sides[side.rawValue].count
        while low < high {
            let middle = (low + high) / 2
            if side.rank(sides[side.rawValue][middle].price) < rank {
                low = middle + 1
            } else {
                high = middle
            }
        }
        let isFound = low < sides[side.rawValue].count && sides[side.rawValue][low].price == price
        return (low, isFound)
    }

    private func note(_ side: BookSide, _ price: Int64) {
        let change = Change(side: side, price: price)
        if changes.last != change { changes.append(change) }
    }
}
