//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Messages
public import Pipeline
public import Rings
public import Telemetry

/// Turns signals into order intents; thin and deterministic.
///
/// Inputs are taken in order of sequence, reports before signals of the same sequence. One intent
/// at most follows from a signal, and no further signal is taken before risk's verdict on it was
/// read; verdicts are read at the start of `poll` and again when the stage would wait. A verdict
/// and the reports of the same order may come in either order without a difference.
///
/// Before `signal-threshold` takes a signal, its instrument's `SignalFilter` judges it; `reflex`
/// reads the quote alone and takes any.
///
/// A report that comes later than signals of its sequence (the gateway's own refusal of a command
/// has the command's sequence) is taken at once.
///
/// With an algorithm, orders go to the execution stage as parents instead of to risk. No verdict
/// answers them; their reports are taken between the signals of their sequence and the next, and no
/// signal is taken before the execution stage has come as far. An adopted order is no parent: its
/// cancel goes to risk all the same.
///
/// Position and working orders follow from reports alone, ages from the signals' ingress times.
/// Full intent ring: stall. The watermark of the intents follows that of the signals: nothing but
/// a signal causes an intent. Cost: bench `path/reflex/warm/strategy`.
///
/// SAFETY: `orders` is freed with the stage.
@safe
public struct StrategyStage: ~Copyable, Stage {
    public static let batchMax = 64
    /// Of one instrument.
    public static var workingOrdersMax: Int {
        @_noAllocation @_noLocks
        @inline(__always)
        get { 8 }
    }

    private let configuration: StrategyConfiguration
    private let style: OrderStyle
    private let orders: WorkingOrders
    private var signals: RingConsumer<Signal>
    private var updates: RingConsumer<ExecutionReport>
    private var verdicts: RingConsumer<RiskVerdict>
    private var intents: RingProducer<OrderIntent>
    private let algorithm: ExecutionAlgorithm
    private let sizing: SizingParameters
    /// By the venue's number, quote currency.
    private let equities: UnsafeMutablePointer<Double>
    private var parents: RingProducer<OrderIntent>?
    private var parentReports: RingConsumer<ExecutionReport>?
    private var lastOrderID: UInt64
    /// Of the intent whose verdict is still to come; 0: none is.
    private var awaitedID: UInt64 = 0
    private var awaitedInstrument: UInt32 = 0
    private var awaitedKind: IntentKind = .place
    private var awaitedTimeNs: UInt64 = 0
    private var forwarded: UInt64 = 0
    private let counters: StrategyCounters

    /// - Parameters:
    ///   - parents: To the execution stage.
    ///   - parentReports: From it.
    ///   - algorithm: How every order is worked; `none`: it goes straight to risk.
    ///   - sizing: How large one order may be.
    ///   - orderIDBase: The first order gets the next number; it must lie above every id used
    ///     before, across restarts too.
    /// - Precondition: `configuration.problem` is `nil`; an algorithm has both rings.
    public init(
        configuration: StrategyConfiguration, instruments: InstrumentTable,
        signals: consuming RingConsumer<Signal>, updates: consuming RingConsumer<ExecutionReport>,
        verdicts: consuming RingConsumer<RiskVerdict>, intents: consuming RingProducer<OrderIntent>,
        parents: consuming RingProducer<OrderIntent>? = nil,
        parentReports: consuming RingConsumer<ExecutionReport>? = nil,
        algorithm: ExecutionAlgorithm = .none, sizing: SizingParameters = SizingParameters(),
        orderIDBase: UInt64, telemetry: TelemetryWriter
    ) {
        precondition(configuration.problem == nil, "parameters a strategy can run with")
        precondition(sizing.problem == nil, "parameters that orders can be sized by")
        self.sizing = sizing
        unsafe equities = .allocate(capacity: Venue.countMax)
        unsafe equities.initialize(
            repeating: Double(sizing.equityE8) / 1e8, count: Venue.countMax)
        precondition(
            algorithm == .none || (parents != nil && parentReports != nil), "rings for parents")
        // A parent has a time of its own.
        let configuration = algorithm == .none ? configuration : configuration.withoutRestingTime
        self.configuration = configuration
        self.algorithm = algorithm
        switch configuration {
        case .signalThreshold(let parameters):
            style = parameters.style
            orders = WorkingOrders(
                instruments, bound: parameters.targetPosition, quantity: parameters.orderQuantity)
        case .reflex(let parameters):
            style = parameters.style
            orders = WorkingOrders(
                instruments, bound: parameters.positionMax, quantity: parameters.orderQuantity)
        }
        self.signals = signals
        self.updates = updates
        self.verdicts = verdicts
        self.intents = intents
        self.parents = parents
        self.parentReports = parentReports
        lastOrderID = orderIDBase
        counters = StrategyCounters(telemetry)
    }

