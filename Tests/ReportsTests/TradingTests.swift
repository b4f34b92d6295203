//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Reports
import SeededRandom
import Testing

@Suite("Figures of trading")
struct TradingTests {
    private static func isNear(_ value: Double?, _ wanted: Double) -> Bool {
        value.map { abs($0 - wanted) <= 1e-9 * max(1, abs(wanted)) } ?? false
    }

    /// Buys 2 at 100 and 1 at 110, sells 2 at 120 and 2 at 90: the last one opens 1 short.
    private static var run: TestRun {
        var run = TestRun()
        run["equity"] = TestRun.equity(
            [1_000, 1_000, 1_040, 1_015], positions: [200, 310, 110, -90])
        run["fills"] = TestRun.list([
            TestRun.fill(at: 0, "buy", 2, price: 100, fee: 0.2, mid: 100.5),
            TestRun.fill(at: 1, "buy", 1, price: 110, fee: 0.1, mid: 110),
            TestRun.fill(at: 2, "sell", 2, price: 120, fee: 0.4, isMaker: false, mid: 119),
            TestRun.fill(at: 3, "sell", 2, price: 90, fee: 0.2, isMaker: false),
        ])
        run["orders"] = #"{"placed":10,"filled":4,"cancelled":5,"rejected":1,"expired":0}"#
        return run
    }

    @Test func `figures of four fills are those found by hand`() throws {
        let trading = try Self.run.analysis().trading
        #expect(trading.fills == 4)
        #expect(Self.isNear(trading.volume, 200 + 110 + 240 + 180))
        #expect(Self.isNear(trading.fees, 0.9))
        #expect(Self.isNear(trading.netProfit, 15))
        #expect(Self.isNear(trading.profitPerFill, 3.75))
        #expect(Self.isNear(trading.profitBps, 15 / 730.0 * 1e4))
        #expect(Self.isNear(trading.turnover, 730 / 1_013.75))
        #expect(Self.isNear(trading.makerShare, 310 / 730.0))
        // (0.5 x 2 + 0 + 1 x 2) / (201 + 110 + 238).
        #expect(Self.isNear(trading.spreadBps, 3 / 549.0 * 1e4))
        #expect(trading.fillRatio == 0.4)
        #expect(trading.cancelRatio == 0.5)
        #expect(trading.rejectRatio == 0.1)
        #expect(trading.expireRatio == 0)
        // First in, first out: 2 x 20 less 0.2 and 0.4; 1 x -20 less 0.1 and half of 0.2.
        #expect(trading.closedTrades == 2)
        #expect(trading.tradeWinRate == 0.5)
        #expect(Self.isNear(trading.tradeProfitFactor, 39.4 / 20.2))
        #expect(Self.isNear(trading.tradeExpectancy, (39.4 - 20.2) / 2))
        #expect(Self.isNear(trading.holdingS, 2))
        #expect(Self.isNear(trading.maxExposure, 0.31))
        #expect(trading.timeInMarket == 1)
    }

    @Test func `what is closed and what is open sum to the cash flow`() throws {
        var random = SplitMix64(seed: TestReturns.seed + 40)
        for _ in 0..<50 {
            var (fills, cash, position) = ([String](), 0.0, 0.0)
            for second in 0..<60 {
                let quantity = Double(Int.random(in: 1...20, using: &random)) / 8
                let price = Double(Int.random(in: 90...110, using: &random))
                let isBuy = second == 59 ? position < 0 : Bool.random(using: &random)
                let size = second == 59 ? abs(position) : quantity
                if size == 0 { continue }
                position += isBuy ? size : -size
                cash -= (isBuy ? 1 : -1) * size * price + 0.25
                fills.append(
                    TestRun.fill(
                        at: Double(second), isBuy ? "buy" : "sell", size, price: price, fee: 0.25))
            }
            let trading = try TestRun().with("fills", TestRun.list(fills)).analysis().trading
            let closed = (trading.tradeExpectancy ?? 0) * Double(trading.closedTrades)
            #expect(Self.isNear(closed, cash))
        }
    }

    @Test func `a position that decays by half each period has a half-life of one`() throws {
        let positions = (0..<20).map { Double(sign: .plus, exponent: -$0, significand: 1) }
        let half = try #require(TradingFigures.inventoryHalfLife(positions))
        #expect(abs(half - 1) < 1e-9)
        var run = TestRun()
        run["equity"] = TestRun.equity(
            positions.map { _ in 1_000 }, positions: positions, stepS: 3)
        let analysis = try run.analysis(ReportOptions(intervalNs: 3 * TestRun.secondNs))
        #expect(analysis.trading.inventoryHalfLifeS.map { abs($0 - 3) < 1e-6 } == true)
    }

