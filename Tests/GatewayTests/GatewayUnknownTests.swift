//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import Gateway
import Messages
import Testing

@Suite("Gateway stage: orders whose fate is not known")
struct GatewayUnknownTests {
    private let canceled = OrderStatus.canceled.rawValue
    private let miss = Fixtures.report(.cancelRejected, 1, isReply: 1, venueCode: -2011)
    private var notFound: ExecutionReport {
        var report = Fixtures.report(.notFound, 1, isReply: 1, venueCode: -2013)
        report.isFinal = 1
        return report
    }

    private func kept(_ venue: Venue = .binanceUSDM) throws -> GatewayHarness {
        try GatewayHarness(venue: venue) { $0.unknownPolicy = .keep }
    }

    /// Order 1, 10 lots, with a change to 15 lots that nobody has answered.
    private func changeInDoubt() throws -> GatewayHarness {
        let gateway = try kept()
        gateway.send(Fixtures.place(1))
        gateway.send(Fixtures.report(.accepted, 1, isReply: 1))
        gateway.send(Fixtures.modify(1, price: 618_009, quantity: 15))
        gateway.pass(ms: 1_000)
        return gateway
    }

    /// Control 15. The request lives for 5 s: answers before that can be overtaken by it.
    @Test func `misses prove an order gone only far apart, and behind its request's expiry`()
        throws
    {
        let gateway = try GatewayHarness()
        gateway.send(Fixtures.place(1))
        gateway.pass(ms: 1_000)
        _ = gateway.sent()
        gateway.send(miss)
        #expect(gateway.sent().map { $0.contains("order.status") } == [true])
        gateway.send(notFound)
        #expect(gateway.stage.openOrders.count == 1, "too soon to prove anything")
        for _ in 0..<3 {
            gateway.pass(ms: 1_000)
            gateway.send(notFound)
            #expect(gateway.sent().isEmpty)
        }
        gateway.send(miss)
        #expect(gateway.stage.openOrders.count == 1, "its request may still arrive")
        gateway.pass(ms: 1_000)
        #expect(gateway.sent().map { $0.contains("order.status") } == [true])
        gateway.send(notFound)
        #expect(gateway.stage.openOrders.isEmpty)
        #expect(gateway.drain().last?.status == canceled)
        #expect(gateway.count("misses_resolved") == 1)
    }

    @Test func `an unknown order is asked for and lives on where policy keeps it`() throws {
        let gateway = try kept()
        gateway.send(Fixtures.place(1))
        _ = gateway.sent()
        gateway.pass(ms: 1_000)
        var texts = gateway.sent()
        #expect(texts.count == 1)
        let request = #""id":"q0000000000000001","method":"order.status""#
        #expect(texts.allSatisfy { $0.contains(request) })
        gateway.send(notFound)
        #expect(gateway.stage.openOrders.count == 1, "the question may have come first")
        gateway.pass(ms: 4_000)
        texts = gateway.sent()
        #expect(texts.count == 1)
        gateway.send(Fixtures.report(.accepted, 1, isReply: 1))
        gateway.pass(ms: 60_000)
        #expect(gateway.sent().isEmpty)
        #expect(gateway.stage.openOrders.first?.state.status == .open)
        #expect(gateway.stage.openOrders.first?.firstMissNs == 0)
        gateway.send(notFound)
        #expect(gateway.count("late_reports") == 1, "nobody had asked")
    }

    /// Goal: only what was asked behind a request's expiry proves anything. Method: a question is
    /// put before it and answered long after, as by a slow network.
    @Test func `an answer that was long under way proves no order gone and settles no change`()
        throws
    {
        let gateway = try kept()
        gateway.send(Fixtures.place(1))
        gateway.pass(ms: 1_000)
        #expect(gateway.sent().last?.contains(#""id":"q"#) == true)
        var early = notFound
        early.isFinal = 0
        gateway.send(early)
        gateway.pass(ms: 6_000)
        #expect(gateway.sent().last?.contains(#""id":"f"#) == true)
        for _ in 0..<3 { gateway.send(early) }
        #expect(gateway.stage.openOrders.count == 1)
        #expect(gateway.count("misses_resolved") == 0)
        gateway.pass(ms: 1_000)
        gateway.send(notFound)
        #expect(gateway.stage.openOrders.isEmpty)

        gateway.send(Fixtures.place(2))
        gateway.send(Fixtures.report(.accepted, 2, isReply: 1))
        gateway.send(Fixtures.modify(2, price: 618_009, quantity: 15))
        gateway.pass(ms: 6_000)
        var terms = Fixtures.report(.accepted, 2, isReply: 1)
        terms.lastPrice = PriceTicks(rawValue: 618_002)
        terms.lastQuantity = QuantityLots(rawValue: 10)
        gateway.send(terms)
        #expect(gateway.stage.openOrders.first?.state.ceiling.rawValue == 15)
        terms.isFinal = 1
        gateway.pass(ms: 1_000)
        gateway.send(terms)
        #expect(gateway.stage.openOrders.first?.state.ceiling.rawValue == 10)
    }

