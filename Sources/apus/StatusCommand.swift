//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Messages
import Options
import Platform
import Rendering
import Telemetry

enum StatusCommand: Command {
    static let name = "status"
    static let summary = "Show the trading state and who lowered it, guards, positions, orders."

    static func run(_ arguments: [String]) throws -> Int32 {
        let parser = OptionParser(
            command: "apus status", summary: summary, options: [ControlCommands.instance])
        let options = parser.parseOrExit(arguments)
        let control = try ControlCommands.open(options)
        let isAlive = isProcessAlive(Int32(truncatingIfNeeded: control.processID))
        let reason = control.haltReason.isEmpty ? "" : " (\(control.haltReason))"
        print("state     \(control.state.text)")
        print("operator  \(control.operatorState.text)\(reason)")
        print("engine    \(control.engineState.text)")
        print("process   \(control.processID)\(isAlive ? "" : " (gone)")")
        let telemetry = try ControlCommands.telemetry(options)
        print("guards    \(guards(telemetry.counter("risk_guards_refusing") ?? 0))")
        print("sessions  \(sessions(telemetry.counter("parser_private_sessions_lost") ?? 0))")
        for line in table(telemetry).lines { print(line) }
        return isAlive ? ExitStatus.ok : ExitStatus.failed
    }

    /// - Parameter bits: One for each guard that refuses orders, by its number.
    private static func guards(_ bits: UInt64) -> String {
        let refusing = Guard.all.filter { bits >> UInt64($0.rawValue) & 1 == 1 }
        return refusing.isEmpty
            ? "hold" : "refuse orders: " + refusing.map(\.text).joined(separator: ", ")
    }

    private static func sessions(_ lost: UInt64) -> String {
        lost == 0 ? "none lost" : "\(lost) private connections are lost"
    }

    private static func table(_ telemetry: TelemetryReader) -> TextTable {
        var table = TextTable([
            "<instrument", "<venue", "position", "open orders", "sent", "fills", "realised",
            "unrealised",
        ])
        for (symbol, venue, status) in telemetry.instruments {
            table.add([
                symbol, venue, PositionText.of(status), "\(status.openOrders)",
                NumberText.grouped(status.ordersSent), NumberText.grouped(status.fills),
                NumberText.money(e8: status.realisedE8),
                NumberText.money(e8: status.unrealisedE8),
            ])
        }
        return table
    }
}

/// A position as the venue would print it.
enum PositionText {
    static func of(_ status: InstrumentData) -> String {
        NumberText.decimal(
            status.position, times: status.lotMantissa, decimals: status.quantityDecimals)
    }
}
