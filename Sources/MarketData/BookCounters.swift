//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Telemetry

/// What the books of one stage lose, refuse and repair, by the names the monitor shows.
public struct BookCounters: Sendable {
    let gaps: Counter
    let resyncs: Counter
    let staleUpdates: Counter
    let detachedSnapshots: Counter
    let unusedSnapshots: Counter
    let pendingOverflows: Counter
    let crossedBooks: Counter
    let refusedLevels: Counter
    let malformedUpdates: Counter
    let requests: Counter
    let requestTimeouts: Counter

    public init(telemetry: TelemetryWriter) {
        gaps = telemetry.counter("kernel_gaps_total")
        resyncs = telemetry.counter("kernel_resyncs_total")
        staleUpdates = telemetry.counter("kernel_stale_updates_total")
        detachedSnapshots = telemetry.counter("kernel_snapshots_too_old_total")
        unusedSnapshots = telemetry.counter("kernel_snapshots_unused_total")
        pendingOverflows = telemetry.counter("kernel_pending_overflows_total")
        crossedBooks = telemetry.counter("kernel_books_crossed_total")
        refusedLevels = telemetry.counter("kernel_levels_refused_total")
        malformedUpdates = telemetry.counter("kernel_updates_malformed_total")
        requests = telemetry.counter("kernel_snapshot_requests_total")
        requestTimeouts = telemetry.counter("kernel_snapshot_timeouts_total")
    }
}