    /// Goal: an order that was proven gone, and comes to the venue all the same because its clock
    /// stepped back, counts and does not rest unseen. Method: every sign of life.
    @Test(arguments: [Execution.accepted, .fill, .modified, .restated, .adopted])
    func `an order presumed gone that shows life is taken back and cancelled`(
        _ sign: Execution
    ) throws {
        let gateway = try presumedGone()
        func show(_ trade: UInt64) {
            switch sign {
            case .fill: gateway.send(Fixtures.fill(1, trade: trade, quantity: 2, cumulative: 2))
            case .accepted: gateway.send(Fixtures.report(.accepted, 1))
            case .adopted:
                var listed = Fixtures.report(.adopted, 1, cumulative: 0)
                listed.lastPrice = PriceTicks(rawValue: 618_002)
                listed.lastQuantity = QuantityLots(rawValue: 10)
                listed.side = .buy
                gateway.send(listed)
            default:
                var report = Fixtures.modified(1, quantity: 8, venueTimeNs: trade)
                report.execution = sign
                gateway.send(report)
            }
        }
        show(1)
        let cancels = gateway.sent()
        #expect(cancels.map { $0.contains("order.cancel") } == [true])
        #expect(gateway.count("contradictions") == 1)
        let told = gateway.drain()
        #expect(told.first?.execution == Execution.adopted.rawValue)
        #expect(told.first?.leaves == 10)
        let left: Int64 = sign == .fill || sign == .modified || sign == .restated ? 8 : 10
        #expect(told.last?.leaves == left)
        let order = try #require(gateway.stage.openOrders.first)
        #expect(order.state.leaves.rawValue == left)
        #expect(gateway.stage.ledger(0).position == (sign == .fill ? 2 : 0))
        // A second sign is one of an order that lives.
        show(2)
        #expect(gateway.count("contradictions") == 1)
        #expect(gateway.sent().isEmpty, "its cancel is under way")
        gateway.pass(ms: 6_000)
        #expect(gateway.sent().contains { $0.contains("order.cancel") }, "an unanswered cancel")
        _ = gateway.drain()
        gateway.send(Fixtures.report(.canceled, 1, cumulative: sign == .fill ? 4 : 0))
        #expect(gateway.stage.openOrders.isEmpty)
        #expect(gateway.drain().map(\.status) == [canceled])
        gateway.send(Fixtures.report(.accepted, 1))
        #expect(gateway.sent().isEmpty, "the venue told of its end")
    }

    @Test func `a fill of all of an order presumed gone ends it for good`() throws {
        let gateway = try presumedGone()
        gateway.send(Fixtures.fill(1, trade: 7, quantity: 10, cumulative: 10))
        #expect(gateway.stage.openOrders.isEmpty)
        #expect(gateway.sent().isEmpty, "there is nothing to cancel")
        #expect(gateway.drain().last?.status == OrderStatus.filled.rawValue)
        #expect(gateway.stage.ledger(0).position == 10)
    }

    @Test func `the end of an order presumed gone settles it`() throws {
        let gateway = try presumedGone()
        gateway.send(notFound)
        #expect(gateway.count("late_reports") == 1)
        gateway.send(Fixtures.report(.expired, 1))
        gateway.send(Fixtures.report(.accepted, 1))
        #expect(gateway.stage.openOrders.isEmpty)
        #expect(gateway.sent().isEmpty)
    }

