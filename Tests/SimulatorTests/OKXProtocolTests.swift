//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Testing

@testable import Simulator

@Suite("OKX signatures")
struct OKXCredentialsTests {
    static let secret = Array("22582BD0CFF14C41EDBF1AB98506286D".utf8)

    @Test(arguments: [
        ("1704876947GET/users/self/verify", "5/36BgGV6m/6pmdc20zdqk0mzF5ZalmzzPD2fo3wavU="),
        ("1538054050GET/users/self/verify", "+LdIr8lkkvhr5hoA3g9TMC0+uQJ849ftAcocA/ouu4M="),
        (
            "2020-12-08T09:08:57.715ZGET/api/v5/account/balance?ccy=BTC",
            "HiZhvSfMtWJA3uUIVXV3a/bSXNPCWvYFXoGCVS8V4zY="
        ),
        (
            "2020-12-08T09:08:57.715ZPOST/api/v5/trade/order"
                + #"{"instId":"BTC-USDT","tdMode":"cash","side":"buy","ordType":"limit","#
                + #""px":"1000","sz":"0.01"}"#,
            "vqpQPwUQp2xvmq0eLQaV4D6L6WQNFXncJ8rIkcXkDMs="
        ),
    ])
    func `the venue's vectors are reproduced`(text: String, expected: String) {
        #expect(OKXCredentials.signature(secret: Self.secret, text: text) == expected)
    }

    @Test(arguments: [
        ("2020-12-08T09:08:57.715Z", 1_607_418_537_715), ("1970-01-01T00:00:00.000Z", 0),
        ("2024-02-29T23:59:59.999Z", 1_709_251_199_999),
        ("2000-03-01T00:00:00.000Z", 951_868_800_000),
        ("2020-12-08T09:08:57.715", nil), ("2020-13-08T09:08:57.715Z", nil), ("", nil),
        ("2020-12-08 09:08:57.715Z", nil), ("2020-12-08T09:08:-7.715Z", nil),
    ] as [(String, Int64?)])
    func `a REST timestamp is read or refused`(text: String, expected: Int64?) {
        #expect(ISOTime.milliseconds(text) == expected)
    }

    static let good = [
        "OK-ACCESS-KEY": "key", "OK-ACCESS-PASSPHRASE": "pass",
        "OK-ACCESS-SIGN": "HiZhvSfMtWJA3uUIVXV3a/bSXNPCWvYFXoGCVS8V4zY=",
        "OK-ACCESS-TIMESTAMP": "2020-12-08T09:08:57.715Z",
    ]

    @Test(arguments: [
        ("", "", 0, 0), ("OK-ACCESS-KEY", "", 0, 50103), ("OK-ACCESS-PASSPHRASE", "", 0, 50104),
        ("OK-ACCESS-SIGN", "", 0, 50106), ("OK-ACCESS-TIMESTAMP", "", 0, 50107),
        ("OK-ACCESS-TIMESTAMP", "yesterday", 0, 50112), ("OK-ACCESS-KEY", "other", 0, 50119),
        ("OK-ACCESS-PASSPHRASE", "other", 0, 50105), ("OK-ACCESS-SIGN", "AAAA", 0, 50113),
        ("", "", 30_000, 0), ("", "", 30_001, 50102), ("", "", -30_001, 50102),
    ])
    func `each wrong header has its code`(
        name: String, value: String, laterMs: Int64, expected: Int
    ) {
        var headers = Self.good
        if !name.isEmpty { headers[name] = value }
        let request = RESTRequest(
            method: "GET", path: "/api/v5/account/balance", query: "ccy=BTC", body: "",
            apiKey: "", headers: headers)
        var code = 0
        do throws(OKXError) {
            try OKXFixture.credentials.checkSigned(
                request, nowMs: 1_607_418_537_715 + laterMs)
        } catch { code = error.code }
        #expect(code == expected)
    }
}

@Suite("OKX sessions")
struct OKXSessionTests {
    static let loginVector =
        #"{"op":"login","args":[{"apiKey":"key","passphrase":"pass","timestamp":"1704876947","#
        + #""sign":"5/36BgGV6m/6pmdc20zdqk0mzF5ZalmzzPD2fo3wavU="}]}"#

