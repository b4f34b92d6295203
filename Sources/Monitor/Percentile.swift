//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Telemetry

/// A percentile of latencies; people are told it only where enough values stand behind it.
struct Percentile {
    /// "p99.9".
    let title: String
    /// One value of so many is greater.
    let oneIn: UInt64

    var fraction: Double { 1 - 1 / Double(oneIn) }
    /// "p99_9_ns": its value's key for programs.
    var key: String { String(title.map { $0 == "." ? "_" : $0 }) + "_ns" }

    static let all = [
        Percentile(title: "p50", oneIn: 2), Percentile(title: "p90", oneIn: 10),
        Percentile(title: "p99", oneIn: 100), Percentile(title: "p99.9", oneIn: 1_000),
        Percentile(title: "p99.99", oneIn: 10_000), Percentile(title: "p99.999", oneIn: 100_000),
        Percentile(title: "p99.9999", oneIn: 1_000_000),
    ]

    /// `nil` where it would be the maximum under another name: of fewer than `oneIn` values none
    /// is expected beyond it.
    func value(_ histogram: HistogramSnapshot) -> UInt64? {
        histogram.total < oneIn ? nil : histogram.value(atFraction: fraction)
    }
}
