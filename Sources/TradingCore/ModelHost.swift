//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Inference
import Telemetry

/// Carries out what `apus model load`, `rollback`, `on` and `off` ask of a running engine. Cold:
/// for the engine's main thread. A file that is refused changes nothing.
final class ModelHost {
    private let ensemble: EnsembleControl
    private let control: ControlHandle
    private let telemetry: TelemetryWriter
    private let log: Log
    private let schemaHash: UInt64
    /// Where each member was loaded from last; `nil`: a rule.
    private var files: [String?]
    /// The models of the path that keeps weights warm: they follow.
    var warming: EnsembleControl?

    /// Called with what was done to a model.
    var onChange: ((String) -> Void)?

    init(
        _ ensemble: EnsembleControl, files: [String?], schemaHash: UInt64, control: ControlHandle,
        telemetry: TelemetryWriter, log: Log
    ) {
        self.ensemble = ensemble
        self.files = files
        self.schemaHash = schemaHash
        self.control = control
        self.telemetry = telemetry
        self.log = log
    }

    /// Answers what is asked, if anything.
    func poll() {
        ensemble.collect()
        warming?.collect()
        guard let request = control.modelRequest else { return }
        do throws(EngineError) {
            let answer = try carryOut(request)
            log.info("model", ["model": request.name, "done": answer])
            onChange?("model \(request.name): \(answer)")
            control.answerModelRequest(answer, isRefused: false)
        } catch {
            log.warning(
                "model request refused",
                ["model": request.name, "reason": error.description])
            control.answerModelRequest(error.description, isRefused: true)
        }
    }

    private func carryOut(_ request: ModelOrder) throws(EngineError) -> String {
        guard let index = ensemble.index(of: request.name) else {
            let known = ensemble.members.map(\.name).joined(separator: ", ")
            throw EngineError(
                known.isEmpty
                    ? "this engine runs without models"
                    : "no model '\(request.name)'; there are \(known)")
        }
        switch request.request {
        case .load: return try load(request, at: index)
        case .rollBack:
            guard ensemble.rollBack(at: index) else {
                throw EngineError("'\(request.name)' was not replaced yet")
            }
            keepWarm(index)
            describe(index)
            return "went back to checksum \(checksum(index))"
        case .switchOn:
            ensemble.setOn(true, at: index)
            return "on"
        case .switchOff:
            ensemble.setOn(false, at: index)
            return "off"
        default: throw EngineError("request \(request.request.rawValue) is not known")
        }
    }

    private func load(_ request: ModelOrder, at index: Int) throws(EngineError) -> String {
        guard let file = request.file.isEmpty ? files[index] : request.file else {
            throw EngineError("'\(request.name)' is a rule; name the file to put in its place")
        }
        do throws(ModelError) {
            let model = try ModelFile.load(path: file, expectedSchemaHash: schemaHash)
            ensemble.load(model, at: index)
            keepWarm(index)
        } catch { throw EngineError("\(error); the model in use stays") }
        files[index] = file
        describe(index)
        return "loaded \(file), checksum \(checksum(index))"
    }

    private func keepWarm(_ index: Int) {
        guard let warming, let place = warming.index(of: ensemble.members[index].name) else {
            return
        }
        warming.load(ensemble.members[index].warming.model, at: place)
    }

    private func checksum(_ index: Int) -> String {
        String(ensemble.members[index].model.checksum, radix: 16)
    }

    private func describe(_ index: Int) {
        let member = ensemble.members[index]
        telemetry.describeModel(index, name: member.name, kind: member.model.contents.text)
    }
}
