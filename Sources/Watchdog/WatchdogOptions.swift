//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Options

/// What the command line of the watchdog asks for.
struct WatchdogOptions: Sendable {
    let instance: String
    let configurationPath: String?
    let logPath: String?
    let stuckAfterNs: UInt64
    let sessionAfterNs: UInt64
    let waitNs: UInt64
    let deadlineNs: UInt64
    let settleNs: UInt64
    let flattens: Bool
    /// Of the venue's mark price, basis points.
    let collarBps: Int
    let isDrill: Bool

    static let parser = OptionParser(
        command: "apus-monitor --watchdog",
        summary: """
            Watches an engine from outside, with a venue session and a key of its own, and takes the
            account out of the market when the engine is gone, stuck, stopped, or without its
            private connections: revokes its right to send, cancels all, verifies that no order is
            open, and with --flatten closes the positions. Looks every 10 ms.

            Keys: BINANCE_WATCHDOG_API_KEY and …_API_SECRET or …_API_PRIVATE_KEY_FILE,
            OKX_WATCHDOG_API_KEY, …_API_SECRET, …_API_PASSPHRASE; without them the engine's,
            with a warning. A key that may withdraw is refused where the venue tells.

            Ends with 0: the engine ended cleanly, or a drill was verified; 1: cannot watch;
            2: wrong usage; 3: it acted, and verified; 4: it acted, and could not verify.
            """,
        options: [
            .flag("watchdog", help: "This command."),
            .value("instance", "NAME", default: "default", help: "Engine to watch."),
            .value(
                "config", "FILE",
                help: "YAML with endpoints alone; without it, what the engine says of its venues."),
            .value(
                "stuck-after", "TIME", kind: .duration, default: "500ms",
                help: "Oldest heartbeat of a stage."),
            .value(
                "session-after", "TIME", kind: .duration, default: "5s",
                help: "How long a private connection may be lost."),
            .value(
                "wait", "TIME", kind: .duration, default: "0s",
                help: "How long the engine may take to appear."),
            .value(
                "deadline", "TIME", kind: .duration, default: "30s",
                help: "How long is tried to reach no open order, and then no position."),
            .value(
                "settle", "TIME", kind: .duration, default: "250ms",
                help: "No order may show up for so long: what is under way arrives."),
            .flag("flatten", help: "Then close the positions, by orders that only reduce."),
            .value(
                "collar-bps", "N", kind: .integer(1...5_000), default: "100",
                help: "How far from the venue's mark price those may trade."),
            .flag("drill", help: "Act at once."),
            .value("log", "FILE", help: "Journal; default: watchdog.log among the engine's pages."),
        ])

    init(_ options: ParsedOptions) {
        instance = options.text("instance") ?? "default"
        configurationPath = options.text("config")
        logPath = options.text("log")
        stuckAfterNs = max(options.durationNs("stuck-after") ?? 0, Self.stuckAfterNsMin)
        sessionAfterNs = options.durationNs("session-after") ?? 0
        waitNs = options.durationNs("wait") ?? 0
        deadlineNs = options.durationNs("deadline") ?? 0
        settleNs = options.durationNs("settle") ?? 0
        flattens = options.isGiven("flatten")
        collarBps = options.integer("collar-bps") ?? 100
        isDrill = options.isGiven("drill")
    }

    /// Several looks and several heartbeats.
    private static let stuckAfterNsMin: UInt64 = 50_000_000
}

/// Why the watchdog cannot watch, in one line.
struct WatchdogError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
