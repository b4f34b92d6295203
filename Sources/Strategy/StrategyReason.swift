//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Why the strategy sent an intent; the `reason` byte of `OrderIntent`.
public enum StrategyReason: UInt8, CaseIterable, Sendable {
    case none = 0
    /// The score is above the buy threshold.
    case scoreAbove = 1
    /// The score is below the sell threshold.
    case scoreBelow = 2
    /// The quote condition of the latency probe holds.
    case probe = 3
    /// The latency probe's turn would exceed its position: it trades the other way.
    case probeFlatten = 4
    /// The order rested longer than it may.
    case restedTooLong = 10
    /// The signal now asks for the other side.
    case signalTurned = 11

    /// The byte of the record.
    public var code: UInt8 {
        @_noAllocation @_noLocks
        get {
            switch self {
            case .none: 0
            case .scoreAbove: 1
            case .scoreBelow: 2
            case .probe: 3
            case .probeFlatten: 4
            case .restedTooLong: 10
            case .signalTurned: 11
            }
        }
    }

    /// As `--emit orders` prints it.
    public var text: String {
        switch self {
        case .none: "none"
        case .scoreAbove: "score-above"
        case .scoreBelow: "score-below"
        case .probe: "probe"
        case .probeFlatten: "probe-flatten"
        case .restedTooLong: "rested-too-long"
        case .signalTurned: "signal-turned"
        }
    }

    /// The text of a reason byte; "reason-<n>" for one this strategy does not use.
    public static func text(_ code: UInt8) -> String {
        StrategyReason(rawValue: code)?.text ?? "reason-\(code)"
    }
}
