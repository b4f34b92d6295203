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

@Suite("Order reports")
struct AccountDecoderTests {
    static let instruments = [instrument("ETHUSDT", tick: 1), instrument("BTCUSDT")]

    private func update(_ changes: [(String, String)]) throws -> (ExecutionReport?, Harness) {
        let harness = try Harness(Self.instruments)
        var text = Sample.orderUpdate
        for (old, new) in changes { text = text.replacing(old, with: new) }
        let reports = harness.report(text, Harness.userStream)
        #expect(reports.count <= 1)
        return (reports.first, harness)
    }

    @Test func `a fill carries price, quantities, fee and maker flag`() throws {
        for wrap in [false, true] {
            let harness = try Harness(Self.instruments)
            let data = Sample.orderUpdate
            let text = wrap ? #"{"stream":"key","data":\#(data)}"# : data
            let reports = harness.report(text, Harness.userStream)
            try #require(reports.count == 1)
            let report = reports[0]
            #expect(report.execution == .fill)
            #expect(report.orderID == 0xff)
            #expect(report.venueOrderID == 8_886_774)
            #expect(report.tradeID == 777)
            #expect(report.instrumentID == 1)
            #expect(report.side == .sell)
            #expect(report.lastPrice == PriceTicks(917_399))
            #expect(report.lastQuantity == QuantityLots(2))
            #expect(report.cumulativeQuantity == QuantityLots(4))
            #expect(report.feeE8 == 9_173_990)
            #expect(report.isMaker == 1)
            #expect(report.isReply == 0)
            #expect(report.venueTimeNs == 1_568_879_465_650_000_000)
            #expect(report.sequence == 1)
            #expect(harness.counter("unknown_keys") == 0)
            #expect(harness.refusals == 0)
        }
    }

