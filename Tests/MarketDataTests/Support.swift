//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import MarketData
import Telemetry

typealias Level = (price: Int64, quantity: Int64)

/// One book update as the records a parser makes of it.
struct Update {
    var first: UInt64
    var last: UInt64
    var previous: UInt64
    var bids: [Level] = []
    var asks: [Level] = []
    var isSnapshot = false
    var isInStream = false
    var timeNs: UInt64 = 1_000

    var records: [MarketEvent] {
        var result: [MarketEvent] = []
        var header = BookHeader()
        header.sequence = last
        header.ingressTimeNs = timeNs
        header.firstUpdateID = first
        header.lastUpdateID = last
        header.previousUpdateID = previous
        header.kind = isSnapshot ? .bookSnapshot : .bookDelta
        if isInStream { header.flags = .inStream }
        result.append(unsafe unsafeBitCast(header, to: MarketEvent.self))
        for (side, levels) in [(Side.buy, bids), (Side.sell, asks)] {
            for start in stride(from: 0, to: levels.count, by: 3) {
                var record = BookLevels()
                let chunk = levels[start..<min(start + 3, levels.count)]
                for (index, level) in chunk.enumerated() {
                    let value = BookLevel(
                        price: PriceTicks(rawValue: level.price),
                        quantity: QuantityLots(rawValue: level.quantity))
                    if index == 0 { record.level0 = value }
                    if index == 1 { record.level1 = value }
                    if index == 2 { record.level2 = value }
                }
                record.kind = .bookLevels
                record.side = side
                record.count = UInt8(chunk.count)
                result.append(unsafe unsafeBitCast(record, to: MarketEvent.self))
            }
        }
        let flags = result[result.count - 1].flags.rawValue
        result[result.count - 1].flags = EventFlags(flags | EventFlags.last.rawValue)
        return result
    }

    static func snapshot(
        _ id: UInt64, bids: [Level] = [(100, 5)], asks: [Level] = [(101, 5)],
        timeNs: UInt64 = 1_000
    ) -> Update {
        Update(
            first: id, last: id, previous: 0, bids: bids, asks: asks, isSnapshot: true,
            timeNs: timeNs)
    }
}

/// A synchroniser with small tables and its counters.
struct Rig: ~Copyable {
    let telemetry = TelemetryWriter.standalone()
    var sync: BookSynchroniser

    init(_ rule: ChainRule = .previousID, pendingRecordsMax: Int = 64) {
        sync = BookSynchroniser(
            rule: rule, counters: BookCounters(telemetry: telemetry), windowTicks: 4_096,
            farLevelsMax: 64, pendingRecordsMax: pendingRecordsMax)
    }

    /// Hands every record of `update` over; returns the outcome of the last.
    @discardableResult
    mutating func take(_ update: Update) -> BookSynchroniser.Outcome {
        var outcome = BookSynchroniser.Outcome.none
        for record in update.records {
            var copy = record
            outcome = unsafe withUnsafePointer(to: &copy) { unsafe sync.take($0) }
        }
        return outcome
    }

    /// The request that is due, or `nil`.
    mutating func request(timeNs: UInt64 = 1_000) -> SnapshotRequest? {
        if !sync.needsRequest { return nil }
        var request = SnapshotRequest()
        unsafe withUnsafeMutablePointer(to: &request) {
            unsafe sync.fillRequest($0, instrumentID: 7, sequence: 1, timeNs: timeNs)
        }
        return request
    }

    func count(_ name: String) -> UInt64 {
        telemetry.reader.counters.first { $0.name == name }?.value ?? 0
    }

    var bids: [Level] {
        sync.book.levels(side: .buy).map { ($0.price.rawValue, $0.quantity.rawValue) }
    }
    var asks: [Level] {
        sync.book.levels(side: .sell).map { ($0.price.rawValue, $0.quantity.rawValue) }
    }
    var bestBid: Int64 { sync.book.bestBid.price.rawValue }
}
