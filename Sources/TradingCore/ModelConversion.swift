//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Inference
import Platform

/// `apus model convert`: a trainer's folder becomes a model file of the engine's own.
public enum ModelConversion {
    /// Reads the folder, quantises, judges the result on the trainer's own windows.
    ///
    /// - Parameter folder: With `model.json`, its tensors or trees, and `evaluation.safetensors`.
    /// - Returns: What the file is to hold, and the report; `write` it when its gates hold.
    /// - Throws: `EngineError`.
    public static func convert(
        _ folder: String
    ) throws -> (contents: ModelContents, report: QuantisationReport) {
        func bytes(_ name: String) throws(ModelImportError) -> [UInt8] {
            guard let bytes = TextFile.bytes("\(folder)/\(name)") else {
                throw ModelImportError("cannot read \(folder)/\(name)")
            }
            return bytes
        }
        func tensors(_ name: String) throws(ModelImportError) -> Safetensors {
            try Safetensors(try bytes(name))
        }
        do throws(ModelImportError) {
            let trained = try TrainedModel(
                json: try bytes("model.json"),
                tensors: { () throws(ModelImportError) in try tensors("model.safetensors") },
                trees: { name throws(ModelImportError) in
                    guard !name.contains("/"), !name.hasPrefix(".") else {
                        throw ModelImportError("model.json: trees.file is no plain name")
                    }
                    return try bytes(name)
                })
            let description = trained.description
            let windows = try EvaluationWindows(
                try tensors("evaluation.safetensors"), steps: description.steps,
                features: description.featureNames.count)
            let count = windows.windows.count
            let golden = (0..<min(ModelFile.goldenCount, count)).map {
                windows.windows[$0 * count / min(ModelFile.goldenCount, count)]
            }
            let contents = trained.contents(goldenWindows: golden)
            if let problem = contents.problem { throw ModelImportError(problem) }
            return (contents, trained.report(contents, windows))
        } catch { throw EngineError("\(folder): \(error)") }
    }

    /// Writes the model file, whole or not at all.
    public static func write(_ contents: ModelContents, to path: String) throws {
        try ModelFile.write(contents, path: path)
    }
}
