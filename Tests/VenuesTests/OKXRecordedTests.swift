//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import Foundation
import Journal
import Messages
import Testing
import Venues

/// Every recorded file of the venue, and what decodes it. A file that the table does not name makes
/// the first test fail, so that none is passed over in silence.
enum OKXFile {
    case market
    /// A book by REST.
    case bookByREST
    case instruments
    /// A push of one row of instruments.
    case instrumentPush
    /// Replies and pushes of the private connection, and account replies by REST: the account
    /// decoder's and the REST reader's.
    case account
    /// Replies by REST that nothing asks for.
    case unused
    case text

    static let table: [String: OKXFile] = [
        "SOURCES.md": .text,
        "okx_2022-05-13_rest_instruments.txt.gz": .instruments,
        "recorded_messages/ccxt_ws_books5_2026-08.jsonl": .market,
        "recorded_messages/ccxt_ws_candle1m_2026-08.jsonl": .market,
        "recorded_messages/ccxt_ws_tickers_2026-08.jsonl": .market,
        "recorded_messages/ccxt_ws_trades_2026-08.jsonl": .market,
        "recorded_messages/crypto-msg-parser_rest_books.jsonl": .bookByREST,
        "recorded_messages/crypto-msg-parser_rest_open-interest.jsonl": .unused,
        "recorded_messages/crypto-msg-parser_ws_bbo-tbt.jsonl": .market,
        "recorded_messages/crypto-msg-parser_ws_books-l2-tbt_snapshot.jsonl": .market,
        "recorded_messages/crypto-msg-parser_ws_books-l2-tbt_update.jsonl": .market,
        "recorded_messages/crypto-msg-parser_ws_books5.jsonl": .market,
        "recorded_messages/crypto-msg-parser_ws_candle1m.jsonl": .market,
        "recorded_messages/crypto-msg-parser_ws_funding-rate.jsonl": .market,
        "recorded_messages/crypto-msg-parser_ws_tickers.jsonl": .market,
        "recorded_messages/crypto-msg-parser_ws_trades.jsonl": .market,
        "recorded_messages/gct_ws_orders_2022-06_2023-09.jsonl": .account,
        "recorded_messages/gct_ws_trades_2025-02.jsonl": .market,
        "fixtures_burakoner/Account_get-instruments-private-with-quotas.json": .instruments,
        "fixtures_burakoner/Public_ws-adl-warning.json": .market,
        "fixtures_burakoner/Public_ws-estimated-price.json": .market,
        "fixtures_burakoner/Public_ws-liquidation-orders.json": .market,
        "fixtures_jkorf/rest_GetKlines.json": .unused,
        "fixtures_jkorf/rest_GetLimitPrice.json": .unused,
        "fixtures_jkorf/rest_GetOrderBook.json": .bookByREST,
        "fixtures_jkorf/rest_GetRecentTrades.json": .unused,
        "fixtures_jkorf/rest_GetServerTime.json": .account,
        "fixtures_jkorf/rest_GetSymbols.json": .instruments,
        "fixtures_jkorf/rest_GetTickers.json": .unused,
        "fixtures_jkorf/ws_sub_EstimatedPrice.json": .market,
        "fixtures_jkorf/ws_sub_FundingRate.json": .market,
        "fixtures_jkorf/ws_sub_IndexKlines.json": .market,
        "fixtures_jkorf/ws_sub_IndexTicker.json": .market,
        "fixtures_jkorf/ws_sub_Interest.json": .market,
        "fixtures_jkorf/ws_sub_Klines.json": .market,
        "fixtures_jkorf/ws_sub_MarkPrice.json": .market,
        "fixtures_jkorf/ws_sub_MarkPriceKlines.json": .market,
        "fixtures_jkorf/ws_sub_OptionSummary.json": .market,
        "fixtures_jkorf/ws_sub_OrderBook.json": .market,
        "fixtures_jkorf/ws_sub_PriceLimit.json": .market,
        "fixtures_jkorf/ws_sub_Symbol.json": .market,
        "fixtures_jkorf/ws_sub_SystemStatus.json": .market,
        "fixtures_jkorf/ws_sub_Ticker.json": .market,
        "fixtures_jkorf/ws_sub_Trades.json": .market,
    ]

