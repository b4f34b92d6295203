//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CJournal
import Platform

/// Frames that were appended and are not written yet: a ring of memory mapped twice back to back,
/// so that every range of it is contiguous. Places are bytes since the writer began.
///
/// SAFETY: the memory belongs to this value alone; a write that is under way is ended before it is
/// freed, which the writer sees to.
@safe
struct JournalStaging: ~Copyable {
    private let memory: MemorySegment
    let size: Int
    /// Behind the last frame appended.
    private(set) var appended: UInt64 = 0
    /// Behind the last whole frame written: what is before it may be overwritten.
    private(set) var released: UInt64 = 0
    /// Number of that frame.
    private(set) var releasedNumber: UInt64

    private static let headerSize = Int(APUS_JOURNAL_ALIGNMENT)

    init(size wanted: Int, lastNumber: UInt64) throws(JournalError) {
        var size = 65_536
        while size < wanted { size *= 2 }
        do throws(PlatformError) {
            memory = try MemorySegment.anonymousDoubled(size: size)
        } catch {
            throw .system(operation: error.operation, path: "memory", code: error.code)
        }
        memory.prefault()
        self.size = size
        releasedNumber = lastNumber
    }

    /// Whether so many bytes can be appended.
    func hasRoom(for count: Int) -> Bool { Int(appended - released) + count <= size }

    func bytes(at place: UInt64) -> UnsafeMutableRawPointer {
        unsafe memory.base + Int(place % UInt64(size))
    }

    /// Appends a frame for which there is room; returns its hash.
    mutating func append(_ header: JournalHeader, _ body: UnsafeRawBufferPointer) -> UInt64 {
        var header = header
        let hash = unsafe apus_journal_seal(bytes(at: appended), &header, body.baseAddress)
        appended += UInt64(apus_journal_frame_size(body.count))
        return hash
    }

    /// Appends the header of a segment for which there is room.
    mutating func appendSegment(
        _ segment: UInt64, firstNumber: UInt64, previousHash: UInt64, createdNs: UInt64
    ) {
        unsafe apus_journal_segment_seal(
            bytes(at: appended), segment, firstNumber, previousHash, createdNs)
        appended += UInt64(Self.headerSize)
    }

    /// Releases every whole frame before `written`.
    mutating func release(through written: UInt64) {
        while released < written {
            let start = unsafe UnsafeRawPointer(bytes(at: released))
            var step = Self.headerSize
            if unsafe start.load(as: UInt64.self) != APUS_JOURNAL_SEGMENT_MAGIC {
                let header = unsafe start.load(as: JournalHeader.self)
                step = Int(apus_journal_frame_size(Int(header.length)))
                guard released + UInt64(step) <= written else { return }
                releasedNumber = header.number
            }
            released += UInt64(step)
        }
    }
}
