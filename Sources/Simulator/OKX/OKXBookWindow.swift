//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// The top levels of a book as the subscribers of one channel have them.
///
/// All clients of a channel see the same sequence, so one copy serves them all: a new client gets
/// it as its snapshot. A level that leaves the window is deleted, one that enters is inserted.
struct OKXBookWindow {
    struct Row: Equatable {
        var price: Int64
        /// 0 deletes the level.
        var lots: Int64
        var orderCount: Int32
    }

    /// What a message carries; rows best price first.
    struct Update: Equatable {
        var bids: [Row] = []
        var asks: [Row] = []
        var isEmpty: Bool { bids.isEmpty && asks.isEmpty }

        /// Adds a bid one tick above the best ask.
        mutating func cross(_ touch: Touch) {
            bids.insert(Row(price: touch.ask + 1, lots: touch.askLots, orderCount: 1), at: 0)
        }
    }

    let levelsMax: Int
    /// Whether prices that were touched and look as before are sent too, and deletes of levels
    /// that came and went between two messages: so does the 100 ms channel.
    let showsTouched: Bool
    private(set) var rows: [[Row]] = [[], []]
    private(set) var sequence: Int64 = 0
    private var touched: [Set<Int64>] = [[], []]
    /// When a message was last due.
    var lastSentNs: UInt64 = 0

    init(levelsMax: Int, showsTouched: Bool) {
        self.levelsMax = levelsMax
        self.showsTouched = showsTouched
    }

    mutating func note(_ side: BookSide, price: Int64) {
        if showsTouched { touched[side.rawValue].insert(price) }
    }

    private static func top(
        _ engine: MatchingEngine, _ side: BookSide, _ count: Int
    ) -> [Row] {
        engine.levels(side).suffix(count).reversed().map {
            Row(price: $0.price, lots: $0.lots, orderCount: $0.orderCount)
        }
    }

    /// Takes the book as it is, without a message: nobody watched until now.
    mutating func restart(_ engine: MatchingEngine, sequence: Int64) {
        for side in [BookSide.bid, .ask] {
            rows[side.rawValue] = Self.top(engine, side, levelsMax)
            touched[side.rawValue].removeAll(keepingCapacity: true)
        }
        self.sequence = sequence
    }

    /// Moves the window to the book as it is now.
    ///
    /// - Returns: What has to be told, and the sequence number before.
    mutating func advance(
        _ engine: MatchingEngine, sequence: Int64
    ) -> (update: Update, previous: Int64) {
        let update = Update(bids: change(engine, .bid), asks: change(engine, .ask))
        let previous = self.sequence
        self.sequence = sequence
        return (update, previous)
    }

    /// The last message was not sent after all; it changed no row.
    mutating func keep(sequence: Int64) { self.sequence = sequence }

    private mutating func change(_ engine: MatchingEngine, _ side: BookSide) -> [Row] {
        let old = rows[side.rawValue]
        let new = Self.top(engine, side, levelsMax)
        var changed: [Row] = []
        var here = 0
        var there = 0
        var unknown = touched[side.rawValue]
        while here < old.count || there < new.count {
            let oldRank = here < old.count ? side.rank(old[here].price) : .min
            let newRank = there < new.count ? side.rank(new[there].price) : .min
            if oldRank > newRank {
                changed.append(Row(price: old[here].price, lots: 0, orderCount: 0))
                unknown.remove(old[here].price)
                here += 1
            } else {
                let isTouched = unknown.remove(new[there].price) != nil
                if oldRank < newRank || old[here] != new[there] || isTouched {
                    changed.append(new[there])
                }
                if oldRank == newRank { here += 1 }
                there += 1
            }
        }
        if let worst = new.last, !unknown.isEmpty {
            for price in unknown where side.rank(price) > side.rank(worst.price) {
                changed.append(Row(price: price, lots: 0, orderCount: 0))
            }
            changed.sort { side.rank($0.price) > side.rank($1.price) }
        }
        rows[side.rawValue] = new
        touched[side.rawValue].removeAll(keepingCapacity: true)
        return changed
    }
}

/// The checksum of books before 2026-06: CRC-32 (IEEE 802.3) of the best 25 levels as text.
enum OKXChecksum {
    static func value(_ text: [UInt8]) -> Int32 {
        var crc: UInt32 = 0xFFFF_FFFF
        for byte in text {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? (crc >> 1) ^ 0xEDB8_8320 : crc >> 1 }
        }
        return Int32(bitPattern: ~crc)
    }

    /// `bid:size:ask:size:…`; where one side is shorter the other goes on alone.
    static func text(_ window: OKXBookWindow, _ instrument: OKXInstrument) -> [UInt8] {
        var writer = ByteWriter(capacity: 1024)
        var isFirst = true
        for place in 0..<25 {
            for side in 0..<2 where place < window.rows[side].count {
                if !isFirst { writer.text(":") }
                isFirst = false
                writer.stripped(instrument.price(window.rows[side][place].price))
                writer.text(":")
                writer.stripped(instrument.size(window.rows[side][place].lots))
            }
        }
        return writer.bytes
    }
}