    /// Of the table, or by the beginning of its name where whole groups are of one kind.
    static func kind(_ path: String) -> OKXFile? {
        if let kind = table[path] { return kind }
        if path.hasPrefix("instruments_live/") { return .instruments }
        for private_ in [
            "fixtures_burakoner/Trade_", "fixtures_jkorf/ws_op_", "fixtures_jkorf/rest_",
        ] where path.hasPrefix(private_) { return .account }
        for name in [
            "AdvancedAlgoOrder", "AlgoOrder", "Balance", "BalanceAndPosition", "Deposit", "Greeks",
            "LiquidationWarning", "Order", "Position", "UserTrade", "Withdrawal",
        ] where path == "fixtures_jkorf/ws_sub_\(name).json" { return .account }
        return nil
    }

    static let all: [String] = {
        guard let walker = FileManager.default.enumerator(atPath: okxSamples) else { return [] }
        return walker.compactMap { $0 as? String }
            .filter { $0.contains(".") && !$0.hasSuffix("/") }.sorted()
    }()

    static func files(_ kind: OKXFile) -> [String] { all.filter { self.kind($0) == kind } }

    /// The messages of a file: one document, or one a line.
    static func messages(_ path: String) throws -> [[UInt8]] {
        let whole = try WholeFile.bytes("\(okxSamples)/\(path)")
        if path.hasSuffix(".jsonl") {
            return whole.split(separator: UInt8(ascii: "\n")).map { Array($0) }
        }
        return [whole]
    }
}

@Suite(
    "Recorded OKX messages", .enabled(if: haveOKXSamples, "the venue samples are not here"))
struct OKXRecordedTests {
    @Test func `every file is fed to a decoder that the table names`() {
        #expect(OKXFile.all.count > 80)
        let unknown = OKXFile.all.filter { OKXFile.kind($0) == nil }
        #expect(unknown == [])
        let missing = OKXFile.table.keys.filter { !OKXFile.all.contains($0) }
        #expect(missing == [])
    }

    @Test(arguments: OKXFile.files(.market))
    func `every market message is accepted, and both paths make the same of it`(
        path: String
    ) throws {
        let messages = try OKXFile.messages(path)
        let (first, second) = (try Harness.okx(naming: messages), try Harness.okx(naming: messages))
        for message in messages {
            let scanned = first.parse(message)
            let generic = second.parse(message, generic: true)
            #expect(sameRecords(scanned, generic))
        }
        #expect(first.refusals == 0)
        #expect(first.counter("ignored") == 0)
        let isRecorded = path.hasPrefix("recorded_messages/")
        let isHot = ["bbo-tbt", "l2-tbt", "tickers", "trades"].contains { path.contains($0) }
        if isRecorded, isHot {
            // Each file may hold a message with numbers longer than the scanner takes.
            #expect(first.counter("generic") <= first.counter("control_replies") + 1)
        }
    }

    @Test(arguments: OKXFile.files(.bookByREST))
    func `every book by REST is a snapshot`(path: String) throws {
        let messages = try OKXFile.messages(path)
        let harness = try Harness.okx([okxInstrument("BTC-USDT", priceDecimals: 4)])
        for message in messages {
            let records = harness.parseSnapshot(message)
            #expect(records.first?.header.kind == .bookSnapshot)
        }
        #expect(harness.refusals == 0)
    }

