//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
public import Journal
import Messages
import Pipeline
import Platform

/// A replay of a journal as asked for on the command line.
public struct JournalReplayRequest {
    public var folder: String
    /// Each group of stages on a thread of its own, or all on one.
    public var isPipelined = false
    /// Times the session's own pace; `nil`: as fast as it goes.
    public var speed: Double?
    /// The replay stops behind the frame with this sequence; `nil`: at the end.
    public var untilSequence: UInt64?
    /// Frames at and after this time alone are waited for and shown, ns since 1970.
    public var sinceNs: UInt64 = 0
    /// The replay stops before the first frame after this time, ns since 1970.
    public var untilNs = UInt64.max
    /// Kernels use no more than this set of `KernelPaths.sets`; `nil`: all that the machine has.
    public var instructions: String?

    public init(folder: String) { self.folder = folder }
}

/// What the replay of one session found.
public struct SessionReport: Sendable {
    public var startNs: UInt64 = 0
    /// Retention has removed its begin: nothing was replayed.
    public var isCut = false
    public var frames: UInt64 = 0
    /// Of each kernel, as `KernelPaths.text` has them.
    public var kernels = ""
    /// Frames to venues, and verdicts, that came out as they stand in the journal.
    public var orders: UInt64 = 0
    public var verdicts: UInt64 = 0
    /// What differs, in words; none: all that was compared is the same.
    public var differences: [String] = []
    /// What could not be compared, and why.
    public var remarks: [String] = []
    /// How the stages stood at the end.
    public var stateText = ""
    public var elapsedNs: UInt64 = 0

    public var isVerified: Bool { differences.isEmpty }
}

/// Runs the sessions of a journal through the production stages again and compares every frame to
/// a venue, every verdict, and how the stages ended.
///
/// The records' own time is the only clock of a decision, and what a stage saw of the control page
/// is in the journal, so the same bytes come out: whatever the placement, the build and the
/// processor.
public final class JournalReplay {
    private let request: JournalReplayRequest
    private let tell: (String) -> Void
    /// Called behind each frame from `sinceNs` on, with the state on demand; single step.
    public var pause: ((JournalFrame, () -> String) -> Void)?

    /// - Parameter tell: Takes a line of progress.
    public init(_ request: JournalReplayRequest, tell: @escaping (String) -> Void) {
        self.request = request
        self.tell = tell
    }

    /// - Throws: `JournalError` for a journal that is damaged, `EngineError` for a session that
    ///   cannot be replayed by this program, and for a journal without any that can.
    public func run() throws -> [SessionReport] {
        if let set = request.instructions, !KernelPaths.limit(to: set) {
            throw EngineError("this machine does not run the kernels of \(set)")
        }
        let sessions = try SessionScan.all(request.folder) { tell("\($0) frames verified") }
        if sessions.allSatisfy(\.isCut) {
            let isCut = try !sessions.isEmpty || SessionScan.isCut(request.folder)
            throw EngineError(
                "\(request.folder): "
                    + (isCut ? "one session: \(SessionScan.cutText)" : "no session in it"))
        }
        return try sessions.map { $0.isCut ? Self.passedOver($0) : try replay($0) }
    }

    private static func passedOver(_ scan: SessionScan) -> SessionReport {
        var report = SessionReport()
        report.startNs = scan.session.startNs
        report.isCut = true
        report.remarks = [SessionScan.cutText]
        return report
    }

