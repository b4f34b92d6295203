//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import SeededRandom

/// A seeded market of one instrument: what the kernel is given, and the same as plain steps for
/// those who compute features again from the whole history.
struct FeatureMarket {
    struct Top: Equatable {
        var bid: Int64
        var bidQuantity: Int64
        var ask: Int64
        var askQuantity: Int64

        var mid2: Int64 { bid + ask }
    }

    enum Change {
        case top(Top)
        /// The book is not in sync from here on.
        case broken
        /// The connection was lost.
        case lost
        case trade(isBuy: Bool, price: Int64, quantity: Int64)
    }

    struct Step {
        var timeNs: UInt64
        var change: Change
        /// Its records, of one frame.
        var records: [MarketEvent]
    }

    static let startNs: UInt64 = 1_000_000_000_000
    static let middle: Int64 = 1_000_000

    private(set) var steps: [Step] = []
    var records: [MarketEvent] { steps.flatMap(\.records) }

    private let isMirrored: Bool
    private let scale: Int64
    private let instrument: UInt32
    private var sequence: UInt64
    private var timeNs = startNs
    private var updateID: UInt64 = 110
    private var quoteID: UInt64 = 1_000

    /// - Parameters:
    ///   - breaks: Whether the book breaks and the connection is lost now and then.
    ///   - scale: What every quantity is multiplied by.
    ///   - isMirrored: Prices at the same distance on the other side, buys for sells.
    init(
        seed: UInt64, count: Int, stepNs: UInt64 = 20_000_000, breaks: Bool = true,
        scale: Int64 = 1, isMirrored: Bool = false, instrument: UInt32 = 0
    ) {
        self.scale = scale
        self.isMirrored = isMirrored
        self.instrument = instrument
        sequence = UInt64(instrument) * 1_000_000_000
        var random = SplitMix64(seed: seed)
        var bid = Self.middle - 1
        var ask = Self.middle + 1
        synchronise(&random, bid, ask)
        for _ in 0..<count {
            timeNs += UInt64.random(in: 0...2 * stepNs, using: &random)
            switch Int.random(in: 0..<1_000, using: &random) {
            case 0..<400:
                let isBuy = Bool.random(using: &random)
                let place = Int64.random(in: 0...2, using: &random)
                trade(
                    isBuy: isBuy, price: isBuy ? ask + place : bid - place,
                    quantity: Int64.random(in: 1...60, using: &random))
            case 990..<993 where breaks:
                gap()
                timeNs += 1_000_000
                synchronise(&random, bid, ask)
            case 993 where breaks:
                lose()
                timeNs += 1_000_000
                synchronise(&random, bid, ask)
            default:
                let move = Int64.random(in: -3...3, using: &random)
                bid += move
                ask = bid + Int64.random(in: 1...5, using: &random)
                quote(
                    Top(
                        bid: bid, bidQuantity: Int64.random(in: 1...99, using: &random),
                        ask: ask, askQuantity: Int64.random(in: 1...99, using: &random)))
            }
        }
    }

    private func mirrored(_ price: Int64) -> Int64 {
        isMirrored ? 2 * Self.middle - price : price
    }

    private func seen(_ top: Top) -> Top {
        if !isMirrored {
            return Top(
                bid: top.bid, bidQuantity: top.bidQuantity * scale, ask: top.ask,
                askQuantity: top.askQuantity * scale)
        }
        return Top(
            bid: mirrored(top.ask), bidQuantity: top.askQuantity * scale, ask: mirrored(top.bid),
            askQuantity: top.bidQuantity * scale)
    }

    private mutating func add(_ change: Change, _ records: [MarketEvent]) {
        steps.append(Step(timeNs: timeNs, change: change, records: records))
    }

    private mutating func trade(isBuy: Bool, price: Int64, quantity: Int64) {
        sequence += 1
        let isBuy = isBuy != isMirrored
        let (price, quantity) = (mirrored(price), quantity * scale)
        add(
            .trade(isBuy: isBuy, price: price, quantity: quantity),
            Records.trade(
                sequence, timeNs, isBuy ? .buy : .sell, price, quantity, instrument: instrument))
    }

    private mutating func quote(_ top: Top) {
        sequence += 1
        quoteID += 1
        let top = seen(top)
        add(
            .top(top),
            Records.quote(
                sequence, timeNs, id: quoteID, bid: (top.bid, top.bidQuantity),
                ask: (top.ask, top.askQuantity), instrument: instrument))
    }

    private mutating func gap() {
        sequence += 1
        updateID += 100
        add(
            .broken,
            Records.book(
                sequence, timeNs, first: updateID, last: updateID + 1, previous: updateID - 1,
                instrument: instrument))
    }

    private mutating func lose() {
        sequence += 1
        add(.lost, Records.status(sequence, timeNs, .feedStatus, instrument: instrument))
    }

    /// Ten levels a side from a snapshot, and the update that joins it.
    private mutating func synchronise(
        _ random: inout SplitMix64, _ bid: Int64, _ ask: Int64
    ) {
        let best = seen(
            Top(
                bid: bid, bidQuantity: Int64.random(in: 1...99, using: &random), ask: ask,
                askQuantity: Int64.random(in: 1...99, using: &random)))
        let bids = (0..<12).map { (level: Int64) in
            Level(best.bid - level, best.bidQuantity + level * scale)
        }
        let asks = (0..<12).map { (level: Int64) in
            Level(best.ask + level, best.askQuantity + level * scale)
        }
        updateID += 100
        let snapshot = Records.book(
            sequence + 1, timeNs, first: updateID, last: updateID, previous: 0, bids: bids,
            asks: asks, isSnapshot: true, instrument: instrument)
        let join = Records.book(
            sequence + 2, timeNs, first: updateID - 5, last: updateID + 10,
            previous: updateID - 10, instrument: instrument)
        sequence += 2
        updateID += 10
        quoteID = max(quoteID, updateID + 1_000_000)
        add(.top(best), snapshot + join)
    }
}

extension FeatureMarket {
    /// The vectors of a kernel that takes the market in, step by step: one entry a step, `nil`
    /// where it made none.
    func vectors(_ rig: inout Rig) -> [FeatureVector?] {
        steps.map { rig.take($0.records).features.last }
    }
}
