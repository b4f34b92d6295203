//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// Writes capture files as CaptureReader reads them: one message a line, `<local receive time in ns
// since 1970> <JSON>`. A file's name is `<series>_<UTC time of its first message><suffix>`, for
// instance "binance-usdm_btcusdt_20261126T144939.123Z.gz"; a name that is taken gets "-2" and so on
// behind the time, so that nothing is ever written over.
//
// At flush points all lines so far can be read from the file, whatever becomes of this process. The
// text is cut at whole lines there, which costs compression a few bytes each time.
//
//===----------------------------------------------------------------------===//

import CZlib
import Glibc

/// One series of capture files, one open at a time.
///
/// Memory: 64 KiB and what the compression needs (about 256 KiB for gzip, 3 MiB for zstd).
///
/// SAFETY: the memory belongs to this value alone and is freed with it.
@safe
public struct CaptureWriter: ~Copyable {
    /// What became of a message.
    public enum Outcome: Sendable, Equatable {
        case written
        /// Written as the first of a new file.
        case began
        /// Not one JSON object or array, too long for a reader, or there is no file for it.
        case refused
    }

    private let folder: String
    private let series: String
    private let limits: CaptureLimits
    private let output: UnsafeMutableRawBufferPointer
    /// The receive time as text.
    private let digits: UnsafeMutableRawBufferPointer
    private var filled = 0
    private var compressor: Compressor?
    private var descriptor: Int32 = -1
    private var lastFlushNs: UInt64 = 0
    /// The file being written.
    public private(set) var current: CaptureFile?
    private var closed: [CaptureFile] = []
    private static let outputSize = 64 << 10
    /// 20 digits and a blank.
    private static let timeLengthMax = 21
    private static let sameNameMax = 1_000

    /// Nothing is made before the first message.
    ///
    /// - Parameter series: What the names of its files begin with.
    public init(folder: String, series: String, limits: CaptureLimits) {
        self.folder = folder
        self.series = series
        self.limits = limits
        unsafe output = .allocate(byteCount: Self.outputSize, alignment: 64)
        unsafe digits = .allocate(byteCount: Self.timeLengthMax, alignment: 8)
    }

    deinit {
        if descriptor >= 0 { Glibc.close(descriptor) }
        unsafe output.deallocate()
        unsafe digits.deallocate()
    }

    /// The files that were closed since the last call.
    public mutating func takeClosed() -> [CaptureFile] {
        defer { closed = [] }
        return closed
    }

    // MARK: Messages

    /// Writes one message, in a new file when it is time for that.
    ///
    /// - Parameter rotates: `false`: in the file that is open; without one it is refused. For
    ///   what must not be the first message of a file.
    /// - Throws: `cannotWrite`; the file is then closed with everything up to its last flush.
    public mutating func append(
        receiveTimeNs time: UInt64, json bytes: UnsafeRawBufferPointer, rotates: Bool = true
    ) throws(CaptureError) -> Outcome {
        let json = unsafe Self.trimmed(bytes)
        guard unsafe Self.isDocument(json), rotates || current != nil else { return .refused }
        if rotates { try rotate(time) }
        let isFirst = current == nil
        if isFirst { try begin(time) }
        try putTime(time)
        try unsafe putLine(json)
        current?.messagesTaken += 1
        current?.lastTimeNs = time
        if time >= lastFlushNs + CaptureLimits.flushIntervalNs { try flush(nowNs: time) }
        return isFirst ? .began : .written
    }

    /// Makes a flush point when the last one is old; for times without messages.
    ///
    /// - Parameter nowNs: On the clock of the receive times.
    public mutating func flushIfDue(nowNs: UInt64) throws(CaptureError) {
        guard let file = current, file.messages < file.messagesTaken else { return }
        if nowNs >= lastFlushNs + CaptureLimits.flushIntervalNs { try flush(nowNs: nowNs) }
    }

    /// Makes a flush point and remembers its time.
    public mutating func flush(nowNs: UInt64) throws(CaptureError) {
        guard current != nil else { return }
        lastFlushNs = nowNs
        try unsafe compress(UnsafeRawBufferPointer(start: nil, count: 0), .flush)
        try writeOut()
        current?.settle()
    }

    /// Ends the file being written. Another one begins with the next message.
    public mutating func close(_ reason: CaptureFile.CloseReason) throws(CaptureError) {
        guard current != nil else { return }
        try unsafe compress(UnsafeRawBufferPointer(start: nil, count: 0), .finish)
        try writeOut()
        current?.settle()
        let result = Glibc.close(descriptor)
        descriptor = -1
        if result != 0 { throw failed(errno) }
        retire(reason)
    }

    // MARK: Files

