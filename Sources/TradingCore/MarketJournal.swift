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
    private var loss = JournalLoss(of: .frameIn)

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
        let begin = session.heads(instruments, timeNs: wallNs())
        for head in begin {
            let isTaken = unsafe head.body.withUnsafeBytes {
                unsafe writer.append(
                    kind: head.kind, timeNs: head.timeNs, context: head.context,
                    writtenNs: head.timeNs, $0)
            }
            guard isTaken else {
                throw EngineError("journal: no room for the session's description")
            }
        }
        writer.beginSegments(with: begin)
    }

    /// Frames that it does not have.
    var lost: UInt64 { lostCount.load(ordering: .relaxed) }

    func append(_ frame: FrameDescriptor, _ bytes: UnsafeRawBufferPointer) {
        let isToldFirst = loss.tell(writer, sequence: 0, timeNs: frame.ingressTimeNs)
        let isTaken = unsafe isToldFirst && writer.append(
            kind: .frameIn, detail: frame.kind.rawValue, connection: frame.connectionID,
            timeNs: frame.ingressTimeNs, context: frame.context, writtenNs: wallNs(), bytes)
        if isTaken {
            framesTotal.increment()
        } else {
            lostTotal.increment()
            lostCount.add(1, ordering: .relaxed)
            loss.add(1)
        }
    }

    func poll() {
        writer.submit()
        writer.poll()
    }

    func close() {
        _ = loss.tell(writer, sequence: 0, timeNs: wallNs())
        writer.close(timeoutNs: Self.closeTimeoutNs)
    }
}
