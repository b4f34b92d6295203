//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
public import Messages
import VenueModel

/// Where the recorded stream of one instrument stands.
struct InstrumentFeed {
    var lastTwiceMid: Int64 = 0
    /// Of the book update that is open.
    var isSnapshot = false
    var updateID: UInt64 = 0
    var isSkipped = false
    /// Until a REST snapshot has come: by level the update that told it last. A snapshot is older
    /// than the updates that came while it was asked for, and tells nothing new of their levels.
    var told: [LevelKey: UInt64] = [:]
    var awaitsSnapshot = true
    var lastUpdateID: UInt64 = 0
    /// Of the snapshot that is open: levels that stay as they were told.
    var snapshotID: UInt64?
    var fundingRateE8: Int64 = 0
    var markPrice: Int64 = 0
    var nextFundingNs: Int64?

    struct LevelKey: Hashable {
        let isBid: Bool
        let price: Int64
    }
}

extension ModelVenue {
    /// One record of the recorded market at the venue; what it makes of orders is answered.
    public mutating func market(_ event: MarketEvent, timeNs: Int64) -> [VenueAnswer] {
        guard Int(event.instrumentID) < books.count else { return [] }
        var reports: [VenueReport] = []
        switch event.kind {
        case .trade:
            let trade = unsafe unsafeBitCast(event, to: Trade.self)
            guard isBelievable(trade.price.rawValue, trade.quantity.rawValue, event.instrumentID)
            else { return [] }
            counters.trades += 1
            books[Int(event.instrumentID)].trade(
                aggressor: trade.side, price: trade.price.rawValue,
                quantity: trade.quantity.rawValue, into: &reports)
        case .bookDelta, .bookSnapshot:
            open(unsafe unsafeBitCast(event, to: BookHeader.self))
        case .bookLevels:
            levels(unsafe unsafeBitCast(event, to: BookLevels.self), into: &reports)
        case .markPrice:
            mark(unsafe unsafeBitCast(event, to: MarkPrice.self), timeNs: timeNs)
        default: break
        }
        if reports.isEmpty { return [] }
        return tell(reports, event.instrumentID, request: nil, timeNs: timeNs)
    }

    private mutating func open(_ header: BookHeader) {
        let index = Int(header.instrumentID)
        var feed = feeds[index]
        feed.isSnapshot = header.kind == .bookSnapshot
        feed.updateID = header.lastUpdateID
        feed.isSkipped = false
        if feed.isSnapshot {
            let isInStream = header.flags.rawValue & EventFlags.inStream.rawValue != 0
            if isInStream || feed.told.isEmpty {
                books[index].clear(.buy)
                books[index].clear(.sell)
            }
            if isInStream { feed.told = [:] }
            // An answer to a second question, when the book is whole already.
            feed.isSkipped = !isInStream && !feed.awaitsSnapshot
            feed.awaitsSnapshot = false
            feed.snapshotID = header.lastUpdateID
        } else {
            if feed.lastUpdateID != 0, header.previousUpdateID != 0,
                header.previousUpdateID != feed.lastUpdateID
            {
                counters.gaps += 1
                feed.awaitsSnapshot = true
            }
            feed.lastUpdateID = header.lastUpdateID
            if let snapshot = feed.snapshotID {
                feed.isSkipped = header.lastUpdateID < snapshot
                if header.lastUpdateID > snapshot { feed.told = [:] }
            }
        }
        feeds[index] = feed
    }

    private mutating func levels(_ record: BookLevels, into reports: inout [VenueReport]) {
        let index = Int(record.instrumentID)
        if feeds[index].isSkipped { return }
        for place in 0..<Int(record.count) {
            let level = place == 0 ? record.level0 : place == 1 ? record.level1 : record.level2
            let key = InstrumentFeed.LevelKey(
                isBid: record.side == .buy, price: level.price.rawValue)
            if feeds[index].isSnapshot {
                if let told = feeds[index].told[key], told > feeds[index].updateID { continue }
            } else if feeds[index].awaitsSnapshot {
                feeds[index].told[key] = feeds[index].updateID
            }
            guard isBelievable(
                level.price.rawValue, level.quantity.rawValue, record.instrumentID)
            else { continue }
            counters.levels += 1
            books[index].update(
                record.side, price: level.price.rawValue, quantity: level.quantity.rawValue,
                into: &reports)
        }
    }

    /// False, and counted, for numbers that sums of a few of them could overflow with.
    private mutating func isBelievable(_ price: Int64, _ lots: Int64, _ id: UInt32) -> Bool {
        let most = Self.mantissaMax / max(instruments[Int(id)].tickMantissa, 1)
        if price > 0, price <= most, lots >= 0, lots <= Self.mantissaMax { return true }
        counters.outOfRange += 1
        return false
    }

    private static let mantissaMax: Int64 = 1 << 53

    /// Funding is due every eight hours of UTC, at the rate and mark price told last before.
    private mutating func mark(_ record: MarkPrice, timeNs: Int64) {
        let index = Int(record.instrumentID)
        let venueNs = timeNs + clockOffsetNs
        if let due = feeds[index].nextFundingNs, venueNs >= due {
            accounts[index].fund(
                markPrice: feeds[index].markPrice, rateE8: feeds[index].fundingRateE8)
        }
        feeds[index].nextFundingNs = (venueNs / Self.fundingNs + 1) * Self.fundingNs
        feeds[index].markPrice = record.mark.rawValue
        feeds[index].fundingRateE8 = record.fundingRateE8
    }

    private static let fundingNs: Int64 = 28_800_000_000_000
}
