//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// A market in which nothing moves but what the measurement sends: one book around a fixed price,
/// orders that are taken in and find nobody to trade with.
final class EchoMarket: Market {
    /// Ticks of Bitcoin's contract: 60,000.0.
    static let bestBid: Int64 = 600_000
    static let bestAsk: Int64 = bestBid + 1
    /// Levels a side of the book.
    static let levelCount: Int64 = 1_000

    let symbols = [VenueSymbol.bitcoin]
    weak var executions: (any ExecutionSink)?
    let nextDeadlineNs = UInt64.max
    let isAtEnd = false
    /// The update id that a snapshot of the book carries now.
    var snapshotID: () -> Int64 = { 1 }

    func advance(to nowNs: UInt64) {}

    func touch(_ symbol: Int) -> Touch {
        Touch(bid: Self.bestBid, bidLots: 1_000, ask: Self.bestAsk, askLots: 1_000)
    }

    func markPrice(_ symbol: Int) -> Fixed { symbols[symbol].price(Self.bestBid) }

    func depth(_ symbol: Int, limit: Int, reply: @escaping ([UInt8]) -> Void) {
        reply(book(limit: Int64(limit)))
    }

    func book(_ symbol: Int) -> [UInt8]? { book(limit: Self.levelCount) }

    private func book(limit: Int64) -> [UInt8] {
        var writer = ByteWriter(capacity: 1 << 16)
        let count = min(limit, Self.levelCount)
        symbols[0].writeDepth(
            updateID: snapshotID(), timeMs: nil,
            bids: (0..<count).lazy.map { (Self.bestBid - $0, 1_000) },
            asks: (0..<count).lazy.map { (Self.bestAsk + $0, 1_000) }, to: &writer)
        return writer.bytes
    }

    func submit(_ order: MarketOrder) -> MarketOutcome {
        order.timeInForce == .fillOrKill ? .cannotFill : .accepted(leaves: order.lots)
    }

    func cancel(symbol: Int, orderID: Int64) -> Bool { true }
    func skipDepthEvent() {}
}
