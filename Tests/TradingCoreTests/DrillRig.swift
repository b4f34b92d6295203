//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Foundation
import HTTP
import Platform
import Telemetry
import TestSupport
import Testing

/// What goes wrong in a drill.
enum DrillKind: String, CaseIterable {
    /// Nothing: the engine trades on, and somebody asks for the kill.
    case running
    case stopped
    case killed
    case privateSocketDead = "private-socket-dead"
}

/// What a drill showed, ms after its fault; 0 where it had been before.
struct DrillResult {
    /// The last request for a new order that a venue took from the wire.
    let lastOrderMs: Double
    /// The moment from which no order was open at any venue.
    let emptyMs: Double
}

/// Two venues, an engine whose orders come and go all the time, and a watchdog for each drill. The
/// engine's private connections to Binance go through a relay.
final class DrillRig {
    private let workplace: Workplace
    private let venue: VenueProgram
    private let relay: StreamRelay
    private var engine: EngineProgram
    private let client = HTTPClient()
    private var drills = 0

    private static let venues = ["rest", "okx.rest"]
    private static let settings = [
        "trading.venues=binance-usdm,okx",
        "trading.symbols=binance-usdm:BTC-USDT,binance-usdm:ETH-USDT,okx:BTC-USDT-SWAP",
        "strategy.order=post-only", "strategy.offset_ticks=500", "strategy.interval=50ms",
        "strategy.resting_max=300ms", "strategy.working_orders_max=3",
        "risk.messages_per_second=30", "risk.duplicate_orders_max=0",
    ]
    /// The watchdog's own key: it knows nothing of the engine's.
    private static let keys = Dictionary(
        uniqueKeysWithValues: Program.keys.map { name, value in
            (name.replacing("_API_", with: "_WATCHDOG_API_"), value)
        })

    init(in workplace: Workplace) throws {
        self.workplace = workplace
        venue = try VenueProgram(
            ["--venue", "binance-usdm,okx", "--message-limit", "0"], in: workplace)
        relay = try StreamRelay(to: try #require(UInt16(VenueProgram.port(venue.stream))))
        engine = try Self.startEngine(venue, relay, in: workplace)
    }

    deinit {
        relay.close()
        try? FileManager.default.removeItem(atPath: "/dev/shm/apus.\(engine.instance)")
    }

    private static func startEngine(
        _ venue: VenueProgram, _ relay: StreamRelay, in workplace: Workplace
    ) throws -> EngineProgram {
        let address = "wss://localhost:\(relay.port)"
        let engine = try EngineProgram(
            "drill", venue,
            settings + [
                "endpoints.binance-usdm.private=\(address)",
                "endpoints.binance-usdm.api=\(address)/ws-fapi/v1",
            ], in: workplace)
        try engine.awaitReady()
        return engine
    }

    // MARK: The venues' truth

    struct Times {
        var lastPlaceNs: UInt64 = 0
        var emptySinceNs: UInt64 = 0
        var places: UInt64 = 0
        var open: [UInt64] = []
    }

    func times() throws -> Times {
        var all = Times()
        for name in Self.venues {
            let reply = try client.request(
                method: "GET", url: venue.address(name) + "/apus/times", headers: [], body: nil,
                caFile: venue.caFile, timeout: .seconds(5))
            let values = try #require(
                try JSONSerialization.jsonObject(with: Data(reply.body)) as? [String: UInt64])
            all.lastPlaceNs = max(all.lastPlaceNs, values["last_place_ns"] ?? 0)
            all.emptySinceNs = max(all.emptySinceNs, values["empty_since_ns"] ?? 0)
            all.places += values["places"] ?? 0
            all.open.append(try #require(values["open"]))
        }
        return all
    }

    // MARK: One drill

    /// - Returns: What the venues saw; every claim of the watchdog is checked meanwhile. `nil` when
    ///   it found an engine stuck before anything was done to it, as on a host that is too busy.
    func drill(_ kind: DrillKind) throws -> DrillResult? {
        drills += 1
        try engine.awaitThat("orders at both venues") {
            (try? times().open.allSatisfy { $0 > 0 }) == true
        }
        let faultNs: UInt64
        let watchdog: Program
        if kind == .running {
            faultNs = monotonicNs()
            watchdog = try startWatchdog(["--drill"])
        } else {
            watchdog = try startWatchdog([])
            try waitUntil("the watchdog watches") {
                !watchdog.child.isRunning || watchdog.output.contains("msg=watching")
            }
            if !watchdog.child.isRunning {
                let said = watchdog.output + watchdog.errors
                guard try watchdog.exitStatus() == 3 else { throw Overdue(description: said) }
                try goOn(.running)
                return nil
            }
            faultNs = monotonicNs()
            inject(kind)
        }
        let status = try watchdog.exitStatus(within: 60)
        #expect(status == (kind == .running ? 0 : 3), "\(kind): \(watchdog.output)")
        let after = try times()
        #expect(after.open == [0, 0], "\(kind)")
        try mend(kind)
        #expect(try times().places == after.places, "\(kind): an order after the revocation")
        try goOn(kind)
        return DrillResult(
            lastOrderMs: Self.milliseconds(from: faultNs, to: after.lastPlaceNs),
            emptyMs: Self.milliseconds(from: faultNs, to: after.emptySinceNs))
    }

    private func startWatchdog(_ arguments: [String]) throws -> Program {
        try Program(
            "apus-monitor",
            ["--watchdog", "--instance", engine.instance, "--session-after", "500ms"] + arguments,
            in: workplace, log: "watchdog-\(drills)", environment: Self.keys)
    }

    private func inject(_ kind: DrillKind) {
        switch kind {
        case .running: break
        case .stopped: engine.program.child.signal(SIGSTOP)
        case .killed: engine.program.child.kill()
        case .privateSocketDead: relay.cut()
        }
    }

    /// Ends the fault while the right to send is revoked, and waits until the engine has had its
    /// chance to send all the same.
    private func mend(_ kind: DrillKind) throws {
        switch kind {
        case .running: break
        case .stopped: engine.program.child.signal(SIGCONT)
        case .killed: return
        case .privateSocketDead: relay.mend()
        }
        try engine.awaitThat("private connections") {
            engine.counter("parser_private_sessions_lost") == 0
        }
        let refused = engine.counter("risk_rejected_trading_state_total")
        try engine.awaitThat("orders that are refused") {
            engine.counter("risk_rejected_trading_state_total") >= refused + 3
        }
    }

    private func goOn(_ kind: DrillKind) throws {
        if kind == .killed {
            _ = try engine.program.exitStatus()
            engine = try Self.startEngine(venue, relay, in: workplace)
            return
        }
        let resumed = try Program.run(
            "apus", ["resume", "--instance", engine.instance], in: workplace)
        #expect(resumed.status == 0, "\(resumed.errors)")
    }

    private static func milliseconds(from startNs: UInt64, to endNs: UInt64) -> Double {
        endNs > startNs ? Double(endNs - startNs) / 1e6 : 0
    }
}
