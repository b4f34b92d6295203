//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CBase
import CMessages
import CTLS
import CTelemetry
public import Configuration
import Gateway
public import Indicators
public import Inference
import Messages
import Pipeline
public import Platform
import Rings
public import Telemetry
import Transport
import WebSocket

/// A second path of the production stages, reader and TLS included, without a network: it lives on
/// messages of a made-up market, has rings, books, counters and sessions of its own, and what it
/// encrypts goes nowhere.
///
/// It serves two ends. Benchmarks measure it. And an idle hot thread sends a message through it now
/// and then, so that code, tables and branch history of the way from ciphertext to ciphertext stay
/// in the core; since it shares no state with the trading path, that cannot change what is traded.
///
/// SAFETY: one thread at a time; all memory is made in `init` and kept until the process ends.
@safe
public struct DryPath: ~Copyable, @unchecked Sendable {
    /// What the order channel saw, raw counter values.
    // SAFETY: `inner` is the reader's channel, which lives as long as the path.
    @safe
    struct Exit {
        var inner: UnsafeMutablePointer<OrderChannel>
        var beginTicks: UInt64 = 0
        var endTicks: UInt64 = 0
        var count: UInt64 = 0
        /// Of all frames.
        var hash: UInt64 = 0
        /// Id of the last order, read from its frame.
        var orderID: UInt64 = 0
    }

    /// Record time between two quotes: within the throttle of the venue.
    private static let warmUpRoundsMax = 8
    private static var stepNs: UInt64 { @_noAllocation @_noLocks get { 100_000_000 } }
    private static var receiveCapacity: Int { @_noAllocation @_noLocks get { 131_072 } }
    private static var quotes: Int { @_noAllocation @_noLocks get { 1 } }
    private static var marks: Int { @_noAllocation @_noLocks get { 2 } }
    private static var userStream: Int { @_noAllocation @_noLocks get { 3 } }
    private static var orderEntry: Int { @_noAllocation @_noLocks get { 4 } }
    /// Twelve digits.
    private static var numberBase: UInt64 { @_noAllocation @_noLocks get { 100_000_000_000 } }

    public let path: HotPath
    /// The cold side of its models.
    let ensemble: EnsembleControl
    public let loop: HotLoop
    public let telemetry: TelemetryWriter
    private let exit: UnsafeMutablePointer<Exit>
    private let clients: UnsafeMutablePointer<OpaquePointer?>
    private let servers: UnsafeMutablePointer<OpaquePointer?>
    private let received: UnsafeMutablePointer<UInt8>
    private let market = DryMarket()
    /// Where the settings name a journal.
    private let journaling: Journaling?
    private let rings: PathRings
    private let clock: WallClock
    private let isProbe: Bool
    private var isOrderDue = false
    private var bars: RingConsumer<Bar>
    private var indicators: RingConsumer<IndicatorValues>
    private var fills: RingConsumer<ExecutionReport>
    private var snapshots: RingConsumer<SnapshotRequest>
    private var queries: RingConsumer<OrderIntent>
    private var receivedLength = 0
    private var receivedID = 0
    private var timeNs: UInt64
    private var bookID = numberBase
    private var quoteID = numberBase
    private var tradeID = numberBase
    private var answeredCount: UInt64 = 0
    private var stepCount: UInt64 = 0

    /// Settings with which every quote brings an order, or would with a model that says so.
    public static func settings(_ strategy: String = "reflex") throws -> Settings {
        var settings = Settings(schema: EngineSchema.keys)
        try settings.read(
            yaml: """
                strategy:
                  name: \(strategy)
                  order: ioc
                  interval: 1ms
                  cooldown: 1ms
                  buy_above_bps: 0.1
                  sell_below_bps: -0.1
                  order_notional: "500"
                  position_notional: "500"
                risk:
                  order_quantity_max: "1"
                  position_max: "10"
                  order_notional_max: "2000"
                  start_equity: "1000000000"
                  duplicate_orders_max: 0
                  repeated_fills_max: 0
                  messages_per_second: 30
                  message_burst: 300
                """, source: "dry path")
        return settings
    }

