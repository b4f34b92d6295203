//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Accounts
import CTelemetry
import Gateway
import Messages
import Risk
import SeededRandom
import Simulator
import Telemetry

/// How a simulation runs.
public struct TortureSettings: Sendable {
    /// What may go wrong; the plan of each hour draws from it.
    public var faults: [TortureFault] = TortureFault.allCases
    /// Stops before this event; `nil`: runs to its end.
    public var untilEvent: UInt64?
    public var isTraced = false
    /// Instead of a plan drawn for each hour: faults and their chances.
    public var fixedPlan: [(fault: TortureFault, chance: Double)] = []

    public init() {}
}

/// Engine, venue and everything between them, on one thread in virtual time, from one seed.
final class World {
    static let startMs: Int64 = 1_764_000_000_000
    /// How often time passes for the engine while something is going on, and while nothing is.
    static let busyTimerNs: UInt64 = 200_000_000
    static let idleTimerNs: UInt64 = 5_000_000_000

    let seed: UInt64
    let settings: TortureSettings
    var random: SplitMix64
    var plan = FaultPlan.none
    var agenda = Agenda()
    var nowNs: UInt64 = 0
    var eventNumber: UInt64 = 0
    let wall: VirtualWall
    let ports: [Port]
    let instruments: InstrumentTable
    let limits: RiskLimits
    let control = ControlHandle.standalone()
    let telemetry = TelemetryWriter.standalone()
    var engine: Engine
    let oracle: Oracle
    var links: [Link]
    var payloads = Payloads()
    var trace = Trace()
    var report = TortureReport()
    /// The trader is at work.
    var isTrading = false
    var hasTimer = false
    var busyUntilNs: UInt64 = 0
    var lastOrderID: UInt64
    /// When an engine that was started anew takes over; `nil`: it has.
    var restartedNs: UInt64?
    /// This seed's requests are signed; the others' sessions are logged on.
    let isSigned: Bool
    /// The cold thread does one thing at a time.
    var isColdBusy = false
    /// REST requests under way, by number.
    var calls: [Int: VirtualTransport.Call] = [:]
    /// Replies on their way, and those that have arrived.
    var waiting: [Int: (status: Int, body: [UInt8])] = [:]
    var replies: [Int: (status: Int, body: [UInt8])] = [:]
    var callCount = 0
    /// Places of the counters in `lastCounterSum`.
    var summed: [Int] = []
    /// Sum of the counters that stand for something done or ignored.
    var lastCounterSum: UInt64 = 0
    var wasVenueTouched = false
    var writeFails = false
    /// Meetings of own orders that no judgement at the time of sending can prevent.
    var overtakenCount = 0
    /// A look of the cold thread is on its way.
    var hasLook = false
    let transports: [VirtualTransport]

