//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc
import Platform
import Rendering
import Telemetry

/// `apus soak`: an engine and its venues for hours to weeks, looked at from outside.
///
/// One thread: it empties the children's logs, looks at the engine's pages twenty times a second,
/// takes a sample each interval and compares engine and venues.
public final class Soak {
    private let options: SoakOptions
    private let say: (String) -> Void
    private var result: SoakResult
    private var children: SoakChildren?
    private var view: EngineView?
    private var accounts: [String: VenueTruth.Account] = [:]
    private var promises = CounterPromises()
    private var isStopWanted = false
    private var startNs: UInt64 = 0
    private var earlierS = 0.0
    private var nextRingLookNs: UInt64 = 0
    /// How much longer than asked for a sleep took at most, since the last sample.
    private var lateMaxNs: UInt64 = 0

    private static let tickNs: UInt64 = 50_000_000
    private static let readyTimeoutNs: UInt64 = 90_000_000_000
    private static let samplesPerReport = 10
    private static let violationsMax = 1_000
    /// A hundred years.
    private static let secondsMax = 3.2e9
    private static let evidenceMax = 20
    /// In the place of an invariant: a child that is gone or does not answer.
    private static let process = "process"

    /// - Parameter say: Takes lines for a person.
    public init(_ options: SoakOptions, say: @escaping (String) -> Void) {
        self.options = options
        self.say = say
        result = SoakResult(
            options: options, samplesPath: "\(options.folder)/samples.csv")
    }

    /// Runs to the end of its time, to a violation or to a signal, and writes the report.
    ///
    /// - Returns: Whether the verdict is PASS.
    /// - Throws: `SoakError` when nothing could be judged.
    public func run() throws(SoakError) -> Bool {
        StopSignals.block()
        guard unsafe mkdir(options.folder, 0o755) == 0 || errno == EEXIST else {
            throw SoakError("cannot make \(options.folder)")
        }
        defer { children?.kill() }
        result.startWallNs = wallNs()
        let children = try SoakChildren(options, isStopWanted: { self.pollStop() })
        self.children = children
        for venue in children.truth.venues {
            accounts[venue] = try children.truth.account(at: venue)
        }
        var sampler = try awaitReady(children)
        let segment = try resumeSegment()
        let file = try SampleFile(
            result.samplesPath, columns: sampler.columns, resumes: options.resumes)
        say(
            "soak: seed \(options.seed), \(options.folder)/soak.html, engine "
                + "\(children.engine.processID), simulator \(children.venue.processID)")
        do throws(SoakError) {
            try serve(children, &sampler, file, segment)
        } catch {
            note(Self.process, "\(error)")
            result.endReason = "\(error)"
        }
        try end(children)
        return try writeReport()
    }

    private func pollStop() -> Bool {
        if !isStopWanted, StopSignals.wait(timeoutNs: 0) != nil {
            isStopWanted = true
            result.endReason = "stopped by a signal"
        }
        return isStopWanted
    }

    private var elapsedS: Double { earlierS + Double(monotonicNs() - startNs) / 1e9 }

    // MARK: - Start

    private func awaitReady(_ children: SoakChildren) throws(SoakError) -> Sampler {
        let deadline = monotonicNs() + Self.readyTimeoutNs
        while monotonicNs() < deadline {
            try children.pump()
            if let status = children.engine.wait(timeoutNs: 0) {
                throw SoakError("the engine ended with \(status); see engine.log")
            }
            if pollStop() { throw SoakError("stopped before the engine was ready") }
            if let view = EngineView(children.instance), view.isReady {
                self.view = view
                result.placement = view.telemetry.placement
                result.mode = view.telemetry.mode
                startNs = monotonicNs()
                return Sampler(
                    engine: children.engine.processID, venue: children.venue.processID,
                    telemetry: view.telemetry)
            }
            CurrentThread.sleep(ns: 20_000_000)
        }
        throw SoakError("the engine was not ready within 90 s; see engine.log")
    }

    /// The number of this engine process among those of the folder.
    private func resumeSegment() throws(SoakError) -> Int {
        guard options.resumes, let reader = SampleReader(result.samplesPath) else { return 0 }
        let values = reader.values(["time_s", "segment"])
        guard let time = values["time_s"]?.last, let last = values["segment"]?.last else {
            return 0
        }
        guard (0...Self.secondsMax).contains(time), let segment = Int(exactly: last) else {
            throw SoakError("\(result.samplesPath): the last sample has no time or no segment")
        }
        earlierS = time
        return segment + 1
    }

    // MARK: - Serve

    private func serve(
        _ children: SoakChildren, _ sampler: inout Sampler, _ file: SampleFile, _ segment: Int
    ) throws(SoakError) {
        guard let first = view else { return }
        // What was before the first interval is no part of it.
        _ = try sampler.sample(first, faults: try children.truth.faults())
        let endNs = startNs + (options.durationNs - min(
            options.durationNs, UInt64(earlierS * 1e9)))
        var nextNs = startNs + options.intervalNs
        var count = 0
        while !pollStop(), monotonicNs() < endNs {
            try tick()
            let now = monotonicNs()
            if now < nextNs, now < endNs { continue }
            // The comparison comes after, so that its halt is in the next interval's figures.
            var values = try figures(children, &sampler, segment)
            let beganNs = monotonicNs()
            try check(children, leavesHalted: false)
            values["check_ms"] = Double(monotonicNs() - beganNs) / 1e6
            values["stale_books"] = Double(result.staleBooks)
            values["violations"] = Double(result.violations.count)
            try file.append(values)
            while nextNs <= monotonicNs() { nextNs += options.intervalNs }
            count += 1
            say(progress(values))
            if count % Self.samplesPerReport == 0 { _ = try writeReport() }
            if !result.violations.isEmpty, !options.keepsGoing {
                result.endReason = "stopped at the first violation"
                return
            }
        }
    }

