//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc
import SeededRandom

/// One leg's delay.
public enum LatencyLaw: Equatable, Sendable {
    case constant(ns: Int64)
    /// ln(delay) is normal: the median and the standard deviation of the logarithm.
    case logNormal(medianNs: Int64, sigma: Double)
    /// Delays at rising shares of all, between which they are interpolated: (0.5, 900), (0.99, …).
    /// Below the first and above the last share the delay is theirs.
    case quantiles([LatencyQuantile])

    /// "1000000ns", "log-normal 1000000ns 0.5", "5 quantiles 800ns-90000ns".
    public var text: String {
        switch self {
        case .constant(let ns): "\(ns)ns"
        case .logNormal(let median, let sigma): "log-normal \(median)ns \(sigma)"
        case .quantiles(let points):
            "\(points.count) quantiles \(points.first?.ns ?? 0)ns-\(points.last?.ns ?? 0)ns"
        }
    }

    /// Shares rise within 0...1, delays do not fall and none is negative.
    public var isValid: Bool {
        switch self {
        case .constant(let ns): return ns >= 0
        case .logNormal(let median, let sigma): return median > 0 && sigma >= 0 && sigma < 10
        case .quantiles(let points):
            guard let first = points.first, let last = points.last else { return false }
            return first.share >= 0 && last.share <= 1 && first.ns >= 0
                && zip(points, points.dropFirst()).allSatisfy {
                    $0.share < $1.share && $0.ns <= $1.ns
                }
        }
    }

    /// The delay at one draw of a uniform number in 0 ..< 1 and of a standard normal one.
    func delayNs(share: Double, normal: Double) -> Int64 {
        switch self {
        case .constant(let ns): return ns
        case .logNormal(let median, let sigma):
            return Int64(min(Double(median) * exp(sigma * normal), Self.delayNsMax).rounded())
        case .quantiles(let points):
            guard let first = points.first, let last = points.last else { return 0 }
            if share <= first.share { return first.ns }
            guard let upper = points.firstIndex(where: { share < $0.share }) else { return last.ns }
            let (low, high) = (points[upper - 1], points[upper])
            let part = (share - low.share) / (high.share - low.share)
            return low.ns + Int64((Double(high.ns - low.ns) * part).rounded())
        }
    }

    /// An hour: a tail drawn beyond is cut there.
    private static let delayNsMax = 3.6e12
}

/// A delay that `share` of all delays do not exceed.
public struct LatencyQuantile: Equatable, Sendable {
    public let share: Double
    public let ns: Int64

    public init(share: Double, ns: Int64) {
        self.share = share
        self.ns = ns
    }
}

/// The legs of an order: own computing, the way to the venue, the way back.
///
/// The draws of a leg depend on the seed and on how many were made before on that leg alone.
public struct LatencyModel: Sendable {
    public enum Leg: Int, CaseIterable, Sendable { case own, entry, response }

    public let laws: [LatencyLaw]
    private var random: [SplitMix64]

    public init(
        own: LatencyLaw = .constant(ns: 0), entry: LatencyLaw, response: LatencyLaw, seed: UInt64
    ) {
        laws = [own, entry, response]
        // Far apart in the generator's period, and not by the step that it makes itself.
        random = Leg.allCases.map { leg in
            var mixer = SplitMix64(seed: seed ^ UInt64(leg.rawValue) << 56)
            return SplitMix64(seed: mixer.next())
        }
    }

    public mutating func drawNs(_ leg: Leg) -> Int64 {
        let law = laws[leg.rawValue]
        if case .constant(let ns) = law { return ns }
        let share = random[leg.rawValue].unit()
        guard case .logNormal = law else { return law.delayNs(share: share, normal: 0) }
        // G. Box, M. Muller: A note on the generation of random normal deviates, 1958.
        let angle = 2 * Double.pi * random[leg.rawValue].unit()
        let normal = sqrt(-2 * log(1 - share)) * cos(angle)
        return law.delayNs(share: share, normal: normal)
    }
}

/// One direction between an engine and its venue: nothing overtakes what was sent before it, and
/// what arrives at one time arrives in the order it was sent.
public struct OrderedLink: Sendable {
    private var lastNs = Int64.min

    public init() {}

    /// When what is sent at `sentNs` with `delayNs` arrives.
    public mutating func arrivalNs(sentNs: Int64, delayNs: Int64) -> Int64 {
        lastNs = max(lastNs, sentNs &+ delayNs)
        return lastNs
    }
}
