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
/// first, then references, then intents, then children of the execution stage.
/// Exactly one verdict answers each intent. The worst-case exposure includes an order before its
/// command is published.
///
/// Cancels are never refused or held back by a limit; one for an order that is not open is
/// answered `unknownOrder`.
///
/// Full policy: commands and verdicts stall.
///
/// SAFETY: `rows` has a place for every instrument, and ids are checked before use.
@safe
public struct RiskStage: ~Copyable, Stage, @unchecked Sendable {
    static var batchMax: Int { @_noAllocation @_noLocks get { 64 } }

    private var intents: RingConsumer<OrderIntent>
    /// Of the execution stage; `nil`: there is none.
    private var children: RingConsumer<OrderIntent>?
    private var references: RingConsumer<ReferencePrice>
    private var updates: RingConsumer<ExecutionReport>
    private var commands: RingProducer<OrderIntent>
    private var verdicts: RingProducer<RiskVerdict>
    private var childVerdicts: RingProducer<RiskVerdict>?
    private let control: ControlHandle
    private let counters: RiskCounters
    private let instrumentCount: Int
    private let rows: UnsafeMutablePointer<InstrumentRisk>
    /// One account a venue, by the venue's number.
    private let accounts: UnsafeMutablePointer<AccountRisk>
    private var open: OpenOrders
    private var publishedWatermark: UInt64 = 0

    public init(
        limits: RiskLimits, instruments: InstrumentTable,
        intents: consuming RingConsumer<OrderIntent>,
        references: consuming RingConsumer<ReferencePrice>,
        updates: consuming RingConsumer<ExecutionReport>,
        commands: consuming RingProducer<OrderIntent>,
        verdicts: consuming RingProducer<RiskVerdict>,
        children: consuming RingConsumer<OrderIntent>? = nil,
        childVerdicts: consuming RingProducer<RiskVerdict>? = nil, control: ControlHandle,
        telemetry: TelemetryWriter
    ) {
        precondition(limits.instruments.count == instruments.count, "limits of every instrument")
        self.intents = intents
        self.references = references
        self.updates = updates
        self.commands = commands
        self.verdicts = verdicts
        self.children = children
        self.childVerdicts = childVerdicts
        self.control = control
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
        // Without an execution stage nothing is ever to come.
        let childrenWatermark = children != nil ? children!.watermark() : UInt64.max &- 1
        var handled = 0
        var reached: UInt64 = 0
        while true {
            let update = unsafe updates.peek()
            let reference = unsafe references.peek()
            let intent = unsafe intents.peek()
            let child = unsafe children != nil ? children!.peek() : nil
            let updatesBound = unsafe SequenceMerge.bound(
                head: update?.pointee.sequence, watermark: updatesWatermark)
            let referencesBound = unsafe SequenceMerge.bound(
                head: reference?.pointee.sequence, watermark: referencesWatermark)
            let intentsBound = unsafe SequenceMerge.bound(
                head: intent?.pointee.sequence, watermark: intentsWatermark)
            let childrenBound = unsafe SequenceMerge.bound(
                head: child?.pointee.sequence, watermark: childrenWatermark)
            let ordersBound = min(intentsBound, childrenBound)
            reached = min(updatesBound, min(referencesBound, ordersBound)) &- 1
            if handled >= Self.batchMax { break }
            if let update = unsafe update, updatesBound <= referencesBound,
                updatesBound <= ordersBound
            {
                unsafe take(update)
                updates.release()
            } else if let reference = unsafe reference, referencesBound < updatesBound,
                referencesBound <= ordersBound
            {
                unsafe take(reference)
                references.release()
            } else if let intent = unsafe intent, intentsBound < updatesBound,
                intentsBound < referencesBound, intentsBound <= childrenBound
            {
                guard unsafe take(intent, isChild: false) else { break }
                intents.release()
            } else if let child = unsafe child, childrenBound < updatesBound,
                childrenBound < referencesBound, childrenBound < intentsBound
            {
                guard unsafe take(child, isChild: true) else { break }
                children!.release()
            } else {
                break
            }
            handled &+= 1
        }
        if reached > publishedWatermark {
            publishedWatermark = reached
            commands.advanceWatermark(to: reached)
            verdicts.advanceWatermark(to: reached)
            if childVerdicts != nil { childVerdicts!.advanceWatermark(to: reached) }
        }
        return handled
    }

