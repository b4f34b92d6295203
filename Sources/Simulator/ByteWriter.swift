//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Writes JSON text into a reused array of bytes. Outgoing market data goes through here: no
/// intermediate strings, no allocation once the array has grown.
struct ByteWriter {
    private(set) var bytes: [UInt8] = []

    init(capacity: Int = 4096) { bytes.reserveCapacity(capacity) }

    mutating func clear() { bytes.removeAll(keepingCapacity: true) }

    @inline(__always)
    mutating func byte(_ value: UInt8) { bytes.append(value) }

    @inline(__always)
    mutating func text(_ value: String) { bytes.append(contentsOf: value.utf8) }

    @inline(__always)
    mutating func text(_ value: [UInt8]) { bytes.append(contentsOf: value) }

    /// `"value"` with what JSON demands escaped.
    mutating func quoted(_ value: String) {
        byte(0x22)
        for unit in value.utf8 {
            switch unit {
            case 0x22, 0x5C:
                byte(0x5C)
                byte(unit)
            case 0..<0x20:
                text("\\u00")
                byte(unit < 16 ? 48 : 49)
                byte(Self.digits[Int(unit & 15)])
            default: byte(unit)
            }
        }
        byte(0x22)
    }

    mutating func integer(_ value: Int64) {
        if value < 0 { byte(UInt8(ascii: "-")) }
        unsigned(value.magnitude)
    }

    @inline(__always)
    mutating func integer(_ value: Int) { integer(Int64(value)) }

    mutating func unsigned(_ value: UInt64) {
        var count = 1
        var limit = value / 10
        while limit > 0 {
            count += 1
            limit /= 10
        }
        let start = bytes.count
        for _ in 0..<count { bytes.append(48) }
        var rest = value
        var at = start + count - 1
        while rest > 0 {
            bytes[at] = 48 + UInt8(rest % 10)
            rest /= 10
            at -= 1
        }
    }

    /// A decimal with exactly `decimals` digits after the point, 0...8, cut not rounded.
    mutating func padded(_ value: Fixed, decimals: Int) {
        var units = value.units.magnitude
        for _ in decimals..<8 { units /= 10 }
        if value.units < 0, units > 0 { byte(UInt8(ascii: "-")) }
        var scale: UInt64 = 1
        for _ in 0..<decimals { scale *= 10 }
        unsigned(units / scale)
        guard decimals > 0 else { return }
        byte(UInt8(ascii: "."))
        var fraction = units % scale
        let start = bytes.count
        for _ in 0..<decimals { bytes.append(48) }
        var at = start + decimals - 1
        while fraction > 0 {
            bytes[at] = 48 + UInt8(fraction % 10)
            fraction /= 10
            at -= 1
        }
    }

    /// A decimal without trailing zeros: "0.5", "0", "-3".
    mutating func stripped(_ value: Fixed) {
        var decimals = 8
        var units = value.units
        while decimals > 0, units % 10 == 0 {
            units /= 10
            decimals -= 1
        }
        padded(value, decimals: decimals)
    }

    /// The bytes of a binary message's integer.
    mutating func littleEndian(_ value: some FixedWidthInteger) {
        for shift in stride(from: 0, to: value.bitWidth, by: 8) {
            byte(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    mutating func bool(_ value: Bool) { text(value ? "true" : "false") }

    private static let digits = Array("0123456789abcdef".utf8)
}
