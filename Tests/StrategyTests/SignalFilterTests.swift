//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages
import Strategy
import Testing

@Suite("Signal filter")
struct SignalFilterTests {
    struct Rule: Sendable, CustomStringConvertible {
        var description: String
        var signal: Signal
        var limits = SignalLimits()
        var expected: SignalVerdict
    }

    static let ranged = SignalLimits(scoreMaxBps: 3)
    static let agreed = SignalLimits(minimumAgreementPercent: 60)
    static let sure = SignalLimits(minimumConfidence: 0.5)
    static let every = SignalLimits(
        scoreMaxBps: 3, stuckAfter: 2, minimumConfidence: 0.5, minimumAgreementPercent: 60)

    static let rules: [Rule] = [
        .init(description: "nothing asked", signal: Fixtures.signal(score: 2), expected: .accepted),
        .init(
            description: "not valid", signal: Fixtures.signal(score: 2, isValid: 0),
            expected: .invalid),
        .init(
            description: "a validity byte of 2", signal: Fixtures.signal(score: 2, isValid: 2),
            expected: .invalid),
        .init(
            description: "the largest score", signal: Fixtures.signal(score: 3), limits: ranged,
            expected: .accepted),
        .init(
            description: "the largest score of a fall", signal: Fixtures.signal(score: -3),
            limits: ranged, expected: .accepted),
        .init(
            description: "the next larger score", signal: Fixtures.signal(score: Float(3).nextUp),
            limits: ranged, expected: .outOfRange),
        .init(
            description: "the next larger score of a fall",
            signal: Fixtures.signal(score: Float(-3).nextDown), limits: ranged,
            expected: .outOfRange),
        .init(
            description: "any finite score where no largest is set",
            signal: Fixtures.signal(score: .greatestFiniteMagnitude), expected: .accepted),
        .init(
            description: "an infinite score", signal: Fixtures.signal(score: -.infinity),
            expected: .outOfRange),
        .init(
            description: "a score that is no number", signal: Fixtures.signal(score: .nan),
            expected: .outOfRange),
        .init(
            description: "confidence at the minimum",
            signal: Fixtures.signal(score: 2, confidence: 0.5), limits: sure, expected: .accepted),
        .init(
            description: "confidence below the minimum",
            signal: Fixtures.signal(score: 2, confidence: Float(0.5).nextDown), limits: sure,
            expected: .unsure),
        .init(
            description: "no confidence where none is asked",
            signal: Fixtures.signal(score: 2, confidence: 0), expected: .accepted),
        .init(
            description: "a confidence that is no number",
            signal: Fixtures.signal(score: 2, confidence: .nan), expected: .unsure),
        .init(
            description: "agreement at the minimum",
            signal: Fixtures.signal(score: 2, agreement: 60), limits: agreed, expected: .accepted),
        .init(
            description: "agreement below the minimum",
            signal: Fixtures.signal(score: 2, agreement: 59), limits: agreed, expected: .disputed),
        .init(
            description: "no agreement where none is asked",
            signal: Fixtures.signal(score: 2, agreement: 0), expected: .accepted),
        .init(
            description: "everything wrong, but not valid first",
            signal: Fixtures.signal(score: 9, confidence: 0, agreement: 0, isValid: 0),
            limits: every, expected: .invalid),
        .init(
            description: "range before confidence",
            signal: Fixtures.signal(score: 9, confidence: 0, agreement: 0), limits: every,
            expected: .outOfRange),
        .init(
            description: "confidence before agreement",
            signal: Fixtures.signal(score: 2, confidence: 0, agreement: 0), limits: every,
            expected: .unsure),
    ]

    @Test(arguments: rules)
    func `one signal follows the table`(_ rule: Rule) {
        #expect(rule.limits.judge(rule.signal) == rule.expected)
        var filter = SignalFilter()
        #expect(filter.judge(rule.signal, rule.limits) == rule.expected)
    }

    /// Verdicts of signals one after the other, as letters: a accepted, s stuck, and so on.
    static func run(_ signals: [Signal], _ limits: SignalLimits) -> String {
        var filter = SignalFilter()
        return signals.map { signal in
            switch filter.judge(signal, limits) {
            case .accepted: "a"
            case .invalid: "i"
            case .outOfRange: "r"
            case .stuck: "s"
            case .unsure: "u"
            case .disputed: "d"
            }
        }.joined()
    }

    /// A signal of each score, each at a bid a tick higher.
    static func moving(_ scores: [Float]) -> [Signal] {
        scores.enumerated().map { index, score in
            Fixtures.signal(bid: 100 + Int64(index), ask: 1_000, score: score)
        }
    }

