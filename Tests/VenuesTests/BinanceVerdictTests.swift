//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Testing
import Venues

@Suite("Binance verdicts and budgets")
struct BinanceVerdictTests {
    static let now: UInt64 = 1_700_000_005_000

    struct Case: Sendable, CustomStringConvertible {
        let status: Int
        let body: String
        var retryAfter: UInt64?
        let verdict: BinanceVerdict
        var description: String { "\(status) \(body.prefix(60))" }
    }

    private static func error(_ code: Int, _ message: String = "x") -> String {
        #"{"code":\#(code),"msg":"\#(message)"}"#
    }

    static let ban = "Way too many requests; IP(1.2.3.4) banned until 1700000999000. Please use"
    static let throttled = "Request throttled by system-level protection. Reduce-only"
    static let unknownText = "Unknown error, please check your request or try again later."
    static let notDone = "Internal error; unable to process your request. Please try again."

    static let cases = [
        Case(status: 200, body: "{}", verdict: .ok),
        Case(status: 200, body: #"{"code":200,"msg":"done"}"#, verdict: .ok),
        Case(status: 200, body: error(-2011), verdict: .rejected(code: -2011)),
        Case(status: 400, body: error(-2011), verdict: .rejected(code: -2011)),
        Case(status: 400, body: error(-5022), verdict: .rejected(code: -5022)),
        Case(status: 400, body: error(-1021), verdict: .rejected(code: -1021)),
        Case(status: 401, body: error(-2015), verdict: .rejected(code: -2015)),
        Case(status: 404, body: "<html>", verdict: .rejected(code: 0)),
        Case(status: 403, body: "<html>WAF", verdict: .stop(untilMs: now + 300_000)),
        Case(status: 408, body: "", verdict: .unknown),
        Case(status: 409, body: "", verdict: .unknown),
        Case(status: 400, body: error(-1001), verdict: .unknown),
        Case(status: 400, body: error(-1006), verdict: .unknown),
        Case(status: 400, body: error(-1007), verdict: .unknown),
        Case(status: 400, body: error(-4116), verdict: .unknown),
        Case(
            status: 429, body: error(-1003),
            verdict: .retryAfter(milliseconds: 35_000, exemptsCancels: false)),
        Case(
            status: 429, body: error(-1003), retryAfter: 7,
            verdict: .retryAfter(milliseconds: 7_000, exemptsCancels: false)),
        Case(
            status: 429, body: error(-1015),
            verdict: .retryAfter(milliseconds: 5_000, exemptsCancels: true)),
        Case(
            status: 429, body: "<html>",
            verdict: .retryAfter(milliseconds: 35_000, exemptsCancels: false)),
        Case(status: 418, body: error(-1003, ban), verdict: .stop(untilMs: 1_700_000_999_000)),
        Case(status: 429, body: error(-1003, ban), verdict: .stop(untilMs: 1_700_000_999_000)),
        Case(status: 418, body: "", retryAfter: 60, verdict: .stop(untilMs: now + 60_000)),
        Case(status: 418, body: "", verdict: .stop(untilMs: now + 120_000)),
        Case(
            status: 418, body: error(-1003, "banned until 99"),
            verdict: .stop(untilMs: now + 120_000)),
        Case(
            status: 503, body: error(-1008, throttled),
            verdict: .retryAfter(milliseconds: 1_000, exemptsCancels: true)),
        Case(status: 503, body: error(-1000, unknownText), verdict: .unknown),
        Case(status: 503, body: #"{"code":0,"msg":"\#(unknownText)"}"#, verdict: .unknown),
        Case(
            status: 503, body: #"{"code":0,"msg":"Service Unavailable."}"#,
            verdict: .retryAfter(milliseconds: 200, exemptsCancels: true)),
        Case(
            status: 503, body: error(-1000, notDone),
            verdict: .retryAfter(milliseconds: 200, exemptsCancels: true)),
        Case(status: 503, body: "", verdict: .unknown),
        Case(status: 500, body: "<html>", verdict: .unknown),
        Case(status: 504, body: "", verdict: .unknown),
        Case(status: 302, body: "", verdict: .unknown),
        Case(status: 0, body: "", verdict: .unknown),
        Case(
            status: 429, body: "", retryAfter: .max,
            verdict: .retryAfter(milliseconds: 604_800_000, exemptsCancels: false)),
    ]

    @Test(arguments: cases)
    func `a reply is judged by status, code and text`(_ one: Case) {
        let verdict = BinanceVerdict.of(
            status: one.status, body: Array(one.body.utf8), retryAfterSeconds: one.retryAfter,
            nowMs: Self.now)
        #expect(verdict == one.verdict)
    }

    // MARK: Budget

    static let query = BinanceRequest.time
    static let vital = BinanceRequest.cancelAll(instrument("BTCUSDT"))

    private func request(weight: Int, _ purpose: BinanceRequest.Purpose) -> BinanceRequest {
        BinanceRequest(.get, "/x", purpose: purpose, weight: weight)
    }

    @Test func `ordinary requests stop at the reserve, vital ones at the limit`() {
        var budget = WeightBudget(.init(weightPerMinuteMax: 100, reserve: 20))
        let now: UInt64 = 60_000
        #expect(budget.admit(request(weight: 80, .ordinary), nowMs: now) == nil)
        #expect(
            budget.admit(Self.query, nowMs: now)
                == .weight(used: 80, limit: 80, untilMs: 120_000))
        for _ in 0..<20 { #expect(budget.admit(Self.vital, nowMs: now) == nil) }
        #expect(
            budget.admit(Self.vital, nowMs: now)
                == .weight(used: 100, limit: 100, untilMs: 120_000))
        #expect(budget.admit(request(weight: 0, .ordinary), nowMs: now) == nil)
        #expect(budget.admit(request(weight: 80, .ordinary), nowMs: 120_000) == nil)
    }

    @Test func `what the venue has counted stands, a smaller number of it does not`() {
        var budget = WeightBudget()
        budget.observe(usedWeight: "1999", nowMs: 60_000)
        #expect(budget.usedWeight == 1_999)
        #expect(budget.admit(Self.query, nowMs: 60_001) == nil)
        #expect(budget.admit(Self.query, nowMs: 60_002) != nil)
        for text in ["5", "-1", "x", "", nil] { budget.observe(usedWeight: text, nowMs: 60_003) }
        #expect(budget.usedWeight == 2_000)
        budget.observe(usedWeight: "7", nowMs: 120_000)
        #expect(budget.usedWeight == 7)
        // A clock set back forgets nothing.
        budget.observe(usedWeight: nil, nowMs: 60_000)
        #expect(budget.usedWeight == 7)
    }

    @Test func `orders are counted in ten seconds and in a minute`() {
        var budget = WeightBudget(.init(ordersPerTenSecondsMax: 2, ordersPerMinuteMax: 3))
        let order = BinanceRequest(.post, "/x", purpose: .order, weight: 0, orders: (1, 1))
        #expect(budget.admit(order, nowMs: 0) == nil)
        #expect(budget.admit(order, nowMs: 1) == nil)
        #expect(budget.admit(order, nowMs: 2) == .orders(used: 2, limit: 2, untilMs: 10_000))
        #expect(budget.admit(Self.vital, nowMs: 2) == nil)
        #expect(budget.admit(order, nowMs: 10_000) == nil)
        #expect(budget.admit(order, nowMs: 20_000) == .orders(used: 3, limit: 3, untilMs: 60_000))
        budget.observe(
            usedWeight: nil, orderCountTenSeconds: "2", orderCountMinute: "2", nowMs: 60_000)
        #expect(budget.admit(order, nowMs: 60_001) == .orders(used: 2, limit: 2, untilMs: 70_000))
    }

    @Test func `a pause spares cancels only where the venue does, a ban nothing`() {
        var budget = WeightBudget()
        budget.observe(.retryAfter(milliseconds: 500, exemptsCancels: true), nowMs: 1_000)
        #expect(budget.admit(Self.query, nowMs: 1_400) == .backingOff(untilMs: 1_500))
        #expect(budget.admit(Self.vital, nowMs: 1_400) == nil)
        #expect(budget.admit(Self.query, nowMs: 1_500) == nil)
        budget.observe(.retryAfter(milliseconds: 500, exemptsCancels: false), nowMs: 2_000)
        budget.observe(.retryAfter(milliseconds: 100, exemptsCancels: true), nowMs: 2_100)
        #expect(budget.admit(Self.vital, nowMs: 2_400) == .backingOff(untilMs: 2_500))
        budget.observe(.stop(untilMs: 9_000), nowMs: 3_000)
        budget.observe(.stop(untilMs: 4_000), nowMs: 3_000)
        for verdict in [BinanceVerdict.ok, .unknown, .rejected(code: -1)] {
            budget.observe(verdict, nowMs: 3_000)
        }
        #expect(budget.admit(Self.vital, nowMs: 8_999) == .banned(untilMs: 9_000))
        #expect(budget.admit(Self.vital, nowMs: 9_000) == nil)
    }

    @Test func `limits are those that the venue tells`() throws {
        let text =
            #"[{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,"#
            + #""limit":6000},{"rateLimitType":"ORDERS","interval":"SECOND","intervalNum":10,"#
            + #""limit":100},{"rateLimitType":"ORDERS","interval":"DAY","intervalNum":1,"#
            + #""limit":200000}]"#
        let limits = WeightBudget.Limits(try BinanceREST.rateLimits(Array(text.utf8)))
        #expect(limits.weightPerMinuteMax == 6_000)
        #expect(limits.reserve == 1_000)
        #expect(limits.ordersPerTenSecondsMax == 100)
        #expect(limits.ordersPerMinuteMax == 1_200)
    }
}
