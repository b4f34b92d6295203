//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import CTLS
import CUring
import Messages
import Platform
import Rings
import Telemetry
import Transport
import WebSocket

/// What the parser behind a reader is told.
public enum ReaderEvent: Equatable, Sendable {
    case text([UInt8])
    case binary([UInt8])
    /// The reason's raw value, and the venue's close code where it sent one.
    case lost(reason: Int32, detail: Int32)
}

/// A frame that the reader wrote, unmasked.
public struct WrittenFrame: Equatable, Sendable {
    public let opcode: UInt8
    public let payload: [UInt8]
    public let isMasked: Bool
    public let maskingKey: UInt32

    public init(opcode: UInt8, payload: [UInt8], isMasked: Bool, maskingKey: UInt32 = 0) {
        self.opcode = opcode
        self.payload = payload
        self.isMasked = isMasked
        self.maskingKey = maskingKey
    }

    /// Keys are random, so they make no difference.
    public static func == (a: Self, b: Self) -> Bool {
        a.opcode == b.opcode && a.payload == b.payload && a.isMasked == b.isMasked
    }
}

/// The production reader without a network: bytes that a venue would send go in, what the parser
/// would see and what the venue would receive comes out.
///
/// SAFETY: used by one thread; memory is kept until the process ends.
@safe
public final class LoopbackReader {
    private var stage: ReaderStage
    private var frames: RingConsumer<FrameDescriptor>
    private let bytes: UnsafeMutablePointer<ByteRingConsumer>
    private let authority: OpaquePointer
    private let telemetry = TelemetryWriter.standalone()
    private var client: OpaquePointer?
    private var venue: OpaquePointer?
    private var timeNs: UInt64 = 1
    private static let id = 1

    public init(
        frameCapacity: Int = 1_024, byteCapacity: Int = 1 << 20, messageSizeMax: Int = 1 << 19
    ) throws {
        precondition(apus_tls_initialise() == 0, "OpenSSL takes its allocator")
        unsafe authority = unsafe apus_test_authority_create(nil)!
        let producers = UnsafeMutablePointer<ByteRingProducer>.allocate(capacity: 2)
        let memories = UnsafeMutablePointer<ByteRingMemory>.allocate(capacity: 2)
        unsafe bytes = .allocate(capacity: 2)
        for index in 0..<2 {
            unsafe (memories + index).initialize(to: try ByteRingMemory(capacity: byteCapacity))
            unsafe (bytes + index).initialize(to: try memories[index].makeConsumer())
            unsafe (producers + index).initialize(to: try memories[index].makeProducer())
        }
        let rings = UnsafeMutablePointer<RingMemory<FrameDescriptor>>.allocate(capacity: 2)
        unsafe rings.initialize(to: try RingMemory(capacity: frameCapacity))
        unsafe (rings + 1).initialize(to: try RingMemory(capacity: 1))
        frames = unsafe try rings[0].makeConsumer()
        let outbox = UnsafeMutablePointer<RingMemory<OutboundText>>.allocate(capacity: 1)
        unsafe outbox.initialize(to: try RingMemory(capacity: 1))
        var configuration = ReaderConfiguration()
        configuration.messageSizeMax = messageSizeMax
        let specification = ConnectionSpecification(id: 1, name: "loopback", url: "wss://localhost")
        stage = unsafe ReaderStage(
            configuration: configuration, connector: Connector(specifications: [specification]),
            frames: try rings[0].makeProducer(), byteRings: producers, connectionCount: 2,
            inbox: try rings[1].makeConsumer(), outbox: try outbox.pointee.makeConsumer(),
            clock: .calibrated(), telemetry: telemetry)
        connect()
    }

    public func counter(_ name: String) -> UInt64 { telemetry.counter(name).value }