    @Test func `without room for it, each sign of life of an order presumed gone is cancelled`()
        throws
    {
        let gateway = try presumedGone(liveOrdersMax: 1)
        gateway.send(Fixtures.place(2))
        _ = gateway.sent()
        for sign in 1...2 as ClosedRange<UInt64> {
            gateway.send(Fixtures.report(.accepted, 1))
            #expect(gateway.sent().map { $0.contains("order.cancel") } == [true])
            #expect(gateway.count("contradictions") == sign)
        }
        #expect(gateway.stage.openOrders.map(\.orderID) == [2])
    }

    /// Order 1, of 10 lots, which the venue did not know, twice and behind its expiry.
    private func presumedGone(liveOrdersMax: Int = 256) throws -> GatewayHarness {
        let gateway = try GatewayHarness {
            $0.unknownPolicy = .keep
            $0.liveOrdersMax = liveOrdersMax
        }
        gateway.send(Fixtures.place(1))
        gateway.pass(ms: 1_000)
        gateway.send(notFound)
        gateway.pass(ms: 6_000)
        gateway.send(notFound)
        #expect(gateway.count("misses_resolved") == 1)
        #expect(gateway.stage.openOrders.isEmpty)
        _ = gateway.sent()
        _ = gateway.drain()
        return gateway
    }

    @Test func `a question that is not answered is put again`() throws {
        let gateway = try kept()
        gateway.send(Fixtures.place(1))
        gateway.pass(ms: 1_000)
        _ = gateway.sent()
        for _ in 0..<5 {
            gateway.pass(ms: 999)
            #expect(gateway.sent().isEmpty)
            gateway.pass(ms: 1)
            #expect(gateway.sent().count == 1)
        }
        #expect(gateway.count("queries_sent") == 6)
    }

    @Test func `OKX, and a lost session, are asked through the cold thread`() throws {
        let okx = try kept(.okx)
        okx.send(Fixtures.place(1))
        _ = okx.sent()
        okx.pass(ms: 1_000)
        #expect(okx.sent().isEmpty)
        #expect(okx.asked() == [1])
        // What it finds comes as a fact; the fills are told by themselves.
        okx.send(Fixtures.report(.expired, 1, isReply: 1, cumulative: 10))
        #expect(okx.stage.openOrders.isEmpty)
        #expect(okx.updates.last?.leaves == 10)
        okx.send(Fixtures.fill(1, trade: 9, quantity: 10, cumulative: 10))
        #expect(okx.updates.last?.leaves == 0)
        #expect(okx.stage.ledger(0).position == 10)

        let lost = try kept()
        lost.send(Fixtures.place(1))
        lost.send(Fixtures.session(1, isUp: false))
        _ = lost.sent()
        #expect(lost.asked() == [1])
        #expect(lost.sent().isEmpty)
    }

    @Test func `an order that nobody can be asked for is cancelled whatever the policy`() throws {
        let gateway = try GatewayHarness(venue: .okx, hasQueries: false) {
            $0.unknownPolicy = .keep
        }
        gateway.send(Fixtures.place(1))
        _ = gateway.sent()
        gateway.pass(ms: 1_000)
        #expect(gateway.sent().map { $0.contains("cancel-order") } == [true])
        let session = try GatewayHarness(hasQueries: false) { $0.unknownPolicy = .keep }
        session.send(Fixtures.place(1))
        session.send(Fixtures.session(1, isUp: false))
        _ = session.sent()
        session.pass(ms: 5_000)
        #expect(session.sent().isEmpty)
        session.send(Fixtures.session(1, isUp: true))
        #expect(session.sent().map { $0.contains("order.status") } == [true])
    }

    @Test func `where nobody can be asked, cancels alone prove an order gone`() throws {
        let gateway = try GatewayHarness(venue: .okx, hasQueries: false)
        gateway.send(Fixtures.place(1))
        gateway.pass(ms: 1_000)
        let gone = Fixtures.report(.cancelRejected, 1, isReply: 1, venueCode: 51_603)
        gateway.send(gone)
        gateway.pass(ms: 1_000)
        gateway.send(gone)
        #expect(gateway.stage.openOrders.count == 1, "too soon to prove anything")
        gateway.pass(ms: 6_000)
        gateway.send(gone)
        #expect(gateway.stage.openOrders.isEmpty)
        #expect(gateway.count("misses_resolved") == 1)
        #expect(gateway.drain().last?.status == canceled)
    }

