//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// The one trading account of the simulated venue: wallet, one-way positions, fees and profit.
///
/// Amounts are USDT as `Fixed`. A commission is price · quantity · rate, eight decimals, rounded
/// toward zero; realised profit excludes it, the wallet includes both.
struct Account {
    struct Position {
        /// Signed lots.
        var lots: Int64 = 0
        /// What the open lots cost when they were opened, unsigned.
        var cost = Fixed(units: 0)
        /// Accumulated realised profit, before fees.
        var realized = Fixed(units: 0)
        var updateMs: Int64 = 0
    }

    struct Booking: Equatable {
        var commission: Fixed
        var profit: Fixed
    }

    /// Parts of a million: 0.02 % and 0.05 %.
    static let makerRate: Int64 = 200
    static let takerRate: Int64 = 500
    static let leverage: Int64 = 20

    var wallet: Fixed
    private(set) var positions: [Position]

    init(wallet: Fixed, symbolCount: Int) {
        self.wallet = wallet
        positions = Array(repeating: Position(), count: symbolCount)
    }

    /// Books one fill of `lots`, signed by direction.
    mutating func book(
        _ index: Int, symbol: VenueSymbol, price: Int64, signedLots: Int64, isMaker: Bool,
        timeMs: Int64
    ) -> Booking {
        let notional = symbol.notional(ticks: price, lots: abs(signedLots))
        let rate = isMaker ? Self.makerRate : Self.takerRate
        let commission = Fixed(
            units: Int64(clamping: Int128(notional.units) * Int128(rate) / 1_000_000))
        var position = positions[index]
        var profit = Fixed(units: 0)
        var opening = signedLots
        if position.lots != 0, (position.lots > 0) != (signedLots > 0) {
            let closing = min(abs(signedLots), abs(position.lots))
            let share = Fixed(
                units: Int64(
                    clamping: Int128(position.cost.units) * Int128(closing)
                        / Int128(abs(position.lots))))
            let value = symbol.notional(ticks: price, lots: closing)
            profit.units = position.lots > 0 ? value.units - share.units : share.units - value.units
            position.cost.units -= share.units
            let step = position.lots > 0 ? -closing : closing
            position.lots += step
            opening -= step
        }
        if opening != 0 {
            position.lots += opening
            position.cost.units += symbol.notional(ticks: price, lots: abs(opening)).units
        }
        position.realized.units += profit.units
        position.updateMs = timeMs
        positions[index] = position
        wallet.units += profit.units - commission.units
        return Booking(commission: commission, profit: profit)
    }

    /// Mean entry price; 0 without a position.
    func entryPrice(_ index: Int, symbol: VenueSymbol) -> Fixed {
        let position = positions[index]
        guard position.lots != 0 else { return Fixed(units: 0) }
        let quantity = symbol.quantity(abs(position.lots))
        return Fixed(
            units: Int64(
                clamping: Int128(position.cost.units) * Int128(Fixed.one) / Int128(quantity.units)))
    }

    /// Profit that closing at `mark` would realise.
    func unrealized(_ index: Int, symbol: VenueSymbol, mark: Fixed) -> Fixed {
        let position = positions[index]
        guard position.lots != 0 else { return Fixed(units: 0) }
        let value = mark * symbol.quantity(abs(position.lots))
        return Fixed(
            units: position.lots > 0
                ? value.units - position.cost.units : position.cost.units - value.units)
    }
}
