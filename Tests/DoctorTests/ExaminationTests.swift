//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Doctor
import Foundation
import Platform
import Testing

/// On the machine of the tests: what must hold whatever it measures. Serialised, for it spins on
/// every core.
@Suite("Examination of this machine", .serialized)
struct ExaminationTests {
    static let report: Result<DoctorReport, PlatformError> = {
        let cores = Array(usableCores().suffix(2))
        do throws(PlatformError) {
            return .success(
                try Examination(cores: cores, durationNs: 400_000_000, isQuick: true).run())
        } catch { return .failure(error) }
    }()

    @Test func `gaps fit into the time that was observed`() throws {
        let measured = try Self.report.get().measured
        for tally in measured.gaps {
            #expect(tally.observedNs > 0)
            #expect(tally.all.sumNs <= tally.observedNs)
            #expect(tally.all.maximumNs <= tally.observedNs)
            #expect(tally.lostShare() <= 1)
            #expect(
                GapKind.allCases.reduce(0) { $0 + tally.lengths($1).count } == tally.all.count)
        }
    }

    @Test func `every pair of cores is exchanged once a round at most`() throws {
        let measured = try Self.report.get().measured
        let count = measured.gaps.count
        #expect(measured.pairs.count == count * (count - 1) / 2)
        for pair in measured.pairs {
            #expect(pair.pair.low < pair.pair.high)
            // Fewer where others kept the cores.
            #expect(pair.mediansNs.count <= 4)
            #expect(pair.mediansNs.allSatisfy { $0 > 0 })
            #expect(pair.p99Ns >= pair.mediansNs.min() ?? 0)
            #expect(pair.mediansNs.isEmpty || pair.offsetBoundNs < 1e9)
        }
    }

    @Test func `everything asked for has a figure or a reason`() throws {
        let measured = try Self.report.get().measured
        #expect(measured.calls.count >= 9)
        #expect(!measured.wakes.isEmpty)
        for item in measured.calls + measured.wakes {
            #expect((item.spread == nil) != (item.failure == nil), "\(item.name)")
            if let spread = item.spread {
                #expect(spread.p50Ns <= spread.p99Ns)
                #expect(spread.p99Ns <= spread.maximumNs)
            }
        }
        #expect(measured.counter.gigahertz > 0)
        #expect(measured.counter.divisorNs <= measured.counter.smallestStepNs)
    }

    @Test func `a finding that cannot be changed says why, one that can names a knob`() throws {
        for finding in try Self.report.get().sections.flatMap(\.findings) {
            switch finding.verdict {
            case .fixed: #expect(!finding.reason.isEmpty, "\(finding)")
            case .improvable: #expect(finding.knob != nil, "\(finding)")
            case .good, .figure: #expect(finding.knob == nil, "\(finding)")
            }
        }
    }

    @Test func `the knobs are those of tuning`() throws {
        let known = try Tuning.knobs()
        for knob in try Self.report.get().knobs { #expect(known.contains(knob), "\(knob)") }
    }

    @Test func `the JSON is one object that another parser reads`() throws {
        let report = try Self.report.get()
        let object = try #require(
            JSONSerialization.jsonObject(with: Data(report.json.utf8)) as? [String: Any])
        #expect(object["version"] as? Int == DoctorReport.jsonVersion)
        let figures = try #require(object["figures"] as? [[String: Any]])
        #expect(figures.count == report.figures.count)
        #expect((object["cores"] as? [Any])?.count == report.measured.gaps.count)
    }

    @Test func `a report compared with itself has ratio one throughout`() throws {
        let bytes = Array(try Self.report.get().json.utf8)
        let lines = try ReportComparison.table(before: bytes, after: bytes)
            .split(separator: "\n").dropFirst()
        #expect(lines.count > 20)
        for line in lines { #expect(line.hasSuffix(" 1.00") || line.hasSuffix(" -"), "\(line)") }
    }

    @Test(arguments: ["", "{", "{}", "[1]", "{\"version\":99,\"figures\":[]}"])
    func `what is no report is refused`(_ text: String) {
        #expect(throws: ReportComparison.Unreadable.self) {
            try ReportComparison.table(before: Array(text.utf8), after: Array(text.utf8))
        }
    }

    @Test func `the text holds every section and the placement`() throws {
        let report = try Self.report.get()
        for section in report.sections { #expect(report.text.contains("\n\(section.title)\n")) }
        #expect(report.text.contains("mode: custom"))
    }
}
