//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Messages
import Monitor
import Platform
import Rendering
import Telemetry

/// The engine as its read-only pages show it, looked at often.
///
/// It watches what no counter tells: how long books are out of sync, and whether an order leaves
/// while its book is (I11) or while the engine is not READY (I7).
struct EngineView {
    typealias Row = (symbol: String, venue: String, status: InstrumentData)

    /// What the last look showed of an instrument.
    private struct Look {
        /// Looks in a row that showed the same outage.
        var invalidLooks = 0
        var invalidSinceNs: UInt64 = 0
        var snapshots: UInt64 = 0
        var ordersSent: UInt64 = 0
    }

    let telemetry: TelemetryReader
    private let control: ControlReader
    private var observer: InstanceObserver
    private var looks: [Look] = []
    private var notReadyLooks = 0
    private var ordersWhenNotReady: UInt64 = 0
    private var lastLookNs: UInt64 = 0
    private(set) var outageCount = 0
    private(set) var outageMaxNs: UInt64 = 0
    /// Sum over books, since `takeInterval`.
    private(set) var invalidNs: UInt64 = 0
    /// The fullest ring since `takeInterval`, hundredths of its capacity.
    private(set) var ringFillMax = 0.0
    /// Since the start, "frames 12.5 %".
    private(set) var fullestRing = ""
    private var fillGreatest = 0.0
    /// Wrong orders that were seen, in words.
    private var findings: [(invariant: String, text: String)] = []

    /// What was published before a page is seen can be one look old.
    private static let looksMin = 3

    /// - Returns: `nil` while the engine has not made its pages.
    init?(_ instance: String) {
        guard let directory = InstanceDirectory(name: instance),
            let telemetry = try? TelemetryReader(path: directory.segment("telemetry")),
            let control = try? ControlReader(path: directory.segment("control")),
            let observer = try? InstanceObserver(directory)
        else { return nil }
        self.telemetry = telemetry
        self.control = control
        self.observer = observer
    }

    var rows: [Row] { telemetry.instruments }
    var isReady: Bool { control.snapshot.engineState == TradingState.ready.text }
    var state: ControlSnapshot { control.snapshot }
    var messages: UInt64 { rows.reduce(0) { $0 + $1.status.messages } }
    var counters: [String: UInt64] {
        Dictionary(telemetry.counters.map { ($0.name, $0.value) }) { first, _ in first }
    }

    /// How old the oldest heartbeat of a stage is; 0 before the first ones.
    var heartbeatAgeNs: UInt64 {
        let now = wallNs()
        let oldest = telemetry.stages.map(\.pulse.heartbeatNs).filter { $0 > 0 }.min() ?? now
        return now - min(now, oldest)
    }

    /// One look, many a second.
    mutating func look(nowNs: UInt64) {
        let rows = rows
        if looks.count != rows.count { looks = Array(repeating: Look(), count: rows.count) }
        let passedNs = lastLookNs == 0 ? 0 : nowNs - lastLookNs
        lastLookNs = nowNs
        for (index, row) in rows.enumerated() { note(index, row, nowNs, passedNs) }
        let sent = rows.reduce(0) { $0 + $1.status.ordersSent }
        notReadyLooks = control.snapshot.state == TradingState.ready.text ? 0 : notReadyLooks + 1
        if notReadyLooks > Self.looksMin, sent > ordersWhenNotReady {
            findings.append(
                ("I7", "\(sent - ordersWhenNotReady) orders left, the state was not READY"))
        }
        ordersWhenNotReady = sent
    }

    private mutating func note(_ index: Int, _ row: Row, _ nowNs: UInt64, _ passedNs: UInt64) {
        let status = row.status
        var look = looks[index]
        defer { looks[index] = look }
        guard status.isBookValid == 0 else {
            if look.invalidLooks > 0 {
                outageCount += 1
                outageMaxNs = max(outageMaxNs, nowNs - look.invalidSinceNs)
            }
            look = Look()
            return
        }
        invalidNs += passedNs
        if look.invalidLooks == 0 { look.invalidSinceNs = nowNs }
        // A snapshot between two looks may have made the book valid for a moment.
        let isSame = look.invalidLooks > 0 && look.snapshots == status.resyncs
        if isSame, look.invalidLooks >= Self.looksMin, status.ordersSent > look.ordersSent {
            findings.append(
                ("I11", "\(row.venue) \(row.symbol): an order left while its book was invalid"))
        }
        look.invalidLooks = isSame ? look.invalidLooks + 1 : 1
        look.snapshots = status.resyncs
        look.ordersSent = status.ordersSent
    }

    /// A look at the rings that somebody takes from; about once a second.
    mutating func lookAtRings() {
        for ring in observer.observe().rings
        where ring.capacity > 0 && ring.published > ring.depth {
            let fill = Double(ring.depth) / Double(ring.capacity) * 100
            ringFillMax = max(ringFillMax, fill)
            guard fill > fillGreatest else { continue }
            fillGreatest = fill
            fullestRing = "\(ring.name) \(NumberText.short(fill)) %"
        }
    }

    /// Begins the next interval.
    mutating func takeInterval() {
        invalidNs = 0
        ringFillMax = 0
    }

    /// What was found since the last time.
    mutating func takeFindings() -> [(invariant: String, text: String)] {
        defer { findings = [] }
        return findings
    }
}
