//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Messages
import Testing
import Venues

/// Where a sample goes.
private enum Feed: Sendable, Equatable {
    /// One message a line, or one document, of a market connection of the venue.
    case market(Venue)
    /// An order book snapshot by REST.
    case snapshot(Venue)
    /// A reply of the WebSocket API.
    case reply
    case order
    case orders
    case batch
    case trades
    case countdown
    case listenKey
    case serverTime
    case rateLimits
    case positions
    case balances
    case incomes
    case listing(Venue)
    /// JSON that only has to be no error: nothing here reads more of it.
    case success
}

/// Goal: no sample is passed over in silence. Method: every file beneath the samples has its row
/// here, by its own name or by its folder's rule; a file without a row fails.
@Suite("Every Binance sample")
struct EverySampleTests {
    static let files: [String] = {
        guard let walk = FileManager.default.enumerator(atPath: samples) else { return [] }
        return walk.compactMap { $0 as? String }
            .filter { $0.hasSuffix(".json") || $0.hasSuffix(".jsonl") }.sorted()
    }()

    /// REST fixtures that more is read of than that they are no error.
    private static let fixtures: [String: Feed] = [
        "accountTradeList": .trades, "allOrders": .orders, "autoCancelAllOpenOrders": .countdown,
        "cancelMultipleOrders": .batch, "cancelOrder": .order, "checkServerTime": .serverTime,
        "getIncomeHistory": .incomes, "futuresAccountBalanceV2": .balances,
        "futuresAccountBalanceV3": .balances,
        "currentAllOpenOrders": .orders, "exchangeInformation": .listing(.binanceUSDM),
        "keepaliveUserDataStream": .listenKey, "modifyMultipleOrders": .batch,
        "modifyOrder": .order, "newOrder": .order, "orderBook": .snapshot(.binanceUSDM),
        "placeMultipleOrders": .batch, "positionInformationV2": .positions,
        "positionInformationV3": .positions, "queryCurrentOpenOrder": .order,
        "queryOrder": .order, "queryUserRateLimit": .rateLimits,
        "rpiOrderBook": .snapshot(.binanceUSDM), "startUserDataStream": .listenKey,
        "testOrder": .order, "usersForceOrders": .success,
    ]

    private static let recorded: [String: Feed] = [
        "api_v3_depth_GET": .snapshot(.binanceSpot), "fapi_v1_depth_GET": .snapshot(.binanceUSDM),
        "api_v3_exchangeInfo_GET": .listing(.binanceSpot),
        "fapi_v1_exchangeInfo_GET": .listing(.binanceUSDM), "fapi_v1_time_GET": .serverTime,
    ]

    /// Made-up examples whose levels have a price and no quantity: no book may be made of them.
    static let withoutQuantity: Set<String> = [
        "diffBookDepthStreams", "partialBookDepthStreams", "rpiDiffBookDepthStreams",
    ]

    private static func feed(_ path: String) -> Feed? {
        let parts = path.split(separator: "/").map(String.init)
        guard let file = parts.last else { return nil }
        let name = String(file.prefix { $0 != "." })
        switch parts.dropLast() {
        case ["live"]:
            let venues: [(String, Venue)] = [
                ("usdm_", .binanceUSDM), ("coinm_", .binanceCOINM), ("spot_", .binanceSpot),
                // European options share the frame with futures; none of their kinds is read.
                ("options_", .binanceUSDM),
            ]
            guard let venue = venues.first(where: { name.hasPrefix($0.0) })?.1 else { return nil }
            if name.contains("rest_depth_snapshot") { return .snapshot(venue) }
            return name.contains("rest_openInterest") ? .success : .market(venue)
        case ["fixtures_connector_js", "ws_streams"]: return .market(.binanceUSDM)
        case ["fixtures_connector_js", "ws_api"]: return .reply
        case ["fixtures_connector_js", "rest"]: return fixtures[name] ?? .success
        case ["rest_recorded_gct"]: return recorded[name] ?? .success
        default: return nil
        }
    }

    /// Instruments of every symbol that the messages name, precise enough for any price.
    private static func harness(_ messages: [[UInt8]], _ venue: Venue) throws -> Harness {
        var names: [String] = []
        for message in messages {
            let text = String(decoding: message, as: UTF8.self)
            let symbols = text.matches(of: /"(?:s|symbol)"\s*:\s*"([^"]+)"/)
                .map { String($0.output.1) }
            let streams = text.matches(of: /"stream":"([A-Za-z0-9_]+)@/)
                .map { $0.output.1.uppercased() }
            for name in symbols + streams where !names.contains(name) && name.utf8.count < 32 {
                names.append(name)
            }
        }
        if names.isEmpty { names = ["BTCUSDT"] }
        let instruments = names.map {
            instrument($0, priceDecimals: 8, tick: 1, quantityDecimals: 8, venue: venue)
        }
        return try Harness(
            instruments, venue: venue,
            roles: [
                .inbox,
                .market(instruments: instruments.indices.map { UInt32($0) }, venue: venue),
                .orderEntry, .userStream,
            ])
    }

    /// The messages of a file: its lines, the bodies that a recorder wrapped, or all of it.
    private static func messages(_ path: String) throws -> [[UInt8]] {
        let data = try Data(contentsOf: URL(filePath: "\(samples)/\(path)"))
        if path.hasSuffix(".jsonl") {
            return data.split(separator: UInt8(ascii: "\n")).map { Array($0) }
        }
        guard path.hasPrefix("rest_recorded_gct/") else { return [Array(data)] }
        let rows = try #require(try JSONSerialization.jsonObject(with: data) as? [[String: Any]])
        return try rows.map { row in
            let body = try #require(row["response"])
            return Array(try JSONSerialization.data(
                withJSONObject: body, options: .fragmentsAllowed))
        }
    }

