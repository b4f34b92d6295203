//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Writes Spot's market events in the venue's binary form (SBE, schema 1, version 0). Prices and
/// quantities are mantissas of 10^-8, times microseconds.
///
/// Source: protocol sheet of Binance, section 11.1.
struct BinaryEvents {
    private enum Template: UInt16 {
        case trades = 10_000
        case bestBidAsk = 10_001
        case depth = 10_003
    }

    let symbol: VenueSymbol
    private var writer = ByteWriter(capacity: 1 << 14)

    init(symbol: VenueSymbol) { self.symbol = symbol }

    var bytes: [UInt8] { writer.bytes }

    private mutating func begin(_ template: Template, blockLength: UInt16) {
        writer.clear()
        for word in [blockLength, template.rawValue, 1, 0] { writer.littleEndian(word) }
    }

    private mutating func exponents() {
        writer.littleEndian(Int8(-8))
        writer.littleEndian(Int8(-8))
    }

    private mutating func level(price: Int64, lots: Int64) {
        writer.littleEndian(symbol.price(price).units)
        writer.littleEndian(symbol.quantity(lots).units)
    }

    private mutating func end() {
        writer.byte(UInt8(symbol.name.utf8.count))
        writer.text(symbol.name)
    }

    mutating func trade(price: Int64, lots: Int64, id: Int64, isBuyerMaker: Bool, timeMs: Int64) {
        begin(.trades, blockLength: 18)
        writer.littleEndian(timeMs * 1_000)
        writer.littleEndian(timeMs * 1_000)
        exponents()
        writer.littleEndian(UInt16(25))
        writer.littleEndian(UInt32(1))
        writer.littleEndian(id)
        level(price: price, lots: lots)
        writer.byte(isBuyerMaker ? 1 : 0)
        end()
    }

    mutating func bestBidAsk(_ touch: Touch, updateID: Int64, timeMs: Int64) {
        begin(.bestBidAsk, blockLength: 50)
        writer.littleEndian(timeMs * 1_000)
        writer.littleEndian(updateID)
        exponents()
        level(price: touch.bid, lots: touch.bidLots)
        level(price: touch.ask, lots: touch.askLots)
        end()
    }

    mutating func depth(
        _ batcher: inout DepthBatcher, of engine: MatchingEngine, timeMs: Int64
    ) {
        begin(.depth, blockLength: 26)
        writer.littleEndian(timeMs * 1_000)
        writer.littleEndian(batcher.firstID)
        writer.littleEndian(batcher.lastID)
        exponents()
        for side in [BookSide.bid, .ask] {
            // A batch of 25 ms has far fewer levels than the count can tell.
            let prices = batcher.changedPrices(side).prefix(Int(UInt16.max))
            writer.littleEndian(UInt16(16))
            writer.littleEndian(UInt16(prices.count))
            for price in prices { level(price: price, lots: engine.lots(side, at: price)) }
        }
        end()
    }
}
