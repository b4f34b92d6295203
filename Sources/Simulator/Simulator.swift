//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CHTTPD
import CTLS
import Platform

/// The simulated venues: their markets, their interfaces and the loop that drives them.
///
/// Everything runs on the thread that calls `run`, which sleeps in one wait until a socket, a
/// signal or a market's next instant.
///
/// SAFETY: The C handles belong to this object and its thread alone and are freed in `deinit`.
@safe
public final class Simulator {
    private static let signalToken: UInt64 = 1

    private let options: SimulatorOptions
    private let log: (String) -> Void
    private let context: SimulatorContext
    private let identity: ServerIdentity
    private let tls: OpaquePointer
    private let loop: Int32
    private var signals: Int32 = -1
    private let exchange: SyntheticExchange
    private var venues: [any Venue] = []
    private var servers: [VenueServer] = []
    private var nextTickNs: UInt64 = 0
    private var hasHadClients = false
    private var isStopping = false

    public convenience init(
        _ options: SimulatorOptions, keys: VenueKeys = VenueKeys(),
        log: @escaping (String) -> Void
    ) throws(SimulatorError) {
        try self.init(options, log: log)
        try addVenues(keys)
    }

    /// A simulator of one venue that is none of the options'.
    convenience init(
        _ options: SimulatorOptions, log: @escaping (String) -> Void,
        venue make: (SimulatorContext) -> any Venue
    ) throws(SimulatorError) {
        try self.init(options, log: log)
        try open(make(context.ofVenue), rest: options.restPort, streams: options.streamPort)
    }

    private init(
        _ options: SimulatorOptions, log: @escaping (String) -> Void
    ) throws(SimulatorError) {
        self.options = options
        self.log = log
        let identity = try ServerIdentity(keptIn: options.keptPath, fault: options.fault)
        guard let tls = unsafe apus_tls_server_create(identity.certificate, identity.key) else {
            throw SimulatorError("cannot use the test certificates")
        }
        self.identity = identity
        unsafe self.tls = unsafe tls
        loop = apus_loop_open()
        guard loop >= 0 else { throw SimulatorError("cannot open a poll set: error \(-loop)") }
        let clock = VenueClock(startNs: monotonicNs(), startMs: Int64(wallNs() / 1_000_000))
        context = SimulatorContext(
            clock: clock,
            faults: FaultInjector(options.faults, seed: options.faultSeed, clock: clock),
            delays: Delays(clock: clock), log: log)
        exchange = SyntheticExchange(clock: clock)
    }

    deinit {
        for server in servers { server.close() }
        if signals >= 0 { apus_loop_close(signals, 0) }
        apus_loop_close(loop, 0)
        unsafe apus_tls_server_destroy(tls)
    }

    /// Binance comes first: its books lead those of the same coins elsewhere.
    private func addVenues(_ keys: VenueKeys) throws(SimulatorError) {
        var leaders: [String: SyntheticBook] = [:]
        if options.venues.contains(.binanceUSDM) {
            let binance = try BinanceVenue(
                options, credentials: keys.binance, exchange: exchange,
                context: context.ofVenue)
            leaders = binance.leaders
            try open(binance, rest: options.restPort, streams: options.streamPort)
        }
        if options.venues.contains(.binanceSpot) {
            let spot = SpotVenue(
                options, key: keys.binance.key, exchange: exchange, leaders: leaders,
                context: context.ofVenue)
            try open(spot, rest: options.spotRESTPort, streams: options.spotStreamPort)
        }
        if options.venues.contains(.okx) {
            let okx = OKXVenue(
                options, credentials: keys.okx, exchange: exchange, leaders: leaders,
                context: context.ofVenue)
            try open(okx, rest: options.okxRESTPort, streams: options.okxStreamPort)
        }
    }

    /// The ports of the first venue have a name of their own beside the venue's.
    private func open(
        _ venue: any Venue, rest own: UInt16, streams ownStreams: UInt16
    ) throws(SimulatorError) {
        let isFirst = venues.isEmpty
        let rest = isFirst && own == 0 ? options.restPort : own
        let streams = isFirst && ownStreams == 0 ? options.streamPort : ownStreams
        let firstToken = UInt64(venues.count + 1) << 40
        let connections = unsafe ConnectionServer(
            name: venue.name, venue: venue.streams, clock: venue.clock, policy: venue.policy,
            faults: context.faults, loop: loop, tls: tls, firstToken: firstToken + 1_001)
        let server = VenueServer(
            name: venue.name, connections: connections,
            handler: { [unowned self, unowned venue] in answer(venue, $0, $1) },
            faults: context.faults, loop: loop, firstToken: firstToken)
        venues.append(venue)
        servers.append(server)
        try server.listen(rest: rest, streams: streams, identity: identity)
    }

    // MARK: - Addresses

