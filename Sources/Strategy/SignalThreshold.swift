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
    /// A pure function of the signal, what the filter says of it, and the instrument's state. In
    /// this order: cancels the resting order when it is too old (whatever the signal) or when an
    /// accepted signal asks for the other side; waits for the working order and the cooldowns;
    /// places what is missing to the target, at most `quantity`.
    @_noAllocation @_noLocks
    public static func decide(
        _ parameters: SignalThresholdParameters, _ signal: Signal, _ verdict: SignalVerdict,
        _ view: StrategyView, target: SizeRule, quantity: SizeRule
    ) -> StrategyDecision {
        let wanted = verdict.isAccepted ? wantedSide(parameters, signal) : .none
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
        // The probe's next side is the one that the last order was not on.
        if wanted == view.nextSide, view.sinceLastOrderNs < parameters.turnCooldownNs {
            return .hold()
        }

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

    /// The side an accepted signal asks for; none at a quote that must not be traded on.
    @_noAllocation @_noLocks
    public static func wantedSide(
        _ parameters: SignalThresholdParameters, _ signal: Signal
    ) -> Side {
        guard StrategyDecision.isTradable(signal) else { return .none }
        if signal.score > parameters.buyAboveBps {
            guard let least = parameters.buyProbability else { return .buy }
            return signal.score > 0 && probability(signal) > least ? .buy : .none
        }
        guard signal.score < parameters.sellBelowBps else { return .none }
        guard let most = parameters.sellProbability else { return .sell }
        return signal.score < 0 && 1 - probability(signal) < most ? .sell : .none
    }

    /// The least that the models' mean probability of a move to the score's side can be.
    ///
    /// A probability model's confidence is |2p - 1|, so p = (1 + confidence) / 2 for the score's
    /// side. The confidence of several is their mean, which p follows where they agree; each per
    /// cent of the models that does not takes one from p at most. Exact for one model and for
    /// models that all have one sign. A linear model's confidence is no probability.
    @_noAllocation @_noLocks
    private static func probability(_ signal: Signal) -> Float {
        (1 + signal.confidence) / 2 - (1 - Float(signal.agreement) / 100)
    }
}
