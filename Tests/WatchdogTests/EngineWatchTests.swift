//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Accounts
import Glibc
import Messages
import Platform
import Telemetry
import Testing

@testable import Watchdog

/// Goal: the watchdog notices what is wrong within the stated time, and nothing else.
///
/// Method: an engine's pages are written by the test, and time is what the test says.
@Suite("Watch of an engine")
struct EngineWatchTests {
    @Test func `beating stages are fine and one that stands still is an alarm`() throws {
        let engine = try EngineFixture("stuck")
        var watch = try engine.watch()
        let (reader, gateway) = (engine.writer.stage("reader"), engine.writer.stage("gateway"))
        var beat: UInt64 = 0
        #expect(
            engine.look(&watch, forMs: 2_000) {
                beat += 1
                reader.beat(now: beat, polls: beat)
                gateway.beat(now: beat, polls: beat)
            } == .fine)
        // The other stage beats on.
        let finding = engine.look(&watch, forMs: 2_000) {
            beat += 1
            reader.beat(now: beat, polls: beat)
        }
        #expect(finding == .alarm(.stuck(stage: "gateway", ageNs: 510_000_000)))
    }

    @Test func `a stage is fine until the very time`() throws {
        let engine = try EngineFixture("edge")
        var watch = try engine.watch()
        engine.writer.stage("risk").beat(now: 7, polls: 1)
        // First seen after 10 ms, and 500 ms old at 510.
        #expect(engine.look(&watch, forMs: 510) == .fine)
        #expect(engine.look(&watch, forMs: 10) != .fine)
    }

    @Test func `a step of the wall clock is no alarm`() throws {
        let engine = try EngineFixture("step")
        var watch = try engine.watch()
        let stage = engine.writer.stage("reader")
        var beat: UInt64 = 1_000_000_000_000
        let finding = engine.look(&watch, forMs: 2_000) {
            beat = beat == 1 ? 1_000_000_000_000 : 1
            stage.beat(now: beat, polls: 1)
        }
        #expect(finding == .fine)
    }

    @Test func `a thread that has ended or has not begun is not stuck`() throws {
        let engine = try EngineFixture("ended")
        var watch = try engine.watch()
        let stage = engine.writer.stage("reader")
        #expect(engine.look(&watch, forMs: 1_000) == .fine)
        stage.beat(now: 5, polls: 1)
        #expect(engine.look(&watch, forMs: 300) == .fine)
        stage.beat(now: 0, polls: 1)
        #expect(engine.look(&watch, forMs: 1_000) == .fine)
    }

    @Test func `a watchdog that was held up judges nobody by that time`() throws {
        let engine = try EngineFixture("held")
        var watch = try engine.watch()
        engine.writer.stage("reader").beat(now: 5, polls: 1)
        #expect(engine.look(&watch, forMs: 400) == .fine)
        engine.nowNs += 10_000_000_000
        #expect(engine.look(&watch, forMs: 400) == .fine)
        #expect(engine.look(&watch, forMs: 200) != .fine)
    }

    @Test func `a lost private connection is an alarm after its time and not before`() throws {
        let engine = try EngineFixture("session")
        var watch = try engine.watch(sessionAfterMs: 1_000)
        let lost = engine.writer.counter("parser_private_sessions_lost")
        lost.set(1)
        #expect(engine.look(&watch, forMs: 900) == .fine)
        lost.set(0)
        #expect(engine.look(&watch, forMs: 500) == .fine)
        lost.set(2)
        #expect(engine.look(&watch, forMs: 1_010) == .fine)
        #expect(
            engine.look(&watch, forMs: 10)
                == .alarm(.sessionsLost(count: 2, ageNs: 1_010_000_000)))
    }

    @Test func `a process that died leaves its pages and one that ended does not`() throws {
        let child = try ChildProcess(path: "/bin/sleep", arguments: ["60"], output: nil)
        let engine = try EngineFixture("died")
        try engine.setProcess(child.processID)
        var watch = try engine.watch()
        #expect(engine.look(&watch, forMs: 50) == .fine)
        child.kill()
        // Nobody has asked for its status: it is a zombie, and dead all the same.
        let end = monotonicNs() + 10_000_000_000
        var finding = EngineWatch.Finding.fine
        while finding == .fine, monotonicNs() < end { finding = engine.look(&watch, forMs: 10) }
        #expect(finding == .alarm(.died(processID: UInt64(child.processID))))
        engine.directory.remove()
        #expect(engine.look(&watch, forMs: 10) == .ended)
        child.wait(timeoutNs: 1_000_000_000)
    }

    @Test func `a process that has ended is not alive before its status is asked for`() throws {
        let child = try ChildProcess(path: "/bin/sleep", arguments: ["60"], output: nil)
        #expect(isProcessAlive(child.processID))
        child.kill()
        let deadline = monotonicNs() + 30_000_000_000
        while isProcessAlive(child.processID), monotonicNs() < deadline { sched_yield() }
        #expect(!isProcessAlive(child.processID))
        #expect(child.wait(timeoutNs: 1_000_000_000) != nil, "it is a zombie until now")
    }

    @Test func `a process that is gone before the first look is dead`() throws {
        let engine = try EngineFixture("gone")
        // More than the kernel ever numbers.
        try engine.setProcess(.max)
        var watch = try engine.watch()
        #expect(engine.look(&watch, forMs: 10) == .alarm(.died(processID: UInt64(Int32.max))))
    }

    @Test func `a process that cannot be watched is not taken for dead`() throws {
        let engine = try EngineFixture("unwatched")
        // The kernel refuses the number, and does not say that there is no such process.
        try engine.setProcess(0)
        #expect(throws: PlatformError.self) { _ = try engine.watch() }
    }

    @Test func `pages that are missing are nothing to watch`() throws {
        let directory = try #require(InstanceDirectory(name: "test-no-such-engine"))
        #expect(throws: PlatformError.self) {
            try EngineWatch(directory, stuckAfterNs: 1, sessionAfterNs: 1, nowNs: 0)
        }
    }
}

