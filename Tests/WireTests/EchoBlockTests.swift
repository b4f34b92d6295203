//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CWire
import Foundation
import Testing

@testable import Simulator

@Suite("Wire to wire", .serialized)
struct EchoBlockTests {
    /// The bare echo on a thread of this process, over real TLS connections to the venue here.
    @Test(arguments: [0, 5_000] as [UInt64])
    func `each marked frame comes back once, in order, whatever is sent besides`(
        others: UInt64
    ) throws {
        var made: EchoVenue?
        let simulator = try Simulator(SimulatorOptions(), log: { _ in }) { context in
            let venue = EchoVenue(credentials: .demonstration, context: context)
            made = venue
            return venue
        }
        let venue = try #require(made)
        let clock = EchoClock()
        let block = EchoBlock(clock: clock, simulator: simulator, venue: venue)
        let link = venue.echo.add(EchoOptions.echoName, sendsOrders: false)
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "apus-echo-\(UInt64.random(in: 0...UInt64.max))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let authority = folder.appending(path: "ca.pem").path
        try simulator.writeCertificate(to: authority)
        let port = simulator.streamPort
        Thread { _ = unsafe apus_wire_echo(port, authority, -1) }.start()
        let endNs = clock.nowNs + 60_000_000_000
        while !link.isUp, clock.nowNs < endNs { block.serve() }
        try #require(link.isUp, "the echo has connected")

        let receiver = EchoReceiver(name: EchoOptions.echoName, link: link)
        var ledger = EchoLedger()
        let startNs = clock.nowNs
        for _ in 0..<2 {
            try block.run(
                receiver,
                EchoBlock.Plan(
                    marks: EchoSchedule(startNs: startNs, perSecond: 1_000), markCount: 150,
                    uncounted: 10, others: EchoSchedule(startNs: startNs, perSecond: others),
                    otherCount: others / 10, endNs: startNs), into: &ledger)
        }
        #expect(ledger.sentCount == 300)
        #expect(ledger.isComplete)
        #expect(ledger.raw.values.count == 280)
        #expect(ledger.hash == Self.hash(of: 0..<300))
        #expect(receiver.feed.frameCount == 300 + others / 5)
    }

    private static func hash(of numbers: Range<UInt64>) -> UInt64 {
        var ledger = EchoLedger()
        for number in numbers {
            ledger.sent(intendedNs: 0, beginNs: 0, endNs: 0, isCounted: true)
            ledger.answered(code: EchoLedger.code(of: number), atNs: 0)
        }
        return ledger.hash
    }

    @Test func `doors that nobody opened stay shut`() throws {
        var made: EchoVenue?
        let simulator = try Simulator(SimulatorOptions(), log: { _ in }) { context in
            let venue = EchoVenue(credentials: .demonstration, context: context)
            made = venue
            return venue
        }
        let venue = try #require(made)
        #expect(venue.echo.links.keys.sorted() == [EchoStreams.engineName])
        _ = venue.echo.add("client", sendsOrders: true)
        #expect(venue.echo.links["client"]?.isUp == false)
        withExtendedLifetime(simulator) {}
    }

    @Test func `an order's price tells the frame that asked for it`() throws {
        for code in [0, 1, 500, 999] {
            var feed = EchoFeed(depthName: "depth@0ms")
            let frame = String(decoding: feed.mark(code: code, timeMs: 1), as: UTF8.self)
            let ask = try #require(frame.split(separator: "\"a\":\"").last?.prefix { $0 != "\"" })
            #expect(frame.contains(APUS_WIRE_MARK))
            let order = "{\"params\":{\"price\":\"\(ask)\",\"side\":\"BUY\"}}"
            let price = try #require(EchoStreams.price(in: Array(order.utf8)))
            #expect(EchoFeed.code(ofPrice: price) == code)
        }
        #expect(EchoStreams.price(in: Array("{\"price\":\"".utf8)) == nil)
        #expect(EchoStreams.price(in: Array("{\"price\":\"1e5\"}".utf8)) == nil)
        for text in ["60000.1", "60000.05", "60110.05", "60110.0", "-1"] {
            let price = try #require(Fixed(text))
            #expect(EchoFeed.code(ofPrice: price) == nil, "\(text)")
        }
    }

    @Test func `other frames ask for no order and depth events chain`() throws {
        var feed = EchoFeed(depthName: "depth@0ms")
        var lastID: Int64 = 0
        for index in 0..<200 {
            let snapshotID = feed.snapshotID
            let kind = EchoMix.Kind.allCases[index % 3]
            let bytes = feed.next(kind, timeMs: 1_723_161_256_299)
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(!text.contains(APUS_WIRE_MARK))
            let data = try #require(JSONValue.parse(bytes)?["data"])
            guard kind == .depth else { continue }
            func number(_ key: String) throws -> Int64 {
                try #require(data[key]?.text.flatMap { Int64($0) })
            }
            #expect(try number("U") <= snapshotID)
            #expect(try number("u") >= snapshotID)
            if lastID > 0 { #expect(try number("pu") == lastID) }
            lastID = try number("u")
            #expect((1_200...2_000).contains(bytes.count), "as long as recorded ones")
        }
        #expect(feed.frameCount == 200)
    }
}
