//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Strategy
import Messages
import Testing

@Suite("Strategy decisions")
struct DecisionTests {
    struct ThresholdCase: Sendable, CustomStringConvertible {
        var description: String
        var signal = Fixtures.signal(score: 2)
        var view = StrategyView()
        var parameters = Fixtures.threshold()
        var expected: String
    }

    static func text(_ decision: StrategyDecision) -> String {
        switch decision.action {
        case .hold: "hold"
        case .impossible: "impossible \(decision.reason.text)"
        case .cancel: "cancel \(decision.targetID) \(decision.reason.text)"
        case .place:
            "\(decision.side == .buy ? "buy" : "sell") \(decision.quantity.rawValue)"
                + "@\(decision.price.rawValue) \(decision.reason.text)"
        }
    }

    static func view(_ change: (inout StrategyView) -> Void) -> StrategyView {
        var view = StrategyView()
        change(&view)
        return view
    }

    static let resting = view {
        $0.workingCount = 1
        $0.openBuyLots = 4
        $0.cancellableID = 77
        $0.cancellableSide = .buy
        $0.cancellableAgeNs = 5
    }

    static let thresholdCases: [ThresholdCase] = [
        .init(description: "above buys at the ask", expected: "buy 4@1002 score-above"),
        .init(
            description: "below sells at the bid", signal: Fixtures.signal(score: -2),
            expected: "sell 4@1000 score-below"),
        .init(
            description: "the threshold itself is not above", signal: Fixtures.signal(score: 1),
            expected: "hold"),
        .init(
            description: "the threshold itself is not below", signal: Fixtures.signal(score: -1),
            expected: "hold"),
        .init(
            description: "too little confidence",
            signal: Fixtures.signal(score: 2, confidence: 0.49), expected: "hold"),
        .init(
            description: "confidence at the minimum",
            signal: Fixtures.signal(score: 2, confidence: 0.5), expected: "buy 4@1002 score-above"),
        .init(
            description: "not valid", signal: Fixtures.signal(score: 2, isValid: 0),
            expected: "hold"),
        .init(
            description: "a validity byte of 255", signal: Fixtures.signal(score: 2, isValid: 255),
            expected: "hold"),
        .init(
            description: "a score that is no number", signal: Fixtures.signal(score: .nan),
            expected: "hold"),
        .init(
            description: "a confidence that is no number",
            signal: Fixtures.signal(score: 2, confidence: .nan), expected: "hold"),
        .init(
            description: "a crossed quote", signal: Fixtures.signal(bid: 5, ask: 5, score: 2),
            expected: "hold"),
        .init(
            description: "no bid", signal: Fixtures.signal(bid: 0, ask: 5, score: 2),
            expected: "hold"),
        .init(
            description: "only what is missing", view: view { $0.positionLots = 8 },
            expected: "buy 2@1002 score-above"),
        .init(
            description: "at the target", view: view { $0.positionLots = 10 }, expected: "hold"),
        .init(
            description: "beyond the target", view: view { $0.positionLots = 12 },
            expected: "hold"),
        .init(
            description: "short turns long by steps", view: view { $0.positionLots = -10 },
            expected: "buy 4@1002 score-above"),
        .init(
            description: "long turns short by steps", signal: Fixtures.signal(score: -2),
            view: view { $0.positionLots = 10 }, expected: "sell 4@1000 score-below"),
        .init(
            description: "one order at a time", view: view { $0.workingCount = 1 },
            expected: "hold"),
        .init(
            description: "cooling down", view: view { $0.sinceLastOrderNs = 4_999_999 },
            parameters: Fixtures.threshold(cooldownMs: 5), expected: "hold"),
        .init(
            description: "cooled down", view: view { $0.sinceLastOrderNs = 5_000_000 },
            parameters: Fixtures.threshold(cooldownMs: 5), expected: "buy 4@1002 score-above"),
        .init(
            description: "the other side is still cooling down",
            view: view {
                $0.sinceLastOrderNs = 4_999_999
                $0.nextSide = .buy
            },
            parameters: Fixtures.threshold(turnCooldownMs: 5), expected: "hold"),
        .init(
            description: "the other side has cooled down",
            view: view {
                $0.sinceLastOrderNs = 5_000_000
                $0.nextSide = .buy
            },
            parameters: Fixtures.threshold(turnCooldownMs: 5),
            expected: "buy 4@1002 score-above"),
        .init(
            description: "the same side does not wait for the other",
            view: view {
                $0.sinceLastOrderNs = 1
                $0.nextSide = .sell
            },
            parameters: Fixtures.threshold(turnCooldownMs: 5),
            expected: "buy 4@1002 score-above"),
        .init(
            description: "the other side waits, its cancel does not",
            signal: Fixtures.signal(score: -2),
            view: {
                var view = resting
                view.sinceLastOrderNs = 1
                view.nextSide = .sell
                return view
            }(),
            parameters: Fixtures.threshold(turnCooldownMs: 5),
            expected: "cancel 77 signal-turned"),
        .init(
            description: "an offset goes beyond the ask",
            parameters: Fixtures.threshold(offset: 3), expected: "buy 4@1005 score-above"),
        .init(
            description: "post-only joins the bid",
            parameters: Fixtures.threshold(style: .postOnly), expected: "buy 4@1000 score-above"),
        .init(
            description: "post-only stays behind by the offset",
            signal: Fixtures.signal(score: -2),
            parameters: Fixtures.threshold(style: .postOnly, offset: 3),
            expected: "sell 4@1005 score-below"),
        .init(
            description: "post-only never crosses",
            parameters: Fixtures.threshold(style: .postOnly, offset: -50),
            expected: "buy 4@1001 score-above"),
        .init(
            description: "a flipped signal cancels", signal: Fixtures.signal(score: -2),
            view: resting, expected: "cancel 77 signal-turned"),
        .init(
            description: "the same side rests on", view: resting, expected: "hold"),
        .init(
            description: "an invalid signal turns nothing",
            signal: Fixtures.signal(score: -2, isValid: 0), view: resting, expected: "hold"),
        .init(
            description: "old orders are cancelled on any signal",
            signal: Fixtures.signal(score: 2, isValid: 0),
            view: {
                var view = resting
                view.cancellableAgeNs = 100_000_001
                return view
            }(), expected: "cancel 77 rested-too-long"),
        .init(
            description: "a notional becomes lots at the mid",
            // 0.5001 of quote at a mid of 1001 ticks: 5.001e-1 / (1001 * 1e-4) = 4.99.
            parameters: Fixtures.threshold(
                target: .quoteNotionalE8(200_000_000), order: .quoteNotionalE8(50_010_000)),
            expected: "buy 4@1002 score-above"),
        .init(
            description: "a notional below one lot",
            parameters: Fixtures.threshold(
                order: .quoteNotionalE8(10_000)), expected: "impossible score-above"),
        .init(
            description: "the lowest position", view: view { $0.positionLots = .min },
            expected: "impossible score-above"),
        .init(
            description: "the lowest position, selling", signal: Fixtures.signal(score: -2),
            view: view { $0.positionLots = .min }, expected: "hold"),
        .init(
            description: "the highest position, selling", signal: Fixtures.signal(score: -2),
            view: view { $0.positionLots = .max }, expected: "impossible score-below"),
        .init(
            description: "the largest target",
            view: view { $0.positionLots = 0 },
            parameters: Fixtures.threshold(target: .lots(.max), order: .lots(.max)),
            expected: "buy \(Int64.max)@1002 score-above"),
        .init(
            description: "a price beyond the integers",
            signal: Fixtures.signal(bid: 1, ask: .max, score: 2),
            parameters: Fixtures.threshold(offset: 1), expected: "impossible score-above"),
        .init(
            description: "a price below one tick", signal: Fixtures.signal(score: -2),
            parameters: Fixtures.threshold(offset: 1_000), expected: "impossible score-below"),
    ]

