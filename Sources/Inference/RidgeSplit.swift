//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// A cut in time with a purge before it and an embargo behind it.
package struct RidgeCut {
    package enum Part { case train, test, purged, embargoed }

    var boundaryNs: UInt64
    var embargoNs: UInt64

    package init(boundaryNs: UInt64, embargoNs: UInt64) {
        self.boundaryNs = boundaryNs
        self.embargoNs = embargoNs
    }

    /// A row trains only when its label was known at the boundary.
    package func part(time: UInt64, labelTime: UInt64) -> Part {
        if labelTime <= boundaryNs { return .train }
        if time <= boundaryNs { return .purged }
        return time - boundaryNs <= embargoNs ? .embargoed : .test
    }
}

/// The outer cut into training and test, and the inner one into fit and validation.
struct RidgeSplit {
    let startNs: UInt64
    let endNs: UInt64
    let boundaryNs: UInt64
    let inner: RidgeCut
    private let outer: RidgeCut

    init(_ configuration: RidgeConfiguration, start: UInt64, end: UInt64) {
        startNs = start
        endNs = end
        let span = Double(end - start)
        boundaryNs = start + UInt64(span * configuration.trainShare)
        let innerShare = configuration.trainShare * (1 - configuration.validationShare)
        outer = RidgeCut(boundaryNs: boundaryNs, embargoNs: configuration.embargoNs)
        inner = RidgeCut(
            boundaryNs: start + UInt64(span * innerShare), embargoNs: configuration.embargoNs)
    }

    func part(time: UInt64, labelTime: UInt64) -> RidgeCut.Part {
        outer.part(time: time, labelTime: labelTime)
    }
}

/// Numbers of the rows of each part.
struct RidgeParts {
    /// All rows before the outer cut.
    var train: [Int] = []
    /// Those before the inner cut.
    var fit: [Int] = []
    var validation: [Int] = []
    var test: [Int] = []
}

/// What became of the rows.
public struct RidgeCounts: Equatable, Sendable {
    public internal(set) var offered = 0
    public internal(set) var refused = 0
    public internal(set) var cold = 0
    public internal(set) var unlabelled = 0
    public internal(set) var train = 0
    public internal(set) var validation = 0
    public internal(set) var test = 0
    public internal(set) var purged = 0
    public internal(set) var embargoed = 0

    mutating func settle(rows: Int, labelled: Int, _ parts: RidgeParts) {
        unlabelled = rows - labelled
        train = parts.train.count
        validation = parts.validation.count
        test = parts.test.count
    }
}

extension RidgeConfiguration {
    /// The first rule the configuration breaks.
    var problem: String? {
        let count = featureNames.count
        if count < 1 || count > ModelFile.featureCountMax || featureUnits.count != count {
            return "1...\(ModelFile.featureCountMax) features with a unit each are possible"
        }
        if let normaliser, let problem = normaliser.problem ?? mismatch(normaliser) {
            return "normaliser: \(problem)"
        }
        if horizonNs < 1 || horizonNs > ModelFile.horizonMaxNs {
            return "the horizon is 1 ns...1 d"
        }
        if !(trainShare > 0 && trainShare < 1 && validationShare > 0 && validationShare < 1) {
            return "the shares of training and validation lie between 0 and 1"
        }
        if !(clip > 0 && clip <= 100) { return "the clip lies in 0...100 sigmas" }
        if penalties.isEmpty || !penalties.allSatisfy({ $0 > 0 && $0.isFinite }) {
            return "penalties greater than 0 are needed"
        }
        if let imbalanceFeature, !(0..<count).contains(imbalanceFeature) {
            return "the imbalance feature is not one of the features"
        }
        if !directional.isEmpty && directional.count != count {
            return "directional needs an entry for each feature"
        }
        return nil
    }

    private func mismatch(_ normaliser: FeatureNormaliser) -> String? {
        normaliser.schemaHash == schemaHash && normaliser.names == featureNames
            ? nil : "it is of other features"
    }
}
