//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Journal
import Messages

/// What of a session must be known before its first frame can be replayed.
struct SessionScan {
    /// Journal's numbers of its first and last frame.
    let first: UInt64
    var last: UInt64
    /// Its begin was removed by retention, and `first` is the first segment's that is left: it can
    /// be read, not replayed.
    let isCut: Bool
    let session: JournalSession
    var instruments: [Instrument]?
    var notes: [ControlNote] = []
    var frames: UInt64 = 0
    var orders: UInt64 = 0
    var verdicts: UInt64 = 0
    /// Frames of the market that the journal does not have, and the number of the frame that first
    /// says so; 0: none.
    var lost: UInt64 = 0
    /// Verdicts that the journal does not have; frames of kind `lost` stand in their places.
    var lostVerdicts: UInt64 = 0
    var firstLoss: UInt64 = 0
    /// What people are told that no replay does: a model that was changed.
    var changes: [String] = []
    /// How the stages ended; `nil`: the session was not closed.
    var endText: String?

    /// Every session of the journal in `folder`, each frame verified.
    ///
    /// - Parameter progress: Called with the number of frames read, now and then.
    /// - Throws: `JournalError` for a journal that is not whole, `EngineError` for what is in it.
    static func all(
        _ folder: String, progress: (UInt64) -> Void
    ) throws -> [SessionScan] {
        var reader = try JournalReader(folder: folder)
        var sessions: [SessionScan] = []
        var count: UInt64 = 0
        while let frame = try reader.next() {
            count += 1
            if count % 65_536 == 0 { progress(count) }
            // What retention removed, it removed from the begin.
            let isCut = sessions.isEmpty && frame.isHead(of: .session)
            if frame.kind == .session || isCut {
                sessions.append(
                    SessionScan(
                        first: frame.number, last: frame.number, isCut: isCut,
                        session: try JournalSession(text: unsafe Array(frame.body))))
            } else if !sessions.isEmpty {
                try sessions[sessions.count - 1].take(frame)
            }
        }
        return sessions
    }

    /// What is said of a session whose begin was removed.
    static let cutText = "its begin was removed by retention (journal.retention_size,"
        + " journal.retention): not replayed; apus journal reads what is left"

    /// Whether the first segments of the journal in `folder` were removed.
    static func isCut(_ folder: String) throws -> Bool {
        var reader = try JournalReader(folder: folder)
        return try (reader.next()?.number ?? 1) > 1
    }

    private mutating func take(_ frame: JournalFrame) throws(EngineError) {
        last = frame.number
        switch frame.kind {
        case .instruments,
            .head where frame.isHead(of: .instruments):
            instruments = try Self.instruments(frame)
        case .control:
            guard unsafe frame.body.count == MemoryLayout<ControlNote>.size else {
                throw EngineError("frame \(frame.number): a note of another layout")
            }
            notes.append(unsafe frame.body.loadUnaligned(as: ControlNote.self))
        case .frameIn: frames += 1
        case .orderOut: orders += 1
        case .verdict: verdicts += 1
        case .lost where frame.detail == JournalKind.verdict.rawValue:
            lostVerdicts &+= frame.lostCount
        case .lost:
            lost = max(1, lost &+ frame.lostCount)
            if firstLoss == 0 { firstLoss = frame.number }
        case .note where frame.detail == Self.changeDetail:
            changes.append(unsafe String(decoding: frame.body, as: UTF8.self))
        case .state: endText = unsafe String(decoding: frame.body, as: UTF8.self)
        default: break
        }
    }

    /// Of a note that tells of a change no record tells of.
    static let changeDetail: UInt8 = 1

    private static func instruments(_ frame: JournalFrame) throws(EngineError) -> [Instrument] {
        let copy = unsafe UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(64, frame.body.count), alignment: 64)
        defer { unsafe copy.deallocate() }
        unsafe copy.copyMemory(from: frame.body)
        guard
            let table = unsafe InstrumentTable.read(
                UnsafeRawPointer(copy.baseAddress!), size: frame.body.count)
        else { throw EngineError("frame \(frame.number): instruments of another layout") }
        return table
    }
}

extension JournalFrame {
    /// Whether it repeats the frame of `kind` that describes the session.
    func isHead(of kind: JournalKind) -> Bool { self.kind == .head && detail == kind.rawValue }
}
