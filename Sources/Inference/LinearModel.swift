//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CKernels
public import CMessages

/// What a model says of one feature vector.
public struct ModelOutput: Equatable, Sendable {
    /// Expected mid return over the model's horizon, basis points; 0 when it is not finite.
    public var score: Float
    /// 0...1; see `LinearModel.confidence(score:)`.
    public var confidence: Float
    /// False when a feature or the score was not finite.
    public var isFinite: Bool

    @_noAllocation @_noLocks
    @inlinable @inline(__always)
    public init(score: Float, confidence: Float, isFinite: Bool) {
        self.score = score
        self.confidence = confidence
        self.isFinite = isFinite
    }
}

/// A linear model on normalised, clipped features, ready to be evaluated.
///
/// Float32 throughout, with the fixed order of additions of `apus_linear.h`: the same bits on
/// every machine. Cost: bench `inference/linear`.
///
/// SAFETY: the parameter rows are written once, in `init`, and never freed.
@safe
public struct LinearModel: @unchecked Sendable {
    /// Rows of `APUS_LINEAR_PADDED` floats, one behind the other: mean, 1/sigma, weights.
    @usableFromInline let rows: UnsafePointer<Float>
    @usableFromInline let paddedCount: UInt32
    public let featureCount: Int
    public let bias: Float
    /// Bound of a normalised feature, in sigmas.
    public let clip: Float
    /// Standard deviation of the training residuals, basis points.
    public let residualSigmaBps: Float
    public let path: LinearPath

    /// Copies the parameters into memory of their own, aligned to cache lines.
    ///
    /// - Precondition: as many means, inverse sigmas and weights, 1...124; clip and residual sigma
    ///   greater than 0.
    public init(
        mean: [Float], inverseSigma: [Float], weights: [Float], bias: Float, clip: Float,
        residualSigmaBps: Float, path: LinearPath = apus_linear_path_best()
    ) {
        let count = weights.count
        precondition(count >= 1 && count <= Int(APUS_FEATURE_COUNT_MAX), "1...124 features")
        precondition(mean.count == count && inverseSigma.count == count, "a value for each feature")
        precondition(clip > 0 && residualSigmaBps > 0, "a clip and a sigma greater than 0")
        let width = Int(APUS_LINEAR_PADDED)
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: 3 * width * MemoryLayout<Float>.size, alignment: 64)
        let row = unsafe memory.bindMemory(to: Float.self, capacity: 3 * width)
        unsafe row.initialize(repeating: 0, count: 3 * width)
        for index in 0..<count {
            unsafe row[index] = mean[index]
            unsafe row[width + index] = inverseSigma[index]
            unsafe row[2 * width + index] = weights[index]
        }
        unsafe rows = unsafe UnsafePointer(row)
        featureCount = count
        paddedCount = UInt32((count + 3) / 4 * 4)
        self.bias = bias
        self.clip = clip
        self.residualSigmaBps = residualSigmaBps
        self.path = path
    }

    /// Evaluates one feature vector.
    ///
    /// - Parameter values: 124 readable floats; those beyond `featureCount` are finite.
    @_noAllocation @_noLocks
    @inlinable @inline(__always)
    public func evaluate(_ values: UnsafePointer<Float>) -> ModelOutput {
        let width = Int(APUS_LINEAR_PADDED)
        let score = unsafe apus_linear_score(
            values, rows, rows + width, rows + 2 * width, paddedCount, clip, bias, path)
        // Not a number and the infinities fail this comparison.
        guard score.magnitude <= Float.greatestFiniteMagnitude else {
            return ModelOutput(score: 0, confidence: 0, isFinite: false)
        }
        return ModelOutput(score: score, confidence: confidence(score: score), isFinite: true)
    }

    /// How far the score stands out of the noise: |score| / (|score| + residual sigma).
    ///
    /// Grows with |score| from 0 towards 1 and is 0.5 at one residual sigma. It orders opinions
    /// of one model; it is not a probability.
    @_noAllocation @_noLocks
    @inlinable @inline(__always)
    public func confidence(score: Float) -> Float {
        let magnitude = score.magnitude
        return magnitude / (magnitude + residualSigmaBps)
    }

    /// The features' values of `vector`, in place.
    @_noAllocation @_noLocks
    @inlinable @inline(__always)
    public static func values(of vector: UnsafePointer<FeatureVector>) -> UnsafePointer<Float> {
        // The values are the record's last field.
        let offset = MemoryLayout<FeatureVector>.size - 4 * Int(APUS_FEATURE_COUNT_MAX)
        return unsafe (UnsafeRawPointer(vector) + offset).assumingMemoryBound(to: Float.self)
    }
}
