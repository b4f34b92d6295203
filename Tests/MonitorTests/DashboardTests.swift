//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Foundation
import Platform
import Synchronization
import Telemetry
import Testing

@testable import Monitor

/// Goal: what a person reads on the dashboard is what the API says, in both themes, at the widths
/// of a desk and a hand, and nothing that the engine holds becomes part of the page but text.
///
/// Method: a real Chromium on the page of a real server that watches an instance of this test.
/// `APUS_PICTURES=FOLDER` keeps what it looks like.
@Suite(
    "Dashboard in Chromium", .serialized,
    .enabled(if: Browser.isThere, "Chromium cannot be installed"))
struct DashboardTests {
    /// An engine that beats and records for as long as it is kept.
    private final class LiveEngine {
        let fixture: EngineFixture
        private let isStopping = SharedFlag()
        private let hasStopped = DispatchSemaphore(value: 0)

        init(_ name: String) throws {
            fixture = try EngineFixture(name)
            try fixture.fill()
            let writer = fixture.writer
            let (isStopping, hasStopped) = (isStopping, hasStopped)
            Thread.detachNewThread {
                let stage = writer.stage("parser")
                let histogram = writer.histogram("receive_to_encrypted")
                var polls: UInt64 = 1_000
                while !isStopping.isSet {
                    polls += 100
                    for value in 0..<20 { histogram.record(UInt64(900 + value * 17)) }
                    stage.count(work: 20)
                    stage.beat(now: wallNs(), polls: polls)
                    usleep(10_000)
                }
                hasStopped.signal()
            }
        }

        deinit {
            isStopping.set()
            hasStopped.wait()
        }
    }

    private static let cell = """
        (table, row, column) => {
          const node = document.querySelector(`#${table} tr[data-key="${row}"]`);
          return node ? node.children[column].textContent : '';
        }
        """

    private func open(
        _ web: WebFixture, width: Int, height: Int, _ scheme: String
    ) throws -> Browser {
        let browser = try Browser(width: width, height: height, scheme: scheme)
        try browser.open(web.address.description)
        return browser
    }

    private func keep(_ browser: Browser, _ name: String) throws {
        let picture = try browser.picture()
        #expect(picture.starts(with: [0x89, 0x50, 0x4e, 0x47]))
        guard let folder = ProcessInfo.processInfo.environment["APUS_PICTURES"] else { return }
        try picture.write(to: URL(filePath: folder).appending(path: "\(name).png"))
    }

