//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages

/// What becomes of the rest of a parent order when its time is over.
public enum RemainderPolicy: UInt8, Sendable {
    /// Sent across the spread until nothing is left.
    case cross
    /// Not sent: the parent ends short of its quantity.
    case leave
}

/// What every parent of one algorithm has: how long it works, and what comes then.
public struct WorkingTime: Equatable, Sendable {
    /// From the parent's start; 0: without an end.
    public var durationNs: UInt64
    public var remainder: RemainderPolicy

    @_noAllocation @_noLocks
    public init(durationNs: UInt64, remainder: RemainderPolicy = .cross) {
        self.durationNs = durationNs
        self.remainder = remainder
    }
}

/// A schedule of equal times: TWAP, VWAP and Almgren-Chriss.
public struct SliceParameters: Equatable, Sendable {
    public var time: WorkingTime
    /// Children at most, but for repetitions, 1...10,000.
    public var slices: Int
    /// How much later than its time a slice may go, 1e-4 of the time between two, 0...10,000; the
    /// share of it is drawn by the parent's order id.
    public var jitterE4: UInt64

    public init(time: WorkingTime, slices: Int, jitterE4: UInt64 = 0) {
        self.time = time
        self.slices = slices
        self.jitterE4 = jitterE4
    }
}

/// Almgren and Chriss's trade-off; any units that fit together, time in seconds.
public struct AlmgrenChrissParameters: Equatable, Sendable {
    public var schedule: SliceParameters
    /// sigma: of the price, per root of a second.
    public var volatility: Double
    /// eta: temporary impact on the price, per lot a second.
    public var temporaryImpact: Double
    /// gamma: permanent impact on the price, per lot.
    public var permanentImpact: Double
    /// lambda: what a unit of variance of the cost is worth.
    public var riskAversion: Double

    public init(
        schedule: SliceParameters, volatility: Double, temporaryImpact: Double,
        permanentImpact: Double, riskAversion: Double
    ) {
        self.schedule = schedule
        self.volatility = volatility
        self.temporaryImpact = temporaryImpact
        self.permanentImpact = permanentImpact
        self.riskAversion = riskAversion
    }
}

/// What an algorithm that works by a share has; each property says what the share is of.
public struct ShareParameters: Equatable, Sendable {
    public var time: WorkingTime
    /// 1e-4, 1...10,000.
    public var shareE4: Int64

    public init(time: WorkingTime, shareE4: Int64) {
        self.time = time
        self.shareE4 = shareE4
    }
}

/// What a pegged order follows.
public enum PegReference: UInt8, Sendable {
    /// The best price of its own side.
    case own
    /// The middle, rounded to its own side.
    case mid
    /// The best price of the other side, short of crossing it.
    case opposite
}

/// A post-only order that keeps its distance from a price.
public struct PegParameters: Equatable, Sendable {
    public var time: WorkingTime
    public var reference: PegReference
    /// Behind the reference, away from the other side, ticks.
    public var offsetTicks: Int64
    /// It is moved when it is off by at least this, ticks, 1 or more.
    public var hysteresisTicks: Int64
    /// Least time between two moves.
    public var intervalNs: UInt64

    public init(
        time: WorkingTime, reference: PegReference = .own, offsetTicks: Int64 = 0,
        hysteresisTicks: Int64 = 1, intervalNs: UInt64 = 500_000_000
    ) {
        self.time = time
        self.reference = reference
        self.offsetTicks = offsetTicks
        self.hysteresisTicks = hysteresisTicks
        self.intervalNs = intervalNs
    }
}

/// A post-only order at the best price of its side that crosses when the price has run away.
public struct ChaseParameters: Equatable, Sendable {
    /// When it is over, the rest crosses too, or is left.
    public var time: WorkingTime
    /// How far from where it began the best price may go before the order crosses, 1e-4 of it.
    public var distanceE4: Int64
    public var intervalNs: UInt64

    public init(time: WorkingTime, distanceE4: Int64 = 10, intervalNs: UInt64 = 500_000_000) {
        self.time = time
        self.distanceE4 = distanceE4
        self.intervalNs = intervalNs
    }
}

/// What holds for the children of every algorithm, and for exits.
public struct ChildParameters: Equatable, Sendable {
    /// How far beyond the other side's best price a crossing child may trade, 1e-4 of it.
    public var collarE4: Int64
    /// Least time between the end of a child that was not filled and the next one.
    public var retryNs: UInt64
    /// After the first refusal in a row; each further one doubles it.
    public var backoffNs: UInt64
    public var backoffMaxNs: UInt64
    /// A parent with so many refusals in a row fails, 1...100.
    public var refusalsMax: UInt8

    public init(
        collarE4: Int64 = 10, retryNs: UInt64 = 100_000_000, backoffNs: UInt64 = 100_000_000,
        backoffMaxNs: UInt64 = 10_000_000_000, refusalsMax: UInt8 = 10
    ) {
        self.collarE4 = collarE4
        self.retryNs = retryNs
        self.backoffNs = backoffNs
        self.backoffMaxNs = backoffMaxNs
        self.refusalsMax = refusalsMax
    }

