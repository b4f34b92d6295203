//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Telemetry

extension World {
    /// Every counter but those that count each frame or report that comes in, and gauges.
    func counterSum() -> UInt64 {
        guard let rows = unsafe apus_telemetry_counters(telemetry.page) else { return 0 }
        if summed.isEmpty { unsafe findCounters(rows) }
        var sum: UInt64 = 0
        for place in summed { unsafe sum &+= rows[place].value }
        return sum
    }

    private func findCounters(_ rows: UnsafeMutablePointer<CounterData>) {
        let coming: Set = ["parser_frames_total", "parser_generic_total", "gateway_reports_total"]
        for place in 0..<Int(APUS_TELEMETRY_COUNTER_MAX) {
            let name = unsafe withUnsafeBytes(of: rows[place].name) { bytes in
                unsafe String(decoding: unsafe bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasSuffix("_total"), !coming.contains(name) { summed.append(place) }
        }
    }
}
