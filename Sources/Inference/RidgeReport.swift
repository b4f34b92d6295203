//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// How good a fitted model is on data it has not seen, beside what is known without it.
public struct RidgeReport: Equatable, Sendable {
    /// A tenth of the test rows by growing score.
    public struct Decile: Equatable, Sendable {
        public var rows: Int
        public var meanScoreBps: Double
        public var meanLabelBps: Double
    }
    public struct Coefficient: Equatable, Sendable {
        public var name: String
        /// Per sigma of the feature.
        public var weightBps: Double
    }

    public let counts: RidgeCounts
    public let startNs: UInt64
    public let endNs: UInt64
    public let boundaryNs: UInt64
    public let horizonNs: UInt64
    public let embargoNs: UInt64
    public let penalty: Double
    public let penaltyCount: Int
    public let clip: Float
    public let rowHash: UInt64
    public let sources: [RidgeSource]
    public let schemaHash: UInt64

    // Base rates on the test rows.
    /// Share of rows whose label is not 0.
    public let moveRate: Double
    /// Share of rows whose label has the sign of the last complete return, both not 0.
    public let persistence: Double
    public let imbalanceName: String
    /// Of a regression on the imbalance feature alone, against the zero forecast.
    public let imbalanceR2: Double
    /// Root mean square of the label: the error of forecasting zero.
    public let zeroForecastRMSEBps: Double

    // The model on the test rows.
    /// 1 - sum (y - f)^2 / sum y^2: against forecasting zero.
    public let r2AgainstZero: Double
    /// 1 - sum (y - f)^2 / sum (y - m)^2 with m the mean label in training.
    public let r2AgainstTrainMean: Double
    /// In sample, against zero.
    public let trainR2: Double
    /// Pearson correlation of score and label.
    public let informationCoefficient: Double
    /// Share of rows with the right sign, among those whose label and score are not 0.
    public let signAccuracy: Double
    public let residualSigmaBps: Double
    public let thresholds: ModelThresholds
    public let deciles: [Decile]
    /// Largest first.
    public let coefficients: [Coefficient]

    init(
        _ fit: borrowing RidgeFit, _ parameters: LinearModelParameters, _ parts: RidgeParts,
        _ split: RidgeSplit, penalty: Double, normaliser: RidgeNormaliser
    ) {
        let configuration = fit.configuration
        let model = parameters.makeModel()
        let labels = parts.test.map { fit.labels[$0] }
        let scores = fit.predictions(model, parts.test)
        let trainLabels = parts.train.map { fit.labels[$0] }
        let trainMean = Statistics.mean(trainLabels)

        counts = fit.counts
        startNs = split.startNs
        endNs = split.endNs
        boundaryNs = split.boundaryNs
        horizonNs = configuration.horizonNs
        embargoNs = configuration.embargoNs
        self.penalty = penalty
        penaltyCount = configuration.penalties.count
        clip = configuration.clip
        rowHash = fit.rowHash
        sources = configuration.sources
        schemaHash = configuration.schemaHash

        moveRate = Statistics.share(labels) { $0 != 0 }
        persistence = Self.persistence(fit, parts.test)
        zeroForecastRMSEBps = Statistics.meanSquare(labels).squareRoot()
        let names = configuration.featureNames
        let imbalance =
            configuration.imbalanceFeature ?? names.firstIndex { $0.contains("imbalance") }
        imbalanceName = imbalance.map { names[$0] } ?? "none"
        imbalanceR2 = imbalance.map { Self.singleR2(fit, parts, normaliser, $0) } ?? .nan

        r2AgainstZero = Statistics.r2(labels, scores, against: 0)
        r2AgainstTrainMean = Statistics.r2(labels, scores, against: trainMean)
        trainR2 = Statistics.r2(trainLabels, fit.predictions(model, parts.train), against: 0)
        informationCoefficient = Statistics.correlation(scores, labels)
        let moved = zip(scores, labels).filter { $0.0 != 0 && $0.1 != 0 }
        signAccuracy = Statistics.share(moved) { ($0.0 > 0) == ($0.1 > 0) }
        residualSigmaBps = Double(parameters.residualSigmaBps)
        thresholds = parameters.thresholds
        deciles = Self.deciles(scores, labels)
        coefficients = zip(names, parameters.weights)
            .map { Coefficient(name: $0.0, weightBps: Double($0.1)) }
            .sorted { abs($0.weightBps) > abs($1.weightBps) }
    }

