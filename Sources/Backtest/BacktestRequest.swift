//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Configuration
public import Messages
import Platform
import Rendering
import TradingCore
import VenueModel

/// A backtest as asked for on the command line.
public struct BacktestRequest {
    public var paths: [String]
    public var venue: Venue
    /// Of data that does not say what it is about.
    public var symbol: String
    public var instrumentsFile: String?
    public var settings: Settings
    public var range = BacktestRange()

    public init(
        paths: [String], venue: Venue, symbol: String, instrumentsFile: String?,
        settings: Settings
    ) {
        self.paths = paths
        self.venue = venue
        self.symbol = symbol
        self.instrumentsFile = instrumentsFile
        self.settings = settings
    }

    /// Runs it, and then once more for each of the delays.
    ///
    /// - Parameter tell: Called with one line about once in two seconds of work.
    public func run(
        delays: Delays = Delays(), _ tell: @escaping (String) -> Void
    ) throws -> BacktestReport {
        let run = try made(BacktestConfiguration(settings), counts: true)
        try work(run, run.source.frameCount, tell)
        var report = BacktestReport(
            run: run, fingerprint: settings.fingerprint, files: try DataFiles.describe(paths))
        report.delays = try costs(of: delays, like: run, tell)
        return report
    }

    /// The same run for each way to the venue; own computing and the way back as configured.
    ///
    /// - Parameters:
    ///   - run: With the configured way: tells how many frames there are, and the interval of
    ///     returns; without, the first of the runs does.
    ///   - tell: As of `run`.
    public func costs(
        of delays: Delays, like run: BacktestRun? = nil, _ tell: @escaping (String) -> Void
    ) throws -> [DelayCost] {
        var costs: [DelayCost] = []
        var known = run
        for (place, delay) in delays.all.enumerated() {
            var configuration = try BacktestConfiguration(settings)
            configuration.entry = .constant(ns: delay.ns)
            let run = try made(configuration, counts: false)
            let name = "delay \(delay.text), \(place + 1) of \(delays.all.count): "
            try work(run, known?.framesRead) { tell(name + $0) }
            // One interval for all: an order that came late makes a run longer.
            let first = known ?? run
            known = first
            costs.append(
                try DelayCost(
                    delay, BacktestReport(run: run, fingerprint: 0, files: []),
                    spanNs: UInt64(first.endNs - first.startNs)))
        }
        return costs
    }

    private func work(
        _ run: BacktestRun, _ frameCount: Int?, _ tell: @escaping (String) -> Void
    ) throws {
        let start = ContinuousClock.now
        var told = start
        run.progress = { frames in
            let now = ContinuousClock.now
            guard now - told >= .seconds(2) || frames == frameCount else { return }
            told = now
            let seconds = (now - start) / .seconds(1)
            let rate = NumberText.grouped(UInt64(Double(frames) / max(seconds, 1e-9)))
            let share = frameCount.map { "\(frames * 100 / max($0, 1)) %, " } ?? ""
            tell("\(share)\(frames) frames, \(rate) frames/s")
        }
        try run.run()
    }

    private func made(
        _ configuration: BacktestConfiguration, counts: Bool
    ) throws -> BacktestRun {
        let source = try MarketSources.open(
            paths, venue: venue, symbol: symbol, instrumentsFile: instrumentsFile, counts: counts)
        return try BacktestRun(settings, configuration: configuration, source: source, range: range)
    }
}

/// What a run came to.
public struct BacktestReport {
    let run: BacktestRun
    let fingerprint: UInt64
    let files: [RunResult.DataFile]
    public internal(set) var delays: [DelayCost] = []

    public var malformed: Int { run.source.malformedCount }

    /// The result; this module's page has its keys.
    public func json(isBrief: Bool = false) -> String {
        RunResult.json(
            run, fingerprint: fingerprint, files: files, delays: delays, isBrief: isBrief)
    }

    /// - Throws: `EngineError` when the file cannot be written.
    public func write(to path: String, isBrief: Bool = false) throws {
        guard TextFile.write(json(isBrief: isBrief), to: path) else {
            throw EngineError("cannot write \(path)")
        }
    }

    /// Quote currency, two decimals.
    var profit: String {
        money((run.samples.last?.equityE12 ?? 0) - run.configuration.initialEquityE12)
    }
    var fees: String { money(run.venue.accounts.reduce(0) { $0 + $1.feesE12 }) }
    var turnover: String { money(run.venue.accounts.reduce(0) { $0 + $1.turnoverE12 }) }

    private func money(_ e12: Int128) -> String {
        let cents = (e12 + (e12 < 0 ? -5_000_000_000 : 5_000_000_000)) / 10_000_000_000
        return Decimals.text(mantissa: Int64(clamping: cents), decimals: 2)
    }

    /// A summary to read.
    public var lines: [String] {
        let quote = run.source.instruments.first?.quoteAssetText ?? ""
        let orders = run.venue.orders
        func count(_ end: OrderRecord.End) -> Int { orders.count { $0.end == end } }
        let makers = run.venue.fills.count { $0.isMaker }
        let seconds = Double(run.endNs - run.startNs) / 1e9
        var lines = [
            "data        \(run.framesRead) frames, \(NumberText.fixed(seconds, decimals: 1)) s, "
                + "\(run.venue.counters.trades) trades, \(run.venue.counters.levels) levels, "
                + "\(run.venue.counters.gaps) gaps",
            "model       \(run.configuration.rules.queue.text), \(run.configuration.rules.text)",
            "latency     own \(run.configuration.own.text), entry "
                + "\(run.configuration.entry.text), response \(run.configuration.response.text)",
            "orders      \(orders.count) placed, \(count(.filled)) filled, "
                + "\(count(.cancelled)) cancelled, \(count(.expired)) expired, "
                + "\(count(.rejected)) rejected, \(count(.open)) open",
            "fills       \(run.venue.fills.count), \(makers) as maker",
            "turnover    \(turnover) \(quote)",
            "fees        \(fees) \(quote)",
            "profit      \(profit) \(quote)",
        ]
        if let assumption = run.source.assumption { lines.append("assumed     \(assumption)") }
        if malformed > 0 {
            let reasons = run.source.refusedLines.sorted { $0.key < $1.key }
                .map { "\($0.value) \($0.key)" }.joined(separator: ", ")
            lines.append(
                "left out    \(malformed) unread" + (reasons.isEmpty ? "" : ": " + reasons))
        }
        for (instrument, account) in zip(run.source.instruments, run.venue.accounts)
        where account.trades > 0 {
            lines.append(
                "position    \(instrument.text(quantity: QuantityLots(rawValue: account.position)))"
                    + " \(instrument.symbolText)")
        }
        return lines
    }
}
