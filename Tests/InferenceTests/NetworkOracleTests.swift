//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Inference
import Networks
import TestSupport
import Testing

/// What PyTorch and onnxruntime make of random networks; made once for a script and its libraries.
private enum Values {
    static let folder = Oracle.training.appending(path: "values")

    static let architectures: [String] = {
        guard Oracle.trainingIsThere else { return [] }
        try? Oracle.run("network_values.py", [folder.path()], in: Oracle.training)
        let names = try? String(contentsOf: folder.appending(path: "names"), encoding: .utf8)
        return names?.split(separator: "\n").map(String.init) ?? []
    }()

    static func bytes(_ architecture: String, _ file: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: folder.appending(path: "\(architecture)/\(file)")))
    }

    static func trained(_ architecture: String) throws -> TrainedModel {
        let json = try bytes(architecture, "model.json")
        let tensors = try Safetensors(bytes(architecture, "model.safetensors"))
        return try TrainedModel(
            json: json, tensors: { () throws(ModelImportError) in tensors },
            trees: { _ throws(ModelImportError) in throw ModelImportError("no trees here") })
    }
}

/// Goal: what is imported is the network that was trained, equations and all.
///
/// Method: PyTorch's own modules in double precision, and the trainer's network in onnxruntime in
/// single precision, on random weights and windows whose inputs reach beyond the clip.
@Suite(
    "Networks against PyTorch and onnxruntime",
    .enabled(
        if: Oracle.trainingIsThere,
        "tuning/models/setup --oracle cannot install PyTorch and onnxruntime"))
struct NetworkOracleTests {
    private static let differenceMax = 1e-5
    /// Both compute in double precision; only the order of sums and the library's functions differ.
    private static let doubleDifferenceMax = 1e-11

    @Test func `every architecture is compared`() {
        let all = Set(Values.architectures)
        let wanted: Set = [
            "lstm-4x50", "lstm-1x16", "lstm-a", "lstm-attention", "gru", "gru-two-layers",
            "transformer",
        ]
        #expect(all.isSuperset(of: wanted), "\(all)")
    }

    @Test(arguments: Values.architectures)
    func `the double reference gives what the libraries give`(architecture: String) throws {
        let model = try Values.trained(architecture)
        guard case .network(let parameters) = model.core else {
            Issue.record("\(architecture) is no network")
            return
        }
        let evaluation = try EvaluationWindows(
            Safetensors(Values.bytes(architecture, "evaluation.safetensors")),
            steps: model.description.steps, features: model.description.featureNames.count)
        let network = ReferenceNetwork(parameters)
        let ours = evaluation.windows.map { network.evaluate($0) }
        let folder = Values.folder.appending(path: architecture)
        let torch = try Oracle.numbers(folder.appending(path: "torch.f64"), as: Double.self)
        let onnx = try Oracle.numbers(
            folder.appending(path: "onnxruntime.f32"), as: Float.self
        ).map { Double($0) }
        #expect(torch.count == ours.count && onnx.count == ours.count)

        let mean = torch.reduce(0, +) / Double(torch.count)
        let deviation =
            (torch.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(torch.count)).squareRoot()
        #expect(deviation > 1e-3, "outputs that hardly differ prove nothing")
        func greatest(_ theirs: [Double]) -> Double {
            zip(ours, theirs).map { abs($0 - $1) / max(abs($1), deviation) }.max() ?? .infinity
        }
        let (toTorch, toONNX) = (greatest(torch), greatest(onnx))
        print(
            "\(architecture): deviation \(deviation), greatest relative difference",
            "\(toTorch) to PyTorch (double), \(toONNX) to onnxruntime (single)")
        #expect(toTorch <= Self.doubleDifferenceMax)
        #expect(toONNX <= Self.differenceMax)
    }
}
