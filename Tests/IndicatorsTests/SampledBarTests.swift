//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import Indicators
import Messages
import SeededRandom
import Testing

@Suite("Bars by trades, volume and value")
struct SampledBarTests {
    static let second: UInt64 = 1_000_000_000
    /// Ticks of 0.10, lots of 0.001: one of each is worth 0.0001.
    static let instrument: Instrument = {
        var instrument = makeInstrument()
        precondition(instrument.deriveTickLotValue())
        return instrument
    }()
    /// Every kind of bar at once: 250 lots, 5 trades, 30 of the quote currency.
    static let kinds: [SampledBar] = ["ticks:5", "volume:0.25", "dollar:30"].map {
        SampledBar($0)!
    }

    private func rig(_ bars: [SampledBar]) -> Rig {
        Rig(
            KernelConfiguration(
                timeframesNs: [Self.second, 60 * Self.second], sampledBars: bars,
                bookWindowTicks: 4_096, farLevelsMax: 64),
            instruments: [Self.instrument])
    }

    // MARK: Text

    @Test(arguments: [
        ("ticks:100", SampledBar.ticks(100), "ticks:100"),
        ("volume:5", .volume(baseE9: 5_000_000_000), "volume:5"),
        ("volume:0.250", .volume(baseE9: 250_000_000), "volume:0.25"),
        ("dollar:100000", .dollar(quoteE8: 10_000_000_000_000), "dollar:100000"),
    ])
    func `a text is read`(text: String, bar: SampledBar, canonical: String) {
        #expect(SampledBar(text) == bar)
        #expect(bar.text == canonical)
    }

    @Test(arguments: [
        "", "ticks", "ticks:", "ticks:0", "ticks:-1", "ticks:1.5", "ticks:1e3", "ticks:1:2",
        "volume:0", "volume:x", "volume:0.0000000001", "volume:99999999999", "dollar:", "5m",
        "Ticks:1", "euro:5", "ticks: 5",
    ])
    func `a text that is no bar is refused`(text: String) {
        #expect(SampledBar(text) == nil)
    }

    // MARK: Limits

    /// Builds bars of `quantities` lots at `price` ticks and answers how many trades each took.
    private func counts(
        _ bar: SampledBar, _ instrument: Instrument, price: Int64 = 1_000, _ quantities: [Int64]
    ) throws -> [UInt64] {
        var builder = BarBuilder(limit: try #require(bar.limit(of: instrument)))
        var counts: [UInt64] = []
        for (index, quantity) in quantities.enumerated() {
            builder.add(
                price: PriceTicks(rawValue: price), quantity: QuantityLots(rawValue: quantity),
                timeNs: UInt64(index))
            guard builder.isFull else { continue }
            var bar = Bar()
            let isClosed = unsafe builder.closeBar(
                at: UInt64(index), sequence: 1, instrumentID: 0, into: &bar)
            #expect(isClosed)
            counts.append(bar.tradeCount)
        }
        return counts
    }

    @Test func `one lot less than the limit does not end a bar`() throws {
        let volume = try #require(SampledBar("volume:0.25"))
        #expect(try counts(volume, Self.instrument, [249, 1, 250, 1_000]) == [2, 1, 1])
        // 2.5 lots of a tenth: three are enough, two are not.
        var coarse = Self.instrument
        coarse.quantityDecimals = 1
        #expect(try counts(volume, coarse, [2, 1, 2, 2]) == [2, 2])
        // 1,000 ticks and lots: 0.1 a lot.
        let dollar = try #require(SampledBar("dollar:30"))
        #expect(try counts(dollar, Self.instrument, [299, 1, 300, 900]) == [2, 1, 1])
    }

    @Test func `a contract counts for what it stands for`() throws {
        var swap = Self.instrument
        swap.quantityDecimals = 0
        swap.contractValueE9 = 10_000_000
        let isValued = swap.deriveTickLotValue()
        #expect(isValued)
        // 0.01 of the base currency each: 25 of them; at 100.0 each is worth 1.
        #expect(try counts(#require(SampledBar("volume:0.25")), swap, [24, 1, 25]) == [2, 1])
        #expect(try counts(#require(SampledBar("dollar:30")), swap, [29, 1, 30]) == [2, 1])
    }

    @Test func `an inverse contract is so much of the quote currency, whatever the price`() throws {
        var inverse = Self.instrument
        inverse.isInverse = 1
        inverse.quantityDecimals = 0
        inverse.contractValueE9 = 100_000_000_000
        let dollar = try #require(SampledBar("dollar:1000"))
        #expect(try counts(dollar, inverse, price: 7, [9, 1, 10]) == [2, 1])
        #expect(SampledBar("volume:1")?.limit(of: inverse) == nil)
        #expect(SampledBar("ticks:1")?.limit(of: inverse) != nil)
    }

    @Test func `bars that cannot be built are told before the start`() {
        var unvalued = makeInstrument("DUST-USDT")
        unvalued.tickLotValueE12 = 0
        let table = InstrumentTable.standalone([Self.instrument, unvalued])
        var configuration = Rig.small
        #expect(configuration.problem(of: table) == nil)
        configuration.sampledBars = Self.kinds
        #expect(
            configuration.problem(of: table)
                == "dollar:30: trades of DUST-USDT cannot be measured so")
        configuration.sampledBars = (1...8).map { .ticks($0) }
        #expect(configuration.problem(of: table)?.contains("at most 8") == true)
        configuration.timeframesNs = []
        configuration.sampledBars.removeLast()
        #expect(configuration.problem(of: table)?.contains("at least one") == true)
    }

