//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Options
public import Telemetry

/// Execution quality as people and programs read it, the same in the engine's summary and in the
/// monitor.
public enum QualityText {
    /// One table each for orders, markouts, shortfall and profit; none before an order was sent.
    public static func tables(_ rows: [QualityRow]) -> [TextTable] {
        if rows.isEmpty { return [] }
        return [orders(rows), markouts(rows), shortfall(rows), profit(rows)]
    }

    private static let names = ["<instrument", "<venue", "<strategy"]

    private static func names(_ row: QualityRow) -> [String] {
        [row.symbol, row.venue, row.strategyText]
    }

    private static func number(_ value: Double) -> String {
        NumberText.finite(value, decimals: 2)
    }

    private static func percent(_ ratio: Double) -> String {
        NumberText.finite(ratio * 100, decimals: 1)
    }

    private static func money(_ e8: Int64) -> String {
        NumberText.fixed(Double(e8) / 1e8, decimals: 4)
    }

    private static func orders(_ rows: [QualityRow]) -> TextTable {
        var table = TextTable(
            names + [
                "orders", "fills", "filled %", "cancel %", "expire %", "reject %", "maker %",
                "cost bps: decision", "arrival", "touch", "rested p50", "p99",
            ])
        for row in rows {
            let data = row.data
            let hasRested = data.restingFills > 0
            table.add(
                names(row) + [
                    NumberText.grouped(data.ordersPlaced), NumberText.grouped(data.fills),
                    percent(data.fillRatio), percent(data.ofOrders(data.ordersCanceled)),
                    percent(data.ofOrders(data.ordersExpired)),
                    percent(data.ofOrders(data.ordersRejected)), percent(data.makerShare),
                    number(Double(bitPattern: data.slippageDecisionBits)),
                    number(Double(bitPattern: data.slippageArrivalBits)),
                    number(Double(bitPattern: data.slippageTouchBits)),
                    hasRested ? Durations.text(ns: data.restingP50Ns) : "-",
                    hasRested ? Durations.text(ns: data.restingP99Ns) : "-",
                ])
        }
        return table
    }

    private static func markouts(_ rows: [QualityRow]) -> TextTable {
        let horizons = rows[0].data.markoutRows.map(\.horizon)
        var table = TextTable(
            names + horizons.enumerated().map { $0.offset == 0 ? "gain bps: \($0.1)" : $0.1 }
                + ["not yet: 5m"])
        for row in rows {
            let markouts = row.data.markoutRows
            table.add(
                names(row) + markouts.map { number($0.bps) }
                    + [NumberText.grouped(markouts.last?.unresolved ?? 0)])
        }
        return table
    }

    private static func shortfall(_ rows: [QualityRow]) -> TextTable {
        var table = TextTable(
            names + ["shortfall: delay", "trading", "opportunity", "fees", "sum", "bps"])
        for row in rows {
            let data = row.data
            table.add(
                names(row) + [
                    money(data.shortfallDelayE8), money(data.shortfallTradingE8),
                    money(data.shortfallOpportunityE8), money(data.shortfallFeesE8),
                    money(data.shortfallE8), number(Double(bitPattern: data.shortfallBits)),
                ])
        }
        return table
    }

    private static func profit(_ rows: [QualityRow]) -> TextTable {
        var table = TextTable(
            names + ["profit: spread", "inventory", "latency", "fees", "funding", "sum"])
        for row in rows {
            let data = row.data
            table.add(
                names(row) + [
                    money(data.profitSpreadE8), money(data.profitInventoryE8),
                    money(data.profitLatencyE8), money(data.profitFeesE8),
                    money(data.profitFundingE8), money(data.profitE8),
                ])
        }
        return table
    }

    /// The array "quality": exact decimals of the quote currency as texts, ratios as numbers.
    public static func write(_ rows: [QualityRow], to json: inout JSONWriter) {
        json.array("quality") { list in
            for row in rows { list.object { write(row, to: &$0) } }
        }
    }

    private static func write(_ row: QualityRow, to json: inout JSONWriter) {
        json.add("symbol", row.symbol)
        json.add("venue", row.venue)
        json.add("strategy", row.strategyText)
        for count in row.data.counts { json.add(count.name, count.value) }
        for ratio in row.data.ratios { json.add(ratio.name, ratio.value) }
        for amount in row.data.money { json.add(amount.name, NumberText.exact(e8: amount.e8)) }
        for time in row.data.restingTimes { json.add("resting_\(time.name)_ns", time.ns) }
        json.array("markouts") { list in
            for markout in row.data.markoutRows {
                list.object {
                    $0.add("horizon", markout.horizon)
                    $0.add("gain", NumberText.exact(e8: markout.gainE8))
                    $0.add("gain_bps", markout.bps)
                    $0.add("judged", markout.judged)
                    $0.add("unresolved", markout.unresolved)
                }
            }
        }
    }
}