    @_noAllocation @_noLocks
    private mutating func take(_ reference: UnsafePointer<ReferencePrice>) {
        let instrumentID = unsafe reference.pointee.instrumentID
        if Int(instrumentID) >= instrumentCount {
            counters.malformedInputs.increment()
            return
        }
        unsafe rows[Int(instrumentID)].take(reference)
    }

    /// - Returns: `false`, with nothing done, when an output is full.
    @_noAllocation @_noLocks
    private mutating func take(_ intent: UnsafePointer<OrderIntent>, isChild: Bool) -> Bool {
        let hasAnswer = isChild ? childVerdicts!.hasRoom(1) : verdicts.hasRoom(1)
        if !commands.hasRoom(1) || !hasAnswer {
            counters.stalls.increment()
            return false
        }
        if unsafe Int(intent.pointee.instrumentID) < instrumentCount {
            let account = unsafe account(of: intent.pointee.instrumentID)
            unsafe account.pointee.bucket.refill(to: intent.pointee.ingressTimeNs)
        }
        if unsafe intent.pointee.kind == .cancel {
            unsafe answer(intent, passCancel(intent), isChild: isChild)
        } else {
            unsafe answer(intent, passPlace(intent), isChild: isChild)
        }
        return true
    }

    @_noAllocation @_noLocks
    private mutating func answer(
        _ intent: UnsafePointer<OrderIntent>, _ verdict: Verdict, isChild: Bool
    ) {
        let place = unsafe isChild ? childVerdicts!.claim() : verdicts.claim()
        guard let slot = unsafe place else { return }
        var answer = RiskVerdict()
        answer.sequence = unsafe intent.pointee.sequence
        answer.ingressTimeNs = unsafe intent.pointee.ingressTimeNs
        answer.orderID = unsafe intent.pointee.orderID
        answer.instrumentID = unsafe intent.pointee.instrumentID
        answer.kind = unsafe intent.pointee.kind
        answer.verdict = verdict
        unsafe slot.pointee = answer
        if isChild {
            childVerdicts!.publish()
        } else {
            verdicts.publish()
        }
    }

    @_noAllocation @_noLocks
    private mutating func passPlace(_ intent: UnsafePointer<OrderIntent>) -> Verdict {
        let verdict = unsafe judge(intent)
        counters.count(verdict)
        if verdict != .approved { return verdict }
        let row = unsafe rows + Int(intent.pointee.instrumentID)
        let account = unsafe account(of: intent.pointee.instrumentID)
        // The position limit bounds these sums: they cannot overflow.
        if unsafe intent.pointee.side == .buy {
            unsafe row.pointee.openBuyLots &+= intent.pointee.quantity.rawValue
        } else {
            unsafe row.pointee.openSellLots &+= intent.pointee.quantity.rawValue
        }
        unsafe row.pointee.openOrders &+= 1
        unsafe account.pointee.openOrders &+= 1
        unsafe account.pointee.bucket.spend()
        unsafe open.insert(intent)
        guard let command = unsafe commands.claim() else { return verdict }
        unsafe command.pointee = unsafe intent.pointee
        commands.publish()
        return verdict
    }

    /// The pure judgement, and what needs the table: an id that is taken, and no place left.
    @_noAllocation @_noLocks
    private mutating func judge(_ intent: UnsafePointer<OrderIntent>) -> Verdict {
        if unsafe Int(intent.pointee.instrumentID) >= instrumentCount { return .invalidIntent }
        if unsafe open.find(intent.pointee.orderID) != nil { return .invalidIntent }
        let account = unsafe account(of: intent.pointee.instrumentID)
        unsafe account.pointee.state = control.state
        unsafe account.pointee.isStopping = control.isStopRequested
        let verdict = unsafe Self.evaluate(
            intent, rows + Int(intent.pointee.instrumentID), account)
        return verdict == .approved && open.isFull ? .openOrderCount : verdict
    }

