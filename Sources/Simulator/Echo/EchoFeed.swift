//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Writes one target's market data: the marked quotes that ask for an order, and the others.
///
/// A marked quote has a spread of at least `markSpread` ticks, where all else has one, and an ask
/// that tells its code. Frames are as Binance's combined streams send them.
struct EchoFeed {
    /// Ticks between bid and ask of a marked quote with code 0.
    static let markSpread: Int64 = 100
    /// Levels a side that a depth event changes: events are then as long as recorded ones, 1.6 KB.
    private static let depthLevels: Int64 = 34
    /// Different depth events, written once.
    private static let depthTextCount = 64

    private let symbol = VenueSymbol.bitcoin
    private var events: MarketEvents
    private var wrapped = ByteWriter(capacity: 1 << 12)
    private let depthTexts: [[UInt8]]
    private let depthName: String
    private var updateID: Int64 = 5_123_107_000_000
    private var tradeID: Int64 = 5_266_583_935
    private var depthID: Int64
    private var depthIndex = 0
    private var quoteIndex: Int64 = 0
    /// Frames written, marked ones included.
    private(set) var frameCount: UInt64 = 0

    /// - Parameter depthName: The depth stream that the target asked for: "depth@0ms".
    init(depthName: String) {
        self.depthName = depthName
        let events = MarketEvents(symbol: symbol, hasFieldsOf2026: true)
        depthTexts = (0..<Int64(Self.depthTextCount)).map { variant in
            var writer = ByteWriter(capacity: 1 << 12)
            func levels(_ key: String, _ best: Int64, _ step: Int64) {
                writer.text(",\"\(key)\":[")
                for place in 0..<Self.depthLevels {
                    // Behind the best, which stays.
                    let ticks = best + step * (1 + (variant * 7 + place * 5) % 900)
                    if place > 0 { writer.byte(UInt8(ascii: ",")) }
                    writer.text(events.level(ticks, 1 + (variant * 31 + place * 17) % 5_000))
                }
                writer.byte(UInt8(ascii: "]"))
            }
            levels("b", EchoMarket.bestBid, -1)
            levels("a", EchoMarket.bestAsk, 1)
            writer.text(",\"st\":1}")
            return writer.bytes
        }
        self.events = events
        depthID = updateID
    }

    /// An id inside the next depth event, so that a snapshot taken now connects to it.
    var snapshotID: Int64 { depthID + 1 }

    /// The code of an order's price; `nil` when no marked quote has it.
    static func code(ofPrice price: Fixed) -> Int? {
        let tick = VenueSymbol.bitcoin.tickSize.units
        guard price.units % tick == 0 else { return nil }
        let code = price.units / tick - EchoMarket.bestBid - markSpread
        return (0..<Int64(EchoLedger.codeCount)).contains(code) ? Int(code) : nil
    }

    mutating func mark(code: Int, timeMs: Int64) -> [UInt8] {
        // The larger bid has `strategy.side: imbalance` buy, so that each order carries the ask.
        quote(
            Touch(
                bid: EchoMarket.bestBid, bidLots: 9_999,
                ask: EchoMarket.bestBid + Self.markSpread + Int64(code), askLots: 1_111),
            timeMs: timeMs)
    }

    mutating func next(_ kind: EchoMix.Kind, timeMs: Int64) -> [UInt8] {
        switch kind {
        case .quote:
            quoteIndex += 1
            return quote(
                Touch(
                    bid: EchoMarket.bestBid, bidLots: 1_000 + quoteIndex % 4_000,
                    ask: EchoMarket.bestAsk, askLots: 2_000 + quoteIndex % 3_000),
                timeMs: timeMs)
        case .trade:
            tradeID += 1
            events.trade(
                price: tradeID % 2 == 0 ? EchoMarket.bestBid : EchoMarket.bestAsk,
                lots: 1 + tradeID % 97, id: tradeID, isBuyerMaker: tradeID % 2 == 0,
                timeMs: timeMs)
            return wrap("trade", events.bytes)
        case .depth: return depth(timeMs: timeMs)
        }
    }

    private mutating func quote(_ touch: Touch, timeMs: Int64) -> [UInt8] {
        updateID += 1
        events.bookTicker(touch, updateID: updateID, timeMs: timeMs)
        return wrap("bookTicker", events.bytes)
    }

    private mutating func depth(timeMs: Int64) -> [UInt8] {
        let firstID = depthID + 1
        updateID = max(updateID, firstID) + 1
        events.begin("depthUpdate", eventMs: timeMs)
        events.number(",\"T\":", timeMs)
        events.name(hasPair: true)
        events.number(",\"U\":", firstID)
        events.number(",\"u\":", updateID)
        events.number(",\"pu\":", depthID)
        depthID = updateID
        depthIndex = (depthIndex + 1) % Self.depthTextCount
        events.writer.text(depthTexts[depthIndex])
        return wrap(depthName, events.bytes)
    }

    private mutating func wrap(_ stream: String, _ payload: [UInt8]) -> [UInt8] {
        frameCount += 1
        wrapped.clear()
        wrapped.text("{\"stream\":\"btcusdt@")
        wrapped.text(stream)
        wrapped.text("\",\"data\":")
        wrapped.text(payload)
        wrapped.byte(UInt8(ascii: "}"))
        return wrapped.bytes
    }
}
