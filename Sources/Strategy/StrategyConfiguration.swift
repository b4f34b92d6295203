//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Messages

/// A size, in lots or by value.
public enum StrategySize: Equatable, Sendable {
    /// Lots, greater than 0.
    case lots(Int64)
    /// 1e-8 of the quote currency, greater than 0; becomes lots, rounded down: of a linear
    /// instrument at the mid of the moment, of an inverse one at any price.
    case quoteNotionalE8(Int64)
}

/// How an order meets the market.
public enum OrderStyle: UInt8, Sendable {
    /// Immediate or cancel, priced at the opposite best; the offset goes beyond it.
    case ioc
    /// Post-only, joining its own best; the offset stays behind it.
    case postOnly

    var isCrossing: Bool {
        @_noAllocation @_noLocks
        get { if case .ioc = self { true } else { false } }
    }
}

/// Parameters of `signal-threshold`.
public struct SignalThresholdParameters: Equatable, Sendable {
    /// Buys when the score is above, basis points.
    public var buyAboveBps: Float
    /// Sells when the score is below, basis points.
    public var sellBelowBps: Float
    /// Buys only when a rise is likelier, 0.5...1; `nil`: the score alone decides. For models that
    /// give a probability.
    public var buyProbability: Float?
    /// Sells only when a rise is less likely, 0...0.5.
    public var sellProbability: Float?
    public var limits: SignalLimits
    /// Least time between two orders of one instrument.
    public var cooldownNs: UInt64
    /// Least time between an order and one on the other side.
    public var turnCooldownNs: UInt64
    /// Position the strategy moves towards, long or short.
    public var targetPosition: StrategySize
    /// The most of one order.
    public var orderQuantity: StrategySize
    public var style: OrderStyle
    public var offsetTicks: Int64
    /// A post-only order older than this is cancelled.
    public var restingMaxNs: UInt64

    public init(
        buyAboveBps: Float, sellBelowBps: Float, buyProbability: Float? = nil,
        sellProbability: Float? = nil, limits: SignalLimits = SignalLimits(),
        cooldownNs: UInt64 = 1_000_000_000, turnCooldownNs: UInt64 = 0,
        targetPosition: StrategySize,
        orderQuantity: StrategySize, style: OrderStyle = .ioc, offsetTicks: Int64 = 0,
        restingMaxNs: UInt64 = 5_000_000_000
    ) {
        self.buyAboveBps = buyAboveBps
        self.sellBelowBps = sellBelowBps
        self.buyProbability = buyProbability
        self.sellProbability = sellProbability
        self.limits = limits
        self.cooldownNs = cooldownNs
        self.turnCooldownNs = turnCooldownNs
        self.targetPosition = targetPosition
        self.orderQuantity = orderQuantity
        self.style = style
        self.offsetTicks = offsetTicks
        self.restingMaxNs = restingMaxNs
    }
}

/// Parameters of `reflex`, the latency probe. Without a condition it acts on every quote.
public struct ReflexParameters: Equatable, Sendable {
    public enum SideRule: UInt8, Sendable {
        /// Buy and sell in turn.
        case alternating
        /// The side with more quantity at the best.
        case imbalance
    }

    /// Condition: ask - bid is at least this.
    public var spreadTicksMin: Int64
    /// Condition: |bid quantity - ask quantity| / (their sum) is at least this, 0...1.
    public var imbalanceMin: Float
    /// At most one order per instrument in this time.
    public var intervalNs: UInt64
    public var sideRule: SideRule
    public var style: OrderStyle
    public var offsetTicks: Int64
    public var orderQuantity: StrategySize
    /// Bound of |position| with everything open counted as filled.
    public var positionMax: StrategySize
    public var restingMaxNs: UInt64
    /// Orders of one instrument that may work at a time, 1...8; all on one side, so the probe
    /// never trades with itself.
    public var workingOrdersMax: Int

    public init(
        spreadTicksMin: Int64 = 0, imbalanceMin: Float = 0, intervalNs: UInt64,
        sideRule: SideRule = .alternating, style: OrderStyle = .ioc, offsetTicks: Int64 = 0,
        orderQuantity: StrategySize, positionMax: StrategySize,
        restingMaxNs: UInt64 = 1_000_000_000, workingOrdersMax: Int = 1
    ) {
        self.spreadTicksMin = spreadTicksMin
        self.imbalanceMin = imbalanceMin
        self.intervalNs = intervalNs
        self.sideRule = sideRule
        self.style = style
        self.offsetTicks = offsetTicks
        self.orderQuantity = orderQuantity
        self.positionMax = positionMax
        self.restingMaxNs = restingMaxNs
        self.workingOrdersMax = workingOrdersMax
    }
}

