//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import CTelemetry
import Platform
import Rings
import Telemetry
import Testing

@testable import Monitor

/// A person in front of the live view of an engine.
private final class Desk {
    let engine: EngineFixture
    private var observer: InstanceObserver
    var state: ScreenState
    var rows = 24
    var columns = 80

    init(_ name: String, isUnicode: Bool = true, isFilled: Bool = true) throws {
        engine = try EngineFixture("screen-\(name)")
        if isFilled { try engine.fill() }
        observer = try InstanceObserver(engine.directory)
        state = ScreenState(
            observer.observe(), glyphs: Glyphs(isUnicode: isUnicode), intervalNs: 1_000_000_000)
    }

    func look() { state.take(observer.observe()) }

    @discardableResult
    func press(_ keys: ScreenKey...) -> ScreenState.Effect {
        keys.map { state.press($0) }.last ?? .none
    }

    func type(_ text: String) { for character in text { _ = state.press(.character(character)) } }

    var frame: [ScreenLine] { state.frame(rows: rows, columns: columns) }
    var text: [String] { frame.map(\.text) }

    func line(_ part: String) throws -> String {
        try #require(text.first { $0.contains(part) }, "\(text.joined(separator: "\n"))")
    }
}

@Suite("Live view")
struct ScreenTests {
    private static let digits: [Character] = ["1", "2", "3", "4", "5", "6", "7", "8", "?"]

    @Test(arguments: [(24, 80), (50, 160), (3, 20), (1, 1), (5, 500)])
    func `every page is as large as its window`(rows: Int, columns: Int) throws {
        for isUnicode in [true, false] {
            let desk = try Desk("size-\(rows)-\(isUnicode)", isUnicode: isUnicode)
            (desk.rows, desk.columns) = (rows, columns)
            for round in 0..<3 {
                for digit in Self.digits {
                    desk.press(.character(digit))
                    let frame = desk.frame
                    #expect(frame.count == rows)
                    #expect(frame.allSatisfy { $0.count <= columns })
                    if !isUnicode { #expect(frame.allSatisfy { $0.text.allSatisfy(\.isASCII) }) }
                    if digit == "?" { desk.press(.escape) }
                }
                desk.engine.writer.histogram("receive_to_encrypted").record(UInt64(round) * 999)
                desk.look()
            }
        }
    }

    @Test func `each page opens by its digit and shows what it is for`() throws {
        let desk = try Desk("pages")
        desk.columns = 160
        desk.look()
        #expect(try desk.line("after fees").contains("-10012.35  after fees and funding"))
        #expect(try desk.line("books in sync").contains("1 of 1 books in sync"))
        desk.press(.character("3"))
        #expect(try desk.line("parser").contains("0.20 %"))
        #expect(try desk.line("intents").contains("███████████▎···"))
        desk.press(.character("4"))
        #expect(try desk.line("in sync").contains("61800.20  61800.50    0.30  in sync"))
        #expect(try desk.line("-0.025").contains("-10012.35    -12.35        0.00  10000.00"))
        desk.press(.character("5"))
        #expect(try desk.line("poor").contains("set aside"))
        #expect(try desk.line("imbalance_l1").contains("500ms   0.2500  ██▌·······    0.6250"))
        desk.press(.character("6"))
        #expect(desk.text.contains("no order was sent yet"))
        desk.press(.character("7"))
        #expect(try desk.line("parser_frames_total").contains("1,234,567"))
        desk.press(.character("8"))
        #expect(desk.text.contains("outliers are not kept"))
        desk.press(.character("?"))
        #expect(desk.text.contains { $0.contains("quit") && $0.contains("q") })
        #expect(desk.press(.character("x")) == .none, "any key leaves the help")
        #expect(desk.text.contains("outliers are not kept"))
        #expect(desk.press(.character("q")) == .quit)
    }

    @Test func `a percentile is told when enough values stand behind it`() throws {
        let desk = try Desk("percentiles")
        desk.press(.character("2"))
        let cells = try desk.line("receive_to_encr").split(separator: " ")
        // 1...1000 ns: a bucket bound of each percentile, and none beyond one in a thousand.
        #expect(
            cells.dropFirst() == [
                "1,000", "503ns", "911ns", "991ns", "1.00us", "-", "-", "-", "1.00us",
            ])
        #expect(Percentile.all.map(\.oneIn) == [2, 10, 100, 1_000, 10_000, 100_000, 1_000_000])
    }

