//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CPlatform
import CTelemetry
import Pipeline
import Telemetry

/// Where one stage's service times and pulse go, and the marks of what left it.
///
/// SAFETY: `progress` is a word of a ring that outlives the loop, written by the stage's thread.
@safe
struct StageMeter {
    let service: Histogram
    let pulse: StagePulse
    let log: HopLog
    let progress: UnsafePointer<UInt64>

    init(_ hop: Hop, _ trace: HopTrace, _ telemetry: TelemetryWriter) {
        service = telemetry.histogram("\(hop.stage)_service")
        pulse = telemetry.stage(hop.stage)
        log = unsafe trace.logs[hop.rawValue]
        unsafe progress = unsafe trace.progress[hop.rawValue]
    }

    @_noAllocation @_noLocks
    @inline(__always)
    func record(_ now: UInt64, since lastNs: UInt64, work: Int, _ preemption: Preemption) {
        service.record(now &- lastNs)
        pulse.count(work: work)
        log.add(
            sequence: unsafe apus_word_load(progress), timeNs: now, work: work,
            preemption: preemption)
    }
}

/// What a loop knows of its own thread. One thread's.
///
/// SAFETY: `watch` is the thread's own while it runs, and watches nothing before and after.
@safe
struct LoopWatch {
    var watch = unsafe PreemptionWatch()
    /// The thread was taken off its core before the round began.
    var carried = false
    var isWatched = false

    init() { unsafe apus_preemption_watch_end(&watch) }

    mutating func begin() { isWatched = unsafe apus_preemption_watch_make(&watch) == 1 }

    mutating func end() {
        unsafe apus_preemption_watch_end(&watch)
        isWatched = false
    }

    @_noAllocation @_noLocks
    @inline(__always)
    mutating func beginRound() {
        carried = unsafe apus_preemption_watch_take(&watch) == 1
    }

    /// Since the mark before, or since the round before this one began.
    @_noAllocation @_noLocks
    @inline(__always)
    mutating func take() -> Preemption {
        let isSeen = unsafe apus_preemption_watch_take(&watch) == 1 || carried
        carried = false
        return isSeen ? .seen : .none
    }
}

/// Which stages a loop polls: plain words, so that asking costs a load.
struct Runs {
    let reader: Bool
    let parser: Bool
    let kernel: Bool
    let inference: Bool
    let strategy: Bool
    let execution: Bool
    let risk: Bool
    let gateway: Bool

    init(_ stages: StageSet) {
        reader = stages.contains(.reader)
        parser = stages.contains(.parser)
        kernel = stages.contains(.kernel)
        inference = stages.contains(.inference)
        strategy = stages.contains(.strategy)
        execution = stages.contains(.execution)
        risk = stages.contains(.risk)
        gateway = stages.contains(.gateway)
    }
}
