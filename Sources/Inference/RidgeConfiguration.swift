//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What data a fit was made from; goes into the file's metadata.
public struct RidgeSource: Equatable, Sendable {
    public var name: String
    /// Hexadecimal, of the data's bytes.
    public var hash: String

    public init(name: String, hash: String) {
        self.name = name
        self.hash = hash
    }
}

/// How a ridge regression is fitted and judged. There is no shuffled split: neighbouring rows
/// share most of their label's window, so a shuffle would hand the answers to the model.
public struct RidgeConfiguration: Equatable, Sendable {
    public var schemaHash: UInt64
    public var featureNames: [String]
    public var featureUnits: [String]
    /// The label is the mid's return over this time.
    public var horizonNs: UInt64
    /// Share of the time span that trains; the rest tests.
    public var trainShare = 0.7
    /// Share of the training span, at its end, on which the penalty is chosen.
    public var validationShare = 0.2
    /// Time left out after the end of training, beside the purge of one horizon.
    public var embargoNs: UInt64
    /// A label's sample may come this much after its horizon; without one the row has no label.
    public var latenessMaxNs: UInt64
    /// Bound of a normalised feature, sigmas.
    public var clip: Float = 5
    /// Used as it is, with its clip, instead of means and sigmas of the part that is being fitted.
    /// A symmetric fit takes its sigmas alone.
    public var normaliser: FeatureNormaliser? {
        didSet { if let normaliser { clip = normaliser.clip } }
    }
    /// Penalties tried, for features of variance 1 and errors averaged over rows.
    public var penalties = [0.0001, 0.001, 0.01, 0.1, 1]
    /// The base rate's own feature; `nil`: the first whose name contains "imbalance".
    public var imbalanceFeature: Int?
    /// One entry a feature: whether it changes sign when bids and asks change places. When given,
    /// the fit is mirror symmetric: features that do not (spreads, rates, volatilities) get weight
    /// 0 and there is no bias, so that the drift of the training span is not learnt as a forecast.
    /// Empty: every feature and a bias.
    public var directional: [Bool] = []
    public var rowCountMax = 20_000_000
    public var sources: [RidgeSource] = []

    /// The smallest number of rows each part of the split must have.
    public var rowCountMin: Int { max(100, 5 * featureNames.count) }

    public init(
        schemaHash: UInt64, featureNames: [String], featureUnits: [String], horizonNs: UInt64
    ) {
        self.schemaHash = schemaHash
        self.featureNames = featureNames
        self.featureUnits = featureUnits
        self.horizonNs = horizonNs
        embargoNs = max(horizonNs, 10_000_000_000)
        latenessMaxNs = max(horizonNs, 1_000_000_000)
    }
}

/// One observation: the features at a time and the mid at that time.
public struct RidgeRow: Equatable, Sendable {
    public var instrumentID: UInt32
    public var timeNs: UInt64
    /// In any unit, for instance ticks: only its returns count.
    public var mid: Double
    public var values: [Float]
    /// False: only the mid is used, for the labels of earlier rows.
    public var isWarm: Bool

    public init(
        instrumentID: UInt32, timeNs: UInt64, mid: Double, values: [Float], isWarm: Bool = true
    ) {
        self.instrumentID = instrumentID
        self.timeNs = timeNs
        self.mid = mid
        self.values = values
        self.isWarm = isWarm
    }
}

/// Why a fit gave no model. Each text says what to do.
public enum RidgeError: Error, Equatable, CustomStringConvertible {
    case invalidConfiguration(String)
    case noLabels(rows: Int, horizonNs: UInt64)
    case tooFewRows(part: String, rows: Int, rowsMin: Int, spanNs: UInt64)
    case tooManyRows(rowsMax: Int)
    case noWarmRows
    case labelsDoNotVary
    case notPositiveDefinite

    public var description: String {
        switch self {
        case .invalidConfiguration(let reason): "fit: \(reason)"
        case .noLabels(let rows, let horizonNs):
            "fit: none of \(rows) rows has a mid \(Self.seconds(horizonNs)) later; give a longer "
                + "capture or a shorter horizon"
        case .tooFewRows(let part, let rows, let rowsMin, let spanNs):
            "fit: the \(part) part has \(rows) rows of at least \(rowsMin) after purge and "
                + "embargo, from \(Self.seconds(spanNs)) of data; give a longer capture"
        case .tooManyRows(let rowsMax):
            "fit: more than \(rowsMax) rows; give fewer captures or decide less often"
        case .noWarmRows:
            "fit: no vector is warm; give a longer capture"
        case .labelsDoNotVary:
            "fit: the mid never moves over the horizon; give a longer capture or a longer horizon"
        case .notPositiveDefinite:
            "fit: the normal equations have no solution; raise the penalties"
        }
    }

    static func seconds(_ ns: UInt64) -> String { Columns.fixed(Double(ns) / 1e9, 3) + " s" }
}
