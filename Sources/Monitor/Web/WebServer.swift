//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CHTTPD
import Glibc
import Platform

/// Serves the API and the dashboard, and ends the history's intervals; all on the thread that calls
/// `turn`. Everything a client can make it hold is bounded.
///
/// SAFETY: `httpd` is made in `init`, used by one thread, and destroyed in `deinit`.
@safe
final class WebServer {
    static let connectionsMax: UInt32 = 64
    /// Of request line and headers.
    static let headerBytesMax = 16_384
    /// From a connection's last answer to the last byte of the next one.
    static let requestTimeMaxNs: UInt64 = 10_000_000_000
    private static let waitMaxNs: UInt64 = 500_000_000

    private enum Token {
        static let listener: UInt64 = 1
        static let httpd: UInt64 = 2
        static let signals: UInt64 = 3
    }

    /// With the port that the kernel chose.
    let address: WebAddress
    private var api: WebAPI
    private let requestTimeMaxNs: UInt64
    private let loop: Int32
    private let listener: Int32
    private var signals: Int32 = -1
    private var httpd: OpaquePointer?
    private var nextIntervalNs: UInt64

    /// - Throws: `PlatformError` when the address cannot be listened on.
    init(
        _ address: WebAddress, engine: WatchedEngine, intervalNs: UInt64,
        requestTimeMaxNs: UInt64 = WebServer.requestTimeMaxNs
    ) throws(PlatformError) {
        let loop = apus_loop_open()
        guard loop >= 0 else { throw PlatformError(operation: "open a poll set", code: -loop) }
        let listener = unsafe apus_loop_listen_at(address.host, address.port)
        guard listener >= 0 else {
            apus_loop_close(loop, 0)
            throw PlatformError(operation: "listen on \(address)", code: -listener)
        }
        self.loop = loop
        self.listener = listener
        self.address = WebAddress(
            host: address.host, port: UInt16(clamping: apus_loop_port(listener)))
        self.requestTimeMaxNs = requestTimeMaxNs
        api = WebAPI(engine: engine, intervalNs: intervalNs)
        nextIntervalNs = monotonicNs()
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe httpd = unsafe apus_httpd_create_plain(
            Self.connectionsMax, Self.headerBytesMax, answerRequest, context)
        guard let httpd = unsafe httpd else {
            throw PlatformError(operation: "start a web server", code: 12)
        }
        try watch(listener, Token.listener)
        try watch(unsafe apus_httpd_descriptor(httpd), Token.httpd)
    }

    deinit {
        if let httpd = unsafe httpd { unsafe apus_httpd_destroy(httpd) }
        if signals >= 0 { apus_loop_close(signals, 0) }
        apus_loop_close(listener, 0)
        apus_loop_close(loop, 0)
    }

    private func watch(_ descriptor: Int32, _ token: UInt64) throws(PlatformError) {
        let result = apus_loop_watch(loop, descriptor, token, 0)
        if result < 0 { throw PlatformError(operation: "watch a socket", code: -result) }
    }

    /// Serves until SIGINT or SIGTERM.
    func run() {
        signals = apus_loop_catch_signals(loop, Token.signals)
        while turn(waitNsMax: Self.waitMaxNs) {}
    }

    /// Waits at most `waitNsMax` for work and does it; `false` once a signal asks to stop.
    func turn(waitNsMax: UInt64) -> Bool {
        endInterval()
        var events = [LoopEvent](repeating: LoopEvent(), count: 8)
        let count = unsafe apus_loop_wait(loop, deadline(waitNsMax), &events, 8)
        for event in events.prefix(max(0, Int(count))) {
            switch event.token {
            case Token.listener: accept()
            case Token.signals where isStopAsked(): return false
            default: break
            }
        }
        if let httpd = unsafe httpd {
            unsafe apus_httpd_drop_slow(httpd, requestTimeMaxNs)
            _ = unsafe apus_httpd_run(httpd)
        }
        return true
    }

