//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTLS
import CTelemetry
import CZlib
import Platform
import Rendering
import Telemetry

/// HdrHistogram's interval log, as its readers take it in: a line for each interval and histogram,
/// tagged with the histogram's name. Values are nanoseconds.
///
/// A line holds start and length in seconds, the maximum in milliseconds, and the histogram: base64
/// of the cookie of compressed V2 histograms, the length, and zlib's compression of the payload.
/// The payload: cookie, its length behind the head, normalising offset 0, significant digits,
/// lowest and highest value, ratio 1.0, all big-endian; then counts as ZigZag LEB128 from bucket 0
/// on, a run of empty buckets as its length below zero.
///
/// Two significant digits make buckets of 1/128: four or more lie in each of ours, with an edge
/// wherever ours have one. A count goes to the largest value of its bucket, which is what
/// percentiles are told by, so that they stay as they are to 1/128.
///
/// Source: HdrHistogram, `HistogramLogWriter` and `AbstractHistogram.encodeIntoByteBuffer`.
enum HistogramLog {
    static let significantDigits = 2
    /// Of the page's histograms: 2^37 ns. What is larger is counted there.
    static let highestValue: UInt64 = 1 << 37 - 1
    private static let payloadCookie: UInt32 = 0x1c84_9313
    private static let compressedCookie: UInt32 = 0x1c84_9314
    private static let payloadHeadSize = 40

    /// The lines that a log begins with. Lines count their time from `startNs`, since 1970.
    static func head(startNs: UInt64) -> String {
        let start = seconds(startNs)
        return "#[Apus: latencies in nanoseconds, tagged by histogram; maxima in milliseconds]\n"
            + "#[Histogram log format version 1.3]\n"
            + "#[BaseTime: \(start) (seconds since epoch)]\n"
            + "#[StartTime: \(start) (seconds since epoch), \(LogFormat.time(startNs))]\n"
            + "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\","
            + "\"Interval_Compressed_Histogram\"\n"
    }

    /// A whole log of one interval: from the engine's start to `now`.
    static func sinceStart(_ now: Observation, only name: String?) -> String {
        let startNs = min(now.startTimeNs, now.timeNs)
        let chosen = now.histograms.filter { $0.total > 0 && (name == nil || $0.name == name) }
        return head(startNs: startNs)
            + chosen.map { line($0, fromNs: startNs, toNs: now.timeNs, startNs: startNs) }.joined()
    }

    /// The lines of an interval: of those histograms that recorded anything.
    static func lines(_ interval: Interval, startNs: UInt64, only name: String?) -> String {
        interval.histograms.filter { $0.total > 0 && (name == nil || $0.name == name) }.map {
            line(
                $0.snapshot, fromNs: interval.startNs, toNs: interval.endNs, startNs: startNs)
        }.joined()
    }

    /// One histogram of the time from `fromNs` to `toNs`, both since 1970.
    static func line(
        _ histogram: HistogramSnapshot, fromNs: UInt64, toNs: UInt64, startNs: UInt64
    ) -> String {
        let maximum = NumberText.fixed(Double(histogram.maximum) / 1e6, decimals: 6)
        return "Tag=\(tag(histogram.name)),\(seconds(Observation.age(of: startNs, at: fromNs))),"
            + "\(seconds(Observation.age(of: fromNs, at: toNs))),\(maximum),\(encoded(histogram))\n"
    }

    /// A tag ends at a comma; blanks are not allowed.
    private static func tag(_ name: String) -> String {
        String(name.map { $0 == "," || $0.isWhitespace ? "_" : $0 })
    }

    private static func seconds(_ ns: UInt64) -> String {
        NumberText.decimal(Int64(clamping: ns / 1_000_000), times: 1, decimals: 3)
    }

    static func encoded(_ histogram: HistogramSnapshot) -> String {
        let packed = compressed(payload(histogram))
        var bytes: [UInt8] = []
        append(compressedCookie, to: &bytes)
        append(UInt32(packed.count), to: &bytes)
        bytes += packed
        var text = [CChar](repeating: 0, count: (bytes.count + 2) / 3 * 4 + 1)
        let count = unsafe apus_base64_encode(bytes, bytes.count, &text)
        return String(decoding: text[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func compressed(_ bytes: [UInt8]) -> [UInt8] {
        var out = [UInt8](repeating: 0, count: apus_zlib_room(bytes.count))
        let count = unsafe apus_zlib_compress(bytes, bytes.count, &out, out.count)
        precondition(count > 0, "room for what zlib makes of it")
        return Array(out[..<count])
    }

    static func payload(_ histogram: HistogramSnapshot) -> [UInt8] {
        let counts = counts(histogram)
        var bytes: [UInt8] = []
        append(payloadCookie, to: &bytes)
        append(UInt32(counts.count), to: &bytes)
        append(UInt32(0), to: &bytes)
        append(UInt32(significantDigits), to: &bytes)
        append(UInt64(1), to: &bytes)
        append(highestValue, to: &bytes)
        append((1.0).bitPattern, to: &bytes)
        return bytes + counts
    }

    /// The counts, and how many empty buckets stand before each of them.
    private static func counts(_ histogram: HistogramSnapshot) -> [UInt8] {
        var bytes: [UInt8] = []
        var next = 0
        for (index, count) in histogram.counts.enumerated() where count > 0 {
            // A maximum may be seen before its own value's count and after it: never below.
            let highest = min(apus_histogram_highest(UInt32(index)), histogram.maximum)
            let value = max(apus_histogram_lowest(UInt32(index)), highest)
            let place = place(min(value, highestValue))
            let empty = place - next
            if empty == 1 { appendVariable(0, to: &bytes) }
            if empty > 1 { appendVariable(Int64(-empty), to: &bytes) }
            appendVariable(Int64(clamping: count), to: &bytes)
            next = place + 1
        }
        return bytes
    }

    /// HdrHistogram's bucket of `value`: 256 single values, then 128 buckets for each octave.
    static func place(_ value: UInt64) -> Int {
        if value < 256 { return Int(value) }
        let octave = 63 - value.leadingZeroBitCount
        return (octave - 7) * 128 + Int(value >> UInt64(octave - 7))
    }

    private static func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
        for shift in stride(from: value.bitWidth - 8, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    /// ZigZag, then 7 bits in each byte, the least first; of a ninth byte all 8.
    private static func appendVariable(_ value: Int64, to bytes: inout [UInt8]) {
        var rest = UInt64(bitPattern: (value << 1) ^ (value >> 63))
        for _ in 0..<8 {
            if rest < 0x80 { return bytes.append(UInt8(rest)) }
            bytes.append(UInt8(rest & 0x7f) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }
}