    /// How long to wait after the refusal with this number in a row, 1 and up.
    @_noAllocation @_noLocks
    public func backoff(_ refusals: UInt8) -> UInt64 {
        let doublings = UInt64(refusals > 1 ? refusals &- 1 : 0)
        if doublings >= 30 { return backoffMaxNs }
        let (wait, overflow) = backoffNs.multipliedReportingOverflow(by: 1 &<< doublings)
        return overflow ? backoffMaxNs : min(wait, backoffMaxNs)
    }
}

/// The parameters of the execution stage.
public struct ExecutionConfiguration: Sendable {
    public var child = ChildParameters()
    public var twap = SliceParameters(
        time: WorkingTime(durationNs: 60_000_000_000), slices: 12, jitterE4: 2_000)
    public var vwap = SliceParameters(time: WorkingTime(durationNs: 3_600_000_000_000), slices: 60)
    /// Weights of equal parts of the day, UTC, the first from midnight.
    public var dayProfile: [Double] = [1]
    /// Of the quantity that trades in the market, our own included.
    public var participation = ShareParameters(
        time: WorkingTime(durationNs: 3_600_000_000_000), shareE4: 1_000)
    /// Of the parent's quantity, shown at a time.
    public var iceberg = ShareParameters(
        time: WorkingTime(durationNs: 0, remainder: .leave), shareE4: 1_000)
    public var almgrenChriss = AlmgrenChrissParameters(
        schedule: SliceParameters(time: WorkingTime(durationNs: 60_000_000_000), slices: 12),
        volatility: 1, temporaryImpact: 1, permanentImpact: 0, riskAversion: 0.001)
    public var pegged = PegParameters(time: WorkingTime(durationNs: 0, remainder: .leave))
    public var chase = ChaseParameters(time: WorkingTime(durationNs: 10_000_000_000))
    /// `nil`: positions are not watched.
    public var exits: ExitParameters?
    /// How far beyond the other side's best an order that closes a position may trade, 1e-4 of it;
    /// of a flatten too.
    public var exitCollarE4: Int64 = 50

    public init() {}

    /// The first rule the parameters break; `nil` when the stage can run with them.
    public var problem: String? {
        for (name, slices) in [
            ("twap", twap), ("vwap", vwap), ("almgren_chriss", almgrenChriss.schedule),
        ] {
            if !(1...10_000).contains(slices.slices) { return "\(name): slices not in 1...10,000" }
            if slices.time.durationNs / UInt64(slices.slices) == 0 {
                return "\(name): a duration without a nanosecond for each slice"
            }
            if slices.jitterE4 > 10_000 { return "\(name): jitter not in 0...1" }
        }
        if dayProfile.isEmpty || dayProfile.count > 1_440
            || dayProfile.contains(where: { !($0 > 0 && $0 < 1e9) })
        {
            return "vwap: 1...1,440 weights greater than 0"
        }
        if !(1...10_000).contains(participation.shareE4) { return "pov: a share not in 0...1" }
        if !(1...10_000).contains(iceberg.shareE4) { return "iceberg: a display not in 0...1" }
        if pegged.hysteresisTicks < 1 { return "pegged: a hysteresis below one tick" }
        if !(0...10_000).contains(chase.distanceE4) { return "chase: a distance not in 0...1" }
        if !(0...10_000).contains(child.collarE4) { return "a collar not in 0...1" }
        if !(1...100).contains(child.refusalsMax) { return "refusals not in 1...100" }
        if !(0...10_000).contains(exitCollarE4) { return "exits: a collar not in 0...1" }
        if let problem = exits?.problem { return "exits: \(problem)" }
        let model = almgrenChriss
        for value in [model.volatility, model.temporaryImpact] where !(value > 0 && value < 1e12) {
            return "almgren_chriss: volatility and temporary impact greater than 0"
        }
        for value in [model.permanentImpact, model.riskAversion]
        where !(value >= 0 && value < 1e12) {
            return "almgren_chriss: permanent impact and risk aversion of at least 0"
        }
        if Trajectory.decay(model) == nil {
            return "almgren_chriss: a slice's permanent impact exceeds its temporary one"
        }
        return nil
    }
}

/// The same without anything that is counted by reference: what the hot thread reads.
struct PlainConfiguration {
    let child: ChildParameters
    let twap: SliceParameters
    let vwap: SliceParameters
    let participation: ShareParameters
    let iceberg: ShareParameters
    /// Of Almgren and Chriss's trajectory.
    let optimalSlices: SliceParameters
    let pegged: PegParameters
    let chase: ChaseParameters

    init(_ configuration: ExecutionConfiguration) {
        child = configuration.child
        twap = configuration.twap
        vwap = configuration.vwap
        participation = configuration.participation
        iceberg = configuration.iceberg
        optimalSlices = configuration.almgrenChriss.schedule
        pegged = configuration.pegged
        chase = configuration.chase
    }

    /// The working time of an algorithm.
    @_noAllocation @_noLocks
    func time(_ algorithm: ExecutionAlgorithm) -> WorkingTime {
        switch algorithm {
        case .twap: twap.time
        case .vwap: vwap.time
        case .pov: participation.time
        case .iceberg: iceberg.time
        case .almgrenChriss: optimalSlices.time
        case .pegged: pegged.time
        default: chase.time
        }
    }
}
