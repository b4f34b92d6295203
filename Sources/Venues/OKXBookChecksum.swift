//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import JSON

/// The checksum that OKX's book messages carried until 2026: of the best 25 levels of each side
/// as they were printed, `bid price:bid quantity:ask price:ask quantity:…`, the longer side going
/// on alone. It is off the hot path: recorded streams are proved with it.
///
/// Source: OKX API guide v5; CRC-32 of IEEE 802.3, as a signed integer.
public enum OKXBookChecksum {
    public static let levelsMax = 25

    /// Of levels in the venue's own spelling, best first.
    public static func of(
        bids: [(price: String, quantity: String)], asks: [(price: String, quantity: String)]
    ) -> Int32 {
        var parts: [String] = []
        for index in 0..<min(levelsMax, max(bids.count, asks.count)) {
            for side in [bids, asks] where index < side.count {
                parts.append("\(side[index].price):\(side[index].quantity)")
            }
        }
        return Int32(bitPattern: crc(parts.joined(separator: ":").utf8))
    }

    /// As the venue prints a number: without zeros at the end of its fraction.
    public static func minimal(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: ".")) else { return text }
        var kept = Substring(text)
        while kept.hasSuffix("0") { kept.removeLast() }
        if kept.hasSuffix(".") { kept.removeLast() }
        return String(kept)
    }

    private static func crc(_ bytes: some Sequence<UInt8>) -> UInt32 {
        var value: UInt32 = 0xffff_ffff
        for byte in bytes {
            value ^= UInt32(byte)
            for _ in 0..<8 { value = value >> 1 ^ (value & 1 == 1 ? 0xedb8_8320 : 0) }
        }
        return ~value
    }
}

/// Reads what recorded book messages say of the book behind them.
///
/// The memory is kept until the process ends.
public struct OKXBookMarks {
    public struct Mark: Equatable, Sendable {
        public let symbol: String
        public let checksum: Int32
    }

    private var outer = JSONFields()
    private var argument = JSONFields()
    private var item = JSONFields()

    public init() {}

    /// - Returns: `nil` for any other message, and for one whose checksum is zero or missing.
    public mutating func read(_ json: UnsafeRawBufferPointer) -> Mark? {
        guard let base = json.baseAddress, json.count > 0 else { return nil }
        let bytes = unsafe base.assumingMemoryBound(to: UInt8.self)
        guard unsafe outer.read(bytes, count: json.count), let named = outer.field("arg"),
            named.kind == .objectStart,
            unsafe argument.read(bytes, from: named.start, count: named.start + named.length),
            OKXChannel(argument) == .book, let data = outer.field("data"),
            data.kind == .arrayStart,
            let name = unsafe argument.text(argument.field("instId"))
        else { return nil }
        let symbol = unsafe String(decoding: name, as: UTF8.self)
        // The one item lies between the array's brackets.
        guard
            unsafe item.read(
                bytes, from: data.start + 1, count: data.start + data.length - 1),
            let sum = item.signed("checksum"), sum != 0
        else { return nil }
        return Mark(symbol: symbol, checksum: Int32(truncatingIfNeeded: sum))
    }
}
