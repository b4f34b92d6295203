//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// How good a trial was; less is better.
///
/// Those that meet every requirement come first, by their cost; then those that miss one, by how
/// much, whatever they earned; then those without a result (K. Deb, An efficient constraint
/// handling method for genetic algorithms, 2000). Only the order counts, in every search.
struct Fitness: Comparable, Sendable {
    private enum Tier: Int { case met, missed, failed }

    private let tier: Tier
    private let value: Double

    /// - Parameter cost: What is minimised; no number is no result.
    static func met(cost: Double) -> Fitness {
        cost.isNaN ? .failed : Fitness(tier: .met, value: cost)
    }
    static func missed(by violation: Double) -> Fitness {
        Fitness(tier: .missed, value: violation)
    }
    static let failed = Fitness(tier: .failed, value: 0)

    var isMet: Bool { tier == .met }

    static func < (a: Fitness, b: Fitness) -> Bool {
        a.tier == b.tier ? a.value < b.value : a.tier.rawValue < b.tier.rawValue
    }

    /// The places of `all` from the best on, equals in their order.
    static func ranking(_ all: [Fitness]) -> [Int] {
        all.indices.sorted { all[$0] == all[$1] ? $0 < $1 : all[$0] < all[$1] }
    }
}
