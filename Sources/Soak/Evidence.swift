//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Monitor
import Platform
import Telemetry

/// What both sides had when a promise was found broken: `evidence-N.txt` beside the report.
enum Evidence {
    static func save(
        _ violation: Violation, number: Int, _ view: EngineView, _ truth: VenueTruth,
        in folder: String
    ) {
        let state = view.state
        var lines = [
            "\(violation.invariant) after \(violation.timeS) s: \(violation.text)",
            "state \(state.state), operator \(state.operatorState), engine \(state.engineState), "
                + "reason '\(state.haltReason)'",
            "", "engine's instruments",
        ]
        for (symbol, venue, status) in view.rows {
            lines.append(
                "\(venue) \(symbol) valid \(status.isBookValid) bid \(status.bid) "
                    + "ask \(status.ask) levels \(status.levelCount) gaps \(status.gaps) "
                    + "resyncs \(status.resyncs) position \(status.position) "
                    + "open \(status.openOrders) sent \(status.ordersSent) fills \(status.fills) "
                    + "rejects \(status.rejects) realised \(status.realisedE8) "
                    + "fees \(status.feesE8)")
        }
        lines += ["", "the venues' accounts"]
        for venue in truth.venues {
            do throws(SoakError) {
                lines.append("\(venue) \(try truth.account(at: venue))")
                lines.append("\(venue) \(try truth.positions(at: venue))")
            } catch { lines.append("\(venue): \(error)") }
        }
        lines += ["", "counters"]
        lines += view.telemetry.counters.filter { $0.value > 0 }.map { "\($0.name) \($0.value)" }
        // A report without it is worth more than none.
        _ = TextFile.write(
            lines.joined(separator: "\n") + "\n", to: "\(folder)/evidence-\(number).txt")
    }
}
