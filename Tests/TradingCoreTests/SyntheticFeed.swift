//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages
import SeededRandom
import TradingCore

/// Messages of one made-up instrument, as Binance would send them: snapshot, depth, best bid and
/// ask, trades, mark prices.
struct SyntheticFeed {
    static let startNs: UInt64 = 1_723_161_255_000_000_000

    private var random: SplitMix64
    private var mid = 618_002
    private var updateID = 1_000
    private var tradeID = 1
    private var timeNs = SyntheticFeed.startNs

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    private func price(_ ticks: Int) -> String { "\(ticks / 10).\(ticks % 10)0" }
    private mutating func quantity() -> String {
        let lots = 1 + random.below(9_000)
        let rest = String(lots % 1_000)
        return "\(lots / 1_000)." + String(repeating: "0", count: 3 - rest.count) + rest
    }

    /// The frames of a session: connections up, a snapshot, then `count` messages.
    mutating func frames(_ count: Int) -> [RecordedFrame] {
        var frames = ReplayPath.allConnected(timeNs: timeNs)
        frames.append(text("""
            {"stream":"btcusdt@depth@0ms","data":{"e":"depthUpdate","E":\(ms),"T":\(ms),\
            "s":"BTCUSDT","U":\(updateID - 5),"u":\(updateID + 1),"pu":\(updateID - 6),\
            "b":[],"a":[]}}
            """))
        frames.append(snapshot())
        updateID += 1
        for _ in 0..<count {
            timeNs += UInt64(1_000_000 + random.below(40_000_000))
            switch random.below(10) {
            case 0..<4: frames.append(depth())
            case 4..<7: frames.append(quote())
            case 7..<9: frames.append(trade())
            default: frames.append(mark())
            }
        }
        return frames
    }

    private var ms: UInt64 { timeNs / 1_000_000 }

    private func text(_ json: String, _ connection: UInt16 = ConnectionID.quotes) -> RecordedFrame {
        RecordedFrame(
            connectionID: connection, kind: .text, timeNs: timeNs, bytes: Array(json.utf8))
    }

    private mutating func snapshot() -> RecordedFrame {
        var bids: [String] = []
        var asks: [String] = []
        for level in 0..<50 {
            bids.append("[\"\(price(mid - 1 - level))\",\"\(quantity())\"]")
            asks.append("[\"\(price(mid + level))\",\"\(quantity())\"]")
        }
        let json = """
            {"lastUpdateId":\(updateID),"E":\(ms),"T":\(ms),\
            "bids":[\(bids.joined(separator: ","))],"asks":[\(asks.joined(separator: ","))]}
            """
        // A depth snapshot (kind 1) of instrument 0.
        return RecordedFrame(
            connectionID: ConnectionID.inbox, kind: .rest, context: 1 << 32, timeNs: timeNs,
            bytes: Array(json.utf8))
    }

    /// Moves the mid by a tick at times, keeping the book uncrossed.
    private mutating func depth() -> RecordedFrame {
        var bids: [String] = []
        var asks: [String] = []
        switch random.below(6) {
        case 0:
            asks.append("[\"\(price(mid))\",\"0.000\"]")
            mid += 1
            asks.append("[\"\(price(mid))\",\"\(quantity())\"]")
            bids.append("[\"\(price(mid - 1))\",\"\(quantity())\"]")
        case 1:
            mid -= 1
            bids.append("[\"\(price(mid))\",\"0.000\"]")
            bids.append("[\"\(price(mid - 1))\",\"\(quantity())\"]")
            asks.append("[\"\(price(mid))\",\"\(quantity())\"]")
        default: break
        }
        for _ in 0..<random.below(8) {
            bids.append("[\"\(price(mid - 1 - random.below(40)))\",\"\(quantity())\"]")
            asks.append("[\"\(price(mid + random.below(40)))\",\"\(quantity())\"]")
        }
        let previous = updateID
        updateID += 1 + random.below(20)
        return text("""
            {"stream":"btcusdt@depth@0ms","data":{"e":"depthUpdate","E":\(ms),"T":\(ms),\
            "s":"BTCUSDT","U":\(previous + 1),"u":\(updateID),"pu":\(previous),\
            "b":[\(bids.joined(separator: ","))],"a":[\(asks.joined(separator: ","))]}}
            """)
    }

    private mutating func quote() -> RecordedFrame {
        text("""
            {"stream":"btcusdt@bookTicker","data":{"e":"bookTicker","u":\(updateID),\
            "s":"BTCUSDT","b":"\(price(mid - 1))","B":"\(quantity())","a":"\(price(mid))",\
            "A":"\(quantity())","T":\(ms),"E":\(ms)}}
            """)
    }

    private mutating func trade() -> RecordedFrame {
        tradeID += 1
        let buys = random.below(2) == 0
        return text("""
            {"stream":"btcusdt@trade","data":{"e":"trade","E":\(ms),"T":\(ms),"s":"BTCUSDT",\
            "t":\(tradeID),"p":"\(price(buys ? mid : mid - 1))","q":"\(quantity())",\
            "X":"MARKET","m":\(!buys)}}
            """)
    }

    private func mark() -> RecordedFrame {
        text("""
            {"stream":"btcusdt@markPrice@1s","data":{"e":"markPriceUpdate","E":\(ms),\
            "s":"BTCUSDT","p":"\(price(mid)).0","P":"\(price(mid))","i":"\(price(mid))",\
            "r":"0.00010000","T":\(ms)}}
            """.replacing(".0\",\"P\"", with: "\",\"P\""), ConnectionID.marks)
    }
}
