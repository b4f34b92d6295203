//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// A capture file holds one message a line, `<local receive time in ns since 1970> <JSON>`, in the
// order of receipt, plain, gzip or zstd. The reader holds one window over the uncompressed text: a
// line is a view into it, so nothing is copied and memory does not depend on the file's length.
//
//===----------------------------------------------------------------------===//

import CKernels
import CZlib

/// One message of a capture.
///
/// SAFETY: `json` is valid until the next call of `next()` on the reader it came from.
@safe
public struct CaptureLine {
    public let receiveTimeNs: UInt64
    /// The document, without the line's end; 64 readable bytes of no meaning lie behind it.
    public let json: UnsafeRawBufferPointer
    /// From 1.
    public let lineNumber: Int
    /// Place of the file among those of a merge; 0 for a single file.
    public let fileIndex: Int
}

/// Reads a capture file line by line.
///
/// SAFETY: `window` belongs to this value alone and is freed with it.
@safe
public struct CaptureReader: ~Copyable {
    /// Longest line, bytes, its end excluded.
    public static let lineLengthMax = 4 << 20
    /// Readable bytes behind every view.
    public static let slack = 64
    private static let chunk = 256 << 10
    private static let page = 4_096
    private static var windowSize: Int { page + lineLengthMax + chunk + slack }

    public let path: String
    /// Lines seen so far, malformed ones included.
    public private(set) var lineNumber = 0
    private let fileIndex: Int
    private let file: CaptureInput
    private let window: UnsafeMutablePointer<UInt8>
    /// First byte of the next line.
    private var head = 0
    /// Bytes before this hold no line feed, from `head` on.
    private var searched = 0
    /// Behind the last byte read.
    private var tail = 0
    private var isAtEnd = false
    /// A failure of the file that is still to be told, once the lines before it are handed out.
    private var failure: CaptureError?

    /// Opens `path`; blank files are captures without lines.
    public init(path: String) throws(CaptureError) {
        try self.init(path: path, fileIndex: 0)
    }

