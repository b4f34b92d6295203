//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What one connection of the WebSocket API is to the venue.
final class OrderSession {
    let connectedMs: Int64
    /// Since when it is logged on; `nil`: it is not, and every request is signed.
    var authorizedMs: Int64?

    init(connectedMs: Int64) { self.connectedMs = connectedMs }
}

/// The WebSocket API: one JSON request a frame, one reply each.
final class OrderEntry {
    let desk: OrderDesk
    private let credentials: Credentials
    private let clock: VenueClock
    private let listenKeys: ListenKeys
    private let faults: FaultInjector
    private let limits: RateLimits

    init(
        desk: OrderDesk, credentials: Credentials, clock: VenueClock, listenKeys: ListenKeys,
        faults: FaultInjector = .none, limits: RateLimits = RateLimits()
    ) {
        self.limits = limits
        self.desk = desk
        self.credentials = credentials
        self.clock = clock
        self.listenKeys = listenKeys
        self.faults = faults
    }

    /// A client connected.
    func countHandshake() { _ = limits.weight.add(RequestWeight.handshake, nowMs: clock.nowMs) }

    struct Reply {
        var bytes: [UInt8]
        /// It answers a request that places or cancels.
        var isOrder: Bool
        var isRefused: Bool
    }

    /// Handles one request of a connection and returns its reply.
    func handle(_ bytes: [UInt8], _ session: OrderSession) -> Reply {
        var writer = ByteWriter(capacity: 1024)
        guard let request = JSONValue.parse(bytes), case .object = request else {
            writer.text("{\"id\":null,\"status\":400,\"error\":")
            VenueError.invalidJSON.write(to: &writer)
            writer.text("}")
            return Reply(bytes: writer.bytes, isOrder: false, isRefused: true)
        }
        writer.text("{\"id\":")
        Self.writeID(request["id"], to: &writer)
        let parameters = Self.parameters(of: request["params"])
        let method = Self.unversioned(request["method"]?.text ?? "")
        _ = limits.weight.add(RequestWeight.method(method), nowMs: clock.nowMs)
        var result = ByteWriter(capacity: 1024)
        var isRefused = false
        do throws(VenueError) {
            try perform(method, parameters, session, into: &result)
            writer.text(",\"status\":200,\"result\":")
            writer.text(result.bytes)
        } catch {
            isRefused = true
            writer.text(",\"status\":\(error.status),\"error\":")
            error.write(to: &writer)
        }
        writer.text(",\"rateLimits\":[")
        let isCounted = method == "order.place" || method == "order.modify"
        limits.weight.write(to: &writer, isHidden: isCounted)
        if isCounted {
            writer.text(",")
            limits.ordersShort.write(to: &writer)
            writer.text(",")
            limits.ordersLong.write(to: &writer)
        }
        writer.text("]}")
        return Reply(
            bytes: writer.bytes,
            isOrder: ["order.place", "order.modify", "order.cancel"].contains(method),
            isRefused: isRefused)
    }

    /// Whether a request cancels an order that one lot can be filled of before.
    func cancelsMoreThanOneLot(_ bytes: [UInt8]) -> Bool {
        guard let request = JSONValue.parse(bytes), request["method"]?.text == "order.cancel",
            let order = try? desk.find(Self.parameters(of: request["params"]))
        else { return false }
        return order.status.isOpen && order.leaves > 1
    }

    /// The answer of a venue that does not know what became of a request.
    static func unknownOutcome(_ request: [UInt8]) -> [UInt8] {
        var writer = ByteWriter()
        writer.text("{\"id\":")
        writeID(JSONValue.parse(request)?["id"], to: &writer)
        writer.text(",\"status\":408,\"error\":")
        VenueError.unknownOutcome.write(to: &writer)
        writer.text("}")
        return writer.bytes
    }

