//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Finds fields in recorded messages. It trusts nothing: what it does not find is `nil`, and the
/// message is then passed on without being understood.
struct RecordedScanner {
    let bytes: [UInt8]

    /// Index behind the first occurrence of `pattern` at or after `start`.
    func find(_ pattern: [UInt8], from start: Int = 0) -> Int? {
        guard !pattern.isEmpty, bytes.count >= pattern.count else { return nil }
        var at = start
        let last = bytes.count - pattern.count
        while at <= last {
            if bytes[at] == pattern[0] {
                var length = 1
                while length < pattern.count, bytes[at + length] == pattern[length] { length += 1 }
                if length == pattern.count { return at + length }
            }
            at += 1
        }
        return nil
    }

    func integer(at start: Int) -> Int64? {
        var at = start
        var value: Int64 = 0
        while at < bytes.count, bytes[at] >= 48, bytes[at] <= 57, at - start < 18 {
            value = value * 10 + Int64(bytes[at] - 48)
            at += 1
        }
        return at > start ? value : nil
    }

    func integer(_ key: [UInt8], from start: Int = 0) -> Int64? {
        find(key, from: start).flatMap { integer(at: $0) }
    }

    /// The decimal at `start`, which ends with a quotation mark, and the index of that mark.
    func decimal(at start: Int) -> (value: Fixed, end: Int)? {
        var at = start
        while at < bytes.count, bytes[at] != 0x22, at - start < 24 { at += 1 }
        guard at < bytes.count, bytes[at] == 0x22, let value = Fixed(bytes[start..<at]) else {
            return nil
        }
        return (value, at)
    }

    func decimal(_ key: [UInt8], from start: Int = 0) -> Fixed? {
        find(key, from: start).flatMap { decimal(at: $0)?.value }
    }

    /// Calls `body` with each `["price","quantity"]` of the array that begins behind `start`.
    /// Returns the index behind the array, `nil` where it is not such an array.
    func levels(from start: Int, _ body: (Fixed, Fixed) -> Void) -> Int? {
        var at = start
        if at < bytes.count, bytes[at] == UInt8(ascii: "]") { return at + 1 }
        while at + 2 < bytes.count, bytes[at] == UInt8(ascii: "["), bytes[at + 1] == 0x22 {
            guard let price = decimal(at: at + 2), price.end + 2 < bytes.count,
                bytes[price.end + 1] == UInt8(ascii: ","), bytes[price.end + 2] == 0x22,
                let quantity = decimal(at: price.end + 3), quantity.end + 2 < bytes.count,
                bytes[quantity.end + 1] == UInt8(ascii: "]")
            else { return nil }
            body(price.value, quantity.value)
            at = quantity.end + 2
            if bytes[at] == UInt8(ascii: "]") { return at + 1 }
            guard bytes[at] == UInt8(ascii: ",") else { return nil }
            at += 1
        }
        return nil
    }
}

/// The keys that are looked for, as bytes.
enum RecordedKey {
    static let lastUpdateID = Array("\"lastUpdateId\":".utf8)
    static let firstID = Array("\"U\":".utf8)
    static let finalID = Array("\"u\":".utf8)
    static let tradeID = Array("\"t\":".utf8)
    static let time = Array("\"T\":".utf8)
    static let price = Array("\"p\":\"".utf8)
    static let quantity = Array("\"q\":\"".utf8)
    static let isBuyerMaker = Array("\"m\":true".utf8)
    static let isMarket = Array("\"X\":\"MARKET\"".utf8)
    static let bidPrice = Array("\"b\":\"".utf8)
    static let bidQuantity = Array("\"B\":\"".utf8)
    static let askPrice = Array("\"a\":\"".utf8)
    static let askQuantity = Array("\"A\":\"".utf8)
    static let bidLevels = Array("\"b\":[".utf8)
    static let askLevels = Array("\"a\":[".utf8)
    static let snapshotBids = Array("\"bids\":[".utf8)
    static let snapshotAsks = Array("\"asks\":[".utf8)
    static let stream = Array("{\"stream\":\"".utf8)
    static let data = Array("\",\"data\":".utf8)
}
