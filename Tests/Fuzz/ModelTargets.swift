//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CKernels
import Inference
import Networks
import SeededRandom
import TestSupport

/// Good models to begin with, small: what a trainer would leave.
private let folders: [(name: String, folder: TrainedFolder)] = [
    ("linear", TrainedFolder(linear: 3, seed: 71, windowCount: 1)),
    ("lstm", recurrent(.lstm, units: [4, 3], steps: 2)),
    ("attention", recurrent(.lstm, units: [4], steps: 3, attentionUnits: 3)),
    ("gru", recurrent(.gru, units: [4], steps: 2)),
    ("carried", recurrent(.gru, units: [3, 2], steps: 2, carriesState: true)),
    (
        "transformer",
        TrainedFolder(
            network: NetworkShape(
                features: 3, steps: 2,
                body: .transformer(width: 4, heads: 2, feedforward: 5, blocks: 1)),
            seed: 72, windowCount: 1)
    ),
]

private func recurrent(
    _ kind: NetworkShape.Recurrence, units: [Int], steps: Int, attentionUnits: Int = 0,
    carriesState: Bool = false
) -> TrainedFolder {
    TrainedFolder(
        network: NetworkShape(
            features: 3, steps: steps, body: .recurrent(kind, units: units),
            attentionUnits: attentionUnits, carriesState: carriesState),
        seed: 73, windowCount: 1)
}

private func trained(_ json: [UInt8], _ rest: [UInt8]) throws -> ModelContents {
    try TrainedModel(
        json: json, tensors: { () throws(ModelImportError) in try Safetensors(rest) },
        trees: { _ throws(ModelImportError) in rest }
    ).contents(goldenWindows: [])
}

private let paths: [NetworkPath] = [.portable, .avx2, .avxVNNI, .avx512VNNI].filter {
    $0.runs != 0
}

/// A model has the same scores on every path of this machine.
private func checkPaths(_ contents: ModelContents) {
    let best = ModelScorer(contents)
    for path in paths {
        let scorer = ModelScorer(contents, path: path)
        for window in windows(contents) {
            let score = best.evaluate(window)
            precondition(scorer.evaluate(window) == score, "the same bits on every path")
            precondition(score.confidence >= 0 && score.confidence <= 1, "a confidence")
        }
    }
}

/// Near the mean, at the clip and far beyond.
private func windows(_ contents: ModelContents) -> [[[Float]]] {
    var random = SplitMix64(seed: 74)
    return [Float(1), 5, 1e30].map { reach in
        (0..<contents.description.steps).map { _ in
            contents.scale.mean.map { $0 + Float.random(in: -reach...reach, using: &random) }
        }
    }
}

/// The engine's own model files. Length and checksum are put right, so that what lies behind them
/// is reached. What is taken is written again and read as the same, and has the same scores on
/// every path of this machine.
final class ModelTarget: FuzzTarget {
    private static let lengthPlace = 24

    var seeds: [(name: String, bytes: [UInt8])] {
        folders.compactMap { name, folder in
            let contents = try? trained(
                Array(folder.json.utf8), TrainedFolder.safetensors(folder.tensors))
            return contents.flatMap { try? ModelFile.encode($0) }.map { (name, $0) }
        }
    }

    func run(_ input: UnsafeBufferPointer<UInt8>) {
        var file = unsafe Array(input)
        guard file.count >= 64 else {
            precondition((try? ModelFile.decode(file, expectedSchemaHash: nil)) == nil, "too short")
            return
        }
        for byte in 0..<8 {
            file[Self.lengthPlace + byte] = UInt8(truncatingIfNeeded: file.count >> (8 * byte))
        }
        ModelFile.seal(&file)
        guard let model = try? ModelFile.decode(file, expectedSchemaHash: nil) else { return }
        let contents = model.contents
        // Other golden windows than the file's own may have no finite score.
        if let again = try? ModelFile.encode(contents) {
            let read = try? ModelFile.decode(again, expectedSchemaHash: nil)
            precondition(read?.contents == contents, "what was written is what is read")
        }
        checkPaths(contents)
    }
}

/// A trainer's `model.json`, a zero byte, then its tensors or trees. What makes a model has the
/// same scores on every path, is written and read as the same.
final class TrainedTarget: FuzzTarget {
    var seeds: [(name: String, bytes: [UInt8])] {
        folders.map { name, folder in
            (name, Array(folder.json.utf8) + [0] + TrainedFolder.safetensors(folder.tensors))
        }
    }

    func run(_ input: UnsafeBufferPointer<UInt8>) {
        let bytes = unsafe Array(input)
        let end = bytes.firstIndex(of: 0) ?? bytes.endIndex
        guard let contents = try? trained(Array(bytes[..<end]), Array(bytes[end...].dropFirst())),
            contents.problem == nil
        else { return }
        checkPaths(contents)
        do throws(ModelError) {
            let file = try ModelFile.encode(contents)
            let read = try? ModelFile.decode(file, expectedSchemaHash: nil)
            precondition(read?.contents == contents, "what was written is what is read")
        } catch {
            switch error {
            case .invalidParameter, .tooLarge: break
            default: preconditionFailure("\(error)")
            }
        }
    }
}
