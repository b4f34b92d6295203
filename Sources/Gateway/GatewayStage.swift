//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CBase
public import CMessages
import CTelemetry
public import Messages
public import Pipeline
public import Rings
public import Telemetry

/// The last stage: sends approved orders, follows each to its end, and keeps the positions.
///
/// Commands and reports are taken in one order, by sequence. Every report that changes something
/// goes on to risk and strategy with the order's status, what is left of it, and the position.
///
/// An order whose request was not answered in time, or was in flight when the order session was
/// lost, is UNKNOWN: it counts as open, and is cancelled by its id as soon as the session allows,
/// for a cancel can be repeated without harm; or, by policy, asked for and kept. It ends by the
/// venue's evidence only: its cancel, its fills, its rejection, the answer to a question, or two
/// answers "unknown order" at least `missConfirmationNs` apart (one alone may have overtaken the
/// order's creation), the second behind the request's expiry. A cancel once wanted is repeated
/// until the order has ended.
///
/// A market order is the venue's own, without a price of ours. Risk bounds its quantity and values
/// it at the collar before it gets here; the venue bounds its price: Binance by PERCENT_PRICE and
/// its market bound (the rest expires, or code -4131), OKX by its price limit (derivatives are sent
/// as `optimal_limit_ioc`). An order good till a date is sent as good till cancelled and cancelled
/// here when record time reaches the date: to the venues it has none, so after a crash the dead
/// man's switch ends it, not its date.
///
/// Full policy: the update rings stall; the taps of fills and of orders, and the questions, drop
/// and count.
///
/// SAFETY: channel and telemetry rows outlive the stage; the ledgers and tallies have a place for
/// every instrument, and ids are checked before use.
@safe
public struct GatewayStage: ~Copyable, Stage, @unchecked Sendable {
    static var batchMax: Int { @_noAllocation @_noLocks get { 64 } }

    var reports: RingConsumer<ExecutionReport>
    var commands: RingConsumer<OrderIntent>
    var riskUpdates: RingProducer<ExecutionReport>
    var strategyUpdates: RingProducer<ExecutionReport>
    /// For what works parent orders; `nil` where nobody does.
    var executionUpdates: RingProducer<ExecutionReport>?
    var fills: RingProducer<ExecutionReport>
    /// Takes a copy of the life of every order; `nil`: nobody asked for it. Set before the start.
    public var orderTap: RingProducer<ExecutionReport>?
    /// Takes a copy of every frame to a venue; `nil`: nobody does. Set before the start.
    public var journal: OrderJournal?
    var held = HeldFrames()
    let heldTime: Histogram
    /// Questions for a cold thread, where a venue's session answers none: the order, its
    /// instrument, side, price and quantity. Its answers come as facts.
    var queries: RingProducer<OrderIntent>?
    /// By the venue's number.
    let venues: UnsafeMutablePointer<VenueState>
    /// What it sees of the control page.
    public var control: ControlView
    let hasClock: Bool
    let clock: UnsafeMutablePointer<WallClock>
    let receiveToEncrypted: Histogram
    /// The orders of the latest poll, for the loop around it.
    public let sends = SendLog()
    let counters: GatewayCounters
    let instrumentCount: Int
    let books: UnsafeMutablePointer<InstrumentBook>

    var encoders: OrderEncoders
    var orders: OrderTable
    var trades: RecentTrades
    var early = EarlyFills()
    var budget: OrderBudget
    var batch = CancelBatch()

    let inFlightTimeoutNs: UInt64
    let missConfirmationNs: UInt64
    let queryIntervalNs: UInt64
    let isUnknownKept: Bool
    let isAdoptedKept: Bool
    /// How long each venue may take a request for fresh.
    let lifeNs: (binance: UInt64, okx: UInt64)
    let cancelRetryNs: UInt64

    /// Set for good once an encoded order differed from its command: nothing new leaves.
    var isOutboundRevoked = false
    /// Time and sequence of the latest report.
    var recordTimeNs: UInt64 = 0
    var recordSequence: UInt64 = 0
    /// When a walk over the live orders is due.
    var nextDueNs = UInt64.max
    var walk = CancelWalk()
    var isOperatorWalkWanted = false
    var seenCancelEpoch: UInt32
    var wasHalted: Bool
    var publishedWatermark: UInt64 = 0
    var tappedWatermark: UInt64 = 0

