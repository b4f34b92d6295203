//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

extension FourCandles {
    @_noAllocation @_noLocks
    func report(_ page: CandlePage) {
        page.put(.threeBlackCrows, threeBlackCrows)
        page.put(.threeLineStrike, threeLineStrike)
        page.put(.concealingBabySwallow, concealingBabySwallow)
    }

    /// After a white bar three black ones that close at their lows, lower each, the first below the
    /// white one's high; the later two open in the body before.
    private var threeBlackCrows: Double {
        bearish(
            a.isWhite && b.isBlack && c.isBlack && d.isBlack
                && b.hasNoLower && c.hasNoLower && d.hasNoLower
                && b.bodyHolds(c.open) && c.bodyHolds(d.open)
                && a.high > b.close && b.close > c.close && c.close > d.close)
    }

    /// Three bars of one colour, each from the body before or near it to a new close, and one of
    /// the other colour that takes all of it back.
    private var threeLineStrike: Double {
        let isWhite = c.isWhite
        let isRun = a.isWhite == isWhite && b.isWhite == isWhite && d.isWhite != isWhite
            && b.open >= a.bottom - a.near && b.open <= a.top + a.near
            && c.open >= b.bottom - b.near && c.open <= b.top + b.near
        let isStruck = isWhite
            ? c.close > b.close && b.close > a.close && d.open > c.close && d.close < a.open
            : c.close < b.close && b.close < a.close && d.open < c.close && d.close > a.open
        return colored(c.color, isRun && isStruck)
    }

    /// Four black bars: two without shadows, one behind a gap down that reaches up into the body
    /// before, and one around all of that.
    private var concealingBabySwallow: Double {
        bullish(
            a.isBlack && b.isBlack && c.isBlack && d.isBlack
                && a.hasNoLower && a.hasNoUpper && b.hasNoLower && b.hasNoUpper
                && c.gapsDown(from: b) && c.upperShadow > c.veryShort && c.high > b.close
                && c.isInside(d))
    }
}

extension FiveCandles {
    /// - Parameter cover: How much of the first body a mat hold gives back at most, as a part.
    @_noAllocation @_noLocks
    func report(_ page: CandlePage, cover: Double) {
        page.put(.breakaway, breakaway)
        page.put(.ladderBottom, ladderBottom)
        page.put(.matHold, matHold(cover))
        page.put(.riseFallThreeMethods, riseFallThreeMethods)
    }

    /// A long bar, a gap, two steps on, and a bar of the other colour that closes in the gap.
    private var breakaway: Double {
        let isRun = a.isLong && a.isWhite == b.isWhite && b.isWhite == d.isWhite
            && d.isWhite != e.isWhite
        let isClosed = a.isWhite
            ? b.gapsUp(from: a) && c.isHigher(than: b) && d.isHigher(than: c)
                && e.close < b.open && e.close > a.close
            : b.gapsDown(from: a) && c.isLower(than: b) && d.isLower(than: c)
                && e.close > b.open && e.close < a.close
        return colored(e.color, isRun && isClosed)
    }

    /// Four black bars, the first three with lower opens and closes each, the fourth with an upper
    /// shadow; a white one opens above its body and closes above its high.
    private var ladderBottom: Double {
        bullish(
            a.isBlack && b.isBlack && c.isBlack && d.isBlack && e.isWhite
                && a.open > b.open && b.open > c.open && a.close > b.close && b.close > c.close
                && d.upperShadow > d.veryShort && e.open > d.open && e.close > d.high)
    }

    /// A long white bar, a short black one behind a gap up, two short ones that fall into the first
    /// body but not deep, and a white one that closes above them all.
    private func matHold(_ cover: Double) -> Double {
        let isPause = a.isLong && b.isShort && c.isShort && d.isShort
            && a.isWhite && b.isBlack && b.gapsUp(from: a)
            && c.bottom < a.close && d.bottom < a.close
            && c.bottom > a.back(cover) && d.bottom > a.back(cover)
            && c.top < b.open && d.top < c.top
        return bullish(
            isPause && e.isWhite && e.open > d.close
                && e.close > b.high && e.close > c.high && e.close > d.high)
    }

    /// A long bar, three short ones against it with bodies in its range, and a long one on to a new
    /// close.
    private var riseFallThreeMethods: Double {
        let isRest = a.isLong && b.isShort && c.isShort && d.isShort && e.isLong
            && a.isWhite != b.isWhite && b.isWhite == c.isWhite && c.isWhite == d.isWhite
            && d.isWhite != e.isWhite && isInRange(b) && isInRange(c) && isInRange(d)
        let isResumed = a.isWhite
            ? c.close < b.close && d.close < c.close && e.open > d.close && e.close > a.close
            : c.close > b.close && d.close > c.close && e.open < d.close && e.close < a.close
        return colored(a.color, isRest && isResumed)
    }

    /// The body meets the range of the first bar.
    private func isInRange(_ x: Candle) -> Bool { x.bottom < a.high && x.top > a.low }
}
