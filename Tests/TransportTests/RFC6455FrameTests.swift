//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CUring
import TestSupport
import Testing
import WebSocket

/// What RFC 6455 asks of a client, by its sections, shown on the production reader. The numbers in
/// the tests' names are the sections.
@Suite("RFC 6455: frames")
struct RFC6455FrameTests {
    static let dataOpcodes: [UInt8] = [0x0, 0x1, 0x2]
    static let controlOpcodes: [UInt8] = [0x8, 0x9, 0xA]
    static let violation = ReaderEvent.lost(
        reason: ConnectionLoss.protocolViolation.rawValue, detail: 0)
    static let tooBig = ReaderEvent.lost(reason: ConnectionLoss.oversize.rawValue, detail: 0)

    /// Feeds `wire` to a new connection; the close code is what the venue receives, 0 for none.
    static func outcome(
        _ wire: [UInt8], _ reader: LoopbackReader
    ) -> (events: [ReaderEvent], closeCode: Int) {
        reader.connect()
        let events = reader.feed(wire)
        let close = reader.takeWritten().last { $0.opcode == WebSocketOpcode.close }
        let code = close.map { Int($0.payload[0]) << 8 | Int($0.payload[1]) } ?? 0
        return (events, code)
    }

    @Test func `5_2 a frame of each opcode is taken, or fails the connection, as the table says`()
        throws
    {
        let reader = try LoopbackReader()
        for opcode in UInt8(0)...15 {
            let (events, code) = Self.outcome([0x80 | opcode, 0x00], reader)
            switch opcode {
            case 0x1: #expect(events == [.text([])])
            case 0x2: #expect(events == [.binary([])])
            case 0x8:
                let reason = ConnectionLoss.closedByPeer.rawValue
                #expect(events == [.lost(reason: reason, detail: 1005)])
                #expect(code == 1000)
            case 0x9, 0xA: #expect(events.isEmpty)
            default:
                #expect(events == [Self.violation], "opcode \(opcode)")
                #expect(code == 1002)
            }
        }
    }

    @Test(arguments: [0x0, 0x1, 0x2, 0x8, 0x9, 0xA] as [UInt8])
    func `5_2 any reserved bit fails the connection, for no extension was agreed on`(
        opcode: UInt8
    ) throws {
        let reader = try LoopbackReader()
        for bits in UInt8(1)...7 {
            for final in [UInt8(0x80), 0] {
                let (events, code) = Self.outcome([final | bits << 4 | opcode, 0x00], reader)
                #expect(events == [Self.violation])
                #expect(code == 1002)
            }
        }
    }

    @Test(arguments: [0x1, 0x2, 0x8, 0x9, 0xA] as [UInt8])
    func `5_1 a masked frame from the server fails the connection`(opcode: UInt8) throws {
        let reader = try LoopbackReader()
        for length in [0, 1, 125] {
            let wire = TestPeer.frame(opcode, [UInt8](repeating: 0x61, count: length), key: 0)
            let (events, code) = Self.outcome(wire, reader)
            #expect(events == [Self.violation])
            #expect(code == 1002)
        }
    }

    @Test(arguments: [0, 1, 125, 126, 127, 255, 256, 65_535, 65_536, 70_000])
    func `5_2 a length in its shortest form is taken`(length: Int) throws {
        let payload = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let (events, _) = try Self.outcome(
            TestPeer.frame(WebSocketOpcode.binary, payload), LoopbackReader())
        #expect(events == [.binary(payload)])
    }

    @Test func `5_2 a length in a longer form than needed fails the connection`() throws {
        let reader = try LoopbackReader()
        for length in [0, 1, 125] {
            let wire: [UInt8] = [0x82, 126, 0, UInt8(length)] + [UInt8](repeating: 0, count: length)
            #expect(Self.outcome(wire, reader) == ([Self.violation], 1002))
        }
        for length in [0, 125, 126, 65_535] {
            let size = UInt16(length)
            let wire: [UInt8] =
                [0x82, 127, 0, 0, 0, 0, 0, 0, UInt8(size >> 8), UInt8(size & 0xFF)]
                + [UInt8](repeating: 0, count: length)
            #expect(Self.outcome(wire, reader) == ([Self.violation], 1002))
        }
    }

