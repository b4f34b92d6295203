//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Rewrites a message of market data into one that is wrong.
enum MarketMutation {
    private static let quote = UInt8(ascii: "\"")

    /// The first decimal fraction of a message with ten more digits, the last of them `digit`;
    /// `nil` where the message has none.
    static func lengthened(_ bytes: [UInt8], digit: UInt8) -> [UInt8]? {
        var point: Int?
        for (place, byte) in bytes.enumerated() {
            if byte == UInt8(ascii: ".") {
                point = place
            } else if byte == quote, point != nil {
                let more = Array(repeating: UInt8(ascii: "0"), count: 9) + [digit]
                return Array(bytes[..<place]) + more + bytes[place...]
            } else if !(48...57).contains(byte) {
                point = nil
            }
        }
        return nil
    }

    /// A message whose every quoted word `name` is `other`.
    static func renamed(_ bytes: [UInt8], _ name: String, to other: String) -> [UInt8] {
        let text = String(decoding: bytes, as: UTF8.self)
        return Array(text.replacing("\"\(name)\"", with: "\"\(other)\"").utf8)
    }

    /// A message whose array `key` has `level` as its first element.
    static func withLevel(_ bytes: [UInt8], in key: String, _ level: String) -> [UInt8] {
        let start = "\"\(key)\":["
        let text = String(decoding: bytes, as: UTF8.self)
        guard let range = text.firstRange(of: start) else { return bytes }
        let rest = text[range.upperBound...]
        return Array((text[..<range.upperBound] + level + (rest.first == "]" ? "" : ",")).utf8)
            + rest.utf8
    }
}
