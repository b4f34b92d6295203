//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import JSON
public import Messages

/// An order as a venue lists it.
public struct ListedOrder: Equatable, Sendable {
    public var instrumentID: UInt32
    /// Ours; 0: of another client.
    public var orderID: UInt64
    public var venueOrderID: UInt64
    public var side: Side
    /// 0 for an order without a limit.
    public var price: PriceTicks
    public var quantity: QuantityLots
    /// Sum of its fills.
    public var cumulative: QuantityLots
}

extension ListedOrder {
    /// From the venue's decimals.
    init(
        _ instrument: Instrument, orderID: UInt64, venueOrderID: UInt64, side: Side, price: String,
        quantity: String, cumulative: String
    ) throws(AccountError) {
        guard let ticks = instrument.ticks(price), let lots = instrument.lots(quantity),
            let filled = instrument.lots(cumulative)
        else {
            throw AccountError("an order of \(instrument.symbolText): off tick or lot")
        }
        instrumentID = instrument.instrumentID
        self.orderID = orderID
        self.venueOrderID = venueOrderID
        self.side = side
        self.price = ticks
        self.quantity = lots
        self.cumulative = filled
    }
}

/// What a venue says that the account holds of one instrument.
public struct ListedPosition: Equatable, Sendable {
    public var instrumentID: UInt32
    /// Signed.
    public var position: QuantityLots
    /// Average entry, rounded towards 0; of a flat one 0.
    public var entry = PriceTicks(0)
    /// What it cost, with its sign, 1e-8 of the quote currency, rounded to the nearest.
    public var costE8: Int64
}

extension ListedPosition {
    /// From the venue's decimals.
    init(_ instrument: Instrument, amount: String, entry: String) throws(AccountError) {
        guard let lots = instrument.lots(amount),
            let cost = instrument.costE8(lots, entry: entry)
        else {
            throw AccountError("the position of \(instrument.symbolText): numbers do not fit")
        }
        instrumentID = instrument.instrumentID
        position = lots
        costE8 = cost
        let unit = Int128(lots.rawValue.magnitude) * Int128(instrument.tickLotValueE12)
        let ticks = unit > 0 ? Int128(cost.magnitude) * 10_000 / unit : 0
        self.entry = PriceTicks(Int64(clamping: ticks))
    }
}

/// The trades of one instrument that a position read between two equal answers has in it.
public struct LatestTrades: Equatable, Sendable {
    /// The latest; 0: none is told.
    public var lastID: UInt64
    /// Trades that the venue numbers in no order with the others: liquidations at OKX.
    public var unorderedIDs: [UInt64]
    /// Earlier ones were not asked for, by the venue's time, ns: they are in the position.
    public var sinceNs: UInt64

    init(lastID: UInt64, unorderedIDs: [UInt64] = [], sinceNs: UInt64 = 0) {
        self.lastID = lastID
        self.unorderedIDs = unorderedIDs
        self.sinceNs = sinceNs
    }
}

/// What a venue says became of one order, as the evidence that the order's state takes.
public struct OrderFate: Equatable, Sendable {
    /// Accepted (it lives), canceled, expired (or filled), rejected or notFound.
    public var execution: Execution
    /// As the venue has it; `nil`: it has none.
    public var order: ListedOrder?
    /// When it was placed, changed or filled last, by the venue's clock, ns; 0: not told.
    public var updateTimeNs: UInt64

    init(_ execution: Execution, _ order: ListedOrder? = nil, updateTimeNs: UInt64 = 0) {
        self.execution = execution
        self.order = order
        self.updateTimeNs = updateTimeNs
    }
}

/// Funding of a position, once.
public struct FundingPayment: Equatable, Sendable {
    /// The venue's number of it.
    public var id: UInt64
    public var instrumentID: UInt32
    /// Paid; negative: received. 1e-8 of the quote currency.
    public var costE8: Int64

    /// - Parameter change: Of the balance, the venue's own decimal; negative: paid.
    init(id: UInt64, _ instrument: Instrument, change: String) throws(AccountError) {
        self.id = id
        instrumentID = instrument.instrumentID
        costE8 = -(try AccountWorth.e8(change))
    }

