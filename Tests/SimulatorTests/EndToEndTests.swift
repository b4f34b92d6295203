//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Synchronization
import Testing

@testable import Simulator

@Suite("Over real TLS", .serialized)
struct EndToEndTests {
    static let tool = ["/usr/bin/openssl", "/bin/openssl"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    @Test(.enabled(if: tool != nil, "no openssl program"), .timeLimit(.minutes(1)))
    func `a client subscribes and receives its streams`() throws {
        let venue = try RunningVenue(SimulatorOptions())
        defer { venue.stop() }
        let client = try TLSClient(port: venue.streamPort, ca: venue.caPath)
        defer { client.end() }
        client.upgrade("/public/stream")
        let head = try client.until("\r\n\r\n")
        #expect(head.hasPrefix("HTTP/1.1 101 "))
        client.sendText(
            #"{"method":"SUBSCRIBE","params":["btcusdt@depth@100ms","btcusdt@aggTrade"],"id":7}"#)
        let ack = try client.until(#"{"result":null,"id":7}"#)
        #expect(!ack.isEmpty)
        let depth = try client.until(#"{"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate""#)
        #expect(!depth.contains("aggTrade"), "another route's stream is silent")
    }

    @Test(.enabled(if: tool != nil, "no openssl program"), .timeLimit(.minutes(1)))
    func `REST answers over the same authority`() throws {
        let venue = try RunningVenue(SimulatorOptions())
        defer { venue.stop() }
        let client = try TLSClient(port: venue.restPort, ca: venue.caPath)
        defer { client.end() }
        client.send("GET /fapi/v1/depth?symbol=ETHUSDT&limit=5 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        let reply = try client.until("]]}")
        #expect(reply.hasPrefix("HTTP/1.1 200 "))
        #expect(reply.contains("{\"lastUpdateId\":"))
    }

    @Test(.enabled(if: tool != nil, "no openssl program"), .timeLimit(.minutes(1)))
    func `a frame without a mask ends the connection`() throws {
        let venue = try RunningVenue(SimulatorOptions())
        defer { venue.stop() }
        let client = try TLSClient(port: venue.streamPort, ca: venue.caPath)
        defer { client.end() }
        client.upgrade("/public/ws")
        _ = try client.until("\r\n\r\n")
        client.send(bytes: [0x81, 0x02, 0x68, 0x69])
        _ = try client.until("Protocol error")
    }

    @Test(.enabled(if: tool != nil, "no openssl program"), .timeLimit(.minutes(1)))
    func `a client that sends too much is cut off`() throws {
        let venue = try RunningVenue(SimulatorOptions())
        defer { venue.stop() }
        let client = try TLSClient(port: venue.streamPort, ca: venue.caPath)
        defer { client.end() }
        client.upgrade("/public/ws")
        _ = try client.until("\r\n\r\n")
        for id in 0..<40 { client.sendText(#"{"method":"LIST_SUBSCRIPTIONS","id":\#(id)}"#) }
        _ = try client.until("Too many requests")
    }
}

/// A simulator on a thread of its own.
///
/// SAFETY: The simulator lives on the thread's stack; what is shared is behind a lock.
private final class RunningVenue: @unchecked Sendable {
    private struct State {
        var ports: [UInt16] = []
        var failure: String?
        var isStopping = false
        var isDone = false
    }

    private let state = Mutex(State())
    let caPath: String

    var restPort: UInt16 { state.withLock { $0.ports[0] } }
    var streamPort: UInt16 { state.withLock { $0.ports[1] } }

    init(_ options: SimulatorOptions) throws {
        caPath =
            FileManager.default.temporaryDirectory
            .appending(path: "apus-ca-\(UInt64.random(in: 0...UInt64.max)).pem").path
        Thread { [self] in serve(options) }.start()
        while true {
            let (isUp, failure) = state.withLock { (!$0.ports.isEmpty, $0.failure) }
            if let failure { throw SimulatorError(failure) }
            if isUp { break }
            sched_yield()
        }
    }

    private func serve(_ options: SimulatorOptions) {
        do throws(SimulatorError) {
            let simulator = try Simulator(options, log: { _ in })
            try simulator.writeCertificate(to: caPath)
            state.withLock { $0.ports = [simulator.restPort, simulator.streamPort] }
            while !state.withLock({ $0.isStopping }) { simulator.turn(waitNsMax: 2_000_000) }
        } catch {
            state.withLock { $0.failure = error.description }
        }
        state.withLock { $0.isDone = true }
    }

    func stop() {
        state.withLock { $0.isStopping = true }
        while !state.withLock({ $0.isDone }) { sched_yield() }
        try? FileManager.default.removeItem(atPath: caPath)
    }
}

/// `openssl s_client` as the client: an independent TLS implementation's front end, with the
/// server's certificate and name verified.
private final class TLSClient {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private var received: [UInt8] = []

    init(port: UInt16, ca: String) throws {
        process.executableURL = URL(fileURLWithPath: EndToEndTests.tool ?? "")
        process.arguments = [
            "s_client", "-quiet", "-connect", "localhost:\(port)", "-CAfile", ca,
            "-verify_return_error", "-verify_hostname", "localhost", "-servername", "localhost",
        ]
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    func send(_ text: String) { send(bytes: Array(text.utf8)) }

    func send(bytes: [UInt8]) { try? input.fileHandleForWriting.write(contentsOf: bytes) }

    func upgrade(_ path: String) {
        send(
            "GET \(path) HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                + "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                + "Sec-WebSocket-Version: 13\r\n\r\n")
    }

    /// One masked text frame; the mask is fixed, which only a test may do.
    func sendText(_ text: String) {
        let mask: [UInt8] = [0x11, 0x22, 0x33, 0x44]
        let payload = text.utf8.enumerated().map { $1 ^ mask[$0 % 4] }
        let length: [UInt8] =
            payload.count < 126
            ? [0x80 | UInt8(payload.count)]
            : [0xFE, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        send(bytes: [0x81] + length + mask + payload)
    }

    /// Reads until `text` has come; returns all that was received so far.
    func until(_ text: String) throws -> String {
        while true {
            let all = String(decoding: received, as: UTF8.self)
            if all.contains(text) { return all }
            let data = output.fileHandleForReading.availableData
            guard !data.isEmpty else { throw SimulatorError("closed before \(text)") }
            received += data
        }
    }

    func end() {
        // The child inherits a signal mask that blocks SIGTERM.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}
