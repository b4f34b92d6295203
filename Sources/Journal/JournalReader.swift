//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import CJournal
import Glibc

/// Reads a journal frame by frame, and checks every one.
///
/// Memory: 16.3 MiB, touched only as far as frames need. A journal may be read while it is
/// written: then it ends where the writer was when the folder was opened, or later.
///
/// SAFETY: `window` belongs to this value alone and is freed with it.
@safe
public struct JournalReader: ~Copyable {
    /// What is checked of a frame.
    public enum Verification: Sendable {
        /// Checksum, number and the chain of hashes.
        case full
        /// Checksum and number: what a fault of a device may do, not what somebody did.
        case checksums
    }

    static let chunk = 256 << 10
    static let headerSize = Int(APUS_JOURNAL_ALIGNMENT)
    private static let windowSize = headerSize + Int(APUS_JOURNAL_BODY_MAX) + chunk

    let folder: String
    /// Those with anything in them.
    let segments: [JournalSegment]
    /// Behind them, preallocated, without any byte but zeros.
    let unused: [JournalSegment]
    private let verification: Verification
    private let window: UnsafeMutablePointer<UInt8>
    private var input: JournalInput?
    /// The segment being read, or the next one.
    private(set) var index = 0
    /// Of the next frame in its segment, bytes.
    private(set) var offset: UInt64 = 0
    /// First byte in the window that was not handed out.
    private var head = 0
    /// Behind the last byte read.
    private var tail = 0
    private var isAtEnd = false
    private var hasFailed = false
    private var lastKind: JournalKind?
    /// Of the next frame; 0 before the first segment was opened.
    public private(set) var nextNumber: UInt64 = 0
    /// Hash of the last frame; 0 where nothing is verified but checksums.
    public private(set) var lastHash: UInt64 = 0
    /// How the journal ends; `nil` until `next()` has returned `nil`.
    public private(set) var end: JournalEnd?

    /// Opens the journal in `folder`, which may hold none yet.
    ///
    /// - Parameter start: Segments that end before it are passed over, unread; the frames before it
    ///   in its own segment are handed out.
    /// - Throws: `system` where there is no such folder.
    public init(
        folder: String, from start: JournalStart = .begin, verification: Verification = .full
    ) throws(JournalError) {
        let directory = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else {
            throw .system(operation: "open", path: folder, code: errno)
        }
        close(directory)
        try self.init(
            folder: folder, segments: JournalScan.segments(folder, from: start),
            verification: verification)
    }

    init(
        folder: String, segments: [JournalSegment], verification: Verification = .full
    ) throws(JournalError) {
        var used = segments
        var unused: [JournalSegment] = []
        while let last = used.last, try JournalScan.isZero(folder, last) {
            unused.insert(used.removeLast(), at: 0)
        }
        self.folder = folder
        self.segments = used
        self.unused = unused
        self.verification = verification
        unsafe window = .allocate(capacity: Self.windowSize)
    }

    deinit { unsafe window.deallocate() }

    /// The next frame; `nil` at the end, and after any error. Its body is valid until the next
    /// call.
    ///
    /// - Throws: `damaged` where the journal does not go on as it must; `system`. Once.
    public mutating func next() throws(JournalError) -> JournalFrame? {
        while end == nil, !hasFailed {
            if input == nil, try !begin() { break }
            if let frame = try frame() { return frame }
        }
        return nil
    }

    // MARK: Segments

    /// Opens the next segment and reads its header; `false` at the journal's end.
    private mutating func begin() throws(JournalError) -> Bool {
        guard index < segments.count else {
            end = lastKind == .end ? .clean : .open
            return false
        }
        let segment = segments[index]
        head = 0
        tail = 0
        offset = 0
        isAtEnd = false
        if index > 0, segment.number != segments[index - 1].number + 1 {
            try fail(.segmentMissing)
        }
        input = try JournalInput(
            path: "\(folder)/\(segment.name)", isCompressed: segment.isCompressed)
        while tail < Self.headerSize, !isAtEnd { try fill() }
        var header = JournalSegmentHeader()
        guard tail >= Self.headerSize,
            unsafe apus_journal_segment_read(window, &header) == 1
        else { return try refuse() }
        if header.segment != segment.number { try fail(.segmentNumber) }
        if nextNumber == 0 {
            nextNumber = header.firstNumber
            lastHash = header.previousHash
        }
        let continues = header.firstNumber == nextNumber
            && (verification == .checksums || header.previousHash == lastHash)
        if !continues { try fail(.segmentOrder) }
        head = Self.headerSize
        offset = UInt64(Self.headerSize)
        return true
    }

