//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Synchronization

@testable import Simulator

/// A simulator on a thread of its own.
///
/// SAFETY: The simulator lives on the thread's stack; what is shared is behind a lock.
final class RunningVenue: @unchecked Sendable {
    private struct State {
        var ports: [UInt16] = []
        var okxPorts: [UInt16] = []
        var closingLines: [String] = []
        var failure: String?
        var isStopping = false
        var isDone = false
    }

    private let state = Mutex(State())
    let caPath: String

    var restPort: UInt16 { state.withLock { $0.ports[0] } }
    var streamPort: UInt16 { state.withLock { $0.ports[1] } }
    var okxRESTPort: UInt16 { state.withLock { $0.okxPorts[0] } }
    var okxStreamPort: UInt16 { state.withLock { $0.okxPorts[1] } }
    /// What the simulator says when it has stopped.
    var closingLines: [String] { state.withLock { $0.closingLines } }

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
            state.withLock {
                $0.okxPorts = [
                    simulator.restPort(of: .okx) ?? 0, simulator.streamPort(of: .okx) ?? 0,
                ]
                $0.ports = [simulator.restPort, simulator.streamPort]
            }
            while !state.withLock({ $0.isStopping }) { simulator.turn(waitNsMax: 2_000_000) }
            let lines = simulator.closingLines
            state.withLock { $0.closingLines = lines }
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
final class TLSClient {
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

    /// Reads until `text` has come `count` times; returns all that was received so far.
    func until(count: Int, of text: String) throws -> String {
        while true {
            let all = String(decoding: received, as: UTF8.self)
            if all.components(separatedBy: text).count > count { return all }
            let data = output.fileHandleForReading.availableData
            guard !data.isEmpty else { throw SimulatorError("closed before \(count) \(text)") }
            received += data
        }
    }

    /// Reads until `pattern` has come; returns all that was received so far.
    func until(bytes pattern: [UInt8]) throws -> [UInt8] {
        while true {
            if received.indices.contains(where: { received[$0...].starts(with: pattern) }) {
                return received
            }
            let data = output.fileHandleForReading.availableData
            guard !data.isEmpty else { throw SimulatorError("closed before \(pattern)") }
            received += data
        }
    }

    /// Reads until the other side closes; returns all that was received.
    func untilClosed() -> [UInt8] {
        while true {
            let data = output.fileHandleForReading.availableData
            guard !data.isEmpty else { return received }
            received += data
        }
    }

    func end() {
        // The child inherits a signal mask that blocks SIGTERM.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}
