//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Options

enum Severity: String, CaseIterable, Sendable { case info, warning, critical }

/// One rule, checked.
struct AlertRule: Sendable {
    /// What becomes of a firing alert whose quantity has no value any more.
    enum Absence: String, CaseIterable, Sendable {
        /// It ends, as if the value were good.
        case clear
        /// It goes on.
        case hold
    }

    enum Limit: Sendable, Equatable {
        /// The quantity itself is the condition.
        case none
        case word(String)
        /// `clear` is the threshold, or nearer to what is good.
        case number(Double, clear: Double)
    }

    let name: String
    let quantity: Quantity
    /// A name, or a pattern with "*".
    let subject: String
    /// 0...1; percentiles only.
    let fraction: Double
    /// As written.
    let percentile: String
    let overNs: UInt64
    /// Values that a percentile needs.
    let samplesMin: UInt64
    let comparison: Comparison
    let limit: Limit
    /// As written, for messages.
    let threshold: String
    let forNs: UInt64
    let clearForNs: UInt64
    let severity: Severity
    /// Indices of the actions.
    let actions: [Int]
    let message: MessageTemplate
    /// 0: it is told once.
    let repeatNs: UInt64
    /// Between two beginnings that are told.
    let cooldownNs: UInt64
    let tellsEnd: Bool
    let absence: Absence
    /// Indices of the rules that silence it while they fire.
    var inhibitors: [Int]

    var subjectWords: String {
        quantity.words(of: subject, percentile: percentile, over: Durations.text(ns: overNs))
    }

    /// The condition for people: "p99 of x over 10s is above 20us".
    var conditionWords: String {
        switch limit {
        case .none: subjectWords
        case .word: "\(subjectWords) \(comparison.words) \(threshold)"
        case .number: "\(subjectWords) is \(comparison.words) \(threshold)"
        }
    }

    /// Whether a value is bad, and whether it is good enough to end an alert.
    func judge(_ value: Reading.Value) -> (isBreached: Bool, isClear: Bool) {
        switch (value, limit) {
        case (.condition(let holds), _): return (holds, !holds)
        case (.word(let word), .word(let wanted)):
            let holds = (word == wanted) == (comparison == .equal)
            return (holds, !holds)
        case (.number(let number), .number(let threshold, let clear)):
            let isBreached = comparison.holds(number, threshold)
            // At the threshold itself an "at least" has not ended yet; at a `clear` of its own,
            // any value on its good side or on it ends the alert.
            let isBeyond = comparison.isUpward ? number <= clear : number >= clear
            return (isBreached, !isBreached && isBeyond)
        default: preconditionFailure("a value of the quantity's unit")
        }
    }
}

/// One value of a rule's quantity, with the labels that name whose it is.
struct Reading {
    enum Value: Equatable {
        case condition(Bool)
        case word(String)
        case number(Double)
    }
    /// As `Quantity.Subject.labels`, in their order.
    let labels: [String]
    let value: Value
}
