//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Messages
import Testing
import TradingCore
import VenueModel

@testable import Backtest

@Suite("The parts of a gap")
struct GapPartsTests {
    private func steps(_ change: (inout GapParts.Steps) -> Void) -> GapParts {
        var steps = GapParts.Steps(
            liveGrossE12: 1_000, liveFeesE12: 100, scheduledFeesE12: 100, configuredE12: 900,
            measuredE12: 900, pausedE12: 900)
        change(&steps)
        return GapParts(steps)
    }

    @Test func `nothing differs where live is the model`() {
        let parts = steps { _ in }
        #expect(parts.wholeE12 == 0)
        #expect(
            [
                parts.feesE12, parts.latencyE12, parts.missingE12, parts.matchingE12,
                parts.paperRunE12,
            ] == [0, 0, 0, 0, 0])
    }

    @Test func `they sum to the whole whatever the steps are`() {
        var seed: UInt64 = 7
        func next() -> Int128 {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int128(Int64(bitPattern: seed)) * 1_000_003
        }
        for round in 0..<1_000 {
            let parts = GapParts(
                GapParts.Steps(
                    liveGrossE12: next(), liveFeesE12: next(), scheduledFeesE12: next(),
                    configuredE12: next(), measuredE12: next(), pausedE12: next(),
                    paperE12: round % 2 == 0 ? nil : next()))
            #expect(parts.sumE12 == parts.wholeE12, "round \(round)")
        }
    }
}

@Suite("Amounts as exact decimals")
struct ExactAmountTests {
    @Test func `what is written is read`() {
        for value: Int128 in [0, 1, -1, 12_500_000_000_000, -7_000_000_000_001, 1 << 90] {
            #expect(ExactText.e12(of: ExactText.e12(value)) == value)
        }
        #expect(ExactText.e12(of: "61800.20") == 61_800_200_000_000_000)
    }

    @Test(arguments: [
        "", "-", ".", "1.", ".5", "1.2.3", "1e5", "+1", "1.0000000000001", "x", "--1",
        "9999999999999999999999999999999999999",
    ])
    func `anything else is refused`(text: String) { #expect(ExactText.e12(of: text) == nil) }
}

private let capture = "../shared/data/captures/binance-usdm_btcusdt_20240808.gz"

@Suite("Orders of a session beside the model's")
struct GapMatchingTests {
    private func order(
        _ id: String, _ timeNs: Int64, instrument: Int = 0, side: Side = .buy, filled: Int64 = 0
    ) -> GapOrder {
        GapOrder(
            clientID: id, instrument: instrument, side: side, price: 100, quantity: 1,
            placedNs: timeNs, filled: filled)
    }

    @Test func `ids and causes are matched apart`() {
        let matching = GapMatching(
            live: [
                order("a", 10, filled: 1), order("b", 20, side: .sell, filled: 1),
                order("c", 30), order("d", 40, instrument: 1),
            ],
            model: [
                order("b", 12, filled: 1), order("c", 25), order("x", 36, filled: 1),
                order("d", 40), order("e", 45, instrument: 1),
            ], ownMaxNs: 5)
        #expect(matching.matched == 3)
        #expect(matching.same == 1, "c; the others differ in side or instrument")
        // a and b, b and c, not c and x, d and e.
        #expect(matching.together == 3)
        #expect(matching.alike == 2)
        #expect(matching.filledByBoth == 1)
        #expect(matching.filledLive == 1)
        #expect(matching.filledByModel == 0)
    }
}

/// Goal: each cause that is built into a session comes out as its own part, and no other one.
///
/// The session is made of a run of the model itself, so that live and model are the same but for
/// the cause.
@Suite(.enabled(if: FileManager.default.fileExists(atPath: capture), "no recorded data"))
struct GapAnalysisTests {
    private static let base: UInt64 = 1 << 40

    private func source() throws -> any MarketSource {
        FirstFrames(
            try CaptureSource(
                paths: [capture], venue: .binanceUSDM, instrumentsFile: nil, counts: false),
            count: 12_000)
    }

    /// A session that did what the model does with these keys and pauses.
    private func session(
        _ values: [String: String] = [:], pauses: [BacktestRange] = []
    ) throws -> LiveSession {
        let settings = try makerSettings(values)
        let run = try BacktestRun(
            settings, configuration: BacktestConfiguration(settings), source: try source(),
            orderIDBase: Self.base)
        run.pauses = pauses
        try run.run()
        var live = LiveSession(
            settings: try makerSettings(), instruments: run.source.instruments,
            startNs: run.startNs, endNs: .max, orderIDBase: Self.base)
        live.orders = run.venue.orders.map {
            LiveSession.Order(
                clientID: $0.clientID, instrument: 0, side: $0.side, price: $0.price,
                quantity: $0.quantity, placedNs: $0.placedNs)
        }
        live.fills = run.venue.fills.map { fill in
            let order = run.venue.orders[fill.order]
            return LiveSession.Fill(
                clientID: order.clientID, instrument: 0, side: order.side, price: fill.price,
                quantity: fill.quantity, feeE8: Int64(fill.feeE12 / 10_000),
                isMaker: fill.isMaker, receivedNs: fill.timeNs, venueNs: 0)
        }
        live.pauses = pauses.map {
            LiveSession.Pause(sinceNs: $0.sinceNs, untilNs: $0.untilNs, cause: .state)
        }
        return live
    }

