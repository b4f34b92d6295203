//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTLS
import SeededRandom
import Testing
import WebSocket

@Suite("WebSocket frame codec")
struct FrameCodecTests {
    static let lengths = [0, 1, 2, 7, 8, 9, 124, 125, 126, 127, 65_534, 65_535, 65_536, 70_000]

    static func header(
        _ opcode: UInt8, _ length: Int, key: UInt32?
    ) -> [UInt8] {
        var bytes = [UInt8](repeating: 0xEE, count: WebSocketFrame.headerLengthMax)
        let count = unsafe bytes.withUnsafeMutableBufferPointer {
            unsafe WebSocketFrame.writeHeader(
                to: $0.baseAddress!, opcode: opcode, payloadLength: length, maskingKey: key)
        }
        return Array(bytes[..<count])
    }

    static func decode(
        _ bytes: [UInt8], available: Int? = nil
    ) -> (WebSocketDecodeResult, WebSocketFrameHeader) {
        var header = WebSocketFrameHeader()
        let padded = bytes + [0]
        let result = unsafe padded.withUnsafeBufferPointer {
            unsafe WebSocketFrameHeader.decode(
                $0.baseAddress!, available: available ?? bytes.count, into: &header)
        }
        return (result, header)
    }

    @Test(arguments: lengths, [nil, 0, 0x0403_0201, UInt32.max] as [UInt32?])
    func `a written header decodes to what was written`(length: Int, key: UInt32?) {
        let bytes = Self.header(WebSocketOpcode.binary, length, key: key)
        let (result, header) = Self.decode(bytes)
        #expect(result == .complete)
        #expect(header.opcode == WebSocketOpcode.binary)
        #expect(header.isFinal)
        #expect(header.payloadLength == length)
        #expect(header.headerLength == bytes.count)
        #expect(header.isMasked == (key != nil))
        #expect(header.maskingKey == key ?? 0)
    }

    @Test(arguments: lengths, [nil, 0x0403_0201] as [UInt32?])
    func `a header cut at any byte is incomplete`(length: Int, key: UInt32?) {
        let bytes = Self.header(WebSocketOpcode.text, length, key: key)
        for available in 0..<bytes.count {
            #expect(Self.decode(bytes, available: available).0 == .incomplete)
        }
    }

    @Test func `the masking key is four bytes in memory order`() {
        let bytes = Self.header(WebSocketOpcode.text, 3, key: 0x0403_0201)
        #expect(Array(bytes.suffix(4)) == [1, 2, 3, 4])
    }

    @Test func `the frames of RFC 6455 section 5_7 decode`() {
        let masked: [UInt8] = [
            0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58,
        ]
        let (result, header) = Self.decode(masked)
        #expect(result == .complete)
        #expect(header.headerLength == 6)
        var payload = Array(masked[6...])
        unsafe payload.withUnsafeMutableBufferPointer {
            unsafe WebSocketFrame.mask($0.baseAddress!, count: $0.count, key: header.maskingKey)
        }
        #expect(String(decoding: payload, as: UTF8.self) == "Hello")
        #expect(Self.decode([0x82, 0x7E, 0x01, 0x00]).1.payloadLength == 256)
        #expect(Self.decode([0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0]).1.payloadLength == 65_536)
    }

    @Test(
        arguments: [
            [0xC1, 0x00], [0xA1, 0x00], [0x91, 0x00],  // reserved bits
            [0x83], [0x84], [0x85], [0x86], [0x87], [0x8B], [0x8C], [0x8D], [0x8E], [0x8F],
            [0x08, 0x00], [0x09, 0x00], [0x0A, 0x00],  // fragmented control frames
            [0x88, 0x7E], [0x89, 0x7F], [0x89, 0xFE],  // control frames over 125 bytes
            [0x82, 0x7E, 0x00, 0x7D], [0x82, 0x7E, 0x00, 0x00],  // not the shortest form
            [0x82, 0x7F, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF],
            [0x82, 0x7F, 0x80, 0, 0, 0, 0, 0, 0, 0],  // the highest bit is set
            [0x82, 0x7F, 0, 0, 0, 1, 0, 0, 0, 0],  // more than any ring holds
        ] as [[UInt8]])
    func `an illegal header is refused`(bytes: [UInt8]) {
        #expect(Self.decode(bytes).0 == .invalid)
    }

    @Test func `random bytes never decode to an impossible header`() {
        var generator = SplitMix64(seed: 0x5EED)
        for _ in 0..<20_000 {
            let bytes = (0..<16).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
            let available = Int(generator.next() % 17)
            let (result, header) = Self.decode(bytes, available: available)
            guard result == .complete else { continue }
            #expect(header.headerLength <= available)
            #expect(header.payloadLength >= 0)
            #expect(header.reservedBits == 0)
            #expect(!header.isControl || (header.isFinal && header.payloadLength <= 125))
        }
    }

    @Test func `masking equals masking byte by byte, at every length and alignment`() {
        var generator = SplitMix64(seed: 7)
        let key = UInt32(truncatingIfNeeded: generator.next())
        let keyBytes = unsafe withUnsafeBytes(of: key) { unsafe Array($0) }
        for length in 0...67 {
            for offset in 0..<8 {
                let plain = (0..<80).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
                var masked = plain
                unsafe masked.withUnsafeMutableBufferPointer {
                    unsafe WebSocketFrame.mask($0.baseAddress! + offset, count: length, key: key)
                }
                var expected = plain
                for index in 0..<length { expected[offset + index] ^= keyBytes[index % 4] }
                #expect(masked == expected, "length \(length), offset \(offset)")
            }
        }
    }

    @Test func `the accept key is that of RFC 6455 section 1_3`() {
        var accept = [CChar](repeating: 1, count: 29)
        unsafe apus_websocket_accept_key("dGhlIHNhbXBsZSBub25jZQ==", &accept)
        let text = String(decoding: accept.prefix(28).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        #expect(text == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        #expect(accept[28] == 0)
    }
}
