//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CJournal
import Glibc

/// Looks at whole segments.
enum JournalScan {
    /// The segments from the last one on that begins at or before `start`. One whose header cannot
    /// be read is not passed over.
    static func segments(_ folder: String, from start: JournalStart) -> [JournalSegment] {
        let all = JournalSegment.list(folder)
        var first = all.startIndex
        for (index, segment) in all.enumerated() where start != .begin {
            guard let header = header(folder, segment) else { break }
            let isBefore = switch start {
            case .begin: false
            case .number(let number): header.firstNumber <= number
            case .writtenNs(let timeNs): header.createdNs <= timeNs
            }
            guard isBefore else { break }
            first = index
        }
        return Array(all[first...])
    }

    /// The segments that a writer may have left other than durable, and one before them: those
    /// behind the last compressed one, eight at most.
    static func unsettled(_ folder: String) -> [JournalSegment] {
        let all = JournalSegment.list(folder)
        let first = all.lastIndex { $0.isCompressed } ?? 0
        return Array(all[first...].suffix(8))
    }

    private static func header(
        _ folder: String, _ segment: JournalSegment
    ) -> JournalSegmentHeader? {
        guard
            let input = try? JournalInput(
                path: "\(folder)/\(segment.name)", isCompressed: segment.isCompressed)
        else { return nil }
        let size = JournalReader.headerSize
        return unsafe withUnsafeTemporaryAllocation(byteCount: size, alignment: size) { bytes in
            guard let start = unsafe bytes.bindMemory(to: UInt8.self).baseAddress else {
                return nil
            }
            var filled = 0
            while filled < size {
                let got = unsafe input.read(start + filled, size - filled)
                if got <= 0 { return nil }
                filled += got
            }
            var header = JournalSegmentHeader()
            return unsafe apus_journal_segment_read(start, &header) == 1 ? header : nil
        }
    }

    /// Whether a segment holds zeros only: it was preallocated and never begun.
    static func isZero(_ folder: String, _ segment: JournalSegment) throws(JournalError) -> Bool {
        if segment.isCompressed { return false }
        let path = "\(folder)/\(segment.name)"
        let input = try JournalInput(path: path, isCompressed: false)
        let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: JournalReader.chunk)
        defer { unsafe bytes.deallocate() }
        while true {
            let got = unsafe input.read(bytes, JournalReader.chunk)
            if got == 0 { return true }
            if got < 0 { throw .system(operation: "read", path: path, code: Int32(-got)) }
            if unsafe apus_journal_used(bytes, got) > 0 { return false }
        }
    }

    /// Of the files of `segments`.
    static func bytes(_ folder: String, _ segments: [JournalSegment]) -> UInt64 {
        segments.reduce(0) { sum, segment in
            var status = stat()
            let result = unsafe stat("\(folder)/\(segment.name)", &status)
            return result == 0 ? sum + UInt64(status.st_size) : sum
        }
    }
}
