//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Journal
public import Messages
import Venues

/// The market data of one venue in a journal, in the order of its receipt: what its engines'
/// market connections brought, and the book snapshots that were asked for.
///
/// Of connections that carry the same streams one is listened to; when it is lost, another one that
/// is up takes its place.
public final class JournalMarket {
    public let instruments: [Instrument]
    /// Frames of all kinds and venues that `next()` goes through.
    public let frameCount: Int
    private let venue: Venue
    private let sessions: [Session]
    private var reader: JournalReader
    private var current: Session?
    private var lines: HeardLines?

    private struct Session {
        let first: UInt64
        /// The journal's instrument of each of ours.
        let ids: [UInt32: UInt32]
        /// Before its first frame.
        let lines: HeardLines
    }

    /// - Throws: `JournalError` for a damaged journal; `EngineError` for one without data of the
    ///   venue, or with sessions of different instruments.
    public init(folder: String, venue: Venue) throws {
        self.venue = venue
        let scans = try SessionScan.all(folder) { _ in }
        var found: [Instrument]?
        var sessions: [Session] = []
        for scan in scans {
            let rows = scan.instruments ?? []
            let own = rows.filter { $0.venue == venue }
            if own.isEmpty { continue }
            if let found, found.map(\.venueSymbolText) != own.map(\.venueSymbolText) {
                throw EngineError("\(folder): sessions of different instruments")
            }
            found = found ?? own
            sessions.append(try Self.session(scan, rows, own, venue))
        }
        guard let found else { throw EngineError("\(folder): no data of \(venue.text)") }
        instruments = found
        self.sessions = sessions
        frameCount = scans.reduce(0) { $0 + Int($1.frames) }
        reader = try JournalReader(folder: folder, verification: .checksums)
    }

    private static func session(
        _ scan: SessionScan, _ rows: [Instrument], _ own: [Instrument], _ venue: Venue
    ) throws(EngineError) -> Session {
        let plan = ConnectionPlan(
            try scan.session.readSettings(), scan.session.setups, .standalone(rows),
            for: .trading)
        var ids: [UInt32: UInt32] = [:]
        for (index, instrument) in own.enumerated() { ids[instrument.instrumentID] = UInt32(index) }
        return Session(first: scan.first, ids: ids, lines: HeardLines(plan, venue))
    }

    /// The next frame; `nil` at the end.
    public func next() throws -> RecordedFrame? {
        while let frame = try reader.next() {
            if frame.kind == .session || frame.kind == .head { begin(frame) }
            guard frame.kind == .frameIn, let current, let taken = take(frame, current) else {
                continue
            }
            return taken
        }
        return nil
    }

    private func begin(_ frame: JournalFrame) {
        let session = sessions.first { $0.first == frame.number }
        // Most heads repeat what is known.
        if session == nil, frame.kind == .head { return }
        current = session
        lines = current?.lines
    }

    private func take(_ frame: JournalFrame, _ session: Session) -> RecordedFrame? {
        let kind = FrameKind(rawValue: frame.detail)
        if kind == .rest {
            let context = RESTContext(packed: frame.context)
            guard context.kind == RESTContext.depthSnapshot,
                let id = session.ids[context.instrumentID]
            else { return nil }
            return ReplayPath.snapshot(
                of: id, timeNs: frame.timeNs, bytes: unsafe Array(frame.body))
        }
        guard lines?.take(frame.connection, kind) == true else { return nil }
        return RecordedFrame(
            connectionID: ConnectionID.quotes, kind: kind, timeNs: frame.timeNs,
            bytes: unsafe Array(frame.body))
    }
}
