//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// How much of the differences between trials each parameter explains by itself.
enum ParameterImportance {
    private static let binsMax = 8

    /// The correlation ratio of each parameter: the share of the scores' variance that lies between
    /// the groups of trials with like values. 0...1, and above 0 by chance alone where trials are
    /// few for their groups.
    ///
    /// Source: K. Pearson, 1905; eta squared of one-way analysis of variance.
    ///
    /// - Parameters:
    ///   - columns: Each parameter's value in every trial, as text.
    ///   - scores: Of the same trials, all finite.
    static func ratios(_ parameters: [Parameter], _ columns: [[String]], _ scores: [Double])
        -> [Double]
    {
        zip(parameters, columns).map { parameter, texts in
            ratio(groups(parameter, texts), scores)
        }
    }

    /// Equal values are a group; numbers with many of them are cut into groups by rank.
    private static func groups(_ parameter: Parameter, _ texts: [String]) -> [Int] {
        let distinct = Array(Set(texts)).sorted {
            let (a, b) = (parameter.number($0), parameter.number($1))
            return if let a, let b { a < b } else { $0 < $1 }
        }
        let places = Dictionary(uniqueKeysWithValues: distinct.enumerated().map { ($1, $0) })
        let bins = min(binsMax, distinct.count)
        return texts.map { text in
            let place = places[text] ?? 0
            return parameter.isCategory ? place : place * bins / distinct.count
        }
    }

    static func ratio(_ groups: [Int], _ scores: [Double]) -> Double {
        let mean = scores.reduce(0, +) / Double(max(1, scores.count))
        let total = scores.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        guard total > 0 else { return 0 }
        let members = Dictionary(grouping: scores.indices, by: { groups[$0] })
        // In a fixed order, so that the sum has the same bits each time.
        let between = members.sorted { $0.key < $1.key }.reduce(0.0) { sum, group in
            let inside = group.value.reduce(0) { $0 + scores[$1] } / Double(group.value.count)
            return sum + Double(group.value.count) * (inside - mean) * (inside - mean)
        }
        return min(1, between / total)
    }
}
