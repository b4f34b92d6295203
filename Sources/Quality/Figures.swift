//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry

/// A tally in money, or the sum of several: 1e-8 of the quote currency.
struct Figures {
    var data = QualityData()
    private var resting = RestingTimes()
    /// What ratios of several instruments are made of.
    private var bases = Bases()

    private struct Bases {
        var traded: Int128 = 0
        var tradedMaker: Int128 = 0
        var placed: Int128 = 0
        var filled: Int128 = 0
        var decision: Int128 = 0
        var arrival: Int128 = 0
        var touch: Int128 = 0
        var shortfall: Int128 = 0
        var markouts = Array(repeating: Int128(0), count: MarkoutHorizon.count)
    }

    init() {}

    /// - Parameter midTwice: What the position is valued at.
    init(_ tally: Tally, _ scale: MoneyScale, midTwice: Int64) {
        addCounts(tally)
        addCosts(tally, scale)
        addShortfall(tally.shortfall, scale)
        addProfit(tally.attribution, scale, midTwice: midTwice)
        resting = tally.resting
        bases.placed = Int128(scale.e8(tally.placedValue))
        bases.filled = Int128(scale.e8(tally.filledValue))
        bases.traded = Int128(scale.e8(tally.traded))
        bases.tradedMaker = Int128(scale.e8(tally.tradedMaker))
        finish()
        // Exact, where lots are of one kind.
        data.fillRatioBits = Self.ratio(tally.lotsFilled, tally.lotsPlaced)
        data.makerShareBits = Self.ratio(tally.lotsMaker, tally.lotsFilled)
    }

    private mutating func addCounts(_ tally: Tally) {
        data.strategyID = UInt64(tally.strategyID)
        data.ordersPlaced = tally.placed
        data.ordersFilled = tally.filled
        data.ordersCanceled = tally.canceled
        data.ordersExpired = tally.expired
        data.ordersRejected = tally.rejected
        data.fills = tally.fills
        data.lotsPlaced = UInt64(clamping: tally.lotsPlaced)
        data.lotsFilled = UInt64(clamping: tally.lotsFilled)
        data.lotsMaker = UInt64(clamping: tally.lotsMaker)
        data.withoutReference = tally.withoutReference
        setEach(&data.markouts) { tally.judged[$0] }
        setEach(&data.unresolved) { tally.fills - tally.judged[$0] }
    }

    private mutating func addCosts(_ tally: Tally, _ scale: MoneyScale) {
        data.tradedE8 = scale.e8(tally.traded)
        data.slippageDecisionE8 = scale.e8(tally.decision.cost)
        data.slippageArrivalE8 = scale.e8(tally.arrival.cost)
        data.slippageTouchE8 = scale.e8(tally.touch.cost)
        bases.decision = Int128(scale.e8(tally.decision.base))
        bases.arrival = Int128(scale.e8(tally.arrival.base))
        bases.touch = Int128(scale.e8(tally.touch.base))
        setEach(&data.markoutE8) { scale.e8(tally.markouts[$0].cost) }
        bases.markouts = tally.markouts.map { Int128(scale.e8($0.base)) }
    }

    private mutating func addShortfall(_ shortfall: Shortfall, _ scale: MoneyScale) {
        let money = shortfall.money(scale)
        data.shortfallDelayE8 = money.delay
        data.shortfallTradingE8 = money.trading
        data.shortfallOpportunityE8 = money.opportunity
        data.shortfallFeesE8 = money.fees
        data.shortfallE8 = money.whole
        bases.shortfall = Int128(scale.e8(shortfall.base))
    }

    private mutating func addProfit(
        _ attribution: Attribution, _ scale: MoneyScale, midTwice: Int64
    ) {
        let inventory = attribution.inventory(markTwice: midTwice)
        let parts = scale.e8(parts: [attribution.spread, inventory, attribution.latency])
        data.profitSpreadE8 = parts[0]
        data.profitInventoryE8 = parts[1]
        data.profitLatencyE8 = parts[2]
        data.profitFeesE8 = Int64(clamping: -attribution.feesE8)
        data.profitFundingE8 = Int64(clamping: -attribution.fundingE8)
        let price = scale.e8(attribution.spread + inventory + attribution.latency)
        data.profitE8 = Int64(
            clamping: Int128(price) - attribution.feesE8 - attribution.fundingE8)
    }