    /// - Parameters:
    ///   - models: Models to evaluate on the way.
    ///   - isSessionAuthenticated: Orders go out as on a session that is logged on.
    ///   - features: Whose features the models read; `nil`: the standard ones.
    ///   - directory: Where telemetry and rings lie, for an observer; `nil`: private memory.
    ///   - startTimeNs: Record time of the first message.
    public static func make(
        _ settings: Settings, models: [EnsembleMember] = [], isSessionAuthenticated: Bool = false,
        features: KernelConfiguration? = nil, directory: InstanceDirectory? = nil,
        clock: WallClock, startTimeNs: UInt64
    ) throws -> DryPath {
        let parts = try wire(
            settings, models, isSessionAuthenticated, features, directory, clock)
        var path = DryPath(settings, parts, clock, startTimeNs)
        try path.connect()
        try path.open(parts.inbox)
        return path
    }

    private init(
        _ settings: Settings, _ parts: Parts, _ clock: WallClock, _ startTimeNs: UInt64
    ) {
        self.clock = clock
        isProbe = settings.text("strategy.name") == "reflex"
        timeNs = startTimeNs
        telemetry = parts.telemetry
        rings = parts.rings
        path = parts.path
        ensemble = parts.ensemble
        loop = parts.loop
        unsafe exit = unsafe parts.exit
        journaling = parts.journaling
        bars = try! rings.bars.makeConsumer()
        indicators = try! rings.indicators.makeConsumer()
        fills = try! rings.fills.makeConsumer()
        snapshots = try! rings.snapshots.makeConsumer()
        queries = try! rings.queries.makeConsumer()
        unsafe clients = .allocate(capacity: ConnectionID.count)
        unsafe servers = .allocate(capacity: ConnectionID.count)
        unsafe clients.initialize(repeating: nil, count: ConnectionID.count)
        unsafe servers.initialize(repeating: nil, count: ConnectionID.count)
        unsafe received = .allocate(capacity: Self.receiveCapacity)
        unsafe received.initialize(repeating: 0, count: Self.receiveCapacity)
    }

    /// Ends the journal, where there is one; the path is of no use afterwards.
    public func endJournal() { journaling?.stop(state: "") }

    /// What can fail, made before the value that holds it.
    ///
    /// SAFETY: as the path.
    @safe
    private struct Parts {
        let telemetry: TelemetryWriter
        let rings: PathRings
        let path: HotPath
        let ensemble: EnsembleControl
        let loop: HotLoop
        let exit: UnsafeMutablePointer<Exit>
        let inbox: ColdInbox
        let journaling: Journaling?
    }

