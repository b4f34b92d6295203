//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Every candlestick pattern of TA-Lib, each with its own number: 100 bullish, -100 bearish, 0
/// none; 80 for a body that touches where it should pass; 200 for a hikkake confirmed. Doji and
/// their like have no direction and answer 100.
///
/// The patterns share the last 5 bars and their means. Cost: O(1), some comparisons a pattern.
/// Source: S. Nison, Japanese candlestick charting techniques, 1991; G. Morris, Candlestick
/// charting explained, 1992; T. Bulkowski, Encyclopedia of candlestick charts, 2008; with the
/// measures and defaults of TA-Lib.
struct Candles: BitwiseCopyable {
    /// Bars before this one that are kept: a power of two.
    private static var pastCount: Int { 4 }
    private static var cellsPerCandle: Int { 8 }

    /// Of stars and of the abandoned baby.
    private let penetration: Double
    /// Of the dark cloud cover and of the mat hold.
    private let cover: Double
    private let body: MeanBefore
    private let range: MeanBefore
    private let shadows: MeanBefore
    private let nearRange: MeanBefore
    private let hikkake: Hikkake
    private let modifiedHikkake: Hikkake
    private let next: Int
    private let seen: Int
    private let past: Int

    init(_ layout: inout StateLayout, penetration: Double, cover: Double) {
        self.penetration = penetration
        self.cover = cover
        body = MeanBefore(&layout, period: 10)
        range = MeanBefore(&layout, period: 10)
        shadows = MeanBefore(&layout, period: 10)
        nearRange = MeanBefore(&layout, period: 5)
        hikkake = Hikkake(&layout)
        modifiedHikkake = Hikkake(&layout)
        next = layout.registers(2)
        seen = next + 1
        past = layout.window(Self.pastCount * Self.cellsPerCandle)
    }

    @_noAllocation @_noLocks
    @inline(never)
    func update(_ bar: BarValues, _ cells: StateCells, _ out: IndicatorOutput) {
        let count = min(cells.count(seen) &+ 1, CandlePattern.lookBackMax + 1)
        cells.setCount(seen, count)
        let page = CandlePage(out: out, seen: count)
        let place = cells.count(next)
        cells.setCount(next, (place &+ 1) & (Self.pastCount - 1))

        let a = candle(place, cells)
        let b = candle(place &+ 1, cells)
        let c = candle(place &+ 2, cells)
        let d = candle(place &+ 3, cells)
        let e = candle(bar, cells)
        OneCandle(x: e).report(page)
        TwoCandles(a: d, b: e).report(page, cover: cover)
        ThreeCandles(a: c, b: d, c: e).report(page)
        StarCandles(a: c, b: d, c: e).report(page, penetration: penetration)
        FourCandles(a: b, b: c, c: d, d: e).report(page)
        FiveCandles(a: a, b: b, c: c, d: d, e: e).report(page, cover: cover)
        let three = count >= 3 ? ThreeCandles(a: c, b: d, c: e).falseBreak : 0
        page.put(.hikkake, hikkake.update(three, of: d, close: e.close, cells))
        // The mean range before the second of four bars takes five.
        let four = count >= 8 ? FourCandles(a: b, b: c, c: d, d: e).falseBreak : 0
        page.put(.hikkakeModified, modifiedHikkake.update(four, of: d, close: e.close, cells))
        keep(e, place, cells)
    }

    /// The bar with what was usual before it, which the bar then joins.
    @_noAllocation @_noLocks
    @inline(__always)
    private func candle(_ bar: BarValues, _ cells: StateCells) -> Candle {
        let none = Candle.Usual(body: 0, range: 0, shadows: 0, nearRange: 0)
        let plain = Candle(
            open: bar.open, high: bar.high, low: bar.low, close: bar.close, usual: none)
        let width = bar.high - bar.low
        return Candle(
            open: bar.open, high: bar.high, low: bar.low, close: bar.close,
            usual: Candle.Usual(
                body: body.update(plain.body, cells), range: range.update(width, cells),
                shadows: shadows.update(plain.upperShadow + plain.lowerShadow, cells),
                nearRange: nearRange.update(width, cells)))
    }

    /// A bar of the past, the oldest at `next`.
    @_noAllocation @_noLocks
    @inline(__always)
    private func candle(_ place: Int, _ cells: StateCells) -> Candle {
        let first = past &+ (place & (Self.pastCount - 1)) &* Self.cellsPerCandle
        return Candle(
            open: cells.past(first), high: cells.past(first &+ 1), low: cells.past(first &+ 2),
            close: cells.past(first &+ 3),
            usual: Candle.Usual(
                body: cells.past(first &+ 4), range: cells.past(first &+ 5),
                shadows: cells.past(first &+ 6), nearRange: cells.past(first &+ 7)))
    }

    @_noAllocation @_noLocks
    @inline(__always)
    private func keep(_ candle: Candle, _ place: Int, _ cells: StateCells) {
        let first = past &+ place &* Self.cellsPerCandle
        cells.keep(first, candle.open)
        cells.keep(first &+ 1, candle.high)
        cells.keep(first &+ 2, candle.low)
        cells.keep(first &+ 3, candle.close)
        cells.keep(first &+ 4, candle.usual.body)
        cells.keep(first &+ 5, candle.usual.range)
        cells.keep(first &+ 6, candle.usual.shadows)
        cells.keep(first &+ 7, candle.usual.nearRange)
    }
}

/// The mean of the `period` numbers before this one.
private struct MeanBefore: BitwiseCopyable {
    private let sum: RollingSum
    private let before: Int

    init(_ layout: inout StateLayout, period: Int) {
        sum = RollingSum(&layout, period: period)
        before = layout.registers(1)
    }

    /// Of no meaning while there are fewer; no pattern answers then.
    @_noAllocation @_noLocks
    @inline(__always)
    func update(_ x: Double, _ cells: StateCells) -> Double {
        let mean = cells.get(before)
        cells.set(before, sum.update(x, cells) / Double(sum.period))
        return mean
    }
}

/// Patterns of one bar.
struct OneCandle: BitwiseCopyable {
    let x: Candle
}

/// Patterns of two bars, `a` before `b`.
struct TwoCandles: BitwiseCopyable {
    let a: Candle
    let b: Candle
}

/// Patterns of three bars, `a` before `b` before `c`.
struct ThreeCandles: BitwiseCopyable {
    let a: Candle
    let b: Candle
    let c: Candle
}

/// Stars: three bars of which the second stands apart.
struct StarCandles: BitwiseCopyable {
    let a: Candle
    let b: Candle
    let c: Candle
}

/// Patterns of four bars, oldest first.
struct FourCandles: BitwiseCopyable {
    let a: Candle
    let b: Candle
    let c: Candle
    let d: Candle
}

/// Patterns of five bars, oldest first.
struct FiveCandles: BitwiseCopyable {
    let a: Candle
    let b: Candle
    let c: Candle
    let d: Candle
    let e: Candle
}