    private func replay(_ scan: SessionScan) throws -> SessionReport {
        guard let rows = scan.instruments else {
            throw EngineError("the session at frame \(scan.first) has no instruments")
        }
        if scan.session.isMarketOnly {
            throw EngineError(
                "the session at frame \(scan.first) is market data alone: "
                    + "apus backtest --data takes it")
        }
        let verdicts = [StreamComparison<ComparedVerdict>(), StreamComparison<ComparedVerdict>()]
        let orders = StreamComparison<WrittenOrder>()
        var sinks = ReplaySinks()
        unsafe sinks.verdict = { verdicts[0].find(ComparedVerdict(unsafe $0.pointee)) }
        unsafe sinks.childVerdict = { verdicts[1].find(ComparedVerdict(unsafe $0.pointee)) }
        let session = try SessionPath(
            session: scan.session, instruments: .standalone(rows), notes: scan.notes,
            sinks: sinks)
        let threads = request.isPipelined
            ? try StageThreads(session.path, groups: StageThreads.pipelined) : nil
        defer { threads?.stop() }
        var report = SessionReport()
        report.startNs = scan.session.startNs
        report.kernels = KernelPaths.text
        let beginNs = monotonicNs()
        var pace = Pace(speed: request.speed, beginNs: beginNs)
        var isWhole = true
        var reader = try JournalReader(folder: request.folder, verification: .checksums)
        frames: while let frame = try reader.next() {
            if frame.number <= scan.first { continue }
            if frame.number > scan.last { break }
            switch frame.kind {
            case .orderOut: orders.expect(WrittenOrder(frame))
            case .verdict:
                if let verdict = ComparedVerdict(frame),
                    let stream = VerdictStream(rawValue: frame.detail)
                {
                    verdicts[Int(stream.rawValue)].expect(verdict)
                }
            case .lost where frame.detail == JournalKind.verdict.rawValue:
                if let stream = UInt8(exactly: frame.connection).flatMap(VerdictStream.init) {
                    verdicts[Int(stream.rawValue)].expectLost(frame.lostCount)
                }
            case .lost: break frames
            case .frameIn:
                if frame.timeNs > request.untilNs {
                    isWhole = false
                    break frames
                }
                if frame.timeNs >= request.sinceNs { pace.wait(for: frame.timeNs) }
                feed(frame, session, orders, isThreaded: threads != nil)
                report.frames += 1
                if report.frames % 262_144 == 0 {
                    tell("\(report.frames) of \(scan.frames) frames replayed")
                }
                if frame.timeNs >= request.sinceNs {
                    pause?(frame) { session.stateText }
                }
                if frame.sequence == request.untilSequence {
                    isWhole = false
                    break frames
                }
            default: break
            }
        }
        threads?.stop()
        session.path.drain()
        while let order = session.nextOrder() { orders.find(order) }
        report.elapsedNs = monotonicNs() - beginNs
        report.stateText = session.stateText
        judge(&report, scan, isWhole: isWhole, orders, verdicts)
        return report
    }

    private func feed(
        _ frame: JournalFrame, _ session: SessionPath, _ orders: StreamComparison<WrittenOrder>,
        isThreaded: Bool
    ) {
        while !session.feed(frame) {
            if isThreaded { CurrentThread.sleep(ns: 20_000) } else { session.path.drain() }
            while let order = session.nextOrder() { orders.find(order) }
        }
        if !isThreaded { session.path.drain() }
        while let order = session.nextOrder() { orders.find(order) }
    }

    private func judge(
        _ report: inout SessionReport, _ scan: SessionScan, isWhole: Bool,
        _ orders: StreamComparison<WrittenOrder>, _ verdicts: [StreamComparison<ComparedVerdict>]
    ) {
        report.remarks += scan.changes.map { "not replayed: \($0)" }
        if scan.lost > 0 {
            report.differences.append(
                "\(scan.lost) frames are not in the journal, first at its frame "
                    + "\(scan.firstLoss): what follows cannot be replayed")
        }
        if scan.lostVerdicts > 0 {
            report.remarks.append(
                "\(scan.lostVerdicts) verdicts were lost at their taps: compared around them")
        }
        let isWhole = isWhole && scan.lost == 0
        if isWhole, scan.endText != nil {
            orders.finish()
            verdicts.forEach { $0.finish() }
        } else {
            report.remarks.append(
                scan.endText == nil
                    ? "the session was not closed: its last moments are not compared"
                    : "stopped before its end: how it ended is not compared")
        }
        report.orders = orders.matches
        report.verdicts = verdicts[0].matches + verdicts[1].matches
        if let (expected, found) = orders.difference {
            report.differences.append(
                "order bytes: journal: \(expected?.text ?? "none"); replay: "
                    + "\(found?.text ?? "none")")
        }
        for stream in verdicts {
            if stream.missing > 0 {
                report.differences.append(
                    "verdicts: \(stream.missing) fewer in the replay, among those lost")
            }
            guard let (expected, found) = stream.difference else { continue }
            report.differences.append(
                "verdicts: journal: \(expected.map { "\($0)" } ?? "none"); replay: "
                    + "\(found.map { "\($0)" } ?? "none")")
        }
        guard isWhole, let endText = scan.endText else { return }
        let was = endText.split(separator: "\n")
        let now = report.stateText.split(separator: "\n")
        for (was, now) in zip(was, now) where was != now {
            report.differences.append("at the end: journal: \(was); replay: \(now)")
        }
        if was.count != now.count {
            report.differences.append("at the end: \(was.count) lines, \(now.count) in the replay")
        }
    }
}

/// Lets frames through no sooner than they came, times a factor.
private struct Pace {
    let speed: Double?
    let beginNs: UInt64
    var firstNs: UInt64 = 0

    init(speed: Double?, beginNs: UInt64) {
        self.speed = speed
        self.beginNs = beginNs
    }

    mutating func wait(for timeNs: UInt64) {
        guard let speed else { return }
        if firstNs == 0 { firstNs = timeNs }
        let dueNs = beginNs + UInt64(Double(timeNs - min(firstNs, timeNs)) / speed)
        let now = monotonicNs()
        if dueNs > now { CurrentThread.sleep(ns: dueNs - now) }
    }
}
