//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// One bar as candlestick patterns see it, with what was usual before it.
///
/// The measures are TA-Lib's candle settings: a body is *long* above the mean body of the 10 bars
/// before it and *short* below; a *doji* has a body up to a tenth of the mean range of those; a
/// shadow is *long* above the own body, *very long* above twice the own body, *short* below the
/// mean shadow of the 10 bars before, *very short* below a tenth of their mean range; *near*, *far*
/// and *equal* are 0.2, 0.6 and 0.05 of the mean range of the 5 bars before.
struct Candle: BitwiseCopyable {
    let open: Double
    let high: Double
    let low: Double
    let close: Double
    let usual: Usual

    /// What was usual before a bar: means in price units.
    struct Usual: BitwiseCopyable {
        /// Of the 10 bars before.
        let body: Double
        let range: Double
        /// Both shadows of a bar together.
        let shadows: Double
        /// Of the 5 bars before.
        let nearRange: Double

        @_noAllocation @_noLocks
        @inline(__always)
        init(body: Double, range: Double, shadows: Double, nearRange: Double) {
            self.body = body
            self.range = range
            self.shadows = shadows
            self.nearRange = nearRange
        }
    }

    /// The close is not below the open.
    let isWhite: Bool
    /// 1 white, -1 black.
    let color: Double
    let body: Double
    /// Ends of the body.
    let top: Double
    let bottom: Double
    let upperShadow: Double
    let lowerShadow: Double

    @_noAllocation @_noLocks
    @inline(__always)
    init(open: Double, high: Double, low: Double, close: Double, usual: Usual) {
        self.open = open
        self.high = high
        self.low = low
        self.close = close
        self.usual = usual
        isWhite = close >= open
        color = isWhite ? 1 : -1
        top = isWhite ? close : open
        bottom = isWhite ? open : close
        body = top - bottom
        upperShadow = high - top
        lowerShadow = bottom - low
    }
}

extension Candle {
    var isBlack: Bool { @_noAllocation @_noLocks @inline(__always) get { !isWhite } }
    var isLong: Bool { @_noAllocation @_noLocks @inline(__always) get { body > usual.body } }
    var isShort: Bool { @_noAllocation @_noLocks @inline(__always) get { body < usual.body } }
    /// As short as usual, too.
    var isSmall: Bool { @_noAllocation @_noLocks @inline(__always) get { body <= usual.body } }
    var isDoji: Bool {
        @_noAllocation @_noLocks @inline(__always) get { body <= dojiBody }
    }
    /// The longest body of a doji.
    var dojiBody: Double {
        @_noAllocation @_noLocks @inline(__always) get { 0.1 * usual.range }
    }

    var hasLongUpper: Bool {
        @_noAllocation @_noLocks @inline(__always) get { upperShadow > body }
    }
    var hasLongLower: Bool {
        @_noAllocation @_noLocks @inline(__always) get { lowerShadow > body }
    }
    var hasVeryLongUpper: Bool {
        @_noAllocation @_noLocks @inline(__always) get { upperShadow > 2.0 * body }
    }
    var hasVeryLongLower: Bool {
        @_noAllocation @_noLocks @inline(__always) get { lowerShadow > 2.0 * body }
    }
    /// The mean of one shadow.
    var usualShadow: Double {
        @_noAllocation @_noLocks @inline(__always) get { usual.shadows / 2.0 }
    }
    var hasShortUpper: Bool {
        @_noAllocation @_noLocks @inline(__always) get { upperShadow < usualShadow }
    }
    var hasShortLower: Bool {
        @_noAllocation @_noLocks @inline(__always) get { lowerShadow < usualShadow }
    }
    /// Shorter than it is nearly none.
    var veryShort: Double {
        @_noAllocation @_noLocks @inline(__always) get { 0.1 * usual.range }
    }
    var hasNoUpper: Bool {
        @_noAllocation @_noLocks @inline(__always) get { upperShadow < veryShort }
    }
    var hasNoLower: Bool {
        @_noAllocation @_noLocks @inline(__always) get { lowerShadow < veryShort }
    }

    var near: Double {
        @_noAllocation @_noLocks @inline(__always) get { 0.2 * usual.nearRange }
    }
    var far: Double {
        @_noAllocation @_noLocks @inline(__always) get { 0.6 * usual.nearRange }
    }
    var equal: Double {
        @_noAllocation @_noLocks @inline(__always) get { 0.05 * usual.nearRange }
    }

    /// Its body lies above that of `other`.
    @_noAllocation @_noLocks
    @inline(__always)
    func gapsUp(from other: Candle) -> Bool { bottom > other.top }

    /// Its body lies below that of `other`.
    @_noAllocation @_noLocks
    @inline(__always)
    func gapsDown(from other: Candle) -> Bool { top < other.bottom }

    /// All of it lies above `other`, shadows too.
    @_noAllocation @_noLocks
    @inline(__always)
    func isAbove(_ other: Candle) -> Bool { low > other.high }

    /// All of it lies below `other`, shadows too.
    @_noAllocation @_noLocks
    @inline(__always)
    func isBelow(_ other: Candle) -> Bool { high < other.low }

    /// Its range lies inside that of `other`, touching neither end.
    @_noAllocation @_noLocks
    @inline(__always)
    func isInside(_ other: Candle) -> Bool { high < other.high && low > other.low }

    /// High and low are higher.
    @_noAllocation @_noLocks
    @inline(__always)
    func isHigher(than other: Candle) -> Bool { high > other.high && low > other.low }

    /// High and low are lower.
    @_noAllocation @_noLocks
    @inline(__always)
    func isLower(than other: Candle) -> Bool { high < other.high && low < other.low }

    /// `price` lies inside the body, at neither end.
    @_noAllocation @_noLocks
    @inline(__always)
    func bodyHolds(_ price: Double) -> Bool { price > bottom && price < top }

    /// The body of `other` lies inside its body, touching neither end.
    @_noAllocation @_noLocks
    @inline(__always)
    func bodyHolds(_ other: Candle) -> Bool { other.top < top && other.bottom > bottom }

    /// `part` of the body away from the close, back to the open.
    @_noAllocation @_noLocks
    @inline(__always)
    func back(_ part: Double) -> Double {
        isWhite ? close - body * part : close + body * part
    }
}

/// `x` lies at most `reach` from `y`.
@_noAllocation @_noLocks
@inline(__always)
func isWithin(_ reach: Double, _ x: Double, of y: Double) -> Bool {
    x <= y + reach && x >= y - reach
}

/// What a pattern answers: 100 where it holds.
@_noAllocation @_noLocks
@inline(__always)
func bullish(_ holds: Bool) -> Double { holds ? 100 : 0 }

/// What a pattern answers: -100 where it holds.
@_noAllocation @_noLocks
@inline(__always)
func bearish(_ holds: Bool) -> Double { holds ? -100 : 0 }

/// What a pattern answers: 100 for white, -100 for black, where it holds.
@_noAllocation @_noLocks
@inline(__always)
func colored(_ color: Double, _ holds: Bool) -> Double { holds ? 100 * color : 0 }
