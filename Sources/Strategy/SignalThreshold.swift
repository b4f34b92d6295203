//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Messages

/// `signal-threshold`: moves towards a long position above one score and a short one below
/// another, with one order working at a time.
public enum SignalThreshold {
    /// A pure function of the signal and the instrument's state. In this order: cancels the
    /// resting order when it is too old (whatever the signal) or when the signal asks for the
    /// other side; waits for the working order and the cooldown; places what is missing to the
    /// target, at most `quantity`.
    @_noAllocation @_noLocks
    public static func decide(
        _ parameters: SignalThresholdParameters, _ signal: Signal, _ view: StrategyView,
        target: SizeRule, quantity: SizeRule
    ) -> StrategyDecision {
        let wanted = wantedSide(parameters, signal)
        if view.cancellableID != 0 {
            if view.cancellableAgeNs > parameters.restingMaxNs {
                return .cancel(view, .restedTooLong)
            }
            if wanted != .none, wanted != view.cancellableSide {
                return .cancel(view, .signalTurned)
            }
        }
        if wanted == .none || view.workingCount > 0 { return .hold() }
        if view.sinceLastOrderNs < parameters.cooldownNs { return .hold() }

        let isBuy = wanted == .buy
        let reason: StrategyReason = isBuy ? .scoreAbove : .scoreBelow
        let mid = StrategyDecision.mid(signal)
        let goal = target.lots(atMid: mid)
        let (missing, overflow) =
            (isBuy ? goal : 0 &- goal).subtractingReportingOverflow(view.positionLots)
        if overflow { return .impossible(reason) }
        if isBuy ? missing <= 0 : missing >= 0 { return .hold() }
        let most = quantity.lots(atMid: mid)
        if most <= 0 { return .impossible(reason) }
        let lots = min(missing.magnitude, most.magnitude)
        return .place(
            wanted, Int64(truncatingIfNeeded: lots), parameters.style,
            offset: parameters.offsetTicks, signal, reason)
    }

    /// The side the signal asks for; none for a signal or quote that must not be traded on. A
    /// score or confidence that is no number compares false and asks for nothing.
    @_noAllocation @_noLocks
    static func wantedSide(_ parameters: SignalThresholdParameters, _ signal: Signal) -> Side {
        guard signal.isValid == 1, StrategyDecision.isTradable(signal),
            signal.confidence >= parameters.minimumConfidence
        else { return .none }
        if signal.score > parameters.buyAboveBps { return .buy }
        return signal.score < parameters.sellBelowBps ? .sell : .none
    }
}