    @Test(arguments: thresholdCases)
    func `signal-threshold follows its table`(_ c: ThresholdCase) {
        let instrument = Fixtures.instrument()
        let decision = SignalThreshold.decide(
            c.parameters, c.signal, c.parameters.limits.judge(c.signal), c.view,
            target: SizeRule(c.parameters.targetPosition, instrument),
            quantity: SizeRule(c.parameters.orderQuantity, instrument))
        #expect(Self.text(decision) == c.expected)
    }

    struct ReflexCase: Sendable, CustomStringConvertible {
        var description: String
        var signal = Fixtures.signal(isValid: 0)
        var view = StrategyView()
        var parameters = Fixtures.reflex()
        var expected: String
    }

    static let reflexCases: [ReflexCase] = [
        .init(description: "always, without a model", expected: "buy 2@1002 probe"),
        .init(
            description: "in turn", view: view { $0.nextSide = .sell },
            expected: "sell 2@1000 probe"),
        .init(
            description: "spread at the least", parameters: Fixtures.reflex(spread: 2),
            expected: "buy 2@1002 probe"),
        .init(
            description: "spread too small", parameters: Fixtures.reflex(spread: 3),
            expected: "hold"),
        .init(
            description: "imbalance at the least",
            signal: Fixtures.signal(bidQuantity: 3, askQuantity: 1),
            parameters: Fixtures.reflex(imbalance: 0.5, side: .imbalance),
            expected: "buy 2@1002 probe"),
        .init(
            description: "imbalance of the asks",
            signal: Fixtures.signal(bidQuantity: 1, askQuantity: 3),
            parameters: Fixtures.reflex(imbalance: 0.5, side: .imbalance),
            expected: "sell 2@1000 probe"),
        .init(
            description: "imbalance too small",
            signal: Fixtures.signal(bidQuantity: 2, askQuantity: 1),
            parameters: Fixtures.reflex(imbalance: 0.5), expected: "hold"),
        .init(
            description: "imbalance of nothing",
            signal: Fixtures.signal(bidQuantity: 0, askQuantity: 0),
            parameters: Fixtures.reflex(imbalance: 0.1), expected: "hold"),
        .init(
            description: "crossed", signal: Fixtures.signal(bid: 7, ask: 6), expected: "hold"),
        .init(
            description: "too early", view: view { $0.sinceLastOrderNs = 999_999 },
            parameters: Fixtures.reflex(intervalMs: 1), expected: "hold"),
        .init(
            description: "one works already", view: view { $0.workingCount = 1 },
            expected: "hold"),
        .init(
            description: "a second may work",
            view: view {
                $0.workingCount = 1
                $0.openBuyLots = 2
            },
            parameters: Fixtures.reflex(working: 2), expected: "buy 2@1002 probe"),
        .init(
            description: "never against itself",
            view: view {
                $0.workingCount = 1
                $0.openBuyLots = 2
                $0.nextSide = .sell
            },
            parameters: Fixtures.reflex(working: 2), expected: "buy 2@1002 probe-flatten"),
        .init(
            description: "up to the largest position", view: view { $0.positionLots = 3 },
            expected: "buy 2@1002 probe"),
        .init(
            description: "beyond it the other way", view: view { $0.positionLots = 4 },
            expected: "sell 2@1000 probe-flatten"),
        .init(
            description: "short beyond it the other way",
            view: view {
                $0.positionLots = -4
                $0.nextSide = .sell
            }, expected: "buy 2@1002 probe-flatten"),
        .init(
            description: "both ways too large", parameters: Fixtures.reflex(order: .lots(6)),
            expected: "hold"),
        .init(
            description: "the highest position", view: view { $0.positionLots = .max },
            expected: "sell 2@1000 probe-flatten"),
        .init(
            description: "the lowest position", view: view { $0.positionLots = .min },
            expected: "buy 2@1002 probe"),
        .init(
            description: "rested too long",
            view: {
                var view = resting
                view.cancellableAgeNs = 100_000_001
                return view
            }(), expected: "cancel 77 rested-too-long"),
        .init(
            description: "a size of nothing",
            parameters: Fixtures.reflex(order: .quoteNotionalE8(1)), expected: "impossible probe"),
    ]

