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

@Suite("REST, log-in and subscriptions of OKX")
struct OKXRESTTests {
    private func signer(passphrase: String = "p4ss") -> OKXSigner {
        var secret = Array("22582BD0CFF14C41EDBF1AB98506286D".utf8)
        var words = Array(passphrase.utf8)
        return OKXSigner(apiKey: "k3y", secret: &secret, passphrase: &words)
    }

    private func body(_ file: String) throws -> [UInt8] { try okxMessages(file)[0] }
    private func jkorf(_ name: String) throws -> [UInt8] {
        try body("fixtures_jkorf/rest_\(name).json")
    }

    // MARK: - Signatures

    /// The sheet's time, 2020-12-08T09:08:57.715Z.
    private static let time: Int64 = 1_607_418_537_715

    @Test(arguments: [
        (
            "GET", "/api/v5/account/balance?ccy=BTC", "",
            "HiZhvSfMtWJA3uUIVXV3a/bSXNPCWvYFXoGCVS8V4zY="
        ),
        (
            "POST", "/api/v5/trade/order",
            #"{"instId":"BTC-USDT","tdMode":"cash","side":"buy","ordType":"limit","px":"1000","#
                + #""sz":"0.01"}"#,
            "vqpQPwUQp2xvmq0eLQaV4D6L6WQNFXncJ8rIkcXkDMs="
        ),
    ])
    func `a request of the sheet gets the signature of the sheet`(
        method: String, path: String, body: String, signature: String
    ) {
        let signer = signer()
        for isDemo in [false, true] {
            let headers = signer.headers(
                method: method, path: path, body: body, timeMs: Self.time, isDemo: isDemo)
            var expected = [
                "OK-ACCESS-KEY": "k3y", "OK-ACCESS-SIGN": signature,
                "OK-ACCESS-TIMESTAMP": "2020-12-08T09:08:57.715Z",
                "OK-ACCESS-PASSPHRASE": "p4ss", "Content-Type": "application/json",
            ]
            if isDemo { expected["x-simulated-trading"] = "1" }
            #expect(Dictionary(uniqueKeysWithValues: headers) == expected)
        }
    }