    @Test(arguments: [
        ("NEW", Execution.accepted), ("TRADE", .fill), ("CANCELED", .canceled),
        ("EXPIRED", .expired), ("CALCULATED", .fill), ("AMENDMENT", .modified),
        ("SOMETHING", .unknown),
    ])
    func `each execution type of the venue has its report`(
        type: String, execution: Execution
    ) throws {
        let (report, harness) = try update([(#""x":"TRADE""#, #""x":"\#(type)""#)])
        #expect(report?.execution == execution)
        #expect(harness.counter("unknown_executions") == (execution == .unknown ? 1 : 0))
        if execution != .fill && execution != .modified {
            #expect(report?.lastQuantity == QuantityLots(0))
            #expect(report?.cumulativeQuantity == QuantityLots(4))
        }
    }

    @Test func `a change tells the new price and the new total`() throws {
        let (report, _) = try update([(#""x":"TRADE""#, #""x":"AMENDMENT""#)])
        let text = Sample.orderUpdate
        let price = try #require(text.firstMatch(of: #/"p":"([0-9.]*)"/#))
        let quantity = try #require(text.firstMatch(of: #/"q":"([0-9.]*)"/#))
        let ticks = ((Double(price.1) ?? 0) * 10).rounded()
        let lots = ((Double(quantity.1) ?? 0) * 1_000).rounded()
        #expect(report?.lastPrice.rawValue == Int64(ticks))
        #expect(report?.lastQuantity.rawValue == Int64(lots))
        for member in [#""p":"\#(price.1)""#, #""q":"\#(quantity.1)""#] {
            let (broken, harness) = try update([
                (#""x":"TRADE""#, #""x":"AMENDMENT""#), (member, #""kk":0"#),
            ])
            #expect(broken == nil)
            #expect(harness.counter("malformed") == 1)
        }
    }

    @Test(arguments: [
        "autoclose-1234567890", "adl_autoclose", "web_abc", "", "apus00000000000000f",
        "apus00000000000000ff0", "apus00000000000000FF", "APUS00000000000000ff",
        "apus0000000000000xff", "apus0000000000000000",
    ])
    func `an order whose client id does not decode is not ours`(id: String) throws {
        let (report, _) = try update([("apus00000000000000ff", id)])
        #expect(report?.orderID == 0)
        #expect(report?.execution == .fill)
    }

    @Test func `a client id keeps all 64 bits`() throws {
        let (report, _) = try update([("apus00000000000000ff", "apusfedcba9876543210")])
        #expect(report?.orderID == 0xfedc_ba98_7654_3210)
    }

    @Test func `a rebate is a negative fee, a missing one is none`() throws {
        #expect(try update([(#""n":"0.09173990""#, #""n":"-0.00000001""#)]).0?.feeE8 == -1)
        #expect(try update([(#""n":"0.09173990","N":"USDT","#, "")]).0?.feeE8 == 0)
        #expect(try update([(#""n":"0.09173990""#, #""n":"0""#)]).0?.feeE8 == 0)
    }

    @Test func `a fee in another asset is counted`() throws {
        let (report, harness) = try update([(#""N":"USDT""#, #""N":"BNB""#)])
        #expect(report != nil)
        #expect(harness.counter("foreign_fees") == 1)
    }

    @Test(arguments: [
        #""l":"0.002""#, #""z":"0.004""#, #""L":"91739.9""#, #""i":8886774"#, #""t":777"#,
        #""S":"SELL""#, #""m":true"#, #""s":"BTCUSDT""#, #""T":1568879465650"#,
    ])
    func `an update without what a fill needs is refused`(member: String) throws {
        let (report, harness) = try update([(member, #""kk":0"#)])
        #expect(report == nil)
        #expect(harness.counter("malformed") == 1)
    }

    /// Field case: the venue makes a reduce-only order as small as the position.
    @Test(arguments: [true, false])
    func `a reduce-only order has ended with its last fill, whatever its size was`(
        isReduceOnly: Bool
    ) throws {
        let harness = try Harness(Self.instruments)
        let text = Sample.orderUpdate
            .replacing(#""X":"PARTIALLY_FILLED""#, with: #""X":"FILLED""#)
            .replacing(#""R":false"#, with: #""R":\#(isReduceOnly)"#)
        let reports = harness.report(text, Harness.userStream)
        let ends = isReduceOnly ? [Execution.expired] : []
        #expect(
            reports.map(\.execution.rawValue) == ([Execution.fill] + ends).map(\.rawValue))
        #expect(reports.allSatisfy { $0.cumulativeQuantity == QuantityLots(4) })
    }

    @Test func `a fill of no whole lots, or of an unknown symbol, is refused and counted`() throws {
        let (_, inexact) = try update([(#""l":"0.002""#, #""l":"0.0025""#)])
        #expect(inexact.counter("inexact_decimals") == 1)
        #expect(try update([("BTCUSDT", "XRPUSDT")]).1.counter("unknown_symbols") == 1)
    }

    @Test func `TRADE_LITE and ACCOUNT_UPDATE are counted and make no report`() throws {
        let harness = try Harness(Self.instruments)
        let lite =
            #"{"e":"TRADE_LITE","E":1721895408092,"T":1721895408214,"s":"BTCUSDT","q":"0.001","#
            + #""p":"0","m":false,"c":"apus00000000000000ff","S":"BUY","L":"64089.20","l":"0.040","#
            + #""t":109100866,"i":8886774}"#
        #expect(harness.report(lite, Harness.userStream).isEmpty)
        #expect(harness.counter("trade_lite") == 1)
        let account =
            #"{"e":"ACCOUNT_UPDATE","E":1564745798939,"T":1564745798938,"a":{"m":"ORDER","#
            + #""B":[{"a":"USDT","wb":"122624.12345678","cw":"100.12345678","bc":"50.1"}],"P":[]}}"#
        #expect(harness.report(account, Harness.userStream).isEmpty)
        #expect(harness.counter("account_updates") == 1)
        #expect(harness.report(#"{"e":"NOVELTY_UPDATE","E":1}"#, Harness.userStream).isEmpty)
        #expect(harness.counter("ignored") == 1)
        #expect(harness.refusals == 0)
    }

    @Test(arguments: ["1736996475556", "\"1736996475556\""])
    func `an expired listen key takes the user stream down`(time: String) throws {
        let harness = try Harness(Self.instruments)
        let reports = harness.report(
            #"{"e":"listenKeyExpired","E":\#(time),"listenKey":"x"}"#, Harness.userStream)
        try #require(reports.count == 1)
        #expect(reports[0].execution == .session)
        #expect(reports[0].session == 2)
        #expect(reports[0].isUp == 0)
        #expect(harness.counter("listen_key_expired") == 1)
    }

    // MARK: - Replies

    private func reply(_ text: String) throws -> (ExecutionReport?, Harness) {
        let harness = try Harness(Self.instruments)
        let reports = harness.report(text, Harness.orderEntry)
        #expect(reports.count <= 1)
        return (reports.first, harness)
    }

    @Test func `a place that was taken is accepted, a cancel that was taken is canceled`() throws {
        let result =
            #""result":{"orderId":325078477,"symbol":"BTCUSDT","status":"NEW","side":"BUY","#
            + #""executedQty":"0.003","updateTime":1702555534435},"rateLimits":[{"count":-1}]"#
        for (letter, execution) in [("p", Execution.accepted), ("c", .canceled)] {
            let (report, harness) = try reply(
                #"{"id":"\#(letter)fedcba9876543210","status":200,\#(result)}"#)
            #expect(report?.execution == execution)
            #expect(report?.orderID == 0xfedc_ba98_7654_3210)
            #expect(report?.venueOrderID == 325_078_477)
            #expect(report?.instrumentID == 1)
            #expect(report?.cumulativeQuantity == QuantityLots(3))
            #expect(report?.side == .buy)
            #expect(report?.isReply == 1)
            #expect(report?.venueTimeNs == 1_702_555_534_435_000_000)
            #expect(harness.counter("unknown_keys") == 0)
        }
    }

    @Test(.enabled(if: haveSamples, "the venue samples are not here"))
    func `the documented replies are taken`() throws {
        let folder = "\(samples)/fixtures_connector_js/ws_api"
        for (file, letter, execution) in [
            ("newOrder", "p", Execution.accepted), ("cancelOrder", "c", .canceled),
        ] {
            var text = try String(contentsOfFile: "\(folder)/\(file).json", encoding: .utf8)
            let id = try #require(text.firstMatch(of: #/"id": "([^"]*)"/#))
            text = text.replacing(id.1, with: "\(letter)00000000000000ff")
            let (report, harness) = try reply(text)
            #expect(report?.execution == execution)
            #expect(report?.orderID == 0xff)
            #expect(report?.venueOrderID != 0)
            #expect(harness.refusals == 0)
        }
    }

    @Test(arguments: [
        (400, -2011, "Unknown order sent.", false), (400, -5022, "x", false),
        (400, -1022, "x", false),
        (429, -1015, "x", false), (418, -1003, "x", false), (401, -2015, "x", false),
        (503, -1008, "Request throttled by system-level protection.", false),
        (503, 0, "Service Unavailable.", false),
        (500, -1000, "Internal error; unable to process your request. Please try again.", false),
        (503, 0, "Unknown error, please check your request or try again later.", true),
        (400, -1006, "x", true), (400, -1007, "x", true), (400, -1001, "x", true),
        (400, -4116, "x", true), (408, 0, "x", true), (409, 0, "x", true), (500, -1000, "x", true),
        (504, 0, "x", true), (200, -1007, "x", true),
    ])
    func `an error is a refusal, or unknown when it may have been carried out`(
        status: Int, code: Int, message: String, isUnknown: Bool
    ) throws {
        for (letter, refusal) in [("p", Execution.rejected), ("c", .cancelRejected)] {
            let (report, _) = try reply(
                #"{"id":"\#(letter)00000000000000ff","status":\#(status),"#
                    + #""error":{"code":\#(code),"msg":"\#(message)"},"rateLimits":[]}"#)
            #expect(report?.execution == (isUnknown ? .unknown : refusal))
            #expect(report?.venueCode == Int32(code))
            #expect(report?.orderID == 0xff)
            #expect(report?.isReply == 1)
        }
    }

    @Test(arguments: [
        #"null"#, "7", #""login""#, #""p00000000000000f""#, #""p00000000000000fff""#,
        #""x00000000000000ff""#, #""p00000000000000FF""#, #""p0000000000000000""#,
    ])
    func `a reply to no request of ours is counted`(id: String) throws {
        let (report, harness) = try reply(
            #"{"id":\#(id),"status":401,"error":{"code":-2015,"msg":"Invalid API-key"}}"#)
        #expect(report == nil)
        #expect(harness.counter("unmatched_replies") == 1)
        #expect(harness.counter("venue_errors") == 1)
    }

    @Test func `a reply without a status, or taken without a result, is malformed`() throws {
        for text in [
            #"{"id":"p00000000000000ff"}"#, #"{"id":"p00000000000000ff","status":"200"}"#,
            #"{"id":"p00000000000000ff","status":200}"#, "[]", "", "x",
            #"{"id":"p00000000000000ff","status":400,"error":7}"#,
        ] {
            let (report, harness) = try reply(text)
            #expect(report == nil)
            #expect(harness.counter("malformed") == 1)
        }
    }
}
