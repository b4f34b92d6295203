//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import JSON
public import Messages

/// Makes up instruments from a recorded stream, where no exchangeInfo is at hand.
///
/// The venue prints a fixed number of decimals for each symbol, so the most decimals seen in
/// prices and quantities are its precision; tick and lot are one unit of the last decimal. The true
/// tick may be coarser (BTCUSDT prints 61800.20 with a tick of 0.10): every price stays exact, a
/// tick is only finer than the venue's. Filters are open; the value of a
/// tick and lot is 0 where it would need more than 12 decimals (Spot prints 8 and 8).
public struct PrecisionInference {
    struct Seen {
        var price = 0
        var quantity = 0
    }

    let venue: Venue
    private var seen: [String: Seen] = [:]
    private var order: [String] = []
    var outer = JSONFields()
    var inner = JSONFields()

    public init(venue: Venue = .binanceUSDM) { self.venue = venue }

    /// Looks at one message; what is not understood is passed over.
    public mutating func observe(_ json: UnsafeRawBufferPointer) {
        guard let base = json.baseAddress, json.count > 0 else { return }
        let bytes = unsafe base.assumingMemoryBound(to: UInt8.self)
        guard unsafe outer.read(bytes, count: json.count) else { return }
        if venue == .okx {
            unsafe observeOKX(bytes)
            return
        }
        var start = 0
        var end = json.count
        if let data = outer.field("data") {
            guard data.kind == .objectStart else { return }
            start = data.start
            end = data.start + data.length
        }
        guard unsafe inner.read(bytes, from: start, count: end),
            let text = unsafe inner.text(inner.field("s")), isPriced
        else { return }
        let symbol = unsafe String(decoding: text, as: UTF8.self)
        if symbol.isEmpty || symbol.utf8.count > 31 { return }
        var now = Seen()
        if inner.kind("b") == .arrayStart {
            for side: StaticString in ["b", "a"] { levels(inner.field(side), &now) }
        } else {
            for key: StaticString in ["p", "b", "a"] {
                now.price = max(now.price, decimals(inner.field(key)))
            }
            for key: StaticString in ["q", "B", "A"] {
                now.quantity = max(now.quantity, decimals(inner.field(key)))
            }
        }
        take(symbol, now)
    }

    mutating func take(_ symbol: String, _ now: Seen) {
        if seen[symbol] == nil { order.append(symbol) }
        let before = seen[symbol] ?? Seen()
        seen[symbol] = Seen(
            price: max(before.price, now.price), quantity: max(before.quantity, now.quantity))
    }

    /// Books, quotes and trades; other messages print other things under the same names.
    private var isPriced: Bool {
        if inner.field("e") == nil { return inner.field("B") != nil }
        return inner.has("e", "depthUpdate") || inner.has("e", "bookTicker")
            || inner.has("e", "trade") || inner.has("e", "aggTrade")
    }

    /// Decimals as they are printed, trailing zeros counted.
    func decimals(_ field: JSONField?) -> Int {
        guard let text = unsafe inner.text(field) else { return 0 }
        return unsafe Self.decimals(text)
    }

    private static func decimals(_ text: UnsafeBufferPointer<UInt8>) -> Int {
        guard let point = unsafe text.firstIndex(of: UInt8(ascii: ".")) else { return 0 }
        return min(18, text.count - point - 1)
    }

    func levels(_ field: JSONField?, _ now: inout Seen) {
        guard let field, field.kind == .arrayStart else { return }
        var parser = unsafe JSONPull(
            inner.bytes, from: field.start, count: field.start + field.length)
        var place = 0
        while true {
            switch parser.next() {
            case .end, .refused: return
            case .arrayStart: place = 0
            case .string:
                let text = unsafe UnsafeBufferPointer(
                    start: inner.bytes + parser.start, count: parser.length)
                let count = unsafe Self.decimals(text)
                if place == 0 { now.price = max(now.price, count) }
                if place == 1 { now.quantity = max(now.quantity, count) }
                place += 1
            default: break
            }
        }
    }

    /// One instrument for each symbol, in the order they were first seen.
    public func instruments() -> [Instrument] {
        order.map { name in
            var result = Instrument()
            result.venue = venue
            result.isInverse = venue == .binanceCOINM ? 1 : 0
            result.venueSymbolText = name
            if venue == .okx { Self.setOKX(&result, name) } else { Self.setBinance(&result, name) }
            result.priceDecimals = UInt8(seen[name]?.price ?? 0)
            result.quantityDecimals = UInt8(seen[name]?.quantity ?? 0)
            result.tickMantissa = 1
            result.lotMantissa = 1
            result.priceMin = PriceTicks(1)
            result.priceMax = PriceTicks(.max)
            result.quantityMin = QuantityLots(1)
            result.quantityMax = QuantityLots(.max)
            result.marketQuantityMax = QuantityLots(.max)
            if result.isInverse == 0 { _ = result.deriveTickLotValue() }
            return result
        }
    }

    private static func setBinance(_ result: inout Instrument, _ name: String) {
        let symbol = BinanceSymbol.symbol(venueSymbol: name)
        result.symbolText = symbol.utf8.count < 32 ? symbol : name
        let pair = name.split(separator: "_").first.map(String.init) ?? name
        result.quoteAssetText = BinanceSymbol.quoteAsset(pair: pair) ?? ""
    }
}