    /// - Parameter clock: Stamps the time from a frame's arrival to its encrypted order; `nil` in
    ///   replay, where it has no meaning.
    /// - Parameter routes: One for each venue that orders go to.
    public init(
        configuration: GatewayConfiguration, instruments: InstrumentTable,
        commands: consuming RingConsumer<OrderIntent>,
        reports: consuming RingConsumer<ExecutionReport>,
        riskUpdates: consuming RingProducer<ExecutionReport>,
        strategyUpdates: consuming RingProducer<ExecutionReport>,
        executionUpdates: consuming RingProducer<ExecutionReport>? = nil,
        fills: consuming RingProducer<ExecutionReport>,
        queries: consuming RingProducer<OrderIntent>? = nil,
        routes: [OrderRoute], control: ControlHandle, clock: WallClock?, telemetry: TelemetryWriter
    ) throws(GatewayError) {
        encoders = try OrderEncoders(configuration: configuration, instruments: instruments)
        self.commands = commands
        self.reports = reports
        self.riskUpdates = riskUpdates
        self.strategyUpdates = strategyUpdates
        self.executionUpdates = executionUpdates
        self.fills = fills
        orderTap = nil
        journal = nil
        heldTime = telemetry.histogram("order_held")
        self.queries = queries
        unsafe venues = .allocate(capacity: Venue.countMax)
        unsafe venues.initialize(
            repeating: VenueState(isOrderSessionUp: configuration.isSessionAssumedUp),
            count: Venue.countMax)
        for route in routes { unsafe venues[route.venue.index].channel = unsafe route.channel }
        self.control = ControlView(control, of: .gateway)
        hasClock = clock != nil
        unsafe self.clock = .allocate(capacity: 1)
        unsafe self.clock.initialize(to: clock ?? WallClock())
        receiveToEncrypted = telemetry.histogram("receive_to_encrypted")
        counters = GatewayCounters(telemetry)
        instrumentCount = instruments.count
        unsafe books = .allocate(capacity: max(instruments.count, 1))
        for id in 0..<instruments.count {
            unsafe (books + id).initialize(to: InstrumentBook(instruments[UInt32(id)], telemetry))
        }
        orders = OrderTable(
            liveMax: configuration.liveOrdersMax, endedMax: configuration.endedOrdersMax)
        trades = RecentTrades(capacity: configuration.recentTradesMax)
        inFlightTimeoutNs = configuration.inFlightTimeoutNs
        queryIntervalNs = configuration.queryIntervalNs
        isAdoptedKept = configuration.isAdoptedKept
        budget = OrderBudget(configuration.orderRates, instruments)
        isUnknownKept = configuration.unknownPolicy == .keep
        lifeNs = (
            UInt64(configuration.recvWindowMs) * 1_000_000,
            UInt64(configuration.okx?.expiryWindowMs ?? 0) * 1_000_000
        )
        missConfirmationNs = configuration.missConfirmationNs
        cancelRetryNs = configuration.cancelRetryNs
        seenCancelEpoch = self.control.cancelAllEpoch
        wasHalted = self.control.state.rawValue >= TradingState.halted.rawValue
    }

    deinit {
        unsafe clock.deallocate()
        unsafe venues.deallocate()
        unsafe books.deinitialize(count: instrumentCount)
        unsafe books.deallocate()
    }

    @_noAllocation @_noLocks
    public mutating func poll() -> Int {
        if held.count > 0 { releaseHeld() }
        let reportsWatermark = reports.watermark()
        let commandsWatermark = commands.watermark()
        var handled = 0
        while handled < Self.batchMax {
            if !walk.isActive {
                if control.look() { observeOperator() }
                if isOperatorWalkWanted { beginOperatorWalk() }
            }
            if walk.isActive {
                handled &+= continueWalk()
                if walk.isActive { break }
                continue
            }
            let report = unsafe reports.peek()
            let command = unsafe commands.peek()
            let reportsBound = unsafe SequenceMerge.bound(
                head: report?.pointee.sequence, watermark: reportsWatermark)
            let commandsBound = unsafe SequenceMerge.bound(
                head: command?.pointee.sequence, watermark: commandsWatermark)
            if let report = unsafe report, unsafe report.pointee.sequence <= commandsBound {
                guard unsafe take(report) else { break }
                reports.release()
                control.took()
            } else if let command = unsafe command, unsafe command.pointee.sequence < reportsBound {
                guard unsafe take(command) else { break }
                commands.release()
                control.took()
            } else {
                break
            }
            handled &+= 1
        }
        advanceWatermarks(reportsWatermark)
        if orderTap != nil { advanceTap(reportsWatermark, commandsWatermark) }
        if handled == 0 { journal?.prefetchNext() }
        return handled
    }

