//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CHTTPD
import CTLS
import Platform

/// The simulated venue: its market, its interfaces and the loop that drives them.
///
/// Everything runs on the thread that calls `run`, which sleeps in one wait until a socket, a
/// signal or the market's next instant.
///
/// SAFETY: The C handles belong to this object and its thread alone and are freed in `deinit`.
@safe
public final class Simulator {
    private enum Token {
        static let signals: UInt64 = 1
        static let http: UInt64 = 2
        static let firstListener: UInt64 = 10
        static let firstConnection: UInt64 = 1_000
    }

    private struct Listener {
        let socket: Int32
        let isREST: Bool
    }

    private let options: SimulatorOptions
    private let log: (String) -> Void
    private let clock: VenueClock
    private let identity: ServerIdentity
    private let tls: OpaquePointer
    private let loop: Int32
    private var signals: Int32 = -1
    private var listeners: [Listener] = []
    private var httpd: OpaquePointer?
    private let market: any Market
    private let hub: StreamHub
    private let desk: OrderDesk
    private let rest: RESTInterface
    private let streams: StreamServer
    private var nextTickNs: UInt64 = 0
    private var hasHadClients = false
    private var isStopping = false

    /// Where clients connect.
    public private(set) var restPort: UInt16 = 0
    public private(set) var streamPort: UInt16 = 0
    public var restURL: String { "https://localhost:\(restPort)" }
    public var streamURL: String { "wss://localhost:\(streamPort)" }
    public var orderEntryURL: String { "\(streamURL)/ws-fapi/v1" }

    public init(
        _ options: SimulatorOptions, credentials: Credentials, log: @escaping (String) -> Void
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
        clock = VenueClock(startNs: monotonicNs(), startMs: Int64(wallNs() / 1_000_000))
        (market, hub) = try Self.makeMarket(options, clock: clock, log: log)
        desk = OrderDesk(
            market: market, clock: clock, wallet: Fixed(units: options.wallet * Fixed.one))
        let keys = ListenKeys()
        rest = RESTInterface(
            desk: desk, credentials: credentials, clock: clock, listenKeys: keys)
        streams = unsafe StreamServer(
            hub: hub,
            orderEntry: OrderEntry(
                desk: desk, credentials: credentials, clock: clock, listenKeys: keys),
            listenKeys: keys, clock: clock,
            policy: StreamServer.Policy(messageRateMax: options.messageRateMax), loop: loop,
            tls: tls, firstToken: Token.firstConnection)
        desk.onUserEvent = { [unowned streams] in streams.userEvent($0, $1) }
        try startListening()
    }

    deinit {
        unsafe apus_httpd_destroy(httpd)
        streams.dropAll()
        for listener in listeners { apus_loop_close(listener.socket, 0) }
        if signals >= 0 { apus_loop_close(signals, 0) }
        apus_loop_close(loop, 0)
        unsafe apus_tls_server_destroy(tls)
    }

    private static func makeMarket(
        _ options: SimulatorOptions, clock: VenueClock, log: @escaping (String) -> Void
    ) throws(SimulatorError) -> (any Market, StreamHub) {
        if options.replayPaths.isEmpty {
            let symbols: [VenueSymbol] = [.bitcoin, .ether, .solana]
            let hub = StreamHub(symbols: symbols)
            let market = SyntheticMarket(
                symbols: symbols, seed: options.seed, rate: options.rate, hub: hub, clock: clock,
                hasFieldsOf2026: options.hasFieldsOf2026)
            return (market, hub)
        }
        let market = try ReplayMarket(
            paths: options.replayPaths, speed: options.speed, clock: clock, log: log)
        return (market, market.hub)
    }

    // MARK: - Start

    private func startListening() throws(SimulatorError) {
        restPort = try listen(options.restPort, isREST: true)
        streamPort = try listen(options.streamPort, isREST: false)
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe httpd = unsafe apus_httpd_create(
            identity.certificate, identity.key, answerRequest, context)
        guard let httpd = unsafe httpd else {
            throw SimulatorError("cannot start the HTTPS server")
        }
        let descriptor = unsafe apus_httpd_descriptor(httpd)
        guard descriptor >= 0, apus_loop_watch(loop, descriptor, Token.http, 0) == 0 else {
            throw SimulatorError("cannot watch the HTTPS server")
        }
    }

    /// Listens on 127.0.0.1 and, where the machine has it, on ::1 with the same port.
    private func listen(_ port: UInt16, isREST: Bool) throws(SimulatorError) -> UInt16 {
        let socket = apus_loop_listen(0, port)
        guard socket >= 0 else {
            throw SimulatorError("cannot listen on 127.0.0.1:\(port): error \(-socket)")
        }
        add(socket, isREST: isREST)
        let chosen = apus_loop_port(socket)
        guard let number = UInt16(exactly: chosen) else {
            throw SimulatorError("cannot learn the port: error \(-chosen)")
        }
        let second = apus_loop_listen(1, number)
        if second >= 0 { add(second, isREST: isREST) }
        return number
    }

