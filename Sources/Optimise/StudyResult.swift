//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// A trial of a study by its number there.
struct Tried: Sendable {
    let number: Int
    let record: TrialRecord
}

/// What a fold's search found, and what its test says of it.
struct FoldResult: Sendable {
    /// From 1; 0 without folds.
    let number: Int
    let fold: Fold
    /// Every different trial in the order of proposal.
    var tried: [Tried] = []
    /// The best trial on the test times.
    var test: TrialRecord?

    init(number: Int, fold: Fold) {
        self.number = number
        self.fold = fold
    }

    /// The best from the front on, equals by number.
    func ranked(_ plan: StudyPlan) -> [Tried] {
        Fitness.ranking(tried.map { plan.fitness($0.record) }).map { tried[$0] }
    }

    /// `nil` when no trial met every requirement.
    func best(_ plan: StudyPlan) -> Tried? {
        ranked(plan).first.flatMap { plan.fitness($0.record).isMet ? $0 : nil }
    }
}

/// What a study knows at its end.
public struct StudyResult: Sendable {
    let plan: StudyPlan
    let options: StudyOptions
    var plannedTrials = 0
    /// The configuration as it stands.
    var base: TrialRecord?
    var folds: [FoldResult] = []
    /// Every trial that a search ever ran in this folder.
    var searched: [TrialRecord] = []
    /// Ended by a signal before all was tried.
    public internal(set) var isStopped = false

    init(plan: StudyPlan, options: StudyOptions) {
        self.plan = plan
        self.options = options
    }

    /// The last fold's choice, of the latest times; `nil` when no trial met every requirement.
    var best: Tried? { folds.last?.best(plan) }
    public var hasBest: Bool { best != nil }

    var tried: [Tried] { folds.flatMap(\.tried) }

    /// Reasons of trials without a score, with how often each came; the most frequent first.
    var failures: [(reason: String, count: Int)] {
        var counts: [String: Int] = [:]
        for one in tried where plan.score(one.record) == nil {
            switch one.record.result {
            case .failed(let reason): counts[reason, default: 0] += 1
            case .done:
                counts["\(plan.objective.metric) is not defined for the run", default: 0] += 1
            }
        }
        return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            .map { (reason: $0.key, count: $0.value) }
    }

    var missedCount: Int {
        tried.count { plan.score($0.record) != nil && !plan.fitness($0.record).isMet }
    }

    /// Of the chosen trial among every trial that was searched in this folder.
    var deflated: DeflatedBest? {
        guard let track = best?.record.figures?.track else { return nil }
        // In a fixed order, so that sums have the same bits each time.
        let sharpes = searched.compactMap { $0.figures?.track?.sharpe }.sorted()
        return DeflatedBest(track, among: sharpes)
    }

    /// Of the last fold's trials.
    var overfitting: Double? {
        let blocks = (folds.last?.tried ?? []).compactMap { $0.record.figures?.blocks }
        return OverfittingProbability.of(blocks.filter { !$0.isEmpty })
    }

    /// Of each parameter, by the last fold's trials that met every requirement; empty when there
    /// are fewer than ten.
    var importance: [(key: String, ratio: Double)] {
        let scored = (folds.last?.tried ?? []).filter { plan.fitness($0.record).isMet }
        guard scored.count >= 10 else { return [] }
        let parameters = plan.space.parameters
        let columns = parameters.indices.map { index in
            scored.map { $0.record.values[index].value }
        }
        let ratios = ParameterImportance.ratios(
            parameters, columns, scored.compactMap { plan.score($0.record) })
        return zip(parameters, ratios).map { (key: $0.key, ratio: $1) }
            .sorted { ($1.ratio, $0.key) < ($0.ratio, $1.key) }
    }

    /// Means of the objective over the folds that have both: in the sample that chose, and outside.
    var degradation: Degradation? {
        let pairs = folds.compactMap { fold -> (Double, Double)? in
            guard let inside = fold.best(plan).flatMap({ plan.score($0.record) }),
                let outside = fold.test.flatMap(plan.score)
            else { return nil }
            return (inside, outside)
        }
        guard !pairs.isEmpty else { return nil }
        let count = Double(pairs.count)
        return Degradation(
            inSample: pairs.reduce(0) { $0 + $1.0 } / count,
            outOfSample: pairs.reduce(0) { $0 + $1.1 } / count,
            isMaximised: plan.objective.isMaximised)
    }
}

/// What is left of a figure outside of the sample that chose it.
struct Degradation: Equatable, Sendable {
    let inSample: Double
    let outOfSample: Double
    let isMaximised: Bool

    /// Share of the figure that was lost, 0.25 of a fall from 4 to 3; below 0 when it got better;
    /// `nil` of a figure that is 0.
    var share: Double? {
        if inSample == 0 { return nil }
        let loss = isMaximised ? inSample - outOfSample : outOfSample - inSample
        return loss / abs(inSample)
    }
}
