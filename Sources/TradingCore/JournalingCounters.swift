//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Telemetry

/// What the journal's thread counts.
struct JournalingCounters {
    let frames: Counter
    let lost: Counter
    let orders: Counter
    let verdicts: Counter
    let verdictsLost: Counter
    let bytes: Counter
    let refusals: Counter
    let lag: Counter

    init(_ telemetry: TelemetryWriter) {
        frames = telemetry.counter("journal_frames_total")
        lost = telemetry.counter("journal_lost_frames_total")
        orders = telemetry.counter("journal_order_frames_total")
        verdicts = telemetry.counter("journal_verdicts_total")
        verdictsLost = telemetry.counter("journal_lost_verdicts_total")
        bytes = telemetry.counter("journal_bytes_total")
        refusals = telemetry.counter("journal_staging_full_total")
        lag = telemetry.counter("journal_undurable_frames")
    }
}
