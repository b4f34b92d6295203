//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Configuration
import Foundation
import Options

/// Reads the faults of a YAML file.
enum FaultFile {
    /// The keys of one item of `faults`.
    static let itemKeys: [Key] = [
        Key("name", .word(FaultName.allCases.map(\.rawValue)), nil, "what goes wrong"),
        Key(
            "venue", .word(["any"] + VenueName.allCases.map(\.rawValue)), "any",
            "where it goes wrong"),
        Key("probability", .number(0...1), "1", "chance at each opportunity"),
        Key("rate", .number(0...1_000), "0", "mean times a second; 0: probability counts"),
        Key("from", .duration, "0s", "begins so long after the start"),
        Key("until", .duration, nil, "ends so long after the start"),
        Key("count_max", .integer(0...1_000_000_000), nil, "happens so often at most"),
        Key("duration", .duration, nil, "how long it lasts or delays"),
        Key("code", .integer(1000...4999), "1011", "WebSocket close code"),
        Key("burst", .integer(1...10_000), "100", "messages in one go"),
        Key("backward", .boolean, "false", "a clock falls behind instead of running ahead"),
        Key("bytes_per_s", .integer(1...1_000_000_000), "4096", "of a capped connection"),
    ]

    static var keyNames: [String] { itemKeys.map(\.path) }

    static let schema: [Key] = [
        Key("seed", .integer(0...Int.max), "1", "seed of every decision"),
        Key("faults", .items(itemKeys), nil, "what goes wrong"),
    ]

    static func read(_ path: String) throws(SimulatorError) -> (seed: UInt64, faults: [Fault]) {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw SimulatorError("cannot read \(path)")
        }
        return try parse(text, source: path)
    }

    static func parse(
        _ text: String, source: String
    ) throws(SimulatorError) -> (seed: UInt64, faults: [Fault]) {
        var settings = Settings(schema: schema)
        do throws(ConfigurationError) {
            try settings.read(yaml: text, source: source)
        } catch {
            throw SimulatorError("\(error)")
        }
        return (UInt64(settings.integer("seed")), try faults(settings, source: source))
    }

    /// The list under `faults` of any settings whose schema has it.
    static func faults(
        _ settings: Settings, source: String
    ) throws(SimulatorError) -> [Fault] {
        var faults: [Fault] = []
        for item in settings.items("faults") {
            guard let word = item.optionalText("name"), let name = FaultName(rawValue: word) else {
                throw SimulatorError("\(source): a fault without a name")
            }
            var fault = Fault(name, venue: VenueName(rawValue: item.text("venue")))
            fault.probability = item.number("probability")
            if item.number("rate") > 0 { fault.ratePerS = item.number("rate") }
            fault.fromNs = item.durationNs("from")
            if item.optionalText("until") != nil { fault.untilNs = item.durationNs("until") }
            if item.optionalText("count_max") != nil {
                fault.countMax = item.integer("count_max")
            }
            if item.optionalText("duration") != nil {
                fault.durationNs = item.durationNs("duration")
            }
            fault.code = UInt16(item.integer("code"))
            fault.burst = item.integer("burst")
            fault.isBackward = item.boolean("backward")
            fault.bytesPerS = item.integer("bytes_per_s")
            faults.append(fault)
        }
        return faults
    }

    /// Every name with what it does.
    static var help: String {
        let width = FaultName.allCases.map(\.rawValue.count).max() ?? 0
        return FaultName.allCases.map { name in
            let gap = String(repeating: " ", count: width - name.rawValue.count)
            return "  \(name.rawValue)\(gap)  \(name.meaning)"
        }.joined(separator: "\n")
    }
}
