//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages

/// What the venue takes of an instrument, as far as sizes of children follow from it.
struct SizeLimits {
    let quantityMin: Int64
    /// 0: none.
    let quantityMax: Int64
    let tickLotValueE12: Int64
    let notionalMinE8: Int64

    init(_ instrument: Instrument) {
        quantityMin = max(1, instrument.quantityMin.rawValue)
        quantityMax = instrument.quantityMax.rawValue
        tickLotValueE12 = instrument.tickLotValueE12
        notionalMinE8 = instrument.notionalMinE8
    }

    /// The least lots of an order at `price` ticks; a reduce-only order needs no least value.
    @_noAllocation @_noLocks
    func least(price: Int64, isReduceOnly: Bool) -> Int64 {
        if isReduceOnly || notionalMinE8 < 1 || tickLotValueE12 < 1 || price < 1 {
            return quantityMin
        }
        let unit = Int128(price) &* Int128(tickLotValueE12)
        let needed = (Int128(notionalMinE8) &* 10_000 &+ unit &- 1) / unit
        if needed > Int128(Int64.max) { return .max }
        return max(quantityMin, Int64(truncatingIfNeeded: needed))
    }

    /// The lots of a child: `wanted`, within the venue's range, and so that nothing too small is
    /// left behind; at most `rest`.
    ///
    /// - Returns: 0 while what is wanted is too small.
    @_noAllocation @_noLocks
    func child(wanted: Int64, rest: Int64, least: Int64) -> Int64 {
        var lots = min(wanted, rest)
        if lots < least { return 0 }
        if quantityMax > 0 && lots > quantityMax { lots = quantityMax }
        let behind = rest &- lots
        if behind > 0 && behind < least {
            // The end goes with this child, or waits with enough to be a child of its own.
            if quantityMax < 1 || rest <= quantityMax { return rest }
            lots = rest &- least
        }
        return lots >= least ? lots : 0
    }
}

/// Prices of children, in ticks; 0: none can be given.
enum ChildPrice {
    /// Across the spread: the other side's best and the collar beyond it, inside the limit.
    ///
    /// - Parameter limit: 0: none.
    /// - Returns: 0 when the limit lies on this side of the other side's best.
    @_noAllocation @_noLocks
    static func crossing(
        _ side: Side, bid: Int64, ask: Int64, collarE4: Int64, limit: Int64
    ) -> Int64 {
        let touch = side == .buy ? ask : bid
        if touch < 1 { return 0 }
        let reach = Int64(truncatingIfNeeded: Int128(touch) &* Int128(collarE4) / 10_000)
        if side == .buy {
            let (top, overflow) = touch.addingReportingOverflow(reach)
            if overflow { return 0 }
            if limit < 1 { return top }
            return limit < touch ? 0 : min(top, limit)
        }
        let bottom = max(touch &- reach, 1)
        return limit > touch ? 0 : max(bottom, limit)
    }

    /// Resting: `price` without crossing, inside the limit.
    @_noAllocation @_noLocks
    static func resting(
        _ side: Side, price: Int64, bid: Int64, ask: Int64, limit: Int64
    ) -> Int64 {
        if bid < 1 || ask <= bid { return 0 }
        if side == .buy {
            let free = min(price, ask &- 1)
            return max(limit > 0 ? min(free, limit) : free, 0)
        }
        return max(max(price, bid &+ 1), limit)
    }

    /// What a pegged order wants to stand at.
    @_noAllocation @_noLocks
    static func pegged(
        _ side: Side, bid: Int64, ask: Int64, reference: PegReference, offset: Int64
    ) -> Int64 {
        if bid < 1 || ask <= bid { return 0 }
        let isBuy = side == .buy
        var base = isBuy ? bid : ask
        switch reference {
        case .own: break
        case .mid: base = isBuy ? bid &+ (ask &- bid) / 2 : ask &- (ask &- bid) / 2
        case .opposite: base = isBuy ? ask &- 1 : bid &+ 1
        }
        let (price, overflow) =
            isBuy
            ? base.subtractingReportingOverflow(offset) : base.addingReportingOverflow(offset)
        return overflow ? 0 : max(price, 0)
    }
}