    private func report(_ live: LiveSession) throws -> GapReport {
        let report = try GapAnalysis(live: live, settings: live.settings, source: source).report()
        #expect(report.parts.sumE12 == report.parts.wholeE12)
        return report
    }

    private func parts(_ report: GapReport) -> [String: Bool] {
        let parts = report.parts
        return [
            "fees": parts.feesE12 != 0, "latency": parts.latencyE12 != 0,
            "missing": parts.missingE12 != 0, "queue": parts.matchingE12 != 0,
        ]
    }

    private func only(_ name: String?) -> [String: Bool] {
        var all = ["fees": false, "latency": false, "missing": false, "queue": false]
        if let name { all[name] = true }
        return all
    }

    @Test func `a session that is the model has no gap, and its orders are the model's`() throws {
        let live = try session()
        let report = try report(live)
        #expect(parts(report) == only(nil))
        #expect(report.live.profitE12 == report.paper.profitE12)
        #expect(report.live.fills == report.paper.fills && report.live.fills > 5)
        #expect(report.live.turnoverE12 == report.paper.turnoverE12)
        #expect(report.matching.same == live.orders.count)
        #expect(report.matching.alike == live.orders.count)
        #expect(report.matching.filledLive == 0 && report.matching.filledByModel == 0)
        #expect(report.matching.filledByBoth == report.live.ordersFilled)
    }

    @Test func `fees that are dearer are fees alone`() throws {
        var live = try session()
        for index in live.fills.indices { live.fills[index].feeE8 += 7 }
        let report = try report(live)
        #expect(parts(report) == only("fees"))
        #expect(report.parts.feesE12 == -Int128(live.fills.count) * 70_000)
    }

    @Test func `delays that are longer are latency alone`() throws {
        var live = try session([
            "backtest.entry_latency": "60ms", "backtest.response_latency": "60ms",
        ])
        live.roundTripsNs = [120_000_000, 120_000_000]
        let report = try report(live)
        #expect(parts(report) == only("latency"))
        #expect(report.matching.same == live.orders.count)
    }

    @Test func `a time without trading is missing data alone`() throws {
        let whole = try session()
        let orders = whole.orders.map(\.placedNs)
        let third = (try #require(orders.max()) - whole.startNs) / 3
        let live = try session(
            pauses: [
                BacktestRange(
                    sinceNs: whole.startNs + third, untilNs: whole.startNs + 2 * third)
            ])
        #expect(live.orders.count < whole.orders.count)
        let report = try report(live)
        #expect(parts(report) == only("missing"))
    }

    @Test func `fills that the venue did not give are queue and matching alone`() throws {
        var live = try session()
        live.fills.removeLast(live.fills.count / 2)
        let report = try report(live)
        #expect(parts(report) == only("queue"))
        #expect(report.matching.filledByModel > 0)
        #expect(report.live.fillRatio ?? 1 < report.paper.fillRatio ?? 0)
    }

    @Test func `all causes together still sum, and a paper run is set apart`() throws {
        let first = try session().startNs
        var live = try session(
            ["backtest.entry_latency": "60ms", "backtest.response_latency": "60ms"],
            pauses: [BacktestRange(sinceNs: first, untilNs: first + 20_000_000_000)])
        live.roundTripsNs = [120_000_000]
        live.fills.removeLast(2)
        for index in live.fills.indices { live.fills[index].feeE8 -= 3 }
        var analysis = GapAnalysis(live: live, settings: live.settings, source: source)
        let settings = try makerSettings(["backtest.entry_latency": "10ms"])
        let paper = try BacktestRun(
            settings, configuration: BacktestConfiguration(settings), source: try source())
        try paper.run()
        let file = FileManager.default.temporaryDirectory
            .appending(path: "gap-\(UUID().uuidString).json")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(RunResult.json(paper, fingerprint: 0, files: []).utf8).write(to: file)
        let result = try PaperResult(path: file.path)
        // What is read from the file is what the run came to.
        #expect(result.side == paper.gapSide)
        analysis.paper = result
        let report = try analysis.report()
        #expect(report.parts.sumE12 == report.parts.wholeE12)
        #expect(report.parts.paperE12 == paper.gapProfitE12)
        #expect(report.parts.feesE12 == Int128(live.fills.count) * 30_000)
        #expect(report.parts.paperRunE12 != 0)
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(report.json.utf8)) as? [String: Any])
        #expect(json["format"] as? String == "apus-gap")
        #expect((json["parts"] as? [String: Any])?.count == 5)
    }

    @Test func `round trips become a law of each way, own computing taken off`() throws {
        var live = try session()
        live.roundTripsNs = (1...1_000).map { $0 * 2_000 }
        var analysis = GapAnalysis(live: live, settings: live.settings, source: source)
        guard case .quantiles(let points)? = analysis.way else {
            Issue.record("no quantiles")
            return
        }
        #expect(points.first == LatencyQuantile(share: 0, ns: 1_000))
        #expect(points.last == LatencyQuantile(share: 1, ns: 1_000_000))
        analysis.own = .constant(ns: 2_000)
        guard case .quantiles(let less)? = analysis.way else {
            Issue.record("no quantiles")
            return
        }
        #expect(less.first?.ns == 0 && less.last?.ns == 999_000)
        live.roundTripsNs = []
        #expect(GapAnalysis(live: live, settings: live.settings, source: source).way == nil)
    }
}