    @Test func `ping is answered with pong and no quotes`() {
        let client = OKXClient(OKXFixture(), .publicData)
        client.send("ping")
        #expect(client.texts == ["pong"])
    }

    @Test func `a right log-in is confirmed once and a second refused`() {
        let client = OKXClient(OKXFixture(), .privateData)
        client.send(Self.loginVector)
        #expect(
            client.texts == [#"{"event":"login","code":"0","msg":"","connId":"0b38c7cc"}"#])
        client.send(Self.loginVector)
        #expect(client.errors == ["60031"])
        #expect(client.closeCode == nil)
    }

    @Test(arguments: [
        (#""timestamp":"1704876947""#, #""timestamp":"x""#, "60004"),
        (#""timestamp":"1704876947""#, #""timestamp":"1704876900""#, "60006"),
        (#""apiKey":"key""#, #""apiKey":"""#, "60005"),
        (#""apiKey":"key""#, #""apiKey":"nobody""#, "60032"),
        (#""passphrase":"pass""#, #""passphrase":"other""#, "60024"),
        (#""sign":"5"#, #""sign":"6"#, "60007"),
        ("}]}", #"},{"apiKey":"b"}]}"#, "60021"),
    ])
    func `a wrong log-in has its code and ends the connection`(
        part: String, change: String, code: String
    ) {
        let client = OKXClient(OKXFixture(), .privateData)
        client.send(Self.loginVector.replacing(part, with: change))
        #expect(client.errors == [code])
        #expect(client.closeCode == 4001)
        #expect(!client.session.isLoggedIn)
    }

    @Test func `each argument is acknowledged with the connection's name and the request's id`() {
        let client = OKXClient(OKXFixture(), .publicData)
        client.send(
            #"{"id":"7a","op":"subscribe","args":[{"channel":"trades","instId":"BTC-USDT"},"#
                + #"{"channel":"trades","instId":"ETH-USDT-SWAP"}]}"#)
        #expect(
            client.texts == [
                #"{"id":"7a","event":"subscribe","arg":{"channel":"trades","instId":"BTC-USDT"},"#
                    + #""connId":"0b38c7cc"}"#,
                #"{"id":"7a","event":"subscribe","arg":{"channel":"trades","#
                    + #""instId":"ETH-USDT-SWAP"},"connId":"0b38c7cc"}"#,
            ])
    }

    struct Case: Sendable {
        var route: OKXSession.Route
        var argument: String
        var code: String
        var vip = 5
        var isLoggedIn = false
    }

    @Test(arguments: [
        Case(
            route: .publicData, argument: #""channel":"books","instId":"NOPE-JPY""#, code: "60018"),
        Case(route: .publicData, argument: #""channel":"nope","instId":"BTC-USDT""#, code: "60018"),
        Case(route: .publicData, argument: #""channel":"orders","instType":"ANY""#, code: "60018"),
        Case(
            route: .publicData, argument: #""channel":"candle1m","instId":"BTC-USDT""#,
            code: "64001"),
        Case(route: .business, argument: #""channel":"books","instId":"BTC-USDT""#, code: "64002"),
        Case(route: .publicData, argument: #""channel":"tickers","uly":"BTC-USDT""#, code: "64000"),
        Case(
            route: .publicData, argument: #""channel":"books-l2-tbt","instId":"BTC-USDT""#,
            code: "60011"),
        Case(
            route: .publicData, argument: #""channel":"books50-l2-tbt","instId":"BTC-USDT""#,
            code: "64003", vip: 3, isLoggedIn: true),
        Case(route: .privateData, argument: #""channel":"account""#, code: "60011"),
        Case(
            route: .privateData, argument: #""channel":"fills""#, code: "64003", vip: 3,
            isLoggedIn: true),
        Case(
            route: .privateData, argument: #""channel":"orders""#, code: "60018", isLoggedIn: true),
    ])
    func `a subscription that cannot be is refused without its argument`(one: Case) {
        var options = OKXOptions()
        options.vipLevel = one.vip
        let client = OKXClient(OKXFixture(options), one.route, isLoggedIn: one.isLoggedIn)
        client.subscribe(one.argument)
        #expect(client.errors == [one.code])
        #expect(client.messages.allSatisfy { $0["arg"] == nil })
        #expect(client.closeCode == nil)
    }

    @Test(arguments: [
        ("{bad", "60012"), ("[1]", "60012"), ("{}", "60012"), ("Ping", "60012"),
        (#"{"op":"dance","args":[{}]}"#, "60019"), (#"{"op":"subscribe"}"#, "60013"),
        (#"{"op":"subscribe","args":[]}"#, "60013"), (#"{"op":"subscribe","args":[1]}"#, "60013"),
        (#"{"id":"a-b","op":"subscribe","args":[{}]}"#, "60013"),
        (#"{"id":"1","op":"order","args":[{}]}"#, "60011"),
    ])
    func `what is no request is refused and the next one works`(text: String, code: String) {
        let client = OKXClient(OKXFixture(), .privateData)
        client.send(text)
        #expect(client.errors == [code])
        client.send("ping")
        #expect(client.texts.last == "pong")
    }

    @Test func `orders on the public route are refused`() {
        let client = OKXClient(OKXFixture(), .publicData, isLoggedIn: true)
        client.send(#"{"id":"1","op":"order","args":[{}]}"#)
        #expect(client.errors == ["60028"])
    }

    @Test func `books of different depth exclude each other for one instrument`() {
        let client = OKXClient(OKXFixture(), .publicData, isLoggedIn: true)
        client.subscribe(#""channel":"books","instId":"BTC-USDT""#)
        client.subscribe(#""channel":"books-l2-tbt","instId":"BTC-USDT""#)
        client.subscribe(#""channel":"books-l2-tbt","instId":"ETH-USDT""#)
        client.subscribe(#""channel":"books50-l2-tbt","instId":"ETH-USDT""#)
        #expect(client.errors == ["64004", "64004"])
    }

    @Test func `the 481st control message of an hour is refused`() {
        let venue = OKXFixture()
        let client = OKXClient(venue, .publicData)
        for _ in 0..<481 { client.subscribe(#""channel":"status""#) }
        #expect(client.errors == ["60014"])
        #expect(client.messages.count == 481)
    }

    @Test func `limited channels tell how many connections have them, and the 31st is dead`() {
        let venue = OKXFixture()
        var clients: [OKXClient] = []
        for _ in 0..<31 {
            let client = OKXClient(venue, .privateData, isLoggedIn: true)
            client.subscribe(#""channel":"orders","instType":"ANY""#)
            clients.append(client)
        }
        #expect(
            clients[1].texts.last
                == #"{"event":"channel-conn-count","channel":"orders","connCount":"2","#
                + #""connId":"0b38c7cc"}"#)
        #expect(clients[30].messages[0]["event"]?.text == "subscribe")
        #expect(clients[30].messages[1]["event"]?.text == "channel-conn-count-error")
        #expect(clients[30].messages[1]["connCount"]?.text == "30")
        clients[0].place(0, "buy", "limit", size: "1", ticks: -500)
        #expect(clients[29].story == ["live"])
        #expect(clients[30].story == [])
    }

    @Test func `a repeated subscription is acknowledged without a second snapshot`() {
        let client = OKXClient(OKXFixture(), .publicData)
        for _ in 0..<2 { client.subscribe(#""channel":"books","instId":"BTC-USDT""#) }
        #expect(client.pushes("books").count == 1)
        #expect(client.messages.count == 3)
        client.send(#"{"op":"unsubscribe","args":[{"channel":"books","instId":"BTC-USDT"}]}"#)
        client.subscribe(#""channel":"books","instId":"BTC-USDT""#)
        #expect(client.pushes("books").map { $0["action"]?.text } == ["snapshot", "snapshot"])
    }

    @Test func `after unsubscribing nothing comes`() {
        let venue = OKXFixture()
        let client = OKXClient(venue, .publicData)
        client.subscribe(#""channel":"bbo-tbt","instId":"BTC-USDT""#)
        venue.run(seconds: 0.5)
        #expect(client.pushes("bbo-tbt").count > 1)
        client.send(#"{"op":"unsubscribe","args":[{"channel":"bbo-tbt","instId":"BTC-USDT"}]}"#)
        client.clear()
        venue.run(seconds: 0.5)
        #expect(client.texts == [])
    }
}
