//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Telemetry

/// What the arbiter tells of each line.
///
/// SAFETY: the rows are written in `init` alone and kept until the process ends.
@safe
struct LineCounters: @unchecked Sendable {
    private struct Row {
        /// Messages that the line brought first.
        let wins: Counter
        let copies: Counter
        /// Messages dropped because another line was to bring them and those before them.
        let ahead: Counter
        /// How much later than the first copy the line's copy came.
        let lag: Histogram
    }

    private let rows: UnsafeMutablePointer<Row>

    init(_ lineCount: Int, _ telemetry: TelemetryWriter) {
        unsafe rows = .allocate(capacity: LineArbiter.linesMax)
        for line in 0..<LineArbiter.linesMax {
            // Lines that there are not share the last one's, so that no index leads outside.
            let name = "line\(min(line, lineCount - 1))"
            unsafe (rows + line).initialize(
                to: Row(
                    wins: telemetry.counter("\(name)_wins_total"),
                    copies: telemetry.counter("\(name)_copies_total"),
                    ahead: telemetry.counter("\(name)_ahead_total"),
                    lag: telemetry.histogram("\(name)_lag")))
        }
    }

    @_noAllocation @_noLocks
    func countWin(_ line: Int) { unsafe rows[line].wins.increment() }

    @_noAllocation @_noLocks
    func countAhead(_ line: Int) { unsafe rows[line].ahead.increment() }

    @_noAllocation @_noLocks
    func countCopy(_ line: Int, lagNs: UInt64?) {
        unsafe rows[line].copies.increment()
        if let lagNs { unsafe rows[line].lag.record(lagNs) }
    }
}
