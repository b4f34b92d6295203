//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import CPlatform
import CTLS
import Foundation
import Messages
import Platform
import Rings
import Synchronization
import Testing
import Transport
import WebSocket

/// The paths a client asks the fuzzing server for, one connection each.
private final class CasePaths: Sendable {
    private struct State {
        var count = 0
        var next = 0
    }
    private struct NoMorePaths: Error {}
    static let agent = "apus"
    private let state = Mutex(State())

    /// The server told how many cases it has.
    func know(count: Int) { state.withLock { $0.count = count } }

    var isFinished: Bool { state.withLock { $0.next > $0.count + 2 } }

    func next() throws -> String {
        try state.withLock { state in
            let index = state.next
            state.next += 1
            if index == 0 { return "/getCaseCount" }
            if index <= state.count { return "/runCase?case=\(index)&agent=\(Self.agent)" }
            if index == state.count + 1 { return "/updateReports?agent=\(Self.agent)" }
            throw NoMorePaths()
        }
    }
}

extension TransportSuites {
    /// The client is the production one: dialer, TLS, reader, frame ring and order channel. The
    /// test stands in the parser's place and sends back what it is given.
    @Suite("Autobahn fuzzing server")
    struct AutobahnTests {
        /// Their verdict is "informational" whatever a client does.
        private static let withoutVerdict: Set<String> = ["7.1.6", "7.13.1", "7.13.2"]
        /// `APUS_AUTOBAHN` names other cases, for instance "6.*,7.1.*".
        private static let cases =
            (ProcessInfo.processInfo.environment["APUS_AUTOBAHN"] ?? "*")
            .split(separator: ",").map(String.init)

        /// What the client's log may say; the last is this test's own end.
        private static let reasons = [
            "connected", "closed by the venue with code", "text that is not UTF-8",
            "broke the WebSocket protocol", "closed at the end", "no path",
        ]

        @Test(.enabled(if: AutobahnServer.isThere, "Python 2.7 with autobahntestsuite is not here"))
        func `every case without compression is passed, and strictly`() throws {
            let server = try AutobahnServer(cases: Self.cases)
            let paths = CasePaths()
            try run(server, paths)
            let verdicts = try server.verdicts(agent: CasePaths.agent)
            #expect(verdicts.count == (Self.cases == ["*"] ? 301 : verdicts.count))
            #expect(!verdicts.isEmpty)
            for (name, verdict) in verdicts.sorted(by: { $0.key < $1.key }) {
                let wanted = Self.withoutVerdict.contains(name) ? "INFORMATIONAL" : "OK"
                #expect(verdict.behavior == wanted, "case \(name)")
                #expect(verdict.behaviorClose == wanted, "closing of case \(name)")
            }
        }

        /// Runs all cases. The ring between reader and echo holds one frame, so that the reader
        /// goes on only when that is answered: strict cases want the answers to what came before a
        /// violation. The server makes all frames of a case before it answers the upgrade.
        private func run(_ server: AutobahnServer, _ paths: CasePaths) throws {
            let specification = ConnectionSpecification(
                id: 1, name: "autobahn", url: "wss://127.0.0.1:\(server.port)",
                caFile: TestAuthority.good.caFile, pathProvider: { try paths.next() },
                idleTimeout: nil)
            let harness = try ReaderHarness(
                [specification], frameCapacity: 1, byteCapacity: 64 << 20,
                timerIntervalNs: .max, messageSizeMax: 17 << 20, connectTimeout: .seconds(100))
            defer { harness.stop() }
            let deadline = monotonicNs() + 900_000_000_000
            while !paths.isFinished, monotonicNs() < deadline {
                let work = harness.stage.poll()
                if let descriptor = unsafe harness.frames.peek() {
                    unsafe answer(descriptor.pointee, harness, paths)
                } else if work == 0 {
                    apus_thread_sleep_ns(20_000)
                }
            }
            #expect(paths.isFinished, "log: \(harness.log.lines.suffix(5))")
            let others = harness.log.lines.filter { line in
                !Self.reasons.contains { line.contains($0) }
            }
            #expect(others == [], "connections lost for no reason of the protocol's")
        }

        private func answer(_ frame: FrameDescriptor, _ harness: ReaderHarness, _ paths: CasePaths)
        {
            let id = Int(frame.connectionID)
            if frame.kind == .text || frame.kind == .binary {
                let bytes = unsafe harness.byteConsumers[id].bytes(at: frame.position)
                let payload = unsafe UnsafeBufferPointer(start: bytes, count: Int(frame.length))
                if harness.connector.status(1).connectedCount == 1 {
                    paths.know(count: Int(unsafe String(decoding: payload, as: UTF8.self)) ?? 0)
                } else {
                    unsafe echo(payload, isText: frame.kind == .text, harness)
                }
            }
            unsafe harness.byteConsumers[id].release(Int(frame.releaseLength))
            harness.frames.release()
        }

        private func echo(
            _ payload: UnsafeBufferPointer<UInt8>, isText: Bool, _ harness: ReaderHarness
        ) {
            let key: UInt32 = 0x5A17_C3E9
            var masked = unsafe Array(payload)
            unsafe masked.withUnsafeMutableBufferPointer {
                if let base = $0.baseAddress {
                    unsafe WebSocketFrame.mask(base, count: $0.count, key: key)
                }
            }
            let opcode = isText ? WebSocketOpcode.text : WebSocketOpcode.binary
            var rest = TestPeer.frame(opcode, masked, key: key)[...]
            let channel = unsafe harness.stage.orderChannel(connectionID: 1)
            while !rest.isEmpty, unsafe channel.pointee.isOpen == 1 {
                let piece = Array(rest.prefix(32_768))
                if unsafe apus_order_channel_write(channel, piece, piece.count) == 0 {
                    rest = rest.dropFirst(piece.count)
                    _ = unsafe apus_order_channel_flush(channel)
                } else if harness.stage.poll() == 0 {
                    apus_thread_sleep_ns(20_000)
                }
            }
        }
    }
}
