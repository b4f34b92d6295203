//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// A small dense symmetric matrix.
struct SymmetricMatrix {
    let size: Int
    private var cells: [Double]

    init(identity size: Int) {
        self.size = size
        cells = [Double](repeating: 0, count: size * size)
        for index in 0..<size { self[index, index] = 1 }
    }

    subscript(row: Int, column: Int) -> Double {
        get { cells[row * size + column] }
        set { cells[row * size + column] = newValue }
    }

    mutating func scale(by factor: Double) {
        for index in cells.indices { cells[index] *= factor }
    }

    /// Adds `weight` times the outer product of `vector` with itself.
    mutating func add(_ vector: [Double], weight: Double) {
        for row in 0..<size {
            for column in 0..<size {
                self[row, column] += weight * vector[row] * vector[column]
            }
        }
    }

    /// Orthogonal axes and the square roots of their eigenvalues.
    struct Decomposition {
        /// Column i is the axis of `lengths[i]`.
        var vectors: SymmetricMatrix
        var lengths: [Double]

        /// The vector as it would be of a distribution without correlation: V D^-1 V^T x.
        func whitened(_ x: [Double]) -> [Double] {
            let n = lengths.count
            let inside = (0..<n).map { column in
                let sum = (0..<n).reduce(0) { $0 + vectors[$1, column] * x[$1] }
                return lengths[column] > 0 ? sum / lengths[column] : 0
            }
            return (0..<n).map { row in
                (0..<n).reduce(0) { $0 + vectors[row, $1] * inside[$1] }
            }
        }
    }

    private static let sweepsMax = 60

    /// By Jacobi rotations until nothing is left beside the diagonal. Eigenvalues below 0, which a
    /// covariance has by rounding alone, count as 0.
    ///
    /// Cost: O(n^3) a sweep, about ten sweeps.
    /// Source: G. Golub, C. Van Loan, Matrix Computations, section 8.5.
    func decomposition() -> Decomposition {
        var matrix = self
        var vectors = SymmetricMatrix(identity: size)
        for _ in 0..<Self.sweepsMax {
            var beside = 0.0
            var on = 0.0
            for row in 0..<size {
                on += matrix[row, row] * matrix[row, row]
                for column in 0..<row { beside += matrix[row, column] * matrix[row, column] }
            }
            if !(beside > 1e-32 * on) { break }
            for row in 0..<size {
                for column in 0..<row { matrix.rotate(column, row, &vectors) }
            }
        }
        let lengths = (0..<size).map { max(0, matrix[$0, $0]).squareRoot() }
        return Decomposition(vectors: vectors, lengths: lengths)
    }

    /// Turns the plane of `p` and `q` so that their product becomes 0.
    private mutating func rotate(_ p: Int, _ q: Int, _ vectors: inout SymmetricMatrix) {
        let product = self[p, q]
        if product == 0 { return }
        let theta = (self[q, q] - self[p, p]) / (2 * product)
        let tangent = (theta < 0 ? -1 : 1) / (abs(theta) + (theta * theta + 1).squareRoot())
        let cosine = 1 / (tangent * tangent + 1).squareRoot()
        let sine = tangent * cosine
        for index in 0..<size {
            let (a, b) = (self[index, p], self[index, q])
            self[index, p] = cosine * a - sine * b
            self[index, q] = sine * a + cosine * b
            let (u, v) = (vectors[index, p], vectors[index, q])
            vectors[index, p] = cosine * u - sine * v
            vectors[index, q] = sine * u + cosine * v
        }
        for index in 0..<size {
            let (a, b) = (self[p, index], self[q, index])
            self[p, index] = cosine * a - sine * b
            self[q, index] = sine * a + cosine * b
        }
    }
}
