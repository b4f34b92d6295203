//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import Journal
import Platform

/// What the black box costs: a frame of 300 bytes into memory (copy, CRC-32C, SHA-256), and
/// reading a segment of such frames with every check, or with checksums alone.
let journalSuite = BenchSuite(
    name: "journal",
    measurements: [JournalNames.append, JournalNames.read, JournalNames.checksums],
    run: journalBench)

private enum JournalNames {
    static let append = "journal/append-300"
    static let read = "journal/read-verified"
    static let checksums = "journal/read-checksums"
}

private let bodySize = 300

private func makeBody() -> [UInt8] {
    var random = BenchRandom(state: 19)
    return (0..<bodySize).map { _ in UInt8(truncatingIfNeeded: random.next()) }
}

private func append(_ writer: JournalWriter, _ body: [UInt8], _ index: Int) -> Bool {
    unsafe body.withUnsafeBytes {
        unsafe writer.append(
            kind: .frameIn, sequence: UInt64(index), timeNs: UInt64(index),
            writtenNs: UInt64(index), $0)
    }
}

@Sendable private func journalBench(_ bench: Bench) throws {
    let place = MemoryFolder("journal")
    let frames = bench.parameter(smoke: 64, full: 1_000)
    let samples = bench.parameter(smoke: 2, full: 30)
    let body = makeBody()
    let writer = try JournalWriter(
        folder: place.path,
        configuration: JournalConfiguration(
            syncIntervalNs: .max, compresses: false, retentionBytes: 256 << 20))
    defer { writer.close(timeoutNs: 10_000_000_000) }
    if bench.isWanted(JournalNames.append) {
        let candidate = Bench.Candidate(name: JournalNames.append, operations: frames) {
            let timed = bench.timed {
                (0..<frames).reduce(1) { append(writer, body, $1) ? $0 : 0 }
            }
            drain(writer)
            return timed
        }
        bench.measure([candidate], samples: samples)
    }
    try benchReading(bench)
}

private func drain(_ writer: JournalWriter) {
    writer.submit()
    while writer.writtenNumber < writer.appendedNumber { writer.poll() }
}

private func benchReading(_ bench: Bench) throws {
    let ways: [(name: String, verification: JournalReader.Verification)] = [
        (JournalNames.read, .full), (JournalNames.checksums, .checksums),
    ]
    guard ways.contains(where: { bench.isWanted($0.name) }) else { return }
    let place = MemoryFolder("journal")
    let frames = bench.parameter(smoke: 64, full: 100_000)
    let body = makeBody()
    let writer = try JournalWriter(
        folder: place.path,
        configuration: JournalConfiguration(syncIntervalNs: .max, compresses: false))
    for index in 0..<frames {
        while !append(writer, body, index) { drain(writer) }
    }
    writer.close(timeoutNs: 10_000_000_000)
    let load = BenchLoad(bytes: Double(bodySize), events: 1)
    for (name, verification) in ways where bench.isWanted(name) {
        var failure: JournalError?
        measurePasses(bench, name, operations: frames, load) {
            let startNs = threadTimeNs()
            var sum: UInt64 = 0
            do throws(JournalError) {
                var reader = try JournalReader(folder: place.path, verification: verification)
                while let frame = try reader.next() { sum = sum &* 31 &+ frame.sequence }
            } catch { failure = error }
            return ReplayPass(ns: threadTimeNs() &- startNs, hash: sum)
        }
        if let failure { throw failure }
    }
}