    /// As a venue lists it, for tests of who takes it.
    init(id: UInt64, instrumentID: UInt32, costE8: Int64) {
        self.id = id
        self.instrumentID = instrumentID
        self.costE8 = costE8
    }
}

/// What the account is worth to a venue, 1e-8 of its currency (dollars at OKX).
public struct AccountWorth: Equatable, Sendable {
    public var equityE8: Int64
    /// What the venue wants to see behind the positions.
    public var maintenanceE8: Int64

    /// Maintenance margin as a share of the equity, 1e-4: at 10,000 the venue liquidates. 0 where
    /// nothing is held; the largest number where no equity is left.
    public var marginRatioE4: Int64 {
        if maintenanceE8 <= 0 { return 0 }
        if equityE8 <= 0 { return Int64.max }
        return Int64(clamping: Int128(maintenanceE8) * 10_000 / Int128(equityE8))
    }

    mutating func add(equity: String) throws(AccountError) {
        equityE8 = try Self.sum(equityE8, equity)
    }

    mutating func add(maintenance: String) throws(AccountError) {
        maintenanceE8 = try Self.sum(maintenanceE8, maintenance)
    }

    private static func sum(_ a: Int64, _ text: String) throws(AccountError) -> Int64 {
        let (sum, overflow) = a.addingReportingOverflow(try e8(text))
        if overflow { throw AccountError("the account's worth does not fit") }
        return sum
    }

    /// A decimal of money in 1e-8; what is finer is left out.
    static func e8(_ text: String) throws(AccountError) -> Int64 {
        let value = JSONText.decimal(text)
        guard value.isValid, !value.overflows, value.decimals <= 30 else {
            throw AccountError("an amount of money is no decimal that fits")
        }
        var mantissa = Int128(value.mantissa)
        for _ in value.decimals..<max(8, value.decimals) { mantissa *= 10 }
        for _ in 8..<max(8, value.decimals) { mantissa /= 10 }
        guard let whole = Int64(exactly: mantissa) else {
            throw AccountError("an amount of money is no decimal that fits")
        }
        return value.isNegative ? -whole : whole
    }
}

extension Instrument {
    /// A price of the venue in ticks; `nil` when it is none, or off the tick.
    func ticks(_ text: String) -> PriceTicks? {
        Self.units(text, Int(priceDecimals), tickMantissa).map { PriceTicks(rawValue: $0) }
    }

    /// A quantity of the venue in lots; `nil` when it is none, or off the lot.
    func lots(_ text: String) -> QuantityLots? {
        Self.units(text, Int(quantityDecimals), lotMantissa).map { QuantityLots(rawValue: $0) }
    }

    private static func units(_ text: String, _ decimals: Int, _ unit: Int64) -> Int64? {
        guard let mantissa = Decimals.mantissa(text, decimals: decimals), unit > 0,
            mantissa % unit == 0
        else { return nil }
        return mantissa / unit
    }

    /// What `position` cost at an average entry that may lie between ticks, 1e-8 of the quote
    /// currency, rounded to the nearest; `nil` for a text that is no price, or beyond the range.
    func costE8(_ position: QuantityLots, entry: String) -> Int64? {
        let price = JSONText.decimal(entry)
        guard price.isValid, !price.overflows, !price.isNegative, price.decimals <= 18,
            tickMantissa > 0
        else { return nil }
        // entry / tick * lots * value of a tick and lot, all but the last division exact.
        var numerator = Int128(price.mantissa)
        var denominator: Int128 = Int128(tickMantissa) * 10_000
        for _ in 0..<Int(priceDecimals) { numerator *= 10 }
        for _ in 0..<Int(price.decimals) { denominator *= 10 }
        let lots = Int128(position.rawValue.magnitude)
        let (value, overflow) = numerator.multipliedReportingOverflow(by: lots)
        let (scaled, overflows) = value.multipliedReportingOverflow(by: Int128(tickLotValueE12))
        guard !overflow, !overflows else { return nil }
        let (whole, rest) = scaled.quotientAndRemainder(dividingBy: denominator)
        let rounded = rest * 2 >= denominator ? whole + 1 : whole
        guard let cost = Int64(exactly: rounded) else { return nil }
        return position.rawValue < 0 ? -cost : cost
    }
}
