//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Rendering
import Options
import Telemetry

/// The view for people.
struct TableFormat {
    private let now: Observation
    private let rates: Rates
    private let width: Int
    private var lines: [ScreenLine] = []

    /// - Parameters:
    ///   - earlier: What rates are measured against; `nil`: rates since the start.
    ///   - width: Columns that counters are set out in.
    static func lines(
        _ now: Observation, since earlier: Observation?, width: Int
    ) -> [ScreenLine] {
        var format = TableFormat(
            now: now, rates: Rates(from: earlier, to: now), width: max(40, width))
        format.addHeader()
        format.addStages()
        format.addLatencies()
        format.add(OutlierFormat.table(now))
        format.addRings()
        format.addInstruments()
        format.addFeatures()
        format.addModels()
        for table in QualityText.tables(now.quality) { format.add(table) }
        format.addCounters()
        return format.lines
    }

    private init(now: Observation, rates: Rates, width: Int) {
        self.now = now
        self.rates = rates
        self.width = width
    }

    private mutating func add(_ text: String, _ style: ScreenLine.Style = .plain) {
        lines.append(ScreenLine(text: text, style: style))
    }

    private mutating func add(_ table: TextTable) {
        if table.isEmpty { return }
        add("")
        for (index, line) in table.lines.enumerated() { add(line, index == 0 ? .title : .plain) }
    }

    private mutating func addHeader() {
        let mode = now.mode.isEmpty ? "" : " · \(now.mode)"
        let placement = now.placement.isEmpty ? "" : " · \(now.placement)"
        add(
            "apus \(now.instance) · process \(now.processID) · up "
                + "\(Durations.text(ns: now.uptimeNs))\(mode)\(placement)", .title)
        let (pulse, isAlarming) = now.pulse
        add("engine   \(pulse)", isAlarming ? .alarm : .plain)
        guard let control = now.control else {
            return add("trading  no control page yet", .alarm)
        }
        add("trading  \(control.text)", control.state == "READY" ? .plain : .alarm)
        let span = Durations.text(ns: rates.spanNs)
        add("rates    \(rates.isSinceStart ? "since the start, \(span)" : "over \(span)")")
        if let total = OutlierFormat.total(now) { add("outliers \(total)") }
    }

    private mutating func addStages() {
        var table = TextTable(["<stage", "core", "polls/s", "busy %", "work/s", "heartbeat"])
        for stage in now.stages {
            let before = rates.stage(stage.name)
            let polls = rates.perSecond(stage.polls, before?.polls)
            let busy = rates.perSecond(stage.busyPolls, before?.busyPolls)
            table.add([
                stage.name, stage.core < 0 ? "-" : "\(stage.core)", NumberText.rate(polls),
                polls > 0 ? NumberText.fixed(min(100, 100 * busy / polls), decimals: 1) : "-",
                NumberText.rate(rates.perSecond(stage.work, before?.work)),
                stage.heartbeatNs == 0
                    ? "-" : age(of: stage.heartbeatNs),
            ])
        }
        add(table)
    }

    private mutating func addLatencies() {
        var table = TextTable(
            ["<latency", "count"] + Percentile.all.map(\.title) + ["max", "mean"])
        for histogram in now.histograms where histogram.total > 0 {
            let points = Percentile.all.map { percentile in
                percentile.value(histogram).map { Durations.text(ns: $0) } ?? "-"
            }
            table.add(
                [histogram.name, NumberText.grouped(histogram.total)] + points + [
                    Durations.text(ns: histogram.maximum),
                    Durations.text(ns: histogram.sum / histogram.total),
                ])
        }
        add(table)
    }

    private mutating func addRings() {
        var table = TextTable(["<ring", "depth", "capacity", "full %", "published"])
        for ring in now.rings {
            table.add([
                ring.name, NumberText.grouped(ring.depth), NumberText.grouped(ring.capacity),
                NumberText.fixed(100 * ring.share, decimals: 1),
                NumberText.grouped(ring.published),
            ])
        }
        add(table)
    }

    private mutating func addInstruments() {
        var market = TextTable([
            "<instrument", "<venue", "bid", "ask", "spread", "messages", "gaps", "resyncs",
            "<book", "age",
        ])
        var account = TextTable([
            "<instrument", "<venue", "position", "realised", "unrealised", "fees", "open",
            "sent", "fills", "rejects",
        ])
        for row in now.instruments {
            let values = InstrumentText(row.status)
            let status = row.status
            market.add([
                row.symbol, row.venue, values.bid, values.ask, values.spread,
                NumberText.grouped(status.messages), NumberText.grouped(status.gaps),
                NumberText.grouped(status.resyncs),
                status.isBookValid != 0 ? "in sync" : "NOT IN SYNC",
                status.lastUpdateNs == 0 ? "-" : age(of: status.lastUpdateNs),
            ])
            account.add([
                row.symbol, row.venue, values.position, NumberText.money(e8: status.realisedE8),
                NumberText.money(e8: status.unrealisedE8), NumberText.money(e8: status.feesE8),
                NumberText.grouped(status.openOrders), NumberText.grouped(status.ordersSent),
                NumberText.grouped(status.fills), NumberText.grouped(status.rejects),
            ])
        }
        add(market)
        add(account)
    }

    private mutating func addFeatures() {
        var table = TextTable(["<features", "horizon", "IC", "hit rate", "n"])
        for row in now.features {
            table.add([
                row.name, Durations.text(ns: row.horizonNs),
                NumberText.fixed(row.informationCoefficient, decimals: 4),
                NumberText.finite(row.hitRate, decimals: 4),
                NumberText.grouped(row.count),
            ])
        }
        add(table)
    }

    private mutating func addModels() {
        var table = TextTable([
            "<models", "<kind", "<state", "share", "score", "judged", "accuracy", "IC", "slope",
            "PSI",
        ])
        func number(_ value: Double) -> String { NumberText.finite(value, decimals: 4) }
        for row in now.models {
            let status = row.status
            table.add([
                row.name, row.kind, status.stateText, number(status.share), number(status.score),
                NumberText.grouped(status.judged), number(status.accuracy),
                number(status.correlation), number(status.slope), number(status.drift),
            ])
        }
        add(table)
    }

    private mutating func addCounters() {
        let earlier = rates.counters()
        var cells: [[String]] = []
        for counter in now.counters where counter.value != 0 {
            let rate = rates.perSecond(counter.value, earlier[counter.name])
            let isShown = counter.isTotal && rate >= 0.005
            cells.append([
                counter.name, NumberText.grouped(counter.value),
                isShown ? "\(NumberText.rate(rate))/s" : "",
            ])
        }
        let widths = (0..<3).map { part in cells.map { $0[part].count }.max() ?? 0 }
        let columns = max(1, (width + 4) / (widths.reduce(0, +) + 4 + 4))
        var table = TextTable((0..<columns).flatMap { _ in ["<counter", "value", "rate", "<  "] })
        let height = (cells.count + columns - 1) / columns
        for row in 0..<height {
            let filled = stride(from: row, to: cells.count, by: height).flatMap { index in
                cells[index] + [""]
            }
            table.add(filled + Array(repeating: "", count: 4 * columns - filled.count))
        }
        add(table)
    }

    private func age(of past: UInt64) -> String {
        Durations.text(ns: Observation.age(of: past, at: now.timeNs))
    }
}
