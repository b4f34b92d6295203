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
                            "ms": KillJournal.milliseconds(since: startNs),
                        ])
                    return true
                }
                for (instrument, position) in open {
                    try reduce(instrument, position)
                    orders += 1
                }
            } catch { tell("\(error)") }
            CurrentThread.sleep(ns: Self.pauseNs)
        }
        tell("positions are not known to be flat after \(orders) orders")
        return false
    }

    private func positions() throws(AccountError) -> [(Instrument, QuantityLots)] {
        let listed = try venue.session.listedPositions(venue.instruments)
        return zip(venue.instruments, listed).compactMap { instrument, row in
            row.position.rawValue == 0 ? nil : (instrument, row.position)
        }
    }

    private func reduce(
        _ instrument: Instrument, _ position: QuantityLots
    ) throws(AccountError) {
        let side: Side = position.rawValue < 0 ? .buy : .sell
        let mark = try venue.session.markPrice(instrument)
        guard let limit = Self.limit(mark, side, collarBps: options.collarBps, instrument) else {
            throw AccountError("\(instrument.venueSymbolText): no limit price at mark \(mark)")
        }
        // What one order may not carry is left to the next round.
        let most = UInt64(max(1, instrument.quantityMax.rawValue))
        let lots = QuantityLots(Int64(min(position.rawValue.magnitude, most)))
        try venue.session.reduce(
            instrument, side: side, quantity: lots, limit: limit, orderID: wallNs())
        journal.info(
            "reduce",
            [
                "venue": venue.venue.text, "instrument": instrument.venueSymbolText,
                "position": instrument.text(quantity: position),
                "limit": instrument.text(price: limit), "mark": mark,
            ])
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
