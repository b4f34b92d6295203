//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// One connection of a Binance client.
final class BinanceSession: StreamSubscriber {
    let connection: StreamConnection
    let target: StreamTarget
    /// Whether events are wrapped with their stream's name.
    var isCombined: Bool
    /// Names in the order of subscription, unknown ones included.
    var streams: [String] = []
    /// Of a connection of the WebSocket API.
    let orders: OrderSession

    init(_ connection: StreamConnection, _ target: StreamTarget, nowMs: Int64) {
        self.connection = connection
        self.target = target
        orders = OrderSession(connectedMs: nowMs)
        isCombined = target.isCombined
    }

    var backlog: Int { connection.backlog }

    func deliver(_ payload: [UInt8], stream name: [UInt8]) {
        if target.isBinary { return connection.sendBinary(payload) }
        guard isCombined else { return connection.sendText(payload, isPush: true) }
        var text: [UInt8] = []
        text.reserveCapacity(payload.count + name.count + 24)
        text += Self.wrapStart
        text += name
        text += Self.wrapMiddle
        text += payload
        text.append(UInt8(ascii: "}"))
        connection.sendText(text, isPush: true)
    }

    private static let wrapStart = Array("{\"stream\":\"".utf8)
    private static let wrapMiddle = Array("\",\"data\":".utf8)
}

/// Binance's stream protocol: who subscribed to what, who hears user events, whose orders go where.
final class BinanceStreams: StreamVenue {
    static let streamsMax = 1024

    /// Where a client's account is reported, and where its orders go.
    struct Trading {
        let orderEntry: OrderEntry
        let listenKeys: ListenKeys
    }

    private let hub: StreamHub
    /// `nil`: market data alone.
    private let trading: Trading?
    /// The key that a connection of binary messages must show.
    private let binaryKey: String
    private let clock: VenueClock
    private let faults: FaultInjector
    private let delays: Delays
    private var sessions: [UInt64: BinanceSession] = [:]
    /// How much later than they happen fills of the request under way are told.
    private var lateFillsNs: UInt64?

    init(
        hub: StreamHub, trading: Trading?, binaryKey: String = "", clock: VenueClock,
        faults: FaultInjector, delays: Delays
    ) {
        self.binaryKey = binaryKey
        self.hub = hub
        self.trading = trading
        self.clock = clock
        self.faults = faults
        self.delays = delays
    }

    private var isSpot: Bool { hub.venue == .binanceSpot }

    func opened(_ connection: StreamConnection, target text: String) -> String? {
        guard let target = StreamTarget(text, hasRoutes: !isSpot) else {
            return "400 Bad Request"
        }
        if target.isBinary, connection.apiKey != binaryKey { return "401 Unauthorized" }
        let session = BinanceSession(connection, target, nowMs: clock.nowMs)
        sessions[connection.id] = session
        if target.route == .orderEntry { trading?.orderEntry.countHandshake() }
        for name in target.streams { subscribe(session, name) }
        return nil
    }

    func closed(_ connection: StreamConnection) {
        guard let session = sessions.removeValue(forKey: connection.id) else { return }
        hub.unsubscribeAll(session)
    }

    /// Listen keys that ran out.
    func tick() {
        guard let trading else { return }
        if !faults.isEmpty { trading.orderEntry.desk.injectFaults(faults) }
        let listenKeys = trading.listenKeys
        if faults.fires(.listenKeyExpiry, .binanceUSDM) != nil { listenKeys.expire() }
        guard let key = listenKeys.takeExpired(nowMs: clock.nowMs) else { return }
        let event = "{\"e\":\"listenKeyExpired\",\"E\":\(clock.nowMs),\"listenKey\":\"\(key)\"}"
        for session in sessions.values where session.target.listenKeys.contains(key) {
            session.deliver(Array(event.utf8), stream: Array(key.utf8))
        }
    }

    /// Sends a user event to the private connections whose key is the active one.
    func userEvent(_ name: String, _ bytes: [UInt8], isFill: Bool) {
        guard let listenKeys = trading?.listenKeys else { return }
        if isFill, faults.fires(.missingFill, .binanceUSDM) != nil { return }
        if isFill, let lateFillsNs {
            return delays.add(lateFillsNs) { [weak self] in
                self?.userEvent(name, bytes, isFill: true)
            }
        }
        let count = isFill && faults.fires(.duplicateFill, .binanceUSDM) != nil ? 2 : 1
        for session in sessions.values {
            guard session.target.route == .privateData,
                let key = session.target.listenKeys.first(where: {
                    listenKeys.isActive($0, nowMs: clock.nowMs)
                }),
                session.target.events.isEmpty || session.target.events.contains(name)
            else { continue }
            for _ in 0..<count { session.deliver(bytes, stream: Array(key.utf8)) }
        }
    }

    // MARK: - Messages of clients

    func received(_ connection: StreamConnection, _ bytes: [UInt8]) {
        guard let session = sessions[connection.id] else { return }
        if session.target.route == .orderEntry, let entry = trading?.orderEntry {
            answerOrder(session, bytes, entry)
        } else {
            let reply = control(session, bytes)
            connection.sendText(Array(reply.text.utf8))
            if reply.isFatal { connection.close(code: 1008, reason: "Invalid JSON") }
        }
    }

