//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Journal
import SeededRandom
import Testing

struct EventArchiveTests {
    private static let descr =
        "[('ev', '<u8'), ('exch_ts', '<i8'), ('local_ts', '<i8'), ('px', '<f8'), "
        + "('qty', '<f8'), ('order_id', '<u8'), ('ival', '<i8'), ('fval', '<f8')]"

    /// A `.npy` file of `count` rows.
    private static func array(_ count: Int, descr: String = descr) -> [UInt8] {
        let header =
            "{'descr': \(descr), 'fortran_order': False, 'shape': (\(count),), }\n"
        var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0]
        bytes += [UInt8(header.utf8.count & 0xff), UInt8(header.utf8.count >> 8)]
        bytes += Array(header.utf8)
        for row in 0..<count {
            let words: [UInt64] = [
                1 << 31 | 1 << 30 | 1 << 29 | 1, UInt64(1_000 + row), UInt64(2_000 + row),
                (61_800.2).bitPattern, (0.003).bitPattern, 0, 0, 0,
            ]
            for word in words {
                for byte in 0..<8 { bytes.append(UInt8(word >> UInt64(8 * byte) & 0xff)) }
            }
        }
        return bytes
    }

    private static func little(_ value: Int, _ length: Int) -> [UInt8] {
        (0..<length).map { UInt8(value >> (8 * $0) & 0xff) }
    }

    /// A zip archive with one stored member.
    private static func archive(_ content: [UInt8], name: String = "data.npy") -> [UInt8] {
        let common =
            little(0, 2) + little(0, 2) + little(0, 4) + little(0, 4)
            + little(content.count, 4) + little(content.count, 4) + little(name.utf8.count, 2)
            + little(0, 2)
        var bytes: [UInt8] = [0x50, 0x4b, 3, 4] + little(20, 2) + common
        bytes += Array(name.utf8) + content
        let at = bytes.count
        bytes += [0x50, 0x4b, 1, 2] + little(20, 2) + little(20, 2) + common + little(0, 2)
            + little(0, 2) + little(0, 2) + little(0, 4) + little(0, 4) + Array(name.utf8)
        let length = bytes.count - at
        bytes += [0x50, 0x4b, 5, 6] + little(0, 4) + little(1, 2) + little(1, 2)
            + little(length, 4) + little(at, 4) + little(0, 2)
        return bytes
    }

    private static func read(_ bytes: [UInt8]) throws -> [ArchivedEvent] {
        let file = FileManager.default.temporaryDirectory
            .appending(path: "apus-events-\(UInt64.random(in: 0...UInt64.max))")
        try Data(bytes).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        return try EventArchive.events(file.path())
    }

    @Test func `read the rows of an archive and of a bare array`() throws {
        for bytes in [Self.archive(Self.array(3)), Self.array(3)] {
            let events = try Self.read(bytes)
            #expect(events.count == 3)
            #expect(events[2].venueTimeNs == 1_002)
            #expect(events[2].localTimeNs == 2_002)
            #expect(events[0].price == 61_800.2)
            #expect(events[0].quantity == 0.003)
            #expect(events[0].kind == .depth)
            #expect(events[0].isForVenue && events[0].isLocal && events[0].isBuy)
            #expect(!events[0].isSell)
        }
    }

    @Test func `refuse rows of another type`() {
        let other = Self.array(1, descr: "[('ev', '<u8')]")
        #expect(throws: CaptureError.self) { _ = try Self.read(Self.archive(other)) }
        #expect(throws: CaptureError.self) {
            _ = try Self.read(Self.archive(Self.array(1), name: "other.npy"))
        }
    }

    @Test func `refuse more rows than there are`() {
        var bytes = Self.array(2)
        bytes.removeLast()
        #expect(throws: CaptureError.self) { _ = try Self.read(bytes) }
    }

    @Test func `survive any byte changed and any cut`() {
        let seed: UInt64 = 5
        print("damaged archives: seed \(seed)")
        var random = SplitMix64(seed: seed)
        let whole = Self.archive(Self.array(4))
        var refused = 0
        for _ in 0..<300 {
            var bytes = whole
            if random.below(3) == 0 {
                bytes.removeLast(1 + random.below(bytes.count))
            } else {
                for _ in 0...random.below(3) {
                    bytes[random.below(bytes.count)] = UInt8(random.below(256))
                }
            }
            guard let events = try? Self.read(bytes) else {
                refused += 1
                continue
            }
            #expect(events.count <= 4)
        }
        #expect(refused > 30)
    }
}
