//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Configuration
import Foundation
import Options

/// What the command line asks for.
public struct SimulatorOptions: Equatable, Sendable {
    public var venues: [VenueName] = [.binanceUSDM]
    public var replayPaths: [String] = []
    /// Recorded seconds a second; `nil` as fast as clients read.
    public var speed: Double? = 1
    public var seed: UInt64 = 1
    /// Multiplies the activity of the synthetic market.
    public var rate: Double = 1
    public var restPort: UInt16 = 0
    public var streamPort: UInt16 = 0
    public var spotRESTPort: UInt16 = 0
    public var spotStreamPort: UInt16 = 0
    public var okxRESTPort: UInt16 = 0
    public var okxStreamPort: UInt16 = 0
    public var caPath: String?
    public var readyPath: String?
    public var exitsAtEnd = false
    /// Messages a second from one stream client of Binance; 0 for no limit.
    public var messageRateMax = 10
    /// USDT in the account of each venue at start.
    public var wallet: Int64 = 100_000
    public var hasFieldsOf2026 = true
    /// A folder that keeps the certificates over restarts; `nil` makes new ones at each start.
    public var keptPath: String?
    /// What is wrong with the server's certificate, for tests of clients.
    public var fault = CertificateFault.none
    public var okx = OKXOptions()
    public var faultSeed: UInt64 = 1
    public var faults: [Fault] = []
    /// What `--help` or `--faults help` prints.
    public var helpText: String?

    public init() {}

    static let parser = OptionParser(
        command: "apus-sim",
        summary: """
            Simulates venues on the loopback interface over TLS: REST, market streams, order entry,
            private data. The market is synthetic (seeded) unless a capture is named.
            """,
        options: [
            .value("config", "FILE", help: "options from a YAML file, keys with _ for -"),
            .value(
                "venue", "LIST", kind: .list, default: "binance-usdm",
                help: "of binance-usdm, binance-spot (market data alone) and okx"),
            .many("replay", "FILE", help: "plays captures back (binance-usdm alone)"),
            .value("speed", "X", default: "1", help: "recorded seconds a second, or max"),
            .value(
                "seed", "N", kind: .integer(0...Int.max), default: "1",
                help: "seed of the synthetic market"),
            .value(
                "rate", "X", kind: .number(0.01...100), default: "1",
                help: "activity of the synthetic market"),
            port("rest-port", "HTTPS port of the first venue; 0: any"),
            port("stream-port", "WebSocket port of the first venue"),
            port("spot-rest-port", "HTTPS port of Binance Spot"),
            port("spot-stream-port", "WebSocket port of Binance Spot"),
            port("okx-rest-port", "HTTPS port of OKX"),
            port("okx-stream-port", "WebSocket port of OKX"),
            .value("ca-out", "FILE", help: "writes the certificate that clients have to trust"),
            .value(
                "ca-keep", "DIR",
                help: "keeps certificates and key there (0600), so that clients trust a restart"),
            .choice(
                "certificate", of: ["none", "expired", "wrong-host", "unknown-issuer"],
                default: "none", help: "what is wrong with the certificate"),
            .value("ready-file", "FILE", help: "written when listening: rest=, stream=, …"),
            .flag("exit-at-end", help: "ends when the replay is over and its clients are gone"),
            .value(
                "message-limit", "N", kind: .integer(0...1_000_000), default: "10",
                help: "messages a second from one Binance client; 0: no limit"),
            .value(
                "wallet", "N", kind: .integer(0...1_000_000_000), default: "100000",
                help: "USDT in each account"),
            .flag("old-fields", help: "leaves out Binance's message fields of 2026"),
            .value(
                "okx-vip", "N", kind: .integer(0...9), default: "5",
                help: "fee tier of the OKX account; 4 opens the tick-by-tick books"),
            .flag("okx-long-codes", help: "instIdCode has 16 digits, as in OKX's demo"),
            .flag("okx-checksum", help: "books carry the CRC32 of before 2026-06"),
            .value(
                "okx-connections", "N", kind: .integer(1...100_000), default: "3",
                help: "new OKX connections a second"),
            .flag("okx-terminal-push", help: "OKX sends filled by itself after the last fill"),
            .value("faults", "FILE", help: "what goes wrong; help lists the names"),
        ])

    private static func port(_ name: String, _ help: String) -> Option {
        .value(name, "N", kind: .integer(0...65_535), default: "0", help: help)
    }

    private static let notes = """

        Environment: BINANCE_API_KEY, BINANCE_API_SECRET or BINANCE_API_PUBLIC_KEY_FILE (Ed25519,
        PEM), OKX_API_KEY, OKX_API_SECRET, OKX_API_PASSPHRASE; built-in keys of no worth are used
        without them.
        Signals: SIGUSR1 breaks all connections, SIGUSR2 loses one depth event of each stream,
        SIGINT and SIGTERM stop.
        apus-sim --echo measures wire to wire as the venue sees it: see apus-sim --echo --help.
        For tests, on the REST ports and without a key: /apus/book, /apus/positions, /apus/account,
        /apus/orders, /apus/times, /apus/faults; /apus/pause and /apus/resume of the made-up
        traders.

        """

    public static var usage: String { parser.help + notes }

