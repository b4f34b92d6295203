//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import Telemetry

/// What a stage pays to be observed (target P9): one reading of the clock, and the time since the
/// stamp that the record carries into a histogram.
let observationSuite = BenchSuite(
    name: "observation", measurements: ["observation/hop"]
) { bench in
    let histogram = TelemetryWriter.standalone().histogram("bench")
    let clock = WallClock.calibrated()
    let operations = bench.parameter(smoke: 64, full: 8_192)
    bench.measure(
        "observation/hop", samples: bench.parameter(smoke: 2, full: 500), operations: operations
    ) {
        var stampNs = clock.now()
        var isGrowing = true
        for _ in 0..<operations {
            let nowNs = clock.now()
            if nowNs < stampNs { isGrowing = false }
            histogram.record(nowNs &- stampNs)
            stampNs = nowNs
        }
        return isGrowing ? 1 : 0
    }
}
