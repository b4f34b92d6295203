//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc
import Platform

/// What one pass took of its processor, nanoseconds, and what it came to.
struct ReplayPass {
    let ns: UInt64
    let hash: UInt64
}

/// The time that this thread has had of a processor: what else ran meanwhile is not in it. A pass
/// lasts tens of milliseconds, so that on a busy machine every one of them is interrupted.
func threadTimeNs() -> UInt64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// A sample is one pass.
func measurePasses(
    _ bench: Bench, _ name: String, operations: Int, _ load: BenchLoad, _ pass: () -> ReplayPass
) {
    var rounds: [[Double]] = []
    var hashes: Set<UInt64> = []
    var last: UInt64 = 0
    for round in 0...bench.roundCount {
        let passes = (0..<bench.parameter(smoke: 1, full: 3)).map { _ in pass() }
        for one in passes { hashes.insert(one.hash) }
        last = passes[0].hash
        if round > 0 { rounds.append(passes.map { Double($0.ns) / Double(operations) }) }
    }
    bench.record(
        name, rounds: rounds, hash: last, isHashStable: hashes.count == 1,
        operations: operations, load: load)
}

/// What resident memory did, in the first and in the second half of the passes: growth with the
/// length of the input would be the same in both.
func noteGrowth(_ bench: Bench, _ name: String, _ text: ReplayText, _ bytes: [UInt64]) {
    let (first, last, half) = (bytes[0], bytes[bytes.count - 1], bytes[bytes.count / 2])
    func kibibytes(_ from: UInt64, _ to: UInt64) -> Int64 { (Int64(to) - Int64(from)) / 1_024 }
    let megabytes = BenchText.fixed(Double(text.byteCount * (bytes.count - 1)) / 2e6, 1)
    bench.note(
        name, "resident memory: \(first >> 20) MiB; \(kibibytes(first, half)) KiB more behind "
            + "\(megabytes) MB of JSON, \(kibibytes(half, last)) KiB behind as much again")
}
