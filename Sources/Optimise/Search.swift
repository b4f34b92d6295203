//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import SeededRandom

/// A search over the unit cube, in batches: what is asked next follows from the seed and from
/// what was told, never from the order or time in which trials end.
protocol Search {
    /// Points to try, one place in 0...1 for each parameter; `nil`: the search is over.
    mutating func ask() -> [[Double]]?
    /// The fitness of each point of the last batch, in its order.
    mutating func tell(_ fitness: [Fitness])
}

/// The methods that `--method` names.
public enum SearchMethod: String, CaseIterable, Sendable {
    case grid
    case random
    case genetic
    case cmaES = "cma-es"
}

/// Points in a list that was known beforehand.
struct ListedSearch: Search {
    private let points: [[Double]]
    private var next = 0
    /// So many at a time; bounds what waits for its turn.
    private static let batch = 1_024

    init(_ points: [[Double]]) { self.points = points }

    mutating func ask() -> [[Double]]? {
        guard next < points.count else { return nil }
        let end = min(points.count, next + Self.batch)
        defer { next = end }
        return Array(points[next..<end])
    }

    mutating func tell(_ fitness: [Fitness]) {}
}

/// Random points of the unit cube.
enum Sampling {
    private static let triesMax = 1_000

    /// A latin hypercube: each parameter's range is cut into `count` parts, and each part holds
    /// one point. What the constraints forbid is drawn anew without that care, and left out when
    /// nothing allowed was found.
    ///
    /// Source: M. McKay, R. Beckman, W. Conover, 1979.
    static func latinHypercube(
        _ count: Int, dimensions: Int, _ random: inout SplitMix64,
        isAllowed: ([Double]) -> Bool
    ) -> [[Double]] {
        var points = [[Double]](
            repeating: [Double](repeating: 0, count: dimensions), count: count)
        for dimension in 0..<dimensions {
            var cells = Array(0..<count)
            cells.shuffle(using: &random)
            for (index, cell) in cells.enumerated() {
                points[index][dimension] = (Double(cell) + random.unit()) / Double(count)
            }
        }
        return points.compactMap { point in
            isAllowed(point) ? point : uniform(dimensions, &random, isAllowed: isAllowed)
        }
    }

    /// - Returns: `nil` when 1,000 draws gave nothing allowed.
    static func uniform(
        _ dimensions: Int, _ random: inout SplitMix64, isAllowed: ([Double]) -> Bool
    ) -> [Double]? {
        for _ in 0..<triesMax {
            let point = (0..<dimensions).map { _ in random.unit() }
            if isAllowed(point) { return point }
        }
        return nil
    }
}