    /// Updates come from reports alone, but for refusals of our own, which follow no order.
    @_noAllocation @_noLocks
    private mutating func advanceWatermarks(_ reportsWatermark: UInt64) {
        var reached = reportsWatermark
        if let head = unsafe reports.peek() {
            reached = unsafe min(reached, head.pointee.sequence &- 1)
        }
        if walk.isActive && walk.sequence > 0 { reached = min(reached, walk.sequence &- 1) }
        if reached <= publishedWatermark { return }
        publishedWatermark = reached
        riskUpdates.advanceWatermark(to: reached)
        strategyUpdates.advanceWatermark(to: reached)
        executionUpdates?.advanceWatermark(to: reached)
        fills.advanceWatermark(to: reached)
    }

    /// True when every reader has room for two more updates, which is the most that one record
    /// causes; otherwise counts the stall.
    @_noAllocation @_noLocks
    mutating func hasUpdateRoom() -> Bool {
        if riskUpdates.hasRoom(2) && strategyUpdates.hasRoom(2)
            && executionUpdates?.hasRoom(2) ?? true
        {
            return true
        }
        counters.stalls.increment()
        return false
    }

    /// Sends one update to risk, strategy and execution.
    ///
    /// - Precondition: `hasUpdateRoom()` was true for this record, which has caused one at most.
    @_noAllocation @_noLocks
    mutating func publish(_ update: ExecutionReport) {
        guard let toRisk = unsafe riskUpdates.claim() else { return }
        unsafe toRisk.pointee = update
        riskUpdates.publish()
        guard let toStrategy = unsafe strategyUpdates.claim() else { return }
        unsafe toStrategy.pointee = update
        strategyUpdates.publish()
        if orderTap != nil { tapLife(update) }
        guard let toExecution = unsafe executionUpdates?.claim() else { return }
        unsafe toExecution.pointee = update
        executionUpdates?.publish()
    }

    /// Encodes and signs `count` orders that go nowhere, to keep code and tables in the caches.
    /// Leaves no trace but the time it takes.
    @_noAllocation @_noLocks
    public mutating func warmUp(count: Int) {
        if instrumentCount == 0 { return }
        for index in 0..<max(count, 0) {
            var intent = OrderIntent()
            intent.orderID = 1
            intent.limitPrice = PriceTicks(rawValue: 1)
            intent.quantity = QuantityLots(rawValue: 1)
            intent.instrumentID = UInt32(truncatingIfNeeded: index % instrumentCount)
            intent.kind = .place
            intent.side = index & 1 == 0 ? .buy : .sell
            intent.type = .limit
            intent.timeInForce = .ioc
            let venueIndex = unsafe books[Int(intent.instrumentID)].venueIndex
            unsafe encoders.rehearse(&intent, venueIndex: venueIndex)
        }
    }

    // MARK: - Cold: start-up and after the stop

    /// The live orders, in order of placing.
    public var openOrders: [OrderRecord] { orders.live }

    /// Position and profit of an instrument.
    public func ledger(_ instrumentID: UInt32) -> PositionLedger {
        precondition(Int(instrumentID) < instrumentCount, "an id of the instrument table")
        return unsafe books[Int(instrumentID)].ledger
    }

    /// Profit by first in, first out, before fees, 1e-12 of the quote currency.
    public func fifoRealisedE12(_ instrumentID: UInt32) -> Int128 {
        precondition(Int(instrumentID) < instrumentCount, "an id of the instrument table")
        return unsafe books[Int(instrumentID)].fifo.realisedE12
    }
}
