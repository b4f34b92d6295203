//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Puts a schema together into the plan that the kernel works by. Cold; at start alone.
struct FeatureProgram {
    let plan: FeaturePlan

    /// A decayed sum.
    struct Sum: Hashable, Comparable {
        var tauNs: UInt64
        var kind: SumKind
        /// Levels, horizon or interval.
        var parameter: UInt64 = 0

        static func < (left: Sum, right: Sum) -> Bool {
            (left.tauNs, left.kind.rawValue, left.parameter)
                < (right.tauNs, right.kind.rawValue, right.parameter)
        }
    }

    /// - Parameters:
    ///   - barPlace: Time frame and column of a number of bars.
    ///   - leader: The instrument of that name.
    /// - Precondition: every bar column and leader of the schema is found.
    init(
        _ schema: FeatureSchema, barPlace: @escaping (BarColumn) -> (frame: Int, column: Int)?,
        leader: (String) -> UInt32
    ) {
        let kinds = schema.features.map(\.kind)
        let inner = kinds.map(\.own)
        let sums = Array(Set(inner.flatMap { Self.sums(of: $0) })).sorted()
        let builder = Builder(inner, sums, barPlace)
        var leaders: [LeaderFeature] = []
        var operations: [FeatureOperation] = []
        var needs = FeatureNeeds()
        for (place, kind) in kinds.enumerated() {
            let operation = builder.operation(of: kind.own)
            guard let name = kind.leaderName else {
                operations.append(operation)
                needs.formUnion(Self.needs(of: kind))
                continue
            }
            operations.append(FeatureOperation(code: .nothing))
            leaders.append(
                LeaderFeature(
                    place: Int32(place), instrument: leader(name), operation: operation,
                    needs: Self.needs(of: kind.own)))
        }
        plan = builder.plan(operations, leaders, needs)
    }

    private static func sums(of kind: FeatureKind) -> [Sum] {
        func sums(_ tauNs: UInt64, _ kinds: SumKind..., parameter: UInt64 = 0) -> [Sum] {
            kinds.map { Sum(tauNs: tauNs, kind: $0, parameter: parameter) }
        }
        return switch kind {
        case .flow(let tau): sums(tau, .flow, .flowDepth)
        case .levelFlow(let levels, let tau):
            sums(tau, .levelFlow, .levelDepth, parameter: UInt64(levels))
        case .tradeImbalance(let tau), .signedVolume(let tau), .volume(let tau):
            sums(tau, .buy, .sell)
        case .tradeRate(let tau): sums(tau, .trades)
        case .volatility(let tau): sums(tau, .squares)
        case .quoteRate(let tau): sums(tau, .quotes)
        case .bookUpdateRate(let tau): sums(tau, .updates)
        case .effectiveSpread(let tau): sums(tau, .effective, .effectiveCount)
        case .realisedSpread(let horizon, let tau):
            sums(tau, .realised, .realisedCount, parameter: horizon)
        case .kyleLambda(let interval, let tau):
            sums(tau, .impact, .impactSquares, parameter: interval)
        case .queueDepletion(let half, let tau):
            sums(tau, half == .bid ? .removedBid : .removedAsk)
        default: []
        }
    }

    static func needs(of kind: FeatureKind) -> FeatureNeeds {
        var needs = FeatureNeeds()
        needs.spanNs = sums(of: kind).map(\.tauNs).max() ?? 0
        switch kind {
        case .imbalance(let levels): needs.levels = levels > 1
        case .slope, .levelFlow, .bookUpdateRate: needs.levels = true
        case .topFlow(let count): needs.tops = UInt64(count)
        case .tradeImbalance, .tradeRate, .lastTrade, .effectiveSpread:
            needs.trade = true
        case .signedVolume, .volume:
            needs.trade = true
            needs.levels = true
        case .midReturn(let age): needs.steps = age / MidGrid.stepNs
        case .realisedSpread(let horizon, _):
            needs.trade = true
            needs.spanNs += horizon
        case .kyleLambda(let interval, _):
            needs.trade = true
            needs.spanNs += interval
        default: break
        }
        return needs
    }
}

extension FeatureKind {
    /// The feature itself, whoever's it is.
    var own: FeatureKind {
        if case .leader(_, let kind) = self { return kind }
        return self
    }
}
