//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import CTelemetry
import Telemetry

/// What observing costs on the path (target P9).
let telemetrySuite = BenchSuite(
    name: "telemetry",
    measurements: [
        "telemetry/histogram-record", "telemetry/counter-add", "telemetry/clock-read",
        "telemetry/clock-ns", "telemetry/hop-mark", "telemetry/hops-of-an-order",
    ], run: telemetryBench)

@Sendable private func telemetryBench(_ bench: Bench) throws {
    let writer = TelemetryWriter.standalone()
    let operations = bench.parameter(smoke: 64, full: 8_192)
    let samples = bench.parameter(smoke: 2, full: 500)
    var generator = BenchRandom(state: 1)
    // Latencies as they come: around a microsecond, with a tail.
    let values = (0..<1_024).map { _ in 200 + (generator.next() >> 54) << (generator.next() & 3) }

    let histogram = writer.histogram("bench")
    unsafe values.withUnsafeBufferPointer { values in
        bench.measure("telemetry/histogram-record", samples: samples, operations: operations) {
            var sum: UInt64 = 0
            for index in 0..<operations {
                let value = unsafe values[index & 1_023]
                histogram.record(value)
                sum &+= value
            }
            return sum
        }
    }
    let counter = writer.counter("bench_total")
    bench.measure("telemetry/counter-add", samples: samples, operations: operations) {
        let before = counter.value
        for index in 0..<operations { counter.add(index & 7) }
        return counter.value &- before
    }
    measureHops(bench, samples: samples, operations: operations)
    bench.measure("telemetry/clock-read", samples: samples, operations: operations) {
        var last = apus_tsc()
        var isGrowing = true
        for _ in 0..<operations {
            let now = apus_tsc()
            if now < last { isGrowing = false }
            last = now
        }
        return isGrowing ? 1 : 0
    }
    let clock = WallClock.calibrated()
    bench.measure("telemetry/clock-ns", samples: samples, operations: operations) {
        var last: UInt64 = 0
        var isGrowing = true
        for _ in 0..<operations {
            let now = clock.now()
            if now < last { isGrowing = false }
            last = now
        }
        return isGrowing ? 1 : 0
    }
}

/// What is written down for each stage that found work, and what is made of it for an order.
private func measureHops(_ bench: Bench, samples: Int, operations: Int) {
    let log = HopLog(capacity: 256)
    var sequence: UInt64 = 0
    bench.measure("telemetry/hop-mark", samples: samples, operations: operations) {
        for index in 0..<operations {
            sequence &+= 1
            log.add(sequence: sequence, timeNs: sequence, work: index & 7, preemption: .none)
        }
        return UInt64(operations)
    }
    let logs = unsafe (0..<(Int(APUS_HOP_COUNT) - 1)).map { stage in
        let log = HopLog(capacity: 256)
        for number in 1...1_000 as ClosedRange<UInt64> {
            log.add(
                sequence: number, timeNs: 1_000 * number + 10 * UInt64(stage + 1), work: 1,
                preemption: .none)
        }
        return unsafe Optional(log.data)
    }
    bench.measure("telemetry/hops-of-an-order", samples: samples, operations: operations) {
        var sum: UInt64 = 0
        for index in 0..<operations {
            var sample = OutlierSample()
            let number = 1_000 - UInt64(index & 3)
            unsafe apus_outlier_sample_fill(
                &sample, logs, number, 1_000 * number, 1_000 * number + 100, 1, .none)
            sum &+= sample.hopNs.2
        }
        return sum
    }
}

/// Steele, Lea and Flood, 2014.
struct BenchRandom {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
