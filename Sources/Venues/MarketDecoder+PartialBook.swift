//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import JSON
import Messages
import Telemetry

/// What the messages of a depth stream are to the book, as the stream's name tells; the messages
/// themselves look alike.
enum DepthStream: UInt8 {
    /// Changes of the book: `@depth`, with or without a speed.
    case difference
    /// The best 5, 10 or 20 levels, whole each time: `@depth<N>`.
    case partial
    /// The book with retail orders: `@rpiDepth`.
    case retail

    // Written out, because the derived operators are not known to be free of locks.
    @_noAllocation @_noLocks
    @inline(__always)
    static func == (a: Self, b: Self) -> Bool { a.rawValue == b.rawValue }

    /// By the name of a stream; a message without one is taken for a change, which is why partial
    /// books are only ever subscribed to in the combined form.
    @_noAllocation @_noLocks
    static func of(_ name: UnsafeBufferPointer<UInt8>?) -> DepthStream {
        guard let name = unsafe name, let start = name.baseAddress else { return .difference }
        var at = 0
        while at < name.count, unsafe start[at] != UInt8(ascii: "@") { at &+= 1 }
        let left = name.count &- at
        if left >= 4, unsafe apus_same_bytes(start + at, ("@rpi" as StaticString).utf8Start, 4) != 0
        {
            return .retail
        }
        guard left >= 7,
            unsafe apus_same_bytes(start + at, ("@depth" as StaticString).utf8Start, 6) != 0,
            unsafe start[at &+ 6] &- UInt8(ascii: "0") <= 9
        else { return .difference }
        return .partial
    }
}

extension MarketDecoder {
    /// True when the stream's name, whose closing quote lies 15 bytes before the cursor, ends as
    /// that of changes of the book does. Before a name lie 11 bytes of the message.
    @_noAllocation @_noLocks
    @inline(__always)
    func isOfDifferences(_ cursor: ScanCursor) -> Bool {
        let end = unsafe cursor.at - 15
        func ends(_ text: StaticString) -> Bool {
            let size = text.utf8CodeUnitCount
            return unsafe apus_same_bytes(end - size, text.utf8Start, size) != 0
        }
        // "Depth" of the retail book has a capital letter.
        return ends("@depth@0ms") || ends("depth@100ms") || ends("@depth") || ends("depth@500ms")
    }

    /// The instrument whose symbol, in lower case, begins the stream's name.
    @_noAllocation @_noLocks
    private func namedInstrument() -> UnsafePointer<InstrumentScale>? {
        guard let name = unsafe outer.text(outer.field("stream")), let start = name.baseAddress
        else { return nil }
        var length = 0
        while length < name.count, unsafe start[length] != UInt8(ascii: "@") { length &+= 1 }
        return unsafe symbols.find(lowerCase: start, count: length)
    }

    /// Spot's partial book, `lastUpdateId bids asks`: the stream's name alone says whose it is.
    @_noAllocation @_noLocks
    mutating func spotPartialBook() -> Outcome {
        guard let updateID = inner.unsigned("lastUpdateId"), inner.kind("bids") == .arrayStart,
            inner.kind("asks") == .arrayStart
        else { return .malformed }
        // Raw, it cannot be told whose it is: checked no further.
        guard outer.kind("stream") == .string else {
            binance.partialBooks.increment()
            return .passed
        }
        guard let scale = unsafe namedInstrument() else { return .unknownSymbol }
        return unsafe quote(
            inner.field("bids"), inner.field("asks"), scale, time: 0, updateID: updateID)
    }

    /// The best levels of both sides as a quote; the others are checked.
    @_noAllocation @_noLocks
    mutating func quote(
        _ bids: JSONField?, _ asks: JSONField?, _ scale: UnsafePointer<InstrumentScale>,
        time: UInt64, updateID: UInt64
    ) -> Outcome {
        var bid = BookLevel(price: PriceTicks(0), quantity: QuantityLots(0))
        var ask = bid
        let bought = unsafe bestLevel(bids, scale, &bid)
        if bought != .done { return bought }
        let sold = unsafe bestLevel(asks, scale, &ask)
        if sold != .done { return sold }
        binance.partialBooks.increment()
        let instrumentID = unsafe scale.pointee.instrumentID
        _ = writeQuoteSide(
            instrumentID, .buy, venueTimeNs: time, updateID: updateID, price: bid.price.rawValue,
            quantity: bid.quantity.rawValue)
        return writeQuoteSide(
            instrumentID, .sell, venueTimeNs: time, updateID: updateID, price: ask.price.rawValue,
            quantity: ask.quantity.rawValue)
    }

    /// The first level of an array that is best first; all zero when it is empty.
    @_noAllocation @_noLocks
    private mutating func bestLevel(
        _ field: JSONField?, _ scale: UnsafePointer<InstrumentScale>, _ best: inout BookLevel
    ) -> Outcome {
        guard let field, field.kind == .arrayStart else { return .malformed }
        let bytes = unsafe inner.bytes
        var parser = unsafe JSONPull(bytes, from: field.start, count: field.start &+ field.length)
        _ = parser.next()
        var isFirst = true
        while true {
            switch parser.next() {
            case .arrayEnd: return .done
            case .arrayStart: break
            default: return .malformed
            }
            var price: Int64 = 0
            var quantity: Int64 = 0
            guard parser.next() == .string else { return .malformed }
            let priced = unsafe scale.pointee.ticks(inner.decimal(parser), &price)
            guard parser.next() == .string else { return .malformed }
            let sized = unsafe scale.pointee.lots(inner.decimal(parser), &quantity)
            guard parser.next() == .arrayEnd else { return .malformed }
            if priced != .done { return priced }
            if sized != .done { return sized }
            if isFirst {
                best = BookLevel(price: PriceTicks(price), quantity: QuantityLots(quantity))
            }
            isFirst = false
        }
    }
}