    init(seed: UInt64, settings: TortureSettings) throws {
        self.seed = seed
        self.settings = settings
        random = SplitMix64(seed: seed &* 0x9E37_79B9_7F4A_7C15 &+ 1)
        wall = VirtualWall(UInt64(Self.startMs) * 1_000_000)
        isSigned = seed % 4 == 3
        var made: [(simulated: any InProcessVenue, session: any VenueSession)] = []
        var rows: [Instrument] = []
        var transports: [VirtualTransport] = []
        let venues = Self.venues(seed)
        for venue in venues {
            let isOKX = venue == .okx
            let simulated: any InProcessVenue =
                isOKX
                ? InProcessOKX(seed: random.next(), startMs: Self.startMs)
                : InProcessBinance(
                    seed: random.next(), startMs: Self.startMs, isLoggedOn: !isSigned)
            let transport = VirtualTransport(port: made.count, simulated: simulated)
            let session: any VenueSession =
                isOKX
                ? Port.okxSession(transport, wall) : Port.binanceSession(transport, wall)
            rows += try session.instruments(
                isOKX ? InProcessOKX.symbolNames : InProcessBinance.symbolNames)
            transports.append(transport)
            made.append((simulated, session))
        }
        self.transports = transports
        let table = InstrumentTable.standalone(rows)
        instruments = table
        var links: [Link] = []
        var ports: [Port] = []
        for (place, one) in made.enumerated() {
            let isOKX = one.session.venue == .okx
            let order = links.count
            if isOKX {
                links.append(
                    Link(Engine.Connection.okx, place: order, port: place, orders: true,
                         pushes: true))
            } else {
                links.append(
                    Link(Engine.Connection.orderEntry, place: order, port: place, orders: true,
                         pushes: false))
                links.append(
                    Link(Engine.Connection.userStream, place: order + 1, port: place,
                         orders: false, pushes: true))
            }
            ports.append(
                Port(
                    one.simulated, one.session,
                    instruments: [table[UInt32(2 * place)], table[UInt32(2 * place + 1)]],
                    orderLink: order, streamLink: isOKX ? order : order + 1))
        }
        self.links = links
        self.ports = ports
        limits = try Self.limits(instruments)
        oracle = Oracle(
            rows: zip(rows, limits.instruments).map {
                Oracle.Row(instrument: $0, positionMax: $1.positionMax)
            })
        engine = try Self.makeEngine(
            instruments, limits, control, telemetry, venues, isSigned: isSigned, maskSeed: seed)
        lastOrderID = UInt64(Self.startMs) * 1_000_000
        report.seeds = [seed]
        for (place, port) in ports.enumerated() {
            port.simulated.onPush = { [unowned self] in push($0, place) }
        }
        for transport in transports { transport.world = self }
        connectFirst()
    }

    /// The engine's wall clock.
    var wallNs: UInt64 { UInt64(Self.startMs) * 1_000_000 + nowNs }

    var isDone: Bool {
        oracle.broken != nil || settings.untilEvent.map { eventNumber >= $0 } ?? false
    }

    func instrument(_ id: UInt32) -> (venue: any InProcessVenue, local: Int) {
        let port = ports[Int(id) / 2]
        return (port.simulated, Int(id - port.first))
    }

    // MARK: Time

    /// Does the next thing that happens; `false` when nothing is left before `limitNs`.
    func step(before limitNs: UInt64) -> Bool {
        guard !isDone, let next = agenda.next, next.timeNs < limitNs, let event = agenda.take()
        else { return false }
        nowNs = event.timeNs
        wall.nowNs = wallNs
        oracle.nowNs = nowNs
        eventNumber += 1
        for port in ports {
            if port.simulated.nextDeadlineNs <= nowNs { wasVenueTouched = true }
            port.simulated.advance(to: nowNs)
        }
        trace.add(nowNs, eventNumber, .event(event))
        perform(event)
        return true
    }

    func run(until limitNs: UInt64) {
        while step(before: limitNs) {}
        if !isDone { nowNs = limitNs }
    }

    private func perform(_ event: Event) {
        switch event.kind {
        case .timer: passTime()
        case .act: act()
        case .move: moveMarket()
        case .toVenue: arriveAtVenue(event.a, event.b)
        case .toEngine: arriveAtEngine(event.a, event.b)
        case .lossSeen: seeLoss(event.b)
        case .lossAtVenue: loseAtVenue(event.b)
        case .reconnect: reconnect(event.b)
        case .restAtVenue: restAtVenue(event.a, event.b)
        case .restReply: restReply(event.a)
        case .cold: lookAround(isExtra: event.a == 1)
        case .fault: strike()
        case .burst: setTrading(event.a == 1)
        case .resume: control.resume()
        case .press: press(UInt32(event.a), isBuy: event.b == 1)
        case .flood: flood(UInt32(event.a), left: event.b)
        case .wait: break
        }
    }

    private func passTime() {
        hasTimer = false
        stepEngine(Engine.Connection.inbox, .timer)
        scheduleTimer()
    }

    func scheduleTimer() {
        if hasTimer { return }
        hasTimer = true
        let step = nowNs < busyUntilNs ? Self.busyTimerNs : Self.idleTimerNs
        agenda.add(nowNs + step, .timer)
    }

    /// Something is going on: time is to pass in small steps for a while.
    func keepBusy(_ spanNs: UInt64) {
        busyUntilNs = max(busyUntilNs, nowNs + spanNs)
    }

