//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import CPlatform
import CTelemetry
import Pipeline
import Platform
import Rings
import Telemetry

/// The thread that finds out whose fault each outlier was: looks at the hot threads a hundred times
/// a second, takes the samples from the path's ring, judges them by `OutlierRule`, and shows them
/// in the telemetry page. Cold; costs under 1 % of a core that is none of the path's.
///
/// SAFETY: all state but `stopWord` belongs to the thread once it runs.
@safe
final class OutlierForensics: @unchecked Sendable {
    /// A hot thread that is looked at.
    struct Watched {
        let plan: ThreadPlan
        let threadID: Int32
        /// Its idle rounds that were holes.
        let gaps: HopLog
    }

    private static let intervalNs: UInt64 = 10_000_000
    /// A reading of clocks that took longer is made again.
    private static let readingMaxNs: UInt64 = 10_000
    private static let readingsMax = 8

    private let threads: [Watched]
    private var histories: [ThreadHistory]
    private var gapsSeen: [UInt64]
    private var samples: RingConsumer<OutlierSample>
    private var pending: [OutlierSample] = []
    private let board: OutlierWriter
    private let page: TelemetryReader
    private let clock: WallClock
    private let thresholdNs: UInt64
    private let isSpinning: Bool
    private let stopWord: UnsafeMutablePointer<UInt64>
    private var thread: PlatformThread?

    /// - Parameters:
    ///   - isSpinning: Idle hot threads never give their cores away.
    init(
        _ rings: PathRings, threads: [Watched], thresholdNs: UInt64, isSpinning: Bool,
        clock: WallClock, telemetry: TelemetryWriter
    ) throws(EngineError) {
        do { samples = try rings.outliers.makeConsumer() } catch { throw EngineError("\(error)") }
        self.threads = threads
        histories = threads.map { ThreadHistory(core: $0.plan.core) }
        gapsSeen = threads.map { _ in 0 }
        board = telemetry.outliers
        page = telemetry.reader
        self.clock = clock
        self.thresholdNs = thresholdNs
        self.isSpinning = isSpinning
        unsafe stopWord = .allocate(capacity: 1)
        unsafe stopWord.initialize(to: 0)
        board.setThreshold(ns: thresholdNs)
    }

    func start() throws(EngineError) {
        guard thresholdNs > 0 else { return }
        do throws(PlatformError) {
            thread = try PlatformThread(name: "apus-forensics") { [self] in run() }
        } catch { throw EngineError("\(error)") }
    }

    /// Returns once the samples so far are judged.
    func stop() {
        unsafe apus_word_store_release(stopWord, 1)
        thread?.join()
        thread = nil
    }

    private func run() {
        var isLast = false
        while !isLast {
            isLast = unsafe apus_word_load_acquire(stopWord) != 0
            // First the samples, then the look: each was complete before it.
            while let sample = unsafe samples.peek() {
                pending.append(unsafe sample.pointee)
                samples.release()
            }
            for index in threads.indices { look(index) }
            if !pending.isEmpty { judge() }
            if !isLast { CurrentThread.sleep(ns: Self.intervalNs) }
        }
    }

    private func look(_ index: Int) {
        let id = threads[index].threadID
        guard var look = readClocks(id) else { return }
        var usage = ThreadUsage()
        guard unsafe apus_thread_usage(id, &usage) == 0 else { return }
        look.runDelayNs = usage.runDelayNs
        look.switches = usage.switches
        look.minorFaults = usage.minorFaults
        look.majorFaults = usage.majorFaults
        look.stealNs = apus_core_steal_ns(Int32(threads[index].plan.core ?? -1))
        look.idleGapNs = takeGaps(index)
        histories[index].add(look)
    }

    /// Both clocks at one moment, as near as this thread is left on its own core.
    private func readClocks(_ id: Int32) -> ThreadLook? {
        var best: (look: ThreadLook, spanNs: UInt64)?
        for _ in 0..<Self.readingsMax {
            let before = clock.now()
            let cpuNs = apus_thread_cpu_ns(id)
            let after = clock.now()
            if cpuNs == 0 { return nil }
            let spanNs = after &- before
            if spanNs < best?.spanNs ?? UInt64.max {
                best = (ThreadLook(timeNs: before &+ spanNs / 2, cpuNs: cpuNs), spanNs)
            }
            if spanNs <= Self.readingMaxNs { break }
        }
        return best?.look
    }

    /// The longest idle round that was noted since the last look.
    private func takeGaps(_ index: Int) -> UInt64 {
        let log = threads[index].gaps
        let count = log.count
        var longest: UInt64 = 0
        while gapsSeen[index] < count {
            longest = max(longest, log[gapsSeen[index]]?.sequence ?? 0)
            gapsSeen[index] += 1
        }
        return longest
    }

    private func judge() {
        let usualNs = usual()
        for sample in pending {
            let hop = OutlierRule.hop(of: sample, usualNs: usualNs)
            let evidence = evidence(of: hop, sample)
            let verdict = OutlierRule.judge(
                sample, usualNs: usualNs, thresholdNs: thresholdNs, evidence: evidence,
                isSpinning: isSpinning)
            board.add(sample, verdict, evidence)
        }
        pending.removeAll(keepingCapacity: true)
    }

    /// Of the thread that the hop's stage runs on.
    private func evidence(of hop: Hop, _ sample: OutlierSample) -> OutlierEvidence {
        guard let stage = StageSet(name: hop.stage),
            let index = threads.firstIndex(where: { $0.plan.stages.contains(stage) })
        else { return OutlierEvidence() }
        let (end, overflow) = sample.ingressTimeNs.addingReportingOverflow(sample.totalNs)
        return histories[index].evidence(
            from: sample.ingressTimeNs, to: overflow ? UInt64.max : end)
    }

    /// The median of each hop so far.
    private func usual() -> [UInt64] {
        let histograms = page.histograms
        return Hop.allCases.map { hop in
            histograms.first { $0.name == hop.name }?.value(atFraction: 0.5) ?? 0
        }
    }
}
