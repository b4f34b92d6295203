//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc
import Messages
import Platform
import Quality
import Telemetry
import Venues

/// CSV of execution quality: a row for each order when it ends, and one for each fill when its
/// markouts are known. Columns that a kind of row does not have are empty, as is what is not known.
///
/// Prices and quantities are exact, as the venue prints them; mids have one digit more. Basis
/// points and money (quote currency, 1e-8) follow `QualityTracker`'s definitions: slippage and
/// shortfall are costs, markouts are gains. A fill that came behind its order's end brings the
/// order's row anew, with the next `revision`.
final class QualityFile {
    private let instruments: InstrumentTable
    private let descriptor: Int32
    private var rows: RowWriter
    private let output: Output
    /// Rows that could not be written; from the first failed piece on all are lost.
    var rowsLost: UInt64 { output.hasFailed ? UInt64(rows.rowCount) - output.rowsSafe : 0 }

    private final class Output {
        var hasFailed = false
        var rowsSafe: UInt64 = 0
    }

    static let columns = [
        "record", "time_ns", "venue", "symbol", "strategy", "client_order_id", "side", "price",
        "quantity", "filled_quantity", "status", "revision", "decision_time_ns", "sent_time_ns",
        "first_fill_time_ns", "trade_id", "liquidity", "decision_mid", "arrival_mid", "mid",
        "slippage_decision_bps", "slippage_arrival_bps", "slippage_touch_bps",
        "shortfall_delay_quote", "shortfall_trading_quote", "shortfall_opportunity_quote",
        "fees_quote", "shortfall_quote",
    ] + MarkoutHorizon.names.map { "markout_\($0)_bps" }

    /// - Throws: `EngineError` when the file cannot be made anew.
    init(_ path: String, _ instruments: InstrumentTable) throws(EngineError) {
        descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw EngineError("execution.quality_file: cannot write \(path)")
        }
        self.instruments = instruments
        let (descriptor, output) = (descriptor, Output())
        self.output = output
        rows = RowWriter(columns: Self.columns, format: .csv) { text in
            if output.hasFailed { return }
            output.hasFailed = !TextFile.append(text, to: descriptor)
        }
    }

    deinit { close(descriptor) }

    func write(_ event: QualityEvent) {
        switch event {
        case .order(let order): write(order)
        case .fill(let fill): write(fill)
        }
    }

    /// Hands on what is waiting.
    func flush() {
        rows.flush()
        if !output.hasFailed { output.rowsSafe = UInt64(rows.rowCount) }
    }

    // MARK: Rows

    private func write(_ order: FollowedOrder) {
        let instrument = instruments[order.instrumentID]
        let parts = Money(order, instrument)
        var cells: [Cell] = [
            .text("order"), .number("\(order.endTimeNs)"), .text(instrument.venue.text),
            .text(instrument.symbolText), strategy(order.strategyID),
            .text(ClientOrderID.text(order.orderID)), .text(Self.text(order.side)),
            price(order.limitPrice, instrument), quantity(order.quantity, instrument),
            quantity(order.filled, instrument), .text(Self.text(order.status)),
            .number("\(order.revision)"), time(order.decisionTimeNs), time(order.sentTimeNs),
            time(order.firstFillTimeNs), .text(""), .text(""), mid(order.decision, instrument),
            mid(order.arrival, instrument), mid(order.end, instrument),
        ]
        cells += [.text(""), .text(""), .text("")] + parts.cells
        cells += MarkoutHorizon.names.map { _ in .text("") }
        rows.write(cells)
    }

    private func write(_ fill: FollowedFill) {
        let instrument = instruments[fill.instrumentID]
        var cells: [Cell] = [
            .text("fill"), .number("\(fill.timeNs)"), .text(instrument.venue.text),
            .text(instrument.symbolText), strategy(fill.strategyID),
            .text(fill.orderID == 0 ? "" : ClientOrderID.text(fill.orderID)),
            .text(Self.text(fill.side)), price(fill.price, instrument),
            quantity(fill.lots, instrument), .text(""), .text(""), .text(""), .text(""),
            .text(""), .text(""), .number("\(fill.tradeID)"),
            .text(fill.isMaker ? "maker" : "taker"), mid(fill.decision, instrument),
            mid(fill.arrival, instrument), mid(fill.top, instrument),
        ]
        let touch = 2 * fill.arrival.opposite(of: fill.side)
        for benchmark in [fill.decision.midTwice, fill.arrival.midTwice, touch] {
            cells.append(
                bps(fill.slippageTwice(againstTwice: benchmark), ofTwice: benchmark))
        }
        let fee = Decimals.text(mantissa: fill.feeE8, decimals: 8)
        cells += [.text(""), .text(""), .text(""), .text(fee), .text("")]
        for horizon in 0..<MarkoutHorizon.count {
            cells.append(bps(fill.markoutTwice(horizon), ofTwice: 2 * fill.price))
        }
        rows.write(cells)
    }

    /// Fees and, of an order that can be judged, the parts of its shortfall.
    private struct Money {
        let cells: [Cell]

        init(_ order: FollowedOrder, _ instrument: Instrument) {
            func text(_ e8: Int64) -> Cell { .text(Decimals.text(mantissa: e8, decimals: 8)) }
            guard let parts = order.shortfallE8(tickLotValueE12: instrument.tickLotValueE12) else {
                cells = [.text(""), .text(""), .text(""), text(order.feesE8), .text("")]
                return
            }
            cells = [
                text(parts.delay), text(parts.trading), text(parts.opportunity),
                text(parts.fees), text(parts.whole),
            ]
        }
    }

    // MARK: Cells

    private func strategy(_ id: UInt8) -> Cell {
        .text(id == QualityTracker.noStrategy ? "-" : "\(id)")
    }

    private static func text(_ side: Side) -> String { side == .buy ? "buy" : "sell" }

    private static func text(_ status: OrderStatus) -> String {
        switch status {
        case .filled: "filled"
        case .canceled: "canceled"
        case .expired: "expired"
        case .rejected: "rejected"
        default: "status-\(status.rawValue)"
        }
    }

    private func time(_ ns: UInt64) -> Cell { .text(ns == 0 ? "" : "\(ns)") }

    private func price(_ ticks: Int64, _ instrument: Instrument) -> Cell {
        .text(instrument.text(price: PriceTicks(rawValue: ticks)))
    }

    private func quantity(_ lots: Int64, _ instrument: Instrument) -> Cell {
        .text(instrument.text(quantity: QuantityLots(rawValue: lots)))
    }

    /// Exact: half of twice the mid is five tenths.
    private func mid(_ top: TopOfBook, _ instrument: Instrument) -> Cell {
        if !top.isKnown { return .text("") }
        return .text(
            Decimals.text(
                mantissa: top.midTwice * instrument.tickMantissa * 5,
                decimals: Int(instrument.priceDecimals) + 1))
    }

    private func bps(_ gain: Int64?, ofTwice base: Int64) -> Cell {
        guard let gain, base > 0 else { return .text("") }
        return .value(Double(gain) / Double(base) * 1e4)
    }
}