    // MARK: In the kernel

    @Test func `the trade that reaches the limit closes the bar at once, whole`() {
        var rig = rig([.volume(baseE9: 250_000_000)])
        #expect(rig.take(Records.trade(1, 5_000, .buy, 1_000, 200)).bars.isEmpty)
        let written = rig.take(Records.trade(2, 7_000, .sell, 990, 10_000))
        #expect(written.bars.count == 1)
        let bar = written.bars[0]
        #expect((bar.openTimeNs, bar.ingressTimeNs, bar.sequence) == (5_000, 7_000, 2))
        #expect((bar.timeframeNs, bar.timeframe, bar.tradeCount) == (0, 2, 2))
        #expect(bar.volume.rawValue == 10_200)
        let prices = [bar.open, bar.high, bar.low, bar.close].map(\.rawValue)
        #expect(prices == [1_000, 1_000, 990, 990])
        #expect(written.indicators.map(\.timeframe) == [2])
        // Nothing is carried over, and neither time nor timers end the next one.
        #expect(rig.take(Records.trade(3, 8_000, .buy, 995, 249)).bars.isEmpty)
        let later = rig.take(Records.status(4, 100 * Self.second, .timer)).bars
        #expect(later.allSatisfy { $0.timeframeNs != 0 })
        let last = rig.take(Records.trade(5, 100 * Self.second, .buy, 995, 1)).bars
        #expect(last.filter { $0.timeframeNs == 0 }.map(\.openTimeNs) == [8_000])
    }

    private struct Print: Equatable {
        var timeNs: UInt64
        var price: Int64
        var quantity: Int64
    }

    /// Trades of many sizes with calm, gaps and instants of several trades.
    private static func prints(_ seed: UInt64, _ count: Int) -> [Print] {
        var random = SplitMix64(seed: seed)
        var price: Int64 = 1_000
        var timeNs = 100 * second
        return (0..<count).map { _ in
            price = max(1, price + Int64.random(in: -5...5, using: &random))
            switch Int.random(in: 0..<50, using: &random) {
            case 0: timeNs += UInt64.random(in: 0...200 * second, using: &random)
            case 1...10: break
            default: timeNs += UInt64.random(in: 0...second / 4, using: &random)
            }
            let isBig = Int.random(in: 0..<20, using: &random) == 0
            return Print(
                timeNs: timeNs, price: price,
                quantity: Int64.random(in: 1...(isBig ? 2_000 : 60), using: &random))
        }
    }

    private static func records(_ prints: [Print]) -> [MarketEvent] {
        prints.enumerated().flatMap { index, one in
            Records.trade(UInt64(index + 1), one.timeNs, .buy, one.price, one.quantity)
        }
    }

