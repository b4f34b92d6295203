//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Accounts
import CBase
import CTelemetry
import Gateway
import Journal
import Messages
import Pipeline
import Platform
import Rings
import Synchronization
import Telemetry
import Transport
import Venues

/// The thread that keeps the journal: takes every frame, order bytes and notes of the stages from
/// taps, and reads verdicts beside their readers. Cold.
///
/// What comes from the market is copied for it in the reader's idle time, so that it costs the path
/// nothing: what is half a ring behind is lost, counted and told in the journal. Order bytes wait
/// in their ring until the journal has taken them.
///
/// SAFETY: all state but the words shared with the gateway belongs to the thread once it runs.
@safe
final class Journaling: @unchecked Sendable {
    private let plan: JournalPlan
    private let writer: JournalWriter
    private let rings: PathRings
    private let bytes: [ByteRingInspector]
    private var reader: UnsafeMutablePointer<ReaderStage>?
    /// Number of the next frame.
    private var nextFrame: UInt64 = 1
    private var verdicts: JournalVerdicts
    private var childVerdicts: JournalVerdicts
    private let taps: JournalTaps
    private let health: JournalHealth
    private let counters: JournalingCounters
    private let clock: WallClock
    /// One message as it is copied out of its ring.
    private let scratch: UnsafeMutableRawPointer
    /// Frames of the market that the journal does not have.
    private var lostFrames = JournalLoss(of: .frameIn)
    /// Orders in the journal that are not durable yet: their number, and their frame's.
    private var undurable: [(order: UInt64, frame: UInt64)] = []
    private let changes = Mutex<[String]>([])
    private let stopWord: UnsafeMutablePointer<UInt64>
    private var thread: PlatformThread?

    private static let scratchSize = 4 << 20
    private static let batchMax = 1_024
    /// Rest between two rounds. Where orders wait for the disk it is kept short.
    private static let pauseNs: UInt64 = 200_000
    private static let heldPauseNs: UInt64 = 20_000
    private static let niceness = -10
    private static let closeTimeoutNs: UInt64 = 10_000_000_000

    /// Opens the journal and writes how the session begins.
    ///
    /// - Parameter bytes: Of the frames, by connection.
    /// - Throws: `EngineError` when it cannot be opened or written.
    init(
        _ plan: JournalPlan, rings: PathRings, bytes: [ByteRingInspector], session: JournalSession,
        instruments: InstrumentTable, inbox: ColdInbox, clock: WallClock,
        telemetry: TelemetryWriter, log: Log
    ) throws(EngineError) {
        self.plan = plan
        self.bytes = bytes
        self.clock = clock
        do {
            writer = try JournalWriter(folder: plan.folder, configuration: plan.writer)
        } catch { throw EngineError("journal.path \(plan.folder): \(error)") }
        do {
            taps = try JournalTaps()
        } catch { throw EngineError("journal: \(error)") }
        self.rings = rings
        verdicts = JournalVerdicts(.strategy, rings.verdicts.follower)
        childVerdicts = JournalVerdicts(.execution, rings.childVerdicts.follower)
        counters = JournalingCounters(telemetry)
        let venues = Set((0..<UInt32(instruments.count)).map { instruments[$0].venue })
        health = JournalHealth(
            plan, venues.filter(\.takesOrders).sorted { $0.rawValue < $1.rawValue },
            inbox: inbox, telemetry: telemetry, log: log)
        unsafe scratch = .allocate(byteCount: Self.scratchSize, alignment: 64)
        unsafe stopWord = .allocate(capacity: 1)
        unsafe stopWord.initialize(to: 0)
        let begin = session.heads(instruments, timeNs: clock.now())
        for frame in begin {
            guard append(frame) else {
                throw EngineError("journal: no room for the session's description")
            }
        }
        writer.beginSegments(with: begin)
    }

    /// Gives the stages their ends of the taps, before they run; once.
    func tap(_ path: HotPath, _ stages: PathStages) throws {
        unsafe reader = unsafe path.reader
        try unsafe taps.tap(path.reader, rings, sources: bytes)
        try taps.tap(stages, holds: plan.policy == .beforeSend)
    }

