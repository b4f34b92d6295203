//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CKernels
import SeededRandom
import Technical
import Testing

@Suite("Indicators of a group")
struct GroupTests {
    private static let texts = [
        "ema(9)", "ema(1)", "ema(26)", "wilder(14)", "sma(20)", "sma(1)", "sma(5,source=volume)",
        "rsi(14)", "rsi(2,source=high)", "macd", "macd(5,3,1)", "macd(7,7,2)", "bollinger(20,2)",
        "bollinger(3,0.5,source=low)", "atr(14)", "roc(10)", "roc(1,source=open)",
        "momentum(10)", "obv", "sma(20,source=open)", "sma(3,source=low)",
    ]
    private static let paths: [ScanPath] = [.portable, .avx2, .avx512].filter {
        $0.rawValue <= apus_scan_path_best().rawValue
    }

    /// Goal: a lane's numbers are those of its series alone, bit for bit, on every path. Method:
    /// eight series with bars of their own, which close at random times and form in between.
    @Test(arguments: paths)
    func `a lane is a series`(path: ScanPath) throws {
        let program = try IndicatorProgram(Self.texts)
        let group = try #require(Group(program, path: path))
        let series = (0..<Group.lanes).map { _ in Series(program) }
        var bars = (0..<Group.lanes).map { lane -> [BarValues] in
            lane == 7 ? TestBars.flat(400) : TestBars.synthetic(400, seed: UInt64(60 + lane))
        }
        let seed: UInt64 = 59
        var random = SplitMix64(seed: seed)
        for round in 0..<1_500 {
            let isFinal = Int.random(in: 0..<3, using: &random) > 0
            var lanes: UInt32 = 0
            var asked: UInt32 = 0
            for lane in bars.indices where Bool.random(using: &random) {
                guard var bar = bars[lane].first else { continue }
                if !isFinal { bar.close = bar.low }
                if Int.random(in: 0..<50, using: &random) == 0 { bar.volume = .nan }
                let isTaken = series[lane].take(bar, isFinal: isFinal)
                group.place(bar, lane: lane)
                asked |= 1 << UInt32(lane)
                lanes |= isTaken ? 1 << UInt32(lane) : 0
                if isFinal { bars[lane].removeFirst() }
            }
            #expect(group.update(lanes: asked, isFinal: isFinal) == lanes)
            for lane in series.indices where lanes >> UInt32(lane) & 1 == 1 {
                for place in 0..<program.outputCount {
                    let (mine, theirs) = (
                        group.value(place, lane: lane), series[lane].value(place)
                    )
                    guard mine.bitPattern == theirs.bitPattern || mine.isNaN && theirs.isNaN else {
                        let name = program.columnNames[place]
                        Issue.record(
                            "seed \(seed) round \(round) lane \(lane) \(name): \(mine) \(theirs)")
                        return
                    }
                }
            }
        }
    }

    /// Goal: a bank has the numbers of its series, closed and forming, with groups and without.
    @Test(arguments: [texts, ["ema(9)", "adx", "obv"]], [1, 3, 11])
    func `a bank is its series`(texts: [String], laneCount: Int) throws {
        let program = try IndicatorProgram(texts)
        let closed = (0..<laneCount).map { _ in Series(program) }
        let bank = Bank(program, laneCount)
        let bars = (0..<laneCount).map { TestBars.synthetic(120, seed: UInt64(900 + $0)) }
        var isSame = true
        func compare(_ mine: Double, _ theirs: Double) {
            if !(mine.bitPattern == theirs.bitPattern || mine.isNaN && theirs.isNaN) {
                isSame = false
            }
        }
        for index in 0..<120 {
            let forming = (0..<laneCount).map { _ in Series(program) }
            for lane in 0..<laneCount {
                #expect(forming[lane].restore(closed[lane].snapshot))
                var bar = bars[lane][index]
                bar.close = bar.high
                bank.placeForming(bar, lane: lane)
                _ = forming[lane].take(bar, isFinal: false)
            }
            bank.form()
            for lane in 0..<laneCount {
                for column in 0..<program.outputCount {
                    compare(bank.formingValue(column, lane: lane), forming[lane].value(column))
                    compare(bank.value(column, lane: lane), closed[lane].value(column))
                }
                if (index + lane) % 3 == 0 { continue }
                _ = closed[lane].take(bars[lane][index])
                bank.take(bars[lane][index], lane: lane)
                for column in 0..<program.outputCount {
                    compare(bank.value(column, lane: lane), closed[lane].value(column))
                }
            }
        }
        #expect(isSame)
    }

    @Test func `a group goes on from a snapshot`() throws {
        let program = try IndicatorProgram(Self.texts)
        let (first, second) = (try #require(Group(program)), try #require(Group(program)))
        for (index, bar) in TestBars.synthetic(200, seed: 5).enumerated() {
            first.place(bar, lane: 2)
            #expect(first.update(lanes: 4, isFinal: true) == 4)
            if index == 120 { #expect(second.restore(first.snapshot)) }
            if index <= 120 { continue }
            second.place(bar, lane: 2)
            #expect(second.update(lanes: 4, isFinal: true) == 4)
            for column in 0..<program.outputCount {
                let (a, b) = (first.value(column, lane: 2), second.value(column, lane: 2))
                #expect(a.bitPattern == b.bitPattern)
            }
        }
        #expect(!first.restore([1]))
    }

    @Test func `a program with an indicator that has no vectors has no group`() throws {
        #expect(Group(try IndicatorProgram(["ema(9)", "adx"])) == nil)
        #expect(Group(try IndicatorProgram(["sma(9,source=typical)"])) == nil)
        #expect(Group(IndicatorProgram([IndicatorSpecification]())) != nil)
    }
}

/// A group as an object.
private final class Group {
    static let lanes = IndicatorGroup.lanesMax
    private let group: IndicatorGroup

    init?(_ program: IndicatorProgram, path: ScanPath = apus_scan_path_best()) {
        guard let group = IndicatorGroup(program, path: path) else { return nil }
        self.group = group
    }

    var snapshot: [UInt64] { group.snapshot() }
    func restore(_ snapshot: [UInt64]) -> Bool { group.restore(snapshot) }
    func place(_ bar: BarValues, lane: Int) { group.place(bar, lane: lane) }
    func update(lanes: UInt32, isFinal: Bool) -> UInt32 {
        group.update(lanes: lanes, isFinal: isFinal)
    }
    func value(_ index: Int, lane: Int) -> Double { group.value(index, lane: lane) }
}

/// A bank as an object.
private final class Bank {
    private var bank: IndicatorBank

    init(_ program: IndicatorProgram, _ laneCount: Int) {
        bank = IndicatorBank(program, laneCount: laneCount)
    }

    func take(_ bar: BarValues, lane: Int) { bank.take(bar, lane: lane) }
    func placeForming(_ bar: BarValues, lane: Int) { bank.placeForming(bar, lane: lane) }
    func form() { bank.form() }
    func value(_ column: Int, lane: Int) -> Double { bank.value(column, lane: lane) }
    func formingValue(_ column: Int, lane: Int) -> Double {
        bank.formingValue(column, lane: lane)
    }
}
