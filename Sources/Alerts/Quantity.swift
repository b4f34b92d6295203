//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What a rule can look at, by its name in the file.
enum Quantity: String, CaseIterable, Sendable {
    case engineDead = "engine_dead"
    case tradingState = "trading_state"
    case counterRate = "counter_rate"
    case counterIncrease = "counter_increase"
    case gauge
    case percentile
    case heartbeatAge = "heartbeat_age"
    case ringFill = "ring_fill"
    case bookAge = "book_age"
    case bookInvalid = "book_invalid"
    case orderRejects = "order_rejects"
    case sequenceGaps = "sequence_gaps"
    case openOrders = "open_orders"
    case profit
    case drawdown
    case modelState = "model_state"
    case modelDrift = "model_drift"

    /// What `of` names.
    enum Subject: Sendable {
        case engine, counter, histogram, stage, ring, instrument, model

        /// Names of the labels of each series, which messages may use.
        var labels: [String] {
            switch self {
            case .engine: []
            case .counter: ["counter"]
            case .histogram: ["histogram"]
            case .stage: ["stage"]
            case .ring: ["ring"]
            case .instrument: ["symbol", "venue"]
            case .model: ["model"]
            }
        }
    }

    enum Unit: Sendable, Equatable {
        /// Holds or does not.
        case condition
        case words([String])
        /// Nanoseconds, written "20us".
        case duration
        /// Share, written "80%".
        case percent
        /// Written "5/s".
        case perSecond
        case number
    }

    var subject: Subject {
        switch self {
        case .engineDead, .tradingState: .engine
        case .counterRate, .counterIncrease, .gauge: .counter
        case .percentile: .histogram
        case .heartbeatAge: .stage
        case .ringFill: .ring
        case .bookAge, .bookInvalid, .orderRejects, .sequenceGaps, .openOrders, .profit, .drawdown:
            .instrument
        case .modelState, .modelDrift: .model
        }
    }

    var unit: Unit {
        switch self {
        case .engineDead, .bookInvalid: .condition
        case .tradingState: .words(["READY", "REDUCING", "HALTED", "NOT_READY", "NONE"])
        case .modelState: .words(["on", "off", "set aside"])
        case .percentile, .heartbeatAge, .bookAge: .duration
        case .ringFill: .percent
        case .counterRate: .perSecond
        case .counterIncrease, .gauge, .orderRejects, .sequenceGaps, .openOrders, .profit,
            .drawdown, .modelDrift:
            .number
        }
    }

    /// Needs `over`.
    var isOverWindow: Bool {
        switch self {
        case .counterRate, .counterIncrease, .percentile, .orderRejects, .sequenceGaps: true
        default: false
        }
    }

    /// What `of` is when the file does not say; `nil`: it must.
    var subjectFallback: String? {
        switch self {
        case .engineDead, .tradingState: ""
        case .counterRate, .counterIncrease, .gauge, .percentile: nil
        case .profit, .drawdown: Self.total
        default: "*"
        }
    }

    /// All instruments together: their quote currencies count alike.
    static let total = "total"

    /// For people: "the age of book BTC-USDT".
    func words(of subject: String, percentile: String, over: String) -> String {
        switch self {
        case .engineDead: "the engine's process is gone"
        case .tradingState: "the trading state"
        case .counterRate: "the rate of \(subject) over \(over)"
        case .counterIncrease: "the increase of \(subject) over \(over)"
        case .gauge: subject
        case .percentile: "p\(percentile) of \(subject) over \(over)"
        case .heartbeatAge: "the heartbeat's age of stage \(subject)"
        case .ringFill: "the fill of ring \(subject)"
        case .bookAge: "the age of book \(subject)"
        case .bookInvalid: "book \(subject) is not in sync"
        case .orderRejects: "the orders of \(subject) refused by the venue over \(over)"
        case .sequenceGaps: "the sequence gaps of \(subject) over \(over)"
        case .openOrders: "the open orders of \(subject)"
        case .profit: "the profit of \(subject)"
        case .drawdown: "the drawdown of \(subject)"
        case .modelState: "the state of model \(subject)"
        case .modelDrift: "the drift (PSI) of model \(subject)"
        }
    }
}

/// Names with "*" for any number of any characters.
enum NamePattern {
    static func matches(_ pattern: String, _ name: String) -> Bool {
        let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
        guard parts.count > 1, let first = parts.first, let last = parts.last else {
            return pattern == name
        }
        guard name.hasPrefix(first), name.dropFirst(first.count).hasSuffix(last) else {
            return false
        }
        var rest = name.dropFirst(first.count).dropLast(last.count)
        for part in parts.dropFirst().dropLast() where !part.isEmpty {
            guard let range = rest.firstRange(of: part) else { return false }
            rest = rest[range.upperBound...]
        }
        return true
    }

    static func isPattern(_ text: String) -> Bool { text.contains("*") }
}
