//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages
import TradingCore
import VenueModel

/// The figures of one side of a comparison.
public struct GapSide: Equatable, Sendable {
    public var orders = 0
    /// Of which at least one lot was filled.
    public var ordersFilled = 0
    public var fills = 0
    public var makerFills = 0
    /// 1e-12 of the quote currency, as all amounts here.
    public var turnoverE12: Int128 = 0
    public var feesE12: Int128 = 0
    /// After fees, without funding.
    public var profitE12: Int128 = 0
    /// What fills cost against the mid when they were matched, above 0: paid; and the turnover of
    /// those fills whose mid is known.
    public var slippageE12: Int128 = 0
    public var valuedE12: Int128 = 0

    /// Orders filled of those sent; `nil` without orders.
    public var fillRatio: Double? {
        orders > 0 ? Double(ordersFilled) / Double(orders) : nil
    }

    /// Of the turnover, 1e-4; `nil` where no mid is known.
    public var slippageBps: Double? {
        valuedE12 > 0 ? Double(slippageE12) / Double(valuedE12) * 10_000 : nil
    }

    /// Books a match.
    ///
    /// - Parameters:
    ///   - tickLotE12: Value of one lot at a price of one tick.
    ///   - twiceMid: Bid plus ask, ticks; `nil`: not known.
    mutating func add(
        _ side: Side, price: Int64, lots: Int64, tickLotE12: Int64, isMaker: Bool, twiceMid: Int64?
    ) {
        let value = Int128(price) * Int128(lots) * Int128(tickLotE12)
        fills += 1
        if isMaker { makerFills += 1 }
        turnoverE12 += value
        guard let twiceMid else { return }
        let away = Int128(side == .buy ? 2 * price - twiceMid : twiceMid - 2 * price)
        slippageE12 += away * Int128(lots) * Int128(tickLotE12) / 2
        valuedE12 += value
    }
}

extension BacktestRun {
    /// After fees, without funding.
    var gapProfitE12: Int128 {
        zip(venue.accounts, venue.feeds).reduce(0) { sum, pair in
            sum + pair.0.profitE12(twiceMid: pair.1.lastTwiceMid) + pair.0.fundingE12
        }
    }

    var gapSide: GapSide {
        var side = GapSide()
        side.orders = venue.orders.count
        side.ordersFilled = venue.orders.count { $0.filled > 0 }
        for fill in venue.fills {
            let order = venue.orders[fill.order]
            side.add(
                order.side, price: fill.price, lots: fill.quantity,
                tickLotE12: source.instruments[Int(order.instrumentID)].tickLotValueE12,
                isMaker: fill.isMaker, twiceMid: fill.twiceMid)
            side.feesE12 += fill.feeE12
        }
        side.profitE12 = gapProfitE12
        return side
    }
}
