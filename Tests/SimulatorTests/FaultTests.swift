//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import SeededRandom
import Testing

@testable import Simulator

@Suite("Fault files and decisions")
struct FaultFileTests {
    @Test func `every key of a fault is read`() throws {
        let text = """
            seed: 9
            faults:
              - {name: gap, venue: okx, probability: 0.5, from: 1s, until: 2s, count_max: 3}
              - {name: close-code, rate: 0.25, code: 4004, duration: 5ms, burst: 7}
              - {name: clock-step, backward: true}
              - {name: bandwidth-cap, bytes_per_s: 100}
            """
        let file = try FaultFile.parse(text, source: "f.yaml")
        #expect(file.seed == 9)
        var gap = Fault(.gap, venue: .okx)
        gap.probability = 0.5
        gap.fromNs = 1_000_000_000
        gap.untilNs = 2_000_000_000
        gap.countMax = 3
        var close = Fault(.closeCode)
        close.ratePerS = 0.25
        close.code = 4004
        close.durationNs = 5_000_000
        close.burst = 7
        var step = Fault(.clockStep)
        step.isBackward = true
        var cap = Fault(.bandwidthCap)
        cap.bytesPerS = 100
        #expect(file.faults == [gap, close, step, cap])
    }

    @Test(arguments: [
        "faults: [{name: nonsense}]", "faults: [{probability: 1}]", "faults: [{name: gap, x: 1}]",
        "faults: [{name: gap, probability: 2}]", "faults: [{name: gap, venue: kraken}]",
        "faults: 3", "seeds: 1", "faults: [{name: close-code, code: 99}]",
    ])
    func `what is not a fault is refused`(text: String) {
        #expect(throws: SimulatorError.self) { try FaultFile.parse(text, source: "f") }
    }

    @Test func `the help names every fault`() throws {
        let text = try #require(SimulatorOptions.parse(["--faults", "help"]).helpText)
        for name in FaultName.allCases {
            #expect(text.contains("  \(name.rawValue) "))
            #expect(!name.meaning.isEmpty)
        }
    }

    @Test func `the example file holds every fault`() throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../tuning/profiles/faults-example.yaml").path()
        let file = try FaultFile.read(path)
        #expect(Set(file.faults.map(\.name)) == Set(FaultName.allCases))
        let text = try String(contentsOfFile: path, encoding: .utf8)
        for key in FaultFile.keyNames {
            #expect(text.contains("\(key):") || text.contains("\(key) "), "\(key)")
        }
    }

    @Test func `the same seed decides alike, one fault does not disturb another`() {
        func decisions(_ list: [Fault], seed: UInt64) -> [Bool] {
            let clock = VenueClock(startNs: 0, startMs: 0)
            let faults = FaultInjector(list, seed: seed, clock: clock)
            return (0..<200).map { _ in faults.fires(.gap, .okx) != nil }
        }
        var gap = Fault(.gap)
        gap.probability = 0.3
        #expect(decisions([gap], seed: 1) == decisions([gap, Fault(.disconnect)], seed: 1))
        #expect(decisions([gap], seed: 1) != decisions([gap], seed: 2))
        let share = decisions([gap], seed: 1).count { $0 }
        #expect((30...90).contains(share))
    }

    @Test func `window, venue, number and rate bound a fault`() {
        let clock = VenueClock(startNs: 0, startMs: 0)
        var gap = Fault(.gap, venue: .okx)
        gap.fromNs = 1_000
        gap.untilNs = 2_000
        gap.countMax = 2
        var cut = Fault(.disconnect)
        cut.ratePerS = 10
        let faults = FaultInjector([gap, cut], seed: 1, clock: clock)
        #expect(faults.fires(.gap, .okx) == nil)
        clock.nowNs = 1_500
        #expect(faults.fires(.gap, .binanceUSDM) == nil)
        #expect((0..<5).count { _ in faults.fires(.gap, .okx) != nil } == 2)
        var count = 0
        for _ in 0..<10_000 {
            clock.nowNs += 1_000_000
            if faults.fires(.disconnect, .okx) != nil { count += 1 }
        }
        #expect((60...140).contains(count))
        #expect(faults.summary == " faults disconnect=\(count) gap=2")
    }

    @Test func `a fault with a rate meets all that ask, not the first alone`() {
        let clock = VenueClock(startNs: 0, startMs: 0)
        var cut = Fault(.disconnect)
        cut.ratePerS = 0.5
        let faults = FaultInjector([cut], seed: 3, clock: clock)
        // Nine connections of two venues, each asked once a second.
        var met = Array(repeating: 0, count: 9)
        for _ in 0..<20_000 {
            clock.nowNs += 1_000_000_000
            for one in met.indices
            where faults.fires(.disconnect, one < 4 ? .okx : .binanceUSDM) != nil {
                met[one] += 1
            }
        }
        // A fault that waits for its turn costs it a second at most.
        #expect((6_000...10_000).contains(met.reduce(0, +)))
        let share = met.reduce(0, +) / met.count
        for count in met { #expect((share * 8 / 10...share * 12 / 10).contains(count), "\(met)") }
    }

    @Test func `a rewritten message means the same`() throws {
        let text = #"{"a":[{"b":"1","c":2.50}],"d":"x\"y","e":null,"f":{"g":true}}"#
        var random = SplitMix64(seed: 4)
        var seen: Set<String> = []
        for _ in 0..<20 {
            let bytes = JSONMutation.rewrite(
                Array(text.utf8), shuffles: true, addsKeys: true, random: &random)
            let value = try #require(JSONValue.parse(bytes))
            #expect(value["d"]?.text == "x\"y")
            #expect(value.row("a")?["c"] == .number("2.50"))
            #expect(value["f"]?["g"] == .bool(true))
            seen.insert(String(decoding: bytes, as: UTF8.self))
        }
        #expect(seen.count > 15)
        let broken = Array("{bad".utf8)
        #expect(
            JSONMutation.rewrite(broken, shuffles: true, addsKeys: true, random: &random)
                == broken)
    }
}