    @Test func `questions that find no room are counted and put again`() throws {
        let gateway = try kept(.okx)
        for id in 1...6 { gateway.send(Fixtures.place(UInt64(id))) }
        gateway.pass(ms: 1_000)
        #expect(gateway.asked() == [1, 2, 3, 4])
        #expect(gateway.count("query_drops") == 2)
        gateway.pass(ms: 1_000)
        #expect(gateway.asked() == [1, 2, 3, 4])
        for id in 1...4 { gateway.send(Fixtures.report(.canceled, UInt64(id), isReply: 1)) }
        gateway.pass(ms: 1_000)
        #expect(gateway.asked() == [5, 6])
    }

    @Test func `a cancel once wanted is repeated where policy keeps unknown orders`() throws {
        let gateway = try kept()
        gateway.send(Fixtures.place(1))
        gateway.send(Fixtures.cancel(1, sequence: 0))
        _ = gateway.sent()
        // Answer after answer that says nothing: no storm of cancels.
        for _ in 0..<5 {
            gateway.pass(ms: 20)
            gateway.send(Fixtures.report(.unknown, 1, isReply: 1))
        }
        #expect(gateway.sent().allSatisfy { !$0.contains("order.cancel") })
        gateway.pass(ms: 500)
        #expect(gateway.sent().filter { $0.contains("order.cancel") }.count == 1)
    }

    @Test func `a change in doubt is settled by an answer behind its expiry`() throws {
        let gateway = try changeInDoubt()
        var answer = Fixtures.report(.accepted, 1, isReply: 1)
        answer.isFinal = 1
        answer.lastPrice = PriceTicks(rawValue: 618_002)
        answer.lastQuantity = QuantityLots(rawValue: 10)
        gateway.send(answer)
        #expect(gateway.stage.openOrders.first?.state.ceiling.rawValue == 15, "it may still come")
        _ = gateway.sent()
        gateway.pass(ms: 4_000)
        #expect(gateway.sent().count == 1)
        gateway.send(answer)
        #expect(gateway.stage.openOrders.first?.state.ceiling.rawValue == 10)
        #expect(gateway.reported.last?.execution == .modified, "who waits for it learns it")
        #expect(gateway.reported.last?.lastQuantity.rawValue == 10)
        #expect(gateway.reported.last?.leavesQuantity.rawValue == 10)
        gateway.pass(ms: 60_000)
        #expect(gateway.sent().isEmpty)
    }

    @Test func `a fill does not end the question what became of a change`() throws {
        let gateway = try changeInDoubt()
        gateway.send(Fixtures.fill(1, trade: 1, quantity: 4, cumulative: 4))
        gateway.send(Fixtures.modify(1, quantity: 12))
        #expect(gateway.count("refused_modify") == 1, "the first is not known yet")
        _ = gateway.sent()
        gateway.pass(ms: 5_000)
        #expect(gateway.sent().map { $0.contains("order.status") } == [true])
        var answer = Fixtures.report(.accepted, 1, isReply: 1, cumulative: 4)
        answer.isFinal = 1
        answer.lastPrice = PriceTicks(rawValue: 618_009)
        answer.lastQuantity = QuantityLots(rawValue: 15)
        gateway.send(answer)
        #expect(gateway.reported.last?.execution == .modified)
        #expect(gateway.reported.last?.leavesQuantity.rawValue == 11)
        gateway.pass(ms: 60_000)
        #expect(gateway.sent().isEmpty)
    }

    @Test func `a change refused because the order is gone asks how it ended`() throws {
        let gateway = try GatewayHarness()
        gateway.send(Fixtures.place(1))
        gateway.send(Fixtures.report(.accepted, 1, isReply: 1))
        gateway.send(Fixtures.modify(1, quantity: 15))
        _ = gateway.sent()
        gateway.send(Fixtures.report(.modifyRejected, 1, isReply: 1, venueCode: -2013))
        #expect(gateway.sent().map { $0.contains("order.status") } == [true])
        gateway.send(Fixtures.report(.canceled, 1, isReply: 1))
        #expect(gateway.stage.openOrders.isEmpty)
    }
}
