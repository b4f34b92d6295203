//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import SeededRandom
import Telemetry
import Testing

@testable import Monitor

@Suite("Percentile view")
struct PercentileFormatTests {
    private struct Row {
        let value: Double
        let percentile: Double
        let total: UInt64
        let inverse: Double?
    }

    private func rows(_ text: String) throws -> [Row] {
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }.dropFirst()
        return try lines.map { line in
            let cells = line.split(separator: " ").map(String.init)
            return Row(
                value: try #require(Double(cells[0])),
                percentile: try #require(Double(cells[1])),
                total: try #require(UInt64(cells[2])),
                inverse: cells.count > 3 ? Double(cells[3]) : nil)
        }
    }

    @Test(arguments: [1, 7, 20_000])
    func `each line counts the values up to its own`(count: Int) throws {
        let histogram = TelemetryWriter.standalone()
        let recorder = histogram.histogram("x")
        var generator = SplitMix64(seed: 3)
        let values = (0..<count).map { _ in generator.next() >> (30 + generator.next() % 30) }
        for value in values { recorder.record(value) }
        let snapshot = try #require(histogram.reader.histograms.first)
        let rows = try rows(PercentileFormat.text(snapshot))
        for row in rows {
            #expect(row.total == UInt64(values.count { Double($0) <= row.value }))
            #expect(row.percentile <= Double(row.total) / Double(count) + 1e-12)
            if let inverse = row.inverse {
                #expect(abs(inverse - 1 / (1 - row.percentile)) <= 0.0051 + inverse * 1e-6)
            }
        }
        #expect(zip(rows, rows.dropFirst()).allSatisfy { $0.percentile < $1.percentile })
        #expect(zip(rows, rows.dropFirst()).allSatisfy { $0.value <= $1.value })
        let last = try #require(rows.last)
        #expect(last.percentile == 1)
        #expect(last.total == UInt64(count))
        #expect(last.inverse == nil)
        #expect(last.value == Double(values.max()!))
    }

    @Test func `the closing lines hold the moments`() throws {
        let writer = TelemetryWriter.standalone()
        let recorder = writer.histogram("x")
        for value in [10, 20, 30, 40] as [UInt64] { recorder.record(value) }
        let text = PercentileFormat.text(try #require(writer.reader.histograms.first))
        #expect(text.contains("#[Mean    =       25.000, StdDeviation   =       11.180]\n"))
        #expect(text.contains("#[Max     =       40.000, Total count    =            4]\n"))
    }

    @Test func `one value beyond more than a number can tell apart ends the lines`() throws {
        let many: UInt64 = 1 << 60
        let histogram = HistogramSnapshot(counts: [many, 1], total: many + 1, maximum: 1)
        let rows = try rows(PercentileFormat.text(histogram))
        #expect(rows.count < 300)
        #expect(rows.last?.percentile == 1)
        #expect(rows.last?.total == many + 1)
    }

    @Test func `an empty histogram has no lines`() throws {
        let writer = TelemetryWriter.standalone()
        _ = writer.histogram("x")
        let text = PercentileFormat.text(try #require(writer.reader.histograms.first))
        #expect(try rows(text).isEmpty)
        #expect(text.contains("Total count    =            0]"))
    }
}