    private static func wire(
        _ settings: Settings, _ models: [EnsembleMember], _ isSessionAuthenticated: Bool,
        _ features: KernelConfiguration?, _ directory: InstanceDirectory?, _ clock: WallClock
    ) throws -> Parts {
        let telemetry = try directory.map {
            try TelemetryWriter(
                path: $0.segment("telemetry"), instance: $0.name, startTimeNs: clock.now())
        } ?? TelemetryWriter.standalone()
        let rings = try PathRings(directory: directory)
        rings.prefault()
        let instruments = InstrumentTable.standalone([DryMarket.instrument])
        let control = ControlHandle.standalone()
        let producers = UnsafeMutablePointer<ByteRingProducer>.allocate(
            capacity: ConnectionID.count)
        let consumers = UnsafeMutablePointer<ByteRingConsumer>.allocate(
            capacity: ConnectionID.count)
        var inspectors: [ByteRingInspector] = []
        for id in 0..<ConnectionID.count {
            var memory = try ByteRingMemory(capacity: 1 << 18)
            memory.prefault()
            inspectors.append(memory.inspector)
            unsafe (producers + id).initialize(to: try memory.makeProducer())
            unsafe (consumers + id).initialize(to: try memory.makeConsumer())
            memory.leak()
        }
        let inbox = unsafe ColdInbox(bytes: producers.move(), inbox: try rings.inbox.makeProducer())
        let connector = Connector(
            specifications: (1..<UInt16(ConnectionID.count)).map {
                ConnectionSpecification(id: $0, name: "dry", url: "wss://localhost/")
            })
        let reader = unsafe PathStages.place(
            ReaderStage(
                configuration: ReaderConfiguration(), connector: connector,
                frames: try rings.frames.makeProducer(), byteRings: producers,
                connectionCount: ConnectionID.count, inbox: try rings.inbox.makeConsumer(),
                outbox: try rings.outbox.makeConsumer(), clock: clock, telemetry: telemetry))
        var configuration = try PathSettings.replay(
            settings, instruments: instruments, timeframe: .time(ns: 1_000_000_000))
        configuration.models += models
        configuration.gateway.isSessionAuthenticated = isSessionAuthenticated
        if let features {
            configuration.kernel.timeframesNs = features.timeframesNs
            configuration.kernel.indicators = features.indicators
            configuration.kernel.features = features.features.ledByOne(
                DryMarket.instrument.symbolText)
        }
        let exit = UnsafeMutablePointer<Exit>.allocate(capacity: 1)
        unsafe exit.initialize(
            to: Exit(
                inner: reader.pointee.orderChannel(
                    connectionID: Int(ConnectionID.orderEntry))))
        let stages = unsafe try PathStages(
            PathEnds(rings), configuration, instruments: instruments, byteRings: consumers,
            roles: ConnectionID.roles(instruments, lineCount: 1),
            routes: unsafe [OrderRoute(venue: .binanceUSDM, channel: Self.makeChannel(exit))],
            control: control, clock: clock,
            telemetry: telemetry)
        let path = unsafe HotPath(reader: reader, stages: stages)
        var journaling: Journaling?
        if let plan = try JournalPlan(settings) {
            let session = JournalSession(
                settings, setups: [], ensemble: stages.ensemble, startNs: clock.now(),
                orderIDBase: configuration.orderIDBase, maskSeed: 1, placement: "dry")
            journaling = try Journaling(
                plan, rings: rings, bytes: inspectors, session: session,
                instruments: instruments, inbox: inbox, clock: clock, telemetry: telemetry,
                log: Log(least: .error))
            try journaling?.tap(path, stages)
            try journaling?.start()
        }
        let stop = UnsafeMutablePointer<UInt64>.allocate(capacity: 1)
        unsafe stop.initialize(to: 0)
        let loop = unsafe HotLoop(
            path: path, plan: ThreadPlan(name: "dry", core: nil, stages: .all, priority: 0),
            clock: clock, idle: .spin, stop: stop,
            trace: HopTrace(rings, isFused: true, thresholdNs: 0, telemetry: telemetry),
            telemetry: telemetry, keepWarmNs: 0, dry: nil)
        return unsafe Parts(
            telemetry: telemetry, rings: rings, path: path, ensemble: stages.ensemble, loop: loop,
            exit: exit, inbox: inbox, journaling: journaling)
    }

    private static func makeChannel(
        _ exit: UnsafeMutablePointer<Exit>
    ) -> UnsafeMutablePointer<OrderChannel> {
        let channel = UnsafeMutablePointer<OrderChannel>.allocate(capacity: 1)
        unsafe channel.initialize(to: OrderChannel())
        unsafe channel.pointee.context = UnsafeMutableRawPointer(exit)
        unsafe channel.pointee.write = { context, bytes, length in
            let exit = unsafe context!.assumingMemoryBound(to: Exit.self)
            unsafe exit.pointee.beginTicks = apus_tsc()
            let result = unsafe apus_order_channel_write(exit.pointee.inner, bytes, length)
            unsafe exit.pointee.endTicks = apus_tsc()
            unsafe exit.pointee.count &+= 1
            // Behind the frame's header of eight bytes, the last four of them its mask:
            // {"id":"p and sixteen digits.
            var orderID: UInt64 = 0
            for index in 8..<24 {
                let digit = unsafe bytes![8 + index] ^ bytes![4 + (index & 3)]
                orderID = orderID << 4 | UInt64(digit < 0x3A ? digit &- 0x30 : digit &- 0x57)
            }
            unsafe exit.pointee.orderID = orderID
            for index in 0..<length {
                unsafe exit.pointee.hash = unsafe exit.pointee.hash &* 31 &+ UInt64(bytes![index])
            }
            return result
        }
        unsafe channel.pointee.flush = { _ in 0 }
        unsafe channel.pointee.isOpen = 1
        return unsafe channel
    }

