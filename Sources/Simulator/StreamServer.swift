//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CHTTPD

/// All stream connections: who subscribed to what, who hears user events, whose orders go where.
///
/// SAFETY: `tls` outlives this object: both belong to the simulator.
@safe
final class StreamServer {
    struct Policy {
        /// Messages a second from one client; the venue allows 10. 0 for no limit.
        var messageRateMax = 10
        var pingEveryNs: UInt64 = 180_000_000_000
        var pongWithinNs: UInt64 = 600_000_000_000
        /// Life of a connection; the venue ends it after 24 hours.
        var lifetimeNs: UInt64 = 86_400_000_000_000
        static let streamsMax = 1024
        static let connectionsMax = 512
    }

    private let hub: StreamHub
    private let orderEntry: OrderEntry
    private let listenKeys: ListenKeys
    private let clock: VenueClock
    private let policy: Policy
    private let loop: Int32
    private let tls: OpaquePointer
    private var connections: [UInt64: StreamConnection] = [:]
    private var bornNs: [UInt64: UInt64] = [:]
    private var isWatchingWrites: Set<UInt64> = []
    private var nextID: UInt64
    private(set) var acceptedCount = 0
    private(set) var orderMessageCount = 0

    init(
        hub: StreamHub, orderEntry: OrderEntry, listenKeys: ListenKeys, clock: VenueClock,
        policy: Policy, loop: Int32, tls: OpaquePointer, firstToken: UInt64
    ) {
        self.hub = hub
        self.orderEntry = orderEntry
        self.listenKeys = listenKeys
        self.clock = clock
        self.policy = policy
        self.loop = loop
        unsafe self.tls = unsafe tls
        nextID = firstToken
    }

    var connectionCount: Int { connections.count }

    func accept(_ listener: Int32) {
        while true {
            let socket = apus_loop_accept(listener)
            guard socket >= 0 else { return }
            let id = nextID
            nextID += 1
            guard connections.count < Policy.connectionsMax,
                let connection = unsafe StreamConnection(
                    id: id, socket: socket, server: tls, nowNs: clock.nowNs,
                    messageRateMax: policy.messageRateMax),
                apus_loop_watch(loop, socket, id, 0) == 0
            else {
                apus_loop_close(socket, 1)
                continue
            }
            acceptedCount += 1
            connection.onUpgrade = { [unowned self] in upgraded($0) }
            connection.onText = { [unowned self] in received($0, $1) }
            connections[id] = connection
            bornNs[id] = clock.nowNs
        }
    }

    /// A connection's socket is readable or writable.
    func ready(_ token: UInt64) {
        guard let connection = connections[token] else { return }
        if !connection.receive(nowNs: clock.nowNs) { remove(connection, isAbrupt: false) }
    }

    /// Sends what has gathered; called once a turn of the loop.
    func flush() {
        for connection in connections.values {
            if connection.state == .dead || !connection.flush() {
                remove(connection, isAbrupt: connection.state == .dead)
            } else if connection.wantsWrite != isWatchingWrites.contains(connection.id) {
                let wants = connection.wantsWrite
                if wants {
                    isWatchingWrites.insert(connection.id)
                } else {
                    isWatchingWrites.remove(connection.id)
                }
                _ = apus_loop_watch(loop, connection.socket, connection.id, wants ? 1 : 0)
            }
        }
    }

    /// Pings, silent clients, 24 hours, and listen keys that ran out; about once a second.
    func tick() {
        for connection in connections.values {
            if !connection.keepAlive(
                nowNs: clock.nowNs, pingEveryNs: policy.pingEveryNs,
                pongWithinNs: policy.pongWithinNs, nowMs: clock.nowMs)
            {
                connection.close(code: 1008, reason: "Pong timeout")
                if connection.state != .closing { connection.die() }
            }
            if let born = bornNs[connection.id], clock.nowNs - born >= policy.lifetimeNs {
                connection.close(code: 1001, reason: "24 hours are over")
            }
        }
        if let key = listenKeys.takeExpired(nowMs: clock.nowMs) {
            let event = "{\"e\":\"listenKeyExpired\",\"E\":\(clock.nowMs),\"listenKey\":\"\(key)\"}"
            for connection in connections.values {
                guard connection.target?.listenKeys.contains(key) == true else { continue }
                connection.deliver(Array(event.utf8), stream: Array(key.utf8))
            }
        }
    }

