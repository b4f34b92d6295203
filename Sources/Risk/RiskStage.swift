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

/// Judges every order before it can leave: limits, references of its own, and the trading state.
///
/// Four inputs are taken in one order, by sequence; of equal ones, updates from the gateway come
/// first, then references, then intents of the strategy, then child orders of the execution stage.
/// Exactly one verdict answers each intent, on the ring that belongs to where it came from. The
/// worst-case exposure includes an order before its command is published.
///
/// Cancels are never refused or held back by a limit; one for an order that is not open is
/// answered `unknownOrder`.
///
/// What a breaker (10, 30), a loss (17) or the margin (18) has switched off stays off until a
/// person resumes trading.
///
/// Full policy: commands and verdicts stall.
///
/// SAFETY: `rows` has a place for every instrument, `accounts` for every venue; ids are checked
/// before use.
@safe
public struct RiskStage: ~Copyable, Stage, @unchecked Sendable {
    static var batchMax: Int { @_noAllocation @_noLocks get { 64 } }

    private var intents: RingConsumer<OrderIntent>
    private var children: RingConsumer<OrderIntent>?
    private var references: RingConsumer<ReferencePrice>
    private var updates: RingConsumer<ExecutionReport>
    private var commands: RingProducer<OrderIntent>
    private var verdicts: RingProducer<RiskVerdict>
    private var childVerdicts: RingProducer<RiskVerdict>?
    /// What it sees of the control page.
    public var control: ControlView
    let counters: RiskCounters
    let behaviour: BehaviourLimits
    let instrumentCount: Int
    let rows: UnsafeMutablePointer<InstrumentRisk>
    /// One account a venue, by the venue's number.
    let accounts: UnsafeMutablePointer<AccountRisk>
    var open: OpenOrders
    /// Control 10: fills of each strategy in each instrument.
    var fills: EventWindows
    /// Control 30: rejects of each instrument.
    var rejects: EventWindows
    /// Orders of each strategy in each instrument, a minute and at the least interval.
    var paces: EventWindows
    var intervals: EventWindows
    /// Control 11.
    var recent: RecentOrders
    var portfolio: ValueAtRisk
    private let figures: RiskFigures
    private var resumeEpoch: UInt32
    private var publishedWatermark: UInt64 = 0

    public init(
        limits: RiskLimits, instruments: InstrumentTable,
        intents: consuming RingConsumer<OrderIntent>,
        references: consuming RingConsumer<ReferencePrice>,
        updates: consuming RingConsumer<ExecutionReport>,
        commands: consuming RingProducer<OrderIntent>,
        verdicts: consuming RingProducer<RiskVerdict>, control: ControlHandle,
        telemetry: TelemetryWriter, children: consuming RingConsumer<OrderIntent>? = nil,
        childVerdicts: consuming RingProducer<RiskVerdict>? = nil
    ) {
        // Limits of every instrument.
        precondition(limits.instruments.count == instruments.count)
        self.intents = intents
        self.references = references
        self.updates = updates
        self.commands = commands
        self.verdicts = verdicts
        self.children = children
        self.childVerdicts = childVerdicts
        self.control = ControlView(control, of: .risk)
        behaviour = limits.behaviour
        counters = RiskCounters(telemetry)
        instrumentCount = instruments.count
        unsafe rows = .allocate(capacity: max(instruments.count, 1))
        for id in 0..<instruments.count {
            unsafe (rows + id).initialize(
                to: InstrumentRisk(
                    limits: limits.instruments[id], instrument: instruments[UInt32(id)]))
        }
        unsafe accounts = .allocate(capacity: Venue.countMax)
        unsafe accounts.initialize(
            repeating: AccountRisk(limits: limits.account), count: Venue.countMax)
        let venues = Set((0..<UInt32(instruments.count)).map { instruments[$0].venue.rawValue })
        // Ended orders with fills still to come keep their place: twice the limit leaves room.
        open = OpenOrders(capacity: limits.account.openOrdersMax * 2 * max(1, venues.count))
        let pairs = instruments.count * 8
        fills = EventWindows(
            count: pairs, limit: behaviour.fillsMax, windowNs: behaviour.fillsWindowNs)
        rejects = EventWindows(
            count: instruments.count, limit: behaviour.rejectsMax,
            windowNs: behaviour.rejectsWindowNs)
        paces = EventWindows(
            count: pairs, limit: behaviour.ordersPerMinuteMax, windowNs: 60_000_000_000)
        intervals = EventWindows(
            count: pairs, limit: behaviour.orderIntervalMinNs == 0 ? 0 : 1,
            windowNs: behaviour.orderIntervalMinNs)
        recent = RecentOrders(count: instruments.count)
        portfolio = ValueAtRisk(
            limits: limits.valueAtRisk, instruments: limits.tradedIDs(instruments))
        figures = RiskFigures(telemetry)
        resumeEpoch = self.control.resumeEpoch
        showGuards()
    }

    deinit {
        unsafe rows.deallocate()
        unsafe accounts.deallocate()
    }