    @Test(.enabled(if: haveSamples, "the venue samples are not here"))
    func `the samples are found, and each has a place to go to`() {
        #expect(Self.files.count > 200)
        for file in Self.files { #expect(Self.feed(file) != nil, "\(file): nothing reads it") }
        let names = Set(
            Self.files.map { $0.split(separator: "/").last?.prefix { $0 != "." } ?? "" })
        for name in Array(Self.fixtures.keys) + Array(Self.recorded.keys) {
            #expect(names.contains(Substring(name)), "\(name): no such sample")
        }
    }

    @Test(.enabled(if: haveSamples, "the venue samples are not here"), arguments: files)
    func `every message of it is taken`(file: String) throws {
        let feed = try #require(Self.feed(file))
        let messages = try Self.messages(file)
        #expect(!messages.isEmpty)
        switch feed {
        case .market(let venue): try market(file, messages, venue)
        case .snapshot(let venue):
            let harness = try Self.harness(messages, venue)
            for message in messages { #expect(!harness.parseSnapshot(message).isEmpty) }
            #expect(harness.refusals == 0)
        case .reply:
            let harness = try Self.harness(messages, .binanceUSDM)
            for message in messages { _ = harness.report(
                    String(decoding: message, as: UTF8.self), Harness.orderEntry) }
            #expect(harness.refusals == 0)
            #expect(harness.counter("unmatched_replies") == UInt64(messages.count))
        default: for message in messages { try document(message, feed) }
        }
    }

    private func market(_ file: String, _ messages: [[UInt8]], _ venue: Venue) throws {
        let harness = try Self.harness(messages, venue)
        for message in messages {
            let scanned = harness.parse(message)
            #expect(sameRecords(scanned, harness.parse(message, generic: true)))
        }
        let isDefect = Self.withoutQuantity.contains { file.contains($0) }
        #expect(harness.counter("malformed") == (isDefect ? UInt64(messages.count * 2) : 0))
        #expect(harness.refusals == harness.counter("malformed"))
        let isOption = file.contains("options_")
        #expect(harness.counter("ignored") == (isOption ? UInt64(messages.count * 2) : 0))
        #expect(harness.counter("unlisted_symbols") == 0)
    }

    private func document(_ body: [UInt8], _ feed: Feed) throws {
        switch feed {
        case .order: #expect(try BinanceREST.order(body).venueOrderID > 0)
        case .orders: #expect(try !BinanceREST.orders(body).isEmpty)
        // The examples put an order and a refusal into one row: the refusal counts.
        case .batch:
            guard case .refused = try BinanceREST.batch(body, count: 1)[0] else {
                Issue.record("an order that was refused")
                return
            }
        case .trades: #expect(try BinanceREST.trades(body)[0].tradeID > 0)
        case .countdown: #expect(try BinanceREST.countdown(body) == 100_000)
        case .listenKey: #expect(try !BinanceREST.listenKey(body).isEmpty)
        case .serverTime: #expect(try BinanceREST.serverTime(body) > 0)
        case .rateLimits: #expect(try !BinanceREST.rateLimits(body).isEmpty)
        case .positions: try positions(body)
        case .balances: try balances(body)
        case .incomes: try incomes(body)
        case .listing(let venue): try listing(body, venue)
        case .success:
            // One recording is of a request that the venue refused.
            do { try BinanceREST.check(body) } catch .venue(let code, _) { #expect(code == -1121) }
        default: Issue.record("a document without a reader")
        }
    }

    private func positions(_ body: [UInt8]) throws {
        let positions = try BinanceREST.positions(body)
        #expect(!positions.isEmpty)
        // One sample is of a flat position.
        let held = positions.filter { Double($0.amount) ?? 0 != 0 }
        #expect(held.allSatisfy { Double($0.entryPrice) ?? 0 > 0 })
        #expect(held.allSatisfy { Double($0.maintenanceMargin) ?? 0 > 0 })
    }

    private func incomes(_ body: [UInt8]) throws {
        let incomes = try BinanceREST.incomes(body)
        #expect(incomes.map(\.type) == ["TRANSFER"])
        #expect(incomes.map(\.amount) == ["-0.37500000"])
        #expect(incomes.map(\.transactionID) == [9_689_322_392])
    }

    private func balances(_ body: [UInt8]) throws {
        let balances = try BinanceREST.balances(body)
        #expect(balances.map(\.asset) == ["USDT"])
        #expect(balances.map(\.wallet) == ["122607.35137903"])
        #expect(balances.map(\.unrealised) == ["0.00000000"])
    }

    private func listing(_ body: [UInt8], _ venue: Venue) throws {
        let (instruments, refused) = try BinanceREST.listing(body, venue: venue)
        for refusal in refused {
            switch refusal.reason {
            case .notTrading: break
            // The made-up example has one filter where there should be eight.
            case .badFilter(let symbol, let filter, _):
                #expect(symbol == "BLZUSDT")
                #expect(filter == "LOT_SIZE")
            default: Issue.record("\(refusal.symbol): \(refusal.reason)")
            }
        }
        for one in instruments {
            #expect(one.contractValueE9 == 1_000_000_000)
            #expect(one.kind == (venue == .binanceSpot ? .spot : .swap))
            #expect(one.percentUpE4 > 10_000)
            #expect((1..<10_000).contains(one.percentDownE4))
            #expect(one.notionalMinE8 > 0)
            #expect(one.openOrdersMax > 0)
            #expect(one.quantityMax.rawValue >= one.quantityMin.rawValue)
        }
        _ = try BinanceREST.rateLimits(body)
    }
}
