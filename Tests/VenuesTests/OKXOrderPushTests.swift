//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages
import Testing
import Venues

@Suite("Pushes of OKX's orders")
struct OKXOrderPushTests {
    private static let trade = [
        ("accFillSz", "0.0005"), ("fillSz", "0.0005"), ("fillPx", "26228.1"),
        ("tradeId", "435550732"), ("fillFee", "-0.01311405"), ("fillFeeCcy", "USDT"),
        ("execType", "M"), ("fillTime", "1694153250535"), ("uTime", "1694153250540"),
        ("state", "partially_filled"),
    ]

    private func push(
        _ members: [(String, String)]
    ) throws -> ([ExecutionReport], OKXPrivateHarness) {
        let harness = try OKXPrivateHarness()
        return (harness.decode(okxOrdersPush([okxOrder(members)])), harness)
    }

    @Test func `a live order is accepted`() throws {
        let (reports, harness) = try push([])
        try #require(reports.count == 1)
        let report = reports[0]
        #expect(report.execution == .accepted)
        #expect(report.orderID == 0xFF)
        #expect(report.venueOrderID == 620_258_920_632_008_725)
        #expect(report.instrumentID == 0)
        #expect(report.side == .sell)
        #expect(report.venueTimeNs == 1_694_153_250_532_000_000)
        #expect(report.cumulativeQuantity == QuantityLots(0))
        #expect(report.isReply == 0)
        #expect(harness.counter("unknown_keys") == 0)
        #expect(harness.refusals == 0)
    }

    @Test func `a fill carries price, quantities, fee and maker flag`() throws {
        let (reports, harness) = try push(Self.trade)
        try #require(reports.count == 1)
        let report = reports[0]
        #expect(report.execution == .fill)
        #expect(report.tradeID == 435_550_732)
        #expect(report.lastPrice == PriceTicks(262_281))
        #expect(report.lastQuantity == QuantityLots(50_000))
        #expect(report.cumulativeQuantity == QuantityLots(50_000))
        #expect(report.feeE8 == 1_311_405)
        #expect(report.isMaker == 1)
        #expect(report.side == .sell)
        #expect(report.venueTimeNs == 1_694_153_250_535_000_000)
        #expect(harness.counter("foreign_fees") == 0)
        #expect(harness.refusals == 0)
    }

    @Test(arguments: [
        ("-0.01311405", Int64(1_311_405)), ("0.00000001", -1), ("0", 0), ("", 0),
        ("-0.010000249968", 1_000_025),
    ])
    func `what the venue writes as negative was charged`(fee: String, expected: Int64) throws {
        let (reports, _) = try push(Self.trade + [("fillFee", fee)])
        #expect(reports.first?.feeE8 == expected)
    }

    @Test func `a fee in another currency is counted`() throws {
        let (_, harness) = try push(Self.trade + [("fillFeeCcy", "BTC")])
        #expect(harness.counter("foreign_fees") == 1)
    }

    @Test func `the trade id of a liquidation keeps its bits`() throws {
        let (reports, _) = try push(Self.trade + [("tradeId", "-7")])
        #expect(reports.first?.tradeID == UInt64(bitPattern: -7))
        #expect(reports.first?.execution == .fill)
    }

    @Test(arguments: ["T", ""])
    func `a fill that did not rest is no maker's`(type: String) throws {
        #expect(try push(Self.trade + [("execType", type)]).0.first?.isMaker == 0)
    }

    /// One row for each state, with and without a fill in the push.
    @Test(arguments: [
        ("live", false, [Execution.accepted.rawValue]),
        ("partially_filled", true, [Execution.fill.rawValue]),
        // An amend of an order that has filled in part.
        ("partially_filled", false, [Execution.accepted.rawValue]),
        ("filled", true, [Execution.fill.rawValue]),
        // The end told by itself, behind its fill.
        ("filled", false, [Execution.expired.rawValue]),
        ("canceled", false, [Execution.canceled.rawValue]),
        ("canceled", true, [Execution.fill.rawValue, Execution.canceled.rawValue]),
        ("mmp_canceled", false, [Execution.canceled.rawValue]),
        ("mmp_canceled", true, [Execution.fill.rawValue, Execution.canceled.rawValue]),
        ("something", false, [Execution.unknown.rawValue]),
        ("something", true, [Execution.fill.rawValue, Execution.unknown.rawValue]),
    ])
    func `each state of an order has its reports`(
        state: String, hasFill: Bool, expected: [UInt8]
    ) throws {
        let trade = hasFill ? Self.trade : []
        let (reports, harness) = try push(
            trade + [("accFillSz", "0.002"), ("sz", "0.002"), ("state", state)])
        #expect(reports.map(\.execution.rawValue) == expected)
        #expect(reports.allSatisfy { $0.cumulativeQuantity == QuantityLots(200_000) })
        #expect(harness.counter("unknown_executions") == (state == "something" ? 1 : 0))
        #expect(harness.refusals == 0)
    }