    /// Goal: whole recorded streams go through the scanner, which makes what the generic path
    /// makes. Method: every line through both.
    @Test(
        .enabled(if: haveCaptures, "the recorded captures are not here"),
        arguments: [
            ("okx_2022-05-13_public_books_tickers_trades", 410, 290),
            ("okx_2022-02-27_public_books-l2-tbt_tickers_trades", 3_777, 3_679),
            ("okex_2021-07-22_public_books-l2-tbt_conn1", 1_616, 1_504),
            ("okex_2021-07-22_public_books-l2-tbt_conn2", 1_559, 1_446),
        ])
    func `every message of the captures is taken without an error`(
        file: String, expected: Int, books: Int
    ) throws {
        var messages: [[UInt8]] = []
        var reader = try CaptureReader(path: "\(captures)/\(file).txt")
        while let line = try reader.next() { unsafe messages.append(Array(line.json)) }
        #expect(messages.count == expected)
        let (first, second) = (try Harness.okx(naming: messages), try Harness.okx(naming: messages))
        var bookCount = 0
        for message in messages {
            let scanned = first.parse(message)
            #expect(sameRecords(scanned, second.parse(message, generic: true)))
            if let kind = scanned.first?.market.kind, kind == .bookDelta || kind == .bookSnapshot {
                bookCount += 1
            }
        }
        #expect(bookCount == books)
        #expect(first.refusals == 0 && first.counter("ignored") == 0)
        #expect(first.counter("unknown_keys") == 0)
        // Trades and tickers of coins that are worth little have longer numbers than the scanner
        // takes; books are scanned whatever they hold.
        #expect(first.counter("scanned") >= UInt64(books))
        if file.contains("2022-05") {
            #expect(first.counter("generic") == first.counter("control_replies"))
        }
    }

    // MARK: - Instruments

    static let listings: [(path: String, live: Int, refused: Int)] = [
        ("instruments_live/production_instruments_spot_2026-04.json.gz", 1_218, 0),
        ("instruments_live/production_instruments_swap_2026-04.json.gz", 312, 0),
        ("instruments_live/production_instruments_futures_2026-04.json.gz", 32, 0),
        ("instruments_live/demo_instruments_spot_2026-04.json.gz", 507, 3),
        ("instruments_live/demo_instruments_swap_2026-04.json.gz", 152, 1),
        ("instruments_live/demo_instruments_futures_2026-04.json.gz", 53, 1),
    ]

    @Test(arguments: listings.indices)
    func `every live instrument is made, every other one told with its reason`(
        index: Int
    ) throws {
        let row = Self.listings[index]
        let listing = try OKXInstruments.listing(
            try WholeFile.bytes("\(okxSamples)/\(row.path)"))
        #expect(listing.refusals.map(\.reason).filter { !$0.hasPrefix("state ") } == [])
        #expect(listing.instruments.count == row.live)
        #expect(listing.refusals.count == row.refused)
        #expect(listing.instruments.allSatisfy { $0.venue == .okx && $0.venueCode > 0 })
    }

    @Test(arguments: OKXFile.files(.instruments))
    func `every listing is read`(path: String) throws {
        let bodies = OKXInstruments.bodies(try WholeFile.bytes("\(okxSamples)/\(path)"))
        #expect(!bodies.isEmpty)
        for body in bodies {
            let listing = try OKXInstruments.listing(body)
            #expect(listing.instruments.count + listing.refusals.count > 0)
        }
    }