/// Which strategy runs, and its parameters.
public enum StrategyConfiguration: Equatable, Sendable {
    case signalThreshold(SignalThresholdParameters)
    case reflex(ReflexParameters)

    /// As `strategy.name` writes it.
    public var name: String {
        switch self {
        case .signalThreshold: "signal-threshold"
        case .reflex: "reflex"
        }
    }

    /// The same, with orders that may rest for ever.
    var withoutRestingTime: StrategyConfiguration {
        switch self {
        case .signalThreshold(var parameters):
            parameters.restingMaxNs = .max
            return .signalThreshold(parameters)
        case .reflex(var parameters):
            parameters.restingMaxNs = .max
            return .reflex(parameters)
        }
    }

    /// The first rule the parameters break; `nil` when the strategy can run.
    public var problem: String? {
        switch self {
        case .signalThreshold(let parameters): parameters.problem
        case .reflex(let parameters): parameters.problem
        }
    }
}

extension SignalThresholdParameters {
    var problem: String? {
        if !buyAboveBps.isFinite || !sellBelowBps.isFinite { return "a threshold is not finite" }
        if buyAboveBps < sellBelowBps { return "the buy threshold lies below the sell threshold" }
        if let buyProbability, !(buyProbability >= 0.5 && buyProbability <= 1) {
            return "the buy probability is not in 0.5...1"
        }
        if let sellProbability, !(sellProbability >= 0 && sellProbability <= 0.5) {
            return "the sell probability is not in 0...0.5"
        }
        if let problem = limits.problem { return problem }
        if !targetPosition.isPositive || !orderQuantity.isPositive {
            return "target position and order quantity are not greater than 0"
        }
        return nil
    }
}

extension ReflexParameters {
    var problem: String? {
        if spreadTicksMin < 0 { return "the least spread is negative" }
        if !(imbalanceMin >= 0 && imbalanceMin <= 1) {
            return "the least imbalance is not in 0...1"
        }
        if workingOrdersMax < 1 || workingOrdersMax > StrategyStage.workingOrdersMax {
            return "working orders are not in 1...\(StrategyStage.workingOrdersMax)"
        }
        if !orderQuantity.isPositive || !positionMax.isPositive {
            return "order quantity and largest position are not greater than 0"
        }
        return nil
    }
}

extension StrategySize {
    var isPositive: Bool {
        switch self {
        case .lots(let value), .quoteNotionalE8(let value): value > 0
        }
    }
}

/// A size made ready for one instrument: a division at most is left for the hot path.
public struct SizeRule: Equatable, Sendable {
    /// Used when `tickLots` is 0.
    var fixedLots: Int64
    /// The value in ticks times lots; 0: the size is fixed.
    var tickLots: Int64

    /// A size in lots.
    @_noAllocation @_noLocks
    init(lots: Int64) { (fixedLots, tickLots) = (lots, 0) }

    /// An instrument whose value is not known, or is finer than 1e-12, gets 0 lots: what cannot be
    /// sized exactly is not sized.
    public init(_ size: StrategySize, _ instrument: Instrument) {
        switch size {
        case .lots(let lots): (fixedLots, tickLots) = (lots, 0)
        case .quoteNotionalE8(let notional) where instrument.isInverse != 0:
            (fixedLots, tickLots) = (Self.inverseLots(notional, instrument), 0)
        case .quoteNotionalE8(let notional):
            let unit = instrument.tickLotValueE12
            fixedLots = 0
            tickLots =
                unit > 0
                ? Int64(clamping: Int128(notional) * 10_000 / Int128(unit)) : 0
        }
    }

    /// A contract of an inverse instrument is worth the same in the quote currency at any price.
    private static func inverseLots(_ notionalE8: Int64, _ instrument: Instrument) -> Int64 {
        guard instrument.contractValueE9 > 0, instrument.lotMantissa > 0 else { return 0 }
        var scale: Int128 = 10  // From 1e-8 to 1e-9.
        for _ in 0..<instrument.quantityDecimals { scale *= 10 }
        let lot = Int128(instrument.contractValueE9) * Int128(instrument.lotMantissa)
        return Int64(clamping: Int128(notionalE8) * scale / lot)
    }

    /// Lots at a mid of `ticks`.
    ///
    /// - Precondition: `ticks > 0`.
    @_noAllocation @_noLocks
    public func lots(atMid ticks: Int64) -> Int64 { tickLots > 0 ? tickLots / ticks : fixedLots }
}
