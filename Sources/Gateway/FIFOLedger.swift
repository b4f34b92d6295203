//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CMessages

/// Profit of one instrument by first in, first out, in integers: 1e-12 of the quote currency.
///
/// What is held is a list of lots, oldest first. When it is full, the oldest two become one of
/// their summed quantity and cost: no money is lost, only who came first among the two. Closing
/// part of a lot takes its share of the cost, rounded to a whole 1e-12 toward zero; what rounding
/// leaves stays in the lot, so realised profit plus the value of the position is always exact.
///
/// Allocates in `init` only. One thread.
///
/// SAFETY: `head` and `count` stay within `capacity`, and the memory goes with the value.
@safe
public struct FIFOLedger: ~Copyable, @unchecked Sendable {
    private struct Lot: BitwiseCopyable {
        var quantity: Int64  // Above 0.
        var costE12: Int128  // Negative of a short one.
    }

    private let lots: UnsafeMutablePointer<Lot>
    private let capacity: Int
    private var head = 0
    public private(set) var lotCount = 0
    /// Signed lots.
    public private(set) var position: Int64 = 0
    public private(set) var realisedE12: Int128 = 0
    private let tickLotValueE12: Int64

    /// - Parameters:
    ///   - tickLotValueE12: Value of one lot at a price of one tick.
    ///   - capacity: Lots held apart, at least 2.
    public init(tickLotValueE12: Int64, capacity: Int = 64) {
        precondition(capacity >= 2, "two lots to merge")
        self.tickLotValueE12 = tickLotValueE12
        self.capacity = capacity
        unsafe lots = .allocate(capacity: capacity)
        unsafe lots.initialize(repeating: Lot(quantity: 0, costE12: 0), count: capacity)
    }

    deinit { unsafe lots.deallocate() }

    /// What the held lots cost.
    @_noAllocation @_noLocks
    public func costE12() -> Int128 {
        var sum: Int128 = 0
        for index in 0..<lotCount { unsafe sum &+= lots[place(index)].costE12 }
        return sum
    }

    @_noAllocation @_noLocks
    private func place(_ index: Int) -> Int {
        let sum = head &+ index
        return sum >= capacity ? sum &- capacity : sum
    }

    @_noAllocation @_noLocks
    private func valueE12(_ lots: Int64, _ price: Int64) -> Int128? {
        let (value, overflow) = (Int128(lots) &* Int128(price)).multipliedReportingOverflow(
            by: Int128(tickLotValueE12))
        return overflow ? nil : value
    }

    /// Takes in a fill.
    ///
    /// - Parameter quantity: Above 0.
    /// - Returns: `false` when a number would overflow; the profit is not to be trusted then.
    @_noAllocation @_noLocks
    public mutating func apply(side: Side, price: PriceTicks, quantity: QuantityLots) -> Bool {
        let sign: Int64 = side == .buy ? 1 : -1
        var left = quantity.rawValue
        if left < 1 { return false }
        while left > 0 && lotCount > 0 && (position > 0) != (sign > 0) {
            let oldest = unsafe lots + head
            let closed = unsafe min(oldest.pointee.quantity, left)
            let (scaled, overflow) = unsafe oldest.pointee.costE12.multipliedReportingOverflow(
                by: Int128(closed))
            guard !overflow, let proceeds = valueE12(0 &- sign &* closed, price.rawValue) else {
                return false
            }
            let share = unsafe scaled / Int128(oldest.pointee.quantity)
            let (gain, gainOverflow) = proceeds.subtractingReportingOverflow(share)
            let (sum, sumOverflow) = realisedE12.addingReportingOverflow(gain)
            if gainOverflow || sumOverflow { return false }
            realisedE12 = sum
            unsafe oldest.pointee.costE12 &-= share
            unsafe oldest.pointee.quantity &-= closed
            position &+= sign &* closed
            left &-= closed
            if unsafe oldest.pointee.quantity == 0 {
                head = place(1)
                lotCount &-= 1
            }
        }
        return left == 0 || open(left, sign, price)
    }

    @_noAllocation @_noLocks
    private mutating func open(_ lots: Int64, _ sign: Int64, _ price: PriceTicks) -> Bool {
        let (after, overflow) = position.addingReportingOverflow(sign &* lots)
        guard !overflow, let cost = valueE12(sign &* lots, price.rawValue) else { return false }
        if lotCount == capacity && !mergeOldest() { return false }
        unsafe self.lots[place(lotCount)] = Lot(quantity: lots, costE12: cost)
        lotCount &+= 1
        position = after
        return true
    }

    /// Makes one of the oldest two lots.
    @_noAllocation @_noLocks
    private mutating func mergeOldest() -> Bool {
        let first = unsafe lots[head]
        let second = unsafe lots + place(1)
        let (cost, overflow) = unsafe second.pointee.costE12.addingReportingOverflow(first.costE12)
        if overflow { return false }
        unsafe second.pointee.costE12 = cost
        unsafe second.pointee.quantity &+= first.quantity  // Their sum is at most the position.
        head = place(1)
        lotCount &-= 1
        return true
    }

    /// Begins with a position as one lot, and no profit.
    @_noAllocation @_noLocks
    mutating func adopt(position: Int64, costE12: Int128) {
        head = 0
        lotCount = 0
        realisedE12 = 0
        self.position = position
        if position == 0 { return }
        let quantity = Int64(truncatingIfNeeded: position.magnitude)
        unsafe lots[0] = Lot(quantity: quantity, costE12: costE12)
        lotCount = 1
    }
}
