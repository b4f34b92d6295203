//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CMessages
import CKernels

/// Fits a ridge regression of the mid's return on the engine's own features, and judges it on
/// later data. Cold code in double precision; features are normalised by the serving kernel.
///
/// The label of a row is (mid' / mid - 1) * 1e4 basis points, mid' being the instrument's first
/// sample at or after the row's time plus the horizon. Rows stay as they are sampled. Time is cut
/// as follows; rows whose label reaches beyond the end of their part are purged:
///
///     | fit              | embargo | validation | embargo | test |
///     0            56 %                       70 %              100 % of the span
///
/// Means and sigmas come from the part that is being fitted. The penalty is chosen on the
/// validation part, the model then fitted on all rows before the 70 % mark. Nothing of the test
/// part is looked at before the report.
///
/// Memory: 4 bytes per value and 36 per labelled row, up to `rowCountMax` rows.
public struct RidgeFit {
    let configuration: RidgeConfiguration
    /// One entry per warm row, in the order of `add`.
    var times: [UInt64] = []
    var mids: [Double] = []
    var instruments: [UInt32] = []
    /// Basis points; not a number while the label is not known.
    package private(set) var labels: [Double] = []
    package private(set) var labelTimes: [UInt64] = []
    var values: [Float] = []
    private var waiting: [UInt32: Waiting] = [:]
    private var overflowed = false
    private(set) var counts = RidgeCounts()
    private(set) var rowHash: UInt64 = 0xcbf2_9ce4_8422_2325

    /// The rows of one instrument that wait for their label, oldest first.
    private struct Waiting {
        var rows: [Int] = []
        var first = 0
        var lastTimeNs: UInt64 = 0
    }

    public init(_ configuration: RidgeConfiguration) { self.configuration = configuration }

    /// Takes the next row of an instrument. Rows that are not usable (a value that is not finite,
    /// a mid that is not positive, a time before the instrument's last row, another number of
    /// features) are left out and counted in the report.
    public mutating func add(_ row: RidgeRow) {
        unsafe row.values.withUnsafeBufferPointer { values in
            unsafe add(
                instrumentID: row.instrumentID, timeNs: row.timeNs, mid: row.mid,
                isWarm: row.isWarm, values: values)
        }
    }

    /// Takes a feature vector as the kernel made it; its mid is (bid + ask) / 2 in ticks.
    public mutating func add(_ vector: UnsafePointer<FeatureVector>) {
        let bid = unsafe Double(vector.pointee.bid.rawValue)
        let ask = unsafe Double(vector.pointee.ask.rawValue)
        unsafe add(
            instrumentID: vector.pointee.instrumentID, timeNs: vector.pointee.ingressTimeNs,
            mid: bid > 0 && ask > 0 ? (bid + ask) / 2 : 0, isWarm: vector.pointee.isWarm == 1,
            values: UnsafeBufferPointer(
                start: LinearModel.values(of: vector),
                count: min(Int(vector.pointee.featureCount), ModelFile.featureCountMax)))
    }

    private mutating func add(
        instrumentID: UInt32, timeNs: UInt64, mid: Double, isWarm: Bool,
        values row: UnsafeBufferPointer<Float>
    ) {
        counts.offered += 1
        let lastTimeNs = waiting[instrumentID, default: Waiting()].lastTimeNs
        guard mid > 0, mid.isFinite, timeNs >= lastTimeNs else {
            counts.refused += 1
            return
        }
        settle(instrumentID, timeNs: timeNs, mid: mid)
        guard isWarm else {
            counts.cold += 1
            return
        }
        guard row.count == configuration.featureNames.count, unsafe row.allSatisfy(\.isFinite)
        else {
            counts.refused += 1
            return
        }
        guard times.count < configuration.rowCountMax else {
            overflowed = true
            return
        }
        waiting[instrumentID]!.rows.append(times.count)
        times.append(timeNs)
        mids.append(mid)
        instruments.append(instrumentID)
        labels.append(.nan)
        labelTimes.append(0)
        unsafe values.append(contentsOf: row)
        hash(timeNs)
        hash(mid.bitPattern)
        for index in row.indices { unsafe hash(UInt64(row[index].bitPattern)) }
    }

