//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CMessages

/// What brings features to one scale: clip((value - mean) / sigma). A model carries one; one by
/// itself is fitted by `apus features fit`.
public struct FeatureNormaliser: Equatable, Sendable {
    public var schemaHash: UInt64
    public var names: [String]
    public var mean: [Float]
    /// 0 for a feature that did not vary.
    public var inverseSigma: [Float]
    /// Sigmas.
    public var clip: Float
    /// Vectors it was fitted on.
    public var rowCount: Int

    public init(
        schemaHash: UInt64, names: [String], mean: [Float], inverseSigma: [Float], clip: Float,
        rowCount: Int
    ) {
        self.schemaHash = schemaHash
        self.names = names
        self.mean = mean
        self.inverseSigma = inverseSigma
        self.clip = clip
        self.rowCount = rowCount
    }

    /// The first rule it breaks; `nil` when it can be used.
    public var problem: String? {
        let count = names.count
        if count < 1 || count > ModelFile.featureCountMax { return "\(count) features" }
        if mean.count != count || inverseSigma.count != count {
            return "mean, 1/sigma and names differ in number"
        }
        for index in 0..<count {
            if !mean[index].isFinite { return "mean of \(names[index]) is not finite" }
            if !inverseSigma[index].isFinite || inverseSigma[index] < 0 {
                return "1/sigma of \(names[index]) is not a finite number from 0 up"
            }
        }
        return clip > 0 && clip <= 100 ? nil : "the clip is not in 0...100 sigmas"
    }

    /// 1/sigma as a model has it: 0 where a feature does not vary beyond the rounding of its own
    /// float.
    static func inverse(sigma: Double, mean: Double) -> Float {
        let inverse = Float(1 / sigma)
        return sigma > abs(mean) * 1e-6 && inverse.isFinite ? inverse : 0
    }
}

/// Mean and population deviation of every feature over warm vectors, in one pass and in order: the
/// same vectors give the same bits.
///
/// Source: B. Welford, "Note on a method for calculating corrected sums of squares", 1962.
public struct NormaliserFit {
    private let schemaHash: UInt64
    private let names: [String]
    private var count = 0
    private var means: [Double]
    private var squares: [Double]

    public init(schemaHash: UInt64, names: [String]) {
        self.schemaHash = schemaHash
        self.names = names
        means = Array(repeating: 0, count: names.count)
        squares = means
    }

    /// Takes a vector as the kernel made it; one that is cold or of another size is left out.
    public mutating func add(_ vector: UnsafePointer<FeatureVector>) {
        guard unsafe vector.pointee.isWarm == 1,
            unsafe Int(vector.pointee.featureCount) == names.count
        else { return }
        let values = unsafe LinearModel.values(of: vector)
        count += 1
        for index in names.indices {
            let value = unsafe Double(values[index])
            let distance = value - means[index]
            means[index] += distance / Double(count)
            squares[index] += distance * (value - means[index])
        }
    }

    /// - Parameter clip: Sigmas, greater than 0 and at most 100.
    /// - Throws: `RidgeError` without a warm vector, or for a clip out of range.
    public func finish(clip: Float) throws(RidgeError) -> FeatureNormaliser {
        guard count > 0 else { throw .noWarmRows }
        let normaliser = FeatureNormaliser(
            schemaHash: schemaHash, names: names, mean: means.map { Float($0) },
            inverseSigma: names.indices.map { index in
                FeatureNormaliser.inverse(
                    sigma: (squares[index] / Double(count)).squareRoot(), mean: means[index])
            },
            clip: clip, rowCount: count)
        if let problem = normaliser.problem { throw .invalidConfiguration(problem) }
        return normaliser
    }
}