@Suite("The watchdog's figures and keys")
struct WatchdogPartsTests {
    @Test func `limit prices lie on a tick within the collar`() throws {
        let instrument = EngineFixture.instrument()
        func limit(_ mark: String, _ side: Side, _ bps: Int) -> Int64? {
            Flattening.limit(mark, side, collarBps: bps, instrument)?.rawValue
        }
        // 1 % of 60,000.00 in ticks of 0.10, exactly on a tick.
        #expect(limit("60000", .sell, 100) == 594_000)
        #expect(limit("60000", .buy, 100) == 606_000)
        // 60,000.05 less 1 % is 59,400.0495: a sale goes no lower than the next tick above.
        #expect(limit("60000.05000000", .sell, 100) == 594_001)
        #expect(limit("60000.05000000", .buy, 100) == 606_000)
        #expect(limit("0.01", .sell, 1) == 1)
        for mark in ["0", "-1", "", "x", "1e5", "99999999999999999999"] {
            #expect(limit(mark, .sell, 100) == nil, "\(mark)")
        }
    }

    @Test func `the watchdog's own key comes first and the engine's with a warning`() throws {
        var warnings: [String] = []
        func key(_ venue: Venue, _ environment: [String: String]) throws -> String {
            try WatchdogVenue.keys(venue, environment) { warnings.append($0) }.apiKey
        }
        let engine = [
            "BINANCE_API_KEY": "e", "BINANCE_API_SECRET": "s", "OKX_API_KEY": "e",
            "OKX_API_SECRET": "s", "OKX_API_PASSPHRASE": "p",
        ]
        let own = [
            "BINANCE_WATCHDOG_API_KEY": "w", "BINANCE_WATCHDOG_API_SECRET": "s",
            "OKX_WATCHDOG_API_KEY": "w", "OKX_WATCHDOG_API_SECRET": "s",
            "OKX_WATCHDOG_API_PASSPHRASE": "p",
        ]
        for venue in [Venue.binanceUSDM, .okx] {
            #expect(try key(venue, engine.merging(own) { $1 }) == "w")
            #expect(warnings.isEmpty)
            #expect(try key(venue, engine) == "e")
            #expect(warnings.count == 1)
            warnings = []
            #expect(throws: WatchdogError.self) { _ = try key(venue, [:]) }
        }
        // Half a key is not made whole by the engine's.
        let half = engine.merging(["OKX_WATCHDOG_API_KEY": "w"]) { $1 }
        #expect {
            _ = try key(.okx, half)
        } throws: { "\($0)".contains("OKX_WATCHDOG_API_SECRET") }
    }
}
