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

@Suite("RFC 6455: text")
struct RFC6455TextTests {
    static let refused = ReaderEvent.lost(
        reason: ConnectionLoss.invalidText.rawValue, detail: 0)

    /// Text and the place of the first byte that no continuation mends; `nil`: well-formed.
    struct Sample: Sendable, CustomTestStringConvertible {
        let name: String
        let bytes: [UInt8]
        let badByte: Int?
        var testDescription: String { name }
    }

    static let wellFormed: [Sample] = [
        ("empty", []), ("ASCII", Array("plain".utf8)), ("U+0000", [0x00]), ("U+007F", [0x7F]),
        ("U+0080", [0xC2, 0x80]), ("U+07FF", [0xDF, 0xBF]), ("U+0800", [0xE0, 0xA0, 0x80]),
        ("U+D7FF", [0xED, 0x9F, 0xBF]), ("U+E000", [0xEE, 0x80, 0x80]),
        ("U+FFFD", [0xEF, 0xBF, 0xBD]), ("U+FFFE", [0xEF, 0xBF, 0xBE]),
        ("U+FFFF", [0xEF, 0xBF, 0xBF]), ("U+10000", [0xF0, 0x90, 0x80, 0x80]),
        ("U+10FFFF", [0xF4, 0x8F, 0xBF, 0xBF]), ("Greek", Array("κόσμε".utf8)),
        ("across eight bytes", Array("1234567é12345678€😀".utf8)),
    ].map { Sample(name: $0.0, bytes: $0.1, badByte: nil) }

    static let illFormed: [Sample] = [
        ("a continuation alone", [0x80], 0), ("the last continuation alone", [0xBF], 0),
        ("C0", [0xC0, 0x80], 0), ("C1", [0xC1, 0xBF], 0), ("F5", [0xF5, 0x80], 0),
        ("FE", [0xFE], 0), ("FF", [0xFF], 0), ("a lead before ASCII", [0xC3, 0x41], 1),
        ("two leads", [0xC3, 0xC3], 1), ("overlong of three", [0xE0, 0x9F, 0xBF], 1),
        ("overlong of four", [0xF0, 0x8F, 0xBF, 0xBF], 1), ("U+D800", [0xED, 0xA0, 0x80], 1),
        ("U+DFFF", [0xED, 0xBF, 0xBF], 1), ("U+110000", [0xF4, 0x90, 0x80, 0x80], 1),
        ("three, cut by ASCII", [0xE2, 0x82, 0x41], 2), ("four, cut", [0xF0, 0x9F, 0x98, 0x20], 3),
        ("a surrogate inside of text", Array("κόσμε".utf8) + [0xED, 0xA0, 0x80, 0x65], 11),
        ("after eight bytes at once", Array("12345678".utf8) + [0xFF], 8),
    ].map { Sample(name: $0.0, bytes: $0.1, badByte: $0.2) }

    @Test(arguments: wellFormed)
    func `8_1 well-formed text is taken, in fragments cut between any two bytes`(
        sample: Sample
    ) throws {
        let reader = try LoopbackReader()
        #expect(reader.feed(TestPeer.frame(0x1, sample.bytes)) == [.text(sample.bytes)])
        for first in 0...sample.bytes.count {
            for second in first...sample.bytes.count {
                let wire =
                    TestPeer.frame(0x1, Array(sample.bytes[..<first]), isFinal: false)
                    + TestPeer.frame(0x9, [0xFF])
                    + TestPeer.frame(0x0, Array(sample.bytes[first..<second]), isFinal: false)
                    + TestPeer.frame(0x0, Array(sample.bytes[second...]))
                #expect(reader.feed(wire) == [.text(sample.bytes)], "\(first), \(second)")
                let bytewise = reader.feed(wire, ends: Array(1..<wire.count))
                #expect(bytewise == [.text(sample.bytes)], "\(first), \(second), byte by byte")
            }
        }
    }

    @Test(arguments: illFormed)
    func `8_1 ill-formed text fails with 1007 at its first bad byte, in one frame or several`(
        sample: Sample
    ) throws {
        let reader = try LoopbackReader()
        let bad = try #require(sample.badByte)
        let frame = TestPeer.frame(0x1, sample.bytes + Array("more".utf8))
        #expect(RFC6455FrameTests.outcome(frame, reader) == ([Self.refused], 1007))
        // One byte at a time: nothing before the bad byte, and the loss with it.
        reader.connect()
        let header = frame.count - sample.bytes.count - 4
        #expect(reader.feed(Array(frame[..<(header + bad)])).isEmpty)
        #expect(reader.feed([frame[header + bad]]) == [Self.refused])
        for cut in 0...bad {
            reader.connect()
            let begin = TestPeer.frame(0x1, Array(sample.bytes[..<cut]), isFinal: false)
            #expect(reader.feed(begin).isEmpty, "cut at \(cut)")
            let rest = TestPeer.frame(0x0, Array(sample.bytes[cut...bad]), isFinal: false)
            #expect(reader.feed(rest) == [Self.refused], "cut at \(cut)")
        }
    }

    @Test(arguments: [[0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0x98], [0x41, 0xC3]] as [[UInt8]])
    func `8_1 text that ends inside of a character fails with 1007`(bytes: [UInt8]) throws {
        let reader = try LoopbackReader()
        let whole = TestPeer.frame(0x1, bytes)
        #expect(RFC6455FrameTests.outcome(whole, reader) == ([Self.refused], 1007))
        let parts = TestPeer.frame(0x1, bytes, isFinal: false)
        #expect(RFC6455FrameTests.outcome(parts, reader).events.isEmpty)
        #expect(
            RFC6455FrameTests.outcome(parts + TestPeer.frame(0x0, []), reader)
                == ([Self.refused], 1007))
    }

    @Test(arguments: illFormed)
    func `5_6 binary messages carry any bytes`(sample: Sample) throws {
        let reader = try LoopbackReader()
        let wire =
            TestPeer.frame(0x2, sample.bytes, isFinal: false) + TestPeer.frame(0x0, sample.bytes)
        let expected = ReaderEvent.binary(sample.bytes + sample.bytes)
        #expect(reader.feed(wire, ends: Array(1..<wire.count)) == [expected])
    }
}
