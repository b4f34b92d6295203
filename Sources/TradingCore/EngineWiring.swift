//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Accounts
import CBase
import CTLS
import Configuration
import Gateway
import Indicators
import Inference
import Messages
import Platform
import Rings
import Risk
import Telemetry
import Transport
import Venues

/// Connections, byte rings and stages of a live path, wired to each other.
struct EngineWiring {
    let path: HotPath
    let connector: Connector
    let inbox: ColdInbox
    let outbox: ColdOutbox
    let plan: ConnectionPlan
    /// The cold side of the models.
    let ensemble: EnsembleControl
    /// Of the features the kernel computes.
    let schemaHash: UInt64
    /// `nil`: features are not followed.
    let tracking: FeatureTracking?
    let quality: QualityTracking
    let stages: PathStages
    /// `nil`: no journal is kept.
    let journaling: Journaling?

    /// Bytes that may lie between reader and parser, per connection: several of the largest
    /// bursts seen (604 kB/s, 26 kB a message).
    private static let byteRingCapacity = 4 << 20

    init(
        _ settings: Settings, directory: InstanceDirectory, rings: PathRings,
        instruments: InstrumentTable, setups: [VenueSetup], control: ControlHandle,
        placement: String, clock: WallClock, telemetry: TelemetryWriter, log: Log
    ) throws {
        let plan = ConnectionPlan(settings, setups, instruments, for: .trading)
        let producers = UnsafeMutablePointer<ByteRingProducer>.allocate(
            capacity: plan.count)
        let consumers = UnsafeMutablePointer<ByteRingConsumer>.allocate(
            capacity: plan.count)
        var inspectors: [ByteRingInspector] = []
        for id in 0..<plan.count {
            var memory = try ByteRingMemory(
                capacity: Self.byteRingCapacity, path: directory.segment("bytes.\(id)"))
            memory.prefault()
            unsafe (producers + id).initialize(to: try memory.makeProducer())
            unsafe (consumers + id).initialize(to: try memory.makeConsumer())
            inspectors.append(memory.inspector)
            // Kept for ever, like everything the hot threads touch.
            memory.leak()
        }
        let inboxBytes = unsafe producers.move()
        let coldInbox = ColdInbox(
            bytes: inboxBytes, inbox: try rings.inbox.makeProducer())
        let connector = Connector(
            specifications: plan.specifications
        ) { log.info("connection", ["event": $0]) }
        var readerConfiguration = ReaderConfiguration()
        readerConfiguration.timerIntervalNs = settings.durationNs("placement.timer_interval")
        let reader = unsafe PathStages.place(
            ReaderStage(
                configuration: readerConfiguration,
                connector: connector, frames: try rings.frames.makeProducer(),
                byteRings: producers, connectionCount: plan.count,
                inbox: try rings.inbox.makeConsumer(), outbox: try rings.outbox.makeConsumer(),
                clock: clock, telemetry: telemetry))
        // Nanoseconds of the start: a session sends far fewer orders than it lasts nanoseconds, so
        // no later session and no other engine of the account meets its ids.
        let orderIDBase = wallNs()
        let maskSeed = randomSeed()
        let configuration = try PathSettings.trading(
            settings, setups, instruments: instruments, orderIDBase: orderIDBase,
            maskSeed: maskSeed)
        let schema = try PathSettings.schema(
            settings, configuration.kernel, instruments: instruments)
        tracking = try FeatureTracking.make(settings, schema, telemetry: telemetry)
        var ends = PathEnds(rings)
        ends.featureTap = try tracking?.makeTap()
        Self.warnOfLimits(configuration.risk, instruments, log)
        let stages = unsafe try PathStages(
            ends, configuration, instruments: instruments, byteRings: consumers,
            roles: plan.roles,
            routes: plan.orderConnections.map { venue, id in
                unsafe OrderRoute(
                    venue: venue, channel: reader.pointee.orderChannel(connectionID: Int(id)))
            },
            control: control, clock: clock, telemetry: telemetry)
        path = unsafe HotPath(reader: reader, stages: stages)
        quality = try QualityTracking(settings, instruments, telemetry: telemetry)
        try quality.tap(stages)
        ensemble = stages.ensemble
        self.stages = stages
        if let journal = try JournalPlan(settings) {
            let session = JournalSession(
                settings, setups: setups, ensemble: ensemble, startNs: clock.now(),
                orderIDBase: orderIDBase, maskSeed: maskSeed, placement: placement)
            journaling = try Journaling(
                journal, rings: rings, bytes: inspectors, session: session,
                instruments: instruments, inbox: coldInbox, clock: clock, telemetry: telemetry,
                log: log)
            try journaling?.tap(path, stages)
        } else {
            journaling = nil
        }
        schemaHash = schema.hash
        self.connector = connector
        inbox = coldInbox
        outbox = ColdOutbox(try rings.outbox.makeProducer())
        self.plan = plan
    }