    // MARK: Sum

    /// The figures of all instruments together; lots, which differ, are left out.
    static func total(_ all: [Figures]) -> Figures {
        var sum = Figures()
        for one in all { sum.add(one) }
        sum.finish()
        sum.data.fillRatioBits = ratio(sum.bases.filled, sum.bases.placed)
        sum.data.makerShareBits = ratio(sum.bases.tradedMaker, sum.bases.traded)
        return sum
    }

    private mutating func add(_ other: Figures) {
        for field in Self.counts { data[keyPath: field] &+= other.data[keyPath: field] }
        for field in Self.money {
            data[keyPath: field] = Int64(
                clamping: Int128(data[keyPath: field]) + Int128(other.data[keyPath: field]))
        }
        let (judged, waiting) = (other.data.markouts, other.data.unresolved)
        let gains = other.data.markoutE8
        changeEach(&data.markouts) { $0 &+ get(judged, $1) }
        changeEach(&data.unresolved) { $0 &+ get(waiting, $1) }
        changeEach(&data.markoutE8) {
            Int64(clamping: Int128($0) + Int128(get(gains, $1)))
        }
        for field in Self.sums { bases[keyPath: field] += other.bases[keyPath: field] }
        for index in bases.markouts.indices { bases.markouts[index] += other.bases.markouts[index] }
        resting += other.resting
    }

    private static var counts: [WritableKeyPath<QualityData, UInt64>] {
        [
            \.ordersPlaced, \.ordersFilled, \.ordersCanceled, \.ordersExpired, \.ordersRejected,
            \.fills, \.withoutReference,
        ]
    }
    private static var money: [WritableKeyPath<QualityData, Int64>] {
        [
            \.tradedE8, \.slippageDecisionE8, \.slippageArrivalE8, \.slippageTouchE8,
            \.shortfallDelayE8, \.shortfallTradingE8, \.shortfallOpportunityE8, \.shortfallFeesE8,
            \.shortfallE8, \.profitSpreadE8, \.profitInventoryE8, \.profitLatencyE8,
            \.profitFeesE8, \.profitFundingE8, \.profitE8,
        ]
    }
    private static var sums: [WritableKeyPath<Bases, Int128>] {
        [
            \.traded, \.tradedMaker, \.placed, \.filled, \.decision, \.arrival, \.touch,
            \.shortfall,
        ]
    }

    /// What follows from sums: basis points and times.
    private mutating func finish() {
        func bps(_ cost: Int64, _ base: Int128) -> UInt64 {
            (base > 0 ? Double(cost) / Double(base) * 1e4 : .nan).bitPattern
        }
        data.slippageDecisionBits = bps(data.slippageDecisionE8, bases.decision)
        data.slippageArrivalBits = bps(data.slippageArrivalE8, bases.arrival)
        data.slippageTouchBits = bps(data.slippageTouchE8, bases.touch)
        data.shortfallBits = bps(data.shortfallE8, bases.shortfall)
        let (gains, markoutBases) = (data.markoutE8, bases.markouts)
        setEach(&data.markoutBits) { bps(get(gains, $0), markoutBases[$0]) }
        let times = resting.values(atFractions: [0.5, 0.9, 0.99])
        data.restingFills = resting.total
        data.restingP50Ns = times[0]
        data.restingP90Ns = times[1]
        data.restingP99Ns = times[2]
        data.restingMaxNs = resting.maximumNs
    }

    private static func ratio(_ part: Int128, _ whole: Int128) -> UInt64 {
        (whole > 0 ? Double(part) / Double(whole) : .nan).bitPattern
    }
}

// MARK: - The arrays of the page's row, by horizon

private typealias Five<Value> = (Value, Value, Value, Value, Value)

private func get<Value>(_ five: Five<Value>, _ index: Int) -> Value {
    [five.0, five.1, five.2, five.3, five.4][index]
}

private func setEach<Value>(_ five: inout Five<Value>, _ value: (Int) -> Value) {
    five = (value(0), value(1), value(2), value(3), value(4))
}

private func changeEach<Value>(_ five: inout Five<Value>, _ change: (Value, Int) -> Value) {
    let old = five
    setEach(&five) { change(get(old, $0), $0) }
}
