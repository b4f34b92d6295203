//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Backtest
public import Configuration
import Glibc
import Messages
import Options
import Platform
import Rendering
import Telemetry
import TradingCore

/// Paper trading: live market data, virtual accounts side by side, and a model as their venue.
///
/// Each account is a backtest whose data has not happened yet: the same stages, the same venue
/// model, record time alone. A journal of the market (`journal.path`) gives every account's result
/// again by `apus backtest`, byte for byte but for what says that it was paper.
public struct PaperRequest {
    public var settings: Settings
    public var plans: [PaperPlan]
    /// `nil`: until a signal.
    public var durationNs: UInt64?
    /// Where results go, a file for each account; `nil`: nowhere.
    public var folder: String?

    public init(
        settings: Settings, plans: [PaperPlan], durationNs: UInt64?, folder: String?
    ) {
        self.settings = settings
        self.plans = plans
        self.durationNs = durationNs
        self.folder = folder
    }

    private static let summaryIntervalNs: UInt64 = 10_000_000_000

    /// Trades until the duration is over or a signal comes, then writes the results.
    ///
    /// - Parameter tell: Called with every line that is for people.
    /// - Throws: `EngineError`; an account that ended early is told with the results of all.
    public func run(_ tell: @escaping (String) -> Void) throws {
        StopSignals.block()
        let results = try folder.map { try ResultFolder($0) }
        let market = try LiveMarket(settings)
        defer { market.stop() }
        var accounts: [PaperAccount] = []
        defer { for account in accounts { account.remove() } }
        for plan in plans { accounts.append(try PaperAccount(plan, market: market)) }
        for account in accounts { try account.start() }
        defer {
            for account in accounts { account.feed.end() }
            for account in accounts { account.join() }
        }
        let feeds = accounts.map(\.feed)
        try market.start { frame in for feed in feeds { feed.add(frame) } }
        tell("paper: \(market.instruments.map(\.symbolText).joined(separator: ", ")), "
            + "accounts \(accounts.map(\.name).joined(separator: ", "))")
        try serve(market, accounts, tell)
        market.stop()
        for account in accounts { account.feed.end() }
        for account in accounts { account.join() }
        tell(Self.table(accounts, market).joined(separator: "\n"))
        for account in accounts {
            try results?.write(account.name, account.result(journalLost: market.journalLost), tell)
        }
        for account in accounts {
            if let failure = account.now.failure ?? account.feed.failure {
                throw EngineError("account \(account.name) ended early: \(failure)")
            }
        }
    }

    private func serve(
        _ market: LiveMarket, _ accounts: [PaperAccount], _ tell: (String) -> Void
    ) throws {
        let begin = monotonicNs()
        var nextNs = begin + Self.summaryIntervalNs
        while true {
            let now = monotonicNs()
            if let durationNs, now - begin >= durationNs { return }
            if StopSignals.wait(timeoutNs: 20_000_000) != nil { return }
            if !market.isAlive { throw EngineError("the simulator ended") }
            if accounts.allSatisfy({ $0.feed.failure != nil }) { return }
            if now >= nextNs {
                nextNs += Self.summaryIntervalNs
                tell(Self.table(accounts, market).joined(separator: "\n"))
            }
        }
    }

    /// The accounts beside each other, the best first.
    static func table(_ accounts: [PaperAccount], _ market: LiveMarket) -> [String] {
        var table = TextTable([
            "<account", "equity", "profit", "position", "orders", "fills", "<state",
        ])
        let rows = accounts.map { (account: $0, now: $0.now) }
        for (account, now) in rows.sorted(by: { $0.now.equityE12 > $1.now.equityE12 }) {
            let state = now.failure ?? account.feed.failure
                ?? (now.timeNs == 0 ? "waits for data" : now.state.text)
            table.add([
                account.name, money(now.equityE12),
                money(now.equityE12 - account.initialEquityE12), money(now.positionE12),
                "\(now.orders)", "\(now.fills)", state,
            ])
        }
        return table.lines
    }

    private static func money(_ e12: Int128) -> String {
        NumberText.money(e8: Int64(clamping: e12 / 10_000))
    }
}

/// Where results go.
private struct ResultFolder {
    let path: String

    /// - Throws: `EngineError` when it cannot be made: now, not after the run.
    init(_ path: String) throws(EngineError) {
        guard unsafe mkdir(path, 0o755) == 0 || errno == EEXIST else {
            throw EngineError("--out \(path): \(unsafe String(cString: strerror(errno)))")
        }
        self.path = path
    }

    func write(_ name: String, _ json: String, _ tell: (String) -> Void) throws(EngineError) {
        let file = "\(path)/\(name).json"
        guard TextFile.write(json, to: file) else { throw EngineError("cannot write \(file)") }
        tell("result: \(file)")
    }
}