    @Test(arguments: [
        (Int64(1_704_876_947_999), "5/36BgGV6m/6pmdc20zdqk0mzF5ZalmzzPD2fo3wavU="),
        (1_538_054_050_000, "+LdIr8lkkvhr5hoA3g9TMC0+uQJ849ftAcocA/ouu4M="),
    ])
    func `a log-in of the sheet gets the signature of the sheet`(
        timeMs: Int64, signature: String
    ) throws {
        let signer = signer(passphrase: "a\"b\\c\u{1}ключ")
        let text = signer.login(timeMs: timeMs)
        let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        #expect(object?["op"] as? String == "login")
        #expect(
            object?["args"] as? [[String: String]] == [
                [
                    "apiKey": "k3y", "passphrase": "a\"b\\c\u{1}ключ",
                    "timestamp": "\(timeMs / 1_000)", "sign": signature,
                ]
            ])
    }

    @Test func `secret and passphrase are wiped where they came from`() {
        var secret = Array("22582BD0CFF14C41EDBF1AB98506286D".utf8)
        var passphrase = Array("p4ss".utf8)
        let signer = OKXSigner(apiKey: "k3y", secret: &secret, passphrase: &passphrase)
        #expect(secret == [UInt8](repeating: 0, count: 32))
        #expect(passphrase == [0, 0, 0, 0])
        let login = signer.login(timeMs: 1_538_054_050_000)
        #expect(login.contains("+LdIr8lkkvhr5hoA3g9TMC0+uQJ849ftAcocA/ouu4M="))
        #expect(!login.contains("22582BD0"))
    }

    /// Days on which calendars go wrong, against Foundation's.
    @Test func `times are written as the venue wants them`() {
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        let signer = signer()
        var times: [Int64] = [0, 1, 999, 951_782_400_000, 4_107_542_399_999, 253_402_300_799_000]
        for day in stride(from: Int64(0), to: 80_000, by: 61) {
            times.append(day * 86_400_000 + day * 1_013 % 86_400_000)
        }
        for time in times {
            let headers = signer.headers(method: "GET", path: "/", timeMs: time)
            let shown = headers.first { $0.0 == "OK-ACCESS-TIMESTAMP" }?.1
            let date = Date(timeIntervalSince1970: Double(time / 1_000))
            let thousandths = String(1_000 + time % 1_000).dropFirst()
            let expected = formatter.string(from: date).dropLast(4) + thousandths + "Z"
            #expect(shown == String(expected))
        }
    }

    // MARK: - Subscriptions

    @Test func `the private connection asks for orders first`() {
        #expect(
            OKXSubscription.messages(.subscribe, OKXSubscription.account(hasFills: true)) == [
                #"{"op":"subscribe","args":[{"channel":"orders","instType":"ANY"},"#
                    + #"{"channel":"account"},{"channel":"positions","instType":"ANY"},"#
                    + #"{"channel":"balance_and_position"},{"channel":"fills"}]}"#
            ])
        #expect(!OKXSubscription.account().contains { $0.channel == "fills" })
        #expect(OKXSubscription.account().allSatisfy { $0.endpoint == .restricted })
        #expect(OKXSubscription.messages(.subscribe, []) == [])
        #expect(OKXSubscription.ping == "ping")
    }

    @Test(arguments: [
        ("trades", OKXSubscription.Endpoint.open), ("books", .open), ("bbo-tbt", .open),
        ("books50-l2-tbt", .open), ("tickers", .open), ("instruments", .open),
        ("mark-price", .open), ("status", .open), ("trades-all", .business),
        ("candle1m", .business), ("candle1Dutc", .business), ("mark-price-candle1D", .business),
        ("index-candle1D", .business), ("orders", .restricted), ("account", .restricted),
        ("positions", .restricted), ("balance_and_position", .restricted),
        ("fills", .restricted),
    ])
    func `each channel has its endpoint`(channel: String, endpoint: OKXSubscription.Endpoint) {
        #expect(OKXSubscription(channel).endpoint == endpoint)
        #expect(endpoint.rawValue.hasPrefix("/ws/v5/"))
    }

    @Test(arguments: [128, 1_000, 65_535])
    func `subscriptions are packed without loss, and no message is too long`(
        lengthMax: Int
    ) throws {
        let wanted = (0..<3_000).map {
            OKXSubscription($0 % 2 == 0 ? "trades" : "books", instrument: "A\($0)-USDT-SWAP")
        }
        let messages = OKXSubscription.messages(.unsubscribe, wanted, lengthMax: lengthMax)
        var seen: [OKXSubscription] = []
        for (index, message) in messages.enumerated() {
            #expect(message.utf8.count <= lengthMax)
            let object =
                try JSONSerialization.jsonObject(with: Data(message.utf8)) as? [String: Any]
            #expect(object?["op"] as? String == "unsubscribe")
            let items = try #require(object?["args"] as? [[String: String]])
            #expect(!items.isEmpty)
            for item in items {
                seen.append(
                    OKXSubscription(item["channel"] ?? "", instrument: item["instId"]))
            }
            // As few as can be: the next one's first would not have fitted.
            if index + 1 < messages.count {
                let next = "{\"channel\":\"trades\",\"instId\":\"A0-USDT-SWAP\"}".utf8.count
                #expect(message.utf8.count + next + 8 > lengthMax)
            }
        }
        #expect(seen == wanted)
    }

    // MARK: - Paths

    @Test func `paths name what they ask for`() {
        #expect(OKXREST.openOrdersPath() == "/api/v5/trade/orders-pending?limit=100")
        #expect(
            OKXREST.openOrdersPath(after: 301_835_739_059_335_168)
                == "/api/v5/trade/orders-pending?limit=100&after=301835739059335168")
        #expect(
            OKXREST.orderPath(symbol: "BTC-USDT", orderID: 0xFF)
                == "/api/v5/trade/order?instId=BTC-USDT&clOrdId=apus00000000000000ff")
        #expect(OKXREST.fillsPath(after: 7) == "/api/v5/trade/fills?limit=100&after=7")
        #expect(
            OKXREST.bookPath(symbol: "BTC-USDT-SWAP")
                == "/api/v5/market/books?instId=BTC-USDT-SWAP&sz=400&source=0")
        #expect(OKXREST.cancelAllAfterBody(seconds: 60) == #"{"timeOut":"60"}"#)
        #expect(OKXREST.cancelAllAfterBody(seconds: 0) == #"{"timeOut":"0"}"#)
        #expect(
            OKXREST.cancelBody(symbol: "BTC-USDT", venueOrderID: 12)
                == #"{"instId":"BTC-USDT","ordId":"12"}"#)
        let order = OKXREST.Order(
            symbol: "ETH-USDT", venueOrderID: 5, orderID: 0, side: .buy, state: "live",
            price: "1", quantity: "1", cumulativeQuantity: "0", updateTimeNs: 1)
        #expect(
            OKXREST.cancelBatchBody([order, order])
                == #"[{"instId":"ETH-USDT","ordId":"5"},{"instId":"ETH-USDT","ordId":"5"}]"#)
    }

    // MARK: - Replies

    @Test(.enabled(if: haveOKXSamples, "the venue samples are not here"))
    func `time, configuration, balances and positions are read`() throws {
        #expect(
            try OKXREST.serverTime(try jkorf("GetServerTime")) == 1_597_026_383_085_000_000)
        let account = try OKXREST.accountConfiguration(try jkorf("GetAccountConfiguration"))
        #expect(account.accountMode == 3)
        #expect(account.isNetMode)
        #expect(account.permissions == ["read_only", "withdraw", "trade"])
        #expect(account.canTrade)
        #expect(account.canWithdraw)
        #expect(account.addresses == ["120.255.24.182", "49.245.196.13"])
        #expect(account.level == "Lv1")
        #expect(account.userID == "44705892343619584")
        let balances = try OKXREST.balances(try jkorf("GetAccountBalance"))
        try #require(balances.count == 1)
        #expect(balances[0].currency == "USDT")
        #expect(balances[0].cash == "4850.435693622894")
        #expect(balances[0].available == "4834.317093622894")
        #expect(balances[0].equity == "4992.890093622894")
        let whole = try OKXREST.account(try jkorf("GetAccountBalance"))
        #expect(whole.equity == "55837.43556134779")
        #expect(whole.maintenanceMargin == "0.3428274116")
        let positions = try OKXREST.positions(try jkorf("GetAccountPositions"))
        try #require(positions.count == 1)
        #expect(positions[0].symbol == "ETH-USD-210430")
        #expect(positions[0].side == "long")
        #expect(positions[0].amount == "1")
        #expect(positions[0].averagePrice == "2566.31")
        #expect(positions[0].marginMode == "isolated")
    }

    @Test(.enabled(if: haveOKXSamples, "the venue samples are not here"))
    func `orders and fills are read`() throws {
        let open = try OKXREST.openOrders(try jkorf("GetOrders"))
        #expect(open.next == nil)
        #expect(
            open.orders == [
                OKXREST.Order(
                    symbol: "BTC-USDT", venueOrderID: 301_835_739_059_335_168, orderID: 0,
                    side: .buy, state: "live", price: "59200", quantity: "1",
                    cumulativeQuantity: "0", updateTimeNs: 1_618_235_248_028_000_000)
            ])
        #expect(open.orders[0].isOpen)
        let order = try #require(try OKXREST.order(try jkorf("GetOrderDetails")))
        #expect(order.state == "filled")
        #expect(!order.isOpen)
        #expect(order.price == "0")
        #expect(order.cumulativeQuantity == "0.00192834")
        let fills = try OKXREST.fills(try jkorf("GetUserTrades"))
        try #require(fills.fills.count == 1)
        let fill = fills.fills[0]
        #expect(fill.symbol == "BTC-USDT")
        #expect(fill.venueOrderID == 680_800_019_749_904_384)
        #expect(fill.orderID == 0)
        #expect(fill.tradeID == 744_876_980)
        #expect(fill.billID == 680_800_019_754_098_688)
        #expect(fill.side == .buy)
        #expect(fill.price == "51858")
        #expect(fill.quantity == "0.00192834")
        #expect(fill.fee == "-0.00000192834")
        #expect(fill.feeCurrency == "BTC")
        #expect(!fill.isMaker)
        #expect(fill.timeNs == 1_708_587_373_362_000_000)
        #expect(fills.next == nil)
    }

    @Test(.enabled(if: haveOKXSamples, "the venue samples are not here"))
    func `replies to requests for orders tell of each order`() throws {
        for (file, codes) in [
            ("fixtures_jkorf/rest_PlaceOrder", [Int32(0)]),
            ("fixtures_jkorf/rest_PlaceMultipleOrders", [0, 0]),
            ("fixtures_jkorf/rest_CancelOrder", [0]),
            ("fixtures_jkorf/rest_CancelMultipleOrders", [0, 0]),
            ("fixtures_jkorf/rest_AmendOrder", [0]),
            ("fixtures_jkorf/rest_AmendMultipleOrders", [0, 0]),
            ("fixtures_burakoner/Trade_rest-place-order-with-subcode", [51_008]),
            ("fixtures_burakoner/Trade_rest-amend-order-with-subcode", [51_008]),
        ] {
            let replies = try OKXREST.orderReplies(try body("\(file).json"))
            #expect(replies.map(\.code) == codes, "\(file)")
            #expect(replies.allSatisfy { $0.venueOrderID != 0 && $0.orderID == 0 })
            #expect(replies.allSatisfy { ($0.outcome == .accepted) == ($0.code == 0) })
        }
        let failed = #"{"code":"1","msg":"","data":[{"clOrdId":"apus00000000000000ff","ordId":"","#
            + #""sCode":"51400","sMsg":"no"}]}"#
        let replies = try OKXREST.orderReplies(Array(failed.utf8))
        #expect(replies.map(\.orderID) == [0xFF])
        #expect(replies.map(\.code) == [51_400])
        #expect(throws: OKXReplyError.venue(code: 50_011, message: "Too Many Requests")) {
            _ = try OKXREST.orderReplies(
                Array(#"{"code":"50011","msg":"Too Many Requests","data":[]}"#.utf8))
        }
    }

    @Test(.enabled(if: haveOKXSamples, "the venue samples are not here"))
    func `a book is read, with its number where the venue tells it`() throws {
        let book = try OKXREST.book(try jkorf("GetOrderBook"))
        #expect(book.lastUpdateID == nil)
        #expect(book.timeNs == 1_629_966_436_396_000_000)
        #expect(book.asks.map(\.price) == ["41006.8"])
        #expect(book.asks.map(\.quantity) == ["0.60038921"])
        #expect(book.bids.map(\.price) == ["41006.3"])
        #expect(book.bids.map(\.quantity) == ["0.30178218"])
        for line in try okxMessages("recorded_messages/crypto-msg-parser_rest_books.jsonl") {
            let book = try OKXREST.book(line)
            #expect(!book.bids.isEmpty)
            #expect(!book.asks.isEmpty)
        }
        let numbered = #"{"code":"0","msg":"","data":[{"asks":[],"bids":[["1","2","0"]],"#
            + #""ts":"1629966436396","seqId":3235851742}]}"#
        #expect(try OKXREST.book(Array(numbered.utf8)).lastUpdateID == 3_235_851_742)
    }

    @Test(arguments: [
        ("1587971460", UInt64(1_587_971_460_000_000_000) as UInt64?),
        ("1587971460123", 1_587_971_460_123_000_000), ("0", nil),
    ])
    func `the switch tells when it will act, in seconds or milliseconds`(
        time: String, expected: UInt64?
    ) throws {
        let text = #"{"code":"0","msg":"","data":[{"triggerTime":"\#(time)","tag":"","#
            + #""ts":"1587971400"}]}"#
        #expect(try OKXREST.cancelAllAfter(Array(text.utf8)) == expected)
        if haveOKXSamples {
            #expect(
                try OKXREST.cancelAllAfter(try jkorf("CancelAllAfter"))
                    == 1_587_971_460_000_000_000)
        }
    }

    @Test func `a full page has another behind it`() throws {
        let row = #"{"instId":"BTC-USDT","ordId":"ID","clOrdId":"apus00000000000000ff","#
            + #""side":"buy","state":"live","px":"","sz":"1","accFillSz":"0","#
            + #""uTime":"1618235248028"}"#
        for count in [0, 1, 99, 100] {
            let rows = (0..<count).map { row.replacing("ID", with: "\(1_000 - $0)") }
            let text = #"{"code":"0","msg":"","data":["# + rows.joined(separator: ",") + "]}"
            let page = try OKXREST.openOrders(Array(text.utf8))
            #expect(page.orders.count == count)
            #expect(page.orders.allSatisfy { $0.orderID == 0xFF && $0.price == "0" })
            #expect(page.next == (count == 100 ? 901 : nil))
        }
    }

    @Test func `an order that the venue does not know is none`() throws {
        let text = #"{"code":"51603","msg":"Order does not exist","data":[]}"#
        #expect(try OKXREST.order(Array(text.utf8)) == nil)
    }

    /// Rate limits and pre-checks are asked for by people, not by the program.
    @Test(
        .enabled(if: haveOKXSamples, "the venue samples are not here"),
        arguments: [
            "fixtures_jkorf/rest_CheckOrder.json", "fixtures_jkorf/rest_GetAccountRateLimit.json",
            "fixtures_burakoner/Trade_get-account-rate-limit-empty-strings.json",
        ])
    func `a reply that is not the one asked for says what it lacks`(file: String) throws {
        let body = try body(file)
        #expect(throws: OKXReplyError.missing("details")) { _ = try OKXREST.balances(body) }
        #expect(throws: OKXReplyError.missing("acctLv")) {
            _ = try OKXREST.accountConfiguration(body)
        }
    }

    @Test func `a body that is no JSON, or that is an error of the venue, is told`() {
        func readEach(_ text: String, _ wanted: OKXReplyError?) {
            let body = Array(text.utf8)
            let reads: [() throws -> Void] = [
                { _ = try OKXREST.serverTime(body) },
                { _ = try OKXREST.accountConfiguration(body) },
                { _ = try OKXREST.balances(body) }, { _ = try OKXREST.positions(body) },
                { _ = try OKXREST.openOrders(body) }, { _ = try OKXREST.order(body) },
                { _ = try OKXREST.fills(body) }, { _ = try OKXREST.book(body) },
                { _ = try OKXREST.cancelAllAfter(body) }, { _ = try OKXREST.orderReplies(body) },
            ]
            for read in reads {
                if let wanted {
                    #expect(throws: wanted) { try read() }
                } else {
                    #expect(throws: OKXReplyError.self) { try read() }
                }
            }
        }
        for text in ["", "<html>", "{", "{}x"] { readEach(text, .notJSON) }
        readEach(
            #"{"msg":"Timestamp request expired","code":"50102"}"#,
            .venue(code: 50_102, message: "Timestamp request expired"))
        for text in ["{}", "[]", "null", "7", #"{"code":"0","data":[{}]}"#] {
            readEach(text, nil)
        }
    }
}
