//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CHTTPD

/// What a venue does with a REST request, now or later.
typealias RESTHandler = (RESTRequest, @escaping (RESTReply) -> Void) -> Void

/// The doors of one venue: an HTTPS port for REST and a TLS port for streams.
///
/// SAFETY: The HTTPS server belongs to this object and is freed in `close`; it calls back only
/// from `run`.
@safe
final class VenueServer {
    /// Headers that a venue's requests may carry.
    static let headerNames = [
        "X-MBX-APIKEY", "OK-ACCESS-KEY", "OK-ACCESS-SIGN", "OK-ACCESS-TIMESTAMP",
        "OK-ACCESS-PASSPHRASE", "expTime",
    ]

    /// Where the dead man's switches of the venues are armed.
    private static let switchPaths = [
        "/fapi/v1/countdownCancelAll", "/api/v5/trade/cancel-all-after",
    ]

    let name: VenueName
    let connections: ConnectionServer
    private let handler: RESTHandler
    private let faults: FaultInjector
    private let loop: Int32
    private let firstToken: UInt64
    private var listeners: [(socket: Int32, isREST: Bool)] = []
    private var httpd: OpaquePointer?
    private(set) var restPort: UInt16 = 0
    private(set) var streamPort: UInt16 = 0
    private(set) var requestCount = 0

    /// Tokens of this venue's descriptors begin at `firstToken`; connections at that plus 1,000.
    init(
        name: VenueName, connections: ConnectionServer, handler: @escaping RESTHandler,
        faults: FaultInjector, loop: Int32, firstToken: UInt64
    ) {
        self.name = name
        self.connections = connections
        self.handler = handler
        self.faults = faults
        self.loop = loop
        self.firstToken = firstToken
    }

    func listen(
        rest: UInt16, streams: UInt16, identity: ServerIdentity
    ) throws(SimulatorError) {
        restPort = try listen(rest, isREST: true)
        streamPort = try listen(streams, isREST: false)
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe httpd = unsafe apus_httpd_create(
            identity.certificate, identity.key, answerRequest, context)
        guard let httpd = unsafe httpd else {
            throw SimulatorError("cannot start the HTTPS server")
        }
        let descriptor = unsafe apus_httpd_descriptor(httpd)
        guard descriptor >= 0, apus_loop_watch(loop, descriptor, firstToken, 0) == 0 else {
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
        listeners.append((socket, isREST))
        _ = apus_loop_watch(loop, socket, firstToken + UInt64(listeners.count), 0)
    }

    func close() {
        unsafe apus_httpd_destroy(httpd)
        unsafe httpd = nil
        connections.dropAll()
        for listener in listeners { apus_loop_close(listener.socket, 0) }
    }

    /// One of this venue's descriptors is ready.
    func ready(_ token: UInt64) {
        let place = Int(token - firstToken)
        if place == 0 { return }
        if place > 1_000 || place > listeners.count { return connections.ready(token) }
        let listener = listeners[place - 1]
        guard listener.isREST else { return connections.accept(listener.socket) }
        while true {
            let socket = apus_loop_accept(listener.socket)
            guard socket >= 0, let httpd = unsafe httpd else { return }
            _ = unsafe apus_httpd_adopt(httpd, socket)
        }
    }

    func run() {
        if let httpd = unsafe httpd { _ = unsafe apus_httpd_run(httpd) }
    }

    /// Nanoseconds until `run` wants to be called without an event; `nil` for never.
    var timeoutNs: UInt64? {
        guard let httpd = unsafe httpd else { return nil }
        let wait = unsafe apus_httpd_timeout_ms(httpd)
        return wait >= 0 ? UInt64(wait) * 1_000_000 : nil
    }

    func dropAll() {
        connections.dropAll()
        if let httpd = unsafe httpd { unsafe apus_httpd_drop_connections(httpd) }
    }

    fileprivate func answer(_ exchange: OpaquePointer) {
        requestCount += 1
        let request = unsafe Self.request(exchange)
        let reply: (RESTReply) -> Void = { reply in
            unsafe apus_httpd_reply(
                exchange, UInt32(reply.status), reply.body, reply.body.count,
                UInt32(clamping: reply.usedWeight), UInt32(clamping: reply.retryAfterS))
        }
        if request.path.hasPrefix("/apus/") || faults.isEmpty { return handler(request, reply) }
        if let refusal = refusal(request) { return reply(refusal) }
        handler(request) { [self] answer in
            if faults.fires(.rest504, name) != nil {
                reply(RESTFault.reply(504, retryAfterS: 0))
            } else {
                reply(answer)
            }
        }
    }

    /// What a fault answers in place of the venue. A 503 of a POST may come after the deed.
    private func refusal(_ request: RESTRequest) -> RESTReply? {
        for (fault, status) in [
            (FaultName.rest429, 429), (.rest418, 418),
        ] {
            if let fired = faults.fires(fault, name) {
                let seconds = Int((fired.durationNs + 999_999_999) / 1_000_000_000)
                return RESTFault.reply(status, retryAfterS: seconds)
            }
        }
        if Self.switchPaths.contains(request.path), faults.fires(.switchRefused, name) != nil {
            return RESTFault.reply(503, retryAfterS: 0)
        }
        guard faults.fires(.rest503, name) != nil else { return nil }
        if request.method != "GET", faults.pick(below: 2) == 1 { handler(request) { _ in } }
        return RESTFault.reply(503, retryAfterS: 0)
    }

    private static func request(_ exchange: OpaquePointer) -> RESTRequest {
        let length = unsafe apus_httpd_body_length(exchange)
        let body = unsafe apus_httpd_body(exchange).map {
            unsafe String(decoding: UnsafeBufferPointer(start: $0, count: length), as: UTF8.self)
        }
        var headers: [String: String] = [:]
        for name in headerNames {
            if let value = unsafe apus_httpd_header(exchange, name) {
                headers[name] = unsafe String(cString: value)
            }
        }
        return unsafe RESTRequest(
            method: String(cString: apus_httpd_method(exchange)),
            path: String(cString: apus_httpd_path(exchange)),
            query: String(cString: apus_httpd_query(exchange)), body: body ?? "",
            apiKey: headers["X-MBX-APIKEY"] ?? "", headers: headers)
    }
}

/// Called by the HTTPS server with the venue's doors as its context.
private func answerRequest(_ context: UnsafeMutableRawPointer?, _ exchange: OpaquePointer?) {
    guard let server = unsafe context, let request = unsafe exchange else { return }
    unsafe Unmanaged<VenueServer>.fromOpaque(server).takeUnretainedValue().answer(request)
}

/// The bodies that gateways in front of a venue send.
enum RESTFault {
    static func reply(_ status: Int, retryAfterS: Int) -> RESTReply {
        let body =
            switch status {
            case 429: "{\"code\":-1003,\"msg\":\"Too many requests; current limit is exceeded.\"}"
            case 418: "{\"code\":-1003,\"msg\":\"Way too many requests; IP banned.\"}"
            case 503: "{\"code\":-1000,\"msg\":\"Unknown error, please check your request.\"}"
            default: "<html><head><title>504 Gateway Time-out</title></head></html>"
            }
        return RESTReply(status: status, body: Array(body.utf8), retryAfterS: retryAfterS)
    }
}
