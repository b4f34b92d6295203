//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CBase
import CPlatform
import CTelemetry
public import Execution
public import Gateway
public import Indicators
public import Inference
public import Pipeline
public import Risk
public import Strategy
public import Telemetry
public import Transport
public import Venues

/// The eight stages, each in memory of its own, so that stages on different threads share no line.
///
/// SAFETY: each stage is polled by one thread only, as the placement says; the memory is kept
/// until the process ends.
@safe
public struct HotPath: @unchecked Sendable {
    public let reader: UnsafeMutablePointer<ReaderStage>
    public let parser: UnsafeMutablePointer<ParserStage>
    public let kernel: UnsafeMutablePointer<KernelStage>
    public let inference: UnsafeMutablePointer<InferenceStage>
    public let strategy: UnsafeMutablePointer<StrategyStage>
    public let execution: UnsafeMutablePointer<ExecutionStage>
    public let risk: UnsafeMutablePointer<RiskStage>
    public let gateway: UnsafeMutablePointer<GatewayStage>

    init(reader: UnsafeMutablePointer<ReaderStage>, stages: PathStages) {
        unsafe self.reader = unsafe reader
        unsafe parser = unsafe stages.parser
        unsafe kernel = unsafe stages.kernel
        unsafe inference = unsafe stages.inference
        unsafe strategy = unsafe stages.strategy
        unsafe execution = unsafe stages.execution
        unsafe risk = unsafe stages.risk
        unsafe gateway = unsafe stages.gateway
    }
}

/// The loop of one hot thread: polls its stages in the order of the path, round after round.
///
/// A round takes one time stamp, and one more after each stage that found work: the difference is
/// that stage's service time, and the stamp marks what has left the stage. The gateway comes twice,
/// once after the parser for execution reports, so that the strategy may go on at once, and once
/// after risk for commands.
///
/// SAFETY: `stop` outlives the loop.
@safe
public struct HotLoop: @unchecked Sendable {
    let path: HotPath
    let runs: Runs
    let clock: WallClock
    let yieldsWhenIdle: Bool
    /// 1 ends the loop.
    let stop: UnsafeMutablePointer<UInt64>
    let reader: StageMeter
    let parser: StageMeter
    let kernel: StageMeter
    let inference: StageMeter
    let strategy: StageMeter
    let execution: StageMeter
    let risk: StageMeter
    let gateway: (service: Histogram, pulse: StagePulse)
    let trace: HopTrace
    let watch: UnsafeMutablePointer<LoopWatch>
    /// Whole rounds without work, in nanoseconds; shows what the host takes away.
    let gap: Histogram
    /// Those that took longer than `gapNotedNs`.
    let gaps = HopLog(capacity: 1_024)
    /// Idle time between two dry messages; 0: none are sent.
    let keepWarmNs: UInt64
    let dry: UnsafeMutablePointer<DryPath>?
    let dryMessages: Counter

    /// - Parameters:
    ///   - keepWarmNs: See `warm`; 0 switches it off.
    ///   - dry: For a loop that runs every stage; outlives the loop.
    public init(
        path: HotPath, plan: ThreadPlan, clock: WallClock, idle: IdleStrategy,
        stop: UnsafeMutablePointer<UInt64>, trace: HopTrace, telemetry: TelemetryWriter,
        keepWarmNs: UInt64, dry: UnsafeMutablePointer<DryPath>?
    ) {
        self.path = path
        runs = Runs(plan.stages)
        self.clock = clock
        yieldsWhenIdle = idle == .yield
        unsafe self.stop = unsafe stop
        reader = StageMeter(.frame, trace, telemetry)
        parser = StageMeter(.event, trace, telemetry)
        kernel = StageMeter(.feature, trace, telemetry)
        inference = StageMeter(.signal, trace, telemetry)
        strategy = StageMeter(.intent, trace, telemetry)
        execution = StageMeter(.child, trace, telemetry)
        risk = StageMeter(.command, trace, telemetry)
        let last = Hop.encrypted.stage
        gateway = (telemetry.histogram("\(last)_service"), telemetry.stage(last))
        self.trace = trace
        unsafe watch = .allocate(capacity: 1)
        unsafe watch.initialize(to: LoopWatch())
        gap = telemetry.histogram("\(plan.name)_idle_round")
        self.keepWarmNs = keepWarmNs
        unsafe self.dry = unsafe dry
        dryMessages = telemetry.counter("\(plan.name)_dry_messages_total")
    }

    /// Runs until `stop` is 1.
    public func run() {
        unsafe watch.pointee.begin()
        runWatched()
        unsafe watch.pointee.end()
    }