    @Test(arguments: reflexCases)
    func `reflex follows its table`(_ c: ReflexCase) {
        let instrument = Fixtures.instrument()
        let decision = Reflex.decide(
            c.parameters, c.signal, c.view,
            quantity: SizeRule(c.parameters.orderQuantity, instrument),
            positionMax: SizeRule(c.parameters.positionMax, instrument))
        #expect(Self.text(decision) == c.expected)
    }

    /// 100 USD a contract, lots of 0.1 contracts.
    @Test func `an inverse instrument is sized by its contract at any price`() {
        var instrument = Fixtures.instrument()
        instrument.isInverse = 1
        instrument.contractValueE9 = 100_000_000_000
        instrument.quantityDecimals = 1
        instrument.lotMantissa = 1
        for (notionalE8, lots) in [
            (Int64(1_000_000_000), Int64(1)), (999_999_999, 0), (19_999_999_999, 19),
            (100_000_000_000, 100),
        ] {
            for ticks in [Int64(1), 618_000, .max] {
                let rule = SizeRule(.quoteNotionalE8(notionalE8), instrument)
                #expect(rule.lots(atMid: ticks) == lots)
            }
        }
    }

    @Test func `an instrument whose contract is worth nobody knows what is not sized by value`() {
        var instrument = Fixtures.instrument()
        instrument.isInverse = 1
        instrument.contractValueE9 = 0
        #expect(SizeRule(.quoteNotionalE8(.max), instrument).lots(atMid: 1) == 0)
        #expect(SizeRule(.lots(3), instrument).lots(atMid: 1) == 3)
        instrument.isInverse = 0
        #expect(SizeRule(.quoteNotionalE8(.max), instrument).lots(atMid: 1) > 0)
        instrument.tickLotValueE12 = 0
        #expect(SizeRule(.quoteNotionalE8(.max), instrument).lots(atMid: 1) == 0)
    }

