//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import SeededRandom

/// How a study is run.
public struct StudyOptions: Sendable {
    public var method = SearchMethod.random
    /// Proposals of each fold's search; those already known count, and cost nothing. A grid has as
    /// many as it has points.
    public var trials = 200
    public var seed: UInt64 = 1
    public var jobs = 1

    public init() {}
}

/// Searches a space for the best trial, in each fold, and judges what was found.
///
/// What is proposed follows from the seed and from the results alone; a study that was cut off
/// and is begun again with its registry proposes the same, and runs only what is not known.
public final class Study {
    private let plan: StudyPlan
    private let options: StudyOptions
    private let identity: StudyIdentity
    private let registry: TrialRegistry
    private let pool: TrialPool
    private let progress: StudyProgress
    /// Points of the grid; empty with other methods.
    private let grid: [[Double]]

    private var numbers: [String: Int] = [:]
    private var isStopped = false

    /// - Parameters:
    ///   - isStopWanted: Asked about ten times a second.
    ///   - progress: Told of each trial.
    /// - Throws: `OptimiseError` when the method cannot search the space.
    public init(
        _ plan: StudyPlan, _ options: StudyOptions, identity: StudyIdentity,
        registry: TrialRegistry, runner: any TrialRunner, progress: StudyProgress,
        isStopWanted: @escaping () -> Bool
    ) throws(OptimiseError) {
        self.plan = plan
        self.options = options
        self.identity = identity
        self.registry = registry
        self.progress = progress
        pool = TrialPool(runner: runner, jobs: options.jobs, isStopWanted: isStopWanted)
        grid = options.method == .grid ? try plan.space.grid() : []
        if options.method == .grid, grid.isEmpty {
            throw OptimiseError("grid: the constraints allow no combination")
        }
        _ = try makeSearch(seed: options.seed)
    }

    private var trialsPerFold: Int { options.method == .grid ? grid.count : options.trials }

    /// Runs to the end, or until it is stopped; what is known then is the result.
    public func run() throws(OptimiseError) -> StudyResult {
        var result = StudyResult(plan: plan, options: options)
        let whole = plan.range.map { [$0] } ?? []
        let base = try evaluate([[]], whole, role: .base, fold: 0).first
        result.base = base?.record
        let folds = try self.folds(base: base?.record)
        result.plannedTrials = folds.count * trialsPerFold
        progress.begin(planned: result.plannedTrials, folds: folds.count)
        for (index, fold) in folds.enumerated() where !isStopped {
            let number = plan.validation.kind == .none ? 0 : index + 1
            var found = FoldResult(number: number, fold: fold)
            found.tried = try search(fold, number)
            if let best = found.best(plan), !fold.test.isEmpty, !isStopped {
                found.test = try evaluate(
                    [best.record.values], fold.test, role: .test, fold: number).first?.record
            }
            result.folds.append(found)
        }
        progress.end()
        result.isStopped = isStopped
        result.searched = registry.records.filter { $0.role == .search }
        return result
    }

    private func folds(base: TrialRecord?) throws(OptimiseError) -> [Fold] {
        if isStopped { return [] }
        guard plan.validation.kind != .none else {
            return [Fold(train: plan.range.map { [$0] } ?? [], test: [])]
        }
        if let range = plan.range { return try Splits.folds(of: range, plan.validation) }
        guard let base else { return [] }
        switch base.result {
        case .failed(let reason):
            throw OptimiseError(
                "the configuration as it stands does not run, so the data's times are not known: "
                    + "\(reason); say range.since and range.until")
        case .done(let figures):
            guard let span = figures.span else {
                throw OptimiseError("the run has no times; say range.since and range.until")
            }
            return try Splits.folds(of: span, plan.validation)
        }
    }

    private func makeSearch(seed: UInt64) throws(OptimiseError) -> any Search {
        switch options.method {
        case .grid: return ListedSearch(grid)
        case .random: return RandomPoints.search(plan.space, options.trials, seed: seed)
        case .genetic: return GeneticSearch(plan.space, trials: options.trials, seed: seed)
        case .cmaES: return try CMAESearch(plan.space, trials: options.trials, seed: seed)
        }
    }

