//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Forests
import JSON
public import Networks

/// A model as its trainer wrote it: `model.json`, tensors or trees.
///
/// The format is in `tuning/models/README.md`.
public struct TrainedModel {
    /// The numbers before they are quantised.
    public enum Core {
        case linear(weights: [Float], bias: Float)
        case network(NetworkParameters)
        case forest(ForestParameters)
    }

    public let description: ModelDescription
    public let scale: InputScale
    public let core: Core

    /// - Parameters:
    ///   - json: The bytes of `model.json`.
    ///   - tensors: Those of `model.safetensors`; `trees`: of the file that `model.json` names.
    /// - Throws: `ModelImportError` with what is wrong and where.
    public init(
        json: [UInt8], tensors: () throws(ModelImportError) -> Safetensors,
        trees: (String) throws(ModelImportError) -> [UInt8]
    ) throws(ModelImportError) {
        guard let document = JSONDocument(json), case .object = document else {
            throw ModelImportError("model.json is no JSON object")
        }
        let fields = TrainedFields(document, path: "model.json")
        guard try fields.text("format") == "apus-model", try fields.integer("version") == 1 else {
            throw ModelImportError("model.json is not of format apus-model, version 1")
        }
        let description = try Self.description(fields)
        let count = description.featureNames.count
        let kind = try fields.text("kind")
        switch kind {
        case "linear":
            let normaliser = try Self.scale(fields, count)
            let file = try tensors()
            core = .linear(
                weights: try file.floats("weight", shape: [count]),
                bias: try file.floats("bias", shape: [1])[0])
            scale = normaliser
        case "network":
            let normaliser = try Self.scale(fields, count)
            let shape = try Self.shape(fields, features: count, steps: description.steps)
            if let problem = shape.problem { throw ModelImportError("network: \(problem)") }
            let file = try tensors()
            core = .network(
                try NetworkParameters(shape: shape, scale: normaliser) {
                    name, sizes throws(ModelImportError) in
                    try file.floats(name, shape: sizes)
                })
            scale = normaliser
        case "lightgbm", "xgboost":
            let bytes = try trees(try fields.object("trees").text("file"))
            do throws(ForestError) {
                core = .forest(
                    kind == "lightgbm"
                        ? try LightGBMText.parse(bytes) : try XGBoostJSON.parse(bytes))
            } catch { throw ModelImportError("trees: \(error)") }
            scale = try Self.scale(fields, count)
        default: throw ModelImportError("kind '\(kind)' is not known")
        }
        self.description = description
    }

    /// What the model's file holds: networks quantised.
    public func contents(goldenWindows: [[[Float]]]) -> ModelContents {
        let served: ModelCore =
            switch core {
            case .linear(let weights, let bias): .linear(weights: weights, bias: bias)
            case .network(let parameters): .network(QuantisedNetwork(parameters))
            case .forest(let forest): .forest(forest)
            }
        return ModelContents(
            description: description, scale: scale, core: served, goldenWindows: goldenWindows)
    }

    private static func description(
        _ fields: TrainedFields
    ) throws(ModelImportError) -> ModelDescription {
        let hash = try fields.text("schema_hash")
        guard hash.hasPrefix("0x"), let schemaHash = UInt64(hash.dropFirst(2), radix: 16) else {
            throw ModelImportError("model.json: schema_hash is not 0x and hexadecimal digits")
        }
        var names: [String] = []
        var units: [String] = []
        for feature in try fields.objects("features") {
            names.append(try feature.text("name"))
            units.append(try feature.text("unit"))
        }
        let limits = try fields.object("thresholds")
        guard let horizon = UInt64(exactly: try fields.integer("horizon_ns")) else {
            throw ModelImportError("model.json: horizon_ns is below 0")
        }
        var description = ModelDescription(
            schemaHash: schemaHash, horizonNs: horizon, featureNames: names, featureUnits: units,
            residualSigmaBps: try fields.float("residual_sigma_bps"),
            thresholds: ModelThresholds(
                buyAboveBps: try limits.float("buy_above_bps"),
                sellBelowBps: try limits.float("sell_below_bps"),
                minimumConfidence: try limits.float("minimum_confidence")))
        description.name = try fields.text("name")
        description.steps = Int(clamping: try fields.integer("steps"))
        switch try fields.text("output") {
        case "return_bps": description.scoreKind = .returnBps
        case "probability": description.scoreKind = .probability
        case let other: throw ModelImportError("model.json: output '\(other)' is not known")
        }
        description.outputScale = try fields.float("output_scale")
        description.outputOffset = try fields.float("output_offset")
        description.moveBps = try fields.float("move_bps")
        description.scoreDeciles = try fields.floats("score_deciles")
        description.metadata = try fields.metadata()
        if let problem = description.problem { throw ModelImportError("model.json: \(problem)") }
        return description
    }

    private static func scale(
        _ fields: TrainedFields, _ count: Int
    ) throws(ModelImportError) -> InputScale {
        let normaliser = try fields.object("normaliser")
        let scale = InputScale(
            mean: try normaliser.floats("mean"),
            inverseSigma: try normaliser.floats("inverse_sigma"),
            clip: try normaliser.float("clip"))
        guard scale.mean.count == count, scale.inverseSigma.count == count else {
            throw ModelImportError("normaliser: not as many numbers as features")
        }
        return scale
    }

    private static func shape(
        _ fields: TrainedFields, features: Int, steps: Int
    ) throws(ModelImportError) -> NetworkShape {
        let network = try fields.object("network")
        let layers = try network.objects("layers")
        guard let first = layers.first, layers.count <= NetworkShape.layersMax else {
            throw ModelImportError("network: \(layers.count) layers")
        }
        let kinds = try layers.map { layer throws(ModelImportError) in try layer.text("kind") }
        guard Set(kinds).count == 1 else {
            throw ModelImportError("network: layers of different kinds")
        }
        let body: NetworkShape.Body
        switch kinds[0] {
        case "lstm", "gru":
            body = .recurrent(
                kinds[0] == "lstm" ? .lstm : .gru,
                units: try layers.map { layer throws(ModelImportError) in
                    Int(clamping: try layer.integer("units"))
                })
        case "transformer":
            func sizes(_ layer: TrainedFields) throws(ModelImportError) -> [Int64] {
                [
                    try layer.integer("width"), try layer.integer("heads"),
                    try layer.integer("feedforward"),
                ]
            }
            let size = try sizes(first)
            for layer in layers where try sizes(layer) != size {
                throw ModelImportError("network: blocks of different sizes")
            }
            body = .transformer(
                width: Int(clamping: size[0]), heads: Int(clamping: size[1]),
                feedforward: Int(clamping: size[2]), blocks: layers.count)
        default: throw ModelImportError("network: layer kind '\(kinds[0])' is not known")
        }
        var attention = 0
        switch try network.text("pooling") {
        case "last": break
        case "attention": attention = Int(clamping: try network.integer("attention_units"))
        case let other: throw ModelImportError("network: pooling '\(other)' is not known")
        }
        let mode = try fields.text("serving_mode")
        guard mode == "window" || mode == "carry" else {
            throw ModelImportError("model.json: serving_mode '\(mode)' is not known")
        }
        return NetworkShape(
            features: features, steps: steps, body: body, attentionUnits: attention,
            carriesState: mode == "carry")
    }
}
