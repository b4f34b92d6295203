//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What one fill did to an order and the account.
struct OKXFill: Equatable {
    /// Ticks and lots.
    var price: Int64
    var lots: Int64
    var tradeID: Int64
    var isMaker: Bool
    /// Negative is charged.
    var fee: Fixed
    var feeCurrency: String
    /// Realised, before fees, in the settlement currency; 0 on spot.
    var profit: Fixed
    var timeMs: Int64
}

/// The trading account: cash by currency and net positions by instrument.
///
/// Amounts are cut to eight decimals toward zero. Realised profit excludes fees; cash includes
/// both. Spot fees are taken from what is received, those of swaps from the settlement currency.
struct OKXAccount {
    struct Position: Equatable {
        /// Signed lots.
        var lots: Int64 = 0
        /// What the open lots were worth when they were opened, settlement currency, unsigned.
        var cost = Fixed(units: 0)
        var realized = Fixed(units: 0)
        /// Accumulated, negative is charged.
        var fee = Fixed(units: 0)
        var tradeID: Int64 = 0
        var createMs: Int64 = 0
        var updateMs: Int64 = 0
    }

    /// Parts of a million.
    static func rate(isSpot: Bool, isMaker: Bool) -> Int64 {
        isSpot ? (isMaker ? 800 : 1_000) : (isMaker ? 200 : 500)
    }
    static let leverage: Int64 = 10

    private(set) var cash: [String: Fixed]
    private(set) var cashUpdateMs: [String: Int64] = [:]
    private(set) var positions: [Position]

    init(cash: [String: Fixed], instrumentCount: Int) {
        self.cash = cash
        positions = Array(repeating: Position(), count: instrumentCount)
    }

    private mutating func add(_ currency: String, _ amount: Fixed, timeMs: Int64) {
        cash[currency, default: Fixed(units: 0)].units += amount.units
        cashUpdateMs[currency] = timeMs
    }

    private static func share(_ amount: Fixed, parts: Int64) -> Fixed {
        Fixed(units: Int64(clamping: Int128(amount.units) * Int128(parts) / 1_000_000))
    }

    /// Books a fill of `signedLots`.
    mutating func book(
        _ index: Int, _ instrument: OKXInstrument, price: Int64, signedLots: Int64, isMaker: Bool,
        tradeID: Int64, timeMs: Int64
    ) -> OKXFill {
        let lots = abs(signedLots)
        let value = instrument.value(ticks: price, lots: lots)
        let rate = Self.rate(isSpot: instrument.isSpot, isMaker: isMaker)
        var fill = OKXFill(
            price: price, lots: lots, tradeID: tradeID, isMaker: isMaker, fee: Fixed(units: 0),
            feeCurrency: instrument.settle, profit: Fixed(units: 0), timeMs: timeMs)
        if instrument.isSpot {
            let size = instrument.size(lots)
            let isBuy = signedLots > 0
            fill.feeCurrency = isBuy ? instrument.base : instrument.quote
            fill.fee = Fixed(units: -Self.share(isBuy ? size : value, parts: rate).units)
            let sign: Int64 = isBuy ? 1 : -1
            add(instrument.base, Fixed(units: sign * size.units), timeMs: timeMs)
            add(instrument.quote, Fixed(units: -sign * value.units), timeMs: timeMs)
        } else {
            fill.fee = Fixed(units: -Self.share(value, parts: rate).units)
            fill.profit = move(index, instrument, price: price, signedLots: signedLots)
            positions[index].fee.units += fill.fee.units
            positions[index].tradeID = tradeID
            positions[index].updateMs = timeMs
            if positions[index].createMs == 0 { positions[index].createMs = timeMs }
            add(instrument.settle, fill.profit, timeMs: timeMs)
        }
        add(fill.feeCurrency, fill.fee, timeMs: timeMs)
        return fill
    }

    /// Changes a position; returns the profit of what was closed.
    private mutating func move(
        _ index: Int, _ instrument: OKXInstrument, price: Int64, signedLots: Int64
    ) -> Fixed {
        var position = positions[index]
        var profit: Int64 = 0
        var opening = signedLots
        if position.lots != 0, (position.lots > 0) != (signedLots > 0) {
            let closing = min(abs(signedLots), abs(position.lots))
            let cost = Int64(
                clamping: Int128(position.cost.units) * Int128(closing)
                    / Int128(abs(position.lots)))
            let value = instrument.value(ticks: price, lots: closing).units
            // A long inverse position gains when its coins become fewer.
            let isGainUp = (position.lots > 0) != instrument.isInverse
            profit = isGainUp ? value - cost : cost - value
            position.cost.units -= cost
            let step = position.lots > 0 ? -closing : closing
            position.lots += step
            opening -= step
        }
        if opening != 0 {
            position.lots += opening
            position.cost.units += instrument.value(ticks: price, lots: abs(opening)).units
        }
        position.realized.units += profit
        positions[index] = position
        return Fixed(units: profit)
    }

    /// Mean entry price; 0 without a position.
    func entryPrice(_ index: Int, _ instrument: OKXInstrument) -> Fixed {
        let position = positions[index]
        guard position.lots != 0, position.cost.units > 0 else { return Fixed(units: 0) }
        let amount = Int128((instrument.size(abs(position.lots)) * instrument.contract).units)
        let cost = Int128(position.cost.units)
        let one = Int128(Fixed.one)
        return Fixed(
            units: Int64(clamping: instrument.isInverse ? amount * one / cost : cost * one / amount)
        )
    }

    /// Profit that closing at `mark` would realise, settlement currency.
    func unrealized(_ index: Int, _ instrument: OKXInstrument, mark: Fixed) -> Fixed {
        let position = positions[index]
        guard position.lots != 0 else { return Fixed(units: 0) }
        let value = instrument.value(price: mark, lots: abs(position.lots)).units
        let isGainUp = (position.lots > 0) != instrument.isInverse
        return Fixed(units: isGainUp ? value - position.cost.units : position.cost.units - value)
    }
}
