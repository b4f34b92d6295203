//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What fills were worth some time later.
public struct Markouts: Sendable {
    /// Which fills.
    public enum Group: String, Sendable, CaseIterable { case all, maker, taker, buys, sells }

    public struct Row: Sendable, Equatable {
        public let horizonNs: UInt64
        /// Fills that were judged.
        public let count: Int
        /// sign (mid at fill + horizon - price) / price of each fill, mean, bps: above 0 the price
        /// went our way.
        public let meanBps: Double?
        /// Half of the mean's 95 % interval, bps; `nil` below two clusters.
        public let reachBps: Double?
        /// Fills for which a mark came between the fill and the horizon / fills judged.
        public let freshShare: Double?
    }

    public let rows: [Group: [Row]]

    public static let horizonsNs: [UInt64] = [
        0, 100_000_000, 1_000_000_000, 10_000_000_000, 60_000_000_000,
    ]
    /// Below it marks are too far apart for a horizon.
    static let freshShareMin = 0.1
    /// Two-sided 95 % of the normal distribution.
    static let zScore = 1.959_963_984_540_054

    /// A mark holds until the next; where none came since the fill, the mid of the fill itself
    /// counts. A horizon that ends behind the symbol's last mark is not judged, nor one for which
    /// nearly all fills saw no mark: marks that are further apart say nothing of it.
    ///
    /// The interval is z times a cluster-robust standard error: fills within one horizon see the
    /// same way of the price, so each stretch of time as long as the horizon (a second at least) is
    /// one observation: sqrt(C / (C - 1) sum over clusters of (sum of deviations)^2) / n.
    /// Source: K.-Y. Liang and S. Zeger, 1986, for the error.
    init(_ run: Run) {
        var rows: [Group: [Row]] = [:]
        for group in Group.allCases {
            let fills = run.fills.filter { Self.isIn($0, group) }
            rows[group] = Self.horizonsNs.map { Self.row(fills, run.marks, horizonNs: $0) }
        }
        self.rows = rows
    }

    /// Whether there is anything to show.
    public var isEmpty: Bool { rows[.all]?.allSatisfy { $0.count == 0 } ?? true }

    private static func isIn(_ fill: Run.Fill, _ group: Group) -> Bool {
        switch group {
        case .all: true
        case .maker: fill.isMaker
        case .taker: !fill.isMaker
        case .buys: fill.isBuy
        case .sells: !fill.isBuy
        }
    }

    private static func row(
        _ fills: [Run.Fill], _ marks: [Run.Marks], horizonNs: UInt64
    ) -> Row {
        var values: [Double] = []
        var clusters: [UInt64] = []
        var fresh = 0
        let clusterNs = max(horizonNs, ReturnSeries.secondNs)
        for fill in fills {
            guard let (mid, isFresh) = mid(fill, marks[fill.symbol], horizonNs) else { continue }
            values.append(fill.sign * (mid - fill.price) / fill.price * 1e4)
            clusters.append(fill.timeNs / clusterNs)
            if isFresh { fresh += 1 }
        }
        guard !values.isEmpty else {
            return Row(
                horizonNs: horizonNs, count: 0, meanBps: nil, reachBps: nil, freshShare: nil)
        }
        let freshShare = Double(fresh) / Double(values.count)
        if horizonNs > 0, freshShare < freshShareMin {
            return Row(
                horizonNs: horizonNs, count: 0, meanBps: nil, reachBps: nil,
                freshShare: freshShare)
        }
        let mean = values.reduce(0, +) / Double(values.count)
        let error = clusteredError(values, clusters, mean: mean)
        return Row(
            horizonNs: horizonNs, count: values.count, meanBps: mean,
            reachBps: error.map { $0 * zScore },
            freshShare: horizonNs == 0 ? nil : freshShare)
    }

    private static func mid(
        _ fill: Run.Fill, _ marks: Run.Marks, _ horizonNs: UInt64
    ) -> (mid: Double, isFresh: Bool)? {
        if horizonNs == 0 { return fill.mid.map { ($0, false) } }
        let at = fill.timeNs + horizonNs
        guard let last = marks.timesNs.last, last >= at,
            let place = marks.place(atOrBefore: at)
        else { return nil }
        if marks.timesNs[place] > fill.timeNs { return (marks.mids[place], true) }
        return (fill.mid ?? marks.mids[place], false)
    }

    /// - Parameter clusters: Of the values, in order.
    static func clusteredError(
        _ values: [Double], _ clusters: [UInt64], mean: Double
    ) -> Double? {
        var (squares, sum, count) = (0.0, 0.0, 0)
        for index in values.indices {
            if index == 0 || clusters[index] != clusters[index - 1] {
                squares += sum * sum
                sum = 0
                count += 1
            }
            sum += values[index] - mean
        }
        squares += sum * sum
        guard count > 1 else { return nil }
        let correction = Double(count) / Double(count - 1)
        return (correction * squares).squareRoot() / Double(values.count)
    }
}

extension Run.Marks {
    /// The latest mark not after a time.
    func place(atOrBefore timeNs: UInt64) -> Int? {
        var (low, high) = (0, timesNs.count)
        while low < high {
            let middle = (low + high) / 2
            if timesNs[middle] <= timeNs { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? low - 1 : nil
    }
}
