//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CJournal

/// Looks at whole segments.
enum JournalScan {
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
}
