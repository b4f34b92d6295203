//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// How the time of the data is divided between choosing and judging.
public struct Validation: Sendable, Equatable {
    public enum Kind: String, CaseIterable, Sendable {
        /// All of it chooses, nothing judges.
        case none
        /// Training stands before its test; both move forward.
        case walkForward = "walk-forward"
        /// Groups of time, `tested` of them judging at a time, in all combinations, the rest
        /// training; one tested group is purged k-fold.
        case purged
    }

    public var kind = Kind.none
    /// Test windows of walk-forward, groups of purged.
    public var folds = 5
    /// Share of the range that the first training window has.
    public var trainShare = 0.5
    /// Training windows all begin with the range, and grow.
    public var isAnchored = false
    public var tested = 1
    /// Left out of training on the side of a test: what is decided there is still open in the test.
    public var purgeNs: UInt64 = 0
    /// Left out of training behind a test, besides: what the test's moves still echo in.
    public var embargoNs: UInt64 = 0
}

/// One division: these times choose, those judge.
struct Fold: Equatable {
    let train: [TimeRange]
    let test: [TimeRange]
}

/// Source: M. López de Prado, Advances in Financial Machine Learning, 2018, chapters 7 and 12.
enum Splits {
    static let foldsMax = 1_000

    /// - Throws: `OptimiseError` when a window would be empty or there are more than `foldsMax`.
    static func folds(
        of range: TimeRange, _ validation: Validation
    ) throws(OptimiseError) -> [Fold] {
        switch validation.kind {
        case .none: return [Fold(train: [range], test: [])]
        case .walkForward: return try walkForward(range, validation)
        case .purged: return try purged(range, validation)
        }
    }

    private static func walkForward(
        _ range: TimeRange, _ validation: Validation
    ) throws(OptimiseError) -> [Fold] {
        let trainNs = UInt64(Double(range.lengthNs) * validation.trainShare)
        let tests = cut(
            from: range.startNs + trainNs, to: range.endNs, into: validation.folds)
        var folds: [Fold] = []
        for (index, start) in tests.dropLast().enumerated() {
            let endNs = start - min(start, validation.purgeNs)
            let startNs = validation.isAnchored
                ? range.startNs : start - min(trainNs, start - range.startNs)
            guard startNs < endNs, start < tests[index + 1] else {
                throw OptimiseError("walk-forward: fold \(index + 1) has an empty window")
            }
            folds.append(
                Fold(
                    train: [TimeRange(startNs: startNs, endNs: endNs)],
                    test: [TimeRange(startNs: start, endNs: tests[index + 1])]))
        }
        return folds
    }

    private static func purged(
        _ range: TimeRange, _ validation: Validation
    ) throws(OptimiseError) -> [Fold] {
        let bounds = cut(from: range.startNs, to: range.endNs, into: validation.folds)
        guard zip(bounds, bounds.dropFirst()).allSatisfy({ $0 < $1 }) else {
            throw OptimiseError("purged: the groups are empty")
        }
        let chosen = combinations(of: validation.folds, taking: validation.tested)
        guard let chosen else { throw OptimiseError("purged: more than \(foldsMax) combinations") }
        var folds: [Fold] = []
        for tested in chosen {
            let test = merged(tested.map { (bounds[$0], bounds[$0 + 1]) })
            var train = [(range.startNs, range.endNs)]
            for (start, end) in test {
                let from = start - min(start, validation.purgeNs)
                let (gap, overflow) = validation.purgeNs.addingReportingOverflow(
                    validation.embargoNs)
                let to = overflow ? UInt64.max : end.addingSaturating(gap)
                train = train.flatMap { [($0.0, min($0.1, from)), (max($0.0, to), $0.1)] }
                    .filter { $0.0 < $0.1 }
            }
            guard !train.isEmpty else {
                throw OptimiseError("purged: nothing is left to train on")
            }
            folds.append(Fold(train: train.map(range(_:)), test: test.map(range(_:))))
        }
        return folds
    }

    private static func range(_ pair: (UInt64, UInt64)) -> TimeRange {
        TimeRange(startNs: pair.0, endNs: pair.1)
    }

    /// The bounds of equal parts.
    private static func cut(from start: UInt64, to end: UInt64, into count: Int) -> [UInt64] {
        (0...count).map { index in
            index == count ? end : start + (end - start) / UInt64(count) * UInt64(index)
        }
    }

    private static func merged(_ ranges: [(UInt64, UInt64)]) -> [(UInt64, UInt64)] {
        var result: [(UInt64, UInt64)] = []
        for range in ranges {
            if let last = result.last, last.1 == range.0 {
                result[result.count - 1].1 = range.1
            } else {
                result.append(range)
            }
        }
        return result
    }

    /// Ascending choices of `taken` of 0 ..< `count`, in order; `nil` when too many.
    static func combinations(of count: Int, taking taken: Int) -> [[Int]]? {
        guard (1...count).contains(taken) else { return [] }
        var result: [[Int]] = []
        var choice = Array(0..<taken)
        while true {
            if result.count == foldsMax { return nil }
            result.append(choice)
            guard let place = choice.indices.last(where: { choice[$0] < count - taken + $0 }) else {
                return result
            }
            choice[place] += 1
            for next in choice.indices where next > place { choice[next] = choice[next - 1] + 1 }
        }
    }
}

extension UInt64 {
    func addingSaturating(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
