//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import CPlatform
import CTLS
import CUring
import Messages
import Platform
import Rings
import Synchronization
import Telemetry
import TestSupport
import Testing
import Transport
import WebSocket

extension TransportSuites {
    @Suite("Reader over real TLS")
    struct ReaderStageTests {
        @Test(arguments: [NetStrategy.multishot, .singleshot, .busy], [1, 3, 16_384])
        func `what is sent by the order channel comes back as frames, in pieces of any size`(
            strategy: NetStrategy, pieceSize: Int
        ) throws {
            let venue = TestVenue { peer in
                peer.upgrade()
                peer.echo(pieceSize: pieceSize)
            }
            defer { venue.stop() }
            let harness = try ReaderHarness([specification(venue)], strategy: strategy)
            defer { harness.stop() }
            #expect(try harness.next().kind == .connected)
            unsafe #expect(harness.stage.orderChannel(connectionID: 1).pointee.isOpen == 1)
            for length in [1, 5, 125, 126, 300, 5_000] {
                let text = String(repeating: "x", count: length)
                #expect(harness.order(text) == 0)
                let frame = try harness.next()
                #expect(frame.kind == .text)
                #expect(frame.text == text)
            }
            #expect(harness.counter("reader_frames_total") == 6)
            #expect(!harness.stage.strategyText.contains("("))
        }

        @Test func `frames of several connections all arrive, each connection's in order`() throws {
            let venue = TestVenue { peer in
                peer.upgrade()
                for index in 0..<200 { peer.send(TestPeer.text("\(index)")) }
                peer.waitForEnd()
            }
            let other = TestVenue { peer in
                peer.upgrade()
                for index in 0..<200 { peer.send(TestPeer.text("\(index)")) }
                peer.waitForEnd()
            }
            defer {
                venue.stop()
                other.stop()
            }
            let harness = try ReaderHarness([specification(venue), specification(other, id: 2)])
            defer { harness.stop() }
            var next = [0, 0, 0]
            var connected: Set<UInt16> = []
            while next[1] < 200 || next[2] < 200 {
                let frame = try harness.next()
                if frame.kind == .connected {
                    connected.insert(frame.id)
                    continue
                }
                #expect(connected.contains(frame.id))
                #expect(frame.text == "\(next[Int(frame.id)])")
                next[Int(frame.id)] += 1
            }
            try harness.connector.waitUntilConnected(timeout: .seconds(1))
        }

        @Test func `fragments are put together with control frames between them`() throws {
            let venue = TestVenue { peer in
                peer.upgrade(followedBy: TestPeer.text("left over"))
                peer.send(
                    TestPeer.text("frag", isFinal: false)
                        + TestPeer.frame(WebSocketOpcode.ping, [1, 2, 3])
                        + TestPeer.frame(WebSocketOpcode.continuation, [], isFinal: false)
                        + TestPeer.frame(
                            WebSocketOpcode.continuation, Array("ment".utf8), isFinal: false)
                        + TestPeer.frame(WebSocketOpcode.pong, [])
                        + TestPeer.frame(WebSocketOpcode.continuation, Array("ed".utf8)),
                    pieceSize: 1)
                peer.send(TestPeer.frame(WebSocketOpcode.binary, [0xFF, 0x00]))
                let pong = peer.receiveFrame()
                let isRight =
                    pong?.opcode == WebSocketOpcode.pong && pong?.payload == [1, 2, 3]
                    && pong?.isMasked == true
                peer.send(TestPeer.text(isRight ? "ponged" : "wrong pong"))
                peer.waitForEnd()
            }
            defer { venue.stop() }
            let harness = try ReaderHarness([specification(venue)])
            defer { harness.stop() }
            #expect(try harness.next().kind == .connected)
            #expect(try harness.next().text == "left over")
            #expect(try harness.next().text == "fragmented")
            #expect(
                try harness.next() == SeenFrame(kind: .binary, id: 1, payload: [0xFF, 0x00]))
            #expect(try harness.next().text == "ponged")
            #expect(harness.counter("reader_pings_total") == 1)
        }

        struct Hostile: Sendable, CustomTestStringConvertible {
            let name: String
            let bytes: [UInt8]
            let closeCode: UInt16
            let counter: String
            var testDescription: String { name }
        }