    @_noAllocation @_noLocks
    public mutating func poll() -> Int {
        let updatesWatermark = updates.watermark()
        let referencesWatermark = references.watermark()
        let intentsWatermark = intents.watermark()
        let childrenWatermark = children?.watermark() ?? UInt64.max &- 1
        var handled = 0
        var reached: UInt64 = 0
        while true {
            let update = unsafe updates.peek()
            let reference = unsafe references.peek()
            let intent = unsafe intents.peek()
            let child = unsafe children?.peek()
            let updatesBound = unsafe SequenceMerge.bound(
                head: update?.pointee.sequence, watermark: updatesWatermark)
            let referencesBound = unsafe SequenceMerge.bound(
                head: reference?.pointee.sequence, watermark: referencesWatermark)
            let intentsBound = unsafe SequenceMerge.bound(
                head: intent?.pointee.sequence, watermark: intentsWatermark)
            let childrenBound = unsafe SequenceMerge.bound(
                head: child?.pointee.sequence, watermark: childrenWatermark)
            let first = min(
                min(updatesBound, referencesBound), min(intentsBound, childrenBound))
            reached = first &- 1
            if handled >= Self.batchMax { break }
            if control.look(), control.resumeEpoch != resumeEpoch { resume() }
            // Of equal bounds the earlier input goes first, and is waited for when it is empty.
            if updatesBound == first {
                guard let update = unsafe update else { break }
                unsafe take(update)
                updates.release()
            } else if referencesBound == first {
                guard let reference = unsafe reference else { break }
                unsafe take(reference)
                references.release()
            } else if intentsBound == first {
                guard let intent = unsafe intent, unsafe takeIntent(intent) else { break }
                intents.release()
            } else {
                guard let child = unsafe child, unsafe takeChild(child) else { break }
                children?.release()
            }
            control.took()
            handled &+= 1
        }
        if reached > publishedWatermark {
            publishedWatermark = reached
            commands.advanceWatermark(to: reached)
            verdicts.advanceWatermark(to: reached)
            childVerdicts?.advanceWatermark(to: reached)
        }
        if handled == 0 { verdicts.prefetchNext() }
        return handled
    }

    /// - Returns: `false`, with nothing done, when an output is full.
    @_noAllocation @_noLocks
    private mutating func takeIntent(_ intent: UnsafePointer<OrderIntent>) -> Bool {
        guard let command = unsafe commands.claim(), let answer = unsafe verdicts.claim() else {
            counters.stalls.increment()
            return false
        }
        if unsafe decide(intent, command, answer) { commands.publish() }
        verdicts.publish()
        return true
    }

    /// As `takeIntent`, for a child order.
    @_noAllocation @_noLocks
    private mutating func takeChild(_ child: UnsafePointer<OrderIntent>) -> Bool {
        guard let command = unsafe commands.claim(),
            let answer = unsafe childVerdicts?.claim()
        else {
            counters.stalls.increment()
            return false
        }
        if unsafe decide(child, command, answer) { commands.publish() }
        childVerdicts?.publish()
        return true
    }

    /// Lifts what only a person lifts.
    @_noAllocation @_noLocks
    private mutating func resume() {
        resumeEpoch = control.resumeEpoch
        fills.clear()
        rejects.clear()
        for id in 0..<instrumentCount {
            unsafe rows[id].strategiesOff = 0
            unsafe rows[id].isStormOff = false
        }
        for venue in 0..<Venue.countMax {
            unsafe accounts[venue].isMarginShort = false
            let equity = unsafe accounts[venue].equityE8
            let limits = unsafe accounts[venue].limits.losses
            unsafe accounts[venue].losses.restart(equityE8: equity, limits: limits)
        }
    }

    /// Samples the portfolio when a step of record time is over.
    @_noAllocation @_noLocks
    @inline(__always)
    mutating func notePortfolio(at now: UInt64) {
        if now < portfolio.nextSampleNs { return }
        unsafe portfolio.sample(rows, at: now)
        unsafe figures.show(accounts, portfolio.parametricE8, portfolio.historicalE8)
    }

    /// The account that trades an instrument.
    ///
    /// - Precondition: `instrumentID` is of the table.
    @_noAllocation @_noLocks
    @inline(__always)
    func account(of instrumentID: UInt32) -> UnsafeMutablePointer<AccountRisk> {
        unsafe accounts + rows[Int(instrumentID)].venueIndex
    }

    // MARK: - Cold: after the stop, and tests

    /// What risk knows of an instrument of the table.
    public func instrument(_ id: UInt32) -> InstrumentRisk {
        precondition(Int(id) < instrumentCount)
        return unsafe rows[Int(id)]
    }

    /// What risk knows of an account.
    public func account(_ venue: Venue) -> AccountRisk { unsafe accounts[venue.index] }

    /// Over all accounts.
    public var openOrderCount: Int64 {
        (0..<Venue.countMax).reduce(0) { unsafe $0 + accounts[$1].openOrders }
    }
}
