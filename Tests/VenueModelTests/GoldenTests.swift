//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import GoldenDriver
import Journal
import TestSupport
import Testing
import VenueModel

/// The same strategy, events and delays in hftbacktest and in our venue model.
struct GoldenTests {
    struct Case: CustomStringConvertible, Sendable {
        let queue: String
        let exchange: VenueRules.Exchange
        let entryNs: Int64
        let responseNs: Int64
        let distance: Int64

        var description: String {
            "\(queue),\(exchange.rawValue),\(entryNs),\(responseNs),\(distance)"
        }

        /// The powers that the script gives its models.
        var rules: VenueRules? {
            QueueModel(name: queue, power: queue == "power-prob-3" ? 3 : 2)
                .map { VenueRules(exchange: exchange, queue: $0) }
        }
    }

    static let cases: [Case] =
        QueueModel.names.map { queue in
            Case(
                queue: queue, exchange: .noPartialFill, entryNs: 5_000_000,
                responseNs: 7_000_000, distance: 0)
        } + QueueModel.names.map { queue in
            Case(
                queue: queue, exchange: .partialFill, entryNs: 5_000_000,
                responseNs: 7_000_000, distance: 0)
        } + [
            Case(
                queue: "power-prob-2", exchange: .noPartialFill, entryNs: 50_000_000,
                responseNs: 130_000_000, distance: 1)
        ]

    private static let capture = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
        .appending(path: "shared/data/captures/binance-usdm_btcusdt_20240808.gz")

    @Test(
        "Give hftbacktest's trades, volume, position and equity at every step",
        .enabled(
            if: FileManager.default.fileExists(atPath: capture.path()),
            "the recorded data is not there"),
        .enabled(if: Oracle.isThere, "hftbacktest cannot be installed, without network say"))
    func agreesWithHftbacktest() throws {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "apus-golden-\(UInt64.random(in: 0...UInt64.max))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Oracle.run(
            "backtest_values.py",
            [Self.capture.path(), folder.path()] + Self.cases.map(\.description))
        let events = GoldenDriver.Events(
            try EventArchive.events(folder.appending(path: "events.npz").path()))
        for (number, golden) in Self.cases.enumerated() {
            let theirs = try Oracle.numbers(
                folder.appending(path: "\(number)"), as: Double.self)
            try compare(golden, theirs, events)
        }
    }

    private func compare(_ golden: Case, _ theirs: [Double], _ events: GoldenDriver.Events) throws {
        let width = 8
        let rules = try #require(golden.rules)
        var driver = GoldenDriver(
            events, rules: rules, entryNs: golden.entryNs, responseNs: golden.responseNs,
            distance: golden.distance)
        let steps = theirs.count / width
        driver.countsLastFillOnly = golden.exchange == .partialFill
        // Its exchange with partial fills ends with an error where a trade leaves nothing of an
        // order exactly: what came before is compared. The other one runs to the end.
        let isWhole = golden.exchange == .noPartialFill
        let ours = driver.run(stepsMax: isWhole ? .max : steps)
        #expect(ours.count == steps && steps > 100, "\(golden)")
        var differing = 0
        for step in 0..<min(steps, ours.count) {
            let row = theirs[(step * width)..<((step + 1) * width)].map { $0 }
            let equity = row[2] + row[1] * row[7] - row[3]
            let isSame =
                ours[step].timeNs == Int64(row[0])
                && ours[step].position == Int64((row[1] * GoldenDriver.lotScale).rounded())
                && ours[step].trades == Int(row[4])
                && ours[step].volume == Int64((row[5] * GoldenDriver.lotScale).rounded())
                && (row[7] <= 0 || abs(ours[step].equity - equity) < Self.equityTolerance)
            if !isSame, differing < 3 {
                differing += 1
                Issue.record("\(golden): step \(step): \(row), equity \(equity): \(ours[step])")
            }
        }
        let trades = ours[min(steps, ours.count) - 1].trades
        #expect(trades > 5, "\(golden)")
        print("golden run \(golden): \(steps) steps, \(trades) trades")
    }

    /// Quote currency. Theirs are sums of binary fractions, ours are exact.
    private static let equityTolerance = 1e-6
}
