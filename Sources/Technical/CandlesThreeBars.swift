//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

extension ThreeCandles {
    @_noAllocation @_noLocks
    func report(_ page: CandlePage) {
        page.put(.twoCrows, twoCrows)
        page.put(.threeInside, threeInside)
        page.put(.threeOutside, threeOutside)
        page.put(.threeStarsInSouth, threeStarsInSouth)
        page.put(.threeWhiteSoldiers, threeWhiteSoldiers)
        page.put(.advanceBlock, advanceBlock)
        page.put(.gapSideSideWhite, gapSideSideWhite)
        page.put(.identicalThreeCrows, identicalThreeCrows)
        page.put(.sideGapThreeMethods, sideGapThreeMethods)
        page.put(.stalledPattern, stalledPattern)
        page.put(.stickSandwich, stickSandwich)
        page.put(.tasukiGap, tasukiGap)
        page.put(.uniqueThreeRiver, uniqueThreeRiver)
        page.put(.upsideGapTwoCrows, upsideGapTwoCrows)
    }

    private var areWhite: Bool { a.isWhite && b.isWhite && c.isWhite }
    private var areBlack: Bool { a.isBlack && b.isBlack && c.isBlack }
    /// `b` leaves a gap to `a`, in the direction of `a`'s colour.
    private var isGapOn: Bool { a.isWhite ? b.gapsUp(from: a) : b.gapsDown(from: a) }

    /// Behind a gap over a long white bar, two black ones: the second opens in the first's body and
    /// closes in the white one's.
    private var twoCrows: Double {
        bearish(
            a.isWhite && a.isLong && b.isBlack && b.gapsUp(from: a) && c.isBlack
                && b.bodyHolds(c.open) && a.bodyHolds(c.close))
    }

    /// Behind a gap over a long white bar, a small black one and a black one around its body, which
    /// closes above the white one.
    private var upsideGapTwoCrows: Double {
        bearish(
            a.isWhite && a.isLong && b.isBlack && b.isSmall && b.gapsUp(from: a) && c.isBlack
                && c.open > b.open && c.close < b.close && c.close > a.close)
    }

    /// A harami, confirmed by a close behind the open of the long bar.
    private var threeInside: Double {
        colored(
            -a.color, a.isLong && b.isSmall && a.bodyHolds(b) && a.isWhite != c.isWhite
                && (a.isWhite ? c.close < a.open : c.close > a.open))
    }

    /// An engulfing, confirmed by a close beyond the second bar's.
    private var threeOutside: Double {
        colored(
            b.color, a.isWhite != b.isWhite && b.bodyHolds(a)
                && (b.isWhite ? c.close > b.close : c.close < b.close))
    }

    /// Three black bars, each smaller and inside what was before: falling ends.
    private var threeStarsInSouth: Double {
        let first = a.isLong && a.hasLongLower
        let second = b.body < a.body && b.open > a.close && b.open <= a.high && b.low < a.close
            && b.low >= a.low && b.lowerShadow > b.veryShort
        let third = c.isShort && c.hasNoLower && c.hasNoUpper && c.isInside(b)
        return bullish(areBlack && first && second && third)
    }

    /// White bars that close higher each and open in the body before or near it.
    private var isAdvance: Bool {
        areWhite && c.close > b.close && b.close > a.close
            && b.open > a.open && b.open <= a.close + a.near
            && c.open > b.open && c.open <= b.close + b.near
    }

    /// An advance to the highs, of bodies that do not become far shorter.
    private var threeWhiteSoldiers: Double {
        bullish(
            isAdvance && a.hasNoUpper && b.hasNoUpper && c.hasNoUpper
                && b.body > a.body - a.far && c.body > b.body - b.far && c.body > c.usual.body)
    }

    /// An advance from a long bar that grows weak: far shorter bodies, or shorter ones with upper
    /// shadows.
    private var advanceBlock: Double {
        let isShrinking = c.body < b.body && b.body < a.body
        let isWeak = (b.body < a.body - a.far && c.body < b.body + b.near)
            || c.body < b.body - b.far
            || (isShrinking && (c.upperShadow > c.usualShadow || b.upperShadow > b.usualShadow))
            || (c.body < b.body && c.hasLongUpper)
        return bearish(isAdvance && a.isLong && a.hasShortUpper && isWeak)
    }

    /// Two long white bars, and a short one that rides on the shoulder of the second.
    private var stalledPattern: Double {
        bearish(
            areWhite && c.close > b.close && b.close > a.close && a.isLong && b.isLong
                && b.hasNoUpper && b.open > a.open && b.open <= a.close + a.near && c.isShort
                && c.open >= b.close - c.body - b.near)
    }

    /// Behind a gap, two white bars of about the same body from the same open.
    private var gapSideSideWhite: Double {
        let isUp = b.gapsUp(from: a) && c.gapsUp(from: a)
        let isDown = b.gapsDown(from: a) && c.gapsDown(from: a)
        return colored(
            isUp ? 1 : -1, (isUp || isDown) && b.isWhite && c.isWhite
                && isWithin(b.near, c.body, of: b.body) && isWithin(b.equal, c.open, of: b.open))
    }

    /// Three black bars that close at their lows; each opens where the one before closed.
    private var identicalThreeCrows: Double {
        bearish(
            areBlack && a.hasNoLower && b.hasNoLower && c.hasNoLower && a.close > b.close
                && b.close > c.close && isWithin(a.equal, b.open, of: a.close)
                && isWithin(b.equal, c.open, of: b.close))
    }

    /// Two bars of one colour with a gap between, and one of the other colour from the second's
    /// body into the first's.
    private var sideGapThreeMethods: Double {
        colored(
            a.color, a.isWhite == b.isWhite && b.isWhite != c.isWhite && isGapOn
                && b.bodyHolds(c.open) && a.bodyHolds(c.close))
    }

    /// Two black bars close at the same price; the white one between stays above it.
    private var stickSandwich: Double {
        bullish(
            a.isBlack && b.isWhite && c.isBlack && b.low > a.close
                && isWithin(a.equal, c.close, of: a.close))
    }

    /// Behind a gap in the colour of `b`, a bar of the other colour and near size from `b`'s body
    /// into the gap, which stays open.
    private var tasukiGap: Double {
        let difference = b.body > c.body ? b.body - c.body : c.body - b.body
        let isOpen = b.isWhite
            ? b.gapsUp(from: a) && c.close < b.open && c.close > a.top
            : b.gapsDown(from: a) && c.close > b.open && c.close < a.bottom
        return colored(
            b.color, isOpen && b.isWhite != c.isWhite && b.bodyHolds(c.open)
                && difference < b.near)
    }

    /// After a long black bar a black one inside its body with a lower low, and a short white one
    /// that opens above that low.
    private var uniqueThreeRiver: Double {
        bullish(
            a.isBlack && a.isLong && b.isBlack && b.close > a.close && b.open <= a.open
                && b.low < a.low && c.isShort && c.isWhite && c.open > b.low)
    }
}
