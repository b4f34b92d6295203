//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import JSON

/// Members of a JSON object by their names, or an error that names them.
struct TrainedFields {
    private let document: JSONDocument
    private let path: String

    init(_ document: JSONDocument, path: String) {
        self.document = document
        self.path = path
    }

    private func member(_ name: String) throws(ModelImportError) -> JSONDocument {
        guard let value = document[name] else {
            throw ModelImportError("\(path): \(name) is missing")
        }
        return value
    }

    private func refusal(_ name: String, _ wanted: String) -> ModelImportError {
        ModelImportError("\(path): \(name) is not \(wanted)")
    }

    func text(_ name: String) throws(ModelImportError) -> String {
        guard let text = try member(name).text else { throw refusal(name, "a text") }
        return text
    }

    func integer(_ name: String) throws(ModelImportError) -> Int64 {
        guard let value = try member(name).integer else { throw refusal(name, "an integer") }
        return value
    }

    func float(_ name: String) throws(ModelImportError) -> Float {
        guard let value = Self.float(try member(name)) else {
            throw refusal(name, "a finite number")
        }
        return value
    }

    func floats(_ name: String) throws(ModelImportError) -> [Float] {
        guard let elements = try member(name).elements else { throw refusal(name, "an array") }
        let values = elements.compactMap(Self.float)
        guard values.count == elements.count else { throw refusal(name, "of finite numbers") }
        return values
    }

    func object(_ name: String) throws(ModelImportError) -> TrainedFields {
        let value = try member(name)
        guard case .object = value else { throw refusal(name, "an object") }
        return TrainedFields(value, path: "\(path): \(name)")
    }

    func objects(_ name: String) throws(ModelImportError) -> [TrainedFields] {
        guard let elements = try member(name).elements else { throw refusal(name, "an array") }
        return elements.enumerated().map {
            TrainedFields($0.element, path: "\(path): \(name)[\($0.offset)]")
        }
    }

    /// `metadata` as JSON text again.
    func metadata() throws(ModelImportError) -> String {
        let value = try member("metadata")
        guard case .object = value else { throw refusal("metadata", "an object") }
        return value.compactText
    }

    private static func float(_ value: JSONDocument) -> Float? {
        guard let number = value.double else { return nil }
        let float = Float(number)
        return float.isFinite ? float : nil
    }
}