    @Test(arguments: [("light", 1600, 1200), ("dark", 1600, 1200), ("light", 390, 844)])
    func `the figures are the API's`(scheme: String, width: Int, height: Int) throws {
        let engine = try LiveEngine("page-\(scheme)-\(width)")
        let web = try WebFixture(engine.fixture.directory.name)
        let browser = try open(web, width: width, height: height, scheme)
        func cell(_ table: String, _ row: String, _ column: Int) throws -> String {
            try browser.text("(\(Self.cell))('\(table)', '\(row)', \(column))")
        }
        try browser.wait(for: "document.getElementById('pulse').textContent === 'live'")
        try browser.wait(for: "page.intervals.length > 10 && latency.heat.intervals.length > 10")
        #expect(try browser.text("instance.textContent") == engine.fixture.directory.name)
        #expect(try browser.text("state.textContent") == "READY")
        #expect(try browser.text("banner.textContent") == "alive, trading state READY")
        #expect(try browser.text("process.textContent") == "\(currentProcessID())")
        // Those that stand still are compared exactly.
        let bitcoin = "binance-usdm BTC-USDT"
        #expect(try cell("instruments", bitcoin, 2) == "61800.20")
        #expect(try cell("instruments", bitcoin, 7) == "-0.025")
        #expect(try cell("instruments", bitcoin, 9) == "−12.35")
        #expect(try cell("instruments", bitcoin, 11) == "10,000.00")
        #expect(try cell("rings", "intents", 2) == "3")
        #expect(try cell("models", "fast", 3) == "62.5 %")
        #expect(try cell("models", "poor", 2) == "set aside")
        #expect(try cell("counters-0", "parser_frames_total", 1) == "1,234,567")
        // Beyond what a double holds.
        #expect(
            try browser.text(
                "document.querySelector('[data-key=memory_bytes]').children[1].textContent")
                == "18,446,744,073,709,551,615")
        // Those that grow are compared with what the page was last told.
        for (column, key) in [(3, "p50_ns"), (5, "p99_ns"), (10, "max_ns")] {
            let told = "duration(latency.last.histograms[0].since_start.\(key))"
            #expect(
                try browser.evaluate(
                    "(\(Self.cell))('hops', 'receive_to_encrypted', \(column)) === \(told)")
                    as? Bool == true, "\(key)")
        }
        // Of some thousand samples none is expected beyond p99.9999.
        #expect(try cell("hops", "receive_to_encrypted", 9) == "–")
        // The charts have drawn something.
        for id in ["latency-chart", "heat-chart", "profit-chart", "duty-chart"] {
            let drawn = try browser.evaluate(
                """
                (() => { const c = document.getElementById('\(id)');
                  const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
                  return new Set(new Uint32Array(d.buffer)).size; })()
                """)
            #expect((drawn as? Int ?? 0) > 3, "\(id)")
        }
        #expect(
            try browser.evaluate("document.documentElement.scrollWidth <= innerWidth") as? Bool
                == true, "the page is wider than the screen")
        let ground = try browser.text("getComputedStyle(document.body).backgroundColor")
        #expect(ground == (scheme == "dark" ? "rgb(14, 17, 21)" : "rgb(244, 246, 248)"))
        try keep(browser, "dashboard-\(scheme)-\(width)")
        #expect(browser.complaints == [])
    }

    @Test func `a theme that was chosen stands against the system's and is remembered`() throws {
        let engine = try LiveEngine("page-theme")
        let web = try WebFixture(engine.fixture.directory.name)
        let browser = try open(web, width: 1200, height: 800, "light")
        let ground = "getComputedStyle(document.body).backgroundColor"
        try browser.wait(for: "document.getElementById('pulse').textContent === 'live'")
        _ = try browser.evaluate("document.getElementById('theme').click()")
        #expect(
            try browser.text("document.getElementById('theme').textContent") == "Theme: light")
        _ = try browser.evaluate("document.getElementById('theme').click()")
        #expect(try browser.text(ground) == "rgb(14, 17, 21)")
        try browser.open(web.address.description)
        try browser.wait(for: "document.documentElement.dataset.theme === 'dark'")
        #expect(try browser.text(ground) == "rgb(14, 17, 21)")
        #expect(browser.complaints == [])
    }

    @Test func `names that look like markup are text`() throws {
        let engine = try LiveEngine("page-markup")
        let markup = "<img src=x onerror=alert(1)>"
        engine.fixture.writer.counter(markup).add(7)
        engine.fixture.control.lower(to: .halted, reason: "<script>alert(2)</script>")
        let web = try WebFixture(engine.fixture.directory.name)
        let browser = try open(web, width: 1200, height: 800, "dark")
        try browser.wait(for: "document.getElementById('state').textContent === 'HALTED'")
        #expect(
            try browser.text("banner.textContent")
                == "trading state HALTED: <script>alert(2)</script>")
        #expect(try browser.evaluate("document.images.length") as? Int == 0)
        #expect(try browser.evaluate("document.scripts.length") as? Int == 1)
        #expect(try browser.text("document.body.textContent").contains(markup))
        try keep(browser, "dashboard-halted")
        #expect(browser.complaints == [])
    }

    @Test func `a filter, a row and the keys do what they say`() throws {
        let engine = try LiveEngine("page-use")
        engine.fixture.writer.histogram("other_hop").record(77)
        let web = try WebFixture(engine.fixture.directory.name)
        let browser = try open(web, width: 1200, height: 800, "light")
        try browser.wait(for: "page.intervals.length > 5")
        _ = try browser.evaluate(
            "filter.value = 'FRAMES'; filter.dispatchEvent(new Event('input'))")
        #expect(
            try browser.text("document.getElementById('counters-note').textContent") == "1 of 3")
        _ = try browser.evaluate("document.querySelector('[data-key=other_hop] button').click()")
        try browser.wait(for: "latency.heat.name === 'other_hop'")
        #expect(try browser.text("document.querySelector('tr.chosen').dataset.key") == "other_hop")
        #expect(try browser.text("histogram.value") == "other_hop")
        _ = try browser.evaluate(
            """
            document.getElementById('latency-chart').dispatchEvent(
              new KeyboardEvent('keydown', { key: 'ArrowLeft' }))
            """)
        #expect(
            try browser.evaluate("latency.chart.group.cursorMs < page.span.endMs") as? Bool == true)
        _ = try browser.evaluate("document.getElementById('hops-interval').click()")
        try browser.wait(
            for: "document.querySelector('[data-key=other_hop]').children[1].textContent === '0'")
        #expect(browser.complaints == [])
    }

    @Test func `an engine that is gone is told, and found again`() throws {
        var engine: LiveEngine? = try LiveEngine("page-gone")
        let web = try WebFixture(engine!.fixture.directory.name)
        let browser = try open(web, width: 1200, height: 800, "light")
        try browser.wait(for: "document.getElementById('state').textContent === 'READY'")
        engine = nil
        try browser.wait(for: "document.getElementById('state').textContent === 'NO ENGINE'")
        #expect(try browser.text("banner.dataset.level") == "bad")
        #expect(try browser.text("banner.textContent").hasPrefix("no instance"))
        #expect(try browser.text("content.dataset.stale") == "true")
        try keep(browser, "dashboard-gone")
        engine = try LiveEngine("page-gone")
        try browser.wait(for: "document.getElementById('state').textContent === 'READY'")
        #expect(browser.complaints == [])
        withExtendedLifetime(engine) {}
    }

    @Test func `a monitor that does not answer is told, and asked less often`() throws {
        let engine = try LiveEngine("page-silent")
        var web: WebFixture? = try WebFixture(engine.fixture.directory.name)
        let browser = try open(web!, width: 1200, height: 800, "light")
        try browser.wait(for: "document.getElementById('pulse').textContent === 'live'")
        web = nil
        try browser.wait(for: "document.getElementById('pulse').textContent === 'retry in 2 s'")
        #expect(try browser.text("banner.textContent").hasPrefix("The monitor does not answer"))
        withExtendedLifetime(web) {}
    }
}