    private static func warnOfLimits(
        _ limits: RiskLimits, _ instruments: InstrumentTable, _ log: Log
    ) {
        for (id, own) in limits.instruments.enumerated()
        where instruments[UInt32(id)].isDataOnly == 0
            && (own.orderQuantityMax == 0 || own.positionMax == 0)
        {
            log.warning("an instrument is not traded: its limit is 0", [
                "symbol": instruments[UInt32(id)].symbolText,
                "limit": own.orderQuantityMax == 0
                    ? "risk.order_quantity_max" : "risk.position_max",
            ])
        }
    }

    /// How the cold thread of a venue gets its books.
    func books(
        _ settings: Settings, _ venue: Venue, _ instruments: InstrumentTable
    ) -> BookSource {
        BookSource(settings, venue, instruments, plan, connector, outbox, lines: .first)
    }

    /// What keeps the account of a session; `nil` where there is none.
    func account(
        _ settings: Settings, _ session: any MarketSession, _ attempts: RequestAttempts,
        queries: OrderQueries, telemetry: TelemetryWriter, _ instruments: InstrumentTable
    ) throws(EngineError) -> ColdAccount? {
        guard let session = session as? any VenueSession else { return nil }
        let own = (0..<UInt32(instruments.count)).map { instruments[$0] }
            .filter { $0.venue == session.venue }
        return ColdAccount(
            session: session, instruments: own, inbox: inbox, requests: attempts,
            policy: PathSettings.accountPolicy(settings),
            clock: PathSettings.clockLimits(settings), queries: queries,
            pulse: plan.userStreams[session.venue].map {
                StreamPulse(connector: connector, connection: $0)
            }, recovery: recovery(session.venue),
            renewal: renewal(session.venue, telemetry: telemetry),
            deadMan: try DeadManSwitch(settings, session.venue), telemetry: telemetry)
    }

    /// What notices that the stream of a venue's account was away.
    private func recovery(_ venue: Venue) -> StreamRecovery? {
        plan.userStreams[venue].map { StreamRecovery(connector: connector, connection: $0) }
    }

    /// What keeps up the stream of an account that lives on a key.
    private func renewal(_ venue: Venue, telemetry: TelemetryWriter) -> StreamRenewal? {
        guard venue == .binanceUSDM, let id = plan.userStreams[venue] else { return nil }
        let expiries = telemetry.counter("parser_listen_key_expired_total")
        return StreamRenewal(
            nowNs: monotonicNs(), expiries: { expiries.value },
            reconnect: { [connector] in connector.reconnect(id) })
    }

    /// What counts the venue's words that it is about to close connections.
    private static func announcements(_ venue: Venue) -> String? {
        switch venue {
        case .okx: "parser_service_upgrade_notices_total"
        case .binanceSpot: "parser_server_shutdowns_total"
        default: nil
        }
    }

    /// What replaces the market data connections of a venue.
    func rotation(
        _ settings: Settings, _ venue: Venue, telemetry: TelemetryWriter
    ) -> LineRotation {
        let lifetimeNs = settings.durationNs("trading.connection_lifetime")
        return LineRotation(
            plan.lineGroups.filter { $0.venue == venue }, connector: connector,
            times: ConnectionRotation.Times(
                lifetimeNs: lifetimeNs, marginNs: 0, jitterNs: lifetimeNs / 20),
            announcements: Self.announcements(venue).map { telemetry.counter($0) },
            telemetry: telemetry, seed: randomSeed())
    }
}
