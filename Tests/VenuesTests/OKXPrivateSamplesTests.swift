//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Messages
import SeededRandom
import Testing
import Venues

/// Every file beside the sheet of OKX, by what it is. Nothing is left out in silence: a file that
/// no list names fails the first test.
@Suite("Samples of OKX's private side")
struct OKXPrivateSamplesTests {
    /// Private messages of a connection, with the reports each makes of instruments of ours.
    static let messages: [(file: String, executions: [[Execution]])] = [
        ("fixtures_jkorf/ws_op_PlaceOrder.json", [[]]),
        ("fixtures_jkorf/ws_op_PlaceMultipleOrders.json", [[]]),
        ("fixtures_jkorf/ws_op_CancelOrder.json", [[]]),
        ("fixtures_jkorf/ws_op_CancelMultipleOrders.json", [[]]),
        ("fixtures_jkorf/ws_op_AmendOrder.json", [[]]),
        ("fixtures_jkorf/ws_op_AmendMultipleOrders.json", [[]]),
        ("fixtures_jkorf/ws_sub_Order.json", [[.fill]]),
        ("fixtures_jkorf/ws_sub_UserTrade.json", [[]]),
        ("fixtures_jkorf/ws_sub_Balance.json", [[]]),
        ("fixtures_jkorf/ws_sub_BalanceAndPosition.json", [[]]),
        ("fixtures_jkorf/ws_sub_Position.json", [[]]),
        ("fixtures_jkorf/ws_sub_AlgoOrder.json", [[]]),
        ("fixtures_jkorf/ws_sub_AdvancedAlgoOrder.json", [[]]),
        ("fixtures_jkorf/ws_sub_LiquidationWarning.json", [[]]),
        ("fixtures_jkorf/ws_sub_Greeks.json", [[]]),
        ("fixtures_jkorf/ws_sub_Deposit.json", [[]]),
        ("fixtures_jkorf/ws_sub_Withdrawal.json", [[]]),
        ("fixtures_burakoner/Trade_ws-place-order-with-subcode.json", [[]]),
        ("fixtures_burakoner/Trade_ws-amend-order-with-subcode.json", [[]]),
        ("fixtures_burakoner/Trade_ws-batch-amend-orders.json", [[]]),
        ("fixtures_burakoner/Trade_ws-batch-cancel-orders.json", [[]]),
        (
            "recorded_messages/gct_ws_orders_2022-06_2023-09.jsonl",
            [[.fill], [.accepted], [.fill], [.expired]]
        ),
    ]

    /// REST replies of the account and its orders: `OKXRESTTests` reads each.
    static let replies = [
        "fixtures_jkorf/rest_GetServerTime.json", "fixtures_jkorf/rest_GetAccountBalance.json",
        "fixtures_jkorf/rest_GetAccountConfiguration.json",
        "fixtures_jkorf/rest_GetAccountPositions.json", "fixtures_jkorf/rest_GetOrders.json",
        "fixtures_jkorf/rest_GetOrderDetails.json", "fixtures_jkorf/rest_GetUserTrades.json",
        "fixtures_jkorf/rest_GetOrderBook.json", "fixtures_jkorf/rest_PlaceOrder.json",
        "fixtures_jkorf/rest_PlaceMultipleOrders.json", "fixtures_jkorf/rest_CancelOrder.json",
        "fixtures_jkorf/rest_CancelMultipleOrders.json", "fixtures_jkorf/rest_AmendOrder.json",
        "fixtures_jkorf/rest_AmendMultipleOrders.json",
        "fixtures_jkorf/rest_CancelAllAfter.json", "fixtures_jkorf/rest_CheckOrder.json",
        "fixtures_jkorf/rest_GetAccountRateLimit.json",
        "fixtures_burakoner/Trade_rest-place-order-with-subcode.json",
        "fixtures_burakoner/Trade_rest-amend-order-with-subcode.json",
        "fixtures_burakoner/Trade_get-account-rate-limit-empty-strings.json",
        "recorded_messages/crypto-msg-parser_rest_books.jsonl",
    ]

    /// Public market data and instruments, which the market decoder's tests read.
    static let market = [
        "Interest", "Klines", "IndexKlines", "MarkPriceKlines", "EstimatedPrice", "FundingRate",
        "IndexTicker", "MarkPrice", "OptionSummary", "OrderBook", "PriceLimit", "Symbol",
        "SystemStatus", "Ticker", "Trades",
    ].map { "fixtures_jkorf/ws_sub_\($0).json" }
        + ["GetKlines", "GetLimitPrice", "GetRecentTrades", "GetSymbols", "GetTickers"].map {
            "fixtures_jkorf/rest_\($0).json"
        }
        + [
            "fixtures_burakoner/Account_get-instruments-private-with-quotas.json",
            "fixtures_burakoner/Public_ws-adl-warning.json",
            "fixtures_burakoner/Public_ws-estimated-price.json",
            "fixtures_burakoner/Public_ws-liquidation-orders.json",
            "okx_2022-05-13_rest_instruments.txt.gz", "SOURCES.md",
        ]

    private static func isMarket(_ file: String) -> Bool {
        market.contains(file) || file.hasPrefix("instruments_live/")
            || file.hasPrefix("recorded_messages/ccxt_ws_")
            || file.hasPrefix("recorded_messages/crypto-msg-parser_")
            || file == "recorded_messages/gct_ws_trades_2025-02.jsonl"
    }