    // MARK: The engine

    /// One frame goes in with the records that it causes, and everything that follows is done.
    func stepEngine(
        _ connection: UInt16, _ kind: FrameKind, context: UInt64 = 0, _ payload: [UInt8] = [],
        references: [ReferencePrice] = [], intents: [OrderIntent] = []
    ) {
        let sequence = engine.feed(
            connection, kind, timeNs: wallNs, context: context, payload)
        for var reference in references {
            reference.sequence = sequence
            engine.publish(reference)
        }
        for var intent in intents {
            intent.sequence = sequence
            report.intents += 1
            oracle.asked(intent)
            engine.publish(intent)
        }
        let failing = writeFails
        if writeFails { for tap in engine.taps { tap.failOnce(-5) } }
        var updates: [ExecutionReport] = []
        var answers = 0
        engine.drain(
            onVerdict: { verdict in
                report.verdicts[Int(verdict.verdict.rawValue)] += 1
                answers += 1
                oracle.took(verdict, canCancel: !failing && canSend(verdict.instrumentID))
            }, onUpdate: { updates.append($0) })
        send()
        if failing { for tap in engine.taps { tap.failOnce(0) } }
        writeFails = false
        for update in updates { took(update) }
        checkStep(isSilent: updates.isEmpty && answers == 0, payload)
    }

    private func canSend(_ id: UInt32) -> Bool { engine.taps[Int(id) / 2].isOpen }

    private func took(_ update: ExecutionReport) {
        trace.add(
            nowNs, eventNumber,
            .note(
                "update \(update.execution.rawValue) status \(update.status.rawValue)",
                update.orderID, update.position.rawValue))
        if update.execution == .fill { report.fills += 1 }
        if update.execution == .unknown {
            report.unknown += 1
            // Whoever forgets such an order has room for another one.
            if isTrading, random.below(2) == 0 {
                agenda.add(
                    nowNs + 1_000, .press, Int(update.instrumentID), update.side == .buy ? 1 : 0)
            }
        }
        oracle.took(update)
    }

    /// A frame as it was, or a record's bytes as digits.
    private static func text(_ payload: ArraySlice<UInt8>) -> String {
        if payload.first == UInt8(ascii: "{") { return String(decoding: payload, as: UTF8.self) }
        return payload.map { String($0, radix: 16) }.joined(separator: " ")
    }

    private func checkStep(isSilent: Bool, _ payload: [UInt8]) {
        // I18: what was given to the engine did something, or was counted as ignored.
        let sum = counterSum()
        if !payload.isEmpty, isSilent, sum == lastCounterSum {
            oracle.fail("I18", "no effect and no counter: \(Self.text(payload.prefix(512)))")
        }
        lastCounterSum = sum
        if engine.hasQuestion, !hasLook {
            hasLook = true
            agenda.add(nowNs, .cold, 1)
        }
        settleStep()
        for place in 0..<instruments.count {
            oracle.check(engine.gateway.ledger(UInt32(place)), place)
        }
    }

    /// Looks at the venue if it was touched, and judges.
    func settleStep() {
        if wasVenueTouched {
            wasVenueTouched = false
            oracle.look { instrument($0) }
            oracle.endStep(positions: positions)
            if ports.reduce(0, { $0 + $1.simulated.selfTradeCount }) > overtakenCount {
                oracle.fail("I20", "an order of ours met another one of ours")
            }
        } else {
            oracle.endStep(positions: nil)
        }
    }

    var positions: [Int64] {
        (0..<instruments.count).map {
            let place = instrument(UInt32($0))
            return place.venue.position(place.local)
        }
    }
}

/// Bytes under way, by number.
struct Payloads {
    private var slots: [[UInt8]] = []
    private var free: [Int] = []

    mutating func keep(_ bytes: [UInt8]) -> Int {
        if let place = free.popLast() {
            slots[place] = bytes
            return place
        }
        slots.append(bytes)
        return slots.count - 1
    }

    mutating func take(_ place: Int) -> [UInt8] {
        let bytes = slots[place]
        slots[place] = []
        free.append(place)
        return bytes
    }
}