    @Test func `every reason has its byte and its text`() {
        for reason in StrategyReason.allCases {
            #expect(reason.code == reason.rawValue)
            #expect(StrategyReason.text(reason.rawValue) == reason.text)
        }
        #expect(Set(StrategyReason.allCases.map(\.text)).count == StrategyReason.allCases.count)
        #expect(StrategyReason.text(255) == "reason-255")
    }

    @Test func `parameters that cannot run are named`() {
        var threshold = Fixtures.threshold()
        #expect(StrategyConfiguration.signalThreshold(threshold).problem == nil)
        threshold.buyAboveBps = -2
        #expect(StrategyConfiguration.signalThreshold(threshold).problem != nil)
        threshold.buyAboveBps = .nan
        #expect(StrategyConfiguration.signalThreshold(threshold).problem != nil)
        threshold = Fixtures.threshold(order: .lots(0))
        #expect(StrategyConfiguration.signalThreshold(threshold).problem != nil)
        for limits in [
            SignalLimits(minimumConfidence: 1.01), SignalLimits(minimumConfidence: .nan),
            SignalLimits(scoreMaxBps: 0), SignalLimits(scoreMaxBps: .infinity),
            SignalLimits(minimumAgreementPercent: 101),
        ] {
            threshold = Fixtures.threshold(limits: limits)
            #expect(StrategyConfiguration.signalThreshold(threshold).problem != nil)
        }
        for (buy, sell) in [(0.49, nil), (.nan, nil), (1.01, nil), (nil, 0.51), (nil, -0.1)]
            as [(Float?, Float?)]
        {
            threshold = Fixtures.threshold()
            threshold.buyProbability = buy
            threshold.sellProbability = sell
            #expect(StrategyConfiguration.signalThreshold(threshold).problem != nil)
        }
        #expect(StrategyConfiguration.reflex(Fixtures.reflex()).problem == nil)
        for bad in [
            Fixtures.reflex(spread: -1), Fixtures.reflex(imbalance: 1.5),
            Fixtures.reflex(working: 0), Fixtures.reflex(working: 9),
            Fixtures.reflex(positionMax: .lots(-1)),
        ] {
            #expect(StrategyConfiguration.reflex(bad).problem != nil)
        }
    }
}
