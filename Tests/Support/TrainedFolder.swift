//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Foundation
public import Networks
import SeededRandom

/// What a trainer leaves for `apus model convert`: a model of random weights in the exchange
/// format of `tuning/models`, with windows and the scores that it gives them.
public struct TrainedFolder: Sendable {
    public struct Tensor: Sendable {
        public var name: String
        public var shape: [Int]
        public var values: [Float]

        public init(_ name: String, _ shape: [Int], _ values: [Float]) {
            self.name = name
            self.shape = shape
            self.values = values
        }
    }

    public static let schemaHash: UInt64 = 0x1122_3344_5566_7788
    private static let clip: Float = 5

    public var json: String
    public var tensors: [Tensor]
    /// `windows`, `targets` and `outputs`; the targets are the scores.
    public var evaluation: [Tensor]

    /// A network, with the double reference's scores.
    public init(
        network shape: NetworkShape, seed: UInt64, windowCount: Int = 64, gain: Float = 1
    ) {
        var random = SplitMix64(seed: seed)
        let scale = Self.scale(shape.features, &random)
        var tensors: [Tensor] = []
        let parameters = NetworkParameters(shape: shape, scale: scale) { name, sizes in
            let reach = gain / Float(sizes[sizes.count - 1]).squareRoot()
            let isGain = name.contains("norm") && name.hasSuffix("weight")
            let range = isGain ? 0.5...1.5 : -reach...reach
            let values = (0..<sizes.reduce(1, *)).map { _ in
                Float.random(in: range, using: &random)
            }
            tensors.append(Tensor(name, sizes, values))
            return values
        }
        let windows = Self.windows(windowCount, shape.steps, scale, &random)
        let reference = ReferenceNetwork(parameters)
        self.init(
            kind: "network", scale: scale, steps: shape.steps,
            more: Self.text(shape), tensors: tensors, windows: windows,
            scores: windows.map { Float(reference.evaluate($0)) })
    }

    /// A linear model.
    public init(linear features: Int, seed: UInt64, windowCount: Int = 64) {
        var random = SplitMix64(seed: seed)
        let scale = Self.scale(features, &random)
        let weights = (0..<features).map { _ in Float.random(in: -1...1, using: &random) }
        let windows = Self.windows(windowCount, 1, scale, &random)
        let scores = windows.map { window in
            (0..<features).reduce(Float(0.25)) { sum, index in
                let sigmas = (window[0][index] - scale.mean[index]) * scale.inverseSigma[index]
                return sum + weights[index] * min(max(sigmas, -Self.clip), Self.clip)
            }
        }
        self.init(
            kind: "linear", scale: scale, steps: 1, more: "",
            tensors: [Tensor("weight", [features], weights), Tensor("bias", [1], [0.25])],
            windows: windows, scores: scores)
    }

    private init(
        kind: String, scale: InputScale, steps: Int, more: String, tensors: [Tensor],
        windows: [[[Float]]], scores: [Float]
    ) {
        let features = scale.mean.count
        let names = (0..<features).map { "{\"name\":\"feature_\($0)\",\"unit\":\"bps\"}" }
        json = """
            {"format":"apus-model","version":1,"name":"drawn","kind":"\(kind)",
             "schema_hash":"0x\(String(Self.schemaHash, radix: 16))",
             "features":[\(names.joined(separator: ","))],
             "normaliser":{"mean":\(scale.mean),"inverse_sigma":\(scale.inverseSigma),
                           "clip":\(scale.clip)},
             "steps":\(steps),"output":"return_bps","output_scale":1.0,"output_offset":0.0,
             "move_bps":0.0,"horizon_ns":500000000,"residual_sigma_bps":0.5,
             "thresholds":{"buy_above_bps":0.25,"sell_below_bps":-0.25,"minimum_confidence":0.0},
             "score_deciles":[-4,-3,-2,-1,0,1,2,3,4],\(more)"metadata":{"seed":7,"note":"drawn"}}
            """
        self.tensors = tensors
        let count = windows.count
        evaluation = [
            Tensor("windows", [count, steps, features], windows.flatMap { $0.flatMap { $0 } }),
            Tensor("targets", [count], scores), Tensor("outputs", [count], scores),
        ]
    }

    private static func scale(_ features: Int, _ random: inout SplitMix64) -> InputScale {
        InputScale(
            mean: (0..<features).map { _ in Float.random(in: -2...2, using: &random) },
            inverseSigma: (0..<features).map { _ in Float.random(in: 0.1...4, using: &random) },
            clip: clip)
    }

    private static func windows(
        _ count: Int, _ steps: Int, _ scale: InputScale, _ random: inout SplitMix64
    ) -> [[[Float]]] {
        (0..<count).map { _ in
            (0..<steps).map { _ in
                scale.mean.indices.map {
                    scale.mean[$0] + 1.5 * Float(random.normal()) / scale.inverseSigma[$0]
                }
            }
        }
    }

    /// The members that a network adds to `model.json`.
    private static func text(_ shape: NetworkShape) -> String {
        let layers: [String] =
            switch shape.body {
            case .recurrent(let kind, let units):
                units.map { "{\"kind\":\"\(kind == .lstm ? "lstm" : "gru")\",\"units\":\($0)}" }
            case .transformer(let width, let heads, let within, let blocks):
                Array(
                    repeating: "{\"kind\":\"transformer\",\"width\":\(width),\"heads\":\(heads),"
                        + "\"feedforward\":\(within)}", count: blocks)
            }
        let pooling =
            shape.attentionUnits > 0
            ? "\"attention\",\"attention_units\":\(shape.attentionUnits)" : "\"last\""
        return "\"serving_mode\":\"\(shape.carriesState ? "carry" : "window")\",\"network\":"
            + "{\"layers\":[\(layers.joined(separator: ","))],\"pooling\":\(pooling)},"
    }

    /// The bytes of a safetensors file.
    public static func safetensors(_ tensors: [Tensor]) -> [UInt8] {
        var table: [String] = []
        var data: [UInt8] = []
        for tensor in tensors {
            let start = data.count
            for value in tensor.values {
                for shift in [0, 8, 16, 24] as [UInt32] {
                    data.append(UInt8(truncatingIfNeeded: value.bitPattern >> shift))
                }
            }
            table.append(
                "\"\(tensor.name)\":{\"dtype\":\"F32\",\"shape\":\(tensor.shape),"
                    + "\"data_offsets\":[\(start),\(data.count)]}")
        }
        let head = Array("{\(table.joined(separator: ","))}".utf8)
        return (0..<8).map { UInt8(truncatingIfNeeded: head.count >> (8 * $0)) } + head + data
    }

    /// Writes the three files into `folder`, which it makes.
    public func write(to folder: URL) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let files = [
            ("model.json", Array(json.utf8)), ("model.safetensors", Self.safetensors(tensors)),
            ("evaluation.safetensors", Self.safetensors(evaluation)),
        ]
        for (name, bytes) in files { try Data(bytes).write(to: folder.appending(path: name)) }
    }
}