    /// Goal: every trade is in exactly one bar, and each bar ends where its definition says.
    /// Method: the trades are cut by a plain loop; bars of time by dividing their times.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func `bars are the trades, cut where the definition says`(seed: UInt64) {
        print("bars: seed \(seed)")
        let prints = Self.prints(seed, 3_000)
        var rig = rig(Self.kinds)
        var bars: [Bar] = []
        for record in Self.records(prints) { bars += rig.take([record]).bars }
        let measures: [(UInt32, Int64, (Print) -> Int64)] = [
            (2, 5, { _ in 1 }), (3, 250, { $0.quantity }), (4, 300_000, { $0.price * $0.quantity }),
        ]
        for (timeframe, limit, measure) in measures {
            var groups: [[Print]] = [[]]
            for one in prints {
                groups[groups.count - 1].append(one)
                if groups[groups.count - 1].reduce(0, { $0 + measure($1) }) >= limit {
                    groups.append([])
                }
            }
            expect(bars.filter { $0.timeframe == timeframe }, are: Array(groups.dropLast()))
        }
        let lengths: [(UInt32, UInt64)] = [(0, Self.second), (1, 60 * Self.second)]
        for (timeframe, lengthNs) in lengths {
            let mine = bars.filter { $0.timeframe == timeframe }
            let groups = Dictionary(grouping: prints) { $0.timeNs / lengthNs }
            let last = prints[prints.count - 1].timeNs / lengthNs
            expect(
                mine.filter { $0.tradeCount > 0 },
                are: groups.keys.sorted().filter { $0 != last }.map { groups[$0]! })
            let isOnGrid = mine.allSatisfy { $0.openTimeNs % lengthNs == 0 }
            #expect(isOnGrid)
            let isGrowing = zip(mine, mine.dropFirst()).allSatisfy { $0.openTimeNs < $1.openTimeNs }
            #expect(isGrowing)
        }
    }

    private func expect(_ bars: [Bar], are groups: [[Print]]) {
        #expect(bars.count == groups.count)
        for (bar, group) in zip(bars, groups) {
            let prices = group.map(\.price)
            let wanted = [
                prices[0], prices.max()!, prices.min()!, prices[prices.count - 1],
                group.reduce(0) { $0 + $1.quantity }, Int64(group.count),
            ]
            let found = [
                bar.open.rawValue, bar.high.rawValue, bar.low.rawValue, bar.close.rawValue,
                bar.volume.rawValue, Int64(bar.tradeCount),
            ]
            guard found == wanted else {
                Issue.record("\(bar.openTimeNs): \(found), not \(wanted)")
                return
            }
            #expect(bar.timeframeNs != 0 || bar.openTimeNs == group[0].timeNs)
        }
    }

    /// Goal: bars and indicators do not depend on how records are handed over, nor on who looks at
    /// the bars that form.
    /// Method: one by one with every forming number asked for each time, and by fifties; all
    /// bytes are compared.
    @Test func `looking at forming bars and batches changes nothing`() {
        let seed: UInt64 = 4
        print("bars: seed \(seed)")
        let records = Self.records(Self.prints(seed, 400))
        var asked = rig(Self.kinds)
        var written = Written()
        for record in records {
            written.append(asked.take([record]))
            for timeframe in 0..<5 {
                for _ in 0..<2 {
                    let value = asked.kernel.formingValue(of: 0, timeframe: timeframe, column: 13)
                    #expect(!value.isInfinite)
                }
            }
        }
        var batch = rig(Self.kinds)
        var expected = Written()
        for start in stride(from: 0, to: records.count, by: 50) {
            expected.append(batch.take(Array(records[start..<min(start + 50, records.count)])))
        }
        #expect(batch.count("kernel_bars_dropped_total") == 0)
        #expect(expected.bars.count > 400)
        let isEqual = written.bytes == expected.bytes
        #expect(isEqual)
    }

    /// Goal: the bar that closes is the forming one and its last trade.
    @Test func `a forming bar becomes the closed one`() throws {
        let limit = SampledBar("ticks:4")?.limit(of: Self.instrument)
        var builder = BarBuilder(limit: try #require(limit))
        var forming = Bar()
        var isThere = unsafe builder.formingBar(into: &forming)
        #expect(!isThere)
        for (index, price) in ([105, 99, 110, 102] as [Int64]).enumerated() {
            builder.add(
                price: PriceTicks(rawValue: price), quantity: QuantityLots(rawValue: 2),
                timeNs: UInt64(index + 50))
            for _ in 0...index { isThere = unsafe builder.formingBar(into: &forming) }
            #expect(isThere)
            #expect(forming.tradeCount == UInt64(index + 1))
        }
        #expect(builder.isFull)
        var closed = Bar()
        let isClosed = unsafe builder.closeBar(at: 53, sequence: 0, instrumentID: 0, into: &closed)
        #expect(isClosed)
        forming.ingressTimeNs = 53
        let isSame = unsafe withUnsafeBytes(of: forming) { one in
            unsafe withUnsafeBytes(of: closed) { unsafe one.elementsEqual($0) }
        }
        #expect(isSame)
        isThere = unsafe builder.formingBar(into: &forming)
        #expect(isThere)
        #expect((forming.open.rawValue, forming.volume.rawValue, forming.tradeCount) == (102, 0, 0))
    }

    @Test func `the largest trades leave every sum within its type`() {
        var rig = rig(Self.kinds + [.dollar(quoteE8: Int64.max)])
        let most: Int64 = 1 << 50
        var bars: [Bar] = []
        for index in 1...20_000 as ClosedRange<UInt64> {
            rig.push(Records.trade(index, 1_000, .buy, most, most))
            if index % 200 == 0 {
                rig.run()
                bars += rig.drain().bars
            }
        }
        #expect(bars.filter { $0.timeframe == 5 }.count == 20_000)
        rig.take(Records.status(20_001, 3 * Self.second, .timer))
        #expect(rig.count("kernel_trades_refused_total") == 0)
    }

    @Test func `a trade whose venue time lies before an earlier one's is counted and kept`() {
        var rig = rig([.ticks(3)])
        var records: [MarketEvent] = []
        for (index, venueNs) in ([500, 700, 600, 700, 650, 700] as [UInt64]).enumerated() {
            var record = Records.trade(UInt64(index + 1), 1_000 + UInt64(index), .buy, 100, 1)[0]
            record.words.2 = venueNs
            records.append(record)
        }
        let bars = rig.take(records).bars
        #expect(bars.map(\.tradeCount) == [3, 3])
        #expect(rig.count("kernel_trades_venue_time_back_total") == 2)
    }
}
