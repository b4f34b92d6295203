//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// One alert of one rule: quiet, pending, firing, quiet again. Time is that of observations.
struct AlertSeries: Sendable {
    enum Phase: Sendable, Equatable {
        case quiet
        /// The condition holds, but not yet for long enough.
        case pending(sinceNs: UInt64)
        /// `clearSinceNs`: since when the value has been good enough to end it.
        case firing(sinceNs: UInt64, clearSinceNs: UInt64?)
    }

    enum Change: Equatable { case none, began, ended }

    private(set) var phase = Phase.quiet
    /// Somebody was told of this firing.
    var isTold = false
    /// When a beginning or a repetition was told last; kept when it ends.
    var lastToldNs: UInt64?
    /// This firing was counted as silenced, as delayed.
    var isCountedSilenced = false
    var isCountedDelayed = false

    var isFiring: Bool { if case .firing = phase { true } else { false } }
    var isPending: Bool { if case .pending = phase { true } else { false } }
    var sinceNs: UInt64? {
        switch phase {
        case .quiet: nil
        case .pending(let sinceNs), .firing(let sinceNs, _): sinceNs
        }
    }

    /// Nobody looked for a while, or the clock stepped: what must hold for a time begins anew.
    mutating func restart(at timeNs: UInt64) {
        switch phase {
        case .quiet: break
        case .pending: phase = .quiet
        case .firing(let sinceNs, _):
            phase = .firing(sinceNs: min(sinceNs, timeNs), clearSinceNs: nil)
        }
        lastToldNs = lastToldNs.map { min($0, timeNs) }
    }

    /// - Parameter isHeld: There is no value and the rule says that the alert goes on.
    mutating func step(
        at timeNs: UInt64, isBreached: Bool, isClear: Bool, isHeld: Bool, _ rule: AlertRule
    ) -> Change {
        switch phase {
        case .quiet:
            guard isBreached else { return .none }
            phase = .pending(sinceNs: timeNs)
            return beginIfDue(timeNs, sinceNs: timeNs, rule)
        case .pending(let sinceNs):
            guard isBreached else {
                phase = .quiet
                return .none
            }
            return beginIfDue(timeNs, sinceNs: sinceNs, rule)
        case .firing(let sinceNs, let clearSinceNs):
            if isHeld || !isClear {
                phase = .firing(sinceNs: sinceNs, clearSinceNs: nil)
                return .none
            }
            let clearNs = clearSinceNs ?? timeNs
            if timeNs - clearNs >= rule.clearForNs {
                phase = .quiet
                return .ended
            }
            phase = .firing(sinceNs: sinceNs, clearSinceNs: clearNs)
            return .none
        }
    }

    private mutating func beginIfDue(
        _ timeNs: UInt64, sinceNs: UInt64, _ rule: AlertRule
    ) -> Change {
        guard timeNs - sinceNs >= rule.forNs else { return .none }
        phase = .firing(sinceNs: sinceNs, clearSinceNs: nil)
        isTold = false
        isCountedSilenced = false
        isCountedDelayed = false
        return .began
    }
}
