//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Configuration
import Foundation
import Testing
import TradingCore

/// Goal: a paper run and the live run after it have one fingerprint, and any change of what is
/// traded or how makes another.
@Suite("The trading fingerprint")
struct TradingFingerprintTests {
    private func fingerprint(_ assignments: [String] = [], yaml: String = "") throws -> UInt64 {
        var settings = Settings(schema: EngineSchema.keys)
        if !yaml.isEmpty { try settings.read(yaml: yaml, source: "test") }
        for assignment in assignments { try settings.read(assignment: assignment) }
        return try settings.tradingFingerprint()
    }

    @Test(arguments: [
        "trading.symbols=BTC-USDT", "trading.venues=okx", "trading.timeframes=1s",
        "trading.channels=books", "trading.depth_interval=0ms", "trading.trade_stream=aggTrade",
        "trading.okx_book=books-l2-tbt", "features.trigger=trade", "features.schema=spread",
        "features.indicators=rsi(14)", "inference.book_age_max=1s",
        "strategy.name=signal-threshold", "strategy.order_notional=201",
        "strategy.sizing.method=kelly", "execution.algorithm=twap", "execution.recv_window=1s",
        "execution.algorithms.twap.slices=3", "exits.stop_loss=0.02", "risk.position_max=1",
        "risk.daily_loss_bps=501", "risk.required_guards=none",
    ])
    func `what decides trading changes it`(assignment: String) throws {
        #expect(try fingerprint([assignment]) != fingerprint())
    }

    @Test(arguments: [
        "trading.account=live", "trading.dead_man=60s", "trading.orders_at_start=adopt",
        "trading.positions_at_start=refuse", "trading.reconcile_interval=10s",
        "trading.lines=2", "trading.silence_max=5s", "trading.clock_offset_max=1s",
        "trading.klines=1m", "endpoints.okx.rest=https://localhost:1", "system.instance=other",
        "system.mode=production", "placement.mode=fused", "placement.keep_warm=0s",
        "journal.path=somewhere", "journal.policy=before-send", "monitor.outlier_threshold=0s",
        "simulator.seed=2", "backtest.entry_latency=5ms", "backtest.initial_equity=1",
        "execution.quality_file=quality.csv",
    ])
    func `what may differ between paper and live does not`(assignment: String) throws {
        #expect(try fingerprint([assignment]) == fingerprint())
    }

    @Test func `a default that is written out is the default`() throws {
        #expect(try fingerprint(["risk.position_max=0", "strategy.name=reflex"]) == fingerprint())
    }

    @Test func `limits of single instruments and rules count`() throws {
        var prints: Set<UInt64> = [try fingerprint()]
        for yaml in [
            "risk: {instruments: [{symbol: BTC-USDT, position_max: 1}]}",
            "risk: {instruments: [{symbol: BTC-USDT, position_max: 2}]}",
            "models: [{rule: momentum}]", "models: [{rule: momentum, weight: 0.5}]",
            "models: [{rule: imbalance}, {rule: momentum}]",
        ] {
            #expect(prints.insert(try fingerprint(yaml: yaml)).inserted, "\(yaml)")
        }
    }

    @Test func `a model counts by what it holds, not by where it lies`() throws {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "fingerprint-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func print(_ name: String, _ content: String) throws -> UInt64 {
            let path = folder.appending(path: name)
            try Data(content.utf8).write(to: path)
            return try fingerprint(yaml: "models: [{file: \(path.path)}]")
        }
        let first = try print("a.model", "one")
        #expect(try print("b.model", "one") == first)
        #expect(try print("a.model", "two") != first)
        let error = try #require(throws: EngineError.self) {
            try fingerprint(yaml: "models: [{file: nowhere.model}]")
        }
        #expect(error.description == "cannot read nowhere.model: No such file or directory")
        #expect(throws: EngineError.self) {
            try fingerprint(["execution.algorithms.vwap.profile_file=nowhere.csv"])
        }
    }

    @Test func `it is written in hexadecimal`() {
        #expect(Settings.text(fingerprint: 0xab12) == "0xab12")
    }
}
