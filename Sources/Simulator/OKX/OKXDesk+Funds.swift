//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What the account can pay for.
extension OKXDesk {
    /// Lots that an amount of quote currency buys now.
    func affordable(_ amount: Fixed, _ request: OKXOrderRequest, _ feed: OKXFeed) -> Int64 {
        var left = amount.units
        var lots: Int64 = 0
        for level in feed.book.engine.levels(request.side.opposite).reversed() {
            let price = feed.instrument.price(level.price)
            let most = Int64(
                clamping: Int128(left) * Int128(Fixed.one) / Int128(price.units)
                    / Int128(feed.instrument.lotSize.units))
            let taken = min(most, level.lots)
            lots += taken
            left -= (price * feed.instrument.size(taken)).units
            if taken < level.lots { break }
        }
        return lots
    }

    func reducible(_ request: OKXOrderRequest) throws(OKXError) -> Int64 {
        let position = account.positions[request.instrument].lots
        guard position != 0 else { throw .noPosition }
        guard request.side == .bid ? position < 0 : position > 0 else { throw .wrongSide }
        return min(request.lots, abs(position))
    }

    /// Cash that open spot orders hold, by currency.
    func frozen(_ currency: String) -> Fixed {
        var sum: Int64 = 0
        for order in openOrders.values {
            let instrument = instrument(order)
            guard instrument.isSpot else { continue }
            if order.side == .bid, instrument.quote == currency {
                sum += instrument.value(ticks: order.price, lots: order.leaves).units
            } else if order.side == .ask, instrument.base == currency {
                sum += instrument.size(order.leaves).units
            }
        }
        return Fixed(units: sum)
    }

    /// Margin that positions and open orders of swaps hold, by settlement currency.
    func margin(_ currency: String) -> Fixed {
        var sum: Int64 = 0
        for (index, instrument) in market.instruments.enumerated()
        where !instrument.isSpot && instrument.settle == currency {
            sum += instrument.value(
                price: market.feeds[index].mark, lots: abs(account.positions[index].lots)).units
        }
        for order in openOrders.values where !order.request.isReduceOnly {
            let instrument = instrument(order)
            guard !instrument.isSpot, instrument.settle == currency else { continue }
            sum += instrument.value(ticks: order.price, lots: order.leaves).units
        }
        return Fixed(units: sum / OKXAccount.leverage)
    }

    func unrealized(_ currency: String) -> Fixed {
        var sum: Int64 = 0
        for (index, instrument) in market.instruments.enumerated()
        where !instrument.isSpot && instrument.settle == currency {
            sum += account.unrealized(index, instrument, mark: market.feeds[index].mark).units
        }
        return Fixed(units: sum)
    }

    /// What of a currency no order and no position holds.
    func available(_ currency: String) -> Fixed {
        let cash = account.cash[currency] ?? Fixed(units: 0)
        return Fixed(
            units: cash.units - frozen(currency).units - margin(currency).units
                + min(unrealized(currency).units, 0))
    }

    func checkFunds(
        _ request: OKXOrderRequest, lots: Int64, price: Int64, _ feed: OKXFeed
    ) throws(OKXError) {
        let instrument = feed.instrument
        if instrument.isSpot {
            let isBuy = request.side == .bid
            let value = request.quoteSize ?? instrument.value(
                price: request.type.isMarket ? feed.mark : instrument.price(price), lots: lots)
            let needed = isBuy ? value : instrument.size(lots)
            let currency = isBuy ? instrument.quote : instrument.base
            guard needed <= available(currency) else { throw .balance }
            return
        }
        guard !request.isReduceOnly else { return }
        let held = account.positions[request.instrument].lots
        let signed = request.side == .bid ? lots : -lots
        let added = max(abs(held + signed) - abs(held), 0)
        let value = instrument.value(price: instrument.price(price), lots: added)
        guard value.units / OKXAccount.leverage <= available(instrument.settle).units else {
            throw .balance
        }
    }
}
