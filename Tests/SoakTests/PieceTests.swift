//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import TestSupport
import Testing

@testable import Soak

@Suite("Samples of a soak")
struct SampleFileTests {
    let folder: Workplace
    var path: String { folder.path + "/samples.csv" }

    init() throws { folder = try Workplace() }

    @Test func `what is appended is read back, what is missing is NaN`() throws {
        let file = try SampleFile(path, columns: ["time_s", "rss_kib"], resumes: false)
        try file.append(["time_s": 60.0625, "rss_kib": 1_024])
        try file.append(["time_s": 120, "unknown": 5])
        #expect(folder.text("samples.csv") == "time_s,rss_kib\n60.063,1024\n120,\n")
        let values = try #require(SampleReader(path)).values(["rss_kib", "time_s", "absent"])
        #expect(values["time_s"] == [60.063, 120])
        #expect(values["rss_kib"]?.first == 1_024)
        #expect(values["rss_kib"]?.last?.isNaN == true)
        #expect(values["absent"]?.map(\.isNaN) == [true, true])
    }

    @Test func `a sample that a crash cut off is left out, and the next is whole`() throws {
        let file = try SampleFile(path, columns: ["time_s", "rss_kib"], resumes: false)
        try file.append(["time_s": 60, "rss_kib": 1])
        let handle = try #require(FileHandle(forWritingAtPath: path))
        handle.seekToEndOfFile()
        handle.write(Data("120,".utf8))
        try handle.close()
        let again = try SampleFile(path, columns: ["time_s", "rss_kib"], resumes: true)
        try again.append(["time_s": 180, "rss_kib": 3])
        let values = try #require(SampleReader(path)).values(["time_s", "rss_kib"])
        #expect(values["time_s"] == [60, 120, 180])
        let sizes = try #require(values["rss_kib"])
        #expect(sizes[1].isNaN)
        #expect(sizes[2] == 3)
    }

    @Test func `samples of other columns are not gone on with`() throws {
        _ = try SampleFile(path, columns: ["time_s", "a"], resumes: false)
        #expect(throws: SoakError.self) {
            _ = try SampleFile(path, columns: ["time_s", "b"], resumes: true)
        }
        _ = try SampleFile(path, columns: ["time_s", "b"], resumes: false)
        #expect(SampleReader(path)?.columns == ["time_s", "b"])
        #expect(SampleReader(path + ".none") == nil)
    }
}

@Suite("Columns of a soak")
struct ColumnTests {
    /// Goal: no line of the verdict and no chart is of a column that no sample has, which would
    /// always pass and show nothing.
    @Test func `every column that is judged or drawn is sampled`() {
        let result = SoakResult(options: SoakOptions(), samplesPath: "")
        let drawn = ReportPage.panels(result).flatMap(\.series).map(\.column)
        let hops = drawn.filter { $0.hasSuffix("_ns") }
        let ends = Set(hops.compactMap { $0.split(separator: ".").last.map(String.init) })
        #expect(ends == ["p50_ns", "p99_ns", "p999_ns"])
        let known = Set(Sampler.countedColumns)
        for column in SoakResult.judgedColumns + drawn where !column.hasSuffix("_ns") {
            #expect(known.contains(column), "\(column)")
        }
    }
}

@Suite("Warm-up of a soak")
struct WarmUpTests {
    @Test func `the first tenth of each engine process is not judged`() {
        let times = (1...20).map { Double($0) * 60 } + (21...41).map { Double($0) * 60 }
        let segments = Array(repeating: 0.0, count: 20) + Array(repeating: 1.0, count: 21)
        let isJudged = Verdict.isJudged(times: times, segments: segments)
        let left = zip(times, isJudged).filter { !$0.1 }.map { $0.0 / 60 }
        #expect(left == [1, 21, 22])
        #expect(Verdict.isJudged(times: [], segments: []) == [])
        #expect(Verdict.isJudged(times: [5, 6], segments: [.nan, .nan]).count == 2)
    }
}

@Suite("Log of a child")
struct ChildLogTests {
    let folder: Workplace

    init() throws { folder = try Workplace() }

    private func write(_ text: String, to log: ChildLog) throws {
        try write(Array(text.utf8), to: log)
    }

    private func write(_ bytes: [UInt8], to log: ChildLog) throws {
        let handle = try #require(FileHandle(forWritingAtPath: log.pipe))
        handle.write(Data(bytes))
        try handle.close()
        try log.pump()
    }