    @Test(.enabled(if: haveOKXSamples, "the venue samples are not here"))
    func `every file is in one of the lists`() throws {
        let named = Set(Self.messages.map(\.file)).union(Self.replies)
        let files = try FileManager.default.subpathsOfDirectory(atPath: okxSamples).filter {
            var isFolder: ObjCBool = false
            _ = unsafe FileManager.default.fileExists(
                atPath: "\(okxSamples)/\($0)", isDirectory: &isFolder)
            return !isFolder.boolValue
        }
        #expect(files.count > 90)
        let others = files.filter { !named.contains($0) && !Self.isMarket($0) }
        #expect(others == [])
        for name in named.union(Self.market) { #expect(files.contains(name)) }
    }

    @Test(
        .enabled(if: haveOKXSamples, "the venue samples are not here"),
        arguments: messages.indices)
    func `every private message is taken without an error`(index: Int) throws {
        let (file, executions) = Self.messages[index]
        let harness = try OKXPrivateHarness()
        let messages = try okxMessages(file)
        try #require(messages.count == executions.count)
        for (message, expected) in zip(messages, executions) {
            let reports = harness.decode(message)
            #expect(
                reports.map(\.execution.rawValue) == expected.map(\.rawValue), "\(file)")
            #expect(reports.allSatisfy { $0.orderID == 0 })
        }
        #expect(harness.refusals == 0, "\(file)")
        #expect(harness.counter("unknown_keys") == 0, "\(file)")
        let isReply = file.contains("ws_op_") || file.contains("Trade_ws-")
        #expect((harness.counter("unmatched_replies") > 0) == (isReply))
    }

    // MARK: - The same in any writing

    /// A JSON value written again: members in any order, blanks anywhere, characters escaped.
    private func rewritten(_ value: Any, _ random: inout SplitMix64) -> String {
        func blanks() -> String {
            ["", "", "", " ", "\n", "\t \r\n"][Int(random.next() % 6)]
        }
        if let members = value as? [String: Any] {
            let names = members.keys.sorted().shuffled(using: &random)
            let texts = names.map { name in
                blanks() + quoted(name, &random) + blanks() + ":" + blanks()
                    + rewritten(members[name] ?? NSNull(), &random)
            }
            return "{" + texts.joined(separator: blanks() + ",") + blanks() + "}"
        }
        if let elements = value as? [Any] {
            let texts = elements.map { blanks() + rewritten($0, &random) }
            return "[" + texts.joined(separator: blanks() + ",") + blanks() + "]"
        }
        if let text = value as? String { return quoted(text, &random) }
        return value is NSNull ? "null" : "\(value)"
    }

    private func quoted(_ text: String, _ random: inout SplitMix64) -> String {
        var result = "\""
        for unit in text.utf16 {
            let scalar = Unicode.Scalar(unit) ?? "?"
            if random.next() % 16 == 0 || unit < 0x20 || scalar == "\"" || scalar == "\\"
                || unit > 0x7E
            {
                let hex = String(unit, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    private static let ours: [String] = [
        okxOrdersPush([okxOrder(), okxOrder([("state", "canceled"), ("cancelSource", "14")])]),
        okxOrdersPush([
            okxOrder([
                ("state", "filled"), ("accFillSz", "0.002"), ("fillSz", "0.001"),
                ("fillPx", "26228.1"), ("tradeId", "-5"), ("fillFee", "-0.01"),
                ("fillFeeCcy", "USDT"), ("execType", "M"),
            ])
        ]),
        #"{"id":"P000000000000010002","op":"batch-orders","code":"2","msg":"","data":[{"tag":"","#
            + #""ts":"1775897796026","ordId":"","clOrdId":"apus0000000000000100","sCode":"51008","#
            + #""sMsg":"a \"b\"","subCode":""},{"tag":"","ts":"1775897796026","ordId":"12","#
            + #""clOrdId":"apus0000000000000101","sCode":"0","sMsg":"","subCode":""}],"#
            + #""inTime":"1775897796026175","outTime":"1775897796027785"}"#,
    ]

    private func same(_ a: [ExecutionReport], _ b: [ExecutionReport]) -> Bool {
        func bytes(_ reports: [ExecutionReport]) -> [[UInt8]] {
            reports.map { report in
                var report = report
                report.sequence = 0
                return unsafe withUnsafeBytes(of: report) { unsafe Array($0) }
            }
        }
        return bytes(a) == bytes(b)
    }

    /// Goal: order of members, blanks and escapes mean nothing.
    /// Method: each message of ours and each sample in 100 other writings. The seed is told.
    @Test(arguments: [UInt64(1), 2])
    func `a message means the same in any writing`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var texts = Self.ours.map { Array($0.utf8) }
        if haveOKXSamples {
            for (file, _) in Self.messages { texts += try okxMessages(file) }
        }
        let harness = try OKXPrivateHarness()
        for text in texts {
            let expected = harness.decode(text)
            let value = try JSONSerialization.jsonObject(with: Data(text))
            for round in 0..<50 {
                let other = rewritten(value, &random)
                let reports = harness.decode(other)
                #expect(same(reports, expected), "seed \(seed) round \(round): \(other)")
            }
        }
        #expect(harness.refusals == 0)
    }

    /// Goal: no bytes of the venue's make the decoder read outside of them, trap, or report more
    /// than there is room for. Method: cuts at every place, and random changes, before a page that
    /// must not be touched.
    @Test func `bytes that are no message do no harm`() throws {
        let harness = try OKXPrivateHarness()
        var random = SplitMix64(seed: 5)
        for text in Self.ours.map({ Array($0.utf8) }) {
            for count in 0..<text.count { #expect(harness.decode(text.prefix(count)).isEmpty) }
            for _ in 0..<20_000 {
                var bytes = text
                for _ in 0...Int(random.next() % 3) {
                    bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(
                        truncatingIfNeeded: random.next())
                }
                #expect(harness.decode(bytes).count <= OKXPrivateDecoder.reportsMax)
            }
        }
        #expect(harness.counter("malformed") > 1_000)
    }
}
