//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Options

/// One key of the configuration that is varied, and what it may be.
///
/// A search sees it as a number in 0...1: the place between its bounds, or which of its levels.
public struct Parameter: Sendable {
    enum Domain: Sendable {
        /// Any number between two, evenly or evenly in its logarithm.
        case continuous(from: Double, to: Double, isLog: Bool, isWhole: Bool)
        /// One of these texts; ordered when they are steps of a number.
        case levels([String], isOrdered: Bool)
    }

    /// Whether texts are plain numbers or durations, whose numbers are nanoseconds.
    enum Unit: Sendable {
        case plain
        case duration
    }

    public let key: String
    let domain: Domain
    let unit: Unit

    /// More steps than this are searched as if there were none between two.
    static let levelsMax = 10_000

    /// How many different values there are; `nil`: any number.
    var levelCount: Int? {
        if case .levels(let texts, _) = domain { return texts.count }
        return nil
    }

    /// A choice between words has no order that a search could follow.
    var isCategory: Bool {
        if case .levels(_, isOrdered: false) = domain { return true }
        return false
    }

    /// The value at a place.
    ///
    /// - Parameter place: 0...1; anything else is moved to the nearer end.
    func text(at place: Double) -> String {
        let place = min(max(place, 0), 1)
        switch domain {
        case .levels(let texts, _):
            return texts[min(Int(place * Double(texts.count)), texts.count - 1)]
        case .continuous(let from, let to, let isLog, let isWhole):
            let value = Self.between(from, to, place, isLog: isLog)
            return Self.write(isWhole ? value.rounded() : value, unit)
        }
    }

    /// The place of a level's middle.
    func place(ofLevel level: Int) -> Double {
        (Double(level) + 0.5) / Double(levelCount ?? 1)
    }

    /// The number that a value's text says; `nil` for a word.
    func number(_ text: String) -> Double? {
        switch unit {
        case .plain: Double(text)
        case .duration: Durations.nanoseconds(text).map { Double($0) }
        }
    }

    static func between(_ from: Double, _ to: Double, _ place: Double, isLog: Bool) -> Double {
        let value = isLog
            ? from * Math.power(to / from, place) : from + (to - from) * place
        return min(max(value, from), to)
    }

    static func write(_ value: Double, _ unit: Unit) -> String {
        switch unit {
        case .plain: DecimalText.plain(value)
        case .duration: "\(UInt64(max(0, value.rounded())))ns"
        }
    }
}

/// One parameter's value in a trial, as `--set KEY=VALUE` takes it.
public struct Assignment: Sendable, Hashable {
    public let key: String
    public let value: String

    public init(key: String, value: String) {
        self.key = key
        self.value = value
    }
}