    /// Starts the thread; what describes the session is durable then.
    func start() throws(EngineError) {
        writer.requestSync()
        let deadline = monotonicNs() + Self.closeTimeoutNs
        while writer.durableNumber < writer.appendedNumber {
            writer.submit()
            writer.poll()
            if let failure = writer.failure { throw EngineError("journal: \(failure)") }
            guard monotonicNs() < deadline else {
                throw EngineError("journal: the disk did not take its beginning within 10 s")
            }
            CurrentThread.sleep(ns: 1_000_000)
        }
        do throws(PlatformError) {
            thread = try PlatformThread(name: "apus-journal") { [self] in run() }
        } catch { throw EngineError("\(error)") }
    }

    /// Keeps what a replay cannot do: that something was changed which no record tells of.
    func tellChange(_ text: String) { changes.withLock { $0.append(text) } }

    /// Takes in what the stages, which have ended, left behind, and how they ended; closes.
    func stop(state: String) {
        unsafe apus_word_store_release(stopWord, 1)
        thread?.join()
        thread = nil
        repeat { unsafe reader?.pointee.settleJournal() } while round() > 0
        noteFrames(before: (unsafe reader?.pointee.framesPublished ?? 0) + 1)
        _ = tell(&lostFrames, behind: nextFrame - 1)
        _ = append(.state, text: state)
        writer.close(timeoutNs: Self.closeTimeoutNs)
        showDurable()
    }

    private func run() {
        let pauseNs = plan.policy == .beforeSend ? Self.heldPauseNs : Self.pauseNs
        // What the path has overwritten is lost: before other cold threads, where that is allowed.
        try? CurrentThread.setNiceness(Self.niceness)
        while unsafe apus_word_load_acquire(stopWord) == 0 {
            let work = round()
            health.judge(writer, nowNs: monotonicNs())
            // Whoever reads each line as it is written takes it out of the path's cache: it is
            // better read some time later, many at once.
            if work < Self.batchMax { CurrentThread.sleep(ns: pauseNs) }
        }
    }

    /// One round over everything there is to write; returns the number of records taken.
    private func round() -> Int {
        var work = takeNotes() + takeOrders()
        work += takeFrames()
        work += take(&verdicts) + take(&childVerdicts)
        if plan.policy == .beforeSend, !undurable.isEmpty { writer.requestSync() }
        writer.submit()
        writer.poll()
        showDurable()
        return work
    }

    // MARK: - What is taken

    private func takeFrames() -> Int {
        for taken in 0..<Self.batchMax {
            guard let frame = taps.frame() else {
                _ = tell(&lostFrames, behind: nextFrame - 1)
                return taken
            }
            noteFrames(before: frame.number)
            nextFrame = frame.number + 1
            let isToldFirst = tell(&lostFrames, behind: frame.number - 1)
            if !isToldFirst || !keep(frame) { lose(1) }
            taps.releaseFrame()
        }
        return Self.batchMax
    }

    /// Counts as lost the frames that should have come before this one.
    private func noteFrames(before number: UInt64) {
        if number > nextFrame { lose(number - nextFrame) }
        nextFrame = max(nextFrame, number)
    }

    /// - Returns: `false` when the frame is not in the journal.
    private func keep(_ frame: TappedFrame) -> Bool {
        guard let body = unsafe body(of: frame) else { return false }
        let isTaken = unsafe append(
            .frameIn, detail: frame.kind.rawValue, connection: frame.connectionID,
            sequence: frame.number, timeNs: frame.ingressTimeNs, context: frame.context, body)
        if isTaken { counters.frames.increment() }
        return isTaken
    }

    /// A frame's payload; `nil`: it was overwritten, or is longer than any.
    private func body(of frame: TappedFrame) -> UnsafeRawBufferPointer? {
        if frame.isCopied == 1 { return unsafe taps.bytes(of: frame) }
        let length = Int(frame.length)
        guard length <= Self.scratchSize,
            unsafe bytes[Int(frame.connectionID)].copy(frame.position, length, to: scratch)
        else { return nil }
        return unsafe UnsafeRawBufferPointer(start: scratch, count: length)
    }

