//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Options
import Rendering

/// How a value is held against its threshold.
enum Comparison: String, CaseIterable, Sendable {
    case above
    case atLeast = "at_least"
    case below
    case atMost = "at_most"
    case equal = "is"
    case unequal = "is_not"

    var isOfWords: Bool { self == .equal || self == .unequal }
    /// A greater value is worse.
    var isUpward: Bool { self == .above || self == .atLeast }

    var words: String {
        switch self {
        case .above: "above"
        case .atLeast: "at least"
        case .below: "below"
        case .atMost: "at most"
        case .equal: "is"
        case .unequal: "is not"
        }
    }

    func holds(_ value: Double, _ threshold: Double) -> Bool {
        switch self {
        case .above: value > threshold
        case .atLeast: value >= threshold
        case .below: value < threshold
        case .atMost: value <= threshold
        case .equal: value == threshold
        case .unequal: value != threshold
        }
    }
}

extension Quantity.Unit {
    /// What to say when a threshold does not fit.
    var expectation: String {
        switch self {
        case .condition: "nothing"
        case .words(let words): "one of \(words.joined(separator: ", "))"
        case .duration: "a duration like 500us or 2s"
        case .percent: "a percentage like 80%"
        case .perSecond: "a rate like 5/s"
        case .number: "a plain number like 3 or -250.5"
        }
    }

    /// The number of "20us" (nanoseconds), "80%" (0.8), "5/s", "-250.5"; `nil` for another unit.
    func number(_ text: String) -> Double? {
        switch self {
        case .condition, .words: nil
        case .duration: Durations.nanoseconds(text).map { Double($0) }
        case .percent: Self.plain(text, without: "%").map { $0 / 100 }
        case .perSecond: Self.plain(text, without: "/s")
        case .number: Self.plain(text, without: "")
        }
    }

    private static func plain(_ text: String, without suffix: String) -> Double? {
        guard text.hasSuffix(suffix), text.utf8.count <= 40 else { return nil }
        let digits = text.dropLast(suffix.count)
        let areDigits = digits.utf8.allSatisfy { (48...57).contains($0) || $0 == 45 || $0 == 46 }
        return areDigits ? Double(digits) : nil
    }

    /// For people, short.
    func text(_ value: Double) -> String {
        switch self {
        case .condition, .words: ""
        case .duration:
            Durations.text(ns: value >= 0x1p62 ? 1 << 62 : UInt64(max(0, value)))
        case .percent: NumberText.fixed(value * 100, decimals: 1) + "%"
        case .perSecond: NumberText.rate(value) + "/s"
        case .number:
            value == value.rounded()
                ? NumberText.fixed(value, decimals: 0) : NumberText.fixed(value, decimals: 4)
        }
    }
}
