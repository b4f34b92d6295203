//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages
import Telemetry
import Testing
import Venues

@Suite("Binance account events")
struct AccountEventTests {
    static let bitcoin = instrument("BTCUSDT")

    static let events: [(counter: String, text: String)] = [
        (
            "account_updates",
            #"{"e":"ACCOUNT_UPDATE","T":1,"E":2,"a":{"B":[{"a":"USDT"}],"P":[],"m":"ORDER"}}"#
        ),
        ("account_updates", #"{"e":"ACCOUNT_UPDATE","T":1,"E":2,"a":{"m":"FUNDING_FEE"}}"#),
        ("margin_calls", #"{"e":"MARGIN_CALL","E":1,"cw":"3.16","p":[{"s":"ETHUSDT"}]}"#),
        ("margin_calls", #"{"e":"MARGIN_CALL","E":1,"p":[]}"#),
        (
            "configuration_updates",
            #"{"e":"ACCOUNT_CONFIG_UPDATE","E":1,"T":1,"ac":{"s":"BTCUSDT","l":25}}"#
        ),
        (
            "configuration_updates",
            #"{"e":"ACCOUNT_CONFIG_UPDATE","E":1,"T":1,"ai":{"j":true}}"#
        ),
        (
            "conditional_updates",
            #"{"e":"ALGO_UPDATE","T":1,"E":1,"o":{"aid":3000000000003505,"s":"X","X":"NEW"}}"#
        ),
        ("tool_updates", #"{"e":"STRATEGY_UPDATE","T":1,"E":1,"su":{"si":1}}"#),
        ("tool_updates", #"{"e":"GRID_UPDATE","T":1,"E":1,"gu":{}}"#),
        ("tool_updates", #"{"e":"CONDITIONAL_ORDER_TRIGGER_REJECT","E":1,"T":1,"or":{}}"#),
    ]

    @Test(arguments: events)
    func `it is checked and counted, and no report is made`(counter: String, text: String) throws {
        let harness = try Harness([Self.bitcoin])
        #expect(harness.report(text, Harness.userStream).isEmpty)
        #expect(harness.report(#"{"stream":"k","data":\#(text)}"#, Harness.userStream).isEmpty)
        #expect(harness.counter(counter) == 2)
        #expect(harness.refusals == 0)
        let broken = text.replacing("\"E\":", with: "\"X\":")
        #expect(harness.report(broken, Harness.userStream).isEmpty)
        #expect(harness.counter("malformed") == 1)
    }

    private func update(_ changes: [(String, String)]) throws -> Harness {
        let harness = try Harness([Self.bitcoin])
        var text = Sample.orderUpdate
        for (old, new) in changes { text = text.replacing(old, with: new) }
        #expect(harness.report(text, Harness.userStream).count == 1)
        return harness
    }

    @Test(arguments: [
        ("1", "expired_self_trade"), ("3", "expired_self_trade"), ("2", "expired_remainder"),
        ("9", "expired_remainder"), ("4", "expired_reduce_only"), ("5", "expired_liquidation"),
        ("7", "expired_other"), ("0", "expired_other"),
    ])
    func `an order's end is counted by the venue's reason`(reason: String, counter: String) throws {
        let harness = try update([
            (#""x":"TRADE""#, #""x":"EXPIRED""#), (#""er":"0""#, "\"er\":\"\(reason)\""),
        ])
        #expect(harness.counter(counter) == 1)
        let filled = try update([(#""er":"0""#, "\"er\":\"\(reason)\"")])
        #expect(filled.counter(counter) == 0)
    }

    @Test(arguments: [
        "autoclose-1234", "adl_autoclose", "settlement_autoclose-1", "delivery_autoclose-1",
    ])
    func `orders that the venue places for us are counted`(clientID: String) throws {
        let harness = try update([("apus00000000000000ff", clientID)])
        #expect(harness.counter("forced_orders") == 1)
        #expect(try update([]).counter("forced_orders") == 0)
        #expect(
            try update([(#""x":"TRADE""#, #""x":"CALCULATED""#)]).counter("forced_orders") == 1)
        #expect(try update([(#""x":"TRADE""#, #""x":"AMENDMENT""#)]).counter("amendments") == 1)
    }

    @Test func `an expired key ends the user session, whatever type its time has`() throws {
        for time in ["1736996475556", "\"1736996475556\""] {
            let harness = try Harness([Self.bitcoin])
            let reports = harness.report(
                #"{"e":"listenKeyExpired","E":\#(time),"listenKey":"k"}"#, Harness.userStream)
            #expect(reports.map(\.execution) == [.session])
            #expect(reports.map(\.isUp) == [0])
            #expect(harness.counter("listen_key_expired") == 1)
        }
    }

    @Test func `a server that is about to stop is counted, and no report`() throws {
        let harness = try Harness([Self.bitcoin])
        let text = #"{"e":"serverShutdown","E":1}"#
        #expect(harness.report(text, Harness.userStream).isEmpty)
        #expect(harness.counter("server_shutdowns") == 1)
        #expect(harness.counter("malformed") == 0)
    }

    // MARK: Replies

    static let limits =
        #""rateLimits":[{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,"#
        + #""limit":-1,"count":-1},{"rateLimitType":"ORDERS","interval":"SECOND","intervalNum":10,"#
        + #""limit":300,"count":7},{"rateLimitType":"ORDERS","interval":"MINUTE","intervalNum":1,"#
        + #""limit":1200,"count":19}]"#

    private func gauge(_ harness: Harness, _ name: String) -> UInt64 {
        harness.telemetry.counter("parser_\(name)_used").value
    }

    @Test func `what a reply says has been used is shown`() throws {
        let harness = try Harness([Self.bitcoin])
        let head = #"{"id":"p00000000000000ff","status":200,"result":{"orderId":5},"#
        let reply = head + "\(Self.limits)}"
        #expect(harness.report(reply, Harness.orderEntry).map(\.execution) == [.accepted])
        #expect(gauge(harness, "orders_ten_seconds") == 7)
        #expect(gauge(harness, "orders_minute") == 19)
        #expect(gauge(harness, "request_weight") == 0)
        let later = reply.replacing(#""count":-1"#, with: #""count":31"#)
        _ = harness.report(later, Harness.orderEntry)
        #expect(gauge(harness, "request_weight") == 31)
        for broken in ["[]", "7", "[{}]", "[[]]", #"[{"count":1}]"#] {
            let text = head + #""rateLimits":\#(broken)}"#
            #expect(harness.report(text, Harness.orderEntry).count == 1)
        }
        #expect(gauge(harness, "request_weight") == 31)
    }

    @Test(arguments: [
        (418, -1003, "bans"), (429, -1003, "limit_refusals"), (400, -1015, "limit_refusals"),
        (503, -1008, "throttled_refusals"), (400, -1021, "clock_refusals"),
        (400, -5028, "clock_refusals"),
    ])
    func `refusals for asking too often, and for the clock, are counted`(
        status: Int, code: Int, counter: String
    ) throws {
        let harness = try Harness([Self.bitcoin])
        let reports = harness.report(
            #"{"id":"p00000000000000ff","status":\#(status),"error":{"code":\#(code),"msg":"x"}}"#,
            Harness.orderEntry)
        #expect(reports.map(\.execution) == [.rejected])
        #expect(harness.counter(counter) == 1)
    }

    @Test func `a change is taken, ends the order, fails or is unknown`() throws {
        let harness = try Harness([Self.bitcoin])
        var last: [ExecutionReport] = []
        func reply(_ rest: String) -> [Execution] {
            last = harness.report(
                #"{"id":"m00000000000000ff","status":\#(rest)}"#, Harness.orderEntry)
            return last.map(\.execution)
        }
        let terms = #""symbol":"BTCUSDT","price":"61800.30","origQty":"0.012""#
        #expect(reply(#"200,"result":{"orderId":5,"status":"NEW",\#(terms)}"#) == [.modified])
        #expect(last.map(\.lastPrice.rawValue) == [618_003])
        #expect(last.map(\.lastQuantity.rawValue) == [12])
        // Taken, and nobody knows for what.
        #expect(reply(#"200,"result":{"orderId":5,"status":"NEW"}"#) == [.unknown])
        #expect(
            reply(#"200,"result":{"status":"NEW","symbol":"BTCUSDT","price":"x"}"#) == [.unknown])
        #expect(reply(#"200,"result":{"orderId":5,"status":"CANCELED"}"#) == [.canceled])
        #expect(reply(#"400,"error":{"code":-5027,"msg":"x"}"#) == [.modifyRejected])
        #expect(harness.counter("modify_refusals") == 1)
        #expect(reply(#"503,"error":{"code":-1007,"msg":"x"}"#) == [.unknown])
        #expect(harness.refusals == 0)
    }

    @Test(arguments: [
        ("NEW", Execution.accepted), ("PARTIALLY_FILLED", .accepted), ("FILLED", .expired),
        ("CANCELED", .canceled), ("EXPIRED", .expired), ("EXPIRED_IN_MATCH", .expired),
        ("REJECTED", .rejected), ("SOMETHING", nil),
    ])
    func `an answer to a question tells where the order stands`(
        status: String, execution: Execution?
    ) throws {
        for letter in ["q", "f"] {
            let harness = try Harness([Self.bitcoin])
            let reports = harness.report(
                #"{"id":"\#(letter)00000000000000ff","status":200,"result":{"orderId":5,"#
                    + #""symbol":"BTCUSDT","status":"\#(status)","price":"61800.30","#
                    + #""origQty":"0.012","executedQty":"0.002","side":"BUY"}}"#,
                Harness.orderEntry)
            #expect(reports.map(\.execution) == (execution.map { [$0] } ?? []))
            #expect(harness.counter("unknown_executions") == (execution == nil ? 1 : 0))
            for report in reports {
                #expect(report.orderID == 0xff && report.isReply == 1)
                #expect(report.isFinal == (letter == "f" ? 1 : 0))
                #expect(report.cumulativeQuantity.rawValue == 2)
                #expect(report.lastQuantity.rawValue == (execution == .accepted ? 12 : 0))
            }
        }
    }

    @Test func `an answer that teaches nothing makes no report`() throws {
        let harness = try Harness([Self.bitcoin])
        func answer(_ rest: String) -> [Execution] {
            harness.report(
                #"{"id":"q00000000000000ff","status":\#(rest)}"#, Harness.orderEntry
            ).map(\.execution)
        }
        #expect(answer(#"400,"error":{"code":-2013,"msg":"x"}"#) == [.notFound])
        for rest in [
            #"400,"error":{"code":-1121,"msg":"x"}"#, #"503,"error":{"code":-1007,"msg":"x"}"#,
            #"429,"error":{"code":-1003,"msg":"x"}"#, "504", "408",
        ] {
            #expect(answer(rest).isEmpty)
        }
        #expect(harness.counter("venue_errors") == 5)
        #expect(answer("200").isEmpty)
        #expect(harness.counter("malformed") == 1)
    }
}
