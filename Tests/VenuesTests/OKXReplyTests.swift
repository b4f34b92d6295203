//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages
import Testing
import Venues

@Suite("Replies of OKX to order requests")
struct OKXReplyTests {
    private func reply(
        id: String = "p00000000000000ff", operation: String = "order", code: String = "0",
        items: [String]
    ) -> String {
        #"{"id":"\#(id)","op":"\#(operation)","code":"\#(code)","msg":"","data":["#
            + items.joined(separator: ",")
            + #"],"inTime":"1775897796026175","outTime":"1775897796027785"}"#
    }

    private func item(
        _ code: String = "0", client: String = "apus00000000000000ff", message: String = ""
    ) -> String {
        #"{"tag":"","ts":"1775897796026","ordId":"3469373785093513216","clOrdId":"\#(client)","#
            + #""sCode":"\#(code)","sMsg":"\#(message)","subCode":""}"#
    }

    @Test func `a place that was taken is accepted, whatever its message says`() throws {
        let harness = try OKXPrivateHarness()
        let reports = harness.decode(
            reply(items: [item(message: "Order successfully placed.")]))
        try #require(reports.count == 1)
        #expect(reports[0].execution == .accepted)
        #expect(reports[0].orderID == 0xFF)
        #expect(reports[0].venueOrderID == 3_469_373_785_093_513_216)
        #expect(reports[0].venueTimeNs == 1_775_897_796_026_000_000)
        #expect(reports[0].isReply == 1)
        #expect(reports[0].venueCode == 0)
        #expect(reports[0].sequence == 1)
        #expect(reports[0].ingressTimeNs == 1_000)
        #expect(harness.refusals == 0)
        #expect(harness.counter("unknown_keys") == 0)
    }

