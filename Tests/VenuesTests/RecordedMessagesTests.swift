//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Journal
import Messages
import Rings
import Testing
import Venues

@Suite("Recorded Binance messages")
struct RecordedMessagesTests {
    /// Files of the USD-M samples, by how they are written: as the venue writes today, or not.
    static let files =
        ((try? FileManager.default.contentsOfDirectory(atPath: "\(samples)/live")) ?? [])
        .filter { $0.hasPrefix("usdm_") }.sorted()
    /// Kinds that the scanner takes.
    static let hot = ["depth", "bookTicker", "trade", "aggTrade", "markPrice", "rest_depth"]

    private func harness(for lines: [[UInt8]], venue: Venue = .binanceUSDM) throws -> Harness {
        var inference = PrecisionInference(venue: venue)
        for line in lines { unsafe line.withUnsafeBytes { unsafe inference.observe($0) } }
        var instruments = inference.instruments()
        if instruments.isEmpty { instruments = [instrument("BTCUSDT", tick: 1)] }
        return try Harness(instruments, venue: venue)
    }

    @Test(
        .enabled(if: haveSamples, "the venue samples are not here"), arguments: files)
    func `every USD-M sample is accepted, and both paths make the same of it`(
        file: String
    ) throws {
        let messages = try lines("\(samples)/live/\(file)")
        let harness = try harness(for: messages)
        let isSnapshot = file.contains("rest_depth")
        for message in messages {
            if isSnapshot {
                #expect(!harness.parseSnapshot(message).isEmpty)
                continue
            }
            let scanned = harness.parse(message)
            let generic = harness.parse(message, generic: true)
            #expect(sameRecords(scanned, generic))
        }
        // Mark prices of all symbols name more of them than the file has prices for.
        let unknown = harness.counter("unknown_symbols")
        #expect(harness.refusals - unknown == 0)
        if !file.contains("markPrice") { #expect(unknown == 0) }
        let isHot = Self.hot.contains { file.contains("_\($0)") }
        if isHot, file.contains("2021") || file.contains("2024"), !isSnapshot {
            #expect(harness.counter("generic") == UInt64(messages.count))
            #expect(harness.counter("scanned") == UInt64(messages.count))
        }
    }

    /// Goal: the whole of the recordings goes through the scanner, and the scanner makes what the
    /// generic path makes. Method: every line through both.
    @Test(
        .enabled(if: haveCaptures, "the recorded captures are not here"),
        arguments: [
            ("btcusdt", UInt64(93_954), UInt64(21_313)), ("ethusdt", 74_655, 14_076),
        ])
    func `every message of the USD-M captures is scanned without an error`(
        symbol: String, expected: UInt64, trades: UInt64
    ) throws {
        let name = symbol.uppercased()
        let harness = try Harness([
            instrument(name, tick: name == "BTCUSDT" ? 10 : 1)
        ])
        var reader = try CaptureReader(path: "\(captures)/binance-usdm_\(symbol)_20240808.gz")
        var count: UInt64 = 0
        var tradeCount: UInt64 = 0
        var compared: UInt64 = 0
        while let line = try reader.next() {
            count += 1
            let frame: FrameDescriptor
            let isSnapshot = unsafe line.json.starts(with: Array("{\"lastUpdateId\"".utf8))
            if isSnapshot {
                let context = RESTContext(kind: RESTContext.depthSnapshot, instrumentID: 0)
                frame = unsafe harness.frame(
                    line.json.count, Harness.inbox, kind: .rest, context: context.packed)
            } else {
                frame = unsafe harness.frame(line.json.count, Harness.market)
            }
            let bytes = unsafe line.json.baseAddress!.assumingMemoryBound(to: UInt8.self)
            #expect(unsafe harness.stage.parse(frame, bytes: bytes))
            if !isSnapshot {
                let scanned = harness.takeEvents()
                #expect(unsafe harness.stage.parseGenerically(frame, bytes: bytes))
                #expect(sameRecords(scanned, harness.takeEvents()))
                compared += 1
                if scanned.first?.market.kind == .trade { tradeCount += 1 }
            } else {
                while let event = unsafe harness.events.peek() {
                    if unsafe event.pointee.kind == .trade { tradeCount += 1 }
                    harness.events.release()
                }
            }
        }
        #expect(count == expected)
        #expect(tradeCount == trades)
        #expect(harness.refusals == 0)
        #expect(harness.counter("scanned") == count)
        #expect(harness.counter("generic") == compared)
        #expect(harness.counter("unknown_keys") == 0)
        #expect(harness.stage.sequence == count + compared)
    }

    @Test(
        .enabled(if: haveCaptures, "the recorded captures are not here"),
        arguments: [
            ("binance-spot_btcusdt_20240808", Venue.binanceSpot),
            ("binance-cm_btcusd_perp_20240808", .binanceCOINM),
        ])
    func `Spot and COIN-M captures are taken by the generic path`(
        file: String, venue: Venue
    ) throws {
        var messages: [[UInt8]] = []
        var reader = try CaptureReader(path: "\(captures)/\(file).gz")
        while messages.count < 3_000, let line = try reader.next() {
            unsafe messages.append(Array(line.json))
        }
        let harness = try harness(for: messages, venue: venue)
        var kinds: Set<UInt8> = []
        for message in messages {
            let isSnapshot = message.starts(with: Array("{\"lastUpdateId\"".utf8))
            let records = isSnapshot ? harness.parseSnapshot(message) : harness.parse(message)
            #expect(!records.isEmpty)
            for record in records { kinds.insert(record.market.kind.rawValue) }
        }
        #expect(harness.refusals == 0)
        #expect(kinds == [1, 2, 3, 4, 5])
    }

    @Test func `a Spot update names its predecessor, though the venue does not`() throws {
        let harness = try Harness(
            [instrument("BTCUSDT", venue: .binanceSpot)], venue: .binanceSpot)
        let records = harness.parse(
            #"{"e":"depthUpdate","E":1723161255208,"s":"BTCUSDT","U":100,"u":105,"b":[],"a":[]}"#)
        try #require(records.count == 1)
        #expect(records[0].header.previousUpdateID == 99)
        #expect(records[0].header.venueTimeNs == 1_723_161_255_208_000_000)
    }

    @Test(.enabled(if: haveSamples, "the venue samples are not here"))
    func `the inferred precision is that of the stream`() throws {
        var inference = PrecisionInference()
        for file in ["usdm_btcusdt_2024_trade", "usdm_multi_2021_depth_100ms"] {
            for line in try lines("\(samples)/live/\(file).jsonl") {
                unsafe line.withUnsafeBytes { unsafe inference.observe($0) }
            }
        }
        unsafe inference.observe(UnsafeRawBufferPointer(start: nil, count: 0))
        let instruments = inference.instruments()
        let bitcoin = try #require(instruments.first { $0.venueSymbolText == "BTCUSDT" })
        #expect(bitcoin.symbolText == "BTC-USDT")
        #expect(bitcoin.priceDecimals == 2)
        #expect(bitcoin.quantityDecimals == 3)
        #expect(bitcoin.tickMantissa == 1)
        #expect(bitcoin.tickLotValueE12 == 10_000_000)
        #expect(bitcoin.quoteAssetText == "USDT")
        let sushi = try #require(instruments.first { $0.venueSymbolText == "SUSHIUSDT" })
        #expect(sushi.priceDecimals == 4)
        #expect(sushi.quantityDecimals == 0)
    }
}
