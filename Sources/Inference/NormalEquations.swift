//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Sums of products of features and label, added row by row, from which a ridge regression and
/// its squared error follow without the rows. Cold; one row costs (n + 1)(n + 2) / 2
/// multiply-adds for n features.
package struct NormalEquations {
    let featureCount: Int
    private(set) var rowCount = 0
    /// Sum of z.
    private var sums: [Double]
    /// Sum of z_i z_j for j <= i, row by row.
    private var products: [Double]
    /// Sum of z y.
    private var labelProducts: [Double]
    private var labelSum = 0.0
    private var labelSquares = 0.0

    init(featureCount: Int) {
        self.featureCount = featureCount
        sums = [Double](repeating: 0, count: featureCount)
        products = [Double](repeating: 0, count: featureCount * (featureCount + 1) / 2)
        labelProducts = sums
    }

    /// - Precondition: `row` has `featureCount` values.
    mutating func add(_ row: UnsafeBufferPointer<Float>, label: Double) {
        precondition(row.count == featureCount, "a value for each feature")
        rowCount += 1
        labelSum += label
        labelSquares += label * label
        let count = featureCount
        unsafe products.withUnsafeMutableBufferPointer { products in
            unsafe sums.withUnsafeMutableBufferPointer { sums in
                unsafe labelProducts.withUnsafeMutableBufferPointer { labelProducts in
                    var place = 0
                    for i in 0..<count {
                        let value = unsafe Double(row[i])
                        unsafe sums[i] += value
                        unsafe labelProducts[i] += value * label
                        for j in 0...i {
                            unsafe products[place] += value * Double(row[j])
                            place += 1
                        }
                    }
                }
            }
        }
    }

    /// Weights and bias that minimise mean squared error + penalty * |weights|^2. The bias is
    /// not penalised; without one it is 0.
    ///
    /// - Returns: `nil` without rows, or when the matrix is not positive definite.
    func solve(penalty: Double, hasBias: Bool = true) -> (weights: [Double], bias: Double)? {
        guard rowCount > 0 else { return nil }
        let n = Double(rowCount)
        let means = sums.map { hasBias ? $0 / n : 0 }
        let labelMean = hasBias ? labelSum / n : 0
        var matrix = products
        var right = labelProducts
        var place = 0
        for i in 0..<featureCount {
            for j in 0...i {
                matrix[place] = matrix[place] / n - means[i] * means[j]
                if i == j { matrix[place] += penalty }
                place += 1
            }
            right[i] = right[i] / n - means[i] * labelMean
        }
        guard Self.factorise(&matrix, featureCount) else { return nil }
        let weights = Self.substitute(matrix, right)
        var bias = labelMean
        for i in 0..<featureCount { bias -= weights[i] * means[i] }
        return (weights, bias)
    }

    /// Mean squared error of the given model on these rows.
    func meanSquaredError(weights: [Double], bias: Double) -> Double {
        let n = Double(rowCount)
        var error = labelSquares - 2 * bias * labelSum + n * bias * bias
        var place = 0
        for i in 0..<featureCount {
            error += 2 * weights[i] * (bias * sums[i] - labelProducts[i])
            for j in 0...i {
                error += (i == j ? 1 : 2) * weights[i] * weights[j] * products[place]
                place += 1
            }
        }
        return error / n
    }

    /// Cholesky's factorisation in place; `false` when a pivot is not positive.
    package static func factorise(_ matrix: inout [Double], _ count: Int) -> Bool {
        func at(_ i: Int, _ j: Int) -> Int { i * (i + 1) / 2 + j }
        for j in 0..<count {
            var pivot = matrix[at(j, j)]
            for k in 0..<j { pivot -= matrix[at(j, k)] * matrix[at(j, k)] }
            guard pivot > 1e-12, pivot.isFinite else { return false }
            let root = pivot.squareRoot()
            matrix[at(j, j)] = root
            for i in (j + 1)..<max(count, j + 1) {
                var value = matrix[at(i, j)]
                for k in 0..<j { value -= matrix[at(i, k)] * matrix[at(j, k)] }
                matrix[at(i, j)] = value / root
            }
        }
        return true
    }

    /// Solves with the factor L of `factorise`: L L' x = right.
    private static func substitute(_ factor: [Double], _ right: [Double]) -> [Double] {
        func at(_ i: Int, _ j: Int) -> Int { i * (i + 1) / 2 + j }
        var x = right
        for i in 0..<x.count {
            for k in 0..<i { x[i] -= factor[at(i, k)] * x[k] }
            x[i] /= factor[at(i, i)]
        }
        for i in (0..<x.count).reversed() {
            for k in (i + 1)..<max(x.count, i + 1) { x[i] -= factor[at(k, i)] * x[k] }
            x[i] /= factor[at(i, i)]
        }
        return x
    }
}
