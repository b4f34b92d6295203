//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import JSON

/// What a trial was for.
enum TrialRole: String, Sendable {
    /// Tried by a search: what luck has to be paid for.
    case search
    /// The configuration as it stands.
    case base
    /// The judgement of what a search had chosen.
    case test
}

/// One line of the registry.
struct TrialRecord: Sendable, Equatable {
    enum Result: Sendable, Equatable {
        case done(TrialFigures)
        case failed(String)
    }

    let digest: String
    let number: Int
    let role: TrialRole
    /// From 1; 0 without folds.
    let fold: Int
    let values: [Assignment]
    let ranges: [TimeRange]
    let result: Result

    var figures: TrialFigures? {
        if case .done(let figures) = result { return figures }
        return nil
    }

    /// One line of JSON without its end.
    var line: String {
        "{\"trial\":\(number),\"role\":\"\(role.rawValue)\",\"fold\":\(fold),\(body)}"
    }

    /// What does not hang on who asked for the trial, as members of a JSON object.
    var body: String {
        var parts = [
            "\"digest\":\(JSONDocument.quoted(digest))",
            "\"values\":" + Self.object(
                values.map { ($0.key, JSONDocument.quoted($0.value)) }),
            "\"ranges\":[" + ranges.map { "[\($0.startNs),\($0.endNs)]" }
                .joined(separator: ",") + "]",
        ]
        switch result {
        case .failed(let reason): parts.append("\"failed\":\(JSONDocument.quoted(reason))")
        case .done(let figures):
            parts.append("\"metrics\":" + Self.metrics(figures.metrics))
            if let track = figures.track {
                parts.append(
                    "\"track\":[\(track.sharpe),\(track.observations),\(track.skew),"
                        + "\(track.kurtosis)]")
            }
            let blocks = figures.blocks.map { "[\($0.count),\($0.sum),\($0.squares)]" }
            parts.append("\"blocks\":[\(blocks.joined(separator: ","))]")
            if let span = figures.span {
                parts.append("\"span\":[\(span.startNs),\(span.endNs)]")
            }
        }
        return parts.joined(separator: ",")
    }

    static func object(_ members: [(String, String)]) -> String {
        "{" + members.map { "\(JSONDocument.quoted($0)):\($1)" }.joined(separator: ",") + "}"
    }

    /// By name, so that equal figures are equal text.
    static func metrics(_ metrics: [String: Double]) -> String {
        object(metrics.sorted { $0.key < $1.key }.map { ($0.key, "\($0.value)") })
    }
}

extension TrialRecord {
    /// - Returns: `nil` for what no `line` was.
    init?(line: some Sequence<UInt8>) {
        guard let document = JSONDocument(Array(line)),
            let digest = document["digest"]?.text, digest.utf8.count == 64,
            digest.utf8.allSatisfy({ Self.digits.contains($0) }),
            let number = document["trial"]?.integer,
            let role = TrialRole(rawValue: document["role"]?.text ?? ""),
            let fold = document["fold"]?.integer,
            let values = Self.values(document["values"]),
            let ranges = Self.ranges(document["ranges"]),
            let result = Self.result(document)
        else { return nil }
        self.init(
            digest: digest, number: Int(number), role: role, fold: Int(fold), values: values,
            ranges: ranges, result: result)
    }

    private static let digits = Array("0123456789abcdef".utf8)

    private static func values(_ document: JSONDocument?) -> [Assignment]? {
        guard case .object(let members) = document else { return nil }
        var result: [Assignment] = []
        for member in members {
            guard let value = member.value.text else { return nil }
            result.append(Assignment(key: member.name, value: value))
        }
        return result
    }

    private static func range(_ document: JSONDocument) -> TimeRange? {
        guard let bounds = document.elements, bounds.count == 2, let start = bounds[0].unsigned,
            let end = bounds[1].unsigned, start < end
        else { return nil }
        return TimeRange(startNs: start, endNs: end)
    }

    private static func ranges(_ document: JSONDocument?) -> [TimeRange]? {
        guard let elements = document?.elements else { return nil }
        let ranges = elements.compactMap(range)
        return ranges.count == elements.count ? ranges : nil
    }

    private static func result(_ document: JSONDocument) -> Result? {
        if let reason = document["failed"]?.text { return .failed(reason) }
        guard case .object(let members) = document["metrics"],
            let elements = document["blocks"]?.elements
        else { return nil }
        var metrics: [String: Double] = [:]
        for member in members {
            guard let value = member.value.double else { return nil }
            metrics[member.name] = value
        }
        let blocks = elements.compactMap { element -> ReturnBlock? in
            let numbers = (element.elements ?? []).compactMap(\.double)
            guard numbers.count == 3 else { return nil }
            return ReturnBlock(count: numbers[0], sum: numbers[1], squares: numbers[2])
        }
        guard blocks.count == elements.count else { return nil }
        var track: TrackRecord?
        if let given = document["track"] {
            let numbers = (given.elements ?? []).compactMap(\.double)
            guard numbers.count == 4, let observations = Int(exactly: numbers[1]) else {
                return nil
            }
            track = TrackRecord(
                sharpe: numbers[0], observations: observations, skew: numbers[2],
                kurtosis: numbers[3])
        }
        var span: TimeRange?
        if let given = document["span"] {
            guard let read = range(given) else { return nil }
            span = read
        }
        return .done(TrialFigures(metrics: metrics, track: track, blocks: blocks, span: span))
    }
}

extension JSONDocument {
    fileprivate var unsigned: UInt64? {
        if case .number(let text) = self { return UInt64(text) }
        return nil
    }
}