    deinit {
        orders.deallocate()
        unsafe equities.deallocate()
    }

    @_noAllocation @_noLocks
    public mutating func poll() -> Int {
        var handled = drainVerdicts()
        let signalWatermark = signals.watermark()
        let updateWatermark = updates.watermark()
        let isWorked = algorithm != .none
        let reportWatermark = isWorked ? parentReports!.watermark() : 0
        while handled < Self.batchMax {
            let signal = unsafe signals.peek()
            let update = unsafe updates.peek()
            if let update = unsafe update, unsafe Self.goesFirst(update, signal, signalWatermark) {
                unsafe apply(update)
                updates.release()
                handled &+= 1
                continue
            }
            let report = unsafe isWorked ? parentReports!.peek() : nil
            let signalBound = unsafe SequenceMerge.bound(
                head: signal?.pointee.sequence, watermark: signalWatermark)
            if let report = unsafe report, unsafe report.pointee.sequence < signalBound {
                unsafe applyParent(report)
                parentReports!.release()
                handled &+= 1
                continue
            }
            guard let signal = unsafe signal else { break }
            if isWorked, unsafe report == nil,
                unsafe reportWatermark &+ 1 < signal.pointee.sequence
            {
                break
            }
            // The head of the reports, if there is one, comes after this signal.
            if unsafe update == nil, unsafe updateWatermark < signal.pointee.sequence { break }
            if awaitedID != 0 {
                handled &+= drainVerdicts()
                if awaitedID != 0 { break }
            }
            guard intents.hasRoom(1), !isWorked || parents!.hasRoom(1) else {
                counters.ringFull.increment()
                break
            }
            unsafe handle(signal)
            signals.release()
            handled &+= 1
        }
        forwardWatermark(signalWatermark)
        return handled
    }

    /// True when no signal with a sequence smaller than the report's is still to come.
    @_noAllocation @_noLocks
    private static func goesFirst(
        _ update: UnsafePointer<ExecutionReport>, _ signal: UnsafePointer<Signal>?,
        _ signalWatermark: UInt64
    ) -> Bool {
        let sequence = unsafe update.pointee.sequence
        if let signal = unsafe signal { return unsafe sequence <= signal.pointee.sequence }
        return sequence == 0 || sequence &- 1 <= signalWatermark
    }

    @_noAllocation @_noLocks
    private mutating func forwardWatermark(_ signalWatermark: UInt64) {
        var reached = signalWatermark
        if let head = unsafe signals.peek() {
            reached = unsafe head.pointee.sequence == 0 ? 0 : head.pointee.sequence &- 1
        }
        if reached > forwarded {
            forwarded = reached
            intents.advanceWatermark(to: reached)
            if parents != nil { parents!.advanceWatermark(to: reached) }
        }
    }

    // MARK: - Verdicts

    @_noAllocation @_noLocks
    private mutating func drainVerdicts() -> Int {
        var handled = 0
        while handled < Self.batchMax, let verdict = unsafe verdicts.peek() {
            if awaitedID != 0, unsafe verdict.pointee.orderID == awaitedID,
                unsafe verdict.pointee.kind == awaitedKind
            {
                if unsafe verdict.pointee.verdict != .approved { refuse() }
                awaitedID = 0
            } else {
                counters.strayVerdicts.increment()
            }
            verdicts.release()
            handled &+= 1
        }
        return handled
    }

    /// Undoes what the refused intent had assumed.
    @_noAllocation @_noLocks
    private func refuse() {
        counters.refused.increment()
        guard let order = unsafe orders.find(awaitedInstrument, awaitedID) else { return }
        if awaitedKind == .place {
            unsafe orders.remove(awaitedInstrument, order)
        } else {
            unsafe order.pointee.cancelNotBeforeNs = .saturatingSum(
                awaitedTimeNs, CancelWait.refusedNs)
        }
    }

    // MARK: - Reports