    private func add(_ socket: Int32, isREST: Bool) {
        let token = Token.firstListener + UInt64(listeners.count)
        listeners.append(Listener(socket: socket, isREST: isREST))
        _ = apus_loop_watch(loop, socket, token, 0)
    }

    /// Writes the certificate that clients trust.
    public func writeCertificate(to path: String) throws(SimulatorError) {
        try identity.writeRoot(to: path)
    }

    /// Makes SIGINT, SIGTERM, SIGUSR1 and SIGUSR2 events of this loop.
    public func catchSignals() throws(SimulatorError) {
        signals = apus_loop_catch_signals(loop, Token.signals)
        guard signals >= 0 else { throw SimulatorError("cannot catch signals: error \(-signals)") }
    }

    // MARK: - Run

    public func stop() { isStopping = true }

    /// Serves until a signal, `stop()`, or the end of the replay where that is asked for.
    public func run() {
        while !isStopping { turn(waitNsMax: 1_000_000_000) }
        log(
            "messages \(hub.messageCount) requests \(rest.requestCount) "
                + "orders \(desk.orderCount) fills \(desk.fillCount) "
                + "rejects \(desk.rejectCount) open \(desk.openOrders.count) "
                + "connections \(streams.acceptedCount)")
    }

    /// One turn of the loop: waits for work at most `waitNsMax`, then does all that is due.
    public func turn(waitNsMax: UInt64) {
        clock.nowNs = monotonicNs()
        let events = wait(until: min(deadlineNs(), clock.nowNs + waitNsMax))
        clock.nowNs = monotonicNs()
        market.advance(to: clock.nowNs)
        desk.runCountdowns(nowNs: clock.nowNs)
        for event in events { handle(event) }
        if let httpd = unsafe httpd { _ = unsafe apus_httpd_run(httpd) }
        if clock.nowNs >= nextTickNs {
            nextTickNs = clock.nowNs + 1_000_000_000
            streams.tick()
        }
        streams.flush()
        if streams.connectionCount > 0 { hasHadClients = true }
        if options.exitsAtEnd, market.isAtEnd, hasHadClients, streams.connectionCount == 0 {
            isStopping = true
        }
    }

    private func deadlineNs() -> UInt64 {
        var deadline = min(market.nextDeadlineNs, desk.nextCountdownNs, nextTickNs)
        if let httpd = unsafe httpd {
            let wait = unsafe apus_httpd_timeout_ms(httpd)
            if wait >= 0 { deadline = min(deadline, clock.nowNs + UInt64(wait) * 1_000_000) }
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
        switch event.token {
        case Token.signals: handleSignals()
        case Token.http: break
        case Token.firstListener..<Token.firstConnection:
            accept(listeners[Int(event.token - Token.firstListener)])
        default: streams.ready(event.token)
        }
    }

    private func accept(_ listener: Listener) {
        guard listener.isREST else { return streams.accept(listener.socket) }
        while true {
            let socket = apus_loop_accept(listener.socket)
            guard socket >= 0, let httpd = unsafe httpd else { return }
            _ = unsafe apus_httpd_adopt(httpd, socket)
        }
    }

    private func handleSignals() {
        while true {
            switch apus_loop_signal(signals) {
            case 0: return
            case 10:
                log("all connections are broken on request")
                streams.dropAll()
                if let httpd = unsafe httpd { unsafe apus_httpd_drop_connections(httpd) }
            case 12:
                log("the next depth event of each stream is lost on request")
                market.skipDepthEvent()
            default: isStopping = true
            }
        }
    }

    fileprivate func answer(_ exchange: OpaquePointer) {
        let length = unsafe apus_httpd_body_length(exchange)
        let body = unsafe apus_httpd_body(exchange).map {
            unsafe String(decoding: UnsafeBufferPointer(start: $0, count: length), as: UTF8.self)
        }
        let request = unsafe RESTRequest(
            method: String(cString: apus_httpd_method(exchange)),
            path: String(cString: apus_httpd_path(exchange)),
            query: String(cString: apus_httpd_query(exchange)), body: body ?? "",
            apiKey: String(cString: apus_httpd_api_key(exchange)))
        rest.handle(request) { reply in
            unsafe apus_httpd_reply(
                exchange, UInt32(reply.status), reply.body, reply.body.count,
                UInt32(clamping: reply.usedWeight))
        }
    }
}

/// Called by the HTTPS server with the simulator as its context.
private func answerRequest(_ context: UnsafeMutableRawPointer?, _ exchange: OpaquePointer?) {
    guard let simulator = unsafe context, let request = unsafe exchange else { return }
    unsafe Unmanaged<Simulator>.fromOpaque(simulator).takeUnretainedValue().answer(request)
}
