//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Platform

/// What a journal holds, counted in one reading.
public struct JournalSummary: Sendable {
    /// Frames and bytes of one kind.
    public struct Count: Sendable, Equatable {
        public internal(set) var frames: UInt64 = 0
        /// Of bodies.
        public internal(set) var bytes: UInt64 = 0
    }

    /// Files with frames in them, and how many of these are compressed.
    public internal(set) var segments = 0
    public internal(set) var compressedSegments = 0
    /// Of the files, preallocated space included.
    public internal(set) var fileBytes: UInt64 = 0
    public internal(set) var firstNumber: UInt64 = 0
    public internal(set) var lastNumber: UInt64 = 0
    public internal(set) var lastHash: UInt64 = 0
    /// Least and greatest `timeNs`; 0 without frames.
    public internal(set) var firstTimeNs: UInt64 = 0
    public internal(set) var lastTimeNs: UInt64 = 0
    public internal(set) var counts: [JournalKind: Count] = [:]
    /// Frames that were lost at taps, as `lost` frames tell.
    public internal(set) var lostByKind: [JournalKind: UInt64] = [:]
    /// Retention removed the begin of the first session.
    public internal(set) var isCut = false
    /// `nil` where the journal is damaged.
    public internal(set) var end: JournalEnd?
    public internal(set) var damage: JournalDamage?

    public var frames: UInt64 { counts.values.reduce(0) { $0 + $1.frames } }
    public var bytes: UInt64 { counts.values.reduce(0) { $0 + $1.bytes } }
    public var lost: UInt64 { lostByKind.values.reduce(0, &+) }
    public var sessions: UInt64 { counts[.session]?.frames ?? 0 }
    /// Damaged, or without any segment.
    public var isValid: Bool { damage == nil && segments > 0 }

    /// Reads and verifies all of `folder`.
    ///
    /// - Throws: `system`; damage is part of the summary.
    public init(folder: String) throws(JournalError) {
        var reader = try JournalReader(folder: folder)
        segments = reader.segments.count
        compressedSegments = reader.segments.count { $0.isCompressed }
        fileBytes = JournalScan.bytes(folder, reader.segments + reader.unused)
        do throws(JournalError) {
            while let frame = try reader.next() { take(frame) }
        } catch {
            guard case .damaged(let found) = error else { throw error }
            damage = found
        }
        end = reader.end
        lastHash = reader.lastHash
    }

    private mutating func take(_ frame: JournalFrame) {
        if firstNumber == 0 {
            firstNumber = frame.number
            firstTimeNs = frame.timeNs
        }
        lastNumber = frame.number
        firstTimeNs = min(firstTimeNs, frame.timeNs)
        lastTimeNs = max(lastTimeNs, frame.timeNs)
        counts[frame.kind, default: Count()].frames += 1
        counts[frame.kind, default: Count()].bytes += unsafe UInt64(frame.body.count)
        if frame.kind == .head, firstNumber > 1, sessions == 0 { isCut = true }
        if frame.kind == .lost {
            lostByKind[JournalKind(rawValue: frame.detail), default: 0] &+= frame.lostCount
        }
    }

    /// One line: how the journal ends, and the first bad place.
    public var verdict: String {
        if let damage { return "damaged: \(damage)" }
        if segments == 0 { return "no journal: no segments" }
        switch end {
        case .clean: return "valid, clean end"
        case .cut(let place):
            return "valid, open end: the writer is at work or was stopped;"
                + " the last frame is incomplete (\(place))"
        default: return "valid, open end: the writer is at work or was stopped"
        }
    }

    /// One line: what frames there are.
    public var range: String {
        "\(frames) frames, \(firstNumber) to \(lastNumber),"
            + " hash \(JournalText.hexadecimal(lastHash))"
    }

    /// Several lines for people.
    public var text: String {
        var lines = [
            "\(segments) segments (\(compressedSegments) compressed), \(fileBytes) bytes of files",
            "\(range)",
            "\(bytes) bytes of bodies, \(sessions) sessions"
                + (isCut ? " and the rest of one" : ""),
        ]
        if frames > 0 {
            lines.append("\(LogFormat.time(firstTimeNs)) to \(LogFormat.time(lastTimeNs))")
        }
        for (kind, count) in counts.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            lines.append("  \(kind): \(count.frames) frames, \(count.bytes) bytes")
        }
        let parts = lostByKind.sorted { $0.key.rawValue < $1.key.rawValue }
            .map { "\($0.value) \($0.key.rawValue == 0 ? "of any kind" : "\($0.key)")" }
        lines.append(
            "lost at taps: \(lost)" + (lost > 0 ? " (\(parts.joined(separator: ", ")))" : ""))
        lines.append(verdict)
        return lines.joined(separator: "\n")
    }
}

extension JournalFrame {
    /// Frames that a `lost` frame counts; 0 where it is too short.
    public var lostCount: UInt64 {
        guard unsafe body.count >= 8 else { return 0 }
        return unsafe UInt64(littleEndian: body.loadUnaligned(as: UInt64.self))
    }
}