    @_noAllocation @_noLocks
    private mutating func apply(_ update: UnsafePointer<ExecutionReport>) {
        counters.updates.increment()
        let execution = unsafe update.pointee.execution
        switch execution {
        // Not about an order or a position of ours.
        case .session, .clockOffset, .timer, .funding, .guard: return
        case .adopted:
            unsafe adopt(update)
            return
        case .account:
            unsafe equities[update.pointee.venue.index] = unsafe max(
                0, Double(update.pointee.feeE8) / 1e8)
            return
        // Compared, not taken.
        case .position where unsafe update.pointee.tradeID == 0: return
        default: break
        }
        let instrument = unsafe update.pointee.instrumentID
        guard Int(instrument) < orders.instrumentCount else {
            counters.unknownInstruments.increment()
            return
        }
        unsafe orders.state(instrument).pointee.position = unsafe update.pointee.position.rawValue
        if unsafe ChildOrderID.isChild(update.pointee.orderID) { return }
        guard unsafe update.pointee.orderID != 0,
            let order = unsafe orders.find(instrument, update.pointee.orderID)
        else {
            counters.foreignUpdates.increment()
            return
        }
        let status = unsafe update.pointee.status
        if status == .filled || status == .canceled || status == .expired || status == .rejected {
            unsafe orders.remove(instrument, order)
            return
        }
        unsafe order.pointee.isResting = status == .open || status == .partiallyFilled
        let leaves = unsafe update.pointee.leavesQuantity.rawValue
        if leaves >= 0 { unsafe order.pointee.leaves = leaves }
        if execution == .cancelRejected {
            unsafe order.pointee.cancelNotBeforeNs = unsafe .saturatingSum(
                update.pointee.ingressTimeNs, CancelWait.refusedNs)
        }
    }

    /// Works an order of an earlier run on as one of its own; its age begins now. One that finds no
    /// place stays with the gateway, and counts.
    @_noAllocation @_noLocks
    private mutating func adopt(_ update: UnsafePointer<ExecutionReport>) {
        let instrument = unsafe update.pointee.instrumentID
        let orderID = unsafe update.pointee.orderID
        if orderID == 0 || ChildOrderID.isChild(orderID) { return }
        guard Int(instrument) < orders.instrumentCount else {
            counters.unknownInstruments.increment()
            return
        }
        if unsafe orders.find(instrument, orderID) != nil { return }
        var order = unsafe WorkingOrder(
            orderID: orderID, placedTimeNs: update.pointee.ingressTimeNs,
            leaves: max(0, update.pointee.leavesQuantity.rawValue), side: update.pointee.side)
        order.isResting = true
        order.isAdopted = true
        if !orders.append(instrument, order) { counters.foreignUpdates.increment() }
    }

    /// Takes in what became of a parent.
    @_noAllocation @_noLocks
    private mutating func applyParent(_ report: UnsafePointer<ExecutionReport>) {
        counters.parentReports.increment()
        let instrument = unsafe report.pointee.instrumentID
        guard Int(instrument) < orders.instrumentCount,
            let order = unsafe orders.find(instrument, report.pointee.orderID)
        else {
            counters.foreignUpdates.increment()
            return
        }
        if unsafe report.pointee.status.rawValue >= OrderStatus.filled.rawValue {
            unsafe orders.remove(instrument, order)
            return
        }
        unsafe order.pointee.isResting = true
        unsafe order.pointee.leaves = unsafe max(0, report.pointee.leavesQuantity.rawValue)
    }

    // MARK: - Signals

    @_noAllocation @_noLocks
    private mutating func handle(_ signal: UnsafePointer<Signal>) {
        counters.signals.increment()
        let instrument = unsafe signal.pointee.instrumentID
        guard Int(instrument) < orders.instrumentCount else {
            counters.unknownInstruments.increment()
            return
        }
        if unsafe orders.state(instrument).pointee.isDataOnly {
            counters.dataOnlySignals.increment()
            return
        }
        if unsafe signal.pointee.isValid != 1 { counters.invalidSignals.increment() }
        let decision = unsafe decide(signal.pointee)
        switch decision.action {
        case .hold: break
        case .impossible:
            counters.impossible.increment()
            if case .fixed = sizing.method {} else { counters.belowOneLot.increment() }
        case .place: unsafe place(decision, signal)
        case .cancel: unsafe cancel(decision, signal)
        }
    }

    @_noAllocation @_noLocks
    private mutating func decide(_ signal: Signal) -> StrategyDecision {
        let instrument = signal.instrumentID
        let state = unsafe orders.state(instrument)
        let view = orders.view(
            instrument, timeNs: signal.ingressTimeNs,
            cancelsResting: algorithm != .none || !style.isCrossing)
        switch configuration {
        case .signalThreshold(let parameters):
            let verdict = unsafe state.pointee.filter.judge(signal, parameters.limits)
            counters.count(verdict)
            return unsafe SignalThreshold.decide(
                parameters, signal, verdict, view, target: state.pointee.bound,
                quantity: quantity(signal, state))
        case .reflex(let parameters):
            return unsafe Reflex.decide(
                parameters, signal, view, quantity: quantity(signal, state),
                positionMax: state.pointee.bound)
        }
    }