    @Test func `latencies are those since the start or those of the last interval`() throws {
        let desk = try Desk("interval")
        desk.press(.character("2"))
        let latency = desk.engine.writer.histogram("receive_to_encrypted")
        for _ in 0..<20 { latency.record(5_000) }
        desk.look()
        #expect(try desk.line("receive_to_encr").contains("1,020"))
        desk.press(.character("i"))
        let line = try desk.line("receive_to_encr")
        #expect(line.split(separator: " ").dropFirst().prefix(2) == ["20", "5.00us"])
        #expect(try desk.line("last interval").contains("latencies of the last interval"))
        desk.press(.character("i"))
        #expect(try desk.line("receive_to_encr").contains("1,020"))
    }

    /// Goal: a tail of few values is seen beside the bulk, above it, in its own interval.
    @Test func `the strip sets slow above fast and new right of old`() throws {
        let desk = try Desk("heat", isUnicode: false)
        desk.press(.character("2"))
        let latency = desk.engine.writer.histogram("receive_to_encrypted")
        for _ in 0..<1_000 { latency.record(1_000) }
        desk.look()
        for _ in 0..<1_000 { latency.record(1_000) }
        latency.record(900_000)
        desk.look()
        let strip = desk.text.drop { !$0.contains("over time") }.dropFirst().dropLast(2)
        let rows = strip.map { Array($0.dropFirst(8)) }
        let bulk = try #require(rows.last)
        #expect(String(bulk.suffix(2)) == "##")
        let tail = try #require(rows.first)
        #expect(String(tail.suffix(2)) == " .")
        #expect(rows.dropFirst().dropLast().allSatisfy { $0.allSatisfy { $0 == " " } })
        #expect(strip.last?.hasPrefix("  1.00us") == true || strip.last?.contains("ns ") == true)
    }

    @Test func `a pause holds the figures and loses none`() throws {
        let desk = try Desk("pause")
        desk.columns = 160
        desk.press(.character("7"), .character(" "))
        desk.engine.writer.counter("parser_frames_total").add(1)
        desk.look()
        #expect(try desk.line("parser_frames_total").contains("1,234,567"))
        #expect(try desk.line("PAUSED").hasPrefix("PAUSED"))
        desk.press(.character(" "))
        #expect(try desk.line("parser_frames_total").contains("1,234,568"))
        #expect(desk.state.history.intervals.last?.growth == ["parser_frames_total": 1])
    }

    @Test func `counters are searched by words`() throws {
        let desk = try Desk("filter")
        desk.type("/frames q")
        #expect(try desk.line("filter:").hasPrefix("filter: frames q_"), "q is a letter here")
        desk.press(.erase, .erase)
        #expect(try desk.line("1 of 3 counters").contains("with \"frames\""))
        desk.press(.enter)
        #expect(desk.text.contains { $0.hasPrefix("parser_frames_total") })
        #expect(!desk.text.contains { $0.hasPrefix("memory_bytes") })
        desk.type("/ errors")
        desk.press(.escape)
        #expect(try desk.line("counters:").hasPrefix("2 of 3 counters: not zero"))
        desk.type("/" + String(repeating: "x", count: 1_000))
        #expect(desk.state.filter.count == ScreenState.filterLengthMax)
    }

    @Test func `scrolling ends where the page does`() throws {
        let desk = try Desk("scroll")
        for number in 0..<60 { desk.engine.writer.counter("many_\(number)_total").add(1) }
        desk.look()
        desk.press(.character("7"))
        let first = desk.text
        desk.press(.up, .pageUp, .left)
        #expect(desk.text == first)
        desk.press(.end)
        #expect(desk.text.contains { $0.hasPrefix("many_59_total") })
        #expect(try desk.line("lines").contains("of 64"))
        let last = desk.text
        desk.press(.down, .pageDown, .end, .end)
        #expect(desk.text == last)
        desk.press(.home)
        #expect(desk.text == first)
    }

    @Test func `a choice of a histogram stays on the list`() throws {
        let desk = try Desk("selection")
        desk.engine.writer.histogram("second").record(7)
        desk.look()
        desk.press(.character("2"), .down, .down, .down)
        #expect(desk.frame.contains { $0.style == .selected && $0.text.hasPrefix("second") })
        desk.press(.character("k"), .character("k"))
        #expect(desk.frame.contains { $0.style == .selected && $0.text.hasPrefix("receive") })
    }

