//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Platform
import SeededRandom
import Telemetry
import Testing

@Suite("Table of outliers")
struct OutlierTableTests {
    private static let verdict = OutlierRule.Verdict(
        label: .host, reason: .stolen, hop: .intent, excessNs: 7)

    private static func sample(_ number: UInt64, totalNs: UInt64) -> OutlierSample {
        var sample = OutlierSample()
        sample.sequence = number
        sample.ingressTimeNs = 1_000 + number
        sample.hopNs.4 = totalNs
        return sample
    }

    @Test func `the layout is the one that C states`() {
        #expect(MemoryLayout<OutlierSample>.size == 120)
        #expect(MemoryLayout<OutlierEvidence>.size == 64)
        #expect(MemoryLayout<OutlierData>.size == 256)
        #expect(MemoryLayout<OutlierData>.offset(of: \.sample) == 8)
        #expect(MemoryLayout<OutlierData>.offset(of: \.evidence) == 128)
        #expect(MemoryLayout<HopMark>.size == 24)
    }

    @Test func `a row is read as it was added`() throws {
        let writer = TelemetryWriter.standalone()
        var evidence = OutlierEvidence()
        evidence.windowNs = 11
        evidence.core = -1
        writer.outliers.setThreshold(ns: 20_000)
        writer.outliers.add(Self.sample(5, totalNs: 9), Self.verdict, evidence)
        let outliers = writer.reader.outliers
        #expect(outliers.thresholdNs == 20_000)
        #expect(outliers.count == 1)
        #expect(outliers.host == 1)
        #expect(outliers.ours + outliers.unknown == 0)
        let row = try #require(outliers.latest.first)
        #expect(row.sample.sequence == 5)
        #expect(row.sample.totalNs == 9)
        #expect(row.evidence.windowNs == 11)
        #expect(row.evidence.core == -1)
        #expect(row.excessNs == 7)
        #expect(row.labelText == "host")
        #expect(row.reasonText == "stolen")
        #expect(row.worstHop == .intent)
        #expect(outliers.worst.map(\.sample.sequence) == [5])
    }

    /// Goal: the latest go round and round, the worst stay.
    /// Method: any number of samples with totals in random order against lists of them.
    @Test(arguments: [0, 1, 15, 16, 17, 63, 64, 65, 200, 1_000])
    func `the latest are the last ones and the worst the longest`(count: Int) {
        var generator = SplitMix64(seed: UInt64(count) + 1)
        let writer = TelemetryWriter.standalone()
        var totals: [UInt64] = []
        let labels: [OutlierLabel] = [.ours, .host, .unknown]
        for number in 0..<count {
            // Each once: which of two equal ones stays is not said.
            let total = generator.next() % 1_000_000 * 1_024 + UInt64(number)
            totals.append(total)
            writer.outliers.add(
                Self.sample(UInt64(number), totalNs: total),
                OutlierRule.Verdict(
                    label: labels[number % 3], reason: .onCore, hop: .frame, excessNs: 0),
                OutlierEvidence())
        }
        let outliers = writer.reader.outliers
        #expect(outliers.count == UInt64(count))
        #expect(outliers.labelled.map(\.count)
            == (0..<3).map { UInt64((count + 2 - $0) / 3) })
        #expect(outliers.latest.map(\.sample.sequence)
            == (0..<count).suffix(64).reversed().map(UInt64.init))
        #expect(outliers.worst.map(\.sample.totalNs)
            == Array(totals.sorted(by: >).prefix(16)))
    }

    /// Goal: an observer never gets a row that is half one sample and half another.
    /// Method: a thread stores rows all of whose words hold one number, without a pause, while this
    /// one reads them.
    @Test func `a row is read whole or not at all`() throws {
        let writer = TelemetryWriter.standalone()
        let board = writer.outliers
        let reader = writer.reader
        let total: UInt64 = 60_000
        let thread = try PlatformThread(name: "row-writer") {
            for number in 1...total {
                var sample = OutlierSample()
                sample.sequence = number
                sample.ingressTimeNs = number
                sample.framePosition = number
                sample.hopNs = (number, number, number, number, number, number, number, number)
                sample.instrumentID = UInt32(number)
                var evidence = OutlierEvidence()
                evidence.windowNs = number
                evidence.idleGapMinuteNs = number
                evidence.switches = UInt32(number)
                board.add(
                    sample,
                    OutlierRule.Verdict(
                        label: .ours, reason: .onCore, hop: .frame, excessNs: number), evidence)
            }
        }
        var seen = 0
        var snapshot = reader.outliers
        while snapshot.count < total {
            snapshot = reader.outliers
            for row in snapshot.latest + snapshot.worst {
                seen += 1
                let number = row.sample.sequence
                let words = [
                    row.sample.ingressTimeNs, row.sample.framePosition,
                    UInt64(row.sample.instrumentID), row.evidence.windowNs,
                    row.evidence.idleGapMinuteNs, UInt64(row.evidence.switches), row.excessNs,
                ] + Hop.allCases.map { row.sample.ns($0) }
                if words.contains(where: { $0 != number }) || row.version % 2 == 1 {
                    Issue.record("a torn row: \(words) of \(number)")
                }
            }
            CurrentThread.yield()
        }
        thread.join()
        #expect(reader.outliers.latest.count == 64)
        print("table of outliers: \(seen) rows read while they were written")
    }

    /// Goal: whatever an engine left in its page, its observer ends, in bounds.
    @Test(arguments: 1...50 as ClosedRange<UInt64>)
    func `a page of any bytes is read within bounds`(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let writer = TelemetryWriter.standalone()
        let table = unsafe UnsafeMutableRawPointer(apus_telemetry_outliers(writer.page)!)
        for offset in stride(from: 0, to: MemoryLayout<OutlierTable>.size, by: 8) {
            unsafe table.storeBytes(of: generator.next(), toByteOffset: offset, as: UInt64.self)
        }
        let outliers = writer.reader.outliers
        #expect(outliers.latest.count <= Int(APUS_OUTLIER_LATEST_COUNT))
        #expect(outliers.worst.count <= Int(APUS_OUTLIER_WORST_COUNT))
        for row in outliers.latest + outliers.worst {
            #expect(["ours", "host", "unknown"].contains(row.labelText))
            #expect(!row.reasonText.isEmpty)
            if row.hop >= 8 { #expect(row.worstHop == nil) }
        }
    }

    @Test func `a row that stays half written is left out`() {
        let writer = TelemetryWriter.standalone()
        writer.outliers.add(Self.sample(1, totalNs: 1), Self.verdict, OutlierEvidence())
        writer.outliers.add(Self.sample(2, totalNs: 2), Self.verdict, OutlierEvidence())
        let table = unsafe apus_telemetry_outliers(writer.page)!
        unsafe apus_outliers_latest(table)![0].version = 3
        #expect(writer.reader.outliers.latest.map(\.sample.sequence) == [2])
    }
}
