//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc

/// What is known of one capture file that was written.
public struct CaptureFile: Sendable, Equatable {
    /// Why a file was closed.
    public enum CloseReason: String, Sendable {
        /// Still being written.
        case open
        case size, interval
        /// Recording ended as asked.
        case end
        /// It could not be written to any more.
        case failed
    }

    /// Within the folder of the captures.
    public let name: String
    /// Messages in it that a reader gets, also when the process dies now.
    public internal(set) var messages: UInt64 = 0
    /// Messages given to it.
    public internal(set) var messagesTaken: UInt64 = 0
    /// Bytes of the file.
    public internal(set) var bytes: UInt64 = 0
    /// Bytes of the lines in it, before compression.
    public internal(set) var textBytes: UInt64 = 0
    /// Of receipt, ns since 1970; 0 without messages.
    public internal(set) var firstTimeNs: UInt64 = 0
    public internal(set) var lastTimeNs: UInt64 = 0
    public internal(set) var closeReason = CloseReason.open

    init(name: String) { self.name = name }

    /// Everything given to it is in the file.
    mutating func settle() { messages = messagesTaken }
}

/// When a capture goes on in another file, and how it is written.
public struct CaptureLimits: Sendable {
    public var compression: Compression
    /// A file of at least so many bytes is closed; 64 KiB and more.
    public var sizeMax: UInt64
    /// Files begin anew at whole multiples of this since 1970, by receive time; 0: never.
    public var intervalNs: UInt64

    /// Largest difference of two receive times between which nothing is flushed.
    public static let flushIntervalNs: UInt64 = 1_000_000_000

    public init(
        compression: Compression = .gzip, sizeMax: UInt64 = 256 << 20,
        intervalNs: UInt64 = 3_600_000_000_000
    ) {
        precondition(sizeMax >= 65_536, "files of at least 64 KiB")
        self.compression = compression
        self.sizeMax = sizeMax
        self.intervalNs = intervalNs
    }
}

/// Times in names of files.
public enum CaptureName {
    /// "20261126T144939.123Z".
    public static func time(_ ns: UInt64) -> String {
        var seconds = time_t(ns / 1_000_000_000)
        var parts = unsafe tm()
        unsafe gmtime_r(&seconds, &parts)
        func digits(_ value: some BinaryInteger, _ count: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, count - text.count)) + text
        }
        let date = unsafe digits(parts.tm_year + 1_900, 4) + digits(parts.tm_mon + 1, 2)
            + digits(parts.tm_mday, 2)
        let clock = unsafe digits(parts.tm_hour, 2) + digits(parts.tm_min, 2)
            + digits(parts.tm_sec, 2)
        return "\(date)T\(clock).\(digits(ns / 1_000_000 % 1_000, 3))Z"
    }
}
