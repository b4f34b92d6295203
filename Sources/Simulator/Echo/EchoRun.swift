//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import Foundation
import Platform

/// One whole measurement: the venue, the programs, every case, the result.
final class EchoRun {
    private let options: EchoOptions
    private let log: (String) -> Void
    private let clock = EchoClock()
    private let simulator: Simulator
    private let venue: EchoVenue
    private let block: EchoBlock
    private let folder: String
    private let instance = "wire-\(currentProcessID())"
    private var targets: [EchoTarget] = []
    private var result: EchoResult
    private let ticksAtStart = ProcessorTicks()
    /// The monitor that looks at the engine's rings now, and what it wrote so far.
    private var look: ChildProcess?
    private var looks: [String] = []
    private var nextLookNs: UInt64 = 0
    private static let startWithinNs: UInt64 = 60_000_000_000
    private static let endWithinNs: UInt64 = 20_000_000_000
    private static let lookEveryNs: UInt64 = 10_000_000_000
    /// What goes on besides marked frames when there is no load: data that keep the books fresh.
    private static let idlePerSecond: UInt64 = 20

    init(_ options: EchoOptions, log: @escaping (String) -> Void) throws(SimulatorError) {
        self.options = options
        self.log = log
        let refusal = options.refusal(usableCores: usableCores()) ?? options.missingProgram
        if let refusal { throw SimulatorError(refusal) }
        var made: EchoVenue?
        var simulatorOptions = SimulatorOptions()
        simulatorOptions.messageRateMax = 0
        simulator = try Simulator(simulatorOptions, log: log) { context in
            let venue = EchoVenue(credentials: .demonstration, context: context)
            made = venue
            return venue
        }
        guard let made else { throw SimulatorError("the venue was not made") }
        venue = made
        block = EchoBlock(clock: clock, simulator: simulator, venue: made)
        var template = Array("\(Environment.all["TMPDIR"] ?? "/tmp")/apus-echo.XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else {
            throw SimulatorError("no temporary folder: \(unsafe String(cString: strerror(errno)))")
        }
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        result = EchoResult(
            machine: EchoMachine(options),
            peak: options.peak.map { RecordedPeak(given: $0) }
                ?? RecordedPeak(folder: options.capturesPath))
    }

    /// Measures everything; the programs are gone afterwards, whatever happens.
    func run() throws(SimulatorError) -> EchoResult {
        defer {
            for target in targets { target.kill() }
            try? FileManager.default.removeItem(atPath: folder)
        }
        for line in result.peak.lines { log(line) }
        unsafe setenv("BINANCE_API_KEY", Credentials.demonstration.key, 1)
        unsafe setenv("BINANCE_API_SECRET", Credentials.demonstrationSecret, 1)
        try simulator.writeCertificate(to: caPath)
        for name in options.targets { try start(name) }
        // Only now: the programs would inherit it.
        do throws(PlatformError) {
            try CurrentThread.pin(to: options.venueCore)
        } catch { throw SimulatorError("\(error)") }
        var round = 0
        for load in options.loads {
            for rate in options.rates { try measure(load, rate, &round) }
        }
        try finishEngine()
        result.machine.finish(since: ticksAtStart)
        return result
    }

    private var caPath: String { folder + "/ca.pem" }
    private var summaryPath: String { folder + "/summary.json" }

    // MARK: - Programs

    private func start(_ name: String) throws(SimulatorError) {
        for target in targets where !target.isStopped { target.hold() }
        let isEngine = name == EchoStreams.engineName
        let (program, first) = options.command(of: name)
        let rest = isEngine
            ? engineArguments : ["\(simulator.streamPort)", caPath, "\(options.clientCore)"]
        let link =
            isEngine
            ? venue.echo.links[name]
            : venue.echo.add(name, sendsOrders: name != EchoOptions.echoName)
        guard let link else { throw SimulatorError("\(name) has no connections") }
        log("starting \(program)")
        let target = try EchoTarget(
            name: name, link: link, program: program, arguments: first + rest,
            logPath: "\(folder)/\(name).log")
        targets.append(target)
        if isEngine {
            venue.setSnapshotID { [unowned target] in target.feed.snapshotID }
        }
        try awaitFirstOrder(of: target)
    }

    private var engineArguments: [String] {
        var all = ["run", "--config", options.configPath, "--summary", summaryPath]
        let base = "endpoints.binance-usdm"
        let known = venue.endpoints(
            restPort: simulator.restPort, streamPort: simulator.streamPort)
        for (key, value) in known { all += ["--set", "\(base).\(key)=\(value)"] }
        all += ["--set", "\(base).ca_file=\(caPath)", "--set", "system.instance=\(instance)"]
        return all
    }