    /// Gives the rows whose horizon has passed their label.
    private mutating func settle(_ instrumentID: UInt32, timeNs: UInt64, mid: Double) {
        var state = waiting.removeValue(forKey: instrumentID) ?? Waiting()
        state.lastTimeNs = timeNs
        while state.first < state.rows.count {
            let row = state.rows[state.first]
            let age = timeNs - times[row]
            if age < configuration.horizonNs { break }
            if age - configuration.horizonNs <= configuration.latenessMaxNs {
                labels[row] = (mid / mids[row] - 1) * 1e4
                labelTimes[row] = timeNs
            }
            state.first += 1
        }
        // The settled half goes, so that what waits stays as small as the horizon.
        if state.first > 4_096, state.first * 2 > state.rows.count {
            state.rows.removeFirst(state.first)
            state.first = 0
        }
        waiting[instrumentID] = state
    }

    /// FNV-1a over 64-bit words.
    private mutating func hash(_ word: UInt64) { rowHash = (rowHash ^ word) &* 0x100_0000_01b3 }

    /// Fits, judges, and puts the report into the parameters' metadata.
    public mutating func finish() throws(RidgeError) -> (LinearModelParameters, RidgeReport) {
        if overflowed { throw .tooManyRows(rowsMax: configuration.rowCountMax) }
        if let problem = configuration.problem { throw .invalidConfiguration(problem) }
        let labelled = labels.indices.filter { !labels[$0].isNaN }
        guard !labelled.isEmpty else {
            throw .noLabels(rows: times.count, horizonNs: configuration.horizonNs)
        }
        let split = RidgeSplit(
            configuration, start: times.min() ?? 0, end: times.max() ?? 0)
        let parts = try partition(labelled, split)
        let penalty = try choosePenalty(fit: parts.fit, validation: parts.validation)
        let normaliser = RidgeNormaliser(self, rows: parts.train)
        guard
            let (weights, bias) = equations(parts.train, normaliser).solve(
                penalty: penalty, hasBias: configuration.directional.isEmpty)
        else { throw .notPositiveDefinite }
        var parameters = LinearModelParameters(
            schemaHash: configuration.schemaHash, horizonNs: configuration.horizonNs,
            featureNames: configuration.featureNames, featureUnits: configuration.featureUnits,
            mean: normaliser.mean, inverseSigma: normaliser.inverseSigma,
            weights: weights.map { Float($0) }, bias: Float(bias), clip: configuration.clip,
            residualSigmaBps: 1,
            thresholds: ModelThresholds(buyAboveBps: 0, sellBelowBps: 0, minimumConfidence: 0))
        try completeFromTraining(&parameters, parts.train)
        counts.settle(rows: times.count, labelled: labelled.count, parts)
        let report = RidgeReport(
            self, parameters, parts, split, penalty: penalty, normaliser: normaliser)
        parameters.metadata = report.json
        parameters.goldenInputs = sample(parts.test)
        return (parameters, report)
    }

    private mutating func partition(
        _ labelled: [Int], _ split: RidgeSplit
    ) throws(RidgeError) -> RidgeParts {
        var parts = RidgeParts()
        for row in labelled {
            switch split.part(time: times[row], labelTime: labelTimes[row]) {
            case .train: parts.train.append(row)
            case .test: parts.test.append(row)
            case .purged: counts.purged += 1
            case .embargoed: counts.embargoed += 1
            }
            switch split.inner.part(time: times[row], labelTime: labelTimes[row]) {
            case .train: parts.fit.append(row)
            case .test where labelTimes[row] <= split.boundaryNs: parts.validation.append(row)
            default: break
            }
        }
        let span = split.endNs - split.startNs
        for (part, rows) in [
            ("training", parts.fit), ("validation", parts.validation), ("test", parts.test),
        ] where rows.count < configuration.rowCountMin {
            throw .tooFewRows(
                part: part, rows: rows.count, rowsMin: configuration.rowCountMin, spanNs: span)
        }
        return parts
    }

    private func equations(_ rows: [Int], _ normaliser: RidgeNormaliser) -> NormalEquations {
        var equations = NormalEquations(featureCount: configuration.featureNames.count)
        for row in rows {
            unsafe normaliser.withNormalised(self, row) {
                unsafe equations.add($0, label: labels[row])
            }
        }
        return equations
    }

