//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import Platform
import TradingCore

/// Runs of the dry path that are compared in pairs, with and without something beside it.
extension DryPath {
    /// Makes `count` orders.
    ///
    /// - Returns: Nanoseconds that one of them took, with all that belongs to it; at least 1.
    mutating func warmUp(_ count: Int) throws -> UInt64 {
        let begin = monotonicNs()
        for _ in 0..<count { try placeOne() }
        return max(1, (monotonicNs() - begin) / UInt64(count))
    }

    /// Nanoseconds of each of `samples` orders, from their quote to their encryption.
    ///
    /// - Parameter intervalNs: From one quote to the next; the stages are polled meanwhile, as by a
    ///   thread that spins. 0: as fast as they go.
    mutating func times(
        _ bench: Bench, _ samples: Int, intervalNs: UInt64 = 0
    ) throws -> [Double] {
        var times: [Double] = []
        times.reserveCapacity(samples)
        var nextNs = monotonicNs()
        for _ in 0..<samples {
            times.append(bench.ns(try placeOne()))
            if intervalNs == 0 { continue }
            nextNs += intervalNs
            while monotonicNs() < nextNs { idle() }
        }
        return times
    }

    /// One quote, its order, and the venue's answers; the ticks from the first to the second.
    @discardableResult
    private mutating func placeOne() throws -> UInt64 {
        prepare()
        let before = orderCount
        let start = apus_tsc()
        receive()
        _ = loop.round(start)
        let ticks = encryptionTicks.end &- start
        guard orderCount == before + 1 else { throw BenchError("a quote brought no order") }
        settle()
        return ticks
    }
}

extension Bench {
    /// States what something costs the path: the middle of the pairs' ratios of medians, and of
    /// 99th percentiles.
    ///
    /// - Parameters:
    ///   - with: Name and times of the runs with it; `without`: of those without.
    ///   - target: Without to with, at least.
    func stateCost(
        of what: String, with: (name: String, rounds: [[Double]]),
        without: (name: String, rounds: [[Double]]), target: Double
    ) {
        let figures = [("p50", 0.5, \BenchResult.median), ("p99", 0.99, \BenchResult.p99)]
        for (title, fraction, figure) in figures {
            let ratios = zip(without.rounds, with.rounds).map { without, with in
                Quantiles.of(without.sorted(), fraction) / Quantiles.of(with.sorted(), fraction)
            }
            guard let own = results.first(where: { $0.name == with.name }),
                let peer = results.first(where: { $0.name == without.name })
            else { continue }
            state(
                BenchRatio(
                    title: "\(title) of the path, \(what) against none", own: own, peer: peer,
                    of: figure, ratio: Quantiles.median(ratios), pairs: ratios, target: target))
        }
    }
}
