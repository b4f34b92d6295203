//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Platform
import SeededRandom
import TestSupport
import Testing

/// Goal: a new engine knows what the one before it left, whenever that was killed. Controls 23 and
/// 24, I2 and I3.
///
/// Method: an engine that trades at both venues is killed at a random moment, of its start or of
/// its trading; the market is held still, and the truth of the venues is read; what the next engine
/// says it took over before it is ready must be that truth, order by order and position by
/// position, with what they cost. `APUS_RESTARTS=N` kills N times.
extension ProgramTests {
    @Suite("Restart drills")
    struct RestartDrills {
        private static let environment = ProcessInfo.processInfo.environment
        private static let count = environment["APUS_RESTARTS"].flatMap { Int($0) } ?? 6
        private static let seed =
            environment["APUS_RESTART_SEED"].flatMap { UInt64($0) } ?? 0x5EED_0623
        /// More in a minute would be over the request weight that a venue grants an address.
        private static let restartsOfVenue = 12

        @Test func `what an engine takes over is what the venues have`() throws {
            var random = SplitMix64(seed: Self.seed)
            var done = 0
            var (orders, positions) = (0, 0)
            while done < Self.count {
                let rig = try RestartRig(in: try Workplace())
                for _ in 0..<min(Self.restartsOfVenue, Self.count - done) {
                    let isAdopting = random.below(2) == 0
                    let found = try rig.restart(
                        isAdopting: isAdopting, afterMs: random.below(1_500),
                        "seed \(Self.seed), restart \(done)")
                    orders += found.orders
                    positions += found.positions
                    done += 1
                }
                try rig.expectUniqueIDs()
            }
            print("restarts \(done), orders taken over \(orders), positions \(positions)")
            // A drill that never finds anything proves nothing.
            #expect(orders > 0 && positions > 0)
        }
    }
}

/// One simulator and the engines that come and go before it.
private final class RestartRig {
    private let workplace: Workplace
    private let venue: VenueProgram
    private let truth: VenueTruth
    private var engine: EngineProgram?

    private static let venues = ["binance-usdm", "okx"]
    private static let settings = [
        "trading.venues=binance-usdm,okx",
        "trading.symbols=binance-usdm:BTC-USDT,okx:ETH-USDT-SWAP", "strategy.order=post-only",
        "strategy.interval=20ms", "strategy.working_orders_max=4", "strategy.resting_max=10m",
        "strategy.offset_ticks=1", "exits.enabled=false", "risk.messages_per_second=30",
        "risk.message_burst=60", "risk.cancel_reserve=1",
    ]

    init(in workplace: Workplace) throws {
        self.workplace = workplace
        venue = try VenueProgram(["--venue", "binance-usdm,okx"], in: workplace)
        truth = VenueTruth(venue)
        engine = try start(isAdopting: false)
        try engine?.awaitReady()
    }

    private func start(isAdopting: Bool) throws -> EngineProgram {
        // What the engine before it said is not to be taken for its own.
        try? FileManager.default.removeItem(atPath: workplace.file("restart.err"))
        return try EngineProgram(
            "restart", venue,
            Self.settings + ["trading.orders_at_start=\(isAdopting ? "adopt" : "cancel")"],
            in: workplace)
    }

    /// Kills the engine and starts the next.
    func restart(
        isAdopting: Bool, afterMs: Int, _ place: String
    ) throws -> (orders: Int, positions: Int) {
        CurrentThread.sleep(ns: UInt64(afterMs) * 1_000_000)
        engine?.program.child.kill()
        _ = try engine?.program.exitStatus()
        engine = nil
        try truth.pause()
        let before = try Self.venues.map { try truth.state(at: $0) }
        let next = try start(isAdopting: isAdopting)
        engine = next
        try next.awaitThat("both accounts are taken over, \(place)") {
            next.program.errors.components(separatedBy: "msg=\"account taken over\"").count == 3
        }
        var found = (orders: 0, positions: 0)
        for (name, state) in zip(Self.venues, before) {
            let told = TakenOver(next.program.errors, venue: name)
            #expect(told.orders == (isAdopting ? state.orders : []), "\(place), \(name)")
            #expect(told.positions == state.positions, "\(place), \(name)")
            #expect(
                try truth.openOrders(at: name) == (isAdopting ? state.orders.count : 0),
                "\(place), \(name)")
            found.orders += state.orders.count
            found.positions += state.positions.count
        }
        try truth.resume()
        // Now and then it is killed before it is ready.
        if afterMs % 3 != 0 { try next.awaitReady() }
        return found
    }

    /// I3: no id came twice, over all restarts.
    func expectUniqueIDs() throws {
        engine?.program.child.kill()
        for name in Self.venues {
            let ids = try truth.orders(at: name).map(\.client)
            #expect(Set(ids).count == ids.count, "\(name)")
        }
    }
}

/// What an engine says it took over, as its lines tell it.
private struct TakenOver {
    private(set) var orders: Set<String> = []
    private(set) var positions: Set<String> = []

    init(_ lines: String, venue: String) {
        for line in lines.split(separator: "\n") where line.contains("venue=\(venue)") {
            func field(_ name: String) -> String {
                let parts = line.split(separator: " ")
                let part = parts.first { $0.hasPrefix("\(name)=") } ?? ""
                return String(part.dropFirst(name.count + 1))
            }
            if line.contains("msg=\"order taken over\"") {
                orders.insert(
                    "\(field("id")) \(field("side")) \(field("price").plainDecimal)"
                        + " \(field("quantity").plainDecimal) \(field("filled").plainDecimal)")
            } else if line.contains("msg=\"position taken over\"") {
                positions.insert(
                    "\(field("symbol")) \(field("quantity").plainDecimal)"
                        + " \(VenueState.cents(field("cost")))")
            }
        }
    }
}

/// Open orders and positions of one venue, in the words of `TakenOver`.
struct VenueState {
    var orders: Set<String> = []
    var positions: Set<String> = []

    /// To a hundredth: the venue's average entry is rounded.
    static func cents(_ text: String) -> String {
        String(format: "%.2f", (Double(text) ?? .nan) + 0)
    }
}

extension String {
    /// Without zeros at the end of its fraction.
    var plainDecimal: String {
        guard contains(".") else { return self }
        var text = self[...]
        while text.hasSuffix("0") { text = text.dropLast() }
        if text.hasSuffix(".") { text = text.dropLast() }
        return String(text)
    }
}