    /// Carries an order request out and answers, unless a fault says otherwise.
    private func answerOrder(
        _ session: BinanceSession, _ bytes: [UInt8], _ entry: OrderEntry
    ) {
        let connection = session.connection
        if !faults.isEmpty, entry.cancelsMoreThanOneLot(bytes),
            let late = faults.fires(.fillAfterCancel, .binanceUSDM)
        {
            lateFillsNs = late.durationNs
        }
        entry.desk.fillsBeforeCancel = lateFillsNs != nil
        let reply = entry.handle(bytes, session.orders)
        entry.desk.fillsBeforeCancel = false
        lateFillsNs = nil
        guard !faults.isEmpty, reply.isOrder else { return connection.sendText(reply.bytes) }
        if faults.fires(.ackLost, .binanceUSDM) != nil { return }
        let late =
            reply.isRefused
            ? faults.fires(.rejectLate, .binanceUSDM)
            : faults.fires(.ackLate, .binanceUSDM) ?? faults.fires(.fillBeforeACK, .binanceUSDM)
        if let late {
            delays.add(late.durationNs) { connection.sendText(reply.bytes) }
        } else if faults.fires(.unknownOutcome, .binanceUSDM) != nil {
            connection.sendText(OrderEntry.unknownOutcome(bytes))
        } else {
            connection.sendText(reply.bytes)
        }
    }

    /// SUBSCRIBE and its kin.
    private func control(
        _ session: BinanceSession, _ bytes: [UInt8]
    ) -> (text: String, isFatal: Bool) {
        guard let request = JSONValue.parse(bytes), case .object = request else {
            let text = "Invalid JSON: expected value at line 1 column 1"
            return ("{\"error\":{\"code\":3,\"msg\":\"\(text)\"}}", true)
        }
        guard let id = requestID(request["id"]) else {
            return (Self.refusal("request ID must be an unsigned integer"), false)
        }
        let parameters: [JSONValue]
        if case .array(let values) = request["params"] {
            parameters = values
        } else {
            parameters = []
        }
        let method = request["method"]?.text
        switch method {
        case "SUBSCRIBE", "UNSUBSCRIBE":
            if method == "SUBSCRIBE", faults.fires(.subscribeRefused, hub.venue) != nil {
                return (Self.refusal("too many subscriptions"), false)
            }
            if method == "SUBSCRIBE", faults.fires(.subscribeSilent, hub.venue) != nil {
                return ("{\"result\":null,\"id\":\(id)}", false)
            }
            for parameter in parameters {
                guard case .string(let name) = parameter else {
                    return (Self.refusal("property name must be a string"), false)
                }
                if method == "SUBSCRIBE" {
                    subscribe(session, name)
                } else {
                    unsubscribe(session, name)
                }
            }
            return ("{\"result\":null,\"id\":\(id)}", false)
        case "LIST_SUBSCRIPTIONS":
            let names = session.streams.map { "\"\($0)\"" }.joined(separator: ",")
            return ("{\"result\":[\(names)],\"id\":\(id)}", false)
        case "SET_PROPERTY", "GET_PROPERTY":
            return (property(session, method == "SET_PROPERTY", parameters, id), false)
        case nil:
            return (Self.refusal("missing field `method` at line 1 column 73"), false)
        default:
            return (
                Self.refusal(
                    "unknown variant, expected one of `SUBSCRIBE`, `UNSUBSCRIBE`, "
                        + "`LIST_SUBSCRIPTIONS`, `SET_PROPERTY`, `GET_PROPERTY` "
                        + "at line 1 column 28"), false
            )
        }
    }

    /// The id of a request as its answer repeats it; `nil` for one that the venue does not take.
    /// Spot takes a signed integer, a short word or null.
    private func requestID(_ value: JSONValue?) -> String? {
        switch value {
        case .number(let text):
            return (isSpot ? Int64(text) != nil : UInt64(text) != nil) ? text : nil
        case .string(let text) where isSpot:
            let isWord = text.utf8.count <= 36
                && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
            return isWord ? "\"\(text)\"" : nil
        case .null where isSpot: return "null"
        default: return nil
        }
    }

    private func property(
        _ session: BinanceSession, _ isSet: Bool, _ parameters: [JSONValue], _ id: String
    ) -> String {
        guard parameters.first == .string("combined") else {
            return "{\"error\":{\"code\":0,\"msg\":\"Unknown property\"}}"
        }
        guard isSet else { return "{\"result\":\(session.isCombined),\"id\":\(id)}" }
        guard parameters.count == 2, case .bool(let value) = parameters[1] else {
            return "{\"error\":{\"code\":1,\"msg\":\"Invalid value type: expected Boolean\"}}"
        }
        session.isCombined = value
        return "{\"result\":null,\"id\":\(id)}"
    }

    private static func refusal(_ text: String) -> String {
        "{\"error\":{\"code\":2,\"msg\":\"Invalid request: \(text)\"}}"
    }

    /// A stream that does not exist or belongs to another route is acknowledged and stays silent.
    private func subscribe(_ session: BinanceSession, _ name: String) {
        guard name.utf8.count <= 64, Self.isPlain(name), !session.streams.contains(name),
            session.streams.count < Self.streamsMax
        else { return }
        session.streams.append(name)
        guard let topic = hub.topic(named: name, isBinary: session.target.isBinary),
            hub.carries(topic, on: session.target.route)
        else { return }
        hub.subscribe(session, to: topic, name: name)
    }

    private func unsubscribe(_ session: BinanceSession, _ name: String) {
        session.streams.removeAll { $0 == name }
        if let topic = hub.topic(named: name, isBinary: session.target.isBinary) {
            hub.unsubscribe(session, from: topic)
        }
    }

    /// Names go back into JSON without escapes.
    private static func isPlain(_ name: String) -> Bool {
        name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C }
    }
}
