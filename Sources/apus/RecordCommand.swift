//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Configuration
import Journal
import Options
import TradingCore

enum RecordCommand: Command {
    static let name = "record"
    static let summary = "Write market data to capture files; without addresses the simulator's."

    private static let parser = OptionParser(
        command: "apus record",
        summary: """
            Record market data to capture files that apus replay and apus-sim read: one message a
            line, a file for each instrument, all of them listed in manifest.json. Books over REST
            are among the messages, so that every file stands for itself. No key is needed. A
            recorder that is killed leaves files that can be read up to the last second.
            """,
        options: [
            .value("out", "DIR", required: true, help: "Where captures go; made when missing."),
            .value("venue", "V,V", kind: .list, help: "Instead of trading.venues."),
            .value("symbols", "A,B", kind: .list, help: "Instead of trading.symbols."),
            .value("duration", "TIME", kind: .duration, help: "Stop after this long, like 1h."),
            .choice(
                "compress", of: Compression.allCases.map(\.rawValue), default: "gzip",
                help: "Of the files."),
            .value("rotate-size", "SIZE", default: "256MiB", help: "Bytes of a file, at most."),
            .value(
                "rotate-interval", "TIME", kind: .duration, default: "1h",
                help: "New files at whole multiples of this; 0: never."),
            .value("config", "FILE", help: "Configuration: addresses, channels."),
            .assignment("set", help: "Override one key of the configuration."),
        ])

    static func run(_ arguments: [String]) throws -> Int32 {
        let options = parser.parseOrExit(arguments)
        guard let folder = options.text("out"),
            let compression = Compression(rawValue: options.text("compress") ?? ""),
            let interval = options.durationNs("rotate-interval")
        else { throw UsageError("--out DIR is required") }
        guard let size = ValueText.bytes(options.text("rotate-size") ?? ""), size >= sizeMin else {
            throw UsageError("--rotate-size needs a size of at least 64KiB, such as 256MiB")
        }
        try Recorder.run(
            RecordRequest(
                settings: try settings(options), folder: folder,
                limits: CaptureLimits(
                    compression: compression, sizeMax: UInt64(size), intervalNs: interval),
                durationNs: options.durationNs("duration")))
        return ExitStatus.ok
    }

    private static let sizeMin = 64 << 10

    private static func settings(_ options: ParsedOptions) throws -> Settings {
        var settings = try RunCommand.settings(
            file: options.text("config"),
            assignments: options.assignments("set").map { "\($0.key)=\($0.value)" }, profile: nil)
        for (option, key) in [("venue", "trading.venues"), ("symbols", "trading.symbols")] {
            guard let value = options.text(option) else { continue }
            do {
                try settings.set(key, value, origin: "--\(option)")
            } catch { throw UsageError("\(error)") }
        }
        return settings
    }
}