    @Test func `5_2 a length of 64 bits with its highest bit set fails the connection`() throws {
        let reader = try LoopbackReader()
        for low in [UInt8(0), 1, 0xFF] {
            let wire: [UInt8] = [0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, low]
            #expect(Self.outcome(wire, reader) == ([Self.violation], 1002))
        }
    }

    @Test func `10_4 a message beyond the limit fails with 1009, by its header alone`() throws {
        let reader = try LoopbackReader(messageSizeMax: 100_000)
        let whole: [UInt8] = [0x82, 127, 0, 0, 0, 0, 0, 1, 0x86, 0xA1]
        #expect(Self.outcome(whole, reader) == ([Self.tooBig], 1009))
        let parts =
            TestPeer.frame(0x2, [UInt8](repeating: 1, count: 90_000), isFinal: false)
            + [0x80, 126, 0x27, 0x11]
        #expect(Self.outcome(parts, reader) == ([Self.tooBig], 1009))
        let atLimit = TestPeer.frame(0x2, [UInt8](repeating: 1, count: 100_000))
        #expect(Self.outcome(atLimit, reader).events.count == 1)
    }

    // MARK: Fragments

    @Test func `5_4 fragments make one message, whatever their number and lengths`() throws {
        let reader = try LoopbackReader()
        let text = Array("κόσμε, made of pieces".utf8)
        for size in 0...text.count {
            var wire: [UInt8] = []
            var at = 0
            repeat {
                let piece = Array(text[at..<min(text.count, at + size)])
                at += piece.count
                let isLast = at == text.count || size == 0
                wire += TestPeer.frame(wire.isEmpty ? 0x1 : 0x0, piece, isFinal: isLast)
            } while at < text.count && size > 0
            #expect(reader.feed(wire) == [.text(size == 0 ? [] : text)], "pieces of \(size)")
        }
        let empty = [UInt8](repeating: 0, count: 2 * 50)
        let many = [0x02, 0x00] + empty + TestPeer.frame(0x0, [9])
        #expect(reader.feed(many) == [.binary([9])])
    }

    @Test(arguments: [0x1, 0x2] as [UInt8])
    func `5_4 a continuation of nothing, and a new message inside of one, fail`(
        opcode: UInt8
    ) throws {
        let reader = try LoopbackReader()
        let begin = TestPeer.frame(opcode, [0x61], isFinal: false)
        let end = TestPeer.frame(0x0, [0x62])
        let message: ReaderEvent = opcode == 0x1 ? .text([0x61, 0x62]) : .binary([0x61, 0x62])
        for isFinal in [true, false] {
            let stray = TestPeer.frame(0x0, [0x63], isFinal: isFinal)
            #expect(Self.outcome(stray, reader) == ([Self.violation], 1002))
            #expect(Self.outcome(begin + end + stray, reader) == ([message, Self.violation], 1002))
            for inner in [UInt8(0x1), 0x2] {
                let wire = begin + TestPeer.frame(inner, [0x63], isFinal: isFinal)
                #expect(Self.outcome(wire, reader) == ([Self.violation], 1002))
            }
        }
    }

    @Test func `5_4 control frames may stand between fragments, and are answered at once`() throws {
        let reader = try LoopbackReader()
        let wire =
            TestPeer.text("fra", isFinal: false) + TestPeer.frame(0x9, [1])
            + TestPeer.frame(0xA, [2]) + TestPeer.frame(0x0, Array("gm".utf8), isFinal: false)
            + TestPeer.frame(0x9, []) + TestPeer.frame(0x9, [3, 4])
        #expect(reader.feed(wire).isEmpty)
        #expect(reader.takeWritten().map(\.payload) == [[1], [], [3, 4]])
        let end = TestPeer.frame(0x0, Array("ent".utf8))
        #expect(reader.feed(end) == [.text(Array("fragment".utf8))])
    }