    @Test func `a score that does not follow the quote is stuck until it changes`() {
        let limits = SignalLimits(stuckAfter: 3)
        #expect(Self.run(Self.moving([2, 2, 2, 2, 2, 1, 1, 1, 1]), limits) == "aaassaaas")
        #expect(Self.run(Self.moving([2, 2, 2, 1, 2, 2, 2, 2]), limits) == "aaaaaaas")
        // Zero is a score as any other, from the first signal on.
        #expect(Self.run(Self.moving([0, 0, 0, 0]), limits) == "aaas")
        // The sign of zero is another score.
        #expect(Self.run(Self.moving([0, 0, 0, -0.0]), limits) == "aaaa")
        #expect(Self.run(Self.moving([2, 2]), SignalLimits(stuckAfter: 1)) == "as")
    }

    @Test func `a score may stay the same while the market stands still`() {
        let limits = SignalLimits(stuckAfter: 2)
        var signals = (0..<50).map { _ in Fixtures.signal(score: 2) }
        #expect(Self.run(signals, limits) == String(repeating: "a", count: 50))
        // The ask alone is a change, too, and what stood still in between does not undo it.
        for index in 20..<50 { signals[index].ask = PriceTicks(1_003) }
        for index in 40..<50 { signals[index].bid = PriceTicks(999) }
        #expect(Array(Self.run(signals, limits)).firstIndex(of: "s") == 40)
    }

    @Test func `stuck is never asked with 0`() {
        let signals = Self.moving(Array(repeating: 2, count: 300))
        #expect(Self.run(signals, SignalLimits()) == String(repeating: "a", count: 300))
    }

    @Test func `signals that are not valid neither count nor end a stuck score`() {
        var signals = Self.moving([2, 2, 2, 2, 2])
        signals[1] = Fixtures.signal(bid: 7, score: 0, isValid: 0)
        signals[3] = Fixtures.signal(bid: 8, score: 0, isValid: 0)
        #expect(Self.run(signals, SignalLimits(stuckAfter: 2)) == "aiais")
    }

    @Test func `a stuck score is told before too little confidence, and after its range`() {
        let doubtful = (0..<4).map {
            Fixtures.signal(bid: 100 + Int64($0), score: 2, confidence: 0)
        }
        #expect(Self.run(doubtful, Self.every) == "uuss")
        #expect(Self.run(Self.moving([9, 9, 9, 9]), Self.every) == "rrrr")
    }
}

@Suite("Probability thresholds")
struct ProbabilityTests {
    struct Case: Sendable, CustomStringConvertible {
        var description: String
        var score: Float
        var confidence: Float
        var agreement: UInt8 = 100
        var buy: Float? = 0.75
        var sell: Float? = 0.25
        var expected: Side
    }

    /// A model of a probability gives confidence |2p - 1|.
    static let cases: [Case] = [
        .init(description: "p at the threshold", score: 2, confidence: 0.5, expected: .none),
        .init(description: "p above", score: 2, confidence: 0.515625, expected: .buy),
        .init(description: "p at the lower one", score: -2, confidence: 0.5, expected: .none),
        .init(description: "p below", score: -2, confidence: 0.515625, expected: .sell),
        .init(description: "the score says no", score: 1, confidence: 1, expected: .none),
        .init(
            description: "unset, the score decides", score: 2, confidence: 0, buy: nil,
            expected: .buy),
        .init(
            description: "unset, the score decides a sale", score: -2, confidence: 0, sell: nil,
            expected: .sell),
        .init(
            description: "each side has its own", score: -2, confidence: 0, buy: nil,
            expected: .none),
        // The models' mean confidence of 0.75 says 0.875; a tenth against takes at most 0.1.
        .init(
            description: "a tenth against", score: 2, confidence: 0.75, agreement: 90,
            expected: .buy),
        .init(
            description: "a fifth against", score: 2, confidence: 0.75, agreement: 80,
            expected: .none),
        .init(
            description: "all sure, half of them of each side", score: 2, confidence: 1,
            agreement: 50, expected: .none),
    ]

    @Test(arguments: cases)
    func `both kinds of thresholds must hold`(_ c: Case) {
        var parameters = Fixtures.threshold()
        parameters.buyProbability = c.buy
        parameters.sellProbability = c.sell
        let signal = Fixtures.signal(
            score: c.score, confidence: c.confidence, agreement: c.agreement)
        #expect(SignalThreshold.wantedSide(parameters, signal) == c.expected)
    }

