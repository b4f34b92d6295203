//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Messages

/// What a signal must be like to be traded on. The default takes any finite score.
public struct SignalLimits: Equatable, Sendable {
    /// Largest magnitude of a score, basis points, greater than 0.
    public var scoreMaxBps: Float
    /// A score that stayed the same over so many changes of the quote is stuck; 0: none is.
    public var stuckAfter: UInt32
    /// 0...1.
    public var minimumConfidence: Float
    /// Least share of the models whose score has the signal's sign, whole per cent, 0...100.
    public var minimumAgreementPercent: UInt8

    public init(
        scoreMaxBps: Float = .greatestFiniteMagnitude, stuckAfter: UInt32 = 0,
        minimumConfidence: Float = 0, minimumAgreementPercent: UInt8 = 0
    ) {
        self.scoreMaxBps = scoreMaxBps
        self.stuckAfter = stuckAfter
        self.minimumConfidence = minimumConfidence
        self.minimumAgreementPercent = minimumAgreementPercent
    }

    /// What the signal is by itself, whatever came before it. What is no number does not pass.
    @_noAllocation @_noLocks
    public func judge(_ signal: Signal) -> SignalVerdict {
        if signal.isValid != 1 { return .invalid }
        if !(signal.score.magnitude <= scoreMaxBps) { return .outOfRange }
        if !(signal.confidence >= minimumConfidence) { return .unsure }
        return signal.agreement >= minimumAgreementPercent ? .accepted : .disputed
    }

    var problem: String? {
        if !(scoreMaxBps > 0 && scoreMaxBps.isFinite) {
            return "the largest score is not greater than 0 and finite"
        }
        if !(minimumConfidence >= 0 && minimumConfidence <= 1) {
            return "the minimum confidence is not in 0...1"
        }
        return minimumAgreementPercent > 100 ? "the minimum agreement is not in 0...1" : nil
    }
}

/// Whether a signal may be traded on, and if not, the first reason why. A signal that may not asks
/// for no order; resting orders are still cancelled when they are too old.
public enum SignalVerdict: UInt8, Sendable {
    case accepted
    /// Inference says so: cold, stale, not finite, or without a model.
    case invalid
    /// The score is larger than any that a model should give.
    case outOfRange
    /// The score does not follow the market.
    case stuck
    /// Too little confidence.
    case unsure
    /// Too few models have the signal's sign.
    case disputed

    var isAccepted: Bool {
        @_noAllocation @_noLocks
        get { if case .accepted = self { true } else { false } }
    }
}

/// One instrument's check of its signals: the limits, and whether the score is stuck.
///
/// A score is stuck when it kept the same bits over `stuckAfter` signals that each came with
/// another bid or ask than the one before. Signals at an unchanged quote do not count, so a model
/// may say the same as long as the market stands still. The first other score ends it. Signals
/// that are not valid neither count nor end it.
public struct SignalFilter: Sendable {
    /// Those of no number: the first score differs.
    private var scoreBits = UInt32.max
    private var bid = PriceTicks(0)
    private var ask = PriceTicks(0)
    /// Changes of the quote that the score stayed the same over.
    private var repeats: UInt32 = 0

    @_noAllocation @_noLocks
    public init() {}

    /// Judges the instrument's next signal. A score out of range is told before a stuck one, and
    /// that before what a sound model may say at times.
    @_noAllocation @_noLocks
    public mutating func judge(_ signal: Signal, _ limits: SignalLimits) -> SignalVerdict {
        let verdict = limits.judge(signal)
        if case .invalid = verdict { return verdict }
        follow(signal)
        if case .outOfRange = verdict { return verdict }
        return limits.stuckAfter > 0 && repeats >= limits.stuckAfter ? .stuck : verdict
    }

    @_noAllocation @_noLocks
    private mutating func follow(_ signal: Signal) {
        let bits = signal.score.bitPattern
        if bits != scoreBits {
            scoreBits = bits
            repeats = 0
        } else if repeats < .max,
            signal.bid.rawValue != bid.rawValue || signal.ask.rawValue != ask.rawValue
        {
            repeats &+= 1
        }
        bid = signal.bid
        ask = signal.ask
    }
}
