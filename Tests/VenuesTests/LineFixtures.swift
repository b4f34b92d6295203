//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import Messages
import SeededRandom
import Venues

/// A stream of one instrument as the venue would send it on a connection that never breaks.
enum LineFeed: CaseIterable {
    case okxBooks, okxLegacyBooks, depth, spotDepth, bookTicker, trade, aggTrade, okxTrades, okxBest

    var isOKX: Bool {
        switch self {
        case .okxBooks, .okxLegacyBooks, .okxTrades, .okxBest: true
        default: false
        }
    }

    var isOKXBook: Bool {
        switch self {
        case .okxBooks, .okxLegacyBooks: true
        default: false
        }
    }

    var venue: Venue {
        if isOKX { return .okx }
        if case .spotDepth = self { return .binanceSpot }
        return .binanceUSDM
    }
}

/// Messages 0..., each at its own millisecond, so that a record's venue time names its message.
struct LineStreamText {
    static let startMs: UInt64 = 1_700_000_000_000
    let feed: LineFeed
    /// Position of each message, and of the one before it.
    private(set) var ids: [(previous: UInt64, last: UInt64)] = []

    init(_ feed: LineFeed, count: Int, _ random: inout SplitMix64) {
        self.feed = feed
        var last: UInt64 = 1_000
        for index in 0..<count {
            let previous = last
            last += UInt64(1 + random.below(7))
            if case .okxBooks = feed {
                let kind = random.below(20)
                if kind < 2 { last = previous }  // Nothing changed.
                if kind == 2, index > 0 { last = previous / 2 }  // Maintenance.
            }
            ids.append((previous, last))
        }
    }

    func text(_ index: Int) -> String {
        let (previous, last) = ids[index]
        let ms = Self.startMs + UInt64(index)
        switch feed {
        case .okxBooks: return book(index, "update", "\"prevSeqId\":\(previous),\"seqId\":\(last)")
        case .okxLegacyBooks: return book(index, "update", nil)
        case .depth:
            return #"{"stream":"x@depth","data":{"e":"depthUpdate","E":\#(ms),"T":\#(ms),"#
                + #""s":"X","U":\#(previous + 1),"u":\#(last),"pu":\#(previous),"#
                + #""b":[["1.00","\#(index).000"]],"a":[]}}"#
        case .spotDepth:
            return #"{"stream":"x@depth","data":{"e":"depthUpdate","E":\#(ms),"s":"X","#
                + #""U":\#(previous + 1),"u":\#(last),"b":[["1.00","\#(index).000"]],"a":[]}}"#
        case .bookTicker:
            return #"{"stream":"x@bookTicker","data":{"e":"bookTicker","u":\#(last),"s":"X","#
                + #""b":"1.00","B":"\#(index).000","a":"2.00","A":"1.000","T":\#(ms),"E":\#(ms)}}"#
        case .trade:
            return #"{"stream":"x@trade","data":{"e":"trade","E":\#(ms),"T":\#(ms),"s":"X","#
                + #""t":\#(last),"p":"1.00","q":"1.000","X":"MARKET","m":true}}"#
        case .aggTrade:
            return #"{"stream":"x@aggTrade","data":{"e":"aggTrade","E":\#(ms),"a":\#(last),"#
                + #""s":"X","p":"1.00","q":"1.000","f":1,"l":1,"T":\#(ms),"m":true}}"#
        case .okxTrades:
            return #"{"arg":{"channel":"trades","instId":"X"},"data":[{"instId":"X","#
                + #""tradeId":"\#(last)","px":"1","sz":"1","side":"buy","ts":"\#(ms)"}]}"#
        case .okxBest:
            return #"{"arg":{"channel":"bbo-tbt","instId":"X"},"data":[{"asks":[["2","1","0","1"]],"#
                + #""bids":[["1","\#(index + 1)","0","1"]],"ts":"\#(ms)","seqId":\#(last)}]}"#
        }
    }

    /// The whole book as it is behind message `index`.
    func snapshot(_ index: Int) -> String {
        book(index, "snapshot", "\"prevSeqId\":-1,\"seqId\":\(ids[index].last)")
    }

    private func book(_ index: Int, _ action: String, _ ids: String?) -> String {
        var tail = "\"checksum\":\(index &* 7_919 % 100_003 + 1)"
        if case .okxBooks = feed, let ids { tail = "\"checksum\":0,\(ids)" }
        // A state of its own, so that every message tells which book it makes.
        return #"{"arg":{"channel":"books","instId":"X"},"action":"\#(action)","data":[{"asks":[],"#
            + #""bids":[["1","\#(index + 1)","0","1"]],"ts":"\#(Self.startMs + UInt64(index))","#
            + tail + "}]}"
    }
}

/// Lines of one stream through a parser, and what comes out of it.
struct LineRig {
    let harness: Harness
    let stream: LineStreamText
    private let lineCount: Int
    /// Index of the message each line brings next.
    var next: [Int]
    var isUp: [Bool]
    /// Where each line began to listen.
    var joined: [Int]
    /// Records that came out: message and header ids.
    private(set) var taken: [Int] = []
    private(set) var gaps = 0
    private var lastID: UInt64?

    init(_ feed: LineFeed, lines: Int, count: Int, _ random: inout SplitMix64) throws {
        stream = LineStreamText(feed, count: count, &random)
        lineCount = lines
        var instrument = instrument("X", venue: feed.venue)
        if feed.isOKX { instrument.tickMantissa = 1 }
        let market = (0..<lines).map {
            ConnectionRole.market(instruments: [0], venue: feed.venue, line: $0)
        }
        harness = try Harness([instrument], venue: feed.isOKX ? .binanceUSDM : feed.venue,
            roles: [.inbox] + market)
        next = Array(repeating: 0, count: lines)
        joined = next
        isUp = Array(repeating: false, count: lines)
        for line in 0..<lines { connect(line, at: 0) }
    }

    mutating func connect(_ line: Int, at index: Int) {
        isUp[line] = true
        next[line] = index
        joined[line] = index
        let events = harness.signal(.connected, UInt16(1 + line)).0
        precondition(events.count == (isUp.count { $0 } == 1 ? 1 : 0), "told once")
        if stream.feed.isOKXBook {
            take(harness.parse(stream.snapshot(index), connection: UInt16(1 + line)))
            next[line] = index + 1
        }
    }

    /// - Returns: What the kernel is told of it.
    @discardableResult
    mutating func disconnect(_ line: Int) -> [Record] {
        isUp[line] = false
        return harness.signal(.disconnected, UInt16(1 + line)).0
    }

    mutating func bring(_ line: Int) {
        guard next[line] < stream.ids.count else { return }
        take(harness.parse(stream.text(next[line]), connection: UInt16(1 + line)))
        next[line] += 1
    }

    /// The message brought last, once more.
    mutating func repeatLast(_ line: Int) {
        guard next[line] > joined[line] + 1 else { return }
        take(harness.parse(stream.text(next[line] - 1), connection: UInt16(1 + line)))
    }

    private mutating func take(_ records: [Record]) {
        for record in records where record.market.kind != .bookLevels {
            if record.market.kind == .quoteSide, record.quote.side == .sell { continue }
            // Every kind has its venue time at the same place.
            let ms = record.header.venueTimeNs / 1_000_000
            taken.append(Int(ms - LineStreamText.startMs))
            guard record.market.kind == .bookDelta || record.market.kind == .bookSnapshot else {
                continue
            }
            let header = record.header
            if let lastID, header.kind == .bookDelta, header.previousUpdateID != lastID {
                gaps += 1
            }
            lastID = header.lastUpdateID
        }
    }
}