    /// Thresholds of the score may lie on the other side of zero; a probability never does.
    @Test func `a likely fall is no reason to buy, nor a likely rise to sell`() {
        var parameters = Fixtures.threshold()
        parameters.buyAboveBps = -5
        parameters.sellBelowBps = -5
        parameters.buyProbability = 0.65
        #expect(
            SignalThreshold.wantedSide(parameters, Fixtures.signal(score: -2)) == .none)
        parameters.buyAboveBps = 5
        parameters.sellBelowBps = 5
        parameters.sellProbability = 0.35
        #expect(SignalThreshold.wantedSide(parameters, Fixtures.signal(score: 2)) == .none)
    }
}

@Suite("Refused signals")
struct RefusedSignalTests {
    static let limits = SignalLimits(
        scoreMaxBps: 3, stuckAfter: 4, minimumConfidence: 0.5, minimumAgreementPercent: 60)

    @Test func `each reason has its counter and no order`() throws {
        let harness = try StrategyHarness(
            .signalThreshold(Fixtures.threshold(limits: Self.limits)))
        harness.push(Fixtures.signal(sequence: 1, score: 3.5))
        harness.push(Fixtures.signal(sequence: 2, score: 2, confidence: 0.25))
        harness.push(Fixtures.signal(sequence: 3, score: 2.5, agreement: 50))
        harness.push(Fixtures.signal(sequence: 4, score: 2, isValid: 0))
        harness.advance(to: 4)
        harness.run()
        #expect(harness.sent.isEmpty)
        for name in ["signal_range", "signal_confidence", "signal_agreement", "invalid_signals"] {
            #expect(harness.count(name) == 1, "\(name)")
        }
        #expect(harness.count("signal_stuck") == 0)
    }

    @Test func `a stuck score stops orders of its instrument alone`() throws {
        let harness = try StrategyHarness(
            .signalThreshold(Fixtures.threshold(limits: Self.limits)))
        func report(_ sequence: UInt64, position: Int64) {
            harness.push(
                Fixtures.report(sequence: sequence, order: 0, .fill, .filled, position: position))
        }
        // At the target nothing is bought; away from it the score is stuck already.
        report(1, position: 10)
        for sequence: UInt64 in 2...6 {
            harness.push(
                Fixtures.signal(sequence: sequence, bid: 900 + Int64(sequence), score: 2))
        }
        report(7, position: 0)
        harness.push(Fixtures.signal(sequence: 8, bid: 900, score: 2))
        harness.push(Fixtures.signal(sequence: 9, score: 2, instrument: 1))
        harness.push(Fixtures.signal(sequence: 10, bid: 901, score: 2.5))
        harness.advance(to: 10)
        harness.run()
        #expect(harness.count("signal_stuck") == 2)
        #expect(harness.sent.map(\.sequence) == [9, 10])
    }

    @Test(arguments: [
        Fixtures.signal(sequence: 102, score: 9),
        Fixtures.signal(sequence: 102, score: 2, confidence: 0),
        Fixtures.signal(sequence: 102, score: 2, agreement: 0),
        Fixtures.signal(sequence: 102, score: .nan),
        Fixtures.signal(sequence: 102, score: 2, isValid: 0),
    ])
    func `a resting order is cancelled by age whatever the signal`(_ last: Signal) throws {
        let harness = try StrategyHarness(
            .signalThreshold(Fixtures.threshold(style: .postOnly, limits: Self.limits)))
        harness.push(Fixtures.signal(sequence: 1, score: 2))
        harness.push(
            Fixtures.report(sequence: 2, order: 101, .accepted, .open, position: 0, leaves: 4))
        harness.push(last)
        harness.advance(to: 102)
        harness.run()
        #expect(harness.sent.map(\.kind) == [.place, .cancel])
        #expect(harness.sent.last?.reason == StrategyReason.restedTooLong.rawValue)
    }

    @Test func `a refused signal of the other side turns nothing`() throws {
        let harness = try StrategyHarness(
            .signalThreshold(Fixtures.threshold(style: .postOnly, limits: Self.limits)))
        harness.push(Fixtures.signal(sequence: 1, score: 2))
        harness.push(
            Fixtures.report(sequence: 2, order: 101, .accepted, .open, position: 0, leaves: 4))
        harness.push(Fixtures.signal(sequence: 3, score: -9))
        harness.advance(to: 3)
        harness.run()
        #expect(harness.sent.map(\.kind) == [.place])
    }

    @Test func `the probe reads the quote alone`() throws {
        let harness = try StrategyHarness(.reflex(Fixtures.reflex()))
        harness.push(
            Fixtures.signal(sequence: 1, score: .nan, confidence: .nan, agreement: 0, isValid: 0))
        harness.advance(to: 1)
        harness.run()
        #expect(harness.sent.map(\.sequence) == [1])
        for name in ["signal_range", "signal_confidence", "signal_agreement", "signal_stuck"] {
            #expect(harness.count(name) == 0, "\(name)")
        }
    }
}
