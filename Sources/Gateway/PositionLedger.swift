//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CMessages

/// Position and profit of one instrument, in integers.
///
/// Money is in 1e-12 of the quote currency. Profit is realised at the average cost: closing `n` of
/// `p` lots takes the share n/p of the cost with it. That share is rounded to a whole 1e-12 toward
/// zero, and what rounding leaves stays in the cost, so realised profit plus the value of the
/// position is exact at every moment, and realised profit is exact whenever the position is flat.
public struct PositionLedger: BitwiseCopyable, Equatable, Sendable {
    /// Signed lots.
    public private(set) var position: Int64 = 0
    /// What the position cost: positive for a long one, negative for a short one.
    public private(set) var costE12: Int128 = 0
    /// Profit of what has been closed, before fees.
    public private(set) var realisedE12: Int128 = 0
    /// Paid fees, 1e-8 of the fee asset; negative: rebates.
    public private(set) var feesE8: Int64 = 0
    /// Lots bought and sold.
    public private(set) var lotsTraded: UInt64 = 0
    public private(set) var fillCount: UInt64 = 0
    /// Value of one lot at a price of one tick, 1e-12 of the quote currency.
    public let tickLotValueE12: Int64

    public init(tickLotValueE12: Int64) { self.tickLotValueE12 = tickLotValueE12 }

    /// The value of `lots` at `price`; `nil` when it does not fit.
    @_noAllocation @_noLocks
    func valueE12(lots: Int64, price: Int64) -> Int128? {
        // Two factors of 63 bits always fit; the third may not.
        let (product, overflow) = (Int128(lots) &* Int128(price)).multipliedReportingOverflow(
            by: Int128(tickLotValueE12))
        return overflow ? nil : product
    }

    /// Takes in a fill.
    ///
    /// - Parameter quantity: Above 0.
    /// - Returns: `false`, with nothing changed, when any number would overflow.
    @_noAllocation @_noLocks
    public mutating func apply(
        side: Side, price: PriceTicks, quantity: QuantityLots, feeE8: Int64
    ) -> Bool {
        let signed = side == .buy ? quantity.rawValue : 0 &- quantity.rawValue
        let (after, overflow) = position.addingReportingOverflow(signed)
        let (fees, feesOverflow) = feesE8.addingReportingOverflow(feeE8)
        if overflow || feesOverflow || after == Int64.min || quantity.rawValue < 1 { return false }

        // Lots that close what is held; the others open.
        let isOpposite = (position > 0) != (signed > 0) && position != 0
        let closed = isOpposite ? min(position.magnitude, signed.magnitude) : 0
        var cost = costE12
        var realised = realisedE12
        if closed > 0 {
            let (scaled, scaledOverflow) = cost.multipliedReportingOverflow(by: Int128(closed))
            let signedClosed = position > 0 ? Int64(closed) : 0 &- Int64(closed)
            guard !scaledOverflow,
                let proceeds = valueE12(lots: signedClosed, price: price.rawValue)
            else { return false }
            let share = scaled / Int128(position.magnitude)
            let (gain, gainOverflow) = proceeds.subtractingReportingOverflow(share)
            let (sum, sumOverflow) = realised.addingReportingOverflow(gain)
            if gainOverflow || sumOverflow { return false }
            realised = sum
            cost = cost &- share  // The share is no larger than the cost and has its sign.
        }
        let opened = signed.magnitude &- closed
        if opened > 0 {
            let signedOpened = signed > 0 ? Int64(opened) : 0 &- Int64(opened)
            guard let value = valueE12(lots: signedOpened, price: price.rawValue) else {
                return false
            }
            let (sum, sumOverflow) = cost.addingReportingOverflow(value)
            if sumOverflow { return false }
            cost = sum
        }
        position = after
        costE12 = cost
        realisedE12 = realised
        feesE8 = fees
        lotsTraded &+= quantity.rawValue.magnitude  // 2^64 lots are out of any life's reach.
        fillCount &+= 1
        return true
    }

    /// Begins with a position that is held already; no profit yet.
    @_noAllocation @_noLocks
    mutating func adopt(position: Int64, costE12: Int128) {
        self = PositionLedger(tickLotValueE12: tickLotValueE12)
        self.position = position
        self.costE12 = costE12
    }

    /// Profit of the position at twice the mid price (so that half ticks are whole numbers);
    /// `nil` when it does not fit.
    @_noAllocation @_noLocks
    public func unrealisedE12(twiceMid: Int64) -> Int128? {
        guard let twice = valueE12(lots: position, price: twiceMid) else { return nil }
        let (gain, overflow) = (twice / 2).subtractingReportingOverflow(costE12)
        return overflow ? nil : gain
    }

    /// `value` in 1e-8, rounded toward zero, at the end of the range when it does not fit.
    @_noAllocation @_noLocks
    static func e8(_ valueE12: Int128) -> Int64 { saturated(valueE12 / 10_000) }

    @_noAllocation @_noLocks
    static func saturated(_ value: Int128) -> Int64 {
        if value > Int128(Int64.max) { return Int64.max }
        if value < Int128(Int64.min) { return Int64.min }
        return Int64(truncatingIfNeeded: value)
    }
}