    @Test(arguments: [0x8, 0x9, 0xA] as [UInt8])
    func `5_5 a control frame is neither fragmented nor longer than 125 bytes`(
        opcode: UInt8
    ) throws {
        let reader = try LoopbackReader()
        #expect(Self.outcome([opcode, 0x00], reader) == ([Self.violation], 1002))
        let inside = TestPeer.text("a", isFinal: false) + [opcode, 0x01, 0x61]
        #expect(Self.outcome(inside, reader) == ([Self.violation], 1002))
        for second in [UInt8(126), 127] {
            let wire = [0x80 | opcode, second, 0, 126] + [UInt8](repeating: 0, count: 130)
            #expect(Self.outcome(wire, reader) == ([Self.violation], 1002))
        }
    }

    // MARK: Pings and pongs

    @Test func `5_5_2 a ping of any length is answered by a masked pong of the same bytes`()
        throws
    {
        let reader = try LoopbackReader()
        for length in 0...125 {
            let payload = (0..<length).map { UInt8(truncatingIfNeeded: $0 &+ length) }
            #expect(reader.feed(TestPeer.frame(WebSocketOpcode.ping, payload)).isEmpty)
            let pong = WrittenFrame(opcode: WebSocketOpcode.pong, payload: payload, isMasked: true)
            #expect(reader.takeWritten() == [pong])
        }
        #expect(reader.counter("reader_pings_total") == 126)
    }

    @Test func `5_5_3 an unsolicited pong is passed over and nothing is sent`() throws {
        let reader = try LoopbackReader()
        for length in [0, 1, 125] {
            let pong = TestPeer.frame(WebSocketOpcode.pong, [UInt8](repeating: 7, count: length))
            #expect(reader.feed(pong + TestPeer.text("a")) == [.text([0x61])])
            #expect(reader.takeWritten().isEmpty)
        }
    }

    // MARK: Pieces

    /// Every way of framing that the tests above take, and then a violation.
    private static let stream: [UInt8] =
        TestPeer.text("é€😀") + TestPeer.frame(0x9, [1, 2]) + TestPeer.frame(0x2, [0xFF, 0])
        + TestPeer.text("a\u{1F600}", isFinal: false) + TestPeer.frame(0xA, [])
        + TestPeer.frame(0x0, [0xC3], isFinal: false) + TestPeer.frame(0x9, [3])
        + TestPeer.frame(0x0, [0xA9]) + TestPeer.frame(0x1, []) + [0x82, 126, 0, 126]
        + [UInt8](repeating: 5, count: 126) + TestPeer.frame(0x8, [0x03, 0xE8, 0x62])
        + TestPeer.text("never")

    @Test func `5_2 a stream cut anywhere, once or twice, gives the same frames`() throws {
        let reader = try LoopbackReader()
        let expected = Self.outcome(Self.stream, reader)
        #expect(expected.events.count == 6)
        #expect(expected.closeCode == 1000)
        for first in 1..<Self.stream.count {
            reader.attach()
            #expect(reader.feed(Self.stream, ends: [first]) == expected.events, "cut at \(first)")
        }
        for first in 1..<Self.stream.count {
            for second in stride(from: first + 1, to: Self.stream.count, by: 3) {
                reader.attach()
                let events = reader.feed(Self.stream, ends: [first, second])
                #expect(events == expected.events, "cuts at \(first) and \(second)")
            }
        }
        reader.attach()
        #expect(reader.feed(Self.stream, ends: Array(1..<Self.stream.count)) == expected.events)
    }

    @Test func `5_2 a violation is told at the first byte that shows it`() throws {
        let reader = try LoopbackReader()
        let violations: [(wire: [UInt8], bytes: Int)] = [
            ([0xC1, 0x05], 1), ([0x83, 0x05], 1), ([0x09, 0x05], 1), ([0x8B, 0x00], 1),
            ([0x81, 0x85, 1, 2, 3, 4], 6), ([0x89, 0x7E, 0, 126], 2),
            ([0x82, 126, 0, 125, 0], 4), ([0x82, 127, 0, 0, 0, 0, 0, 0, 1, 0, 0], 10),
            ([0x80, 0x05, 0x61], 2),
        ]
        for violation in violations {
            reader.connect()
            for end in 1...violation.bytes {
                let events = reader.feed([violation.wire[end - 1]])
                #expect(events == (end == violation.bytes ? [Self.violation] : []))
            }
        }
    }
}
