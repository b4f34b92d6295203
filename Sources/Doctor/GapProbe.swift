//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import CDoctor
import Platform

/// Spins on every core at once and keeps the gaps.
struct GapProbe: Sendable {
    /// Memory of one core and round: 1.5 MiB.
    static let gapMax = 65_536

    let cores: [Int]
    let thresholdNs: UInt64
    let rate: TickRate

    struct Round: Sendable {
        let core: Int
        let gaps: [Gap]
        let spanNs: UInt64
        let blindNs: UInt64
        let readNs: Double
        /// The round ended early: more gaps than are kept.
        let isCut: Bool
        /// Of the core, while the round ran; `nil` when the kernel does not count.
        var timerInterrupts: UInt64?
        /// Nanoseconds that the kernel says the thread was runnable and waited; `nil` when it
        /// does not say.
        let waitedNs: UInt64?
    }

    /// SAFETY: one thread writes it, and others read it once that thread has been joined.
    @safe
    private final class Work: @unchecked Sendable {
        var scan = GapScan()
        let gaps: UnsafeMutablePointer<RawGap>
        var startTSC: UInt64 = 0
        var waitedNs: UInt64?
        var failure: PlatformError?

        init() { unsafe gaps = .allocate(capacity: GapProbe.gapMax) }
        deinit { unsafe gaps.deallocate() }
    }

    /// One round of `durationNs` on all cores.
    func run(durationNs: UInt64) throws(PlatformError) -> [Round] {
        let thresholdTicks = rate.ticks(ns: thresholdNs)
        let ticks = rate.ticks(ns: durationNs)
        var threads: [(PlatformThread, Work, Int)] = []
        for core in cores {
            let work = Work()
            let thread = try PlatformThread(name: "doctor-\(core)") {
                do throws(PlatformError) { try CurrentThread.pin(to: core) } catch {
                    work.failure = error
                    return
                }
                let before = SchedulerTimes.thisThread()
                work.startTSC = apus_tsc()
                work.scan.thresholdTicks = thresholdTicks
                work.scan.endTSC = work.startTSC + ticks
                work.scan.gapMax = UInt64(GapProbe.gapMax)
                unsafe apus_gap_scan_run(&work.scan, work.gaps)
                if let before, let after = SchedulerTimes.thisThread() {
                    work.waitedNs = after.waitedNs &- before.waitedNs
                }
            }
            threads.append((thread, work, core))
        }
        for (thread, _, _) in threads { thread.join() }
        var rounds: [Round] = []
        for (_, work, core) in threads {
            if let failure = work.failure { throw failure }
            rounds.append(round(work, core: core))
        }
        return rounds
    }

    private func round(_ work: Work, core: Int) -> Round {
        let scan = work.scan
        let gaps = (0..<Int(scan.gapCount)).map { index in
            let gap = unsafe work.gaps[index]
            return Gap(
                startNs: rate.wholeNs(gap.startTSC &- work.startTSC),
                lengthNs: rate.wholeNs(gap.ticks), switchCount: gap.switches)
        }
        let lostTicks = gaps.reduce(0.0) { $0 + Double($1.lengthNs) }
        let spanNs = rate.ns(scan.observedTicks)
        return Round(
            core: core, gaps: gaps, spanNs: UInt64(spanNs.rounded()),
            blindNs: rate.wholeNs(scan.blindTicks),
            readNs: scan.reads == 0 ? 0 : max(0, spanNs - lostTicks) / Double(scan.reads),
            isCut: scan.gapCount == scan.gapMax, waitedNs: work.waitedNs)
    }
}

/// What the scheduler keeps of a thread.
struct SchedulerTimes: Sendable, Equatable {
    /// Ready to run and not running, ns.
    let waitedNs: UInt64

    /// Of "ran waited slices" (kernel: Documentation/scheduler/sched-stats.rst).
    init?(_ text: String) {
        let numbers = text.split { $0 == " " || $0 == "\n" }.map { UInt64($0) }
        guard numbers.count == 3, let waitedNs = numbers[1] else { return nil }
        self.waitedNs = waitedNs
    }

    static func thisThread() -> SchedulerTimes? {
        SystemFile.text("/proc/thread-self/schedstat").flatMap { SchedulerTimes($0) }
    }
}
