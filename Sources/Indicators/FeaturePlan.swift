//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What a decayed sum adds up.
enum SumKind: Int, CaseIterable {
    case buy, sell, trades, quotes, updates, flow, flowDepth, squares, effective, effectiveCount
    case removedBid, removedAsk
    // The others belong to a number of levels, a horizon or an interval.
    case levelFlow, levelDepth, realised, realisedCount, impact, impactSquares

    /// How many are found by their kind alone.
    static let plainCount = SumKind.levelFlow.rawValue
}

/// Two sums of one parameter, by their places.
struct SumPair: BitwiseCopyable {
    /// Levels, or the place of the horizon or interval.
    var parameter: Int32
    var first: Int32
    var second: Int32
}

/// One number of a vector: what is done with which places.
struct FeatureOperation: BitwiseCopyable {
    enum Code: UInt8 {
        case nothing, topImbalance, levelImbalance, microprice, spreadTicks, spread, window
        case ratio, balance, scaled, perDepthDifference, perDepthSum, midReturn, root, slope
        case quiet, lastTrade, bucketToxicity, learnt, impact, depletion
        case barLevel, barDifference, barCentred, barGap
    }

    var code: Code
    var a: Int32 = 0
    var b: Int32 = 0
    var x = 0.0
    var y = 0.0
}

/// The history features ask for before they are warm.
struct FeatureNeeds: BitwiseCopyable {
    /// Since the first top.
    var spanNs: UInt64 = 0
    var tops: UInt64 = 0
    /// Of the mid's grid.
    var steps: UInt64 = 0
    var trade = false
    var levels = false

    mutating func formUnion(_ other: FeatureNeeds) {
        spanNs = max(spanNs, other.spanNs)
        tops = max(tops, other.tops)
        steps = max(steps, other.steps)
        trade = trade || other.trade
        levels = levels || other.levels
    }
}

/// A number that comes from another instrument.
struct LeaderFeature: BitwiseCopyable {
    /// Place in the vector.
    var place: Int32
    var instrument: UInt32
    var operation: FeatureOperation
    var needs: FeatureNeeds
}

/// Volume buckets as declared.
struct BucketPlan: BitwiseCopyable {
    /// Billionths of a coin or contract.
    var bucketE9: Int64
    var count: Int
}

/// What is kept of every instrument and how a vector is made from it, for the hot path.
///
/// SAFETY: every table is written once by `FeatureProgram` and kept until the process ends.
@safe
struct FeaturePlan: BitwiseCopyable, @unchecked Sendable {
    var operations: UnsafePointer<FeatureOperation>
    var count = 0

    // Decayed sums, sorted by tau.
    /// 1 / tau, 1/ns.
    var rates: UnsafePointer<Double>
    /// Place behind the last sum of each tau.
    var groupEnds: UnsafePointer<UInt32>
    var groupCount = 0
    var sumCount = 0
    /// Places of the plain kinds, one kind behind the other, and where each begins.
    var places: UnsafePointer<Int32>
    var starts: UnsafePointer<Int32>

    var levelFlows: UnsafePointer<SumPair>
    var levelFlowCount = 0
    var windows: UnsafePointer<UInt64>
    var windowCount = 0
    var horizons: UnsafePointer<UInt64>
    var horizonCount = 0
    var realised: UnsafePointer<SumPair>
    var realisedCount = 0
    var intervals: UnsafePointer<UInt64>
    var intervalCount = 0
    var impacts: UnsafePointer<SumPair>
    var impactCount = 0
    var buckets: UnsafePointer<BucketPlan>
    var bucketCount = 0
    /// Mid changes remembered.
    var memories: UnsafePointer<Double>
    var stoikovCount = 0

    var leaders: UnsafePointer<LeaderFeature>
    var leaderCount = 0
    /// Operations that know themselves whether they are ready.
    var checks: UnsafePointer<FeatureOperation>
    var checkCount = 0
    var needs = FeatureNeeds()

    var hasLevels = false
    /// Some number is of a bar that still forms.
    var hasForming = false
    var hasDepletion = false
    var hasPeriods = false
    var hasTradeEstimators = false

    @_noAllocation @_noLocks
    @inline(__always)
    func places(of kind: SumKind) -> (start: Int, end: Int) {
        let place = kind.rawValue
        return unsafe (Int(starts[place]), Int(starts[place &+ 1]))
    }
}
