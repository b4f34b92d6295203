//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CKernels
import Forests
import Networks

/// A forest and, where its trainer had one, the scale of what it reads.
///
/// SAFETY: memory is made in `init` and given back by `deallocate`; the scaled values are one
/// thread's.
@safe
struct ScaledForest: @unchecked Sendable {
    private let forest: Forest
    /// Mean, 1/sigma and room for the scaled values, 128 floats each; `nil`: features as they are.
    private let rows: UnsafeMutablePointer<Float>?
    private let clip: Float

    private static var width: Int {
        @_noAllocation @_noLocks
        @inline(__always)
        get { 128 }
    }

    init(_ forest: Forest, _ scale: InputScale) {
        self.forest = forest
        clip = scale.clip
        guard scale != ModelContents.noScale(features: forest.featureCount) else {
            unsafe rows = nil
            return
        }
        let rows = UnsafeMutablePointer<Float>.allocate(capacity: 3 * Self.width)
        unsafe rows.initialize(repeating: 0, count: 3 * Self.width)
        for index in scale.mean.indices {
            unsafe rows[index] = scale.mean[index]
            unsafe rows[Self.width + index] = scale.inverseSigma[index]
        }
        unsafe self.rows = unsafe rows
    }

    func deallocate() { unsafe rows?.deallocate() }

    /// - Parameter values: 124 readable floats.
    @_noAllocation @_noLocks
    func evaluate(_ values: UnsafePointer<Float>) -> Double {
        guard let rows = unsafe rows else { return unsafe forest.evaluate(values) }
        let width = Self.width
        unsafe apus_linear_normalise(
            values, rows, rows + width, UInt32(truncatingIfNeeded: forest.featureCount), clip,
            rows + 2 &* width)
        return unsafe forest.evaluate(rows + 2 &* width)
    }
}
