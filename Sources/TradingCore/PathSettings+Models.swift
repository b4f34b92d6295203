//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Configuration
import Indicators
import Inference

extension PathSettings {
    /// The models listed, each made for the features this kernel computes.
    static func models(
        _ settings: Settings, _ kernel: KernelConfiguration
    ) throws(EngineError) -> [EnsembleMember] {
        let schema = try schema(settings, kernel)
        let items = settings.items("models")
        guard items.count <= EnsembleControl.countMax else {
            throw EngineError("models: at most \(EnsembleControl.countMax)")
        }
        var members: [EnsembleMember] = []
        for (index, item) in items.enumerated() {
            let model = try model(item, schema)
            let own = model.description.name
            let name = item.optionalText("name") ?? (own.isEmpty ? "model-\(index + 1)" : own)
            guard ModelDescription.isName(name) else {
                throw EngineError("models: '\(name)' is no name of a-z, 0-9 and hyphens")
            }
            guard !members.contains(where: { $0.name == name }) else {
                throw EngineError("models: two are named '\(name)'; give one a 'name'")
            }
            members.append(
                EnsembleMember(
                    name: name, model: model, weight: Float(item.number("weight")),
                    isOn: item.boolean("enabled"), isReference: item.boolean("reference")))
        }
        let references = members.count { $0.isReference }
        guard references <= 1 else { throw EngineError("models: more than one 'reference'") }
        if references == 0, let first = members.firstIndex(where: { $0.model.isLinear }) {
            members[first].isReference = true
        }
        return members
    }

    private static func model(
        _ item: Settings, _ schema: FeatureSchema
    ) throws(EngineError) -> LoadedModel {
        switch (item.optionalText("file"), item.optionalText("rule")) {
        case (let file?, nil):
            let model: LoadedModel
            do throws(ModelError) {
                model = try ModelFile.load(path: file, expectedSchemaHash: schema.hash)
            } catch { throw EngineError("model \(file): \(error)") }
            if let mode = item.optionalText("mode"), mode != model.mode {
                throw EngineError("model \(file): it is of mode '\(model.mode)', not '\(mode)'")
            }
            return model
        case (nil, let rule?):
            guard let heuristic = Heuristic(rawValue: rule) else {
                let known = Heuristic.allCases.map(\.rawValue).joined(separator: ", ")
                throw EngineError("models: rule '\(rule)' is not one of \(known)")
            }
            guard
                let model = heuristic.model(
                    schemaHash: schema.hash, names: schema.names,
                    units: schema.features.map(\.unit), horizonNs: 500_000_000)
            else {
                throw EngineError(
                    "models: rule '\(rule)' reads feature \(heuristic.featureName), which "
                        + "features.schema lacks")
            }
            return model
        default: throw EngineError("models: an entry has either 'file' or 'rule'")
        }
    }

    static func ensembleLimits(_ settings: Settings) -> EnsembleLimits {
        var limits = EnsembleLimits()
        limits.judgedMin = UInt64(settings.integer("inference.fallback_after"))
        limits.accuracyMargin = settings.number("inference.fallback_accuracy_margin")
        limits.driftMax = settings.number("inference.fallback_drift")
        limits.bookAgeMaxNs = settings.durationNs("inference.book_age_max")
        return limits
    }
}
