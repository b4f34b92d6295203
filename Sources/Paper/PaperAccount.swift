//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Backtest
import CTelemetry
import Configuration
import Messages
import Pipeline
import Platform
import Synchronization
import Telemetry
import TradingCore

/// A virtual account: its own configuration, stages, venue model and money, on its own thread.
///
/// SAFETY: the run belongs to the thread between `start` and `join`; what others read meanwhile is
/// behind the lock.
@safe
final class PaperAccount: @unchecked Sendable {
    let name: String
    let settings: Settings
    let feed: PaperFeed
    let tradingFingerprint: UInt64
    /// 1e-12 of the quote currency.
    var initialEquityE12: Int128 { run.configuration.initialEquityE12 }
    private let run: BacktestRun
    private let directory: InstanceDirectory
    private let control: ControlHandle
    private let standing: Mutex<PaperStanding>
    private var thread: PlatformThread?

    /// Orders kept for the result; the account ends with the next.
    private static let ordersMax = 2_000_000

    /// - Throws: `EngineError`: the settings, or a name that is in use.
    init(_ plan: PaperPlan, market: LiveMarket) throws {
        name = plan.name
        settings = plan.settings
        tradingFingerprint = try plan.settings.tradingFingerprint()
        let instance = "\(plan.settings.text("system.instance"))-\(plan.name)"
        directory = try .claimed(instance, by: "a paper account")
        do {
            feed = PaperFeed(market.instruments)
            control = try ControlHandle.create(directory.segment("control"))
            control.setEngineState(.ready)
            let telemetry = try TelemetryWriter(
                path: directory.segment("telemetry"), instance: instance, startTimeNs: wallNs())
            let table = InstrumentTable.standalone(market.instruments)
            telemetry.describe(table, placement: "paper", mode: "paper")
            var surroundings = RunSurroundings(control: control, telemetry: telemetry)
            surroundings.snapshotWanted = { market.wantSnapshot($0) }
            let configuration = try BacktestConfiguration(plan.settings)
            standing = Mutex(PaperStanding(equityE12: configuration.initialEquityE12))
            run = try BacktestRun(
                plan.settings, configuration: configuration, source: feed,
                surroundings: surroundings)
        } catch {
            directory.remove()
            throw error
        }
        run.sampled = { [weak self] in self?.take($0) }
    }

    /// What it has come to.
    var now: PaperStanding {
        var standing = standing.withLock { $0 }
        standing.waiting = feed.waiting
        standing.state = control.operatorState
        return standing
    }

    func start() throws(EngineError) {
        do throws(PlatformError) {
            thread = try PlatformThread(name: "apus-paper") { [self] in
                do {
                    try run.run()
                } catch {
                    feed.end("\(error)")
                    standing.withLock { $0.failure = "\(error)" }
                }
            }
        } catch { throw EngineError("\(error)") }
    }

    /// Waits for the end of what the market gave; the feed has ended.
    func join() {
        thread?.join()
        thread = nil
    }

    func remove() { directory.remove() }

    /// The result as JSON, once it has ended.
    func result(journalLost: UInt64?) -> String {
        var origin = RunOrigin(kind: "paper")
        origin.account = name
        origin.tradingFingerprint = tradingFingerprint
        origin.error = standing.withLock { $0.failure } ?? feed.failure
        origin.journalLost = journalLost
        origin.wasLowered = standing.withLock { $0.wasLowered }
        return RunResult.json(run, fingerprint: settings.fingerprint, files: [], origin: origin)
    }

    private func take(_ sample: BacktestRun.Sample) {
        let venue = run.venue
        if venue.orders.count >= Self.ordersMax {
            feed.end("\(Self.ordersMax) orders: a result holds no more")
        }
        let isLowered = control.operatorState != .ready
        standing.withLock {
            $0.timeNs = sample.timeNs
            if isLowered { $0.wasLowered = true }
            $0.equityE12 = sample.equityE12
            $0.positionE12 = sample.positionE12
            $0.orders = venue.orders.count
            $0.fills = venue.fills.count
        }
    }
}

/// How an account stands at its last sample.
struct PaperStanding: Sendable {
    /// Of the venue's time; 0: none yet.
    var timeNs: Int64 = 0
    /// 1e-12 of the quote currency.
    var equityE12: Int128
    var positionE12: Int128 = 0
    var orders = 0
    var fills = 0
    /// Frames it has not taken yet.
    var waiting = 0
    var state = TradingState.ready
    /// At any sample so far.
    var wasLowered = false
    var failure: String?

    init(equityE12: Int128) { self.equityE12 = equityE12 }
}
