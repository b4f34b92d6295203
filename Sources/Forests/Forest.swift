//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CKernels

/// Decision trees, ready to be evaluated: the bits that the library which trained them computes.
///
/// Cost: bench `forest/lightgbm-100x31`.
///
/// SAFETY: all memory is written once, in `init`, and stays until `deallocate`.
@safe
public struct Forest: @unchecked Sendable {
    private let memory: UnsafePointer<ForestMemory>
    public let featureCount: Int
    public let treeCount: Int

    /// Lays the trees out in memory of their own, aligned to cache lines.
    ///
    /// - Precondition: `parameters.problem` is `nil`.
    public init(_ parameters: ForestParameters) {
        if let problem = parameters.problem { preconditionFailure(problem) }
        featureCount = parameters.featureCount
        treeCount = parameters.trees.count
        unsafe memory = unsafe ForestLayout(parameters).memory()
    }

    /// The score of one feature vector, the link applied; not finite when it overflows.
    ///
    /// - Parameter values: `featureCount` readable floats, any of them not-a-number or infinite.
    @_noAllocation @_noLocks
    public func evaluate(_ values: UnsafePointer<Float>) -> Double {
        unsafe apus_forest_evaluate(memory, values)
    }

    /// Gives the memory back.
    ///
    /// - Precondition: No copy of this value is evaluated any more.
    public func deallocate() { unsafe memory.deallocate() }
}
