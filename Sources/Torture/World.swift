//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTLS
import Gateway
import Messages
import Risk
import SeededRandom
import Simulator
import Telemetry
import Venues

/// How a simulation runs.
public struct TortureSettings: Sendable {
    /// What may go wrong; the plan of each hour draws from it.
    public var faults: [TortureFault] = TortureFault.allCases
    /// Stops before this event; `nil`: runs to its end.
    public var untilEvent: UInt64?
    public var isTraced = false

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
    var queue = EventQueue()
    var nowNs: UInt64 = 0
    var eventNumber: UInt64 = 0
    let venue: InProcessBinance
    let instruments: InstrumentTable
    let limits: RiskLimits
    let control = ControlHandle.standalone()
    let telemetry = TelemetryWriter.standalone()
    var engine: Engine
    let oracle: Oracle
    var links = Link.Name.allCases.map { Link($0) }
    var payloads = Payloads()
    var trace = Trace()
    var report = TortureReport()
    /// The trader is at work.
    var isTrading = false
    var hasTimer = false
    var busyUntilNs: UInt64 = 0
    var lastOrderID: UInt64
    /// When requests that are under way in a life that has ended arrive at last.
    var lateUntilNs: [Int: UInt64] = [:]
    var cold = ColdState()
    /// Whether this seed's requests are signed; the others' sessions are logged on.
    let isSigned: Bool
    var hmac = HMACState()
    /// Places of the counters in `lastCounterSum`.
    var summed: [Int] = []
    /// Sum of the counters that stand for something done or ignored.
    var lastCounterSum: UInt64 = 0
    var wasVenueTouched = false
    var writeFails = false

    init(seed: UInt64, settings: TortureSettings) throws {
        self.seed = seed
        self.settings = settings
        random = SplitMix64(seed: seed &* 0x9E37_79B9_7F4A_7C15 &+ 1)
        isSigned = seed % 4 == 3
        venue = InProcessBinance(seed: random.next(), startMs: Self.startMs)
        let information = venue.rest(
            "GET", "/fapi/v1/exchangeInfo", query: "", apiKey: "")
        let rows = try BinanceREST.instruments(
            information.body, symbols: InProcessBinance.symbolNames)
        instruments = .standalone(rows)
        limits = try Self.limits(instruments)
        oracle = Oracle(
            rows: zip(rows, limits.instruments).map {
                Oracle.Row(instrument: $0, positionMax: $1.positionMax)
            })
        engine = try Self.makeEngine(
            instruments, limits, control, telemetry, isSigned: isSigned, maskSeed: seed)
        lastOrderID = UInt64(Self.startMs) * 1_000_000
        report.seeds = [seed]
        let secret = Array(Credentials.demonstrationSecret.utf8)
        unsafe apus_hmac_init(&hmac, secret, secret.count)
        venue.onPush = { [unowned self] bytes, _ in push(bytes) }
        connectFirst()
    }

    deinit { unsafe apus_hmac_destroy(&hmac) }

    private static func limits(_ table: InstrumentTable) throws -> RiskLimits {
        let lots: [Int64] = [60, 300]
        return try RiskLimits(
            account: AccountLimits(
                openOrdersMax: 24, messagesPerSecond: 20, messageBurst: 60, cancelReserve: 20),
            instruments: (0..<table.count).map { index in
                InstrumentLimits(
                    orderQuantityMax: lots[index] / 3, orderNotionalMaxE8: 4_000 * 100_000_000,
                    collarE4: 100, positionMax: lots[index], openOrdersMax: 16)
            }, table: table)
    }

    private static func makeEngine(
        _ instruments: InstrumentTable, _ limits: RiskLimits, _ control: ControlHandle,
        _ telemetry: TelemetryWriter, isSigned: Bool, maskSeed: UInt64
    ) throws -> Engine {
        try Engine(
            instruments: instruments, limits: limits,
            gateway: GatewayConfiguration(
                apiKey: InProcessBinance.apiKey, secret: Credentials.demonstrationSecret,
                liveOrdersMax: 64, endedOrdersMax: 256, recentTradesMax: 1_024,
                maskSeed: maskSeed, isSessionAuthenticated: !isSigned),
            control: control, telemetry: telemetry)
    }

    /// The engine's wall clock.
    var wallNs: UInt64 { UInt64(Self.startMs) * 1_000_000 + nowNs }

    var isDone: Bool {
        oracle.broken != nil || settings.untilEvent.map { eventNumber >= $0 } ?? false
    }

    func link(_ name: Link.Name) -> Link { links[name.rawValue] }

    func instrument(_ id: UInt32) -> (venue: InProcessBinance, symbol: Int) { (venue, Int(id)) }

    // MARK: Time

    /// Does the next thing that happens; `false` when nothing is left before `limitNs`.
    func step(before limitNs: UInt64) -> Bool {
        guard !isDone, let next = queue.next, next.timeNs < limitNs, let event = queue.take()
        else { return false }
        nowNs = event.timeNs
        eventNumber += 1
        if venue.nextDeadlineNs <= nowNs { wasVenueTouched = true }
        venue.advance(to: nowNs)
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
        case .restAtVenue: restAtVenue(event.a)
        case .restReply: restReply(event.a)
        case .cold: lookAround()
        case .fault: strike()
        case .burst: setTrading(event.a == 1)
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
        queue.add(nowNs + step, .timer)
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
        let canCancel = engine.tap.isOpen && !writeFails
        if writeFails { engine.tap.failOnce(-5) }
        var updates: [ExecutionReport] = []
        var answers = 0
        engine.drain(
            onVerdict: { verdict in
                report.verdicts[Int(verdict.verdict.rawValue)] += 1
                answers += 1
                oracle.took(verdict, canCancel: canCancel)
            }, onUpdate: { updates.append($0) })
        send()
        writeFails = false
        for update in updates { took(update) }
        checkStep(isSilent: updates.isEmpty && answers == 0, hasPayload: !payload.isEmpty)
    }

    private func took(_ update: ExecutionReport) {
        trace.add(
            nowNs, eventNumber,
            .note(
                "update \(update.execution.rawValue) status \(update.status.rawValue)",
                update.orderID, update.position.rawValue))
        if update.execution == .fill { report.fills += 1 }
        if update.execution == .unknown { report.unknown += 1 }
        oracle.took(update)
    }

    private func checkStep(isSilent: Bool, hasPayload: Bool) {
        // I18: what was given to the engine did something, or was counted as ignored.
        let sum = counterSum()
        if hasPayload, isSilent, sum == lastCounterSum {
            oracle.fail("I18", "a message had no effect and no counter")
        }
        lastCounterSum = sum
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
            if venue.selfTradeCount > 0 {
                oracle.fail("I20", "an order of ours met another one of ours")
            }
        } else {
            oracle.endStep(positions: nil)
        }
    }

    var positions: [Int64] {
        (0..<instruments.count).map {
            let place = instrument(UInt32($0))
            return place.venue.position(place.symbol)
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