    /// - Returns: Every different trial of the fold, in the order of proposal.
    private func search(_ fold: Fold, _ number: Int) throws(OptimiseError) -> [Tried] {
        // Folds draw differently, each the same with every number of folds.
        var search = try makeSearch(seed: options.seed &+ UInt64(number) &* 0x9E37_79B9)
        var tried: [Tried] = []
        var seen: Set<String> = []
        while !isStopped, let points = search.ask() {
            let values = points.map { plan.space.assignments(at: $0) }
            let ended = try evaluate(values, fold.train, role: .search, fold: number)
            for one in ended where seen.insert(one.record.digest).inserted { tried.append(one) }
            if isStopped { break }
            let known = Dictionary(
                ended.map { ($0.record.values, plan.fitness($0.record)) },
                uniquingKeysWith: { first, _ in first })
            search.tell(
                values.map { values in
                    let violation = plan.space.violation(of: values)
                    // Worse than any run that only misses a requirement.
                    if violation > 0 { return .missed(by: violation + Comparison.unknown * 1e3) }
                    return known[values] ?? .failed
                })
        }
        return tried
    }

    /// Runs what is not known yet, and remembers it; constraints come first.
    ///
    /// - Returns: What is known then, without doubles, in the order of proposal; after a stop, of
    ///   some of them.
    private func evaluate(
        _ proposals: [[Assignment]], _ ranges: [TimeRange], role: TrialRole, fold: Int
    ) throws(OptimiseError) -> [Tried] {
        var order: [Trial] = []
        var digests: [String] = []
        var seen: Set<String> = []
        for values in proposals where values.isEmpty || plan.space.violation(of: values) == 0 {
            let digest = identity.digest(values, ranges)
            guard seen.insert(digest).inserted else { continue }
            if role == .search, numbers[digest] == nil { numbers[digest] = numbers.count + 1 }
            order.append(
                Trial(number: numbers[digest] ?? 0, values: values, ranges: ranges))
            digests.append(digest)
        }
        let open = order.indices.filter { registry.record(digests[$0]) == nil }
        if role == .search {
            progress.known(proposals.count - open.count)
            try claim(order, digests, fold)
        }
        let isWhole = try pool.run(
            open.map { order[$0] },
            ended: { (index, outcome) throws(OptimiseError) in
                let (trial, digest) = (order[open[index]], digests[open[index]])
                try self.remember(trial, digest, outcome, role, fold)
            }, idle: progress.tick)
        if !isWhole { isStopped = true }
        return zip(order, digests).compactMap { trial, digest in
            registry.record(digest).map { Tried(number: trial.number, record: $0) }
        }
    }

    /// What is known from a test is now a trial of the search too, and counts.
    private func claim(
        _ order: [Trial], _ digests: [String], _ fold: Int
    ) throws(OptimiseError) {
        for (trial, digest) in zip(order, digests) {
            guard let known = registry.record(digest), known.role != .search else { continue }
            try registry.append(
                TrialRecord(
                    digest: digest, number: trial.number, role: .search, fold: fold,
                    values: known.values, ranges: known.ranges, result: known.result))
        }
    }

    private func remember(
        _ trial: Trial, _ digest: String, _ outcome: TrialOutcome, _ role: TrialRole, _ fold: Int
    ) throws(OptimiseError) {
        let result: TrialRecord.Result
        switch outcome {
        case .stopped: return
        case .done(let figures): result = .done(figures)
        case .failed(let reason): result = .failed(reason)
        }
        let record = TrialRecord(
            digest: digest, number: trial.number, role: role, fold: fold, values: trial.values,
            ranges: trial.ranges, result: result)
        try registry.append(record)
        if role == .search {
            progress.ended(record, plan.fitness(record), score: plan.score(record))
        }
    }
}

/// Random search as a list, so that its points do not hang on results.
private enum RandomPoints {
    static func search(_ space: Space, _ trials: Int, seed: UInt64) -> ListedSearch {
        var random = SplitMix64(seed: seed)
        return ListedSearch(
            Sampling.latinHypercube(
                trials, dimensions: space.parameters.count, &random, isAllowed: space.isAllowed))
    }
}

extension StudyPlan {
    /// The objective's value; `nil` when the trial has none.
    func score(_ record: TrialRecord) -> Double? { record.figures?.metrics[objective.metric] }

    func fitness(_ record: TrialRecord) -> Fitness {
        guard let score = score(record), let metrics = record.figures?.metrics else {
            return .failed
        }
        let violation = requirements.reduce(0) { $0 + $1.violation { metrics[$0] } }
        if violation > 0 { return .missed(by: violation) }
        return .met(cost: objective.isMaximised ? -score : score)
    }
}
