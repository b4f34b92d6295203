//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Messages

/// Everything that is summed for one instrument and strategy. Sums are exact, in half ticks times
/// lots.
struct Tally {
    let instrumentID: UInt32
    let strategyID: UInt8
    var placed: UInt64 = 0
    var filled: UInt64 = 0
    var canceled: UInt64 = 0
    var expired: UInt64 = 0
    var rejected: UInt64 = 0
    var fills: UInt64 = 0
    var withoutReference: UInt64 = 0
    var lotsPlaced: Int128 = 0
    var lotsFilled: Int128 = 0
    var lotsMaker: Int128 = 0
    /// Value of all fills, and of those that rested.
    var traded: Int128 = 0
    var tradedMaker: Int128 = 0
    /// Value at the decision's mid of orders that can be judged, and of what was filled of them.
    var placedValue: Int128 = 0
    var filledValue: Int128 = 0
    var decision = RelativeCost()
    var arrival = RelativeCost()
    var touch = RelativeCost()
    /// Gains, by horizon.
    var markouts = Array(repeating: RelativeCost(), count: MarkoutHorizon.count)
    var judged = Array(repeating: UInt64(0), count: MarkoutHorizon.count)
    var resting = RestingTimes()
    var shortfall = Shortfall()
    var attribution = Attribution()

    init(instrumentID: UInt32, strategyID: UInt8) {
        self.instrumentID = instrumentID
        self.strategyID = strategyID
    }

    /// Takes in the quantities and costs of a fill.
    mutating func add(_ fill: FollowedFill) {
        let lots = Int128(fill.lots)
        let value = lots * Int128(2 * fill.price)
        fills += 1
        lotsFilled += lots
        traded += value
        if fill.isMaker {
            lotsMaker += lots
            tradedMaker += value
        }
        filledValue += lots * Int128(fill.decision.midTwice)
        decision.add(fill, againstTwice: fill.decision.midTwice)
        arrival.add(fill, againstTwice: fill.arrival.midTwice)
        touch.add(fill, againstTwice: 2 * fill.arrival.opposite(of: fill.side))
    }

    /// Takes in the mid after a horizon.
    mutating func judge(_ fill: FollowedFill, _ horizon: Int) {
        guard let gain = fill.markoutTwice(horizon) else { return }
        judged[horizon] += 1
        markouts[horizon].cost += Int128(gain) * Int128(fill.lots)
        markouts[horizon].base += Int128(2 * fill.price) * Int128(fill.lots)
    }

    mutating func count(end status: OrderStatus) {
        switch status {
        case .filled: filled &+= 1
        case .canceled: canceled &+= 1
        case .expired: expired &+= 1
        case .rejected: rejected &+= 1
        default: break
        }
    }
}

extension RelativeCost {
    /// Nothing when the price is not known (0).
    fileprivate mutating func add(_ fill: FollowedFill, againstTwice price: Int64) {
        guard let slippage = fill.slippageTwice(againstTwice: price) else { return }
        cost += Int128(slippage) * Int128(fill.lots)
        base += Int128(price) * Int128(fill.lots)
    }
}
