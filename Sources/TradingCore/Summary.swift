//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Gateway
import Indicators
import MarketData
import Messages
import Rendering
import Telemetry
import Venues

/// One fill as the summary lists it.
struct FillRecord: Sendable {
    let timeNs: UInt64
    let instrumentID: UInt32
    let orderID: UInt64
    let tradeID: UInt64
    let side: Side
    let price: PriceTicks
    let quantity: QuantityLots
    let feeE8: Int64
    let isMaker: Bool

    /// An empty list whose memory is there already: the engine's does not grow with its fills.
    static func room(for count: Int) -> [FillRecord] {
        let blank = FillRecord(
            timeNs: 0, instrumentID: 0, orderID: 0, tradeID: 0, side: .buy,
            price: PriceTicks(rawValue: 0), quantity: QuantityLots(rawValue: 0), feeE8: 0,
            isMaker: false)
        var list = Array(repeating: blank, count: count)
        list.removeAll(keepingCapacity: true)
        return list
    }
}

/// What a run did: printed every few seconds and at the end, and written as JSON. Everything is
/// read from the telemetry page, so it is what the monitor shows.
struct Summary {
    let telemetry: TelemetryReader
    let instruments: InstrumentTable
    let control: ControlHandle
    let startTimeNs: UInt64
    let placement: String
    /// Names what was configured.
    let configuration: String
    let network: String

    /// The latency histogram that crosses the whole engine.
    static let wholePath = "receive_to_encrypted"

    // MARK: Text

