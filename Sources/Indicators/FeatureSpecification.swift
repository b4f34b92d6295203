//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages
import Options
import Technical

/// Why a text declares no feature; names the feature.
public struct FeatureTextError: Error, Equatable, CustomStringConvertible {
    public let description: String

    public init(_ feature: String, _ reason: String) {
        description = "feature \(feature): \(reason)"
    }
}

/// Reads a feature as a user declares it: `imbalance(5)`, `ofi(levels=5,tau=1s)`,
/// `leader(okx:BTC-USDT-SWAP,mid_return(100ms))`, `bar(bollinger(20,2).percent_b,1m)`.
public enum FeatureSpecification {
    public static func parse(_ text: String) throws(FeatureTextError) -> FeatureKind {
        let blankless = String(text.filter { $0 != " " })
        let name = blankless.prefix { $0 != "(" }
        guard let definition = FeatureCatalogue.find(name) else {
            throw FeatureTextError(text, "there is none of this name; see apus features list")
        }
        var arguments = FeatureArguments(text, try parts(blankless.dropFirst(name.count), text))
        let kind = try definition.make(&arguments)
        try arguments.requireEnd()
        return kind
    }

    /// Puts together again what was cut at commas inside of parentheses, as a list of YAML or of
    /// `--set` does it: `ofi(levels=5` and `tau=1s)`.
    public static func joined(_ pieces: [String]) -> [String] {
        var result: [String] = []
        var depth = 0
        for piece in pieces {
            if depth > 0 { result[result.count - 1] += ",\(piece)" } else { result.append(piece) }
            depth = max(0, depth + self.depth(piece))
        }
        return result
    }

    /// Parentheses opened in `text` and not closed.
    private static func depth(_ text: some StringProtocol) -> Int {
        text.utf8.reduce(0) { depth, byte in
            depth + (byte == UInt8(ascii: "(") ? 1 : byte == UInt8(ascii: ")") ? -1 : 0)
        }
    }

    /// What stands between the outer parentheses, cut at the commas that are in no others.
    private static func parts(
        _ rest: Substring, _ text: String
    ) throws(FeatureTextError) -> [String] {
        if rest.isEmpty { return [] }
        guard rest.first == "(", rest.last == ")", depth(rest) == 0, rest.count > 2 else {
            throw FeatureTextError(text, "parameters stand in ( )")
        }
        return joined(
            rest.dropFirst().dropLast().split(separator: ",", omittingEmptySubsequences: false)
                .map(String.init))
    }
}

/// The parameters of one feature, taken one by one: by name, else the first without one.
struct FeatureArguments {
    let feature: String
    private var rest: [(name: String?, text: String)]

    init(_ feature: String, _ parts: [String]) {
        self.feature = feature
        rest = parts.map { part in
            let name = part.prefix { $0 != "=" }
            guard name.count < part.count, !name.contains("(") else { return (nil, part) }
            return (String(name), String(part.dropFirst(name.count + 1)))
        }
    }

    func has(_ name: String) -> Bool { rest.contains { $0.name == name } }

    private func error(_ reason: String) -> FeatureTextError { FeatureTextError(feature, reason) }

    /// What was not taken is a parameter the feature has not.
    func requireEnd() throws(FeatureTextError) {
        guard let first = rest.first else { return }
        throw error("no parameter \(first.name ?? first.text)")
    }

    /// The text of a parameter; `nil` when it is not given.
    mutating func take(_ name: String) -> String? {
        let place = rest.firstIndex { $0.name == name } ?? rest.firstIndex { $0.name == nil }
        return place.map { rest.remove(at: $0).text }
    }

    mutating func text(_ name: String) throws(FeatureTextError) -> String {
        guard let text = take(name), !text.isEmpty else { throw error("\(name) is missing") }
        return text
    }

    mutating func whole(
        _ name: String, _ standard: Int?, _ range: ClosedRange<Int>
    ) throws(FeatureTextError) -> Int {
        guard let text = take(name) else {
            if let standard { return standard }
            throw error("\(name) is missing")
        }
        guard let value = Int(text), range.contains(value) else {
            throw error("\(name) is \(text), not in \(range)")
        }
        return value
    }

    /// A time within `range`, nanoseconds.
    mutating func time(
        _ name: String, _ standardNs: UInt64?, _ range: ClosedRange<UInt64> = times
    ) throws(FeatureTextError) -> UInt64 {
        guard let text = take(name) else {
            if let standardNs { return standardNs }
            throw error("\(name) is missing")
        }
        guard let value = Durations.nanoseconds(text), range.contains(value) else {
            let (low, high) = (range.lowerBound, range.upperBound)
            throw error(
                "\(name) is \(text), not in \(FeatureText.time(low))...\(FeatureText.time(high))")
        }
        return value
    }

    static let times: ClosedRange<UInt64> = 1_000_000...3_600_000_000_000

    mutating func half(_ name: String) throws(FeatureTextError) -> BookHalf {
        let text = try text(name)
        guard let half = BookHalf(rawValue: text) else {
            throw error("\(name) is \(text), not bid or ask")
        }
        return half
    }

    /// A quantity greater than 0 in billionths.
    mutating func quantityE9(_ name: String) throws(FeatureTextError) -> Int64 {
        let text = try text(name)
        guard let value = Decimals.mantissa(text, decimals: 9), value > 0 else {
            throw error("\(name) is \(text), not a decimal above 0 with 9 places at most")
        }
        return value
    }

    /// An indicator, with the name of one of its numbers behind a dot where it has several.
    mutating func column(_ name: String) throws(FeatureTextError) -> (
        IndicatorSpecification, Int
    ) {
        let text = try text(name)
        let end = text.lastIndex(of: ")") ?? text.startIndex
        let dot = text[end...].firstIndex(of: ".")
        let specification: IndicatorSpecification
        do throws(IndicatorTextError) {
            specification = try IndicatorSpecification(String(text[..<(dot ?? text.endIndex)]))
        } catch { throw self.error("\(error)") }
        let output = dot.map { String(text[text.index(after: $0)...]) } ?? ""
        guard let place = specification.definition.outputs.firstIndex(of: output) else {
            let known = specification.definition.outputs.map { $0.isEmpty ? "none" : ".\($0)" }
            throw self.error("'\(text)' has the numbers \(known.joined(separator: ", "))")
        }
        return (specification, place)
    }
}