    /// Where clients of the first venue connect.
    public var restPort: UInt16 { servers[0].restPort }
    public var streamPort: UInt16 { servers[0].streamPort }

    public func restPort(of name: VenueName) -> UInt16? {
        servers.first { $0.name == name }?.restPort
    }

    public func streamPort(of name: VenueName) -> UInt16? {
        servers.first { $0.name == name }?.streamPort
    }

    /// `key=value` for each address: those of Binance by their old names, all with the venue's.
    public var addresses: [(key: String, value: String)] {
        var all: [(key: String, value: String)] = []
        for (venue, server) in zip(venues, servers) {
            let own = venue.endpoints(restPort: server.restPort, streamPort: server.streamPort)
            if venue.name == .binanceUSDM { all += own }
            all += own.map { ("\(venue.name.rawValue).\($0.key)", $0.value) }
        }
        return all
    }

    /// Writes the certificate that clients trust.
    public func writeCertificate(to path: String) throws(SimulatorError) {
        try identity.writeRoot(to: path)
    }

    /// Makes SIGINT, SIGTERM, SIGUSR1 and SIGUSR2 events of this loop.
    public func catchSignals() throws(SimulatorError) {
        signals = apus_loop_catch_signals(loop, Self.signalToken)
        guard signals >= 0 else { throw SimulatorError("cannot catch signals: error \(-signals)") }
    }

    // MARK: - Run

    public func stop() { isStopping = true }

    /// Serves until a signal, `stop()`, or the end of the replay where that is asked for.
    public func run() {
        while !isStopping { turn(waitNsMax: 1_000_000_000) }
        for line in closingLines { log(line) }
    }

    /// What happened, one line a venue.
    public var closingLines: [String] {
        var lines = zip(venues, servers).map { venue, server in
            (venues.count > 1 ? "\(venue.name.rawValue): " : "")
                + "\(venue.summary) connections \(server.connections.acceptedCount)"
        }
        if !lines.isEmpty { lines[lines.count - 1] += context.faults.summary }
        return lines
    }

    /// One turn of the loop: waits for work at most `waitNsMax`, then does all that is due.
    public func turn(waitNsMax: UInt64) {
        let clock = context.clock
        clock.nowNs = monotonicNs()
        let events = wait(until: min(deadlineNs(), clock.nowNs + waitNsMax))
        clock.nowNs = monotonicNs()
        for venue in venues { venue.run(nowNs: clock.nowNs) }
        context.delays.run()
        for event in events { handle(event) }
        for server in servers { server.run() }
        if clock.nowNs >= nextTickNs {
            nextTickNs = clock.nowNs + 1_000_000_000
            for server in servers { server.connections.tick() }
        }
        for server in servers { server.connections.flush() }
        let count = servers.reduce(0) { $0 + $1.connections.connectionCount }
        if count > 0 { hasHadClients = true }
        if options.exitsAtEnd, hasHadClients, count == 0, venues.contains(where: \.isAtEnd) {
            isStopping = true
        }
    }

    private func deadlineNs() -> UInt64 {
        var deadline = min(nextTickNs, context.delays.nextDueNs)
        for venue in venues { deadline = min(deadline, venue.nextDeadlineNs) }
        for server in servers {
            if let wait = server.timeoutNs { deadline = min(deadline, context.clock.nowNs + wait) }
        }
        return deadline
    }

    private func wait(until deadline: UInt64) -> [LoopEvent] {
        let room = 64
        return unsafe [LoopEvent](unsafeUninitializedCapacity: room) { events, count in
            let ready = unsafe apus_loop_wait(loop, deadline, events.baseAddress, Int32(room))
            count = max(0, Int(ready))
        }
    }

    private func handle(_ event: LoopEvent) {
        if event.token == Self.signalToken { return handleSignals() }
        let place = Int(event.token >> 40) - 1
        if servers.indices.contains(place) { servers[place].ready(event.token) }
    }

    private func handleSignals() {
        while true {
            switch apus_loop_signal(signals) {
            case 0: return
            case 10:
                log("all connections are broken on request")
                for server in servers { server.dropAll() }
            case 12:
                log("the next depth event of each stream is lost on request")
                for venue in venues { venue.skipDepthEvent() }
            default: isStopping = true
            }
        }
    }

    /// The simulator's own: the switch of the synthetic markets, what went wrong so far; then the
    /// venue.
    private func answer(
        _ venue: any Venue, _ request: RESTRequest, _ reply: @escaping (RESTReply) -> Void
    ) {
        switch request.path {
        case "/apus/pause", "/apus/resume":
            exchange.isPaused = request.path == "/apus/pause"
            reply(RESTReply(status: 200, body: Array("{\"paused\":\(exchange.isPaused)}".utf8)))
        case "/apus/faults":
            reply(RESTReply(status: 200, body: Array(context.faults.json.utf8)))
        default: venue.handle(request, reply: reply)
        }
    }
}
