//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Implementation shortfall of one order or of many, in half ticks times lots; above 0: a cost.
///
/// Against a paper portfolio that trades the whole quantity Q at the decision's mid D. With arrival
/// mid A, fills of f lots at p, filled F, and mid E at the order's end, for a buy order (a sell
/// order has the other sign):
///
///     delay        F (A - D)       what the mid did until the order was sent
///     trading      sum f (p - A)   spread, impact, and the mid's way while the order worked
///     opportunity  (Q - F) (E - D) what the unfilled rest missed
///     fees         as the venue charged them
///
/// The four sum to: sum f (p - D) + (Q - F) (E - D) + fees.
/// Source: A. Perold, 1988; W. Wagner and M. Edwards, 1993.
public struct Shortfall: Equatable, Sendable {
    public internal(set) var delay: Int128 = 0
    public internal(set) var trading: Int128 = 0
    public internal(set) var opportunity: Int128 = 0
    /// Not half ticks times lots: 1e-8 of the quote currency.
    public internal(set) var feesE8: Int128 = 0
    /// Value of the whole quantity at the decision's mid.
    public internal(set) var base: Int128 = 0

    /// All but the fees.
    public var price: Int128 { delay + trading + opportunity }

    /// In 1e-8 of the quote currency; the parts sum to the whole.
    public typealias Money = (
        delay: Int64, trading: Int64, opportunity: Int64, fees: Int64, whole: Int64
    )

    func money(_ scale: MoneyScale) -> Money {
        let parts = scale.e8(parts: [delay, trading, opportunity])
        let whole = Int64(clamping: Int128(scale.e8(price)) + feesE8)
        return (parts[0], parts[1], parts[2], Int64(clamping: feesE8), whole)
    }

    static func += (sum: inout Shortfall, other: Shortfall) {
        sum.delay += other.delay
        sum.trading += other.trading
        sum.opportunity += other.opportunity
        sum.feesE8 += other.feesE8
        sum.base += other.base
    }

    static func -= (sum: inout Shortfall, other: Shortfall) {
        sum.delay -= other.delay
        sum.trading -= other.trading
        sum.opportunity -= other.opportunity
        sum.feesE8 -= other.feesE8
        sum.base -= other.base
    }
}
