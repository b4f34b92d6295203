//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Messages

/// The money and the position of one linear instrument, exact.
///
/// Amounts are 1e-12 of the quote currency, which every tick and lot is a whole number of.
public struct VenueAccount: Sendable, Equatable {
    /// Of one lot at a price of one tick.
    public let tickLotValueE12: Int64
    public private(set) var position: Int64 = 0
    /// What sales brought and purchases cost; fees and funding not included.
    public private(set) var cashE12: Int128 = 0
    public private(set) var feesE12: Int128 = 0
    /// Paid; negative when received.
    public private(set) var fundingE12: Int128 = 0
    public private(set) var volume: Int64 = 0
    public private(set) var turnoverE12: Int128 = 0
    public private(set) var trades = 0

    public init(tickLotValueE12: Int64) { self.tickLotValueE12 = tickLotValueE12 }

    /// What `lots` at `price` are worth.
    public func valueE12(price: Int64, lots: Int64) -> Int128 {
        Int128(price) * Int128(lots) * Int128(tickLotValueE12)
    }

    /// Books a match; returns its fee.
    ///
    /// - Parameter ppm: Of the match's value; negative: a rebate.
    @discardableResult
    public mutating func fill(_ side: Side, price: Int64, lots: Int64, ppm: Int64) -> Int128 {
        let value = valueE12(price: price, lots: lots)
        let fee = Self.part(value, ppm: ppm)
        position += side == .buy ? lots : -lots
        cashE12 += side == .buy ? -value : value
        feesE12 += fee
        volume += lots
        turnoverE12 += value
        trades += 1
        return fee
    }

    /// Pays funding on the position at a mark price.
    ///
    /// - Parameter rateE8: 1e-8 of the position's value; positive: the long side pays.
    @discardableResult
    public mutating func fund(markPrice: Int64, rateE8: Int64) -> Int128 {
        let paid = valueE12(price: markPrice, lots: position) * Int128(rateE8) / 100_000_000
        fundingE12 += paid
        return paid
    }

    /// Position at a mid price given as bid plus ask; of a half, the part is dropped.
    public func positionValueE12(twiceMid: Int64) -> Int128 {
        valueE12(price: twiceMid, lots: position) / 2
    }

    /// What was won or lost since the start.
    public func profitE12(twiceMid: Int64) -> Int128 {
        cashE12 + positionValueE12(twiceMid: twiceMid) - feesE12 - fundingE12
    }

    /// A millionth part times `ppm`, to the nearest; halves away from zero.
    static func part(_ value: Int128, ppm: Int64) -> Int128 {
        let product = value * Int128(ppm)
        return (product + (product < 0 ? -500_000 : 500_000)) / 1_000_000
    }
}