    private func deadline(_ waitNsMax: UInt64) -> UInt64 {
        let nowNs = monotonicNs()
        var deadlineNs = min(nowNs + waitNsMax, max(nowNs, nextIntervalNs))
        guard let httpd = unsafe httpd else { return deadlineNs }
        let waitMs = unsafe apus_httpd_timeout_ms(httpd)
        if waitMs >= 0 { deadlineNs = min(deadlineNs, nowNs + UInt64(waitMs) * 1_000_000) }
        return deadlineNs
    }

    private func endInterval() {
        let nowNs = monotonicNs()
        guard nowNs >= nextIntervalNs else { return }
        api.engine.endInterval()
        nextIntervalNs += api.intervalNs
        // After a stall one long interval stands for those that were missed.
        if nextIntervalNs <= nowNs { nextIntervalNs = nowNs + api.intervalNs }
    }

    private func isStopAsked() -> Bool {
        let number = apus_loop_signal(signals)
        return number == SIGINT || number == SIGTERM
    }

    /// Takes in who waits; of more than there is room for, the rest at the next turn.
    private func accept() {
        guard let httpd = unsafe httpd else { return }
        for _ in 0..<Self.connectionsMax {
            let socket = apus_loop_accept(listener)
            guard socket >= 0 else { return }
            unsafe apus_httpd_make_room(httpd)
            _ = unsafe apus_httpd_adopt(httpd, socket)
        }
    }

    fileprivate func answer(_ exchange: OpaquePointer) {
        let response = unsafe Self.refusal(exchange, address) ?? api.respond(
            to: Self.request(exchange))
        guard unsafe apus_httpd_begin_reply(exchange, response.body, response.body.count) == 0
        else { return }
        var headers = [
            ("Content-Type", response.contentType), ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"),
            ("Cross-Origin-Resource-Policy", "same-origin"), ("X-Frame-Options", "DENY"),
        ]
        if !response.headers.contains(where: { $0.name == "Content-Security-Policy" }) {
            headers.append(("Content-Security-Policy", "default-src 'none'"))
        }
        for (name, value) in headers + response.headers {
            unsafe apus_httpd_add_header(exchange, name, value)
        }
        unsafe apus_httpd_send_reply(exchange, response.status)
    }

    private static func request(_ exchange: OpaquePointer) -> WebRequest {
        var request = WebRequest(path: unsafe String(cString: apus_httpd_path(exchange)))
        for name in WebRequest.argumentNames {
            guard let value = unsafe apus_httpd_argument(exchange, name) else { continue }
            request.arguments[name] = unsafe String(cString: value)
        }
        return request
    }

    /// The answer to what is not even looked at.
    private static func refusal(
        _ exchange: OpaquePointer, _ address: WebAddress
    ) -> WebResponse? {
        let method = unsafe String(cString: apus_httpd_method(exchange))
        guard method == "GET" || method == "HEAD" else {
            var response = WebResponse.refusal(405, "this server is only read: GET and HEAD")
            response.headers = [("Allow", "GET, HEAD")]
            return response
        }
        let host = unsafe apus_httpd_header(exchange, "Host").map { unsafe String(cString: $0) }
        guard let host, address.isLoopback, !isOwnName(host, address) else { return nil }
        return .refusal(421, "this server is not '\(host)': ask for localhost")
    }

    /// Whether a browser that was led here by `host` meant this machine. A foreign site can have
    /// its name resolve to 127.0.0.1 and read the answers as its own; its name gives it away.
    static func isOwnName(_ host: String, _ address: WebAddress) -> Bool {
        let name: Substring
        if host.hasPrefix("["), let end = host.firstIndex(of: "]") {
            name = host[host.index(after: host.startIndex)..<end]
        } else {
            name = host.prefix { $0 != ":" }
        }
        return ["localhost", "127.0.0.1", "::1", address.host].contains(name.lowercased())
    }
}

/// Called by the HTTP server with the web server as its context.
private func answerRequest(_ context: UnsafeMutableRawPointer?, _ exchange: OpaquePointer?) {
    guard let server = unsafe context, let request = unsafe exchange else { return }
    unsafe Unmanaged<WebServer>.fromOpaque(server).takeUnretainedValue().answer(request)
}
