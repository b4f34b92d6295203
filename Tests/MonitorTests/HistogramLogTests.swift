//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Foundation
import SeededRandom
import Telemetry
import TestSupport
import Testing

@testable import Monitor

@Suite("Histogram log")
struct HistogramLogTests {
    /// Values, and the engine's observations while they were recorded: `parts` intervals.
    private static func record(_ count: Int, parts: Int, seed: UInt64) throws -> Recording {
        let engine = try EngineFixture("hlog-\(seed)-\(count)")
        let latency = engine.writer.histogram("receive_to_encrypted")
        var generator = SplitMix64(seed: seed)
        var recording = Recording(observations: [try engine.observe()])
        for _ in 0..<parts {
            for _ in 0..<count / parts {
                // A bulk about a microsecond, and a tail as long as the page's range.
                let isTail = generator.next() % 100 == 0
                let value = isTail
                    ? generator.next() >> (27 + generator.next() % 24)
                    : 600 + generator.next() % 900
                latency.record(value)
                recording.values.append(value)
            }
            recording.observations.append(try engine.observe())
        }
        return recording
    }

    private struct Recording {
        var values: [UInt64] = []
        var observations: [Observation]

        var log: String {
            let startNs = observations[0].timeNs
            var history = History()
            for observation in observations { history.add(observation) }
            return HistogramLog.head(startNs: startNs)
                + history.intervals.map {
                    HistogramLog.lines($0, startNs: startNs, only: nil)
                }.joined()
        }

        var histogram: HistogramSnapshot? { observations.last?.histograms.first }
    }

    @Test(.enabled(if: Oracle.isThere, "HdrHistogram's library cannot be installed"))
    func `HdrHistogram reads both formats and finds the percentiles within a bucket`() throws {
        let number = ProcessInfo.processInfo.processIdentifier
        let folder = Oracle.folder.appending(path: "hdr-\(number)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let recording = try Self.record(200_000, parts: 4, seed: 11)
        let histogram = try #require(recording.histogram)
        let bytes = recording.values.flatMap { value in
            (0..<8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
        }
        try Data(bytes).write(to: folder.appending(path: "values.u64"))
        try Data(recording.log.utf8).write(to: folder.appending(path: "latency.hlog"))
        try Data(PercentileFormat.text(histogram).utf8)
            .write(to: folder.appending(path: "latency.hgrm"))
        try Oracle.run("hdr_values.py", [folder.path()])
        let text = try String(contentsOf: folder.appending(path: "answers.txt"), encoding: .utf8)
        let answers = text.split(separator: "\n").map { $0.split(separator: " ") }

        func bucket(_ text: Substring) throws -> UInt32 {
            apus_histogram_index(try #require(UInt64(text)))
        }
        for answer in answers where answer[0] == "hlog" {
            let percentile = try #require(Double(answer[1]))
            let ours = apus_histogram_index(histogram.value(atFraction: percentile / 100))
            #expect(try bucket(answer[2]) == ours, "p\(percentile) of the values")
            #expect(try bucket(answer[3]) == ours, "p\(percentile) of the log")
        }
        let rows = answers.filter { $0[0] == "hgrm" }
        #expect(rows.count > 50)
        for row in rows {
            let ours = try bucket(row[4])
            #expect(try bucket(row[2]) <= ours && ours <= bucket(row[3]), "hgrm p\(row[1])")
        }
        let total = try #require(answers.last)
        #expect(total[1...2] == ["4", "200000"])
        #expect(try bucket(total[3]) == apus_histogram_index(histogram.maximum))
    }

    @Test func `a log begins with its times and its legend`() throws {
        let head = HistogramLog.head(startNs: 1_441_812_279_474_999_999)
        #expect(head.contains("#[StartTime: 1441812279.474 (seconds since epoch), 2015-09-09T15:24"))
        #expect(head.contains("#[BaseTime: 1441812279.474 (seconds since epoch)]\n"))
        #expect(head.hasSuffix("\"Interval_Max\",\"Interval_Compressed_Histogram\"\n"))
        #expect(head.split(separator: "\n").dropLast().allSatisfy { $0.hasPrefix("#[") })
    }

    @Test func `a line tells tag, start, length and maximum`() throws {
        let histogram = HistogramSnapshot(
            name: "a,b c", total: 1, maximum: 2_769_000, sum: 0, counts: [1])
        let line = HistogramLog.line(
            histogram, fromNs: 10_127_000_000, toNs: 11_134_000_000, startNs: 10_000_000_000)
        #expect(line.hasPrefix("Tag=a_b_c,0.127,1.007,2.769000,HISTFAAAA"))
        let early = HistogramLog.line(histogram, fromNs: 5, toNs: 4, startNs: 10)
        #expect(early.hasPrefix("Tag=a_b_c,0.000,0.000,"), "clocks that were set back")
    }

    @Test func `intervals without a value have no line`() throws {
        var recording = try Self.record(1_000, parts: 1, seed: 5)
        recording.observations.append(try #require(recording.observations.last))
        #expect(recording.log.split(separator: "\n").count { $0.hasPrefix("Tag=") } == 1)
    }

    /// Bytes worked out by hand from the format's description.
    @Test func `a payload holds runs of empty buckets and counts`() {
        var counts = [UInt64](repeating: 0, count: Int(APUS_HISTOGRAM_BUCKET_COUNT))
        counts[0] = 1
        counts[2] = 64
        counts[Int(apus_histogram_index(1_000))] = 8_192
        let payload = HistogramLog.payload(
            HistogramSnapshot(counts: counts, total: 8_257, maximum: 1_000))
        #expect(payload[..<8] == [0x1c, 0x84, 0x93, 0x13, 0, 0, 0, 9])
        #expect(payload[8..<16] == [0, 0, 0, 0, 0, 0, 0, 2])
        #expect(payload[16..<24] == [0, 0, 0, 0, 0, 0, 0, 1])
        #expect(payload[24..<32] == [0, 0, 0, 0x1f, 0xff, 0xff, 0xff, 0xff])
        #expect(payload[32..<40] == [0x3f, 0xf0, 0, 0, 0, 0, 0, 0])
        // 1; one empty; 64; 503 empty up to bucket 506 of 1000; 8192.
        #expect(
            payload[40...] == [
                0x02, 0x00, 0x80, 0x01, 0xed, 0x07, 0x80, 0x80, 0x01,
            ])
    }

    @Test func `counts and values beyond the format's range are brought into it`() {
        var counts = [UInt64](repeating: 0, count: Int(APUS_HISTOGRAM_BUCKET_COUNT))
        counts[1_054] = UInt64.max
        counts[1_055] = 3
        let histogram = HistogramSnapshot(counts: counts, total: 0, maximum: UInt64.max)
        let payload = HistogramLog.payload(histogram)
        #expect(payload.count < 40 + 16)
        #expect(payload.suffix(9).first == 0xff, "eight bytes of seven bits and one of eight")
        #expect(HistogramLog.place(HistogramLog.highestValue) == 31 * 128 - 1)
        let late = HistogramSnapshot(counts: [0, 0, 0, 9], total: 0, maximum: 1)
        #expect(HistogramLog.payload(late)[40...] == [0x05, 0x12], "a maximum seen too late")
    }
}
