//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import JSON
import Inference
import Platform
import Rendering
import Venues

/// A normaliser as JSON: an object with `schema` (the hash, hexadecimal), `clip`, `rows`, and
/// `features`, an object each with `name`, `mean` and `inverse_sigma`, in the schema's order.
/// Numbers are written so that the same floats are read again.
enum NormaliserFile {
    static func text(_ normaliser: FeatureNormaliser) -> String {
        var writer = JSONWriter()
        writer.object { object in
            object.add("schema", String(normaliser.schemaHash, radix: 16))
            object.add("clip", Double(normaliser.clip))
            object.add("rows", normaliser.rowCount)
            object.array("features") { features in
                for index in normaliser.names.indices {
                    features.object { feature in
                        feature.add("name", normaliser.names[index])
                        feature.add("mean", Double(normaliser.mean[index]))
                        feature.add("inverse_sigma", Double(normaliser.inverseSigma[index]))
                    }
                }
            }
        }
        return writer.text + "\n"
    }

    /// - Throws: `EngineError` for what is no normaliser, or one of other features.
    static func read(
        _ path: String, schemaHash: UInt64, names: [String]
    ) throws(EngineError) -> FeatureNormaliser {
        guard let bytes = TextFile.bytes(path) else { throw EngineError("cannot read \(path)") }
        guard let document = JSONDocument(bytes) else {
            throw EngineError("normaliser \(path): it is no JSON document")
        }
        guard let hash = document.word("schema").flatMap({ UInt64($0, radix: 16) }),
            let clip = document.float("clip"), let rows = document.float("rows"),
            rows >= 0, rows < 0x1p60, case .array(let features)? = document["features"]
        else { throw EngineError("normaliser \(path): schema, clip, rows or features is missing") }
        guard hash == schemaHash else {
            throw EngineError(
                "normaliser \(path): it was fitted on feature schema \(String(hash, radix: 16)), "
                    + "this engine computes \(String(schemaHash, radix: 16)); fit it again")
        }
        var normaliser = FeatureNormaliser(
            schemaHash: hash, names: [], mean: [], inverseSigma: [], clip: clip,
            rowCount: Int(rows))
        for feature in features {
            guard let name = feature.word("name"), let mean = feature.float("mean"),
                let inverse = feature.float("inverse_sigma")
            else {
                throw EngineError(
                    "normaliser \(path): a feature without name, mean or inverse_sigma")
            }
            normaliser.names.append(name)
            normaliser.mean.append(mean)
            normaliser.inverseSigma.append(inverse)
        }
        guard normaliser.names == names else {
            throw EngineError("normaliser \(path): its features are not those of the schema")
        }
        if let problem = normaliser.problem {
            throw EngineError("normaliser \(path): \(problem)")
        }
        return normaliser
    }
}

extension JSONDocument {
    fileprivate func word(_ name: String) -> String? {
        if case .string(let text)? = self[name] { text } else { nil }
    }

    fileprivate func float(_ name: String) -> Float? {
        if case .number(let text)? = self[name] { Float(text) } else { nil }
    }
}
