//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc
import Networks

/// How a served model differs from its trainer's, on windows it was not trained on.
public struct QuantisationReport: Equatable, Sendable {
    public let windowCount: Int
    /// Greatest difference of the double reference to the trainer's outputs, of their deviation.
    public let trainerDifference: Double
    /// R² of the reference and of what is served, against the targets.
    public let referenceR2: Double
    public let servedR2: Double
    /// Share of windows where both have one sign; of those in the upper half of |score|.
    public let signAgreement: Double
    public let topAgreement: Double
    /// Of the scores about their mean, decibels.
    public let signalToNoise: Double
    /// Basis points.
    public let maximumError: Double

    /// - Parameters:
    ///   - reference, served, trainer: Scores in basis points; `targets`: returns.
    init(reference: [Double], served: [Double], trainer: [Double], targets: [Double]) {
        windowCount = reference.count
        let errors = zip(reference, served).map { $0 - $1 }
        let spread = Self.squares(reference)
        let deviation = (spread / Double(max(reference.count, 1))).squareRoot()
        let furthest = zip(reference, trainer).reduce(0) { max($0, abs($1.0 - $1.1)) }
        trainerDifference = deviation > 0 ? furthest / deviation : furthest
        referenceR2 = Self.r2(reference, targets)
        servedR2 = Self.r2(served, targets)
        let alike = zip(reference, served).map { ($0 > 0) == ($1 > 0) }
        signAgreement = Self.share(alike)
        let middle = reference.map { abs($0) }.sorted()[reference.count / 2]
        topAgreement = Self.share(
            zip(reference, alike).filter { abs($0.0) >= middle }.map(\.1))
        let noise = errors.reduce(0) { $0 + $1 * $1 }
        signalToNoise = noise > 0 ? 10 * log10(spread / noise) : .infinity
        maximumError = errors.reduce(0) { max($0, abs($1)) }
    }

    private static func squares(_ values: [Double]) -> Double {
        let mean = values.reduce(0, +) / Double(max(values.count, 1))
        return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    }

    private static func r2(_ scores: [Double], _ targets: [Double]) -> Double {
        let all = squares(targets)
        let rest = zip(scores, targets).reduce(0) { $0 + ($1.1 - $1.0) * ($1.1 - $1.0) }
        return all > 0 ? 1 - rest / all : 0
    }

    private static func share(_ values: [Bool]) -> Double {
        values.isEmpty ? 1 : Double(values.count { $0 }) / Double(values.count)
    }

    /// The gates that it fails, in words; none when it may be served.
    public var failures: [String] {
        var failures: [String] = []
        if trainerDifference > 1e-3 {
            failures.append("the reference is not the trainer's model: \(trainerDifference)")
        }
        if servedR2 - referenceR2 < -0.002 {
            failures.append("R2 falls by \(referenceR2 - servedR2), more than 0.002")
        }
        if signAgreement < 0.995 { failures.append("signs agree in \(signAgreement), not 0.995") }
        if signalToNoise < 35 { failures.append("\(signalToNoise) dB, not 35") }
        if topAgreement < 1 {
            failures.append("signs agree in \(topAgreement) of the upper half, not in all")
        }
        return failures
    }

    public var json: String {
        var text = JSONText()
        text.add("windows", windowCount)
        text.add("trainer_difference", trainerDifference)
        text.add("r2_float", referenceR2)
        text.add("r2_int8", servedR2)
        text.add("sign_agreement", signAgreement)
        text.add("top_half_agreement", topAgreement)
        text.add("snr_db", signalToNoise)
        text.add("max_error_bps", maximumError)
        text.add("passes", failures.isEmpty ? 1 : 0)
        return text.text
    }

    public var text: String {
        """
        windows            \(windowCount)
        reference, trainer \(trainerDifference) of the scores' deviation at most
        R2 float           \(referenceR2)
        R2 served          \(servedR2)
        sign agreement     \(signAgreement)
        upper half         \(topAgreement)
        signal to noise    \(signalToNoise) dB
        greatest error     \(maximumError) bps
        """
    }
}

/// Windows of raw features with their targets and the trainer's own scores.
public struct EvaluationWindows {
    public static let countMax = 4_000

    /// Shape [windows][steps][features].
    public let windows: [[[Float]]]
    /// Basis points.
    public let targets: [Float]
    public let outputs: [Float]

    /// - Throws: `ModelImportError` for tensors that are missing or of another shape.
    public init(_ file: Safetensors, steps: Int, features: Int) throws(ModelImportError) {
        guard let shape = file.tensors["windows"]?.shape, shape.count == 3 else {
            throw ModelImportError("evaluation.safetensors: tensor windows is missing")
        }
        let count = shape[0]
        guard (1...Self.countMax).contains(count) else {
            throw ModelImportError("evaluation.safetensors: \(count) windows")
        }
        let values = try file.floats("windows", shape: [count, steps, features])
        windows = (0..<count).map { window in
            (0..<steps).map { step in
                let start = (window * steps + step) * features
                return Array(values[start..<(start + features)])
            }
        }
        targets = try file.floats("targets", shape: [count])
        outputs = try file.floats("outputs", shape: [count])
    }
}

extension TrainedModel {
    /// Judges `contents` on windows.
    public func report(
        _ contents: ModelContents, _ windows: EvaluationWindows
    ) -> QuantisationReport {
        let scorer = ModelScorer(contents)
        let served = windows.windows.map { Double(scorer.evaluate($0).score) }
        var reference = served
        if case .network(let parameters) = core {
            let network = ReferenceNetwork(parameters)
            reference = windows.windows.map { window in
                let raw = network.evaluate(window)
                guard description.scoreKind == .probability else {
                    return raw * Double(description.outputScale) + Double(description.outputOffset)
                }
                return tanh(raw / 2) * Double(description.moveBps)
            }
        }
        return QuantisationReport(
            reference: reference, served: served, trainer: windows.outputs.map { Double($0) },
            targets: windows.targets.map { Double($0) })
    }
}