        @Test(arguments: [
            Hostile(
                name: "masked", bytes: TestPeer.frame(0x1, [1, 2], key: 7), closeCode: 1002,
                counter: "reader_protocol_errors_total"),
            Hostile(
                name: "reserved bit", bytes: [0xC1, 0x00], closeCode: 1002,
                counter: "reader_protocol_errors_total"),
            Hostile(
                name: "unknown opcode", bytes: [0x83, 0x00], closeCode: 1002,
                counter: "reader_protocol_errors_total"),
            Hostile(
                name: "length not minimal", bytes: [0x81, 0x7E, 0x00, 0x01, 0x61], closeCode: 1002,
                counter: "reader_protocol_errors_total"),
            Hostile(
                name: "fragmented ping", bytes: [0x09, 0x00], closeCode: 1002,
                counter: "reader_protocol_errors_total"),
            Hostile(
                name: "continuation of nothing", bytes: [0x80, 0x00], closeCode: 1002,
                counter: "reader_protocol_errors_total"),
            Hostile(
                name: "text inside a fragmented text", bytes: [0x01, 0x00, 0x81, 0x00],
                closeCode: 1002, counter: "reader_protocol_errors_total"),
            Hostile(
                name: "close of one byte", bytes: [0x88, 0x01, 0x03], closeCode: 1002,
                counter: "reader_protocol_errors_total"),
            Hostile(
                name: "close code 1006", bytes: [0x88, 0x02, 0x03, 0xEE], closeCode: 1002,
                counter: "reader_protocol_errors_total"),
            Hostile(
                name: "not UTF-8", bytes: TestPeer.frame(0x1, [0x61, 0xC3]), closeCode: 1007,
                counter: "reader_text_errors_total"),
            Hostile(
                name: "one MiB and a byte", bytes: [0x82, 0x7F, 0, 0, 0, 0, 0, 0x10, 0, 0x01],
                closeCode: 1009, counter: "reader_oversize_errors_total"),
        ])
        func `a hostile frame ends the connection, is counted, and a new one is made`(
            hostile: Hostile
        ) throws {
            let venue = TestVenue { peer in
                peer.upgrade()
                guard peer.requestHead.contains("X-Test: 1") else { return }
                peer.send(TestPeer.text("before") + hostile.bytes)
                while let frame = peer.receiveFrame() {
                    if frame.opcode != WebSocketOpcode.close { continue }
                    let code = UInt16(frame.payload[0]) << 8 | UInt16(frame.payload[1])
                    if code != hostile.closeCode { return }
                    peer.waitForEnd()
                }
            }
            defer { venue.stop() }
            let harness = try ReaderHarness([specification(venue)])
            defer { harness.stop() }
            #expect(try harness.next().kind == .connected)
            #expect(try harness.next().text == "before")
            #expect(try harness.next().kind == .disconnected)
            #expect(harness.counter(hostile.counter) == 1)
            unsafe #expect(harness.stage.orderChannel(connectionID: 1).pointee.isOpen == 0)
            #expect(try harness.next().kind == .connected)
            #expect(harness.connector.status(1).connectedCount >= 2)
        }