    /// Sends marked frames until one is answered: connected, in sync, ready.
    private func awaitFirstOrder(of target: EchoTarget) throws(SimulatorError) {
        let endNs = clock.nowNs + Self.startWithinNs
        var isFresh = false
        while clock.nowNs < endNs {
            if let failure = target.failure { throw SimulatorError(failure) }
            if !target.link.isUp {
                block.serve()
                continue
            }
            if !isFresh {
                // Now the name of its depth stream is known.
                target.feed = EchoFeed(depthName: target.link.depthName)
                isFresh = true
            }
            var ledger = EchoLedger()
            try block.run(
                target, plan(durationNs: 200_000_000, rate: 20, others: 20), into: &ledger)
            if ledger.answeredCount > 0 {
                log("\(target.name) answers")
                return
            }
        }
        throw SimulatorError("\(target.name) sent no order within 60 s")
    }

    /// Waits for the engine's end, and reads what it says of itself.
    private func finishEngine() throws(SimulatorError) {
        guard let engine = targets.first(where: { $0.name == EchoStreams.engineName }) else {
            return
        }
        activate(engine)
        // What is under way arrives before the engine is asked to end.
        venue.isQuiet = true
        let drainedByNs = clock.nowNs + Self.endWithinNs
        while let data = engine.link.data, EchoClock.unacknowledged(data.socket) > 0,
            clock.nowNs < drainedByNs
        {
            block.serve()
        }
        serve(durationNs: 1_000_000_000)
        let markPrices = UInt64(venue.markPriceCount)
        engine.terminate()
        let endNs = clock.nowNs + Self.endWithinNs
        while !engine.hasEnded, clock.nowNs < endNs { block.serve() }
        result.engine = EchoResult.Engine(
            summaryPath: summaryPath, framesSent: engine.feed.frameCount,
            markPricesSent: markPrices, looks: looks)
        if result.engine == nil { throw SimulatorError("the engine wrote no summary") }
    }

    // MARK: - Cases

    private func plan(durationNs: UInt64, rate: UInt64, others: UInt64) -> EchoBlock.Plan {
        let startNs = clock.nowNs + 2_000_000
        // The marks stand between the others.
        let offsetNs = others == 0 ? 0 : 500_000_000 / others
        let marks = EchoSchedule(startNs: startNs + offsetNs, perSecond: rate)
        let other = EchoSchedule(startNs: startNs, perSecond: others)
        return EchoBlock.Plan(
            marks: marks, markCount: max(1, marks.count(durationNs: durationNs)),
            uncounted: 1 + rate / 20, others: other,
            otherCount: other.count(durationNs: durationNs), endNs: startNs + durationNs)
    }

    /// The targets in turn, a block each; the first of a round is another one each time.
    private func measure(
        _ load: EchoOptions.Load, _ rate: UInt64, _ round: inout Int
    ) throws(SimulatorError) {
        let others = load.multiple == 0
            ? Self.idlePerSecond : load.multiple * result.peak.framesPerSecond
        let blockCount = max(1, Int(options.durationNs / options.blockNs))
        let capacity = Int(rate * options.durationNs / 1_000_000_000) + 1
        var ledgers = targets.map { _ in EchoLedger(capacity: capacity) }
        block.forgetGaps()
        for target in targets { target.forgetBacklogs() }
        log("load \(load.text), \(rate) marks/s, \(others) others/s: \(blockCount) blocks each")
        for _ in 0..<blockCount {
            for step in targets.indices {
                let index = (round + step) % targets.count
                let target = targets[index]
                activate(target)
                try block.run(
                    target, plan(durationNs: options.blockNs, rate: rate, others: others),
                    into: &ledgers[index])
                if load.multiple > 0, target.name == EchoStreams.engineName { lookAtRings() }
            }
            round += 1
        }
        let rows = zip(targets, ledgers).map { EchoResult.Target($0, $1) }
        var one = EchoResult.Case(
            load: load.text, marksPerSecond: rate, othersPerSecond: others,
            secondsPerTarget: Double(blockCount) * Double(options.blockNs) / 1e9, targets: rows,
            gaps: block.gaps)
        one.compare()
        result.cases.append(one)
    }

    /// Has this target alone run. What was under way to the one before has arrived.
    private func activate(_ target: EchoTarget) {
        for other in targets where other !== target && !other.isStopped {
            serve(durationNs: 20_000_000)
            other.hold()
        }
        if target.isStopped {
            target.resume()
            serve(durationNs: 50_000_000)
        }
    }

    private func serve(durationNs: UInt64) {
        let endNs = clock.nowNs + durationNs
        while clock.nowNs < endNs { block.serve() }
    }

    /// Has the monitor, where it is beside this program, look at the engine's rings now and then.
    private func lookAtRings() {
        let monitor = executableFolder() + "/apus-monitor"
        guard clock.nowNs >= nextLookNs, look?.isRunning != true,
            FileManager.default.isExecutableFile(atPath: monitor)
        else { return }
        nextLookNs = clock.nowNs + Self.lookEveryNs
        let path = "\(folder)/look-\(looks.count).json"
        look = try? ChildProcess(
            path: monitor, arguments: ["--instance", instance, "--once", "--format", "json"],
            output: path)
        if look != nil { looks.append(path) }
    }
}
