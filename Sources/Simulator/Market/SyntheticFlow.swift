//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import SeededRandom

/// What made-up traders do on one symbol.
///
/// Limit orders and market orders arrive as Poisson processes whose rate a Hawkes kernel raises
/// after each market order (bursts); every resting order of the flow is cancelled after an
/// exponential life. A hidden *pressure*, an Ornstein-Uhlenbeck process with a memory of about two
/// seconds, tilts the sides of both kinds of orders and drifts the fair value the same way. So the
/// imbalance of the book and of the trades says something about the next seconds, as it does on
/// real venues, and a linear model has something to find. All of it follows from the seed.
struct SyntheticFlow {
    struct Parameters {
        /// Where the fair value begins, ticks.
        var price: Double
        /// Standard deviation of the fair value over one second, ticks.
        var volatility: Double
        /// Drift at pressure 1, ticks a second.
        var drift: Double
        /// Median size of an order, lots.
        var sizeMedian: Double
        /// Limit orders and market orders a second at rest.
        var limitRate: Double
        var marketRate: Double
        /// Mean life of a resting order, seconds.
        var orderLife: Double
        /// Share of the prices around the fair value that have a standing order at the start.
        var depthShare = 1.0
    }

    enum Action: Equatable {
        case limit(side: BookSide, price: Int64, lots: Int64)
        case market(side: BookSide, lots: Int64)
        /// Cancels the order at this place of the list of the flow's resting orders.
        case cancel(place: Int)
    }

    /// Market orders that one market order calls forth; below 1, or activity would explode.
    static let branching = 0.5
    static let excitationDecay = 4.0
    static let excitationMax = 12.0
    static let pressureMemory = 2.0
    /// Seconds after which a following market has done 63 % of the way.
    static let followingTime = 0.2

    let parameters: Parameters
    private var random: SplitMix64
    private(set) var fair: Double
    private(set) var pressure = 0.0
    private(set) var excitation = 0.0

    init(parameters: Parameters, random: SplitMix64) {
        self.parameters = parameters
        self.random = random
        fair = parameters.price
    }

    /// Seconds until the next action, given how many orders of the flow rest.
    mutating func nextDelay(restingCount: Int) -> Double {
        random.exponential() / rate(restingCount: restingCount)
    }

    private func rate(restingCount: Int) -> Double {
        (parameters.limitRate + parameters.marketRate) * (1 + excitation)
            + Double(restingCount) / parameters.orderLife
    }

    /// Lets `seconds` pass and says what happens then.
    mutating func next(after seconds: Double, restingCount: Int) -> Action {
        let total = rate(restingCount: restingCount)
        evolve(seconds)
        let choice = random.unit() * total
        let market = parameters.marketRate * (1 + excitation)
        if choice < market { return marketOrder() }
        if choice < market + Double(restingCount) / parameters.orderLife {
            return .cancel(place: random.below(restingCount))
        }
        return limitOrder()
    }

    /// Draws the fair value towards `target`, which is where the coin's leading market stands.
    mutating func follow(_ target: Double, seconds: Double) {
        fair += (target - fair) * (1 - exp(-seconds / Self.followingTime))
    }

    private mutating func evolve(_ seconds: Double) {
        excitation *= exp(-Self.excitationDecay * seconds)
        let pull = exp(-seconds / Self.pressureMemory)
        pressure = pressure * pull + (1 - pull * pull).squareRoot() * 0.6 * random.normal()
        pressure = min(max(pressure, -1), 1)
        fair += parameters.drift * pressure * seconds
        fair += parameters.volatility * seconds.squareRoot() * random.normal()
        // A weak pull home keeps a week's run near the seeded depth.
        fair += (parameters.price - fair) * seconds / 900
    }

    private mutating func marketOrder() -> Action {
        let step = Self.branching * Self.excitationDecay / parameters.marketRate
        excitation = min(excitation + step, Self.excitationMax)
        let side: BookSide = random.unit() < 0.5 + 0.3 * pressure ? .bid : .ask
        return .market(side: side, lots: size(0.6))
    }

    private mutating func limitOrder() -> Action {
        let side: BookSide = random.unit() < 0.5 + 0.25 * pressure ? .bid : .ask
        let choice = random.unit()
        let distance: Int
        if choice < 0.75 {
            distance = random.geometric(mean: 2.5, max: 40)
        } else if choice < 0.95 {
            distance = random.geometric(mean: 25, max: 400)
        } else {
            distance = random.below(1000)
        }
        let base = Int64(fair.rounded(.down))
        let price = side == .bid ? base - Int64(distance) : base + 1 + Int64(distance)
        return .limit(side: side, price: max(price, 1), lots: size(1))
    }

    /// Whether the next price has a standing order at the start.
    mutating func hasStandingOrder() -> Bool {
        parameters.depthShare >= 1 || random.unit() < parameters.depthShare
    }

    mutating func size(_ scale: Double) -> Int64 {
        random.logNormal(median: parameters.sizeMedian * scale, deviation: 1.1)
    }

    /// A random step of the venue's update counter, which other symbols share.
    mutating func idStep() -> Int64 { 1 + Int64(random.below(7)) }
}
