//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// A network as it is served and as its file keeps it: int8 matrices, float vectors.
///
/// Matrices, in order: of each recurrent layer input and state, then the attention's; or of the
/// transformer the embedding, then of each block projection, output, up, down. Vectors: the head's
/// weights, its bias, the attention's vector; of a transformer the positions, of each block gain
/// and offset of both norms, gain and offset of the last norm.
public struct QuantisedNetwork: Equatable, Sendable {
    public let shape: NetworkShape
    public let scale: InputScale
    public internal(set) var matrices: [QuantisedMatrix]
    public internal(set) var vectors: [[Float]]

    init(
        shape: NetworkShape, scale: InputScale, matrices: [QuantisedMatrix], vectors: [[Float]]
    ) {
        self.shape = shape
        self.scale = scale
        self.matrices = matrices
        self.vectors = vectors
    }

    /// Quantises trained parameters; deterministic.
    public init(_ parameters: NetworkParameters) {
        let inputStep = parameters.scale.clip / 127
        let stateStep: Float = 1.0 / 127
        var matrices: [QuantisedMatrix] = []
        var vectors = [parameters.head.weight.values, parameters.head.bias]
        func add(_ affine: AffineParameters, bias: [Float]? = nil, step: Float) {
            matrices.append(
                QuantisedMatrix(affine.weight, bias: bias ?? affine.bias, activationStep: step))
        }
        switch parameters.body {
        case .recurrent(let layers):
            for (index, layer) in layers.enumerated() {
                let biases = Self.biases(layer, parameters.shape)
                add(layer.input, bias: biases.input, step: index == 0 ? inputStep : stateStep)
                add(layer.state, bias: biases.state, step: stateStep)
            }
        case .transformer(let embedding, let positions, let blocks, let norm):
            // Inside, activations bring a step of their own, found token by token.
            add(embedding, step: inputStep)
            vectors.append(positions.values)
            for block in blocks {
                for affine in [block.projection, block.output, block.up, block.down] {
                    add(affine, step: 1)
                }
                for norm in [block.attentionNorm, block.feedforwardNorm] {
                    vectors += [norm.gain, norm.offset]
                }
            }
            vectors += [norm.gain, norm.offset]
        }
        if let attention = parameters.attention {
            add(attention.affine, step: stateStep)
            vectors.append(attention.vector)
        }
        self.init(
            shape: parameters.shape, scale: parameters.scale, matrices: matrices,
            vectors: vectors)
    }

    /// Both biases with the state's half, which is ready before the vector comes; but the GRU's
    /// new gate multiplies that half, so there the input's bias stays apart.
    private static func biases(
        _ layer: RecurrentParameters, _ shape: NetworkShape
    ) -> (input: [Float], state: [Float]) {
        var input = layer.input.bias
        var state = layer.state.bias
        guard case .recurrent(let kind, _) = shape.body else { return (input, state) }
        let apart = kind == .gru ? input.count / kind.gates * 2 : input.count
        for row in 0..<apart {
            state[row] += input[row]
            input[row] = 0
        }
        return (input, state)
    }

    /// The first thing that must not be served; `nil` when it can be built.
    public var problem: String? {
        if let problem = shape.problem { return problem }
        let count = shape.features
        guard scale.mean.count == count, scale.inverseSigma.count == count else {
            return "the normaliser is of another number of features"
        }
        guard scale.mean.allSatisfy(\.isFinite),
            scale.inverseSigma.allSatisfy({ $0 >= 0 && $0.isFinite })
        else { return "the normaliser is not finite" }
        guard scale.clip > 0, scale.clip <= 100 else { return "the clip is not in 0...100 sigmas" }
        let layout = NetworkLayout(shape)
        guard matrices.map({ [$0.rows, $0.columns] }) == layout.matrices.map({ [$0.0, $0.1] }),
            vectors.map(\.count) == layout.vectors
        else { return "a tensor is of another size" }
        for (index, matrix) in matrices.enumerated() {
            if let problem = matrix.problem { return "matrix \(index): \(problem)" }
        }
        return vectors.allSatisfy({ $0.allSatisfy(\.isFinite) })
            ? nil : "a vector holds a number that is not finite"
    }
}

/// Sizes of a shape's tensors, in order.
struct NetworkLayout {
    /// Rows and columns.
    private(set) var matrices: [(Int, Int)] = []
    private(set) var vectors: [Int]

    /// - Precondition: `shape.problem` is `nil`.
    init(_ shape: NetworkShape) {
        vectors = [shape.outputUnits, 1]
        switch shape.body {
        case .recurrent(let kind, let units):
            var inputs = shape.features
            for unit in units {
                matrices += [(kind.gates * unit, inputs), (kind.gates * unit, unit)]
                inputs = unit
            }
        case .transformer(let width, _, let within, let blocks):
            matrices.append((width, shape.features))
            vectors.append(shape.steps * width)
            for _ in 0..<blocks {
                matrices += [(3 * width, width), (width, width), (within, width), (width, within)]
                vectors += [width, width, width, width]
            }
            vectors += [width, width]
        }
        if shape.attentionUnits > 0 {
            matrices.append((shape.attentionUnits, shape.outputUnits))
            vectors.append(shape.attentionUnits)
        }
    }
}