    @Test func `the interval is chosen in steps that end`() throws {
        let desk = try Desk("steps")
        desk.press(.character("+"))
        #expect(desk.state.intervalNs == 2_000_000_000)
        for _ in 0..<20 { desk.press(.character("+")) }
        #expect(desk.state.intervalNs == 60_000_000_000)
        for _ in 0..<20 { desk.press(.character("-")) }
        #expect(desk.state.intervalNs == 100_000_000)
    }

    @Test func `of an engine that died the last figures stay`() throws {
        let desk = try Desk("dead")
        desk.columns = 160
        desk.engine.writer.counter("parser_frames_total").add(1_000)
        desk.look()
        desk.press(.character("7"))
        let before = try desk.line("parser_frames_total")
        unsafe desk.engine.writer.page.pointee.processID = 0x7fff_fff0
        desk.look()
        desk.look()
        let head = desk.frame[1]
        #expect(head.text.contains("engine DEAD: process 2147483632 is gone"))
        #expect(head.spans.contains { $0.style == .alarm && $0.text.contains("DEAD") })
        #expect(try desk.line("parser_frames_total") == before, "with its rate")
        #expect(desk.state.history.intervals.count == 1)
    }

    @Test func `who halted trading and why stands on every page`() throws {
        let desk = try Desk("halt")
        desk.engine.control.lower(to: .halted, reason: "operator: test")
        desk.look()
        for digit in Self.digits {
            desk.press(.character(digit))
            let line = desk.frame[1]
            #expect(line.text.hasPrefix("HALTED (operator HALTED, engine READY): operator: test"))
            #expect(line.style == .alarm)
            if digit == "?" { desk.press(.escape) }
        }
    }

    @Test func `what is wrong is told on top`() throws {
        let desk = try Desk("alarms")
        desk.columns = 160
        unsafe desk.engine.writer.instrument(0).pointee.isBookValid = 0
        desk.engine.writer.stage("gateway").beat(now: wallNs() - 3_000_000_000, polls: 1)
        var ring = try RingMemory<OrderIntent>(
            capacity: 4, path: desk.engine.directory.segment("ring.small"))
        var producer = try ring.makeProducer()
        for _ in 0..<3 {
            _ = unsafe producer.claim()
            producer.publish()
        }
        desk.look()
        let head = try #require(desk.text.dropFirst().first)
        #expect(head.contains("stuck: gateway"))
        #expect(head.contains("1 of 1 books not in sync"))
        #expect(head.contains("rings filling: small"))
    }

    @Test func `the overview tells nothing of what has not happened or does not fit`() throws {
        let desk = try Desk("overview")
        desk.columns = 160
        desk.engine.writer.counter("risk_figure_exposure_e8").set(UInt64.max)
        unsafe desk.engine.writer.instrument(0).pointee.lastUpdateNs = 0
        desk.look()
        #expect(try desk.line("books in sync").contains("in sync  oldest -  "))
        #expect(try desk.line("risk ").contains("exposure 92233720368.55"))
    }

    @Test func `an engine without anything yet has every page`() throws {
        let desk = try Desk("empty", isFilled: false)
        for digit in Self.digits {
            desk.press(.character(digit))
            #expect(desk.frame.count == 24)
            if digit == "?" { desk.press(.escape) }
        }
    }

    @Test func `a page of another process cannot trap the view`() throws {
        let desk = try Desk("hostile")
        let row = unsafe desk.engine.writer.instrument(0)
        unsafe row.pointee.bid = Int64.min
        unsafe row.pointee.tickMantissa = Int64.min
        unsafe row.pointee.priceDecimals = 255
        unsafe row.pointee.realisedE8 = Int64.min
        unsafe row.pointee.feesE8 = Int64.max
        unsafe row.pointee.openOrders = UInt64.max
        unsafe EngineFixture.store("\u{1b}[2J\u{7}", &row.pointee.symbol)
        let page = unsafe desk.engine.writer.page
        let histogram = unsafe apus_telemetry_histograms(page)!
        unsafe histogram.pointee.total = UInt64.max
        unsafe histogram.pointee.counts.5 = UInt64.max
        unsafe histogram.pointee.counts.1055 = UInt64.max
        unsafe histogram.pointee.maximum = UInt64.max
        unsafe page.pointee.startTimeNs = UInt64.max
        for _ in 0..<2 {
            desk.look()
            for digit in Self.digits {
                desk.press(.character(digit))
                #expect(desk.frame.count == 24)
                if digit == "?" { desk.press(.escape) }
            }
        }
        #expect(!desk.text.contains { $0.contains("\u{1b}") })
    }
}
