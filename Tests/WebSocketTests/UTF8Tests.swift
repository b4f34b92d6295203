//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Testing
import SeededRandom
import WebSocket

@Suite("UTF-8 validation")
struct UTF8Tests {
    static func isValid(_ bytes: [UInt8]) -> Bool {
        let padded = bytes + [0x80]
        return unsafe padded.withUnsafeBufferPointer {
            unsafe WebSocketFrame.isValidUTF8($0.baseAddress!, count: bytes.count)
        }
    }

    @Test(
        arguments: [
            [], [0x00], [0x7F], [0xC2, 0x80], [0xDF, 0xBF], [0xE0, 0xA0, 0x80], [0xED, 0x9F, 0xBF],
            [0xEE, 0x80, 0x80], [0xEF, 0xBF, 0xBF], [0xF0, 0x90, 0x80, 0x80],
            [0xF4, 0x8F, 0xBF, 0xBF], [0xCE, 0xBA, 0xE1, 0xBD, 0xB9, 0xCF, 0x83],
        ] as [[UInt8]])
    func `well-formed bytes are accepted wherever they stand`(bytes: [UInt8]) {
        for prefix in 0...17 {
            let text = [UInt8](repeating: 0x61, count: prefix) + bytes
            #expect(Self.isValid(text))
            #expect(Self.isValid(text + [UInt8](repeating: 0x61, count: 9)))
        }
    }

    @Test(
        arguments: [
            [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x41], [0xE0, 0x80, 0x80],
            [0xE0, 0x9F, 0xBF], [0xE1, 0x80], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF],
            [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF], [0xF0, 0x90, 0x80],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFE], [0xFF],
            [0xE2, 0x82, 0x41], [0xF0, 0x9F, 0x98, 0x41],
        ] as [[UInt8]])
    func `malformed bytes are refused wherever they stand`(bytes: [UInt8]) {
        for prefix in 0...17 {
            let text = [UInt8](repeating: 0x61, count: prefix) + bytes
            #expect(!Self.isValid(text))
            #expect(!Self.isValid(text + [UInt8](repeating: 0x61, count: 9)))
        }
    }

    @Test func `every scalar is accepted and every surrogate refused`() {
        for value in stride(from: UInt32(0), through: 0x10_FFFF, by: 7) {
            guard let scalar = Unicode.Scalar(value) else { continue }
            #expect(Self.isValid(Array(String(Character(scalar)).utf8)))
        }
        for value in UInt32(0xD800)...0xDFFF {
            let bytes: [UInt8] = [
                0xE0 | UInt8(value >> 12), 0x80 | UInt8((value >> 6) & 0x3F),
                0x80 | UInt8(value & 0x3F),
            ]
            #expect(!Self.isValid(bytes))
        }
    }

    @Test func `the verdict on random bytes is the standard library's`() {
        var generator = SplitMix64(seed: 99)
        let alphabet: [UInt8] = [
            0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1,
            0xED, 0xEF, 0xF0, 0xF1, 0xF4, 0xF5, 0xFF,
        ]
        for _ in 0..<20_000 {
            let bytes = (0..<Int(generator.next() % 24)).map { _ in
                generator.next() % 3 == 0
                    ? alphabet[Int(generator.next() % UInt64(alphabet.count))] : UInt8(0x61)
            }
            #expect(Self.isValid(bytes) == (String(validating: bytes, as: UTF8.self) != nil))
        }
    }
}
