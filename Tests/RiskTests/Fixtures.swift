//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import CTelemetry
import Messages
import Risk

/// One instrument with a tick of 0.1 and a lot of 0.001, quoted 9,990 to 10,010 ticks, so that one
/// lot is worth 1.0 of the quote currency at the mid of 10,000 ticks.
enum Fixtures {
    static let start: UInt64 = 1_700_000_000_000_000_000

    static func instrument(_ symbol: String = "BTC-USDT") -> Instrument {
        var instrument = Instrument()
        instrument.venue = .binanceUSDM
        instrument.priceDecimals = 1
        instrument.quantityDecimals = 3
        instrument.tickMantissa = 1
        instrument.lotMantissa = 1
        instrument.symbolText = symbol
        instrument.venueSymbolText = "BTCUSDT"
        instrument.priceMin = PriceTicks(rawValue: 9_000)
        instrument.priceMax = PriceTicks(rawValue: 11_000)
        instrument.quantityMin = QuantityLots(rawValue: 2)
        instrument.quantityMax = QuantityLots(rawValue: 1_000)
        instrument.marketQuantityMax = QuantityLots(rawValue: 50)
        instrument.notionalMinE8 = 500_000_000
        instrument.percentUpE4 = 10_500
        instrument.percentDownE4 = 9_500
        instrument.openOrdersMax = 20
        _ = instrument.deriveTickLotValue()
        return instrument
    }

    static func table(_ count: Int = 2) -> InstrumentTable {
        .standalone((0..<count).map { instrument("S\($0)-USDT") })
    }

    static func limits() -> InstrumentLimits {
        InstrumentLimits(
            orderQuantityMax: 100, orderNotionalMaxE8: 10_000_000_000, collarE4: 200,
            positionMax: 150, openOrdersMax: 5)
    }

    /// Everything fresh at `start`, flat, READY, both sessions up.
    static func row() -> InstrumentRisk {
        var row = InstrumentRisk(limits: limits(), instrument: instrument())
        row.bid = 9_990
        row.ask = 10_010
        row.mark.price = 10_000
        row.mark.timeNs = start
        row.last.price = 10_000
        row.last.timeNs = start
        row.receiveTimeNs = start
        row.venueTimeNs = start
        row.isBookValid = true
        _ = row.revalue()
        return row
    }

    static func account() -> AccountRisk {
        var account = AccountRisk(limits: AccountLimits(openOrdersMax: 8))
        account.isOrderSessionUp = true
        account.isUserStreamUp = true
        account.bucket.refill(to: start)
        return account
    }

    static func place(
        _ orderID: UInt64 = 1, side: Side = .buy, price: Int64 = 10_000, quantity: Int64 = 10,
        type: OrderType = .limit, isReduceOnly: UInt8 = 0, instrumentID: UInt32 = 0
    ) -> OrderIntent {
        var intent = OrderIntent()
        intent.sequence = 1
        intent.ingressTimeNs = start
        intent.orderID = orderID
        intent.limitPrice = PriceTicks(rawValue: type == .market ? 0 : price)
        intent.quantity = QuantityLots(rawValue: quantity)
        intent.instrumentID = instrumentID
        intent.kind = .place
        intent.side = side
        intent.type = type
        intent.timeInForce = .gtc
        intent.isReduceOnly = isReduceOnly
        return intent
    }
}