    /// A cancel goes out whatever the limits say, to the instrument its order is of.
    @_noAllocation @_noLocks
    private mutating func passCancel(_ intent: UnsafePointer<OrderIntent>) -> Verdict {
        guard let order = unsafe open.find(intent.pointee.orderID), unsafe order.pointee.isOpen == 1
        else {
            counters.unknownOrder.increment()
            return .unknownOrder
        }
        let account = unsafe account(of: order.pointee.instrumentID)
        if unsafe !account.pointee.bucket.has(reserve: 0) { counters.cancelOverdrafts.increment() }
        unsafe account.pointee.bucket.spend()
        counters.cancels.increment()
        guard let command = unsafe commands.claim() else { return .approved }
        unsafe command.pointee = unsafe intent.pointee
        unsafe command.pointee.instrumentID = unsafe order.pointee.instrumentID
        commands.publish()
        return .approved
    }

    /// Takes in what the gateway knows: sessions, clock, positions, and what is left of orders.
    @_noAllocation @_noLocks
    private mutating func take(_ update: UnsafePointer<ExecutionReport>) {
        let account = unsafe accounts + update.pointee.venue.index
        switch unsafe update.pointee.execution {
        case .session:
            let isUp = unsafe update.pointee.isUp != 0
            if unsafe update.pointee.session == 1 { unsafe account.pointee.isOrderSessionUp = isUp }
            if unsafe update.pointee.session == 2 { unsafe account.pointee.isUserStreamUp = isUp }
        case .clockOffset:
            unsafe account.pointee.clockOffsetNs = unsafe update.pointee.lastPrice.rawValue
        case .timer:
            break
        default:
            unsafe takeOrderUpdate(update)
        }
    }

    @_noAllocation @_noLocks
    private mutating func takeOrderUpdate(_ update: UnsafePointer<ExecutionReport>) {
        let instrumentID = unsafe update.pointee.instrumentID
        if Int(instrumentID) >= instrumentCount {
            counters.malformedInputs.increment()
            return
        }
        unsafe rows[Int(instrumentID)].position = unsafe update.pointee.position.rawValue
        guard let order = unsafe open.find(update.pointee.orderID) else { return }
        let row = unsafe rows + Int(order.pointee.instrumentID)
        let account = unsafe account(of: order.pointee.instrumentID)
        // What is left never grows, whatever an update says.
        let leaves = unsafe min(
            max(update.pointee.leavesQuantity.rawValue, 0), order.pointee.leaves)
        let freed = unsafe order.pointee.leaves &- leaves
        unsafe order.pointee.leaves = leaves
        if unsafe order.pointee.side == .buy {
            unsafe row.pointee.openBuyLots &-= freed
        } else {
            unsafe row.pointee.openSellLots &-= freed
        }
        if unsafe update.pointee.status.rawValue < OrderStatus.filled.rawValue { return }
        if unsafe order.pointee.isOpen == 1 {
            unsafe order.pointee.isOpen = 0
            unsafe row.pointee.openOrders &-= 1
            unsafe account.pointee.openOrders &-= 1
        }
        if leaves == 0 { unsafe open.remove(update.pointee.orderID) }
    }

    /// The account that trades an instrument.
    ///
    /// - Precondition: `instrumentID` is of the table.
    @_noAllocation @_noLocks
    @inline(__always)
    private func account(of instrumentID: UInt32) -> UnsafeMutablePointer<AccountRisk> {
        unsafe accounts + rows[Int(instrumentID)].venueIndex
    }

    // MARK: - Cold: after the stop, and tests

    /// What risk knows of an instrument.
    public func instrument(_ id: UInt32) -> InstrumentRisk {
        precondition(Int(id) < instrumentCount, "an id of the instrument table")
        return unsafe rows[Int(id)]
    }

    /// Over all accounts.
    public var openOrderCount: Int64 {
        (0..<Venue.countMax).reduce(0) { unsafe $0 + accounts[$1].openOrders }
    }
}