    /// Makes a session for each connection.
    private func connect() throws {
        guard let authority = unsafe apus_test_authority_create(nil) else {
            throw EngineError("a certificate for the dry path")
        }
        defer { unsafe apus_test_authority_destroy(authority) }
        for id in 1..<ConnectionID.count {
            var error = [CChar](repeating: 0, count: Int(APUS_TLS_ERROR_MAX))
            let result = unsafe apus_tls_pair_create(authority, clients + id, servers + id, &error)
            guard result == 0, let client = unsafe clients[id] else {
                let reason = error.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
                throw EngineError(
                    "TLS of the dry path: \(String(decoding: reason, as: UTF8.self))")
            }
            unsafe path.reader.pointee.attach(session: client, connectionID: id, timeNs: timeNs)
        }
    }

    /// Shows every reference price, and brings the book in sync.
    private mutating func open(_ inbox: ColdInbox) throws {
        sendBackground()
        let text = DryMarket.snapshot(updateID: bookID, timeMs: timeNs / 1_000_000)
        // A depth snapshot (kind 1) of instrument 0.
        guard inbox.submit(context: 1 << 32, bytes: Array(text.utf8)) else {
            throw EngineError("no room for the book of the dry path")
        }
        _ = unsafe path.reader.pointee.receiveReplies(timeNs: timeNs)
        drain()
        // Features have their full history, and models speak, after a minute of record time.
        var before = unsafe exit.pointee.count
        for _ in 0..<Self.warmUpRoundsMax {
            for _ in 0..<256 { step() }
            let now = unsafe exit.pointee.count
            if now - before >= 250 { break }
            before = now
        }
        guard unsafe exit.pointee.count > before else {
            throw EngineError("the dry path puts out no order")
        }
    }

    // MARK: - One message

    /// Encrypts the next quote at the venue's end into the receive memory.
    @_noAllocation @_noLocks
    public mutating func prepare() {
        timeNs &+= Self.stepNs
        stepCount &+= 1
        quoteID &+= 1
        var values = DryText.Values()
        values.u = quoteID
        seal(
            stepCount & 1 == 0 ? market.quotes.0 : market.quotes.1, Self.quotes,
            &values)
    }

    /// Hands the receive memory to the reader, as after a completion.
    @_noAllocation @_noLocks
    @inline(__always)
    public mutating func receive() {
        _ = unsafe path.reader.pointee.receive(
            received, count: receivedLength, connectionID: receivedID, timeNs: timeNs)
    }

    /// Lets the venue answer the order that went out, if one did, and shows what else goes on in
    /// the market at every eighth time.
    @_noAllocation @_noLocks
    public mutating func settle() {
        while unsafe answeredCount < exit.pointee.count { answer() }
        if stepCount & 7 == 0 { sendBackground() }
        drain()
    }

    /// One round of all stages with nothing to do.
    @_noAllocation @_noLocks
    public mutating func idle() { _ = loop.round(clock.now()) }

    /// One quote from its encryption to the answers of the order it brings.
    @_noAllocation @_noLocks
    public mutating func step() {
        prepare()
        receive()
        _ = loop.round(clock.now())
        settle()
    }

