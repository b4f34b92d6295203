//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc
import Journal

/// Messages as `apus record` writes them, `<receive time, ns> <JSON>`, in a plain file.
final class ReplayText {
    let path: String
    private(set) var lineCount = 0
    /// Of the JSON alone.
    private(set) var byteCount = 0
    /// Between the first and the last message.
    private(set) var spanNs: UInt64 = 0

    /// - Parameter lines: Gives one line after the other and then `nil`.
    init(_ lines: () throws -> (timeNs: UInt64, json: String)?) throws {
        path = "\(Self.folder)/apus-bench-\(getpid())-\(UInt32.random(in: 0...UInt32.max)).txt"
        guard let file = unsafe fopen(path, "wxe") else {
            throw BenchError("cannot make \(path)")
        }
        // As `CaptureWriter` writes: the kernel's cache then holds it in pieces of that size.
        unsafe setvbuf(file, nil, _IOFBF, 64 << 10)
        var first: UInt64?
        var last: UInt64 = 0
        while let line = try lines() {
            unsafe fputs("\(line.timeNs) \(line.json)\n", file)
            first = first ?? line.timeNs
            last = line.timeNs
            lineCount += 1
            byteCount += line.json.utf8.count
        }
        spanNs = last &- (first ?? last)
        let isWhole = unsafe ferror(file) == 0
        guard unsafe fclose(file) == 0, isWhole else { throw BenchError("cannot write \(path)") }
    }

    deinit { _ = unsafe unlink(path) }

    /// The first `lineMax` messages of a recording.
    convenience init(recording path: String, lineMax: Int) throws {
        var reader = try CaptureReader(path: path)
        var taken = 0
        try self.init {
            guard taken < lineMax, let line = try reader.next() else { return nil }
            taken += 1
            return (line.receiveTimeNs, unsafe String(decoding: line.json, as: UTF8.self))
        }
    }

    private static var folder: String {
        guard let name = unsafe getenv("TMPDIR") else { return "/tmp" }
        return unsafe String(cString: name)
    }
}

/// A market that never was, in the venue's own words: a snapshot, then quotes, trades and chained
/// updates of the book as often as in a recording.
struct SyntheticMarket {
    private var random = BenchRandom(state: 17)
    private var updateID: UInt64 = 5_123_107_852_948
    private var index = 0
    private let messageCount: Int

    init(messages: Int) { messageCount = messages }

    mutating func next() -> (timeNs: UInt64, json: String)? {
        guard index < messageCount else { return nil }
        index += 1
        let timeNs = BenchMarket.startTimeNs + UInt64(index) * 3_000_000
        let timeMs = timeNs / 1_000_000
        switch index {
        case 1: return (timeNs, depth(timeMs))
        case 2: return (timeNs, snapshot(timeMs))
        case _ where index % 14 == 0: return (timeNs, depth(timeMs))
        case _ where index % 14 % 4 == 3: return (timeNs, trade(timeMs))
        default: return (timeNs, quote(timeMs))
        }
    }

    private mutating func price(_ reach: UInt64, isBid: Bool) -> String {
        let distance = Int64(random.next() % reach)
        return BenchMarket.price(BenchMarket.midTicks + (isBid ? -distance : 1 + distance))
    }

    private mutating func lots(_ most: UInt64) -> String {
        BenchMarket.quantity(Int64(1 + random.next() % most))
    }

    private mutating func snapshot(_ timeMs: UInt64) -> String {
        func levels(_ sign: Int64) -> String {
            (0..<Int64(500)).map { place in
                let ticks = BenchMarket.midTicks + (sign < 0 ? -place : 1 + place)
                return #"["\#(BenchMarket.price(ticks))","\#(lots(9_000))"]"#
            }.joined(separator: ",")
        }
        return #"{"lastUpdateId":\#(updateID),"E":\#(timeMs),"T":\#(timeMs),"#
            + #""bids":[\#(levels(-1))],"asks":[\#(levels(1))]}"#
    }

    private mutating func depth(_ timeMs: UInt64) -> String {
        func levels(isBid: Bool) -> String {
            (0..<32).map { _ in
                let quantity = random.next() % 4 == 0 ? "0.000" : lots(9_000)
                return #"["\#(price(400, isBid: isBid))","\#(quantity)"]"#
            }.joined(separator: ",")
        }
        let (previous, first) = (updateID, updateID + 1)
        updateID += 40
        return #"{"stream":"btcusdt@depth@0ms","data":{"e":"depthUpdate","E":\#(timeMs),"#
            + #""T":\#(timeMs),"s":"BTCUSDT","U":\#(first),"u":\#(updateID),"pu":\#(previous),"#
            + #""b":[\#(levels(isBid: true))],"a":[\#(levels(isBid: false))]}}"#
    }

    private mutating func quote(_ timeMs: UInt64) -> String {
        updateID += 1
        let (bid, ask) = (BenchMarket.midTicks, BenchMarket.midTicks + 1)
        return #"{"stream":"btcusdt@bookTicker","data":{"e":"bookTicker","u":\#(updateID),"#
            + #""s":"BTCUSDT","b":"\#(BenchMarket.price(bid))","B":"\#(lots(9_000))","#
            + #""a":"\#(BenchMarket.price(ask))","A":"\#(lots(9_000))","T":\#(timeMs),"#
            + #""E":\#(timeMs)}}"#
    }

    private mutating func trade(_ timeMs: UInt64) -> String {
        let isMaker = random.next() % 2 == 0
        return #"{"stream":"btcusdt@trade","data":{"e":"trade","E":\#(timeMs),"T":\#(timeMs),"#
            + #""s":"BTCUSDT","t":\#(index),"p":"\#(price(2, isBid: isMaker))","#
            + #""q":"\#(lots(500))","X":"MARKET","m":\#(isMaker)}}"#
    }
}
