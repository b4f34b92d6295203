//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import Platform

/// What one pass took, piece by piece, and what it came to.
struct ReplayPass {
    let ticks: [UInt64]
    let hash: UInt64
}

/// Times a pass in pieces of a hundred: each is short against the turns of a busy machine's
/// threads, so that most of them are not interrupted.
struct ReplayPieces {
    private static let size = 100
    private(set) var ticks: [UInt64] = []
    private var counted = 0
    private var startTicks: UInt64 = 0

    init(count: Int) { ticks.reserveCapacity(count / Self.size + 2) }

    mutating func start() { startTicks = apus_tsc() }

    @inline(__always)
    mutating func count() {
        counted &+= 1
        if counted == Self.size { end() }
    }

    mutating func end() {
        let now = apus_tsc()
        ticks.append(now &- startTicks)
        startTicks = now
        counted = 0
    }
}

/// A round is three passes, of which each piece's median counts: what else ran in one of them does
/// not.
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
        if round == 0 { continue }
        let ns = passes[0].ticks.indices.reduce(0) { sum, piece in
            sum + Quantiles.median(passes.map { bench.ns($0.ticks[piece]) })
        }
        rounds.append([ns / Double(operations)])
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
