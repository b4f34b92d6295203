//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import CDoctor
import CPlatform
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
        /// The round ended early: more gaps than are kept.
        let isCut: Bool
        /// Of the core, while the round ran; `nil` when the kernel does not count.
        var timerInterrupts: UInt64?
        /// That the thread was ready to run and waited for its core; 0 when the kernel does not
        /// count.
        let waitedNs: UInt64
    }

    /// SAFETY: one thread writes it, and others read it once that thread has been joined.
    @safe
    private final class Work: @unchecked Sendable {
        var scan = GapScan()
        let gaps: UnsafeMutablePointer<RawGap>
        var startTSC: UInt64 = 0
        var waitedNs: UInt64 = 0
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
                let waitedNs = Self.waitedNs
                work.startTSC = apus_tsc()
                work.scan.thresholdTicks = thresholdTicks
                work.scan.endTSC = work.startTSC + ticks
                work.scan.gapMax = UInt64(GapProbe.gapMax)
                unsafe apus_gap_scan_run(&work.scan, work.gaps)
                work.waitedNs = Self.waitedNs &- waitedNs
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
        return Round(
            core: core, gaps: gaps, spanNs: rate.wholeNs(scan.observedTicks),
            blindNs: rate.wholeNs(scan.blindTicks), isCut: scan.gapCount == scan.gapMax,
            waitedNs: work.waitedNs)
    }

    /// Of the calling thread since it began; 0 when the kernel does not count.
    private static var waitedNs: UInt64 {
        var usage = ThreadUsage()
        _ = unsafe apus_thread_usage(apus_thread_id(), &usage)
        return usage.runDelayNs
    }
}
