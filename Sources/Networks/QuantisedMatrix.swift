//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// An int8 matrix, symmetric for each row: weight = scale * integer.
public struct QuantisedMatrix: Equatable, Sendable {
    public let rows: Int
    public let columns: Int
    /// -127...127, row after row.
    public var weights: [Int8]
    /// What one step of weight times one step of activation is worth, of each row; 0 or more.
    public var scale: [Float]
    public var bias: [Float]

    /// - Precondition: `rows * columns` weights, a scale and a bias for each row.
    init(rows: Int, columns: Int, weights: [Int8], scale: [Float], bias: [Float]) {
        precondition(weights.count == rows * columns, "a weight for each place")
        precondition(scale.count == rows && bias.count == rows, "a scale and a bias for each row")
        self.rows = rows
        self.columns = columns
        self.weights = weights
        self.scale = scale
        self.bias = bias
    }

    /// Rounds each row to 127 steps either side of zero, its greatest magnitude the last one.
    ///
    /// - Parameters:
    ///   - bias: Shape [rows].
    ///   - activationStep: What one step of the activation is worth.
    init(_ weight: FloatMatrix, bias: [Float], activationStep: Float) {
        var integers: [Int8] = []
        var scales: [Float] = []
        integers.reserveCapacity(weight.values.count)
        for row in 0..<weight.rows {
            let values = weight.values[(row * weight.columns)..<((row + 1) * weight.columns)]
            let greatest = values.reduce(Float(0)) { max($0, $1.magnitude) }
            let step = greatest / 127
            scales.append(step * activationStep)
            for value in values {
                let rounded = step > 0 ? (value / step).rounded(.toNearestOrEven) : 0
                integers.append(Int8(min(max(rounded, -127), 127)))
            }
        }
        self.init(
            rows: weight.rows, columns: weight.columns, weights: integers, scale: scales,
            bias: bias)
    }

    /// The first thing that must not be served; `nil` when all is well.
    var problem: String? {
        if weights.contains(-128) { return "a weight of -128" }
        if !scale.allSatisfy({ $0 >= 0 && $0.isFinite }) {
            return "a scale that is not a finite number from 0 up"
        }
        return bias.allSatisfy(\.isFinite) ? nil : "a bias that is not finite"
    }
}
