//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CHTTPD

/// A venue's protocol over WebSocket connections.
protocol StreamVenue: AnyObject {
    /// A client asks for `target`. Answers with the HTTP status that refuses it, or `nil`.
    func opened(_ connection: StreamConnection, target: String) -> String?
    func received(_ connection: StreamConnection, _ bytes: [UInt8])
    func closed(_ connection: StreamConnection)
    /// About once a second.
    func tick()
}

/// The WebSocket connections of one venue, whatever they carry.
///
/// SAFETY: `tls` outlives this object: both belong to the simulator.
@safe
final class ConnectionServer {
    struct Policy {
        /// Messages a second from one client; 0 for no limit.
        var messageRateMax = 0
        /// 0: the venue sends no pings.
        var pingEveryNs: UInt64 = 0
        var pongWithinNs: UInt64 = 600_000_000_000
        /// Life of a connection.
        var lifetimeNs: UInt64 = 86_400_000_000_000
        var lifetimeReason = "24 hours are over"
        static let connectionsMax = 512
    }

    private let name: VenueName
    private let clock: VenueClock
    private let policy: Policy
    private let faults: FaultInjector
    private let loop: Int32
    private let tls: OpaquePointer
    unowned let venue: any StreamVenue
    private var connections: [UInt64: StreamConnection] = [:]
    private var bornNs: [UInt64: UInt64] = [:]
    private var isWatchingWrites: Set<UInt64> = []
    /// Those that are not read, and until when.
    private var unreadUntilNs: [UInt64: UInt64] = [:]
    private var nextID: UInt64
    private(set) var acceptedCount = 0

    init(
        name: VenueName, venue: any StreamVenue, clock: VenueClock, policy: Policy,
        faults: FaultInjector, loop: Int32, tls: OpaquePointer, firstToken: UInt64
    ) {
        self.name = name
        self.venue = venue
        self.clock = clock
        self.policy = policy
        self.faults = faults
        self.loop = loop
        unsafe self.tls = unsafe tls
        nextID = firstToken
    }

    var connectionCount: Int { connections.count }

    /// In the order in which they came.
    private var ordered: [StreamConnection] {
        connections.values.sorted { $0.id < $1.id }
    }

    func accept(_ listener: Int32) {
        while true {
            let socket = apus_loop_accept(listener)
            guard socket >= 0 else { return }
            let id = nextID
            nextID += 1
            guard connections.count < Policy.connectionsMax,
                let connection = unsafe StreamConnection(
                    id: id, socket: socket, server: tls, venue: name, clock: clock,
                    messageRateMax: policy.messageRateMax, faults: faults),
                apus_loop_watch(loop, socket, id, 0) == 0
            else {
                apus_loop_close(socket, 1)
                continue
            }
            acceptedCount += 1
            connection.onUpgrade = { [unowned self] in venue.opened($0, target: $1) }
            connection.onText = { [unowned self] in venue.received($0, $1) }
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
            } else if isUnread(connection) {
                continue
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

    /// Whether a connection's socket is left alone; begins to read it again when that is over.
    private func isUnread(_ connection: StreamConnection) -> Bool {
        guard let untilNs = unreadUntilNs[connection.id] else { return false }
        if clock.nowNs < untilNs { return true }
        unreadUntilNs[connection.id] = nil
        _ = apus_loop_watch(loop, connection.socket, connection.id, 0)
        return false
    }

    /// Lets what a client sends lie, until its window is shut.
    private func stopReading(_ connection: StreamConnection, durationNs: UInt64) {
        unreadUntilNs[connection.id] = clock.nowNs + durationNs
        isWatchingWrites.remove(connection.id)
        apus_loop_forget(loop, connection.socket)
    }

    /// Pings, silent clients, connections that are too old; about once a second.
    func tick() {
        if !faults.isEmpty { moveClock() }
        let shortLife = faults.standing(.lifetime, name)
        for connection in ordered {
            if !connection.keepAlive(
                nowNs: clock.nowNs, pingEveryNs: policy.pingEveryNs,
                pongWithinNs: policy.pongWithinNs, nowMs: clock.nowMs)
            {
                connection.close(code: 1008, reason: "Pong timeout")
                if connection.state != .closing { connection.die() }
            }
            let lifetimeNs = shortLife?.durationNs ?? policy.lifetimeNs
            if let born = bornNs[connection.id], clock.nowNs - born >= lifetimeNs,
                connection.state == .open
            {
                if shortLife != nil { faults.note(.lifetime) }
                connection.close(code: 1001, reason: policy.lifetimeReason)
            }
            if connection.state == .open, !connection.isHalfOpen { injectFaults(connection) }
        }
        venue.tick()
    }

    private func moveClock() {
        let slew = faults.standing(.clockSlew, name)
        if slew != nil { faults.note(.clockSlew) }
        clock.drift(nsPerS: slew.map(Self.signed) ?? 0)
        if let step = faults.fires(.clockStep, name) { clock.step(byNs: Self.signed(step)) }
    }

    private static func signed(_ fault: Fault) -> Int64 {
        let durationNs = Int64(clamping: fault.durationNs)
        return fault.isBackward ? -durationNs : durationNs
    }

    private func injectFaults(_ connection: StreamConnection) {
        guard !faults.isEmpty else { return }
        if faults.fires(.halfOpen, name) != nil { return connection.goHalfOpen() }
        if let flood = faults.fires(.pingFlood, name) { connection.flood(flood.burst) }
        if let delay = faults.fires(.delay, name) {
            connection.limitSending(bytesPerS: 0, durationNs: delay.durationNs)
        }
        if let cap = faults.fires(.bandwidthCap, name) {
            connection.limitSending(bytesPerS: cap.bytesPerS, durationNs: cap.durationNs)
        }
        if let shut = faults.fires(.zeroWindow, name) {
            stopReading(connection, durationNs: shut.durationNs)
        }
        if faults.fires(.cutMidFrame, name) != nil { return connection.cutMidFrame() }
        if let close = faults.fires(.closeCode, name) {
            return connection.close(code: close.code, reason: "")
        }
        if faults.fires(.disconnect, name) != nil { connection.die() }
    }

    /// Resets every connection, as a failing venue does.
    func dropAll() {
        for connection in connections.values { remove(connection, isAbrupt: true) }
    }

    private func remove(_ connection: StreamConnection, isAbrupt: Bool) {
        venue.closed(connection)
        connection.die()
        apus_loop_forget(loop, connection.socket)
        apus_loop_close(connection.socket, isAbrupt ? 1 : 0)
        connections[connection.id] = nil
        bornNs[connection.id] = nil
        isWatchingWrites.remove(connection.id)
        unreadUntilNs[connection.id] = nil
    }
}
