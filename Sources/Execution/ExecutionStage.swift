//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CMessages
import CTelemetry
public import Messages
public import Pipeline
public import Rings
public import Telemetry

/// Works parent orders by children, beside the direct line from strategy to risk.
///
/// Inputs are taken in one order, by sequence; of equal ones, updates from the gateway come first,
/// then reference prices, then parents. All children that follow from a record are sent together,
/// and no further record is taken before risk's verdict on each of them was read: so what follows
/// depends on the records alone. Time is the records' own.
///
/// A parent is an intent with an algorithm: kind `place` starts it (a limit price is the worst that
/// any child may have), `cancel` ends it, `modify` with a quantity of 0 pauses it and with the new
/// total quantity lets it go on. What becomes of a parent is told by reports with its id: accepted,
/// each fill, and the end. Their position is not set.
///
/// Children are never more than the parent's quantity, counting those whose outcome is not known.
/// A refusal by risk or the venue is waited out, longer each time. While trading is not READY, or
/// the book not valid, parents pause and withdraw what rests.
///
/// Positions are watched besides, where exits are on: see `PositionGuard`. Orders that close one
/// are reduce-only, sent again while a rest is left, in READY and REDUCING. A flatten closes every
/// position in the same way, then halts.
///
/// The watermark of the children follows those of the inputs, so risk never waits for an order that
/// does not come. Full policy: children and reports stall.
///
/// SAFETY: `desks` has a place for every instrument, and ids are checked before use.
@safe
public struct ExecutionStage: ~Copyable, Stage, @unchecked Sendable {
    static var batchMax: Int { @_noAllocation @_noLocks get { 64 } }
    /// Record time after which every instrument is looked at, whatever the records are about:
    /// timers come only when nothing else does.
    static var sweepNs: UInt64 { @_noAllocation @_noLocks get { 10_000_000 } }

    private var references: RingConsumer<ReferencePrice>
    private var updates: RingConsumer<ExecutionReport>
    private var inputs: RingConsumer<OrderIntent>
    private var verdicts: RingConsumer<RiskVerdict>
    var output: RingProducer<OrderIntent>
    var reports: RingProducer<ExecutionReport>
    /// What it sees of the control page.
    public var control: ControlView
    let counters: ExecutionCounters
    let exitCounters: ExitCounters
    let context: ParentContext
    let hasExits: Bool
    let exits: ExitParameters
    let exitCollarE4: Int64
    let desks: UnsafeMutablePointer<InstrumentDesk>
    let instrumentCount: Int

    var parents = ParentTable()
    var children = ChildTable()
    var lastOrderID: UInt64
    /// Verdicts still to come.
    var awaited = 0
    /// Instruments with a position.
    var heldCount = 0
    var isFlattening = false
    var seenFlattenEpoch: UInt32
    var seenResumeEpoch: UInt32
    /// Of the record that is being handled.
    var sequence: UInt64 = 0
    var nowNs: UInt64 = 0
    private var sweptNs: UInt64 = 0
    private var publishedWatermark: UInt64 = 0