    @Test func `the recorded rules of well-known instruments are what they are`() throws {
        let folder = "\(okxSamples)/instruments_live/production_instruments"
        let bodies = try ["spot", "swap"].map {
            try WholeFile.bytes("\(folder)_\($0)_2026-04.json.gz")
        }
        let found = try OKXInstruments.instruments(
            bodies, symbols: ["BTC-USDT", "BTC-USDT-SWAP", "BTC-USD-SWAP"])
        let (spot, linear, inverse) = (found[0], found[1], found[2])
        #expect(spot.kind == .spot && spot.quoteAssetText == "USDT" && spot.venueCode == 3)
        #expect(spot.priceDecimals == 1 && spot.tickMantissa == 1)
        #expect(spot.quantityDecimals == 8 && spot.lotMantissa == 1)
        #expect(spot.quantityMin == QuantityLots(1_000))
        #expect(spot.contractValueE9 == 1_000_000_000)
        #expect(linear.kind == .swap && linear.isInverse == 0 && linear.venueCode == 10_459)
        #expect(linear.quoteAssetText == "USDT" && linear.contractValueE9 == 10_000_000)
        #expect(linear.quantityDecimals == 2 && linear.lotMantissa == 1)
        // One lot is 0.01 contracts of 0.01 bitcoin, at a tick of 0.1.
        #expect(linear.tickLotValueE12 == 10_000_000)
        #expect(inverse.isInverse == 1 && inverse.quoteAssetText == "USD")
        #expect(inverse.contractValueE9 == 100_000_000_000)
    }

    @Test func `what a row lacks is the reason it is refused for`() throws {
        func reason(_ row: String) throws -> String? {
            let body = Array(#"{"code":"0","msg":"","data":[\#(row)]}"#.utf8)
            return try OKXInstruments.listing(body).refusals.first?.reason
        }
        let good =
            #"{"instId":"A-B-SWAP","instType":"SWAP","state":"live","tickSz":"0.1","lotSz":"1","#
            + #""minSz":"1","ctVal":"0.01","ctMult":"1","ctType":"linear","settleCcy":"B"}"#
        #expect(try reason(good) == nil)
        let cases = [
            ("live", "suspend", "state suspend"),
            ("SWAP\",\"state", "EVENTS\",\"state", "instType EVENTS"),
            ("\"0.1\"", "\"\"", "no tickSz"),
            ("\"0.1\"", "\"0\"", "tickSz is no number above zero"),
            ("0.01", "", "no ctVal"), ("0.01", "1e3", "ctVal is no number above zero"),
            ("\"settleCcy\":\"B\"", "\"x\":1", "no settleCcy"),
            ("A-B-SWAP", String(repeating: "A", count: 32), "a name of over 31 bytes"),
            ("0.01", "0.0000000001", "a contract value too fine"),
        ]
        for (old, new, expected) in cases {
            #expect(try reason(good.replacing(old, with: new)) == expected)
        }
        #expect(throws: OKXInstrumentError.notJSON) { try OKXInstruments.listing([]) }
        #expect(throws: OKXInstrumentError.venue(code: "50011", message: "slow")) {
            try OKXInstruments.listing(Array(#"{"code":"50011","msg":"slow","data":[]}"#.utf8))
        }
        #expect(throws: OKXInstrumentError.unusable(symbol: "X", reason: "not listed")) {
            try OKXInstruments.instruments([], symbols: ["X"])
        }
    }

    // MARK: - Checksums

    @Test func `checksums are those of the venue's sheet`() {
        func sum(_ bids: [(String, String)], _ asks: [(String, String)]) -> Int32 {
            OKXBookChecksum.of(
                bids: bids.map { (price: $0.0, quantity: $0.1) },
                asks: asks.map { (price: $0.0, quantity: $0.1) })
        }
        #expect(
            sum([("3366.1", "7"), ("3366", "6")], [("3366.8", "9"), ("3368", "8")])
                == -1_881_014_294)
        #expect(
            sum([("3366.1", "7")], [("3366.8", "9"), ("3368", "8"), ("3372", "8")])
                == 831_078_360)
        #expect(
            sum([("0.034", "1001"), ("0.0325", "505")], [("0.038", "1506")]) == -1_328_280_565)
        #expect(
            sum([("0.034", "1001"), ("0.0325", "505")], [("0.0375", "500"), ("0.038", "1006")])
                == 356_118_983)
    }

    @Test(arguments: [("1.50", "1.5"), ("100", "100"), ("0.00", "0"), ("7.010", "7.01")])
    func `numbers lose the zeros at their end alone`(text: String, expected: String) {
        #expect(OKXBookChecksum.minimal(text) == expected)
    }
}