    /// Resets every connection, as a failing venue does.
    func dropAll() {
        for connection in connections.values { remove(connection, isAbrupt: true) }
    }

    private func remove(_ connection: StreamConnection, isAbrupt: Bool) {
        hub.unsubscribeAll(connection)
        connection.die()
        apus_loop_forget(loop, connection.socket)
        apus_loop_close(connection.socket, isAbrupt ? 1 : 0)
        connections[connection.id] = nil
        bornNs[connection.id] = nil
        isWatchingWrites.remove(connection.id)
    }

    /// Sends a user event to the private connections whose key is the active one.
    func userEvent(_ name: String, _ bytes: [UInt8]) {
        for connection in connections.values {
            guard let target = connection.target, target.route == .privateData,
                let key = target.listenKeys.first(where: {
                    listenKeys.isActive($0, nowMs: clock.nowMs)
                }),
                target.events.isEmpty || target.events.contains(name)
            else { continue }
            connection.deliver(bytes, stream: Array(key.utf8))
        }
    }

    // MARK: - Messages of clients

    private func upgraded(_ connection: StreamConnection) {
        for name in connection.target?.streams ?? [] { subscribe(connection, name) }
    }

    private func received(_ connection: StreamConnection, _ bytes: [UInt8]) {
        if connection.target?.route == .orderEntry {
            orderMessageCount += 1
            connection.sendText(orderEntry.handle(bytes))
        } else {
            let reply = control(connection, bytes)
            connection.sendText(Array(reply.text.utf8))
            if reply.isFatal { connection.close(code: 1008, reason: "Invalid JSON") }
        }
    }

    /// SUBSCRIBE and its kin.
    private func control(
        _ connection: StreamConnection, _ bytes: [UInt8]
    ) -> (text: String, isFatal: Bool) {
        guard let request = JSONValue.parse(bytes), case .object = request else {
            let text = "Invalid JSON: expected value at line 1 column 1"
            return ("{\"error\":{\"code\":3,\"msg\":\"\(text)\"}}", true)
        }
        guard case .number(let id) = request["id"], UInt64(id) != nil else {
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
            for parameter in parameters {
                guard case .string(let name) = parameter else {
                    return (Self.refusal("property name must be a string"), false)
                }
                if method == "SUBSCRIBE" {
                    subscribe(connection, name)
                } else {
                    unsubscribe(connection, name)
                }
            }
            return ("{\"result\":null,\"id\":\(id)}", false)
        case "LIST_SUBSCRIPTIONS":
            let names = connection.streams.map { "\"\($0)\"" }.joined(separator: ",")
            return ("{\"result\":[\(names)],\"id\":\(id)}", false)
        case "SET_PROPERTY", "GET_PROPERTY":
            return (property(connection, method == "SET_PROPERTY", parameters, id), false)
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

    private func property(
        _ connection: StreamConnection, _ isSet: Bool, _ parameters: [JSONValue], _ id: String
    ) -> String {
        guard parameters.first == .string("combined") else {
            return "{\"error\":{\"code\":0,\"msg\":\"Unknown property\"}}"
        }
        guard isSet else { return "{\"result\":\(connection.isCombined),\"id\":\(id)}" }
        guard parameters.count == 2, case .bool(let value) = parameters[1] else {
            return "{\"error\":{\"code\":1,\"msg\":\"Invalid value type: expected Boolean\"}}"
        }
        connection.isCombined = value
        return "{\"result\":null,\"id\":\(id)}"
    }

    private static func refusal(_ text: String) -> String {
        "{\"error\":{\"code\":2,\"msg\":\"Invalid request: \(text)\"}}"
    }

    /// A stream that does not exist or belongs to another route is acknowledged and stays silent.
    private func subscribe(_ connection: StreamConnection, _ name: String) {
        guard name.utf8.count <= 64, Self.isPlain(name), !connection.streams.contains(name),
            connection.streams.count < Policy.streamsMax
        else { return }
        connection.streams.append(name)
        guard let topic = hub.topic(named: name), topic.kind.route == connection.target?.route
        else { return }
        hub.subscribe(connection, to: topic, name: name)
    }

    private func unsubscribe(_ connection: StreamConnection, _ name: String) {
        connection.streams.removeAll { $0 == name }
        if let topic = hub.topic(named: name) { hub.unsubscribe(connection, from: topic) }
    }

    /// Names go back into JSON without escapes.
    private static func isPlain(_ name: String) -> Bool {
        name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C }
    }
}