    @_noAllocation @_noLocks
    private func runWatched() {
        var polls: UInt64 = 0
        var lastBeatNs: UInt64 = 0
        var wasIdle = false
        var lastRoundNs: UInt64 = 0
        var lastWarmNs: UInt64 = 0
        while unsafe apus_word_load(stop) == 0 {
            let startNs = clock.now()
            unsafe watch.pointee.beginRound()
            if wasIdle { note(gap: startNs &- lastRoundNs, at: startNs) }
            lastRoundNs = startNs
            polls &+= 1
            let isBeat = startNs &- lastBeatNs > Self.beatIntervalNs
            if isBeat {
                lastBeatNs = startNs
                beat(startNs, polls)
            }
            let work = round(startNs)
            wasIdle = work == 0
            if wasIdle, keepWarmNs > 0, startNs &- lastWarmNs >= keepWarmNs {
                warm()
                lastWarmNs = clock.now()
                wasIdle = false
            } else if wasIdle {
                rest()
            }
        }
        // Whoever watches knows that this thread has ended and is not stuck.
        beat(0, polls)
    }

    /// An idle round takes some hundred nanoseconds: what is longer is a hole.
    static var gapNotedNs: UInt64 {
        @_noAllocation @_noLocks get { 5_000 }
    }

    @_noAllocation @_noLocks
    @inline(__always)
    private func note(gap ns: UInt64, at timeNs: UInt64) {
        gap.record(ns)
        if ns >= Self.gapNotedNs {
            unsafe gaps.add(
                sequence: ns, timeNs: timeNs, work: 0,
                preemption: watch.pointee.carried ? .seen : .none)
        }
    }

    /// How often the heartbeats are written.
    static var beatIntervalNs: UInt64 {
        @_noAllocation @_noLocks get { 1_000_000 }
    }

    /// Sends half a dry message through the dry path, and has the gateway sign an order that goes
    /// nowhere: the first keeps code in the core, the second the tables of the trading path.
    @_noAllocation @_noLocks
    @inline(never)
    func warm() {
        if let dry = unsafe dry {
            unsafe dry.pointee.tick()
            dryMessages.increment()
        }
        if runs.gateway { unsafe path.gateway.pointee.warmUp(count: 1) }
    }

    /// One call of each stage of this thread; returns the number of records handled.
    ///
    /// Never inlined: the dry path is to run the very code of the trading path.
    @_noAllocation @_noLocks
    @inline(never)
    public func round(_ startNs: UInt64) -> Int {
        var lastNs = startNs
        var work = 0
        if runs.reader {
            unsafe work &+= meter(reader, path.reader.pointee.poll(), &lastNs)
            // Its system calls may have ended the watch: what follows is watched anew.
            _ = unsafe watch.pointee.take()
        }
        if runs.parser { unsafe work &+= meter(parser, path.parser.pointee.poll(), &lastNs) }
        if runs.gateway {
            unsafe work &+= meterGateway(path.gateway.pointee.poll(), &lastNs)
        }
        if runs.kernel { unsafe work &+= meter(kernel, path.kernel.pointee.poll(), &lastNs) }
        if runs.inference {
            unsafe work &+= meter(inference, path.inference.pointee.poll(), &lastNs)
        }
        if runs.strategy {
            unsafe work &+= meter(strategy, path.strategy.pointee.poll(), &lastNs)
        }
        if runs.execution {
            unsafe work &+= meter(execution, path.execution.pointee.poll(), &lastNs)
        }
        if runs.risk { unsafe work &+= meter(risk, path.risk.pointee.poll(), &lastNs) }
        if runs.gateway {
            unsafe work &+= meterGateway(path.gateway.pointee.poll(), &lastNs)
        }
        return work
    }

    @_noAllocation @_noLocks
    @inline(__always)
    func meter(_ meter: StageMeter, _ work: Int, _ lastNs: inout UInt64) -> Int {
        if work > 0 {
            let now = clock.now()
            unsafe meter.record(now, since: lastNs, work: work, watch.pointee.take())
            lastNs = now
        }
        return work
    }

    @_noAllocation @_noLocks
    @inline(__always)
    func meterGateway(_ work: Int, _ lastNs: inout UInt64) -> Int {
        if work > 0 {
            let now = clock.now()
            gateway.service.record(now &- lastNs)
            gateway.pulse.count(work: work)
            lastNs = now
            if unsafe path.gateway.pointee.sends.count != trace.takenCount {
                unsafe trace.take(
                    path.gateway.pointee.sends, work: work, preemption: .none,
                    isWatched: watch.pointee.isWatched)
            }
            // As behind the reader.
            _ = unsafe watch.pointee.take()
        }
        return work
    }

    @_noAllocation @_noLocks
    func beat(_ now: UInt64, _ polls: UInt64) {
        if runs.reader { reader.pulse.beat(now: now, polls: polls) }
        if runs.parser { parser.pulse.beat(now: now, polls: polls) }
        if runs.kernel { kernel.pulse.beat(now: now, polls: polls) }
        if runs.inference { inference.pulse.beat(now: now, polls: polls) }
        if runs.strategy { strategy.pulse.beat(now: now, polls: polls) }
        if runs.execution { execution.pulse.beat(now: now, polls: polls) }
        if runs.risk { risk.pulse.beat(now: now, polls: polls) }
        if runs.gateway { gateway.pulse.beat(now: now, polls: polls) }
    }

    @_noAllocation @_noLocks
    @inline(__always)
    func rest() {
        if yieldsWhenIdle {
            apus_thread_yield_idle()
        } else {
            apus_spin_pause()
        }
    }
}
