//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Options
import Rendering
import Reports

/// Ways to the venue to run with, the shortest first.
public struct Delays: Sendable, Equatable {
    struct Delay: Sendable, Equatable {
        /// As it was asked for.
        let text: String
        let ns: Int64
    }

    let all: [Delay]

    private static let nsMax: UInt64 = 3_600_000_000_000
    private static let countMax = 100

    /// None.
    public init() { all = [] }

    /// - Parameter text: "1us,1ms,250ms", in any order.
    /// - Throws: `UsageError` for what is no duration, over an hour, there twice, or too many.
    public init(_ text: String) throws {
        var all: [Delay] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let ns = Durations.nanoseconds(String(part)), ns <= Self.nsMax else {
                throw UsageError("--delays: '\(part)' is no duration of at most an hour")
            }
            guard !all.contains(where: { $0.ns == Int64(ns) }) else {
                throw UsageError("--delays: '\(part)' stands there twice")
            }
            all.append(Delay(text: String(part), ns: Int64(ns)))
        }
        guard all.count <= Self.countMax else {
            throw UsageError("--delays: at most \(Self.countMax)")
        }
        self.all = all.sorted { $0.ns < $1.ns }
    }
}

/// What a run came to whose orders were so long on the way to the venue.
public struct DelayCost: Sendable {
    /// As it was asked for.
    public let text: String
    public let delayNs: Int64
    public let orderCount: Int
    public let fillCount: Int
    /// Quote currency, two decimals.
    public let turnover: String
    public let fees: String
    public let profit: String
    /// As `apus report` has them, of returns at its default interval; `nil`: undefined.
    public let netReturn: Double?
    public let sharpe: Double?
    /// Profit by what was traded.
    public let edgeBps: Double?

    /// - Parameter spanNs: Decides the interval of returns.
    /// - Throws: `RunFileError` for a result that no report takes.
    init(_ delay: Delays.Delay, _ report: BacktestReport, spanNs: UInt64) throws {
        text = delay.text
        delayNs = delay.ns
        orderCount = report.run.venue.orders.count
        fillCount = report.run.venue.fills.count
        turnover = report.turnover
        fees = report.fees
        profit = report.profit
        // The very text that a report would read, so that there is one definition of each figure.
        let run = try Run(Array(report.json(isBrief: true).utf8), name: delay.text)
        let interval = ReturnSeries.defaultIntervalNs(spanNs: spanNs)
        let analysis = try RunAnalysis.all([run], ReportOptions(intervalNs: interval)).first
        netReturn = analysis?.metrics.totalReturn
        sharpe = analysis?.metrics.sharpe
        edgeBps = analysis?.trading.profitBps
    }

    func write(to row: inout JSONWriter) {
        row.add("delay_ns", delayNs)
        if let netReturn { row.add("net_return", netReturn) }
        if let sharpe { row.add("sharpe", sharpe) }
        row.add("fills", fillCount)
        if let edgeBps { row.add("edge_bps", edgeBps) }
    }

    /// A table to read, a row for each.
    public static func lines(_ costs: [DelayCost]) -> [String] {
        var table = TextTable(
            ["delay", "orders", "fills", "volume", "fees", "profit", "edge, bps"])
        for cost in costs {
            table.add([
                cost.text, "\(cost.orderCount)", "\(cost.fillCount)", cost.turnover, cost.fees,
                cost.profit, cost.edgeBps.map { NumberText.fixed($0, decimals: 3) } ?? "-",
            ])
        }
        return table.lines
    }
}