    private func perform(
        _ method: String, _ parameters: Parameters, _ session: OrderSession,
        into result: inout ByteWriter
    ) throws(VenueError) {
        switch method {
        case "order.place":
            try check(parameters, session)
            try limits.countOrder(nowMs: clock.nowMs)
            let placed = try desk.place(parameters)
            placed.0.write(
                to: &result, symbol: desk.symbol(placed.0.symbol), isACK: placed.isACK)
        case "order.modify":
            try check(parameters, session)
            try limits.countOrder(nowMs: clock.nowMs)
            let order = try desk.modify(parameters)
            order.writeChanged(parameters, to: &result, symbol: desk.symbol(order.symbol))
        case "order.cancel":
            try check(parameters, session)
            let order = try desk.cancel(parameters)
            order.write(to: &result, symbol: desk.symbol(order.symbol))
        case "order.status":
            try check(parameters, session)
            let order = try desk.query(parameters)
            order.write(to: &result, symbol: desk.symbol(order.symbol), isQuery: true)
        case "session.logon":
            guard credentials.publicKey != nil else { throw .ed25519Only }
            try checkSigned(parameters)
            if faults.fires(.loginRefused, .binanceUSDM) != nil { throw .rejectedKey }
            session.authorizedMs = clock.nowMs
            write(session, to: &result)
        case "session.status": write(session, to: &result)
        case "session.logout":
            session.authorizedMs = nil
            write(session, to: &result)
        case "userDataStream.start", "userDataStream.ping":
            try credentials.checkKey(parameters["apiKey"])
            result.text("{\"listenKey\":\"\(listenKeys.start(nowMs: clock.nowMs))\"}")
        case "userDataStream.stop":
            try credentials.checkKey(parameters["apiKey"])
            listenKeys.stop()
            result.text("{}")
        case "time":
            result.text("{\"serverTime\":\(clock.nowMs)}")
        case "ping":
            result.text("{}")
        default:
            throw VenueError(-1020, "This operation is not supported.")
        }
    }

    /// A session that is logged on need not name its key and sign, but tell the time.
    private func check(_ parameters: Parameters, _ session: OrderSession) throws(VenueError) {
        let isBare = parameters["apiKey"] == nil && parameters["signature"] == nil
        if isBare, session.authorizedMs != nil {
            try credentials.checkTime(parameters, nowMs: clock.nowMs)
        } else {
            try checkSigned(parameters)
        }
    }

    private func checkSigned(_ parameters: Parameters) throws(VenueError) {
        try credentials.checkKey(parameters["apiKey"])
        try credentials.checkSigned(
            parameters, payload: Array(parameters.sortedPayload.utf8), nowMs: clock.nowMs)
    }

    private func write(_ session: OrderSession, to result: inout ByteWriter) {
        if let since = session.authorizedMs {
            result.text("{\"apiKey\":")
            result.quoted(credentials.key)
            result.text(",\"authorizedSince\":\(since)")
        } else {
            result.text("{\"apiKey\":null,\"authorizedSince\":null")
        }
        result.text(",\"connectedSince\":\(session.connectedMs),\"returnRateLimits\":true")
        result.text(",\"serverTime\":\(clock.nowMs)}")
    }

    /// The id goes back untouched; what is neither number, text nor null becomes null.
    private static func writeID(_ id: JSONValue?, to writer: inout ByteWriter) {
        switch id {
        case .number(let text): writer.text(text)
        case .string(let text): writer.quoted(text)
        default: writer.text("null")
        }
    }

    private static func parameters(of value: JSONValue?) -> Parameters {
        guard case .object(let members) = value else { return Parameters([]) }
        return Parameters(
            members.compactMap { member in
                member.value.text.map { (name: member.name, value: $0) }
            })
    }

    /// `v2/account.balance` asks for a version of a method; orders have one version only.
    private static func unversioned(_ method: String) -> String {
        guard method.hasPrefix("v"), let slash = method.firstIndex(of: "/") else { return method }
        return String(method[method.index(after: slash)...])
    }
}
