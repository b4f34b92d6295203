//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Accounts
import JSON
import Messages
import Platform

/// Closes the positions of one venue's traded instruments by orders that only reduce, at the mark
/// price or within the collar around it.
struct Flattening {
    private let venue: WatchdogVenue
    private let options: WatchdogOptions
    private let journal: KillJournal
    private let startNs = monotonicNs()

    private static let pauseNs: UInt64 = 100_000_000

    init(_ venue: WatchdogVenue, _ options: WatchdogOptions, _ journal: KillJournal) {
        self.venue = venue
        self.options = options
        self.journal = journal
    }

    private typealias Fields = KeyValuePairs<String, String>

    /// - Returns: Whether the venue lists no position of a traded instrument.
    func run() -> Bool {
        var orders = 0
        while monotonicNs() - startNs < options.deadlineNs {
            do throws(AccountError) {
                let open = try positions()
                if open.isEmpty {
                    journal.info(
                        "flatten",
                        [
                            "venue": venue.venue.text, "positions": "0", "orders": "\(orders)",
                            "ms": Fields.milliseconds(since: startNs),
                        ])
                    return true
                }
                for (instrument, amount) in open {
                    try reduce(instrument, amount)
                    orders += 1
                }
            } catch { tell("\(error)") }
            CurrentThread.sleep(ns: Self.pauseNs)
        }
        tell("positions are not known to be flat after \(orders) orders")
        return false
    }

    private func positions() throws(AccountError) -> [(Instrument, String)] {
        try venue.session.openPositions().compactMap { symbol, amount in
            venue.instruments.first { $0.venueSymbolText == symbol }.map { ($0, amount) }
        }
    }

    private func reduce(_ instrument: Instrument, _ amount: String) throws(AccountError) {
        let side: Side = amount.hasPrefix("-") ? .buy : .sell
        let mark = try venue.session.markPrice(instrument)
        guard let lots = Self.lots(amount, instrument),
            let limit = Self.limit(mark, side, collarBps: options.collarBps, instrument)
        else {
            throw AccountError(
                "\(instrument.venueSymbolText): position \(amount) at \(mark) is no whole order")
        }
        try venue.session.reduce(
            instrument, side: side, quantity: lots, limit: limit, orderID: wallNs())
        journal.info(
            "reduce",
            [
                "venue": venue.venue.text, "instrument": instrument.venueSymbolText,
                "position": amount, "limit": instrument.text(price: limit), "mark": mark,
            ])
    }

    /// The lots of a position that one order may carry; `nil` below one.
    static func lots(_ amount: String, _ instrument: Instrument) -> QuantityLots? {
        let decimals = UInt32(instrument.quantityDecimals)
        guard let units = JSONText.decimal(amount).scaled(decimals: decimals),
            units != .min, instrument.lotMantissa > 0
        else { return nil }
        let lots = min(abs(units) / instrument.lotMantissa, instrument.quantityMax.rawValue)
        return lots > 0 ? QuantityLots(lots) : nil
    }

    /// The worst price within the collar, on a tick: a sale no lower, a purchase no higher.
    static func limit(
        _ mark: String, _ side: Side, collarBps: Int, _ instrument: Instrument
    ) -> PriceTicks? {
        let decimals = UInt32(instrument.priceDecimals)
        guard let units = JSONText.decimal(mark).scaled(decimals: decimals), units > 0,
            instrument.tickMantissa > 0
        else { return nil }
        let tick = Int128(instrument.tickMantissa) * 10_000
        let isSale = side == .sell
        let bound = Int128(units) * Int128(isSale ? 10_000 - collarBps : 10_000 + collarBps)
        let ticks = isSale ? (bound + tick - 1) / tick : bound / tick
        return Int64(exactly: ticks).flatMap { $0 > 0 ? PriceTicks($0) : nil }
    }

    private func tell(_ reason: String) {
        journal.error("flatten", ["venue": venue.venue.text, "reason": reason])
    }
}