        @Test func `a close frame is answered with its code and the reason is logged`() throws {
            let answer = TestLog()
            let venue = TestVenue { peer in
                peer.upgrade()
                peer.send(TestPeer.frame(WebSocketOpcode.close, [0x0B, 0xB8] + Array("bye".utf8)))
                if let frame = peer.receiveFrame() {
                    answer.add("\(frame.opcode) \(frame.payload)")
                }
            }
            defer { venue.stop() }
            let harness = try ReaderHarness([specification(venue)])
            defer { harness.stop() }
            #expect(try harness.next().kind == .connected)
            #expect(try harness.next().kind == .disconnected)
            #expect(try harness.next().kind == .connected)
            #expect(answer.lines.first == "8 [11, 184]")
            #expect(
                harness.log.lines.contains { $0.contains("closed by the venue with code 3000") })
            #expect(harness.counter("reader_closes_received_total") >= 1)
        }

        @Test(arguments: [NetStrategy.multishot, .singleshot, .busy])
        func `an abrupt end is reported and the connection made again, each time`(
            strategy: NetStrategy
        ) throws {
            let venue = TestVenue { peer in
                peer.upgrade()
                peer.send(TestPeer.text("hello") + [0x81, 0x05, 0x61])  // and half a frame
            }
            defer { venue.stop() }
            let harness = try ReaderHarness([specification(venue)], strategy: strategy)
            defer { harness.stop() }
            for _ in 0..<5 {
                #expect(try harness.next().kind == .connected)
                #expect(try harness.next().text == "hello")
                #expect(try harness.next().kind == .disconnected)
                #expect(harness.order("nobody there") < 0)
            }
            #expect(harness.counter("reader_disconnects_total") >= 5)
        }

        @Test(arguments: [NetStrategy.multishot, .singleshot, .busy], [4_096, 100])
        func `a full ring stalls and loses nothing`(strategy: NetStrategy, size: Int) throws {
            let count = 1_000_000 / size
            let venue = TestVenue { peer in
                peer.upgrade()
                for index in 0..<count {
                    let number = "\(index) "
                    peer.send(
                        TestPeer.text(
                            number + String(repeating: "y", count: size - number.utf8.count)))
                }
                peer.waitForEnd()
            }
            defer { venue.stop() }
            let harness = try ReaderHarness(
                [specification(venue)], strategy: strategy,
                frameCapacity: size > 1_000 ? 1_024 : 64,
                byteCapacity: 65_536)
            defer { harness.stop() }
            #expect(try harness.next().kind == .connected)
            harness.isConsuming = false
            let name =
                size > 1_000 ? "reader_byte_ring_stalls_total" : "reader_frame_ring_stalls_total"
            try harness.run(until: { harness.counter(name) >= 1_000 })
            harness.isConsuming = true
            for index in 0..<count {
                let frame = try harness.next()
                #expect(frame.payload.count == size)
                #expect(frame.text.hasPrefix("\(index) "))
                if !frame.text.hasPrefix("\(index) ") { break }
            }
        }

        /// Whoever stood still for a while finds more at once than a journal could follow if the
        /// reader handed it all on in one poll.
        @Test(arguments: [NetStrategy.multishot, .singleshot, .busy])
        func `a burst is handed on in parts, and a journal gets all of it`(
            strategy: NetStrategy
        ) throws {
            let (count, size) = (10_000, 100)
            let sent = Atomic<Int>(0)
            let venue = TestVenue { peer in
                peer.upgrade()
                let text = TestPeer.text(String(repeating: "y", count: size))
                for _ in 0..<count {
                    peer.send(text)
                    sent.wrappingAdd(1, ordering: .releasing)
                }
                peer.waitForEnd()
            }
            defer { venue.stop() }
            let harness = try ReaderHarness(
                [specification(venue)], strategy: strategy, frameCapacity: 1_024)
            defer { harness.stop() }
            var slots = try RingMemory<TappedFrame>(capacity: 16_384)
            var bytes = try ByteRingMemory(capacity: 1 << 21)
            var journal = try slots.makeConsumer()
            try harness.tap(&slots, &bytes)
            #expect(try harness.next().kind == .connected)
            // In the kernel while the reader stands still: more than a journal may be behind.
            try waitUntil("a burst") { sent.load(ordering: .acquiring) >= 1_000 }
            var (taken, most) = (0, UInt64(0))
            while taken < count {
                let published = harness.stage.framesPublished
                _ = harness.stage.poll()
                most = max(most, harness.stage.framesPublished - published)
                while let frame = harness.take() { taken += frame.kind == .text ? 1 : 0 }
                #expect(harness.telemetry.counter("reader_disconnects_total").value == 0)
            }
            // A poll ends behind the received run that brings it to 64 frames.
            let frameMin = UInt64(size + 2)
            #expect(most <= 64 + UInt64(APUS_NET_BUFFER_SIZE) / frameMin + 1)
            harness.stage.settleJournal()
            var numbers: [UInt64] = []
            while let frame = unsafe journal.peek() {
                unsafe numbers.append(frame.pointee.number)
                journal.release()
            }
            #expect(numbers == Array(1...harness.stage.framesPublished))
        }

        @Test(arguments: [NetStrategy.multishot, .singleshot, .busy])
        func `orders leave while market data is stalled`(strategy: NetStrategy) throws {
            let orders = TestLog()
            let venue = TestVenue { peer in
                peer.upgrade()
                let text = TestPeer.text(String(repeating: "y", count: 4_000))
                for _ in 0..<100 { peer.send(text) }
                while let frame = peer.receiveFrame() {
                    orders.add(String(decoding: frame.payload, as: UTF8.self))
                }
            }
            defer { venue.stop() }
            let harness = try ReaderHarness(
                [specification(venue)], strategy: strategy, byteCapacity: 65_536)
            defer { harness.stop() }
            #expect(try harness.next().kind == .connected)
            harness.isConsuming = false
            try harness.run(until: { harness.counter("reader_byte_ring_stalls_total") >= 10 })
            for round in 1...3 {
                #expect(harness.order("\(round)") == 0)
                try harness.run(until: { orders.lines.count == round })
            }
            #expect(orders.lines == ["1", "2", "3"])
            harness.isConsuming = true
            for _ in 0..<100 { #expect(try harness.next().payload.count == 4_000) }
        }

        @Test func `a silent connection is given up after its idle time-out`() throws {
            let venue = TestVenue { peer in
                peer.upgrade()
                peer.waitForEnd()
            }
            defer { venue.stop() }
            let harness = try ReaderHarness([
                specification(venue, idleTimeout: .milliseconds(50))
            ])
            defer { harness.stop() }
            #expect(try harness.next().kind == .connected)
            #expect(try harness.next().kind == .disconnected)
            #expect(harness.counter("reader_idle_timeouts_total") == 1)
            #expect(try harness.next().kind == .connected)
        }

        @Test func `a requested reconnection closes and connects again`() throws {
            let venue = TestVenue { peer in
                peer.upgrade()
                peer.waitForEnd()
            }
            defer { venue.stop() }
            let harness = try ReaderHarness([specification(venue)])
            defer { harness.stop() }
            #expect(try harness.next().kind == .connected)
            harness.connector.reconnect(1)
            #expect(try harness.next().kind == .disconnected)
            #expect(try harness.next().kind == .connected)
        }

        @Test func `messages on open leave before anything else, masked, in order`() throws {
            let venue = TestVenue { peer in
                peer.upgrade()
                for _ in 0..<2 {
                    guard let frame = peer.receiveFrame(), frame.isMasked else { return }
                    peer.send(TestPeer.frame(WebSocketOpcode.text, frame.payload))
                }
                peer.waitForEnd()
            }
            defer { venue.stop() }
            let long = String(repeating: "z", count: 40_000)
            let harness = try ReaderHarness([specification(venue, messagesOnOpen: ["one", long])])
            defer { harness.stop() }
            #expect(try harness.next().kind == .connected)
            #expect(try harness.next().text == "one")
            #expect(try harness.next().text == long)
        }

        @Test func `a timer comes when nothing else does, and a reply takes its place in order`()
            throws
        {
            let harness = try ReaderHarness([], timerIntervalNs: 100_000)
            defer { harness.stop() }
            try harness.run(until: {
                _ = harness.take()
                return harness.timers >= 3
            })
            #expect(harness.inbox.submit(kind: .rest, context: 77, bytes: Array("{}".utf8)))
            #expect(try harness.next() == SeenFrame(kind: .rest, id: 0, payload: Array("{}".utf8)))
            #expect(harness.counter("reader_rest_replies_total") == 1)
            #expect(
                !harness.inbox.submit(
                    kind: .rest, context: 1, bytes: [UInt8](repeating: 0, count: 1 << 20)))
        }

        @Test func `stopping sends a close frame and gives every connection back`() throws {
            let seen = TestLog()
            let venue = TestVenue { peer in
                peer.upgrade()
                if let frame = peer.receiveFrame() { seen.add("\(frame.opcode) \(frame.payload)") }
            }
            let harness = try ReaderHarness([specification(venue)])
            #expect(try harness.next().kind == .connected)
            harness.stop()
            venue.stop()
            #expect(seen.lines == ["8 [3, 232]"])
            #expect(!harness.connector.status(1).isConnected)
        }

        @Test(
            .enabled(if: apus_allocation_counter_is_active() != 0, "a sanitizer owns the allocator")
        )
        func `a warm reader never calls the allocator`() throws {
            let venue = TestVenue { peer in
                peer.upgrade()
                peer.echo()
            }
            defer { venue.stop() }
            let harness = try ReaderHarness([specification(venue)], timerIntervalNs: 1 << 60)
            defer { harness.stop() }
            #expect(try harness.next().kind == .connected)
            let frame = TestPeer.frame(0x1, Array("order".utf8), key: 0)
            let channel = unsafe harness.stage.orderChannel(connectionID: 1)
            let count = UnsafeMutablePointer<UInt64>.allocate(capacity: 1)
            unsafe count.initialize(to: 0)
            let frames = harness.telemetry.counter("reader_frames_total")
            for round in 0..<300 {
                if round == 100 { unsafe apus_allocation_counter_arm(count) }
                _ = unsafe apus_order_channel_write(channel, frame, frame.count)
                _ = unsafe apus_order_channel_flush(channel)
                while frames.value == UInt64(round) {
                    if harness.stage.poll() == 0 { apus_thread_sleep_ns(20_000) }
                }
                while let descriptor = unsafe harness.frames.peek() {
                    unsafe harness.byteConsumers[1].release(Int(descriptor.pointee.releaseLength))
                    harness.frames.release()
                }
            }
            apus_allocation_counter_arm(nil)
            // Else an optimised build frees the frame before the counter is disarmed.
            withExtendedLifetime(frame) {}
            unsafe #expect(count.pointee == 0)
            unsafe count.deallocate()
        }
    }
}
