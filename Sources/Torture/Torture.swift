//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Gateway
import Messages
import SeededRandom
import Simulator
import Telemetry

/// Simulates hours of trading while everything that can go wrong does.
public struct Torture: Sendable {
    private static let hourNs: UInt64 = 3_600_000_000_000
    /// At the end of an hour the network heals and trading rests for so long.
    private static let restNs: UInt64 = 200_000_000_000

    public var settings = TortureSettings()
    public var print: @Sendable (String) -> Void = { _ in }

    public init() {}

    /// Runs `hours` of one seed.
    public func run(seed: UInt64, hours: Int) throws -> TortureReport {
        let world = try World(seed: seed, settings: settings)
        world.trace.isPrinted = settings.isTraced
        world.trace.print = print
        for hour in 0..<hours {
            Self.planHour(world, hour)
            world.run(until: UInt64(hour + 1) * Self.hourNs - Self.restNs)
            Self.settle(world, until: UInt64(hour + 1) * Self.hourNs)
            world.report.hours = hour + 1
            if world.isDone { break }
        }
        return Self.finished(world)
    }

    private static func finished(_ world: World) -> TortureReport {
        var report = world.report
        report.events = world.eventNumber
        report.hash = world.trace.hash
        if let broken = world.oracle.broken {
            report.violations = [
                TortureViolation(
                    seed: world.seed, invariant: broken.invariant, message: broken.message,
                    virtualNs: world.nowNs, eventNumber: world.eventNumber,
                    history: world.trace.lines)
            ]
        }
        return report
    }

    /// Bursts of trading with nothing between them, and what goes wrong in this hour.
    private static func planHour(_ world: World, _ hour: Int) {
        world.plan =
            world.settings.fixedPlan.isEmpty
            ? FaultPlan(&world.random, from: world.settings.faults)
            : FaultPlan(world.settings.fixedPlan)
        let start = UInt64(hour) * hourNs
        let slowMs = world.plan.chance(.slowNetwork) > 0 ? world.random.below(400) : 0
        if slowMs > 0 { world.count(.slowNetwork) }
        for place in world.links.indices {
            world.links[place].latencyNs = UInt64(1 + slowMs + world.random.below(20)) * 1_000_000
            world.links[place].jitterNs = UInt64(1 + world.random.below(20 + slowMs)) * 1_000_000
        }
        var at = start + world.span(1_000, 60_000)
        while true {
            let length = world.span(10_000, 60_000)
            if at + length > start + hourNs - restNs { break }
            world.agenda.add(at, .burst, 1)
            world.agenda.add(at + length, .burst, 0)
            at += length + world.span(60_000, 900_000)
        }
    }

    /// Trading stops, the network heals, and when all has come to rest both ends must agree.
    private static func settle(_ world: World, until endNs: UInt64) {
        if world.isDone { return }
        world.plan = .none
        world.control.resume()
        for link in world.links where link.isDead { world.seeLoss(link.tag) }
        for place in world.links.indices {
            world.links[place].latencyNs = 1_000_000
            world.links[place].jitterNs = 1_000_000
        }
        world.keepBusy(150_000_000_000)
        world.run(until: endNs - 150_000_000_000)
        drillRestart(world)
        world.run(until: endNs - 60_000_000_000)
        if world.isDone { return }
        // Half of what rests is cancelled; the rest lives on in the next hour.
        let live = world.oracle.live.filter { _ in world.random.below(2) == 0 }
        for id in live {
            world.stepEngine(
                Engine.Connection.inbox, .timer, intents: [world.cancelIntent(id)])
        }
        world.run(until: endNs - 20_000_000_000)
        drill(world, until: endNs)
        if world.isDone { return }
        world.oracle.look { world.instrument($0) }
        world.oracle.settled(
            positions: world.positions, open: world.ownOpen,
            held: world.engine.gateway.openOrders, nowS: world.wallNs / 1_000_000_000)
        world.oracle.forget()
    }

    /// In one hour of four the process ends while orders rest and nothing else goes on.
    private static func drillRestart(_ world: World) {
        guard world.settings.faults.contains(.restart), world.settings.fixedPlan.isEmpty,
            !world.isDone, world.restartedNs == nil, world.random.below(4) == 0
        else { return }
        world.count(.restart)
        world.restartOrFail()
    }

    /// I8: in one hour of four people halt trading; soon nothing of ours rests at any venue.
    private static func drill(_ world: World, until endNs: UInt64) {
        if !world.isDone, world.random.below(4) == 0 {
            world.report.kills += 1
            world.control.lower(to: .halted, reason: "drill")
            world.stepEngine(Engine.Connection.inbox, .timer)
            world.run(until: endNs - 1_000_000_000)
            let left = world.ports.flatMap(\.simulated.openOrders).filter { $0.hasPrefix("apus") }
            if !left.isEmpty, !world.isDone {
                world.oracle.fail("I8", "\(left) rest 19 s after the kill")
            }
            world.control.resume()
        }
        world.run(until: endNs)
    }
}