    @Test func `an order filled for less than its size has ended all the same`() throws {
        let (reports, _) = try push(Self.trade + [("state", "filled")])
        #expect(
            reports.map(\.execution.rawValue)
                == [Execution.fill.rawValue, Execution.expired.rawValue])
    }

    /// Field case: the venue makes a reduce-only order as small as the position.
    @Test func `a reduce-only order has ended with its last fill, whatever its size was`() throws {
        let (reports, _) = try push(
            Self.trade + [("state", "filled"), ("reduceOnly", "true"), ("sz", "0.0005")])
        #expect(
            reports.map(\.execution.rawValue)
                == [Execution.fill.rawValue, Execution.expired.rawValue])
    }

    @Test(arguments: 0...45)
    func `who ended an order tells cancelled from expired`(source: Int) throws {
        let (reports, _) = try push([("state", "canceled"), ("cancelSource", "\(source)")])
        let isExpired = [2, 10, 13, 14, 15, 17, 21, 22, 23, 27, 31, 32, 33].contains(source)
        let expected = isExpired ? Execution.expired : .canceled
        #expect(reports.map(\.execution.rawValue) == [expected.rawValue])
    }

    /// A recorded sale at market: the end has the time of the fill before it.
    @Test(.enabled(if: haveOKXSamples, "the venue samples are not here"))
    func `the recorded sale is one fill and one end, though both have one time`() throws {
        let harness = try OKXPrivateHarness()
        let lines = try okxMessages("recorded_messages/gct_ws_orders_2022-06_2023-09.jsonl")
        let reports = lines.dropFirst().flatMap { harness.decode($0) }
        #expect(
            reports.map(\.execution.rawValue)
                == [Execution.accepted, .fill, .expired].map(\.rawValue))
        #expect(reports[1].tradeID == 435_550_732)
        #expect(reports[1].lastQuantity == QuantityLots(38_128))
        #expect(reports[1].feeE8 == 1_000_025)
        #expect(reports[1].venueTimeNs == reports[2].venueTimeNs)
        #expect(reports[2].cumulativeQuantity == QuantityLots(38_128))
        #expect(reports.allSatisfy { $0.orderID == 0 })
        #expect(harness.counter("external_orders") == 3)
        #expect(harness.refusals == 0)
    }

    @Test(arguments: [
        ("-1", Execution.modifyRejected), ("1", .modifyRejected), ("0", .modified),
        ("2", .accepted), ("", .accepted),
    ])
    func `what became of an amend is told of an order that lives on`(
        result: String, execution: Execution
    ) throws {
        let isRefused = execution == .modifyRejected
        for state in ["live", "partially_filled"] {
            let (reports, harness) = try push([
                ("amendResult", result), ("code", "51511"), ("state", state),
            ])
            #expect(reports.map(\.execution.rawValue) == [execution.rawValue])
            #expect(reports.first?.venueCode == 51_511)
            #expect(harness.counter("amend_rejects") == (isRefused ? 1 : 0))
            guard execution == .modified else { continue }
            #expect(reports.first?.lastPrice.rawValue == 262_281)
            #expect(reports.first?.lastQuantity.rawValue == 200_000)
        }
        let (ended, _) = try push([("amendResult", result), ("state", "canceled")])
        #expect(ended.map(\.execution) == [.canceled])
        let (filled, _) = try push(
            Self.trade + [("amendResult", result), ("state", "partially_filled")])
        #expect(filled.first?.execution == .fill)
        #expect(filled.dropFirst().map(\.execution) == (execution == .accepted ? [] : [execution]))
    }

    @Test(arguments: [
        ("1", Execution.modified, UInt8(0)), ("", .modified, 0), ("2", .modified, 1),
        ("3", .restated, 0), ("4", .restated, 0),
    ])
    func `who made a change is told`(
        source: String, execution: Execution, isReduced: UInt8
    ) throws {
        let (reports, _) = try push([
            ("amendResult", "0"), ("amendSource", source), ("state", "live"),
        ])
        #expect(reports.map(\.execution) == [execution])
        #expect(reports.map(\.isReduced) == [isReduced])
        #expect(reports.first?.lastQuantity.rawValue == 200_000)
    }

    @Test(arguments: ["", "HamsterParty14", "apus00000000000000FF", "apus00000000000000f"])
    func `an order of another client has no id of ours, and its fills count`(
        id: String
    ) throws {
        let (reports, harness) = try push(Self.trade + [("clOrdId", id)])
        #expect(reports.first?.orderID == 0)
        #expect(reports.first?.execution == .fill)
        #expect(harness.counter("external_orders") == 1)
    }

    @Test(arguments: [
        ("instId", "XRP-USDT", "unknown_symbols"), ("instId", "", "malformed"),
        ("uTime", "", "malformed"), ("uTime", "99999999999999999", "malformed"),
        ("ordId", "", "malformed"), ("ordId", "-1", "malformed"), ("side", "", "malformed"),
        ("side", "long", "malformed"), ("accFillSz", "", "malformed"),
        ("accFillSz", "-1", "malformed"), ("accFillSz", "0.000000001", "inexact_decimals"),
        ("fillSz", "0.000000005", "inexact_decimals"), ("fillSz", "x", "malformed"),
        ("fillPx", "", "malformed"), ("fillPx", "0.05", "inexact_decimals"),
        ("tradeId", "x", "malformed"), ("tradeId", "99999999999999999999", "malformed"),
        ("fillFee", "x", "malformed"), ("fillPx", "99999999999999999999", "overflows"),
    ])
    func `a push without what it needs is refused by name, and takes no other with it`(
        member: String, value: String, counter: String
    ) throws {
        let harness = try OKXPrivateHarness()
        let reports = harness.decode(
            okxOrdersPush([
                okxOrder(Self.trade + [(member, value)]),
                okxOrder([("clOrdId", "apus00000000000000aa")]),
            ]))
        #expect(reports.map(\.orderID) == [0xAA])
        #expect(harness.counter(counter) == 1)
        #expect(harness.refusals == 1)
    }

    @Test func `a member that nobody knows is counted, not refused`() throws {
        let (reports, harness) = try push([("brandNewMember", "1"), ("aMemberOfOver16Bytes", "1")])
        #expect(reports.count == 1)
        #expect(harness.counter("unknown_keys") == 2)
        #expect(harness.refusals == 0)
    }

    @Test func `a message of too many orders is refused whole`() throws {
        let harness = try OKXPrivateHarness()
        #expect(harness.decode(okxOrdersPush((0..<32).map { _ in okxOrder() })).count == 32)
        #expect(harness.decode(okxOrdersPush((0..<33).map { _ in okxOrder() })).isEmpty)
        #expect(harness.counter("oversized") == 1)
    }

    // MARK: - Beside orders

    @Test func `the fills channel is checked and counted, and makes no second fill`() throws {
        let harness = try OKXPrivateHarness()
        let text = #"{"arg":{"channel":"fills","uid":"6"},"data":[{"instId":"BTC-USDT-SWAP","#
            + #""fillSz":"100","fillPx":"70000","side":"buy","ts":"1705449605015","#
            + #""ordId":"680800019749904384","clOrdId":"0","tradeId":"12345","execType":"T","#
            + #""count":"10"}]}"#
        #expect(harness.decode(text).isEmpty)
        #expect(harness.counter("fill_notices") == 1)
        #expect(harness.counter("unknown_keys") == 0)
        for member in ["instId", "fillSz", "fillPx", "side", "ts", "ordId", "tradeId"] {
            #expect(harness.decode(text.replacing("\"\(member)\"", with: "\"z\"")).isEmpty)
        }
        #expect(harness.counter("malformed") == 7)
        #expect(harness.counter("fill_notices") == 1)
    }
}