    func text(nowNs: UInt64, isFinal: Bool) -> String {
        let elapsed = Double(nowNs - startTimeNs) / 1e9
        let counters = Dictionary(
            uniqueKeysWithValues: telemetry.counters.map { ($0.name, $0.value) })
        func count(_ name: String) -> String { NumberText.grouped(counters[name] ?? 0) }
        let rows = telemetry.instruments
        let messages = rows.reduce(0) { $0 + $1.status.messages }
        let sent = rows.reduce(0) { $0 + $1.status.ordersSent }
        let fills = rows.reduce(0) { $0 + $1.status.fills }
        let net = rows.reduce(0) {
            $0 + $1.status.realisedE8 + $1.status.unrealisedE8 - $1.status.feesE8
        }
        var lines = [
            "\(isFinal ? "final" : "after") \(NumberText.fixed(elapsed, decimals: 1)) s"
                + " · \(control.state.text) · \(placement) · \(network)",
            "messages \(NumberText.grouped(messages)) · signals \(count("inference_signals_total"))"
                + " · orders \(NumberText.grouped(sent)) · fills \(NumberText.grouped(fills))"
                + " · P&L \(NumberText.money(e8: net)) after fees",
            "",
        ]
        lines += instrumentTable(rows).lines + [""]
        for table in QualityText.tables(telemetry.quality) { lines += table.lines + [""] }
        lines += latencyTable().lines + [""]
        let outliers = telemetry.outliers
        if outliers.count > 0 {
            lines += ["outliers \(OutlierText.total(outliers))"]
            lines += outlierTable(outliers, nowNs: nowNs).lines + [""]
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func instrumentTable(
        _ rows: [(symbol: String, venue: String, status: InstrumentData)]
    ) -> TextTable {
        var table = TextTable([
            "<venue", "<instrument", "messages", "gaps", "resyncs", "book", "bid", "ask",
            "position", "open", "orders", "fills", "rejects", "realised", "unrealised", "fees",
        ])
        for (id, row) in rows.enumerated() {
            let status = row.status
            let instrument = instruments[UInt32(id)]
            table.add([
                row.venue, row.symbol, NumberText.grouped(status.messages), "\(status.gaps)",
                "\(status.resyncs)", status.isBookValid == 1 ? "in sync" : "INVALID",
                instrument.text(price: PriceTicks(rawValue: status.bid)),
                instrument.text(price: PriceTicks(rawValue: status.ask)),
                instrument.text(quantity: QuantityLots(rawValue: status.position)),
                "\(status.openOrders)", "\(status.ordersSent)", "\(status.fills)",
                "\(status.rejects)", NumberText.money(e8: status.realisedE8),
                NumberText.money(e8: status.unrealisedE8), NumberText.money(e8: status.feesE8),
            ])
        }
        return table
    }

    private func latencyTable() -> TextTable {
        var table = TextTable(["<latency, ns", "count", "p50", "p90", "p99", "p99.9", "max"])
        for histogram in telemetry.histograms where histogram.total > 0 {
            table.add(
                [histogram.name, NumberText.grouped(histogram.total)]
                    + Self.fractions.map {
                        NumberText.grouped(histogram.value(atFraction: $0))
                    } + [NumberText.grouped(histogram.maximum)])
        }
        return table
    }

    private func outlierTable(_ outliers: OutlierSnapshot, nowNs: UInt64) -> TextTable {
        OutlierText.table(
            outliers, symbols: telemetry.instruments.map(\.symbol), nowNs: nowNs, rowsMax: 5)
    }

    private static let fractions = [0.5, 0.9, 0.99, 0.999]

    // MARK: JSON

    /// - Parameter books: By instrument, as the kernel left them; every level, best first.
    func json(
        nowNs: UInt64, fills: [FillRecord], fillsDropped: UInt64, openOrders: [OpenOrder],
        books: [BookDump]
    ) -> String {
        var writer = JSONWriter()
        writer.object { root in
            root.add("instance", telemetry.instance)
            root.add("start_time_ns", startTimeNs)
            root.add("duration_ns", nowNs - startTimeNs)
            root.add("trading_state", control.state.text)
            root.add("configuration", configuration)
            root.add("placement", placement)
            root.add("network", network)
            root.array("instruments") { list in
                for (id, row) in telemetry.instruments.enumerated() {
                    list.object { write(row, UInt32(id), fills, openOrders, books, &$0) }
                }
            }
            root.add("fills_not_listed", fillsDropped)
            root.array("models") { list in
                for model in telemetry.models {
                    list.object {
                        $0.add("name", model.name)
                        $0.add("kind", model.kind)
                        $0.add("state", model.status.stateText)
                        $0.add("checksum", model.status.checksumText)
                        $0.add("judged", model.status.judged)
                        for figure in model.status.figures { $0.add(figure.name, figure.value) }
                    }
                }
            }
            QualityText.write(telemetry.quality, to: &root)
            OutlierText.write(
                telemetry.outliers, symbols: telemetry.instruments.map(\.symbol), to: &root)
            root.object("counters") { object in
                for counter in telemetry.counters { object.add(counter.name, counter.value) }
            }
            root.object("histograms") { object in
                for histogram in telemetry.histograms { write(histogram, &object) }
            }
        }
        return writer.text + "\n"
    }

    private func write(
        _ row: (symbol: String, venue: String, status: InstrumentData), _ id: UInt32,
        _ fills: [FillRecord], _ openOrders: [OpenOrder], _ books: [BookDump],
        _ object: inout JSONWriter
    ) {
        let status = row.status
        let instrument = instruments[id]
        object.add("venue", row.venue)
        object.add("symbol", row.symbol)
        object.add("messages", status.messages)
        object.add("gaps", status.gaps)
        object.add("resyncs", status.resyncs)
        object.add("book_in_sync", status.isBookValid == 1)
        object.add("position", instrument.text(quantity: QuantityLots(rawValue: status.position)))
        object.add("orders_sent", status.ordersSent)
        object.add("cancels_sent", status.cancelsSent)
        object.add("rejects", status.rejects)
        object.add("fill_count", status.fills)
        object.add("realised", Decimals.text(mantissa: status.realisedE8, decimals: 8))
        object.add("unrealised", Decimals.text(mantissa: status.unrealisedE8, decimals: 8))
        object.add("fees", Decimals.text(mantissa: status.feesE8, decimals: 8))
        if Int(id) < books.count {
            object.object("book") { write(books[Int(id)], instrument, &$0) }
        }
        object.array("open_orders") { list in
            for order in openOrders where order.instrumentID == id {
                list.object {
                    $0.add("client_order_id", ClientOrderID.text(order.orderID))
                    $0.add("side", order.side == .buy ? "buy" : "sell")
                    $0.add("price", instrument.text(price: order.price))
                    $0.add("leaves_quantity", instrument.text(quantity: order.leaves))
                }
            }
        }
        object.array("fills") { list in
            for fill in fills where fill.instrumentID == id {
                list.object {
                    $0.add("time_ns", fill.timeNs)
                    $0.add("trade_id", fill.tradeID)
                    $0.add("client_order_id", ClientOrderID.text(fill.orderID))
                    $0.add("side", fill.side == .buy ? "buy" : "sell")
                    $0.add("price", instrument.text(price: fill.price))
                    $0.add("quantity", instrument.text(quantity: fill.quantity))
                    $0.add("fee", Decimals.text(mantissa: fill.feeE8, decimals: 8))
                    $0.add("liquidity", fill.isMaker ? "maker" : "taker")
                }
            }
        }
    }

    /// Update id and levels, prices and quantities as the venue writes them.
    private func write(
        _ book: BookDump, _ instrument: Instrument, _ object: inout JSONWriter
    ) {
        object.add("update_id", book.updateID)
        object.add("is_in_sync", book.isInSync)
        object.add("applied_updates", book.appliedUpdates)
        for (name, levels) in [("bids", book.bids), ("asks", book.asks)] {
            object.array(name) { list in
                for level in levels {
                    list.array { pair in
                        pair.addElement(instrument.text(price: level.price))
                        pair.addElement(instrument.text(quantity: level.quantity))
                    }
                }
            }
        }
    }

    private func write(_ histogram: HistogramSnapshot, _ object: inout JSONWriter) {
        object.object(histogram.name) { values in
            values.add("count", histogram.total)
            values.add("mean_ns", histogram.mean)
            values.add("p50_ns", histogram.value(atFraction: 0.5))
            values.add("p90_ns", histogram.value(atFraction: 0.9))
            values.add("p99_ns", histogram.value(atFraction: 0.99))
            values.add("p99_9_ns", histogram.value(atFraction: 0.999))
            values.add("max_ns", histogram.maximum)
        }
    }
}

/// An order that was open when it was looked at.
struct OpenOrder: Sendable {
    let orderID: UInt64
    let instrumentID: UInt32
    let side: Side
    let price: PriceTicks
    let leaves: QuantityLots
}

extension OpenOrder {
    /// Every live order of the gateway; only once its thread has ended.
    static func all(_ gateway: UnsafeMutablePointer<GatewayStage>) -> [OpenOrder] {
        unsafe gateway.pointee.openOrders.map { record in
            OpenOrder(
                orderID: record.orderID, instrumentID: record.instrumentID, side: record.side,
                price: record.limitPrice, leaves: record.state.leaves)
        }
    }
}
