//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What fills earned that closed what earlier ones had opened, first in, first out.
///
/// Amounts are linear in the quote currency: (exit - entry) x quantity, less the fees of both
/// fills in proportion.
struct ClosedTrades {
    /// One fill that closed something.
    struct Trade: Equatable {
        let timeNs: UInt64
        let symbol: Int
        let profit: Double
        /// Quantity x entry price of what was closed.
        let entryValue: Double
        /// From entry to exit, by quantity.
        let holdingNs: Double
    }

    /// Open quantity of one fill.
    private struct Lot {
        var quantity: Double
        let price: Double
        let feePerUnit: Double
        let timeNs: UInt64
    }

    /// Open lots of one symbol, all of one side.
    private struct Line {
        var lots: [Lot] = []
        var first = 0
        var sign = 0.0
        var isFlat: Bool { first == lots.count }
    }

    let trades: [Trade]

    /// What is left of a quantity below this share of it is rounding.
    private static let dust = 1e-9

    init(_ run: Run) {
        var lines = [Line](repeating: Line(), count: run.symbols.count)
        trades = run.fills.compactMap { Self.take($0, &lines[$0.symbol]) }
    }

    private static func take(_ fill: Run.Fill, _ line: inout Line) -> Trade? {
        var left = fill.quantity
        let feePerUnit = fill.fee / fill.quantity
        var (profit, value, quantity, holding) = (0.0, 0.0, 0.0, 0.0)
        while left > 0, !line.isFlat, line.sign != fill.sign {
            let lot = line.lots[line.first]
            let closed = min(left, lot.quantity)
            profit += closed
                * ((fill.price - lot.price) * line.sign - lot.feePerUnit - feePerUnit)
            value += closed * lot.price
            quantity += closed
            holding += closed * Double(fill.timeNs - lot.timeNs)
            left -= closed
            line.lots[line.first].quantity -= closed
            if line.lots[line.first].quantity <= Self.dust * lot.quantity { line.first += 1 }
            if left <= Self.dust * fill.quantity { left = 0 }
        }
        if line.isFlat, line.first > 0 { line = Line() }
        if left > 0 {
            line.sign = fill.sign
            line.lots.append(
                Lot(
                    quantity: left, price: fill.price, feePerUnit: feePerUnit,
                    timeNs: fill.timeNs))
        }
        guard quantity > 0 else { return nil }
        return Trade(
            timeNs: fill.timeNs, symbol: fill.symbol, profit: profit, entryValue: value,
            holdingNs: holding / quantity)
    }
}
