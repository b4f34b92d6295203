//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Options
import Platform
import Telemetry
import TradingCore

enum FlattenCommand: Command {
    static let name = "flatten"
    static let summary = "Open nothing more and bring every position to zero; waits until it is."

    private static let pollNs: UInt64 = 50_000_000

    static func run(_ arguments: [String]) throws -> Int32 {
        let parser = OptionParser(
            command: "apus flatten",
            summary: summary
                + "\nThe state is REDUCING until then and HALTED from then on, until apus resume.",
            options: [
                ControlCommands.instance,
                .value("reason", "TEXT", default: "apus flatten", help: "Kept and shown."),
                .value(
                    "timeout", "TIME", kind: .duration, default: "60s",
                    help: "How long to wait; the engine goes on after that."),
            ])
        let options = parser.parseOrExit(arguments)
        let control = try ControlCommands.openLiving(options)
        let telemetry = try ControlCommands.telemetry(options)
        control.lower(to: .reducing, reason: options.text("reason") ?? "apus flatten")
        guard control.state == .reducing else {
            throw EngineError(
                "the state is \(control.state.text), in which nothing is sent; apus resume first, "
                    + "or close the positions by apus-monitor --watchdog --drill --flatten")
        }
        control.flatten()
        return try waitUntilFlat(
            control, telemetry, deadlineNs: monotonicNs() + (options.durationNs("timeout") ?? 0))
    }

    /// Shows what is left whenever that changes.
    private static func waitUntilFlat(
        _ control: ControlHandle, _ telemetry: TelemetryReader, deadlineNs: UInt64
    ) throws -> Int32 {
        var shown = ""
        while true {
            let left = telemetry.instruments.filter { $0.status.position != 0 }
            let text = left.isEmpty
                ? "flat"
                : left.map { "\($0.symbol) \(PositionText.of($0.status))" }
                    .joined(separator: ", ")
            if text != shown { print(text) }
            shown = text
            if left.isEmpty { return ExitStatus.ok }
            guard isProcessAlive(Int32(truncatingIfNeeded: control.processID)) else {
                throw EngineError("process \(control.processID) of this engine is gone")
            }
            guard monotonicNs() < deadlineNs else {
                throw EngineError("positions are left: \(text)")
            }
            CurrentThread.sleep(ns: pollNs)
        }
    }
}
