//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Who hears about client orders.
protocol ExecutionSink: AnyObject {
    /// Some of an order was filled.
    func filled(orderID: Int64, price: Int64, lots: Int64, isMaker: Bool, tradeID: Int64)
    /// A resting order went because the account would have traded with itself.
    func expiredInMatch(orderID: Int64)
}

/// Where Binance's orders meet: made up from a seed, or recorded.
protocol Market: AnyObject {
    var symbols: [VenueSymbol] { get }
    var executions: (any ExecutionSink)? { get set }
    /// When `advance` next has something to do; `UInt64.max` for never.
    var nextDeadlineNs: UInt64 { get }
    /// True once a recording has been played to its end.
    var isAtEnd: Bool { get }
    /// Does everything that is due, in order.
    func advance(to nowNs: UInt64)
    func touch(_ symbol: Int) -> Touch
    func markPrice(_ symbol: Int) -> Fixed
    /// Answers with the body of REST depth, now or when the market has one.
    func depth(_ symbol: Int, limit: Int, reply: @escaping ([UInt8]) -> Void)
    /// Matches an order; fills reach `executions` before this returns.
    func submit(_ order: MarketOrder) -> MarketOutcome
    /// Takes a resting order out; false when it does not rest.
    func cancel(symbol: Int, orderID: Int64) -> Bool
    /// The whole book now, in the form of REST depth; `nil` where the market does not know it.
    func book(_ symbol: Int) -> [UInt8]?
    /// Loses the next depth event of every symbol, so that clients see a sequence gap.
    func skipDepthEvent()
}

extension VenueSymbol {
    /// The body of REST depth. Levels best first.
    ///
    /// - Parameter timeMs: `nil`: the venue tells none.
    func writeDepth(
        updateID: Int64, timeMs: Int64?, bids: some Sequence<(price: Int64, lots: Int64)>,
        asks: some Sequence<(price: Int64, lots: Int64)>, to writer: inout ByteWriter
    ) {
        writer.text("{\"lastUpdateId\":")
        writer.integer(updateID)
        if let timeMs {
            writer.text(",\"E\":")
            writer.integer(timeMs)
            writer.text(",\"T\":")
            writer.integer(timeMs)
        }
        writer.text(",\"bids\":[")
        writeLevels(bids, to: &writer)
        writer.text("],\"asks\":[")
        writeLevels(asks, to: &writer)
        writer.text("]}")
    }

    func writeLevels(
        _ levels: some Sequence<(price: Int64, lots: Int64)>, to writer: inout ByteWriter
    ) {
        var isFirst = true
        for level in levels {
            writer.text(isFirst ? "[\"" : ",[\"")
            isFirst = false
            writer.padded(price(level.price), decimals: pricePrecision)
            writer.text("\",\"")
            writer.padded(quantity(level.lots), decimals: quantityPrecision)
            writer.text("\"]")
        }
    }
}
