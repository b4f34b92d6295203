//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Names and shapes of a network's tensors in the exchange format, in a fixed order.
///
/// PyTorch's shapes and orders of gates; see `tuning/models/README.md`.
extension NetworkParameters {
    /// Where the numbers come from: a file, a generator.
    ///
    /// - Parameters: the tensor's name and its shape (one or two numbers).
    /// - Returns: As many numbers as the shape has places, row after row.
    public typealias Source<Failure: Error> =
        (_ name: String, _ shape: [Int]) throws(Failure) -> [Float]

    /// Puts a network together from its tensors.
    ///
    /// - Precondition: `shape.problem` is `nil`, the scale has the shape's number of features.
    public init<Failure: Error>(
        shape: NetworkShape, scale: InputScale, from source: Source<Failure>
    ) throws(Failure) {
        func affine(
            _ weight: String, _ bias: String, _ rows: Int, _ columns: Int
        ) throws(Failure) -> AffineParameters {
            AffineParameters(
                weight: FloatMatrix(
                    rows: rows, columns: columns, values: try source(weight, [rows, columns])),
                bias: try source(bias, [rows]))
        }
        func norm(_ name: String, _ width: Int) throws(Failure) -> NormParameters {
            NormParameters(
                gain: try source("\(name).weight", [width]),
                offset: try source("\(name).bias", [width]))
        }
        let body: Body
        switch shape.body {
        case .recurrent(let kind, let units):
            var layers: [RecurrentParameters] = []
            var inputs = shape.features
            for (index, unit) in units.enumerated() {
                let (name, rows) = ("layers.\(index)", kind.gates * unit)
                layers.append(
                    RecurrentParameters(
                        input: try affine("\(name).weight_ih", "\(name).bias_ih", rows, inputs),
                        state: try affine("\(name).weight_hh", "\(name).bias_hh", rows, unit)))
                inputs = unit
            }
            body = .recurrent(layers)
        case .transformer(let width, _, let within, let count):
            let embedding = try affine("input.weight", "input.bias", width, shape.features)
            let positions = FloatMatrix(
                rows: shape.steps, columns: width,
                values: try source("position", [shape.steps, width]))
            var blocks: [BlockParameters] = []
            for index in 0..<count {
                let name = "blocks.\(index)"
                blocks.append(
                    BlockParameters(
                        attentionNorm: try norm("\(name).norm1", width),
                        projection: try affine(
                            "\(name).qkv.weight", "\(name).qkv.bias", 3 * width, width),
                        output: try affine(
                            "\(name).out.weight", "\(name).out.bias", width, width),
                        feedforwardNorm: try norm("\(name).norm2", width),
                        up: try affine("\(name).up.weight", "\(name).up.bias", within, width),
                        down: try affine(
                            "\(name).down.weight", "\(name).down.bias", width, within)))
            }
            body = .transformer(
                embedding: embedding, positions: positions, blocks: blocks,
                norm: try norm("norm", width))
        }
        var attention: (affine: AffineParameters, vector: [Float])?
        if shape.attentionUnits > 0 {
            attention = (
                try affine(
                    "attention.weight", "attention.bias", shape.attentionUnits, shape.outputUnits),
                try source("attention.vector", [shape.attentionUnits])
            )
        }
        self.init(
            shape: shape, scale: scale, body: body, attention: attention,
            head: try affine("head.weight", "head.bias", 1, shape.outputUnits))
    }
}