    /// The most of one order.
    @_noAllocation @_noLocks
    private mutating func quantity(
        _ signal: Signal, _ state: UnsafeMutablePointer<InstrumentState>
    ) -> SizeRule {
        if case .fixed = sizing.method { return unsafe state.pointee.quantity }
        guard StrategyDecision.isTradable(signal) else { return SizeRule(lots: 0) }
        let mid = StrategyDecision.mid(signal)
        unsafe state.pointee.variance.take(
            mid: (Double(signal.bid.rawValue) + Double(signal.ask.rawValue)) / 2,
            timeNs: signal.ingressTimeNs, sizing)
        let share = unsafe sizing.share(
            scoreBps: signal.score, variance: state.pointee.variance.value(sizing))
        let value = unsafe equities[state.pointee.venueIndex] * share
        return unsafe SizeRule(lots: state.pointee.lotValue.lots(value: value, atMid: mid))
    }

    @_noAllocation @_noLocks
    private mutating func place(_ decision: StrategyDecision, _ signal: UnsafePointer<Signal>) {
        let instrument = unsafe signal.pointee.instrumentID
        let order = unsafe WorkingOrder(
            orderID: lastOrderID &+ 1, placedTimeNs: signal.pointee.ingressTimeNs,
            leaves: decision.quantity.rawValue, side: decision.side)
        // An id is never used twice: with none left the strategy is silent.
        guard lastOrderID < UInt64.max, orders.append(instrument, order) else {
            counters.impossible.increment()
            return
        }
        lastOrderID &+= 1
        let state = unsafe orders.state(instrument)
        unsafe state.pointee.hasOrdered = true
        unsafe state.pointee.lastOrderTimeNs = unsafe signal.pointee.ingressTimeNs
        unsafe state.pointee.nextSide = decision.side == .buy ? .sell : .buy
        counters.places.increment()
        unsafe emit(.place, lastOrderID, decision, signal, isWorked: algorithm != .none)
    }

    @_noAllocation @_noLocks
    private mutating func cancel(_ decision: StrategyDecision, _ signal: UnsafePointer<Signal>) {
        guard let order = unsafe orders.find(signal.pointee.instrumentID, decision.targetID) else {
            return
        }
        unsafe order.pointee.cancelNotBeforeNs = unsafe .saturatingSum(
            signal.pointee.ingressTimeNs, CancelWait.unansweredNs)
        counters.cancels.increment()
        let isWorked = unsafe algorithm != .none && !order.pointee.isAdopted
        unsafe emit(.cancel, decision.targetID, decision, signal, isWorked: isWorked)
    }

    /// Publishes the intent and, of one that goes to risk, waits for its verdict from now on.
    ///
    /// - Parameter isWorked: It is about a parent.
    /// - Precondition: the ring has room.
    @_noAllocation @_noLocks
    private mutating func emit(
        _ kind: IntentKind, _ orderID: UInt64, _ decision: StrategyDecision,
        _ signal: UnsafePointer<Signal>, isWorked: Bool
    ) {
        guard let intent = unsafe isWorked ? parents!.claim() : intents.claim() else { return }
        unsafe intent.pointee.sequence = unsafe signal.pointee.sequence
        unsafe intent.pointee.ingressTimeNs = unsafe signal.pointee.ingressTimeNs
        unsafe intent.pointee.orderID = orderID
        // A parent's children are priced when they are made.
        unsafe intent.pointee.limitPrice = isWorked ? PriceTicks(0) : decision.price
        unsafe intent.pointee.quantity = decision.quantity
        unsafe intent.pointee.instrumentID = unsafe signal.pointee.instrumentID
        unsafe intent.pointee.expiryS = 0
        unsafe intent.pointee.kind = kind
        unsafe intent.pointee.side = decision.side
        unsafe intent.pointee.type = isWorked ? .market : .limit
        unsafe intent.pointee.timeInForce = style.isCrossing ? .ioc : .postOnly
        unsafe intent.pointee.isReduceOnly = 0
        unsafe intent.pointee.reason = decision.reason.code
        unsafe intent.pointee.strategyID = 0
        unsafe intent.pointee.algorithm = isWorked ? algorithm : .none
        if isWorked {
            parents!.publish()
            return
        }
        intents.publish()
        awaitedID = orderID
        awaitedInstrument = unsafe signal.pointee.instrumentID
        awaitedKind = kind
        awaitedTimeNs = unsafe signal.pointee.ingressTimeNs
    }
}
