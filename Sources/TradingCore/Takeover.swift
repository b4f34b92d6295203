//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Accounts
import Messages
import Venues

/// Tells what was found at a venue at the start: each order and each position that is taken over.
struct Takeover {
    private let venue: Venue
    private let instruments: InstrumentTable
    private var orders = 0
    private var positions = 0

    init(_ venue: Venue, _ instruments: InstrumentTable) {
        self.venue = venue
        self.instruments = instruments
    }

    mutating func tell(_ news: some Sequence<AccountNews>, to log: Log) {
        for case .report(let report) in news {
            switch report.execution {
            case .adopted: tell(order: report, to: log)
            case .position where report.position.rawValue != 0: tell(position: report, to: log)
            default: break
            }
        }
        log.info(
            "account taken over",
            ["venue": venue.text, "orders": "\(orders)", "positions": "\(positions)"])
    }

    private mutating func tell(order report: ExecutionReport, to log: Log) {
        orders += 1
        let instrument = instruments[report.instrumentID]
        log.info(
            "order taken over",
            [
                "venue": venue.text, "symbol": instrument.venueSymbolText,
                "id": ClientOrderID.text(report.orderID),
                "side": report.side == .buy ? "buy" : "sell",
                "price": instrument.text(price: report.lastPrice),
                "quantity": instrument.text(quantity: report.lastQuantity),
                "filled": instrument.text(quantity: report.cumulativeQuantity),
            ])
    }

    private mutating func tell(position report: ExecutionReport, to log: Log) {
        positions += 1
        let instrument = instruments[report.instrumentID]
        log.info(
            "position taken over",
            [
                "venue": venue.text, "symbol": instrument.venueSymbolText,
                "quantity": instrument.text(quantity: report.position),
                "cost": Decimals.text(mantissa: report.feeE8, decimals: 8),
                "last_trade": "\(report.venueOrderID)",
            ])
    }
}
