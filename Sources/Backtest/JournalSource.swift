//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Messages
public import TradingCore

/// The market data that an engine journaled.
public final class JournalSource: MarketSource {
    private let market: JournalMarket

    /// - Throws: What is wrong with the journal, or that it has no data of the venue.
    public init(folder: String, venue: Venue) throws {
        market = try JournalMarket(folder: folder, venue: venue)
    }

    public var instruments: [Instrument] { market.instruments }
    public var frameCount: Int? { market.frameCount }
    public var malformedCount: Int { 0 }
    public func next() throws -> RecordedFrame? { try market.next() }
}
