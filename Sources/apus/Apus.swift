//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Options
import TradingCore

/// The engine's command line: one subcommand, then its own options.
enum Apus {
    static var commands: [any Command.Type] {
        [
            RunCommand.self, RecordCommand.self, ReplayCommand.self, JournalCommand.self,
            BacktestCommand.self, GapCommand.self, OptimiseCommand.self, ReportCommand.self,
            IndicatorsCommand.self, FeaturesCommand.self, ModelCommand.self,
            HaltCommand.self, ResumeCommand.self, FlattenCommand.self, StatusCommand.self,
            SimulatorSubcommand.self, TortureCommand.self, SoakCommand.self, DoctorCommand.self,
        ]
    }

    /// Returns the exit status: 0 done, 1 failed, 2 wrong usage.
    static func main(_ arguments: [String]) -> Int32 {
        guard let name = arguments.first else {
            writeError(help)
            return ExitStatus.usage
        }
        if ["--help", "-h", "help"].contains(name) {
            print(help)
            return ExitStatus.ok
        }
        guard let command = commands.first(where: { $0.name == name }) else {
            writeError("apus: unknown command '\(name)'; see apus --help")
            return ExitStatus.usage
        }
        do {
            return try command.run(Array(arguments.dropFirst()))
        } catch let error as UsageError {
            writeError("apus \(name): \(error); see apus \(name) --help")
            return ExitStatus.usage
        } catch {
            writeError("apus \(name): \(error)")
            return ExitStatus.failed
        }
    }

    private static var help: String {
        let width = commands.map { $0.name.count }.max() ?? 0
        let rows = commands.map { command in
            let gap = String(repeating: " ", count: width - command.name.count)
            return "  \(command.name)\(gap)  \(command.summary)\n"
        }
        return """
            Usage: apus COMMAND [options]

            Low-latency crypto trading: market data in, orders out.

            Commands:
            \(rows.joined())
            apus COMMAND --help shows a command's options.
            """
    }
}

/// One subcommand.
protocol Command {
    static var name: String { get }
    static var summary: String { get }
    /// Returns the exit status.
    static func run(_ arguments: [String]) throws -> Int32
}