    private mutating func rotate(_ time: UInt64) throws(CaptureError) {
        guard let file = current else { return }
        if file.bytes + UInt64(filled) >= limits.sizeMax {
            try close(.size)
        } else if limits.intervalNs > 0,
            time / limits.intervalNs > file.firstTimeNs / limits.intervalNs
        {
            try close(.interval)
        }
    }

    private mutating func begin(_ time: UInt64) throws(CaptureError) {
        let stem = "\(series)_\(CaptureName.time(time))"
        var name = stem + limits.compression.suffix
        for number in 2...Self.sameNameMax {
            descriptor = unsafe open(
                "\(folder)/\(name)", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
            if descriptor >= 0 || errno != EEXIST { break }
            name = "\(stem)-\(number)\(limits.compression.suffix)"
        }
        guard descriptor >= 0 else {
            throw .cannotWrite(path: "\(folder)/\(name)", code: errno)
        }
        compressor = Compressor(limits.compression)
        guard compressor != nil else {
            Glibc.close(descriptor)
            descriptor = -1
            throw .cannotWrite(path: "\(folder)/\(name)", code: ENOMEM)
        }
        filled = 0
        lastFlushNs = time
        current = CaptureFile(name: name)
        current?.firstTimeNs = time
        current?.lastTimeNs = time
    }

    /// Gives up the file being written and tells why.
    private mutating func failed(_ code: Int32) -> CaptureError {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
        let path = "\(folder)/\(current?.name ?? series)"
        retire(.failed)
        return .cannotWrite(path: path, code: code)
    }

    private mutating func retire(_ reason: CaptureFile.CloseReason) {
        compressor = nil
        filled = 0
        current?.closeReason = reason
        if let file = current { closed.append(file) }
        current = nil
    }

    // MARK: Bytes

    /// The receive time and a blank.
    private mutating func putTime(_ time: UInt64) throws(CaptureError) {
        var at = Self.timeLengthMax - 1
        unsafe digits[at] = UInt8(ascii: " ")
        var rest = time
        repeat {
            at -= 1
            unsafe digits[at] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        } while rest > 0
        try unsafe compress(UnsafeRawBufferPointer(rebasing: digits[at...]), .goOn)
    }

    private mutating func put(_ byte: UInt8) throws(CaptureError) {
        unsafe digits[0] = byte
        try unsafe compress(UnsafeRawBufferPointer(rebasing: digits[..<1]), .goOn)
    }

    /// The document as one line: a line's end in it, a blank to JSON, becomes a blank.
    private mutating func putLine(_ json: UnsafeRawBufferPointer) throws(CaptureError) {
        var start = 0
        while start < json.count {
            let rest = unsafe UnsafeRawBufferPointer(rebasing: json[start...])
            let length = unsafe apus_line_feed_find(rest.baseAddress!, rest.count)
            try unsafe compress(UnsafeRawBufferPointer(rebasing: rest[..<length]), .goOn)
            if length < rest.count { try put(UInt8(ascii: " ")) }
            start += length + 1
        }
        try put(UInt8(ascii: "\n"))
    }

    private mutating func compress(
        _ bytes: UnsafeRawBufferPointer, _ step: Compressor.Step
    ) throws(CaptureError) {
        var taken = 0
        current?.textBytes += UInt64(bytes.count)
        while true {
            if filled == Self.outputSize { try writeOut() }
            guard
                let progress = unsafe compressor?.run(
                    UnsafeRawBufferPointer(rebasing: bytes[taken...]),
                    into: UnsafeMutableRawBufferPointer(rebasing: output[filled...]), step)
            else { throw failed(EIO) }
            taken += progress.taken
            filled += progress.put
            if progress.isDone { return }
        }
    }

    private mutating func writeOut() throws(CaptureError) {
        var done = 0
        while done < filled {
            let count = unsafe Glibc.write(
                descriptor, output.baseAddress! + done, filled - done)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failed(count < 0 ? errno : EIO) }
            done += count
            current?.bytes += UInt64(count)
        }
        filled = 0
    }

    // MARK: Documents

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09
    }

    /// Without the blanks around it.
    private static func trimmed(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var start = 0
        var end = bytes.count
        while start < end, unsafe isBlank(bytes[start]) { start += 1 }
        while end > start, unsafe isBlank(bytes[end - 1]) { end -= 1 }
        return unsafe UnsafeRawBufferPointer(rebasing: bytes[start..<end])
    }

    /// Whether a reader would take it: its first and last byte, and its length.
    private static func isDocument(_ json: UnsafeRawBufferPointer) -> Bool {
        let lengthMax = CaptureReader.lineLengthMax - timeLengthMax
        guard (2...lengthMax).contains(json.count) else { return false }
        let ends = unsafe (json[0], json[json.count - 1])
        return ends == (UInt8(ascii: "{"), UInt8(ascii: "}"))
            || ends == (UInt8(ascii: "["), UInt8(ascii: "]"))
    }
}
