//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// The WebSocket API: one JSON request a frame, one reply each.
final class OrderEntry {
    private let desk: OrderDesk
    private let credentials: Credentials
    private let clock: VenueClock
    private let listenKeys: ListenKeys
    private var limits = RateLimits()

    init(
        desk: OrderDesk, credentials: Credentials, clock: VenueClock, listenKeys: ListenKeys
    ) {
        self.desk = desk
        self.credentials = credentials
        self.clock = clock
        self.listenKeys = listenKeys
    }

    struct Reply {
        var bytes: [UInt8]
        /// It answers a request that places or cancels.
        var isOrder: Bool
        var isRefused: Bool
    }

    /// Handles one request and returns its reply.
    func handle(_ bytes: [UInt8]) -> Reply {
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
        _ = limits.weight.add(1, nowMs: clock.nowMs)
        var result = ByteWriter(capacity: 1024)
        var isRefused = false
        do throws(VenueError) {
            try perform(method, parameters, into: &result)
            writer.text(",\"status\":200,\"result\":")
            writer.text(result.bytes)
        } catch {
            isRefused = true
            writer.text(",\"status\":\(error.status),\"error\":")
            error.write(to: &writer)
        }
        writer.text(",\"rateLimits\":[")
        limits.weight.write(to: &writer)
        if method == "order.place" {
            writer.text(",")
            limits.ordersShort.write(to: &writer)
            writer.text(",")
            limits.ordersLong.write(to: &writer)
        }
        writer.text("]}")
        return Reply(
            bytes: writer.bytes, isOrder: ["order.place", "order.cancel"].contains(method),
            isRefused: isRefused)
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
        _ method: String, _ parameters: Parameters, into result: inout ByteWriter
    ) throws(VenueError) {
        switch method {
        case "order.place":
            try check(parameters)
            try limits.countOrder(nowMs: clock.nowMs)
            let placed = try desk.place(parameters)
            placed.0.write(
                to: &result, symbol: desk.symbol(placed.0.symbol), isACK: placed.isACK)
        case "order.cancel":
            try check(parameters)
            let order = try desk.cancel(parameters)
            order.write(to: &result, symbol: desk.symbol(order.symbol))
        case "order.status":
            try check(parameters)
            let order = try desk.query(parameters)
            order.write(to: &result, symbol: desk.symbol(order.symbol), isQuery: true)
        case "session.logon":
            throw .ed25519Only
        case "session.status", "session.logout":
            result.text("{\"apiKey\":null,\"authorizedSince\":null,\"connectedSince\":")
            result.text("\(clock.startMs),\"returnRateLimits\":true")
            result.text(",\"serverTime\":\(clock.nowMs)}")
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

    private func check(_ parameters: Parameters) throws(VenueError) {
        try credentials.checkKey(parameters["apiKey"])
        try credentials.checkSigned(
            parameters, payload: Array(parameters.sortedPayload.utf8), nowMs: clock.nowMs)
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
