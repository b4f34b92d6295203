//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import TestSupport
import Testing

@testable import Optimise

@Suite("Registry of trials")
struct TrialRegistryTests {
    let folder: Workplace
    var path: String { folder.file("trials.jsonl") }

    init() throws { folder = try Workplace() }

    static func record(_ number: Int, _ result: TrialRecord.Result? = nil) -> TrialRecord {
        let figures = TrialFigures(
            metrics: ["sharpe": 0.1 + 0.2, "net_profit": -1e-300],
            track: TrackRecord(sharpe: 0.1, observations: 9, skew: -1.5, kurtosis: 4),
            blocks: [ReturnBlock(count: 3, sum: 0.5, squares: 1.0 / 3)],
            span: TimeRange(startNs: 5, endNs: .max))
        return TrialRecord(
            digest: StudyIdentity.digest("\(number)"), number: number, role: .search, fold: 2,
            values: [
                Assignment(key: "s.x", value: "0.3"), Assignment(key: "s.\"k\"", value: "a\nb"),
            ],
            ranges: [TimeRange(startNs: 1, endNs: 18_446_744_073_709_551_615)],
            result: result ?? .done(figures))
    }

    @Test func `what is appended is read back to the bit`() throws {
        let records = [
            Self.record(1), Self.record(2, .failed("exit status 1: \"no\"\n")),
            Self.record(3, .done(TrialFigures(metrics: [:]))),
        ]
        do {
            let registry = try TrialRegistry(path)
            for record in records { try registry.append(record) }
        }
        let again = try TrialRegistry(path)
        #expect(again.records == records)
        #expect(again.record(records[1].digest) == records[1])
        #expect(again.record(StudyIdentity.digest("4")) == nil)
    }

    @Test func `every beginning of the file gives its whole lines, and is gone on with`() throws {
        do {
            let registry = try TrialRegistry(path)
            for number in 1...3 { try registry.append(Self.record(number)) }
        }
        let bytes = Array(folder.text("trials.jsonl").utf8)
        for end in 0...bytes.count {
            let place = folder.file("cut.jsonl")
            try Data(bytes[..<end]).write(to: URL(filePath: place))
            let whole = bytes[..<end].count { $0 == UInt8(ascii: "\n") }
            do {
                let registry = try TrialRegistry(place)
                #expect(registry.count == whole)
                try registry.append(Self.record(9))
            }
            let numbers = try TrialRegistry(place).records.map(\.number)
            #expect(numbers == Array([1, 2, 3][..<whole]) + [9])
        }
    }

    @Test func `a line that is no trial is refused by its number`() throws {
        let good = Self.record(1).line
        for bad in [
            "{}", "x", good.replacing("\"fold\":2", with: "\"fold\":\"b\""),
            good.replacing("[1,18446744073709551615]", with: "[2,1]"),
            good.replacing("\"role\":\"search\"", with: "\"role\":\"x\""),
            good.replacing("\"digest\":\"6b", with: "\"digest\":\"6B"),
            good.replacing("\"blocks\":[[3.0", with: "\"blocks\":[[\"3\""),
        ] {
            #expect(bad != good)
            _ = try folder.write("\(good)\n\(bad)\n\(good)\n", to: "trials.jsonl")
            #expect(throws: OptimiseError("\(path): line 2: not a trial")) {
                _ = try TrialRegistry(path)
            }
        }
    }

    @Test func `one process at a time holds it`() throws {
        let first = try TrialRegistry(path)
        #expect(throws: OptimiseError("\(path) is in use by another apus optimise")) {
            _ = try TrialRegistry(path)
        }
        #expect(first.isEmpty)
    }

    @Test func `a folder with trials is gone on with only when that is asked for`() throws {
        let place = folder.file("study")
        do {
            let study = try StudyFolder(place, resumes: false)
            try study.registry.append(Self.record(1))
        }
        #expect(throws: OptimiseError.self) { _ = try StudyFolder(place, resumes: false) }
        #expect(try StudyFolder(place, resumes: true).registry.count == 1)
    }

    @Test func `a digest changes with everything that makes a result`() throws {
        let values = [Assignment(key: "s.x", value: "1")]
        let range = [TimeRange(startNs: 1, endNs: 2)]
        func identity(_ build: String = "b", _ text: String = "c", _ set: [String] = ["s"],
            _ data: [String] = ["d"]) -> StudyIdentity
        {
            StudyIdentity(build: build, configuration: text, settings: set, data: data)
        }
        let digests = [
            identity().digest(values, range), identity("x").digest(values, range),
            identity("b", "x").digest(values, range), identity("b", "c", []).digest(values, range),
            identity("b", "c", ["s"], ["x"]).digest(values, range), identity().digest([], range),
            identity().digest(values, []),
            identity().digest([Assignment(key: "s.x", value: "2")], range),
            identity().digest(values, [TimeRange(startNs: 1, endNs: 3)]),
        ]
        #expect(Set(digests).count == digests.count)
        #expect(identity().digest(values, range) == digests[0])
        #expect(
            StudyIdentity.digest("abc")
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        let file = try folder.write("abc", to: "abc")
        #expect(try StudyIdentity.digest(ofPath: file) == StudyIdentity.digest("abc"))
        let whole = try StudyIdentity.digest(ofPath: folder.path)
        _ = try folder.write("abd", to: "abc")
        #expect(try StudyIdentity.digest(ofPath: folder.path) != whole)
        #expect(throws: OptimiseError.self) { try StudyIdentity.digest(ofPath: "\(file).none") }
    }
}
