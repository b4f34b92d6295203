//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Configuration
import Journal
import Messages
import Platform
import Synchronization
import Telemetry

/// The journal of a session of market data alone: its instruments and every frame, no orders.
///
/// SAFETY: made and closed by the main thread, appended to by one other between.
@safe
final class MarketJournal: @unchecked Sendable {
    private let writer: JournalWriter
    private let framesTotal: Counter
    private let lostTotal: Counter
    private let lostCount = Atomic<UInt64>(0)
    private var untold: UInt64 = 0

    private static let closeTimeoutNs: UInt64 = 10_000_000_000

    /// - Returns: `nil` when `journal.path` is not set.
    /// - Throws: `EngineError` when it cannot be opened or written.
    init?(
        _ settings: Settings, setups: [VenueSetup], _ instruments: InstrumentTable,
        _ telemetry: TelemetryWriter
    ) throws(EngineError) {
        guard let plan = try JournalPlan(settings) else { return nil }
        do {
            writer = try JournalWriter(folder: plan.folder, configuration: plan.writer)
        } catch { throw EngineError("journal.path \(plan.folder): \(error)") }
        framesTotal = telemetry.counter("journal_frames_total")
        lostTotal = telemetry.counter("journal_lost_frames_total")
        let session = JournalSession(marketOf: settings, setups: setups, startNs: wallNs())
        let isBegun = unsafe Array(session.text.utf8).withUnsafeBytes {
            unsafe append(.session, context: 0, $0)
        } && instruments.bytes.withUnsafeBytes {
            unsafe append(.instruments, context: UInt64(instruments.count), $0)
        }
        guard isBegun else { throw EngineError("journal: no room for the session's description") }
    }

    /// Frames that it does not have.
    var lost: UInt64 { lostCount.load(ordering: .relaxed) }

    func append(_ frame: FrameDescriptor, _ bytes: UnsafeRawBufferPointer) {
        if untold > 0 { tellLost(frame.ingressTimeNs) }
        let isTaken = unsafe writer.append(
            kind: .frameIn, detail: frame.kind.rawValue, connection: frame.connectionID,
            sequence: 0, timeNs: frame.ingressTimeNs, context: frame.context,
            writtenNs: wallNs(), bytes)
        if isTaken {
            framesTotal.increment()
        } else {
            lostTotal.increment()
            lostCount.add(1, ordering: .relaxed)
            untold += 1
        }
    }

    func poll() {
        writer.submit()
        writer.poll()
    }

    func close() { writer.close(timeoutNs: Self.closeTimeoutNs) }

    private func tellLost(_ timeNs: UInt64) {
        let isTold = unsafe withUnsafeBytes(of: untold.littleEndian) {
            unsafe writer.append(
                kind: .lost, detail: JournalKind.frameIn.rawValue, connection: 0, sequence: 0,
                timeNs: timeNs, context: 0, writtenNs: wallNs(), $0)
        }
        if isTold { untold = 0 }
    }

    private func append(
        _ kind: JournalKind, context: UInt64, _ body: UnsafeRawBufferPointer
    ) -> Bool {
        let now = wallNs()
        return unsafe writer.append(
            kind: kind, detail: 0, connection: 0, sequence: 0, timeNs: now, context: context,
            writtenNs: now, body)
    }
}
