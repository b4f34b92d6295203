//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Foundation
import Platform
import Telemetry
import TestSupport
import Testing

/// One of the built programs as a child of this test, killed when the test lets go of it.
final class Program {
    let child: ChildProcess
    private let name: String
    private let workplace: Workplace

    /// The keys that every simulator and engine of these tests share.
    static let keys = [
        "BINANCE_API_KEY": "test-key", "BINANCE_API_SECRET": "test-secret",
        "OKX_API_KEY": "test-key", "OKX_API_SECRET": "test-secret",
        "OKX_API_PASSPHRASE": "test-phrase",
    ]
    /// The programs lie where the test program lies.
    static let folder = executableFolder()
    static let areBuilt = ["apus", "apus-sim", "apus-monitor"].allSatisfy {
        FileManager.default.isExecutableFile(atPath: "\(folder)/\($0)")
    }
    private static let unset = [
        "BINANCE_API_KEY", "BINANCE_API_SECRET", "BINANCE_API_PRIVATE_KEY_FILE",
        "BINANCE_API_PUBLIC_KEY_FILE", "OKX_API_KEY", "OKX_API_SECRET", "OKX_API_PASSPHRASE",
        "DRY_RUN", "LOG_LEVEL",
    ]

    /// Starts `program` with nothing of this process's own settings.
    ///
    /// - Parameters:
    ///   - log: Base name of the files that take standard output and standard error.
    ///   - lockedKiB: Its limit of locked memory; `nil` leaves it as it is.
    ///   - wrapper: A program and its arguments that run it.
    init(
        _ program: String, _ arguments: [String], in workplace: Workplace, log: String = "main",
        environment: [String: String] = [:], lockedKiB: Int? = nil, wrapper: [String] = []
    ) throws {
        name = log
        self.workplace = workplace
        let limit = lockedKiB.map { "ulimit -l \($0);" } ?? ""
        let script = "out=$1; err=$2; shift 2; \(limit) exec \"$@\" >\"$out\" 2>\"$err\""
        child = try ChildProcess(
            path: "/bin/sh",
            arguments: [
                "-c", script, "sh", workplace.file("\(log).out"), workplace.file("\(log).err"),
                "env",
            ] + Self.unset.flatMap { ["-u", $0] } + environment.map { "\($0.key)=\($0.value)" }
                + wrapper + ["\(Self.folder)/\(program)"] + arguments,
            output: nil)
    }

    deinit {
        if child.isRunning {
            child.kill()
            child.wait(timeoutNs: 5_000_000_000)
        }
    }

    var output: String { workplace.text("\(name).out") }
    var errors: String { workplace.text("\(name).err") }

    /// Its exit status; 128 and more for a signal.
    func exitStatus(within seconds: Double = 60) throws -> Int32 {
        guard let status = child.wait(timeoutNs: UInt64(seconds * 1e9)) else {
            throw Overdue(description: "\(name) still runs after \(seconds) s: \(errors)")
        }
        return status
    }

    /// Runs a program with 4 MiB of shared memory, in a mount namespace of its own.
    static let smallSharedMemory = [
        "unshare", "-m", "sh", "-c",
        "mount -t tmpfs -o size=4M tmpfs /dev/shm && exec \"$@\"", "sh",
    ]

    /// Whether this user may make mount namespaces.
    static let mayMount: Bool = {
        let tool = Process()
        tool.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        tool.arguments = smallSharedMemory + ["true"]
        tool.standardError = FileHandle.nullDevice
        guard (try? tool.run()) != nil else { return false }
        tool.waitUntilExit()
        return tool.terminationStatus == 0
    }()

    /// The lines on standard error that are not log lines.
    var plainErrors: [Substring] {
        errors.split(separator: "\n").filter { !$0.hasPrefix("ts=") }
    }

    /// Runs `program` to its end.
    static func run(
        _ program: String, _ arguments: [String], in workplace: Workplace, log: String = "tool",
        environment: [String: String] = [:], lockedKiB: Int? = nil, within seconds: Double = 60
    ) throws -> (status: Int32, output: String, errors: String) {
        let one = try Program(
            program, arguments, in: workplace, log: log, environment: environment,
            lockedKiB: lockedKiB)
        return (try one.exitStatus(within: seconds), one.output, one.errors)
    }
}

/// A simulator as a child.
final class VenueProgram {
    let program: Program
    private let values: [Substring: Substring]
    let rest: String
    let stream: String
    let api: String
    let caFile: String