    /// Half a step: in turn a quote and its order, and what follows from that. Short, so that a
    /// message that comes in the meantime waits little.
    @_noAllocation @_noLocks
    public mutating func tick() {
        isOrderDue = !isOrderDue
        if isOrderDue {
            prepare()
            receive()
            _ = loop.round(clock.now())
        } else {
            settle()
        }
    }

    /// Orders encrypted so far.
    public var orderCount: UInt64 {
        @_noAllocation @_noLocks get { unsafe exit.pointee.count }
    }
    /// Counter value when the last order was about to be encrypted, and when it was.
    public var encryptionTicks: (begin: UInt64, end: UInt64) {
        @_noAllocation @_noLocks
        get { unsafe (exit.pointee.beginTicks, exit.pointee.endTicks) }
    }
    /// Bytes of ciphertext in the receive memory.
    public var receivedBytes: Int { receivedLength }

    /// Of every order's frame so far, before its encryption.
    public var orderHash: UInt64 {
        @_noAllocation @_noLocks get { unsafe exit.pointee.hash }
    }

    // MARK: - The venue

    @_noAllocation @_noLocks
    private mutating func seal(_ text: DryText, _ id: Int, _ values: inout DryText.Values) {
        values.timeMs = timeNs / 1_000_000
        text.patch(values)
        receivedLength = 0
        receivedID = id
        guard let server = unsafe servers[id],
            unsafe apus_tls_session_write(server, text.frame, text.length) == 0
        else { return }
        // Two pieces where the record lies across the end of the send buffer.
        while unsafe apus_tls_session_output_length(server) > 0 {
            var length = 0
            guard let bytes = unsafe apus_tls_session_output(server, &length),
                receivedLength &+ length <= Self.receiveCapacity
            else { return }
            unsafe apus_copy(received + receivedLength, bytes, length)
            unsafe apus_tls_session_consume(server, length)
            receivedLength &+= length
        }
    }

    @_noAllocation @_noLocks
    private mutating func send(_ text: DryText, _ id: Int, _ values: inout DryText.Values) {
        seal(text, id, &values)
        receive()
    }

    @_noAllocation @_noLocks
    private mutating func answer() {
        answeredCount &+= 1
        let orderID = unsafe exit.pointee.orderID
        tradeID &+= 1
        if let client = unsafe clients[Self.orderEntry] {
            unsafe apus_tls_session_consume(client, apus_tls_session_output_length(client))
        }
        // The probe trades in turn, the model with the quote.
        let isBuy = isProbe ? orderID & 1 == 1 : stepCount & 1 == 0
        var values = DryText.Values()
        values.orderID = orderID
        values.u = Self.numberBase &+ answeredCount
        values.v = tradeID
        send(market.reply, Self.orderEntry, &values)
        send(
            isBuy ? market.accepted.0 : market.accepted.1, Self.userStream, &values)
        send(isBuy ? market.filled.0 : market.filled.1, Self.userStream, &values)
        drain()
    }

    @_noAllocation @_noLocks
    private mutating func sendBook() {
        var values = DryText.Values()
        values.w = bookID
        bookID &+= 1
        values.u = bookID
        values.v = bookID
        send(market.depth, Self.quotes, &values)
    }

    @_noAllocation @_noLocks
    private mutating func sendBackground() {
        tradeID &+= 1
        var values = DryText.Values()
        values.u = tradeID
        send(market.trade, Self.quotes, &values)
        send(market.mark, Self.marks, &values)
        sendBook()
        drain()
    }

    /// Polls until nothing is left to do.
    @_noAllocation @_noLocks
    private mutating func drain() {
        var quiet = 0
        while quiet < 2 { quiet = loop.round(clock.now()) == 0 ? quiet &+ 1 : 0 }
        while unsafe bars.peek() != nil { bars.release() }
        while unsafe indicators.peek() != nil { indicators.release() }
        while unsafe fills.peek() != nil { fills.release() }
        while unsafe snapshots.peek() != nil { snapshots.release() }
        while unsafe queries.peek() != nil { queries.release() }
    }
}
