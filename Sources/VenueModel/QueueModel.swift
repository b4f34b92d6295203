//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc

/// How the place of a resting order in its price's queue is estimated from a feed that shows only
/// the whole quantity of a price.
///
/// The models and their formulas are hftbacktest's, under its names. `front` is the quantity ahead
/// of the order and `back` that behind it, in the instrument's base currency or contracts (the
/// logarithmic models depend on the unit). Sources: hftbacktest 2.4.4, "Order Fill" in its
/// documentation; R. Cont's and E. Rigtorp's notes "Estimating order queue position" (2013).
public enum QueueModel: Equatable, Sendable {
    /// Only trades at the price bring the order forward.
    case riskAverse
    /// A decrease comes from behind with probability f(back) / (f(back) + f(front)), f(x) = x^n.
    case powerProbability(Double)
    /// f(back) / f(back + front), f(x) = x^n.
    case powerProbability2(Double)
    /// 1 - f(front / (front + back)), f(x) = x^n.
    case powerProbability3(Double)
    /// f(back) / (f(back) + f(front)), f(x) = ln(1 + x).
    case logProbability
    /// f(back) / f(back + front), f(x) = ln(1 + x).
    case logProbability2

    /// The names that a configuration uses.
    public static let names = [
        "risk-averse", "power-prob", "power-prob-2", "power-prob-3", "log-prob", "log-prob-2",
    ]

    /// A model by its name; `nil` for any other name.
    ///
    /// - Parameter power: n of the power models, greater than 0.
    public init?(name: String, power: Double) {
        switch name {
        case "risk-averse": self = .riskAverse
        case "power-prob": self = .powerProbability(power)
        case "power-prob-2": self = .powerProbability2(power)
        case "power-prob-3": self = .powerProbability3(power)
        case "log-prob": self = .logProbability
        case "log-prob-2": self = .logProbability2
        default: return nil
        }
    }

    /// "power-prob 2.0".
    public var text: String {
        switch self {
        case .riskAverse: "risk-averse"
        case .powerProbability(let n): "power-prob \(n)"
        case .powerProbability2(let n): "power-prob-2 \(n)"
        case .powerProbability3(let n): "power-prob-3 \(n)"
        case .logProbability: "log-prob"
        case .logProbability2: "log-prob-2"
        }
    }

    /// The probability that what left the price stood behind the order; NaN for an empty price.
    func probability(front: Double, back: Double) -> Double {
        switch self {
        case .riskAverse: 1
        case .powerProbability(let n): pow(back, n) / (pow(back, n) + pow(front, n))
        case .powerProbability2(let n): pow(back, n) / pow(back + front, n)
        case .powerProbability3(let n): 1 - pow(front / (front + back), n)
        case .logProbability: log(1 + back) / (log(1 + back) + log(1 + front))
        case .logProbability2: log(1 + back) / log(1 + (back + front))
        }
    }
}

/// What is known of one order's place. Quantities in base currency or contracts.
public struct QueuePosition: Equatable, Sendable {
    /// Ahead of the order; below 0: what trades had left when they reached it.
    public internal(set) var front: Double
    /// Traded at the price since the book last told its quantity: the book's next decrease holds
    /// it again and must not count twice.
    private var traded = 0.0

    init(front: Double) { self.front = front }

    /// A trade at the order's price.
    mutating func trade(_ quantity: Double, _ model: QueueModel) {
        front -= quantity
        if model != .riskAverse { traded += quantity }
    }

    /// The quantity of the order's price changed.
    mutating func change(from before: Double, to after: Double, _ model: QueueModel) {
        guard model != .riskAverse else {
            front = .minimum(front, after)
            return
        }
        let gone = before - after - traded
        traded = 0
        // More came, and it stands behind.
        if gone < 0 {
            front = .minimum(front, after)
            return
        }
        let back = before - front
        var probability = model.probability(front: front, back: back)
        if probability.isInfinite { probability = 1 }
        let estimate =
            front - (1 - probability) * gone + .minimum(back - probability * gone, 0)
        // A NaN of an empty price gives way to the quantity told.
        front = .minimum(estimate, after)
    }

    /// Takes out what trades have reached of the order, in lots of `lotSize`; 0 for nothing yet.
    mutating func takeReached(lotSize: Double) -> Int64 {
        let lots = (-front / lotSize).rounded()
        guard lots > 0 else { return 0 }
        front = 0
        return lots < 0x1p62 ? Int64(lots) : 1 << 62
    }
}