    /// The penalty with the least error on the validation rows; the larger one of equals.
    private func choosePenalty(fit: [Int], validation: [Int]) throws(RidgeError) -> Double {
        let normaliser = RidgeNormaliser(self, rows: fit)
        let fitted = equations(fit, normaliser)
        let judged = equations(validation, normaliser)
        var best: (penalty: Double, error: Double)?
        for penalty in configuration.penalties.sorted(by: >) {
            guard
                let (weights, bias) = fitted.solve(
                    penalty: penalty, hasBias: configuration.directional.isEmpty)
            else { continue }
            let error = judged.meanSquaredError(weights: weights, bias: bias)
            if error < best?.error ?? .infinity { best = (penalty, error) }
        }
        guard let best else { throw .notPositiveDefinite }
        return best.penalty
    }

    /// Residual sigma and thresholds, from the training rows alone: the thresholds are the scores
    /// that a tenth of the rows lies beyond on each side.
    private func completeFromTraining(
        _ parameters: inout LinearModelParameters, _ rows: [Int]
    ) throws(RidgeError) {
        let scores = predictions(parameters.makeModel(), rows)
        var squares = 0.0
        for (place, row) in rows.enumerated() {
            let residual = labels[row] - scores[place]
            squares += residual * residual
        }
        guard squares > 0 else { throw .labelsDoNotVary }
        parameters.residualSigmaBps = Float((squares / Double(rows.count)).squareRoot())
        let sorted = scores.sorted()
        parameters.thresholds.sellBelowBps = Float(sorted[sorted.count / 10])
        parameters.thresholds.buyAboveBps = Float(sorted[sorted.count - 1 - sorted.count / 10])
        if let problem = parameters.contents.problem { throw .invalidConfiguration(problem) }
    }

    /// Scores by the serving kernel.
    func predictions(_ model: LinearModel, _ rows: [Int]) -> [Double] {
        let width = configuration.featureNames.count
        var padded = [Float](repeating: 0, count: ModelFile.featureCountMax)
        return rows.map { row in
            for index in 0..<width { padded[index] = values[row * width + index] }
            return unsafe Double(
                padded.withUnsafeBufferPointer { unsafe model.evaluate($0.baseAddress!).score })
        }
    }

    /// Evenly spaced rows as golden inputs.
    private func sample(_ rows: [Int]) -> [[Float]] {
        let width = configuration.featureNames.count
        return (0..<ModelFile.goldenCount).map { index in
            let row = rows[index * rows.count / ModelFile.goldenCount]
            return Array(values[(row * width)..<((row + 1) * width)])
        }
    }
}

/// Means and sigmas of some rows, and the rows normalised with them.
struct RidgeNormaliser {
    private(set) var mean: [Float] = []
    private(set) var inverseSigma: [Float] = []

    init(_ fit: RidgeFit, rows: [Int]) {
        let width = fit.configuration.featureNames.count
        let directional = fit.configuration.directional
        if let given = fit.configuration.normaliser {
            for feature in 0..<width {
                let isUsed = directional.isEmpty || directional[feature]
                mean.append(directional.isEmpty ? given.mean[feature] : 0)
                inverseSigma.append(isUsed ? given.inverseSigma[feature] : 0)
            }
            return
        }
        for feature in 0..<width {
            guard directional.isEmpty || directional[feature] else {
                mean.append(0)
                inverseSigma.append(0)
                continue
            }
            var sum = 0.0
            for row in rows { sum += Double(fit.values[row * width + feature]) }
            // A mirrored market has the opposite mean, so a symmetric fit assumes none.
            let average = directional.isEmpty ? sum / Double(rows.count) : 0
            var squares = 0.0
            for row in rows {
                let deviation = Double(fit.values[row * width + feature]) - average
                squares += deviation * deviation
            }
            let sigma = (squares / Double(rows.count)).squareRoot()
            mean.append(Float(average))
            inverseSigma.append(FeatureNormaliser.inverse(sigma: sigma, mean: average))
        }
    }

    /// Lends the normalised, clipped values of `row`, by the operations of the serving kernel.
    func withNormalised(
        _ fit: borrowing RidgeFit, _ row: Int, _ body: (UnsafeBufferPointer<Float>) -> Void
    ) {
        let width = mean.count
        unsafe withUnsafeTemporaryAllocation(of: Float.self, capacity: width) { out in
            unsafe fit.values.withUnsafeBufferPointer { values in
                unsafe apus_linear_normalise(
                    values.baseAddress! + row * width, mean, inverseSigma, UInt32(width),
                    fit.configuration.clip, out.baseAddress!)
            }
            unsafe body(UnsafeBufferPointer(out))
        }
    }
}