    /// A header that is none: cut short in the newest segment, damaged elsewhere.
    private mutating func refuse() throws(JournalError) -> Bool {
        let used = try rest()
        guard index == segments.count - 1, used < Self.headerSize else {
            try fail(used == 0 ? .segmentEmpty : .segmentHeader)
        }
        end = .cut(damage(.cut))
        return false
    }

    private mutating func finishSegment() {
        input = nil
        index += 1
    }

    // MARK: Frames

    /// The next frame of the segment; `nil` when there is none.
    private mutating func frame() throws(JournalError) -> JournalFrame? {
        while true {
            let available = tail - head
            if available < Self.headerSize, !isAtEnd {
                try fill()
                continue
            }
            guard available >= Self.headerSize else {
                if try rest() > 0 { return try cut(.cut) }
                finishSegment()
                return nil
            }
            var size = 0
            var hash: UInt64 = 0
            let finding =
                verification == .full
                ? unsafe apus_journal_check(
                    window + head, available, nextNumber, lastHash, &size, &hash)
                : unsafe apus_journal_check(
                    window + head, available, nextNumber, 0, &size, nil)
            switch finding {
            case .good: return taken(size: size, hash: hash)
            case .cut where !isAtEnd: try fill()
            case .zero:
                if try rest() > 0 { try fail(.tail) }
                finishSegment()
                return nil
            case .cut: return try cut(.cut)
            case .noFrame: return try cut(.noFrame)
            case .badCRC: return try cut(.checksum)
            case .tooLong: try fail(.tooLong)
            case .badNumber: try fail(.number)
            default: try fail(.chain)
            }
        }
    }

    private mutating func taken(size: Int, hash: UInt64) -> JournalFrame {
        let start = unsafe UnsafeRawPointer(window + head)
        let header = unsafe start.loadUnaligned(as: JournalHeader.self)
        let kind = JournalKind(rawValue: header.kind)
        head += size
        offset += UInt64(size)
        nextNumber += 1
        lastHash = hash
        lastKind = kind
        return unsafe JournalFrame(
            number: header.number, kind: kind, detail: header.detail,
            connection: header.connection, sequence: header.sequence, timeNs: header.timeNs,
            writtenNs: header.writtenNs, context: header.context,
            body: UnsafeRawBufferPointer(
                start: start + Self.headerSize, count: Int(header.length)))
    }

    /// A bad frame: the journal's end, when it is the last one and only zeros or nothing at all
    /// are where its own last bytes belong.
    private mutating func cut(
        _ reason: JournalDamage.Reason
    ) throws(JournalError) -> JournalFrame? {
        let found = damage(reason)
        var needed = Self.headerSize
        if tail - head >= Self.headerSize, reason != .noFrame {
            let start = unsafe UnsafeRawPointer(window + head)
            needed += Int(unsafe start.loadUnaligned(as: JournalHeader.self).length)
        }
        guard index == segments.count - 1, try rest() < needed else { try fail(reason) }
        end = .cut(found)
        return nil
    }

    // MARK: Bytes

    /// Moves what is left to the window's begin and reads one chunk behind it.
    private mutating func fill() throws(JournalError) {
        if head > 0 {
            unsafe apus_move(window, window + head, tail - head)
            tail -= head
            head = 0
        }
        let room = min(Self.chunk, Self.windowSize - tail)
        let got = unsafe input?.read(window + tail, room) ?? 0
        if got > 0 {
            tail += got
            return
        }
        isAtEnd = true
        switch Int32(clamping: -got) {
        case 0: break
        case 61, 74: try fail(.compression)  // ENODATA, EBADMSG
        case let code:
            hasFailed = true
            throw .system(
                operation: "read", path: "\(folder)/\(segments[index].name)", code: code)
        }
    }

    /// How many bytes there are from `head` up to the segment's last one that is not 0. Reads all
    /// of the segment; no frame can be taken from it any more.
    private mutating func rest() throws(JournalError) -> Int {
        var used = unsafe apus_journal_used(window + head, tail - head)
        var length = tail - head
        while !isAtEnd {
            head = tail
            try fill()
            let part = unsafe apus_journal_used(window + head, tail - head)
            if part > 0 { used = length + part }
            length += tail - head
        }
        return used
    }

    private func damage(_ reason: JournalDamage.Reason) -> JournalDamage {
        JournalDamage(segment: segments[index].name, offset: offset, reason: reason)
    }

    private mutating func fail(_ reason: JournalDamage.Reason) throws(JournalError) -> Never {
        hasFailed = true
        throw .damaged(damage(reason))
    }
}