    /// - Parameter orderIDBase: The strategy's; see `ChildOrderID`.
    /// - Precondition: `configuration.problem` is `nil`.
    public init(
        configuration: ExecutionConfiguration, instruments: InstrumentTable,
        references: consuming RingConsumer<ReferencePrice>,
        updates: consuming RingConsumer<ExecutionReport>,
        parents: consuming RingConsumer<OrderIntent>,
        childVerdicts: consuming RingConsumer<RiskVerdict>,
        children: consuming RingProducer<OrderIntent>,
        parentReports: consuming RingProducer<ExecutionReport>, control: ControlHandle,
        orderIDBase: UInt64, telemetry: TelemetryWriter
    ) {
        precondition(configuration.problem == nil, "parameters the stage can run with")
        self.references = references
        self.updates = updates
        inputs = parents
        verdicts = childVerdicts
        output = children
        reports = parentReports
        self.control = ControlView(control, of: .execution)
        counters = ExecutionCounters(telemetry)
        exitCounters = ExitCounters(telemetry)
        hasExits = configuration.exits != nil
        exits = configuration.exits ?? ExitParameters()
        exitCollarE4 = configuration.exitCollarE4
        seenFlattenEpoch = self.control.flattenEpoch
        seenResumeEpoch = self.control.resumeEpoch
        context = ParentContext(
            configuration: PlainConfiguration(configuration),
            profile: DayProfile(configuration.dayProfile),
            decay: Trajectory.decay(configuration.almgrenChriss) ?? 0)
        instrumentCount = instruments.count
        unsafe desks = .allocate(capacity: max(instruments.count, 1))
        for id in 0..<instruments.count {
            unsafe (desks + id).initialize(to: InstrumentDesk(instruments[UInt32(id)]))
        }
        lastOrderID = ChildOrderID.base(orderIDBase)
    }

    deinit {
        unsafe desks.deallocate()
        context.profile.deallocate()
    }

    @_noAllocation @_noLocks
    public mutating func poll() -> Int {
        var handled = drainVerdicts()
        let updatesWatermark = updates.watermark()
        let referencesWatermark = references.watermark()
        let parentsWatermark = inputs.watermark()
        var reached: UInt64 = 0
        while true {
            let update = unsafe updates.peek()
            let reference = unsafe references.peek()
            let parent = unsafe inputs.peek()
            let updatesBound = unsafe SequenceMerge.bound(
                head: update?.pointee.sequence, watermark: updatesWatermark)
            let referencesBound = unsafe SequenceMerge.bound(
                head: reference?.pointee.sequence, watermark: referencesWatermark)
            let parentsBound = unsafe SequenceMerge.bound(
                head: parent?.pointee.sequence, watermark: parentsWatermark)
            reached = min(updatesBound, min(referencesBound, parentsBound)) &- 1
            if handled >= Self.batchMax { break }
            if awaited > 0 {
                handled &+= drainVerdicts()
                if awaited > 0 { break }
            }
            if control.look() { observeOperator() }
            if let update = unsafe update, updatesBound <= referencesBound,
                updatesBound <= parentsBound
            {
                guard hasRoom() else { break }
                unsafe take(update)
                updates.release()
            } else if let reference = unsafe reference, referencesBound < updatesBound,
                referencesBound <= parentsBound
            {
                guard hasRoom() else { break }
                unsafe take(reference)
                references.release()
            } else if let parent = unsafe parent, parentsBound < updatesBound,
                parentsBound < referencesBound
            {
                guard hasRoom() else { break }
                unsafe take(parent)
                inputs.release()
            } else {
                break
            }
            control.took()
            handled &+= 1
        }
        if reached > publishedWatermark {
            publishedWatermark = reached
            output.advanceWatermark(to: reached)
            reports.advanceWatermark(to: reached)
        }
        return handled
    }

    /// Room for what one record can cause: a child and two reports of each parent, and an exit.
    @_noAllocation @_noLocks
    private mutating func hasRoom() -> Bool {
        if output.hasRoom(parents.count &+ 2) && reports.hasRoom(parents.count &* 2 &+ 2) {
            return true
        }
        counters.stalls.increment()
        return false
    }

    /// Makes a record the one that is being handled. What follows from it gets its sequence; a
    /// report behind its time, one that later records have already overtaken, gets the next one
    /// that is left, so that sequences never fall.
    @_noAllocation @_noLocks
    private mutating func begin(_ recordSequence: UInt64, _ timeNs: UInt64) {
        sequence = max(recordSequence, publishedWatermark &+ 1)
        nowNs = max(nowNs, timeNs)
    }

    // MARK: - Verdicts