    private func lose(_ count: UInt64) {
        counters.lost.add(Int(clamping: count))
        lostFrames.add(count)
        health.noteLoss(nowNs: monotonicNs())
    }

    /// Tells the journal what is lost, if anything is; `false`: it has no room for that.
    private func tell(_ loss: inout JournalLoss, behind sequence: UInt64) -> Bool {
        if loss.untold == 0 { return true }
        let isTold = loss.tell(writer, sequence: sequence, timeNs: clock.now())
        if !isTold { counters.refusals.increment() }
        return isTold
    }

    private func takeOrders() -> Int {
        var work = 0
        while let frame = unsafe taps.order(to: scratch, capacity: Self.scratchSize) {
            let body = unsafe UnsafeRawBufferPointer(start: scratch, count: Int(frame.length))
            let text = unsafe OrderBytes.text(of: body)
            let isTaken = unsafe text.withUnsafeBytes {
                unsafe append(
                    .orderOut, detail: frame.kind.rawValue,
                    connection: UInt16(frame.venue.rawValue), sequence: frame.sequence,
                    timeNs: frame.ingressTimeNs, context: frame.number, $0)
            }
            guard isTaken else { break }
            counters.orders.increment()
            undurable.append((frame.number, writer.appendedNumber))
            taps.releaseOrder()
            work += 1
        }
        return work
    }

    private func takeChanges() {
        for text in changes.withLock({ taken in
            defer { taken = [] }
            return taken
        }) {
            _ = append(.note, text: text, detail: SessionScan.changeDetail)
        }
    }

    private func takeNotes() -> Int {
        takeChanges()
        var work = 0
        while let note = taps.note() {
            let isTaken = unsafe withUnsafeBytes(of: note) {
                unsafe append(
                    .control, detail: note.kind.rawValue, connection: 0, sequence: 0,
                    timeNs: clock.now(), context: note.count, $0)
            }
            guard isTaken else { break }
            taps.releaseNote()
            work += 1
        }
        return work
    }

    private func take(_ tap: inout JournalVerdicts) -> Int {
        let counts = tap.take(
            Self.batchMax, tell: { tell(&$0, behind: $1) }, keep: { keep($0, $1) })
        counters.verdicts.add(counts.kept)
        counters.verdictsLost.add(Int(clamping: counts.lost))
        return counts.read
    }

    private func keep(_ verdict: RiskVerdict, _ stream: VerdictStream) -> Bool {
        unsafe withUnsafeBytes(of: verdict) {
            unsafe append(
                .verdict, detail: stream.rawValue, connection: 0, sequence: verdict.sequence,
                timeNs: verdict.ingressTimeNs, context: verdict.orderID, $0)
        }
    }

    // MARK: - Writing

    private func append(_ kind: JournalKind, text: String, detail: UInt8 = 0) -> Bool {
        unsafe Array(text.utf8).withUnsafeBytes {
            unsafe append(
                kind, detail: detail, connection: 0, sequence: 0, timeNs: clock.now(),
                context: 0, $0)
        }
    }

    private func append(_ frame: JournalHead) -> Bool {
        unsafe frame.body.withUnsafeBytes {
            unsafe append(
                frame.kind, detail: 0, connection: 0, sequence: 0, timeNs: frame.timeNs,
                context: frame.context, $0)
        }
    }

    private func append(
        _ kind: JournalKind, detail: UInt8, connection: UInt16, sequence: UInt64, timeNs: UInt64,
        context: UInt64, _ body: UnsafeRawBufferPointer
    ) -> Bool {
        let isTaken = unsafe writer.append(
            kind: kind, detail: detail, connection: connection, sequence: sequence,
            timeNs: timeNs, context: context, writtenNs: clock.now(), body)
        if isTaken {
            counters.bytes.add(body.count)
        } else {
            counters.refusals.increment()
        }
        return isTaken
    }

    /// Tells the gateway which of its frames are durable.
    private func showDurable() {
        let durable = plan.reached(writer)
        counters.lag.set(writer.appendedNumber &- durable)
        var count = 0
        while count < undurable.count, undurable[count].frame <= durable { count += 1 }
        if count == 0 { return }
        taps.showDurable(undurable[count - 1].order)
        undurable.removeFirst(count)
    }
}
