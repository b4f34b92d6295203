//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import GoldenDriver
import Journal
import VenueModel

/// A backtest on one core (target P10): hftbacktest's events of a recording through the venue model
/// and the trader's book, with a maker that renews a bid and an ask every 100 ms: the strategy, the
/// delays and the queue model of the golden runs, where hftbacktest gives the same to the lot.
///
/// The events are what `Bench/peers/run hftbacktest` converts.
let backtestSuite = BenchSuite(
    name: "backtest", measurements: [BacktestNames.maker], run: backtestBench)

private enum BacktestNames {
    static let maker = "backtest/maker"
}

@Sendable private func backtestBench(_ bench: Bench) throws {
    let name = BacktestNames.maker
    guard bench.isWanted(name) else { return }
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let path = "/\(root)/.build/peers/results/events.npz"
    guard let archive = try? EventArchive.events(path) else {
        bench.skip(name, because: "no events; Bench/peers/run hftbacktest makes them")
        return
    }
    let events = GoldenDriver.Events(archive)
    let rules = VenueRules(exchange: .noPartialFill, queue: .powerProbability3(3))
    let stepsMax = bench.parameter(smoke: 50, full: Int.max)
    var last: [GoldenDriver.Row] = []
    measurePasses(
        bench, name, operations: events.count, BenchLoad(bytes: 0, events: 1)
    ) {
        var driver = GoldenDriver(
            events, rules: rules, entryNs: 5_000_000, responseNs: 7_000_000, distance: 0)
        let startNs = threadTimeNs()
        last = driver.run(stepsMax: stepsMax)
        return ReplayPass(ns: threadTimeNs() &- startNs, hash: hash(last))
    }
    guard let end = last.last else { return }
    let digits = String(hash(last), radix: 16)
    bench.note(
        name, "events \(events.count) steps \(last.count) trades \(end.trades) hash "
            + String(repeating: "0", count: 16 - digits.count) + digits)
}

/// FNV-1a over position, trades and volume of each step, 64 bits each.
private func hash(_ rows: [GoldenDriver.Row]) -> UInt64 {
    rows.reduce(0xcbf2_9ce4_8422_2325) { sum, row in
        [UInt64(bitPattern: row.position), UInt64(row.trades), UInt64(bitPattern: row.volume)]
            .reduce(sum) { ($0 ^ $1) &* 0x100_0000_01b3 }
    }
}