@Suite("Faults of OKX")
struct OKXFaultTests {
    static func fault(
        _ name: FaultName, probability: Double = 1, countMax: Int = .max,
        durationNs: UInt64? = nil, fromNs: UInt64 = 0
    ) -> Fault {
        var fault = Fault(name)
        fault.probability = probability
        fault.countMax = countMax
        fault.fromNs = fromNs
        if let durationNs { fault.durationNs = durationNs }
        return fault
    }

    private static func book(_ fault: Fault, seconds: Double = 2) -> (OKXClient, OKXClientBook) {
        let venue = OKXFixture(faults: [fault])
        let client = OKXClient(venue, .publicData)
        client.subscribe(#""channel":"books","instId":"BTC-USDT-SWAP""#)
        venue.run(seconds: seconds)
        var book = OKXClientBook()
        for push in client.pushes("books") { book.take(push) }
        return (client, book)
    }

    static func trader(_ faults: [Fault]) -> (OKXFixture, OKXClient) {
        let venue = OKXFixture(faults: faults)
        let client = OKXClient(venue, .privateData, isLoggedIn: true)
        client.subscribe(#""channel":"orders","instType":"ANY""#)
        client.clear()
        return (venue, client)
    }

    @Test func `gap: an update of the book is lost`() {
        let (_, book) = Self.book(Self.fault(.gap, countMax: 1, fromNs: 1_000_000_000))
        #expect(book.gaps == 1)
    }

    @Test func `book-reset: the number falls and the chain holds`() {
        let (client, book) = Self.book(Self.fault(.bookReset, countMax: 1, fromNs: 1_000_000_000))
        #expect(book.gaps == 0)
        let falls = client.data("books").dropFirst().filter {
            $0.integer("seqId") < $0.integer("prevSeqId")
        }
        #expect(falls.count <= 1)
        let all = OKXFixture(faults: [Self.fault(.bookReset, countMax: 7, fromNs: 500_000_000)])
        let other = OKXClient(all, .publicData)
        for one in all.market.instruments {
            other.subscribe(#""channel":"books","instId":"\#(one.name)""#)
        }
        all.run(seconds: 1.5)
        let count = other.data("books").count {
            $0.integer("prevSeqId") > 0 && $0.integer("seqId") < $0.integer("prevSeqId")
        }
        #expect(count >= 1)
    }

    @Test func `missing-snapshot: the first message is an update`() {
        let (client, _) = Self.book(Self.fault(.missingSnapshot, countMax: 1))
        #expect(client.pushes("books").first?["action"]?.text == "update")
    }

    @Test func `stale-time: the book is five seconds old`() {
        let (client, _) = Self.book(Self.fault(.staleTime))
        let last = client.data("books").last?.integer("ts") ?? 0
        #expect(last < OKXFixture.startMs)
    }

    @Test func `silent-channel: nothing comes for a while and then the chain is broken`() {
        let (client, book) = Self.book(
            Self.fault(.silentChannel, countMax: 1, durationNs: 1_000_000_000), seconds: 3)
        #expect((15...22).contains(client.pushes("books").count))
        #expect(book.gaps == 1)
    }

    @Test func `instrument-halt: orders are refused and the channel tells both changes`() {
        let venue = OKXFixture(
            faults: [Self.fault(.instrumentHalt, countMax: 1, durationNs: 2_000_000_000)])
        let client = OKXClient(venue, .publicData)
        client.subscribe(#""channel":"instruments","instType":"SWAP""#)
        client.subscribe(#""channel":"instruments","instType":"SPOT""#)
        venue.run(seconds: 1.5)
        let halted = client.data("instruments")[0]
        #expect(halted["state"]?.text == "suspend")
        let index = venue.market.index(named: halted["instId"]?.text ?? "") ?? 0
        let trader = OKXClient(venue, .privateData, isLoggedIn: true)
        let reply = trader.place(index, "buy", "limit", size: "1", ticks: -300)
        #expect(reply.row("data")?["sCode"]?.text == "51022")
        venue.run(seconds: 2.6)
        #expect(client.data("instruments").map { $0["state"]?.text } == ["suspend", "live"])
    }

    @Test func `login-slow and login-refused: later, or 60009 and the end`() {
        let slow = OKXFixture(faults: [Self.fault(.loginSlow)])
        let client = OKXClient(slow, .privateData)
        client.send(OKXSessionTests.loginVector)
        client.subscribe(#""channel":"account""#)
        #expect(client.errors == ["60011"])
        slow.run(seconds: 2.1)
        #expect(client.messages.last?["event"]?.text == "login")
        #expect(client.session.isLoggedIn)
        let refused = OKXClient(OKXFixture(faults: [Self.fault(.loginRefused)]), .privateData)
        refused.send(OKXSessionTests.loginVector)
        #expect(refused.errors == ["60009"])
        #expect(refused.closeCode == 4001)
    }

    @Test func `subscribe-refused, subscribe-silent and data-before-ack`() {
        let books = #""channel":"books","instId":"BTC-USDT""#
        let refused = OKXClient(OKXFixture(faults: [Self.fault(.subscribeRefused)]), .publicData)
        refused.subscribe(books)
        #expect(refused.errors == ["60018"])
        let silent = OKXFixture(faults: [Self.fault(.subscribeSilent)])
        let client = OKXClient(silent, .publicData)
        client.subscribe(books)
        silent.run(seconds: 1)
        #expect(client.messages.map { $0["event"]?.text } == ["subscribe"])
        let early = OKXClient(OKXFixture(faults: [Self.fault(.dataBeforeACK)]), .publicData)
        early.subscribe(books)
        #expect(early.messages.map { $0["event"]?.text ?? "data" } == ["data", "subscribe"])
    }

    @Test func `ack-lost: the order lives and is never answered`() {
        let (venue, client) = Self.trader([Self.fault(.ackLost)])
        client.place(0, "buy", "limit", size: "1", ticks: -300)
        venue.run(seconds: 1)
        #expect(client.messages.count { $0["op"] != nil } == 0)
        #expect(client.story == ["live"])
        #expect(venue.desk.openOrders.count == 1)
    }

    @Test func `ack-late and reject-late: the answer comes a second after`() {
        for (name, size, code) in [(FaultName.ackLate, "1", "0"), (.rejectLate, "1.001", "1")] {
            let (venue, client) = Self.trader([Self.fault(name)])
            client.place(0, "buy", "limit", size: size, ticks: -300)
            venue.run(seconds: 0.9)
            #expect(client.messages.allSatisfy { $0["op"] == nil })
            venue.run(seconds: 0.2)
            #expect(client.messages.last?["code"]?.text == code)
        }
    }

    @Test func `fill-before-ack: pushes come first`() {
        let (_, client) = Self.trader([Self.fault(.fillBeforeACK)])
        client.place(0, "buy", "market", size: "0.01")
        #expect(client.messages.map { $0["op"]?.text ?? "push" } == ["push", "push", "order"])
    }

    @Test func `unknown-outcome: 50004 without data, and the order is there`() {
        let (venue, client) = Self.trader([Self.fault(.unknownOutcome)])
        let reply = client.place(0, "buy", "limit", size: "1", ticks: -300)
        #expect(reply["code"]?.text == "50004")
        #expect(reply.rows("data") == [])
        #expect(venue.desk.openOrders.count == 1)
    }

    @Test func `duplicate-fill and missing-fill: twice, or only in REST`() {
        let (_, twice) = Self.trader([Self.fault(.duplicateFill)])
        twice.place(0, "buy", "market", size: "0.01")
        #expect(twice.story == ["live", "filled+", "filled+"])
        #expect(twice.texts[2] == twice.texts[3])
        let (venue, never) = Self.trader([Self.fault(.missingFill)])
        never.place(0, "buy", "market", size: "0.01")
        #expect(never.story == ["live"])
        let fills = venue.call("GET", "/api/v5/trade/fills", query: "instType=SWAP")
        #expect(fills.rows("data").count == 1)
    }

    @Test func `terminal-push: filled comes by itself`() {
        let (_, client) = Self.trader([Self.fault(.terminalPush)])
        client.place(0, "buy", "market", size: "0.01")
        #expect(client.story == ["live", "partially_filled+", "filled"])
    }
}