    /// Reads arguments, the program's name excluded.
    public static func parse(_ arguments: [String]) throws(SimulatorError) -> SimulatorOptions {
        do throws(UsageError) {
            let first = try parser.parse(arguments)
            var options = SimulatorOptions()
            if first.isHelpRequested {
                options.helpText = usage
                return options
            }
            guard let path = first.text("config") else {
                try options.take(first)
                return options
            }
            let file = try ConfigurationFile(path, parser)
            options.faults = file.faults
            options.faultSeed = file.faultSeed
            let all = file.arguments { !first.isGiven($0) } + arguments
            try options.take(try parser.parse(all))
            return options
        } catch {
            throw SimulatorError(error.description)
        }
    }

    private mutating func take(_ given: ParsedOptions) throws(UsageError) {
        venues = []
        for name in given.list("venue") {
            guard let venue = VenueName(rawValue: name), !venues.contains(venue) else {
                throw UsageError(
                    "--venue: \(name) is not one of "
                        + VenueName.allCases.map(\.rawValue).joined(separator: ", ")
                        + ", or stands twice")
            }
            venues.append(venue)
        }
        replayPaths = given.texts("replay")
        if !replayPaths.isEmpty, venues != [.binanceUSDM] {
            throw UsageError("--replay plays captures of binance-usdm alone")
        }
        speed = try Self.speed(given.text("speed") ?? "1")
        seed = UInt64(given.integer("seed") ?? 1)
        rate = given.number("rate") ?? 1
        restPort = UInt16(given.integer("rest-port") ?? 0)
        streamPort = UInt16(given.integer("stream-port") ?? 0)
        spotRESTPort = UInt16(given.integer("spot-rest-port") ?? 0)
        spotStreamPort = UInt16(given.integer("spot-stream-port") ?? 0)
        okxRESTPort = UInt16(given.integer("okx-rest-port") ?? 0)
        okxStreamPort = UInt16(given.integer("okx-stream-port") ?? 0)
        caPath = given.text("ca-out")
        keptPath = given.text("ca-keep")
        fault = CertificateFault(rawValue: given.text("certificate") ?? "") ?? .none
        readyPath = given.text("ready-file")
        exitsAtEnd = given.isGiven("exit-at-end")
        messageRateMax = given.integer("message-limit") ?? 10
        wallet = Int64(given.integer("wallet") ?? 0)
        hasFieldsOf2026 = !given.isGiven("old-fields")
        okx.vipLevel = given.integer("okx-vip") ?? 0
        okx.hasLongCodes = given.isGiven("okx-long-codes")
        okx.hasChecksum = given.isGiven("okx-checksum")
        okx.connectionsPerSecondMax = given.integer("okx-connections") ?? 3
        okx.hasTerminalPush = given.isGiven("okx-terminal-push")
        try takeFaults(given.text("faults"))
    }

    private static func speed(_ text: String) throws(UsageError) -> Double? {
        if text == "max" { return nil }
        guard let number = Double(text), number > 0, number <= 10_000 else {
            throw UsageError("--speed needs a number above 0 or max, not '\(text)'")
        }
        return number
    }

    private mutating func takeFaults(_ path: String?) throws(UsageError) {
        guard let path else { return }
        if path == "help" {
            helpText = "Faults of --faults FILE:\n\(FaultFile.help)\n"
            return
        }
        do throws(SimulatorError) {
            let file = try FaultFile.read(path)
            faultSeed = file.seed
            faults += file.faults
        } catch {
            throw UsageError(error.description)
        }
    }
}

/// A file of `--config`: the options by their names with `_` for `-`, and a list `faults`.
private struct ConfigurationFile {
    private let settings: Settings
    private let parser: OptionParser
    let faults: [Fault]
    let faultSeed: UInt64

    /// The schema is made of the options themselves, so that it cannot lag behind them.
    init(_ path: String, _ parser: OptionParser) throws(UsageError) {
        self.parser = parser
        var schema: [Key] = [
            Key("fault_seed", .integer(0...Int.max), "1", "seed of the faults"),
            Key("faults", .items(FaultFile.itemKeys), nil, "what goes wrong"),
        ]
        for option in parser.options where !["config", "faults"].contains(option.name) {
            let isList = option.count == .many || option.kind == .list
            let type: KeyType = option.kind == .flag ? .boolean : isList ? .texts : .text
            schema.append(Key(Self.key(option), type, nil, option.help))
        }
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw UsageError("cannot read \(path)")
        }
        var settings = Settings(schema: schema)
        do throws(ConfigurationError) {
            try settings.read(yaml: text, source: path)
        } catch {
            throw UsageError("\(error)")
        }
        do throws(SimulatorError) {
            faults = try FaultFile.faults(settings, source: path)
        } catch {
            throw UsageError(error.description)
        }
        faultSeed = UInt64(settings.integer("fault_seed"))
        self.settings = settings
    }

    private static func key(_ option: Option) -> String {
        option.name.replacingOccurrences(of: "-", with: "_")
    }

    /// The file's options as arguments, those that `isWanted` lets through.
    func arguments(_ isWanted: (String) -> Bool) -> [String] {
        var all: [String] = []
        for option in parser.options
        where isWanted(option.name) && !["config", "faults"].contains(option.name) {
            let key = Self.key(option)
            guard settings.origin(key) != "default" else { continue }
            if option.kind == .flag {
                if settings.boolean(key) { all.append("--\(option.name)") }
            } else if option.count == .many {
                for path in settings.list(key) { all.append("--\(option.name)=\(path)") }
            } else if option.kind == .list {
                all.append("--\(option.name)=\(settings.list(key).joined(separator: ","))")
            } else {
                all.append("--\(option.name)=\(settings.text(key))")
            }
        }
        return all
    }
}