    /// Compares each row's label with the return that was complete at the row's time.
    private static func persistence(_ fit: borrowing RidgeFit, _ rows: [Int]) -> Double {
        var complete: [UInt32: (rows: [Int], first: Int, sign: Double)] = [:]
        var same = 0
        var total = 0
        for row in rows {
            let label = fit.labels[row]
            var state = complete.removeValue(forKey: fit.instruments[row]) ?? ([], 0, 0)
            while state.first < state.rows.count,
                fit.labelTimes[state.rows[state.first]] <= fit.times[row]
            {
                state.sign = fit.labels[state.rows[state.first]]
                state.first += 1
            }
            if label != 0, state.sign != 0 {
                total += 1
                if (label > 0) == (state.sign > 0) { same += 1 }
            }
            state.rows.append(row)
            complete[fit.instruments[row]] = state
        }
        return total == 0 ? .nan : Double(same) / Double(total)
    }

    /// R2 against zero of a least-squares line on one feature, fitted on the training rows.
    private static func singleR2(
        _ fit: borrowing RidgeFit, _ parts: RidgeParts, _ normaliser: RidgeNormaliser,
        _ feature: Int
    ) -> Double {
        func value(_ fit: borrowing RidgeFit, _ row: Int) -> Float {
            var result: Float = 0
            unsafe normaliser.withNormalised(fit, row) { result = unsafe $0[feature] }
            return result
        }
        var equations = NormalEquations(featureCount: 1)
        for row in parts.train {
            var single = value(fit, row)
            unsafe withUnsafePointer(to: &single) {
                unsafe equations.add(
                    UnsafeBufferPointer(start: $0, count: 1), label: fit.labels[row])
            }
        }
        guard let (weights, bias) = equations.solve(penalty: 1e-9) else { return .nan }
        let scores = parts.test.map { bias + weights[0] * Double(value(fit, $0)) }
        return Statistics.r2(parts.test.map { fit.labels[$0] }, scores, against: 0)
    }

    private static func deciles(_ scores: [Double], _ labels: [Double]) -> [Decile] {
        let order = scores.indices.sorted { (scores[$0], $0) < (scores[$1], $1) }
        return (0..<10).map { decile in
            let range = order[(decile * order.count / 10)..<((decile + 1) * order.count / 10)]
            return Decile(
                rows: range.count, meanScoreBps: Statistics.mean(range.map { scores[$0] }),
                meanLabelBps: Statistics.mean(range.map { labels[$0] }))
        }
    }
}

/// Plain sums in order: small, and the same bits every time.
enum Statistics {
    static func mean(_ values: [Double]) -> Double {
        values.isEmpty ? .nan : values.reduce(0, +) / Double(values.count)
    }
    static func meanSquare(_ values: [Double]) -> Double { mean(values.map { $0 * $0 }) }

    static func share<Value>(_ values: [Value], _ holds: (Value) -> Bool) -> Double {
        values.isEmpty ? .nan : Double(values.filter(holds).count) / Double(values.count)
    }

    static func r2(_ labels: [Double], _ scores: [Double], against base: Double) -> Double {
        let error = meanSquare(zip(labels, scores).map { $0 - $1 })
        return 1 - error / meanSquare(labels.map { $0 - base })
    }

    static func correlation(_ a: [Double], _ b: [Double]) -> Double {
        let meanA = mean(a)
        let meanB = mean(b)
        let product = mean(zip(a, b).map { ($0 - meanA) * ($1 - meanB) })
        let squares = meanSquare(a.map { $0 - meanA }) * meanSquare(b.map { $0 - meanB })
        return product / squares.squareRoot()
    }
}
