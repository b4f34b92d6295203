//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// A matrix of trained numbers, row after row.
public struct FloatMatrix: Equatable, Sendable {
    public let rows: Int
    public let columns: Int
    public var values: [Float]

    /// - Precondition: `rows * columns` values.
    public init(rows: Int, columns: Int, values: [Float]) {
        precondition(values.count == rows * columns, "a value for each place")
        self.rows = rows
        self.columns = columns
        self.values = values
    }
}

/// A matrix and what is added to its product.
public struct AffineParameters: Equatable, Sendable {
    public var weight: FloatMatrix
    /// Shape [rows].
    public var bias: [Float]

    public init(weight: FloatMatrix, bias: [Float]) {
        precondition(bias.count == weight.rows, "a bias for each row")
        self.weight = weight
        self.bias = bias
    }
}

public struct RecurrentParameters: Equatable, Sendable {
    /// Shape [gates * units][inputs].
    public var input: AffineParameters
    /// Shape [gates * units][units].
    public var state: AffineParameters

    public init(input: AffineParameters, state: AffineParameters) {
        self.input = input
        self.state = state
    }
}

/// Gain and offset behind a layer norm, shape [width].
public struct NormParameters: Equatable, Sendable {
    public var gain: [Float]
    public var offset: [Float]

    public init(gain: [Float], offset: [Float]) {
        precondition(gain.count == offset.count, "as many gains as offsets")
        self.gain = gain
        self.offset = offset
    }
}

public struct BlockParameters: Equatable, Sendable {
    public var attentionNorm: NormParameters
    /// Query, key, value; shape [3 * width][width].
    public var projection: AffineParameters
    public var output: AffineParameters
    public var feedforwardNorm: NormParameters
    public var up: AffineParameters
    public var down: AffineParameters

    public init(
        attentionNorm: NormParameters, projection: AffineParameters, output: AffineParameters,
        feedforwardNorm: NormParameters, up: AffineParameters, down: AffineParameters
    ) {
        self.attentionNorm = attentionNorm
        self.projection = projection
        self.output = output
        self.feedforwardNorm = feedforwardNorm
        self.up = up
        self.down = down
    }
}

/// What brings features to the network's scale: clip((value - mean) * inverseSigma).
public struct InputScale: Equatable, Sendable {
    public var mean: [Float]
    public var inverseSigma: [Float]
    /// Sigmas, greater than 0 and at most 100.
    public var clip: Float

    public init(mean: [Float], inverseSigma: [Float], clip: Float) {
        self.mean = mean
        self.inverseSigma = inverseSigma
        self.clip = clip
    }
}

/// A trained network in float, as its trainer wrote it.
public struct NetworkParameters: Equatable, Sendable {
    public enum Body: Equatable, Sendable {
        case recurrent([RecurrentParameters])
        case transformer(
            embedding: AffineParameters, positions: FloatMatrix, blocks: [BlockParameters],
            norm: NormParameters)
    }

    public var shape: NetworkShape
    public var scale: InputScale
    public var body: Body
    /// Rows and bias of the additive attention, and the vector that scores; `nil` without one.
    public var attention: (affine: AffineParameters, vector: [Float])?
    /// Shape [1][output units].
    public var head: AffineParameters

    /// - Precondition: the parts have the sizes of the shape; `NetworkImport` checks a file's.
    public init(
        shape: NetworkShape, scale: InputScale, body: Body,
        attention: (affine: AffineParameters, vector: [Float])? = nil, head: AffineParameters
    ) {
        self.shape = shape
        self.scale = scale
        self.body = body
        self.attention = attention
        self.head = head
    }

    public static func == (a: NetworkParameters, b: NetworkParameters) -> Bool {
        a.shape == b.shape && a.scale == b.scale && a.body == b.body && a.head == b.head
            && a.attention?.affine == b.attention?.affine
            && a.attention?.vector == b.attention?.vector
    }
}
