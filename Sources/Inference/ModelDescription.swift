//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Networks

/// What the number a model computes stands for.
public enum ScoreKind: UInt32, Sendable {
    /// The mid's return over the horizon: score = raw * scale + offset, basis points.
    case returnBps = 1
    /// That the mid rises: score = (2 p - 1) * the mean move, basis points.
    case probability = 2
}

public struct ModelThresholds: Equatable, Sendable {
    public var buyAboveBps: Float
    public var sellBelowBps: Float
    /// 0...1.
    public var minimumConfidence: Float

    public init(buyAboveBps: Float, sellBelowBps: Float, minimumConfidence: Float) {
        self.buyAboveBps = buyAboveBps
        self.sellBelowBps = sellBelowBps
        self.minimumConfidence = minimumConfidence
    }
}

/// What a model file says whatever computes its score.
public struct ModelDescription: Equatable, Sendable {
    /// Lower-case letters, digits and hyphens, at most 32; may be empty.
    public var name = ""
    public var schemaHash: UInt64
    public var horizonNs: UInt64
    public var featureNames: [String]
    public var featureUnits: [String]
    /// Vectors in a window; 1 for models of one vector.
    public var steps = 1
    public var scoreKind = ScoreKind.returnBps
    /// Of a return: basis points for each unit of the raw output, and at raw 0.
    public var outputScale: Float = 1
    public var outputOffset: Float = 0
    /// Of a probability: the mean magnitude of the mid's move over the horizon.
    public var moveBps: Float = 0
    /// Standard deviation of the training residuals, greater than 0.
    public var residualSigmaBps: Float
    public var thresholds: ModelThresholds
    /// Inner edges of the scores' tenths on validation data, growing, basis points: nine or none.
    public var scoreDeciles: [Float] = []
    /// A JSON object: data hash, spans, metrics.
    public var metadata = "{}"

    public init(
        schemaHash: UInt64, horizonNs: UInt64, featureNames: [String], featureUnits: [String],
        residualSigmaBps: Float, thresholds: ModelThresholds
    ) {
        self.schemaHash = schemaHash
        self.horizonNs = horizonNs
        self.featureNames = featureNames
        self.featureUnits = featureUnits
        self.residualSigmaBps = residualSigmaBps
        self.thresholds = thresholds
    }

    public static let nameLengthMax = 32

    /// True for what can be a model's name: it stands in commands, counters and files' names.
    public static func isName(_ text: String) -> Bool {
        (1...nameLengthMax).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || $0 == UInt8(ascii: "-")
            }
    }

    /// The first rule it breaks; `nil` when it describes a model. Writer and loader judge by this
    /// one list.
    public var problem: String? {
        let count = featureNames.count
        if count < 1 || count > ModelFile.featureCountMax {
            return "\(count) features; 1...\(ModelFile.featureCountMax) are possible"
        }
        if featureUnits.count != count { return "names and units differ in number" }
        for index in 0..<count
        where !Self.isPlain(featureNames[index]) || !Self.isPlain(featureUnits[index]) {
            return "name or unit of feature \(index) is empty or holds a control character"
        }
        if !name.isEmpty, !Self.isName(name) { return "the name is not of a-z, 0-9 and hyphens" }
        if steps < 1 || steps > NetworkShape.stepsMax {
            return "\(steps) steps; 1...\(NetworkShape.stepsMax) are possible"
        }
        if !outputScale.isFinite || !outputOffset.isFinite {
            return "scale or offset of the output is not finite"
        }
        if scoreKind == .probability, !(moveBps > 0 && moveBps.isFinite) {
            return "the mean move is not greater than 0"
        }
        if !(residualSigmaBps > 0 && residualSigmaBps.isFinite) {
            return "the residual sigma is not greater than 0"
        }
        if horizonNs < 1 || horizonNs > ModelFile.horizonMaxNs {
            return "the horizon is not 1 ns...1 d"
        }
        if !moveBps.isFinite || moveBps < 0 { return "the mean move is below 0" }
        return decilesProblem ?? thresholdsProblem
    }

    private var decilesProblem: String? {
        if scoreDeciles.isEmpty { return nil }
        if scoreDeciles.count != 9 || !scoreDeciles.allSatisfy(\.isFinite) {
            return "the deciles are not nine finite numbers"
        }
        return zip(scoreDeciles, scoreDeciles.dropFirst()).allSatisfy { $0 <= $1 }
            ? nil : "the deciles do not grow"
    }

    private var thresholdsProblem: String? {
        if !thresholds.buyAboveBps.isFinite || !thresholds.sellBelowBps.isFinite {
            return "a threshold is not finite"
        }
        if thresholds.buyAboveBps < thresholds.sellBelowBps {
            return "the buy threshold lies below the sell threshold"
        }
        return thresholds.minimumConfidence >= 0 && thresholds.minimumConfidence <= 1
            ? nil : "the minimum confidence is not in 0...1"
    }

    private static func isPlain(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
    }
}
