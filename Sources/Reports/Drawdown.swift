//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// The way of a wealth below its highest so far.
public struct Drawdown: Sendable, Equatable {
    /// One way from a peak down and back, by places in the series; place -1 is the beginning,
    /// before the first value.
    public struct Spell: Sendable, Equatable {
        public let peak: Int
        public let valley: Int
        /// Where the peak was reached again; `nil` when it was not.
        public let recovery: Int?
        /// At the valley, a share of the peak, below 0.
        public let depth: Double
    }

    /// For each value, its distance from the highest so far as a share of that: 0 or below.
    public let depths: [Double]
    /// In time order.
    public let spells: [Spell]

    /// Of the deepest spell; 0 without one.
    public var maximum: Double { spells.map(\.depth).min() ?? 0 }
    public var deepest: Spell? { spells.min { $0.depth < $1.depth } }

    /// The deepest spells, the deepest first.
    public func worst(_ count: Int) -> [Spell] {
        Array(spells.sorted { $0.depth < $1.depth }.prefix(count))
    }

    /// Wealth that grows by each return from 1.
    public init(returns: [Double]) {
        var wealth = 1.0
        self.init(
            values: returns.map {
                wealth *= 1 + $0
                return wealth
            }, start: 1)
    }

    /// - Parameter start: Above 0; the first peak.
    public init(values: [Double], start: Double) {
        var depths: [Double] = []
        depths.reserveCapacity(values.count)
        var spells: [Spell] = []
        var (peak, peakPlace) = (start, -1)
        var (depth, valley) = (0.0, -1)
        for (place, value) in values.enumerated() {
            if value >= peak {
                if depth < 0 {
                    spells.append(
                        Spell(peak: peakPlace, valley: valley, recovery: place, depth: depth))
                }
                (peak, peakPlace, depth) = (value, place, 0)
                depths.append(0)
                continue
            }
            let below = value / peak - 1
            depths.append(below)
            if below < depth { (depth, valley) = (below, place) }
        }
        if depth < 0 {
            spells.append(Spell(peak: peakPlace, valley: valley, recovery: nil, depth: depth))
        }
        self.depths = depths
        self.spells = spells
    }
}
