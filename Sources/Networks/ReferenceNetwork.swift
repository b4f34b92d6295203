//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc

/// A network in double precision, written for being read: what the quantised one is judged by.
public struct ReferenceNetwork {
    private let parameters: NetworkParameters

    public init(_ parameters: NetworkParameters) { self.parameters = parameters }

    /// The head's output for a window of raw feature vectors, from a zero state.
    ///
    /// - Parameter window: Shape [steps][features], oldest first. A carried state is its state
    ///   after all vectors of as long a history as is given.
    public func evaluate(_ window: [[Float]]) -> Double {
        let inputs = window.map(normalised)
        switch parameters.body {
        case .recurrent(let layers): return head(pooled(recurrent(layers, inputs)))
        case .transformer(let embedding, let positions, let blocks, let norm):
            var tokens = inputs.enumerated().map { step, input in
                zip(Self.product(embedding, input), Self.row(positions, step))
                    .map { $0 + Double($1) }
            }
            for block in blocks { tokens = Self.block(block, tokens, heads: heads) }
            return head(Self.normalised(tokens[tokens.count - 1], norm))
        }
    }

    private var heads: Int {
        if case .transformer(_, let heads, _, _) = parameters.shape.body { heads } else { 1 }
    }

    private func normalised(_ vector: [Float]) -> [Double] {
        let scale = parameters.scale
        return vector.indices.map { index in
            let sigmas = (vector[index] - scale.mean[index]) * scale.inverseSigma[index]
            return Double(min(max(sigmas, -scale.clip), scale.clip))
        }
    }

    private func head(_ state: [Double]) -> Double { Self.product(parameters.head, state)[0] }

    // MARK: - Recurrent

    /// The last layer's state after each step.
    private func recurrent(_ layers: [RecurrentParameters], _ inputs: [[Double]]) -> [[Double]] {
        guard case .recurrent(let kind, let units) = parameters.shape.body else { return [] }
        var sequence = inputs
        for (layer, unit) in zip(layers, units) {
            var state = [Double](repeating: 0, count: unit)
            var cell = state
            sequence = sequence.map { input in
                let fromInput = Self.product(layer.input, input)
                let fromState = Self.product(layer.state, state)
                for index in 0..<unit {
                    func sum(_ gate: Int) -> Double {
                        fromInput[gate * unit + index] + fromState[gate * unit + index]
                    }
                    switch kind {
                    case .lstm:
                        cell[index] =
                            Self.sigmoid(sum(1)) * cell[index] + Self.sigmoid(sum(0)) * tanh(sum(2))
                        state[index] = Self.sigmoid(sum(3)) * tanh(cell[index])
                    case .gru:
                        let row = 2 * unit + index
                        let news = tanh(fromInput[row] + Self.sigmoid(sum(0)) * fromState[row])
                        let update = Self.sigmoid(sum(1))
                        state[index] = (1 - update) * news + update * state[index]
                    }
                }
                return state
            }
        }
        return sequence
    }

    private func pooled(_ states: [[Double]]) -> [Double] {
        guard let attention = parameters.attention else { return states[states.count - 1] }
        let shares = Self.softmax(
            states.map { state in
                Self.dot(attention.vector, Self.product(attention.affine, state).map { tanh($0) })
            })
        return states[0].indices.map { index in
            zip(shares, states).reduce(0) { $0 + $1.0 * $1.1[index] }
        }
    }

    // MARK: - Transformer

    private static func block(
        _ block: BlockParameters, _ tokens: [[Double]], heads: Int
    ) -> [[Double]] {
        let width = tokens[0].count
        let size = width / heads
        let projected = tokens.map {
            product(block.projection, normalised($0, block.attentionNorm))
        }
        return tokens.indices.map { step in
            var mixed = [Double](repeating: 0, count: width)
            for head in 0..<heads {
                let columns = (head * size)..<((head + 1) * size)
                let shares = softmax(
                    (0...step).map { other in
                        columns.reduce(0) {
                            $0 + projected[step][$1] * projected[other][width + $1]
                        } / Double(size).squareRoot()
                    })
                for column in columns {
                    for other in 0...step {
                        mixed[column] += shares[other] * projected[other][2 * width + column]
                    }
                }
            }
            let attended = added(tokens[step], product(block.output, mixed))
            let within = product(block.up, normalised(attended, block.feedforwardNorm))
            return added(attended, product(block.down, within.map { max($0, 0) }))
        }
    }

    private static func normalised(_ x: [Double], _ norm: NormParameters) -> [Double] {
        let mean = x.reduce(0, +) / Double(x.count)
        let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(x.count)
        let inverse = 1 / (variance + 1e-5).squareRoot()
        return x.indices.map {
            (x[$0] - mean) * inverse * Double(norm.gain[$0]) + Double(norm.offset[$0])
        }
    }

    // MARK: - Numbers

    private static func row(_ matrix: FloatMatrix, _ index: Int) -> ArraySlice<Float> {
        matrix.values[(index * matrix.columns)..<((index + 1) * matrix.columns)]
    }

    private static func product(_ affine: AffineParameters, _ input: [Double]) -> [Double] {
        let columns = affine.weight.columns
        return (0..<affine.weight.rows).map { row in
            var sum = Double(affine.bias[row])
            for column in 0..<columns {
                sum += Double(affine.weight.values[row * columns + column]) * input[column]
            }
            return sum
        }
    }

    private static func dot(_ weights: some Sequence<Float>, _ input: [Double]) -> Double {
        zip(weights, input).reduce(0) { $0 + Double($1.0) * $1.1 }
    }

    private static func added(_ a: [Double], _ b: [Double]) -> [Double] {
        zip(a, b).map { $0 + $1 }
    }


    private static func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

    private static func softmax(_ scores: [Double]) -> [Double] {
        let greatest = scores.max() ?? 0
        let powers = scores.map { exp($0 - greatest) }
        let sum = powers.reduce(0, +)
        return powers.map { $0 / sum }
    }
}