    /// That it was taken on says nothing about the order yet.
    @Test func `a cancel or amend that was taken makes no report`() throws {
        for (operation, letter, counter) in [
            ("cancel-order", "c", "cancel_acks"), ("amend-order", "m", "amend_acks"),
            ("batch-cancel-orders", "C", "cancel_acks"),
            ("batch-amend-orders", "m", "amend_acks"),
        ] {
            let harness = try OKXPrivateHarness()
            let id = "\(letter)00000000000000ff" + (letter == "C" ? "01" : "")
            #expect(
                harness.decode(reply(id: id, operation: operation, items: [item()])).isEmpty)
            #expect(harness.counter(counter) == 1)
            #expect(harness.refusals == 0)
        }
    }

    /// What a code makes of a request for an order.
    private func execution(_ operation: String, _ outcome: RequestOutcome) -> Execution? {
        switch (operation, outcome) {
        case (_, .unknown): .unknown
        case ("order", .accepted): .accepted
        case ("order", _): .rejected
        case ("cancel-order", .accepted): nil
        case ("cancel-order", _): .cancelRejected
        case ("amend-order", .accepted): nil
        case ("amend-order", _): .modifyRejected
        default: nil
        }
    }

    /// Every code that there can be, of an item and of the whole.
    @Test(arguments: [("order", "p"), ("cancel-order", "c"), ("amend-order", "m")])
    func `a code means the same in an item and for a request without items`(
        operation: String, letter: String
    ) throws {
        let harness = try OKXPrivateHarness()
        let id = "\(letter)00000000000000ff"
        let request: RequestKind =
            operation == "order" ? .place : operation == "cancel-order" ? .cancel : .modify
        for code in [Int32(0), 1, 2] + Array(50_000...51_700) + Array(54_000...54_100)
            + Array(60_000...60_040) + Array(63_990...64_010)
        {
            let outcome = VenueCode.outcome(code, of: request)
            let byItem = harness.decode(
                reply(id: id, operation: operation, code: "1", items: [item("\(code)")]))
            #expect(byItem.first?.execution == execution(operation, outcome), "\(code)")
            for report in byItem { #expect(report.venueCode == code) }
            let whole = harness.decode(
                reply(id: id, operation: operation, code: "\(code)", items: []))
            let wanted = code == 0 ? Execution.unknown : execution(operation, outcome)
            #expect(whole.first?.execution == wanted, "\(code)")
            #expect(whole.allSatisfy { $0.orderID == 0xFF && $0.isReply == 1 })
        }
        #expect(harness.counter("throttled_replies") == 14)
        #expect(harness.refusals == 0)
    }

    @Test(arguments: ["0", "1", "2"])
    func `a batch is judged item by item, whatever the code of the whole`(code: String) throws {
        let harness = try OKXPrivateHarness()
        let codes = ["0", "51008", "51149", "50061", "0"]
        let items = codes.enumerated().map {
            item($1, client: "apus000000000000010\($0)")
        }
        let reports = harness.decode(
            reply(id: "P000000000000010005", operation: "batch-orders", code: code, items: items))
        #expect(
            reports.map(\.execution.rawValue)
                == [Execution.accepted, .rejected, .unknown, .rejected, .accepted].map(\.rawValue))
        #expect(reports.map(\.orderID) == [0x100, 0x101, 0x102, 0x103, 0x104])
        #expect(reports.map(\.venueCode) == [0, 51_008, 51_149, 50_061, 0])
        #expect(Set(reports.map(\.sequence)) == [1])
        #expect(harness.counter("throttled_replies") == 1)
    }

    @Test func `a batch of twenty has room, and one frame's reports wait for theirs`() throws {
        let harness = try OKXPrivateHarness(capacity: OKXPrivateDecoder.reportsMax)
        let items = (0..<20).map { item("51008", client: "apus00000000000001\(10 + $0)") }
        let text = reply(id: "P000000000000011020", operation: "batch-orders", items: items)
        #expect(harness.decode(text).count == 20)
        #expect(harness.offer(Array(text.utf8)))
        #expect(!harness.offer(Array(text.utf8)), "20 are in the ring: not enough room is left")
        let many = (0..<33).map { _ in item("51008") }
        let other = try OKXPrivateHarness()
        #expect(other.decode(reply(operation: "batch-orders", items: many)).isEmpty)
        #expect(other.counter("oversized") == 1)
    }

    @Test func `a batch that was refused as a whole names its orders by its id`() throws {
        for (letter, operation, execution) in [
            ("P", "batch-orders", Execution.rejected),
            ("C", "batch-cancel-orders", .cancelRejected),
        ] {
            for count in [1, 2, 20] {
                let harness = try OKXPrivateHarness()
                let number = count < 10 ? "0\(count)" : "\(count)"
                let reports = harness.decode(
                    reply(
                        id: "\(letter)0000000000000100\(number)", operation: operation,
                        code: "60013", items: []))
                #expect(reports.count == count)
                #expect(reports.map(\.orderID) == (0..<count).map { 0x100 + UInt64($0) })
                #expect(reports.allSatisfy { $0.execution == execution })
                #expect(reports.allSatisfy { $0.venueCode == 60_013 })
            }
        }
    }

    @Test(arguments: [
        "", "1512", "login", "p00000000000000f", "p00000000000000fff", "x00000000000000ff",
        "p00000000000000FF", "p0000000000000000", "P00000000000000ff", "P00000000000000ff00",
        "P00000000000000ff33", "P00000000000000ffxx", "C0000000000000000" + "05",
    ])
    func `a reply to no request of ours is counted`(id: String) throws {
        let harness = try OKXPrivateHarness()
        #expect(harness.decode(reply(id: id, code: "60013", items: [])).isEmpty)
        #expect(harness.decode(reply(id: id, items: [item("51008", client: "")])).isEmpty)
        #expect(harness.counter("unmatched_replies") == 2)
        #expect(harness.counter("venue_errors") == 2)
        #expect(harness.refusals == 0)
    }

    @Test func `an item without our client id is the order that the request's id names`() throws {
        let harness = try OKXPrivateHarness()
        let reports = harness.decode(reply(items: [item("51008", client: "")]))
        #expect(reports.map(\.orderID) == [0xFF])
        // The item speaks for itself, were the id ever another's.
        let other = harness.decode(reply(items: [item("0", client: "apus00000000000000aa")]))
        #expect(other.map(\.orderID) == [0xAA])
    }

    @Test func `an item whose code cannot be read leaves its order's outcome open`() throws {
        for code in ["", "x", "99999999999", "1.5"] {
            let harness = try OKXPrivateHarness()
            let reports = harness.decode(reply(items: [item(code)]))
            #expect(reports.map(\.execution.rawValue) == [Execution.unknown.rawValue])
            #expect(harness.counter("malformed") == 1)
        }
    }

    @Test(arguments: [
        "", "{}", "[]", "null", "x", "pongs", #"{"op":"order"}"#, #"{"op":"order","code":"x"}"#,
        #"{"op":"order","code":0,"data":[]}"#, #"{"op":"dance","code":"0","data":[]}"#,
        #"{"op":"order","code":"0","data":{}}"#, #"{"op":"order","code":"0","data":[7]}"#,
        #"{"op":"order","code":"0","data":[{}}"#, #"{"event":7}"#, #"{"arg":{},"data":[]}"#,
        #"{"arg":7,"data":[]}"#, #"{"arg":{"channel":"orders"}}"#,
        #"{"arg":{"channel":"orders"},"data":[1]}"#, #"{"arg":{"channel":7},"data":[]}"#,
    ])
    func `what is no message of the venue is malformed`(text: String) throws {
        let harness = try OKXPrivateHarness()
        #expect(harness.decode(text).isEmpty)
        #expect(harness.counter("malformed") == 1)
    }

    // MARK: - Events and sessions

    @Test(arguments: [
        (#"{"event":"login","code":"0","msg":"","connId":"a4d3ae55"}"#, "control_replies"),
        (
            #"{"event":"subscribe","arg":{"channel":"account"},"connId":"a4d3ae55"}"#,
            "control_replies"
        ),
        (#"{"event":"unsubscribe","arg":{"channel":"fills"},"connId":"a"}"#, "control_replies"),
        (
            #"{"event":"error","msg":"Invalid request: x","code":"60012","connId":"a4d3ae55"}"#,
            "venue_errors"
        ),
        (
            #"{"event":"notice","code":"64008","msg":"closing","connId":"8517149b"}"#,
            "service_upgrade_notices"
        ),
        (#"{"event":"notice","code":"64009","msg":"","connId":"a"}"#, "other_notices"),
        (
            #"{"event":"channel-conn-count","channel":"orders","connCount":"1","connId":"0b"}"#,
            "channel_counts"
        ),
        (
            #"{"event":"channel-conn-count-error","channel":"account","connCount":"30","#
                + #""connId":"0b"}"#,
            "channel_count_errors"
        ),
        (#"{"event":"something"}"#, "ignored"), ("pong", "pongs"),
        (#"{"arg":{"channel":"account-greeks","uid":"6"},"data":[{"ccy":"BTC"}]}"#, "ignored"),
    ])
    func `an event is counted and makes no report`(text: String, counter: String) throws {
        let harness = try OKXPrivateHarness()
        #expect(harness.decode(text).isEmpty)
        #expect(harness.counter(counter) == 1)
        #expect(harness.counter("unknown_keys") == 0)
        #expect(harness.refusals == 0)
    }

    @Test func `a lost subscription of orders is a lost user stream`() throws {
        let harness = try OKXPrivateHarness()
        let reports = harness.decode(
            #"{"event":"channel-conn-count-error","channel":"orders","connCount":"30"}"#)
        try #require(reports.count == 1)
        #expect(reports[0].execution == .session)
        #expect(reports[0].session == 2)
        #expect(reports[0].isUp == 0)
        #expect(reports[0].venue == .okx)
    }

    @Test(arguments: [true, false])
    func `the private connection is order session and user stream of its venue`(
        isUp: Bool
    ) throws {
        let reports = try OKXPrivateHarness().connectionChanged(isUp: isUp)
        #expect(reports.map(\.session) == [1, 2])
        #expect(reports.allSatisfy { $0.execution == .session && $0.venue == .okx })
        #expect(reports.allSatisfy { $0.isUp == (isUp ? 1 : 0) })
    }
}