    @Test func `what a child writes is kept`() throws {
        let log = try ChildLog("engine", in: folder.path, secrets: [])
        try write("one\n", to: log)
        try write("two\n", to: log)
        #expect(folder.text("engine.log") == "one\ntwo\n")
    }

    @Test func `a character that is cut between two reads stays what it was`() throws {
        let log = try ChildLog("engine", in: folder.path, secrets: [])
        for byte in "5 µs – late".utf8 { try write([byte], to: log) }
        #expect(folder.text("engine.log") == "5 µs – late")
    }

    @Test func `a secret is found, cut in two as well, and counted once`() throws {
        let log = try ChildLog("engine", in: folder.path, secrets: ["sesame", ""])
        try write("open ses", to: log)
        #expect(log.secretsSeen == 0)
        try write("ame\n", to: log)
        #expect(log.secretsSeen == 1)
        try write("close\n", to: log)
        #expect(log.secretsSeen == 1)
    }

    @Test func `two files of a bounded size are all that is kept`() throws {
        let log = try ChildLog("engine", in: folder.path, secrets: [], fileSizeMax: 100)
        for number in 0..<20 { try write("line \(number) of the log\n", to: log) }
        let (newest, before) = (folder.text("engine.log"), folder.text("engine.log.1"))
        #expect(newest.utf8.count <= 100)
        #expect(before.utf8.count <= 100)
        #expect(newest.hasSuffix("line 19 of the log\n"))
        #expect(!before.isEmpty)
    }
}

@Suite("Figures of a process")
struct ProcessFiguresTests {
    @Test func `faults stand behind a name that may hold anything`() throws {
        let stat = "7 (a b) c) S 1 7 7 0 -1 4194560 1520 0 12 0 3 2 0 0 20 0 1 0 55 1 1"
        let faults = try #require(ProcessFigures.faults(stat))
        #expect(faults.minor == 1_520)
        #expect(faults.major == 12)
        #expect(ProcessFigures.faults("7 (a) S 1") == nil)
        #expect(ProcessFigures.faults("") == nil)
    }

    @Test func `sizes are those lines that end with kB`() {
        let text = "Name:\tapus\nVmRSS:\t  145812 kB\nThreads:\t3\nbroken\nVmX: kB\n"
        #expect(ProcessFigures.kibibytes(text) == ["VmRSS": 145_812])
        #expect(ProcessFigures.words(text)["Threads"] == "3")
    }

    @Test func `this process has memory, descriptors and a thread`() throws {
        let own = try #require(ProcessFigures(of: ProcessInfo.processInfo.processIdentifier))
        #expect(own.kib["VmRSS"].map { $0 > 0 } == true)
        #expect(own.descriptors.map { $0 >= 3 } == true)
        #expect(!own.threads.isEmpty)
        #expect(ProcessFigures(of: -1) == nil)
    }
}

@Suite("Promises of counters")
struct CounterPromisesTests {
    @Test(arguments: CounterPromises.promises.map(\.0))
    func `a counter that should stay 0 is told when it grows, and once`(name: String) {
        var promises = CounterPromises()
        #expect(promises.broken([name: 0]).isEmpty)
        #expect(promises.broken([name: 2]).map(\.text) == ["\(name) is 2"])
        #expect(promises.broken([name: 2]).isEmpty)
        #expect(promises.broken([name: 3]).map(\.text) == ["\(name) is 3"])
    }

    @Test func `allocations of all hot threads are one finding`() {
        var promises = CounterPromises()
        let counters: [String: UInt64] = [
            "parser_hot_allocations_total": 2, "reader_hot_allocations_total": 1,
        ]
        #expect(promises.broken(counters).map(\.invariant) == ["I15"])
        #expect(promises.broken(counters).isEmpty)
    }

    @Test func `connections beyond those lost and replaced are a storm`() {
        var promises = CounterPromises()
        var counters: [String: UInt64] = ["reader_connects_total": 12]
        #expect(promises.broken(counters).isEmpty, "those of the start")
        counters["reader_disconnects_total"] = 2
        counters["cold_connections_replaced_total"] = 1
        counters["reader_connects_total"] = 18
        #expect(promises.broken(counters).isEmpty)
        counters["reader_connects_total"] = 19
        #expect(
            promises.broken(counters).map(\.text)
                == ["19 connections made, at most 18 are due"])
    }
}

@Suite("Profile of the soak")
struct SoakProfileTests {
    @Test func `tuning/profiles/soak.yaml is what runs without a configuration`() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(
            contentsOf: root.appending(path: "tuning/profiles/soak.yaml"), encoding: .utf8)
        #expect(text == SoakProfile.engine)
    }
}
