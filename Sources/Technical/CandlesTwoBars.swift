//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

extension TwoCandles {
    /// - Parameter cover: How much of the first body a dark cloud covers, as a part of it.
    @_noAllocation @_noLocks
    func report(_ page: CandlePage, cover: Double) {
        page.put(.counterattack, counterattack)
        page.put(.darkCloudCover, darkCloudCover(cover))
        page.put(.dojiStar, dojiStar)
        page.put(.engulfing, engulfing)
        page.put(.hammer, hammer)
        page.put(.hangingMan, hangingMan)
        page.put(.harami, b.isSmall ? harami : 0)
        page.put(.haramiCross, b.isDoji ? harami : 0)
        page.put(.homingPigeon, homingPigeon)
        page.put(.inNeck, inNeck)
        page.put(.invertedHammer, invertedHammer)
        page.put(.kicking, colored(b.color, isKick))
        page.put(.kickingByLength, colored(b.body > a.body ? b.color : a.color, isKick))
        page.put(.matchingLow, matchingLow)
        page.put(.onNeck, onNeck)
        page.put(.piercing, piercing)
        page.put(.separatingLines, separatingLines)
        page.put(.shootingStar, shootingStar)
        page.put(.thrusting, thrusting)
    }

    private var isTurn: Bool { a.isWhite != b.isWhite }

    /// Two long bars of opposite colours close at the same price.
    private var counterattack: Double {
        colored(b.color, isTurn && a.isLong && b.isLong && isWithin(a.equal, b.close, of: a.close))
    }

    /// After a long white bar a black one opens above its high and closes deep in its body.
    private func darkCloudCover(_ cover: Double) -> Double {
        bearish(
            a.isWhite && a.isLong && b.isBlack && b.open > a.high && b.close > a.open
                && b.close < a.back(cover))
    }

    /// A doji behind a gap in the direction of a long bar; the answer is against it.
    private var dojiStar: Double {
        colored(
            -a.color, a.isLong && b.isDoji && (a.isWhite ? b.gapsUp(from: a) : b.gapsDown(from: a)))
    }

    /// A body of the other colour around the one before; 80 where they share an end.
    private var engulfing: Double {
        guard isTurn, b.top >= a.top, b.bottom <= a.bottom else { return 0 }
        if b.top > a.top && b.bottom < a.bottom { return 100 * b.color }
        return b.top == a.top && b.bottom == a.bottom ? 0 : 80 * b.color
    }

    /// A short body over a long lower shadow, near the low before or below it.
    private var hammer: Double {
        bullish(b.isShort && b.hasLongLower && b.hasNoUpper && b.bottom <= a.low + a.near)
    }

    /// The same near the high before or above it.
    private var hangingMan: Double {
        bearish(b.isShort && b.hasLongLower && b.hasNoUpper && b.bottom >= a.high - a.near)
    }

    /// A body inside the long one before; 80 where it touches an end. Against the long one.
    private var harami: Double {
        guard a.isLong, b.top <= a.top, b.bottom >= a.bottom else { return 0 }
        return (a.bodyHolds(b) ? -100 : -80) * a.color
    }

    /// A small black body inside a long black one.
    private var homingPigeon: Double {
        bullish(
            a.isBlack && b.isBlack && a.isLong && b.isSmall && b.open < a.open
                && b.close > a.close)
    }

    /// After a long black bar a white one opens below its low: what follows says where it closes.
    private var isRecovery: Bool { a.isBlack && a.isLong && b.isWhite && b.open < a.low }

    /// A recovery to the close before, or slightly into the body.
    private var inNeck: Double {
        bearish(isRecovery && b.close <= a.close + a.equal && b.close >= a.close)
    }

    /// A recovery to the low before.
    private var onNeck: Double { bearish(isRecovery && isWithin(a.equal, b.close, of: a.low)) }

    /// A recovery into the body, to its middle at most.
    private var thrusting: Double {
        bearish(isRecovery && b.close > a.close + a.equal && b.close <= a.back(0.5))
    }

    /// A recovery by a long bar over the middle of the body.
    private var piercing: Double {
        bullish(isRecovery && b.isLong && b.close < a.open && b.close > a.back(0.5))
    }

    /// A short body under a long upper shadow, behind a gap down.
    private var invertedHammer: Double {
        bullish(b.isShort && b.hasLongUpper && b.hasNoLower && b.gapsDown(from: a))
    }

    /// The same behind a gap up.
    private var shootingStar: Double {
        bearish(b.isShort && b.hasLongUpper && b.hasNoLower && b.gapsUp(from: a))
    }

    /// Two long bars without shadows, of opposite colours, with a gap in the second's direction.
    private var isKick: Bool {
        isTurn && a.isLong && a.hasNoUpper && a.hasNoLower && b.isLong && b.hasNoUpper
            && b.hasNoLower && (b.isWhite ? b.isAbove(a) : b.isBelow(a))
    }

    /// Two black bars close at the same price.
    private var matchingLow: Double {
        bullish(a.isBlack && b.isBlack && isWithin(a.equal, b.close, of: a.close))
    }

    /// Two bars of opposite colours open at the same price; the second is a belt hold.
    private var separatingLines: Double {
        colored(
            b.color, isTurn && isWithin(a.equal, b.open, of: a.open) && b.isLong
                && (b.isWhite ? b.hasNoLower : b.hasNoUpper))
    }
}