    @Test func `a position that does not come back has no half-life`() {
        #expect(TradingFigures.inventoryHalfLife((0..<30).map { Double($0) }) == nil)
        #expect(TradingFigures.inventoryHalfLife([Double](repeating: 5, count: 30)) == nil)
        #expect(
            TradingFigures.inventoryHalfLife((0..<30).map { $0 % 2 == 0 ? 1 : -1 }) == nil)
        #expect(TradingFigures.inventoryHalfLife([1, 2]) == nil)
    }

    @Test func `the half-life of a simulated process is found`() throws {
        let noise = TestReturns.walk(20_000, seed: TestReturns.seed + 41, scale: 1, drift: 0)
        var position = 0.0
        let positions = noise.map {
            position = 0.9 * position + $0
            return position
        }
        let half = try #require(TradingFigures.inventoryHalfLife(positions))
        // ln 2 / -ln 0.9 is 6.58; its standard error at this length is 0.2.
        #expect((5.9...7.3).contains(half))
    }
}

@Suite("Markouts")
struct MarkoutTests {
    private static func rows(
        _ run: TestRun, _ group: Markouts.Group = .all
    ) throws -> [UInt64: Markouts.Row] {
        let rows = try #require(try run.analysis().markouts.rows[group])
        return Dictionary(uniqueKeysWithValues: rows.map { ($0.horizonNs, $0) })
    }

    private static var run: TestRun {
        var run = TestRun()
        run["fills"] = TestRun.list([
            TestRun.fill(at: 1, "buy", 1, price: 100, mid: 100.01),
            TestRun.fill(at: 3, "sell", 1, price: 102, isMaker: false, mid: 101.98),
        ])
        run["marks"] = TestRun.list([
            TestRun.mark(at: 0, 100), TestRun.mark(at: 1.05, 100.02), TestRun.mark(at: 2, 101),
            TestRun.mark(at: 3.05, 101.9), TestRun.mark(at: 4, 102.5),
        ])
        return run
    }

    @Test func `a fill gains what the price went its way`() throws {
        let rows = try Self.rows(Self.run)
        // At once: 1 bps of 100, and 0.02 of 102.
        let atOnce: Double = (1 + 0.02 / 102 * 1e4) / 2
        #expect(rows[0]?.meanBps.map { abs($0 - atOnce) < 1e-9 } == true)
        let tenth = try #require(rows[100_000_000])
        #expect(tenth.count == 2)
        #expect(tenth.freshShare == 1)
        let wanted: Double = (0.02 / 100 + 0.1 / 102) * 1e4 / 2
        #expect(tenth.meanBps.map { abs($0 - wanted) < 1e-9 } == true)
        let second = try #require(rows[1_000_000_000])
        let later: Double = (1.0 / 100 - 0.5 / 102) * 1e4 / 2
        #expect(second.meanBps.map { abs($0 - later) < 1e-9 } == true)
        #expect(try Self.rows(Self.run, .maker)[0]?.count == 1)
        #expect(try Self.rows(Self.run, .sells)[0]?.meanBps.map { $0 > 0 } == true)
    }

    @Test func `a horizon behind the last mark is not judged`() throws {
        let rows = try Self.rows(Self.run)
        #expect(rows[10_000_000_000]?.count == 0)
        #expect(rows[10_000_000_000]?.meanBps == nil)
    }

    @Test func `marks further apart than a horizon say nothing of it`() throws {
        var run = TestRun()
        run["fills"] = TestRun.list(
            (0..<50).map { TestRun.fill(at: Double($0) + 1, "buy", 1, price: 100, mid: 100.1) })
        run["marks"] = TestRun.list((0..<120).map { TestRun.mark(at: Double($0), 100) })
        let rows = try Self.rows(run)
        #expect(rows[100_000_000]?.count == 0)
        #expect(rows[1_000_000_000]?.count == 50)
        #expect(rows[1_000_000_000]?.freshShare == 1)
    }

    @Test func `fills of one moment count as one observation`() throws {
        func reach(_ copies: Int) throws -> Double {
            var random = SplitMix64(seed: TestReturns.seed + 50)
            var run = TestRun()
            let times = (0..<40).map { Double($0) * 70 }
            let prices = times.map { _ in 100 + Double.random(in: -1...1, using: &random) }
            run["fills"] = TestRun.list(
                zip(times, prices).flatMap { time, price in
                    [String](
                        repeating: TestRun.fill(at: time, "buy", 1, price: price, mid: 100),
                        count: copies)
                })
            run["marks"] = TestRun.list((0..<4_000).map { TestRun.mark(at: Double($0), 100) })
            return try #require(try Self.rows(run)[60_000_000_000]?.reachBps)
        }
        let (once, often) = (try reach(1), try reach(25))
        #expect(once > 0)
        #expect(abs(once - often) < 1e-9)
    }
}
