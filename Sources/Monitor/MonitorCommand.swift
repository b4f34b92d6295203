//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CPlatform
import Options
import Platform
import Telemetry

/// `apus-monitor`: a read-only view of a running engine.
public enum MonitorCommand {
    static let parser = OptionParser(
        command: "apus-monitor",
        summary: """
            Shows a running engine: state, stages, latencies, rings, instruments, counters.
            Everything is mapped read-only; watching does not disturb the engine.
            """,
        options: [
            .value(
                "instance", "NAME",
                help: "Instance to watch: the only one there is, or 'default'."),
            .flag("once", help: "Print once and end. prometheus and hgrm always do."),
            .value("interval", "TIME", kind: .duration, default: "1s", help: "Time between views."),
            .choice(
                "format", of: ["table", "json", "prometheus", "hgrm", "hlog"], default: "table",
                help: "How to print. table: in a terminal a live view, ? tells its keys."),
            .value(
                "http", "[ADDRESS:]PORT",
                help: "Serve dashboard, /api, /metrics and /health instead; of 127.0.0.1 unless "
                    + "an address is given. Waits for the engine, survives its restarts."),
            .value("histogram", "NAME", help: "The one histogram that hgrm and hlog print."),
            .flag(
                "watchdog",
                help: "Act when the engine cannot: see apus-monitor --watchdog --help."),
        ] + AlertOptions.all)

    /// Runs the command and returns its exit status.
    public static func run(_ arguments: [String]) -> Int32 {
        let options = parser.parseOrExit(arguments)
        do {
            if let status = try AlertOptions.check(options, print: Terminal.write) { return status }
            let alerts = try AlertOptions.service(options)
            if let address = options.text("http") {
                return WebCommand.run(address, options, alerts, intervalNs: intervalNs(options))
            }
            let name = try InstanceChoice.choose(
                options.text("instance"), among: InstanceChoice.present())
            guard let directory = InstanceDirectory(name: name) else {
                return fail("'\(name)' is no instance name")
            }
            var observer = try InstanceObserver(directory)
            observer.alerts = alerts
            switch options.text("format") {
            case "prometheus": return print(PrometheusFormat.text(observer.observe()))
            case "hgrm": return printPercentiles(observer.observe(), options.text("histogram"))
            case "hlog": return logHistograms(&observer, options)
            case "json": return watch(&observer, options) { now, _ in JSONFormat.text(now) + "\n" }
            default: return watchTable(&observer, options)
            }
        } catch { return fail("\(error)") }
    }

    private static func fail(_ reason: String) -> Int32 {
        writeError("apus-monitor: \(reason)")
        return ExitStatus.failed
    }

    private static func print(_ text: String) -> Int32 {
        Terminal.write(text) ? ExitStatus.ok : ExitStatus.failed
    }

    private static func printPercentiles(_ now: Observation, _ name: String?) -> Int32 {
        if let name {
            guard let histogram = now.histograms.first(where: { $0.name == name }) else {
                return fail(unknownHistogram(name, now))
            }
            return print(PercentileFormat.text(histogram))
        }
        let blocks = now.histograms.filter { $0.total > 0 }.map {
            "#[Histogram = \($0.name), unit ns]\n\(PercentileFormat.text($0))"
        }
        return print(blocks.joined(separator: "\n"))
    }

    private static func unknownHistogram(_ name: String, _ now: Observation) -> String {
        let names = now.histograms.map(\.name).joined(separator: ", ")
        return "no histogram '\(name)'; there is: \(names)"
    }

    /// With `--once` what the engine recorded since its start; else intervals until stopped.
    private static func logHistograms(
        _ observer: inout InstanceObserver, _ options: ParsedOptions
    ) -> Int32 {
        let now = observer.observe()
        let name = options.text("histogram")
        if let name, !now.histograms.contains(where: { $0.name == name }) {
            return fail(unknownHistogram(name, now))
        }
        if options.isGiven("once") {
            return print(HistogramLog.sinceStart(now, only: name))
        }
        var history = History(capacity: 1)
        var startNs: UInt64 = 0
        return watch(&observer, options, endsWithView: true) { now, _ in
            history.add(now)
            if let interval = history.intervals.last {
                return HistogramLog.lines(interval, startNs: startNs, only: name)
            }
            startNs = now.timeNs
            return HistogramLog.head(startNs: startNs)
        }
    }

    private static func watchTable(
        _ observer: inout InstanceObserver, _ options: ParsedOptions
    ) -> Int32 {
        let isLive = Terminal.isInteractive && !options.isGiven("once")
        if isLive, let glyphs = LiveView.open() {
            LiveView.run(&observer, glyphs: glyphs, intervalNs: intervalNs(options))
            return ExitStatus.ok
        }
        // A terminal that cannot place text gets what a pipe gets, in ASCII.
        let columns = Terminal.isTerminal ? Terminal.columns : 100
        let glyphs = Glyphs(isUnicode: !isLive)
        var isFirst = true
        return watch(&observer, options) { now, earlier in
            let lines = TableFormat.lines(now, since: earlier, width: columns)
            let gap = isFirst ? "" : "\n"
            isFirst = false
            return gap + lines.map { glyphs.clean($0.text) + "\n" }.joined()
        }
    }

    /// Prints views until a signal asks to stop or nobody reads any more; one view with `--once`.
    ///
    /// - Parameter endsWithView: What happened until the signal is printed as well.
    private static func watch(
        _ observer: inout InstanceObserver, _ options: ParsedOptions, endsWithView: Bool = false,
        _ render: (_ now: Observation, _ earlier: Observation?) -> String
    ) -> Int32 {
        let intervalNs = intervalNs(options)
        apus_signals_block()
        var earlier: Observation?
        var isStopping = false
        while true {
            let now = observer.observe()
            guard Terminal.write(render(now, earlier)) else { return ExitStatus.ok }
            if options.isGiven("once") || isStopping { return ExitStatus.ok }
            earlier = now
            isStopping = apus_signals_wait(intervalNs) != 0
            if isStopping, !endsWithView { return ExitStatus.ok }
        }
    }

    /// Shorter intervals would only burn the core.
    private static let intervalMinNs: UInt64 = 10_000_000

    /// Time between two looks, of `--interval`.
    static func intervalNs(_ options: ParsedOptions) -> UInt64 {
        max(options.durationNs("interval") ?? 0, intervalMinNs)
    }
}