    init(path: String, fileIndex: Int) throws(CaptureError) {
        let file = try CaptureInput(path: path)
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: Self.windowSize, alignment: Self.page)
        let bytes = unsafe memory.bindMemory(to: UInt8.self, capacity: Self.windowSize)
        self.path = path
        self.fileIndex = fileIndex
        self.file = file
        unsafe window = unsafe bytes
        take(unsafe self.file.read(bytes, Self.chunk))
    }

    deinit { unsafe UnsafeMutableRawPointer(window).deallocate() }

    /// The next message; `nil` at the end of the file. Empty lines, and those of what was
    /// sent, are passed over.
    ///
    /// - Throws: `malformed` for one bad line, after which reading goes on with the following one;
    ///   `cut`, `corrupt` or `cannotRead` once, when the file itself fails.
    public mutating func next() throws(CaptureError) -> CaptureLine? {
        let at = head
        if let written = nextWritten() {
            return unsafe CaptureLine(
                receiveTimeNs: written.timeNs,
                json: UnsafeRawBufferPointer(start: window + at + written.at, count: written.count),
                lineNumber: lineNumber, fileIndex: fileIndex)
        }
        return try nextOfAnyForm()
    }

    /// Takes a line that `CaptureWriter` wrote and that the window holds to its end: where its
    /// document begins in it, and the document's length.
    ///
    /// - Returns: `nil`, having taken nothing, for any other line.
    @inline(__always)
    private mutating func nextWritten() -> (timeNs: UInt64, at: Int, count: Int)? {
        let count = min(tail - head, Self.lineLengthMax + 1)
        guard searched == head, count >= 64 else { return nil }
        let text = unsafe window + head
        guard let timeNs = unsafe CaptureTime.readWritten(text) else { return nil }
        let at = CaptureTime.writtenLength
        guard unsafe text[at] == UInt8(ascii: "{") else { return nil }
        let length = unsafe at + apus_line_feed_find(text + at, count - at)
        guard length < count, unsafe text[length - 1] == UInt8(ascii: "}") else { return nil }
        head += length + 1
        searched = head
        lineNumber += 1
        return (timeNs, at, length - at)
    }

    private mutating func nextOfAnyForm() throws(CaptureError) -> CaptureLine? {
        while let length = try lineLength() {
            let start = head
            head = min(start + length + 1, tail)
            searched = head
            lineNumber += 1
            var end = start + length
            if end > start, unsafe window[end - 1] == UInt8(ascii: "\r") { end -= 1 }
            let text = unsafe UnsafeRawBufferPointer(start: window + start, count: end - start)
            if unsafe end > start && !CaptureTime.isSent(text) {
                return try line(from: start, to: end)
            }
        }
        return nil
    }

    /// Length of the line at `head`, reading on as needed; `nil` at the end.
    private mutating func lineLength() throws(CaptureError) -> Int? {
        while true {
            let unsearched = tail - searched
            let found = unsafe apus_line_feed_find(window + searched, unsearched)
            if found < unsearched {
                let length = searched + found - head
                if length <= Self.lineLengthMax { return length }
                head += length + 1
                searched = head
                lineNumber += 1
                throw malformed(.tooLong)
            }
            searched = tail
            if tail - head > Self.lineLengthMax { try skipLongLine() }
            if isAtEnd {
                if let failed = failure {
                    failure = nil
                    head = tail
                    throw failed
                }
                return tail > head ? tail - head : nil
            }
            fill()
        }
    }

    /// Passes over a line that does not fit, keeping memory bounded, and reports it.
    private mutating func skipLongLine() throws(CaptureError) {
        lineNumber += 1
        while true {
            head = tail
            searched = tail
            if isAtEnd { break }
            fill()
            let found = unsafe apus_line_feed_find(window + searched, tail - searched)
            if found < tail - searched {
                head = searched + found + 1
                searched = head
                break
            }
        }
        throw malformed(.tooLong)
    }

    /// Moves what is left towards the window's start and reads one chunk behind it, which begins
    /// at a page's start: the kernel copies there faster than elsewhere.
    private mutating func fill() {
        // Less than a page in front: a long line, of which nothing was taken since.
        if head >= Self.page {
            let left = tail - head
            let start = -left & (Self.page - 1)
            unsafe apus_bytes_move(window + start, window + head, left)
            searched += start - head
            tail = start + left
            head = start
        }
        let room = min(Self.chunk, Self.windowSize - Self.slack - tail)
        take(unsafe file.read(window + tail, room))
    }

    /// Takes in what one reading at the window's tail brought.
    private mutating func take(_ got: Int) {
        if got > 0 {
            tail += got
            return
        }
        isAtEnd = true
        switch Int32(-got) {
        case 0: break
        case 61: failure = .cut(path: path)  // ENODATA
        case 74: failure = .corrupt(path: path)  // EBADMSG
        case let code: failure = .cannotRead(path: path, code: code)
        }
    }

    /// Splits the line at `start ..< end`, which is not empty.
    private func line(from start: Int, to end: Int) throws(CaptureError) -> CaptureLine {
        let text = unsafe UnsafeRawBufferPointer(start: window + start, count: end - start)
        guard let time = unsafe CaptureTime.read(text) else { throw malformed(.noReceiveTime) }
        let at = start + time.length
        guard at < end else { throw malformed(.noDocument) }
        let opening = unsafe window[at]
        let isObject = opening == UInt8(ascii: "{")
        guard isObject || opening == UInt8(ascii: "[") else { throw malformed(.noDocument) }
        let closing = isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")
        guard end - at >= 2, unsafe window[end - 1] == closing else {
            throw malformed(.unterminated)
        }
        return unsafe CaptureLine(
            receiveTimeNs: time.timeNs,
            json: UnsafeRawBufferPointer(start: window + at, count: end - at),
            lineNumber: lineNumber, fileIndex: fileIndex)
    }

    private func malformed(_ reason: CaptureError.Reason) -> CaptureError {
        .malformed(path: path, line: lineNumber, reason: reason)
    }
}