    /// Begins a new connection; the one before is forgotten.
    public func connect() {
        let (oldClient, oldVenue) = unsafe (client, venue)
        var error = [CChar](repeating: 0, count: Int(APUS_TLS_ERROR_MAX))
        let result = unsafe apus_tls_pair_create(authority, &client, &venue, &error)
        precondition(result == 0, "a TLS session within the process")
        attach()
        unsafe apus_tls_session_destroy(oldClient)
        unsafe apus_tls_session_destroy(oldVenue)
    }

    /// Begins a new connection over the session of the one before. Where that was lost, nothing
    /// can be written any more.
    public func attach() {
        guard let client = unsafe client else { return }
        unsafe stage.attach(session: client, connectionID: Self.id, timeNs: timeNs)
        _ = takeEvents()
    }

    /// Feeds `wire` in pieces that end at `ends`, and takes out what comes of it.
    public func feed(_ wire: [UInt8], ends: [Int] = []) -> [ReaderEvent] {
        var events: [ReaderEvent] = []
        var start = 0
        for end in ends + [wire.count] where end > start {
            unsafe wire[start..<end].withUnsafeBufferPointer { piece in
                guard let base = piece.baseAddress else { return }
                let taken = unsafe stage.receive(
                    plaintext: base, count: piece.count, connectionID: Self.id, timeNs: timeNs)
                precondition(taken == piece.count || taken == 0, "room in the byte ring")
            }
            start = end
            timeNs += 1
            events += takeEvents()
        }
        return events
    }

    /// Everything the parser would see by now.
    private func takeEvents() -> [ReaderEvent] {
        var events: [ReaderEvent] = []
        while let descriptor = unsafe frames.peek() {
            let frame = unsafe descriptor.pointee
            let start = unsafe bytes[Self.id].bytes(at: frame.position)
            let payload = unsafe Array(UnsafeBufferPointer(start: start, count: Int(frame.length)))
            unsafe bytes[Self.id].release(Int(frame.releaseLength))
            frames.release()
            if frame.kind == .text { events.append(.text(payload)) }
            if frame.kind == .binary { events.append(.binary(payload)) }
            if frame.kind == .disconnected {
                let loss = stage.loss(connectionID: Self.id)
                events.append(.lost(reason: loss.reason.rawValue, detail: loss.detail))
            }
        }
        return events
    }

    /// The frames that the venue would have received since the last call.
    public func takeWritten() -> [WrittenFrame] {
        guard let client = unsafe client, let venue = unsafe venue else { return [] }
        var plain: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 16_384)
        while true {
            var length = 0
            let output = unsafe apus_tls_session_output(client, &length)
            if length == 0 { break }
            unsafe apus_tls_session_feed(venue, output!, length)
            while true {
                let count = unsafe apus_tls_session_read(venue, &piece, Int32(piece.count))
                if count <= 0 { break }
                plain += piece[..<Int(count)]
            }
            unsafe apus_tls_session_consume(client, length)
        }
        return Self.frames(plain)
    }

    private static func frames(_ plain: [UInt8]) -> [WrittenFrame] {
        var frames: [WrittenFrame] = []
        var rest = plain[...]
        var header = WebSocketFrameHeader()
        while !rest.isEmpty {
            let result = unsafe rest.withUnsafeBufferPointer {
                unsafe WebSocketFrameHeader.decode(
                    $0.baseAddress!, available: $0.count, into: &header)
            }
            let length = header.headerLength + header.payloadLength
            precondition(result == .complete && rest.count >= length, "the reader writes frames")
            var payload = Array(rest.dropFirst(header.headerLength).prefix(header.payloadLength))
            unsafe payload.withUnsafeMutableBufferPointer {
                if let base = $0.baseAddress {
                    unsafe WebSocketFrame.mask(base, count: $0.count, key: header.maskingKey)
                }
            }
            frames.append(
                WrittenFrame(
                    opcode: header.opcode, payload: payload, isMasked: header.isMasked,
                    maskingKey: header.maskingKey))
            rest = rest.dropFirst(length)
        }
        return frames
    }
}