    init(
        _ arguments: [String] = [], in workplace: Workplace, log: String = "sim",
        environment: [String: String] = Program.keys
    ) throws {
        let ready = workplace.file("\(log).ready")
        caFile = workplace.file("\(log).ca.pem")
        let program = try Program(
            "apus-sim", ["--ready-file", ready, "--ca-out", caFile] + arguments, in: workplace,
            log: log, environment: environment)
        try waitUntil("the simulator listens") {
            guard program.child.isRunning else { throw Overdue(description: program.errors) }
            return FileManager.default.fileExists(atPath: ready)
        }
        var values: [Substring: Substring] = [:]
        for line in workplace.text("\(log).ready").split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1)
            if parts.count == 2 { values[parts[0]] = parts[1] }
        }
        self.program = program
        self.values = values
        rest = String(try #require(values["rest"]))
        stream = String(try #require(values["stream"]))
        api = String(try #require(values["api"]))
    }

    /// The section of a configuration that leads to its venues.
    var endpoints: String {
        var text = "endpoints:\n"
        for venue in ["binance-usdm", "binance-spot", "okx"] {
            let keys = ["rest", "stream", "api", "sbe"].filter { values["\(venue).\($0)"] != nil }
            if keys.isEmpty { continue }
            text += "  \(venue):\n    ca_file: \(caFile)\n"
            for key in keys { text += "    \(key): \(values["\(venue).\(key)"] ?? "")\n" }
        }
        return text
    }

    /// One address of one of its venues.
    func address(_ key: String) -> String { String(values[Substring(key)] ?? "") }

    static func port(_ address: String) -> String {
        String(address.split(separator: "/")[1].split(separator: ":")[1])
    }
}

/// An engine as a child, seen through its telemetry.
final class EngineProgram {
    let program: Program
    let instance: String
    private let workplace: Workplace
    private var reader: TelemetryReader?
    private static let limits = """
        risk:
          order_quantity_max: "1000"
          position_max: "1000"
          order_notional_max: "5000"

        """

    static func name(_ test: String) -> String { "test-\(currentProcessID())-\(test)" }

    /// Starts an engine against `venue`, or its own; `settings` are assignments.
    init(
        _ test: String, _ venue: VenueProgram?, _ settings: [String] = [], yaml: String = limits,
        in workplace: Workplace, environment: [String: String] = Program.keys
    ) throws {
        instance = Self.name(test)
        self.workplace = workplace
        let file = try workplace.write((venue?.endpoints ?? "") + yaml, to: "\(test).yaml")
        program = try Program(
            "apus",
            ["run", "--config", file, "--summary", workplace.file("summary.json")]
                + (["system.instance=\(instance)", "placement.idle=yield"] + settings)
                .flatMap { ["--set", $0] },
            in: workplace, log: test, environment: environment)
    }

    /// What the engine shows; `nil` before its telemetry is there.
    var telemetry: TelemetryReader? {
        if reader == nil {
            reader = try? TelemetryReader(path: "/dev/shm/apus.\(instance)/telemetry")
        }
        return reader
    }

    func counter(_ name: String) -> UInt64 {
        telemetry?.counters.first { $0.name == name }?.value ?? 0
    }
    var ordersSent: UInt64 {
        telemetry?.instruments.reduce(0) { $0 + $1.status.ordersSent } ?? 0
    }
    var openOrders: UInt64 {
        telemetry?.instruments.reduce(0) { $0 + UInt64($1.status.openOrders) } ?? 0
    }
    var messages: UInt64 { telemetry?.instruments.reduce(0) { $0 + $1.status.messages } ?? 0 }
    var isEveryBookInvalid: Bool {
        telemetry?.instruments.allSatisfy { $0.status.isBookValid == 0 } ?? true
    }
    var areBooksValid: Bool {
        telemetry?.instruments.allSatisfy { $0.status.isBookValid == 1 } ?? false
    }

    func awaitThat(
        _ what: String, seconds: Double = 30, _ condition: () -> Bool
    ) throws {
        do {
            try waitUntil(what, seconds: seconds) {
                guard program.child.isRunning else {
                    throw Overdue(description: "the engine ended")
                }
                return condition()
            }
        } catch { throw Overdue(description: "\(error): \(program.errors)") }
    }

    func awaitReady() throws {
        try awaitThat("ready") { program.errors.contains("msg=ready") }
    }

    func awaitOrders(after sent: UInt64, _ what: String = "an order") throws {
        try awaitThat(what) { ordersSent > sent }
    }

    /// Sends a signal and waits for the end.
    func stop(_ signal: Int32 = SIGINT) throws -> (status: Int32, summary: RunSummary) {
        program.child.signal(signal)
        return (try program.exitStatus(within: 20), try RunSummary(workplace))
    }

    var sharedMemoryIsGone: Bool {
        !FileManager.default.fileExists(atPath: "/dev/shm/apus.\(instance)")
    }
}