    @_noAllocation @_noLocks
    private mutating func drainVerdicts() -> Int {
        var handled = 0
        while let verdict = unsafe verdicts.peek() {
            if awaited > 0 { awaited &-= 1 }
            if unsafe verdict.pointee.verdict != .approved { unsafe refuse(verdict) }
            verdicts.release()
            handled &+= 1
        }
        return handled
    }

    // MARK: - Records

    @_noAllocation @_noLocks
    private mutating func take(_ reference: UnsafePointer<ReferencePrice>) {
        let id = unsafe reference.pointee.instrumentID
        if Int(id) >= instrumentCount {
            counters.malformed.increment()
            return
        }
        unsafe begin(reference.pointee.sequence, reference.pointee.ingressTimeNs)
        let desk = unsafe desks + Int(id)
        unsafe desk.pointee.take(reference)
        if hasExits, unsafe reference.pointee.kind == .quote {
            unsafe desk.pointee.followMid(exits, nowNs: nowNs)
        }
        if unsafe reference.pointee.kind == .last {
            let lots = unsafe max(0, reference.pointee.tradedLots.rawValue)
            for index in 0..<parents.count {
                let parent = unsafe parents.parent(parents.place(index))
                if unsafe parent.pointee.instrumentID == id {
                    unsafe parent.pointee.marketLots = unsafe .saturatingSum(
                        parent.pointee.marketLots, lots)
                }
            }
        }
        step(id)
    }

    @_noAllocation @_noLocks
    private mutating func take(_ update: UnsafePointer<ExecutionReport>) {
        unsafe begin(update.pointee.sequence, update.pointee.ingressTimeNs)
        let id = unsafe update.pointee.instrumentID
        switch unsafe update.pointee.execution {
        case .timer:
            sweptNs = nowNs
            stepOthers(than: UInt32.max)
            if isFlattening { endFlatten() }
            return
        case .session, .clockOffset, .account, .funding, .guard, .adopted: return
        default: break
        }
        if Int(id) >= instrumentCount {
            counters.malformed.increment()
            return
        }
        let desk = unsafe desks + Int(id)
        if unsafe desk.pointee.guarding.position != 0 { heldCount &-= 1 }
        unsafe desk.pointee.take(update, nowNs: nowNs)
        if unsafe desk.pointee.guarding.position != 0 { heldCount &+= 1 }
        if unsafe ChildOrderID.isChild(update.pointee.orderID) {
            if let place = unsafe children.find(update.pointee.orderID) {
                unsafe apply(update, place)
            } else {
                counters.forgottenChildren.increment()
            }
        }
        step(id)
    }

    /// Lets everything of an instrument do what is due, and of the others now and then.
    @_noAllocation @_noLocks
    private mutating func step(_ id: UInt32) {
        stepParents(of: id, isOthers: false)
        if hasExits || isFlattening { stepExit(of: id) }
        if nowNs &- sweptNs >= Self.sweepNs {
            sweptNs = nowNs
            stepOthers(than: id)
        }
        if isFlattening { endFlatten() }
    }

    @_noAllocation @_noLocks
    private mutating func stepOthers(than id: UInt32) {
        stepParents(of: id, isOthers: true)
        if heldCount == 0 || !(hasExits || isFlattening) { return }
        for other in 0..<instrumentCount where unsafe desks[other].guarding.position != 0 {
            if UInt32(truncatingIfNeeded: other) != id {
                stepExit(of: UInt32(truncatingIfNeeded: other))
            }
        }
    }

    @_noAllocation @_noLocks
    private mutating func take(_ intent: UnsafePointer<OrderIntent>) {
        unsafe begin(intent.pointee.sequence, intent.pointee.ingressTimeNs)
        unsafe takeParent(intent)
        if unsafe Int(intent.pointee.instrumentID) < instrumentCount {
            unsafe step(intent.pointee.instrumentID)
        }
    }

    // MARK: - Cold: after the stop, and tests

    /// Parents at work.
    public var parentCount: Int { parents.count }
}