    private func figures(
        _ children: SoakChildren, _ sampler: inout Sampler, _ segment: Int
    ) throws(SoakError) -> [String: Double] {
        guard let view else { return [:] }
        result.faults = try children.truth.faults()
        var values = try sampler.sample(view, faults: result.faults)
        values["time_s"] = elapsedS
        values["segment"] = Double(segment)
        values["look_late_ms"] = Double(lateMaxNs) / 1e6
        result.isMemoryLocked = (values["locked_kib"] ?? 0) > 0
        lateMaxNs = 0
        self.view?.takeInterval()
        return values
    }

    /// What is done many times a second.
    private func tick() throws(SoakError) {
        guard let children else { return }
        try children.pump()
        if children.secretsSeen > result.secretsSeen {
            result.secretsSeen = children.secretsSeen
            note("I17", "a secret stands in a log")
        }
        if let status = children.engine.wait(timeoutNs: 0) {
            throw SoakError("the engine ended with \(status); see engine.log")
        }
        if let status = children.venue.wait(timeoutNs: 0) {
            throw SoakError("the simulator ended with \(status); see simulator.log")
        }
        let now = monotonicNs()
        view?.look(nowNs: now)
        if now >= nextRingLookNs {
            nextRingLookNs = now + 1_000_000_000
            view?.lookAtRings()
        }
        for finding in view?.takeFindings() ?? [] { note(finding.invariant, finding.text) }
        let asleepNs = monotonicNs()
        CurrentThread.sleep(ns: Self.tickNs)
        let sleptNs = monotonicNs() - asleepNs
        lateMaxNs = max(lateMaxNs, sleptNs - min(sleptNs, Self.tickNs))
    }

    private func note(_ invariant: String, _ text: String) {
        guard result.violations.count < Self.violationsMax else { return }
        let violation = Violation(invariant: invariant, timeS: elapsedS, text: text)
        result.violations.append(violation)
        say("soak: VIOLATION \(invariant): \(text)")
        guard result.violations.count <= Self.evidenceMax, let view, let children else { return }
        Evidence.save(
            violation, number: result.violations.count, view, children.truth, in: options.folder)
    }

    // MARK: - Comparisons

    private func check(_ children: SoakChildren, leavesHalted: Bool) throws(SoakError) {
        guard let view else { return }
        var checker = Checker(children.truth, view, start: accounts) { () throws(SoakError) in
            try self.tick()
        }
        try checker.run(leavesHalted: leavesHalted)
        result.checks += 1
        result.staleBooks += checker.stale
        if checker.isStarved { result.starvedChecks += 1 }
        for (invariant, text) in checker.violations { note(invariant, text) }
        for (invariant, text) in promises.broken(view.counters) { note(invariant, text) }
        keepCounters(view)
    }

    private func keepCounters(_ view: EngineView) {
        result.counters = view.telemetry.counters.filter { $0.value > 0 }
        result.outageCount = self.view?.outageCount ?? 0
        result.outageMaxNs = self.view?.outageMaxNs ?? 0
        result.fullestRing = self.view?.fullestRing ?? ""
    }

    // MARK: - End

    private func end(_ children: SoakChildren) throws(SoakError) {
        result.elapsedS = elapsedS
        result.isFinished = true
        guard children.engine.isRunning, children.venue.isRunning else {
            result.engineStatus = children.engine.wait(timeoutNs: 0)
            return
        }
        do throws(SoakError) {
            if result.checks > 0 || isStopWanted { try check(children, leavesHalted: true) }
            result.faults = try children.truth.faults()
            let status = try children.stopEngine()
            result.engineStatus = status
            if status != 0 { note(Self.process, "the engine ended with \(status)") }
            let books = try FinalBooks.compare(children.summaryPath, children.truth)
            result.booksAtEnd = books.equal
            result.booksBehindAtEnd = books.behind
            for text in books.wrong { note("I11", text) }
        } catch { note(Self.process, "at the end: \(error)") }
        _ = try children.stopVenue()
    }

    private func writeReport() throws(SoakError) -> Bool {
        if !result.isFinished { result.elapsedS = elapsedS }
        let lines = result.verdict()
        try SoakReport.write(result, lines)
        if result.isFinished {
            for line in lines {
                say("\(line.outcome.rawValue)  \(line.name): \(line.reason)")
            }
            let ended = result.endReason.isEmpty ? "" : " (\(result.endReason))"
            say("soak: \(Verdict.isPassed(lines) ? "PASS" : "FAIL")\(ended)")
        }
        return Verdict.isPassed(lines)
    }

    private func progress(_ values: [String: Double]) -> String {
        let passed = UInt64(elapsedS)
        let total = options.durationNs / 1_000_000_000
        func text(_ name: String) -> String { NumberText.short(values[name] ?? .nan) }
        return "soak: \(passed) s of \(total), \(total - min(passed, total)) s left, p99 "
            + "\(text("\(Sampler.path).p99_ns")) ns, RSS \(text("rss_kib")) KiB, descriptors "
            + "\(text("descriptors")), orders \(text("orders")), faults \(text("faults")), "
            + "violations \(result.violations.count)"
    }
}
