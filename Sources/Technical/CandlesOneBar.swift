//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

extension OneCandle {
    @_noAllocation @_noLocks
    func report(_ page: CandlePage) {
        page.put(.beltHold, beltHold)
        page.put(.closingMarubozu, closingMarubozu)
        page.put(.doji, bullish(x.isDoji))
        page.put(.dragonflyDoji, dragonflyDoji)
        page.put(.gravestoneDoji, gravestoneDoji)
        page.put(.highWave, highWave)
        page.put(.longLeggedDoji, longLeggedDoji)
        page.put(.longLine, longLine)
        page.put(.marubozu, marubozu)
        page.put(.rickshawMan, rickshawMan)
        page.put(.shortLine, shortLine)
        page.put(.spinningTop, spinningTop)
        page.put(.takuri, takuri)
    }

    /// A long body that begins at the extreme: nobody traded behind the open.
    private var beltHold: Double {
        colored(x.color, x.isLong && (x.isWhite ? x.hasNoLower : x.hasNoUpper))
    }

    /// A long body that ends at the extreme: the close.
    private var closingMarubozu: Double {
        colored(x.color, x.isLong && (x.isWhite ? x.hasNoUpper : x.hasNoLower))
    }

    /// A doji at the top of its range.
    private var dragonflyDoji: Double {
        bullish(x.isDoji && x.hasNoUpper && x.lowerShadow > x.veryShort)
    }

    /// A doji at the bottom of its range.
    private var gravestoneDoji: Double {
        bullish(x.isDoji && x.hasNoLower && x.upperShadow > x.veryShort)
    }

    /// A short body between two very long shadows.
    private var highWave: Double {
        colored(x.color, x.isShort && x.hasVeryLongUpper && x.hasVeryLongLower)
    }

    /// A doji with a long shadow.
    private var longLeggedDoji: Double {
        bullish(x.isDoji && (x.hasLongLower || x.hasLongUpper))
    }

    /// A long body between short shadows.
    private var longLine: Double {
        colored(x.color, x.isLong && x.hasShortUpper && x.hasShortLower)
    }

    /// A long body alone.
    private var marubozu: Double {
        colored(x.color, x.isLong && x.hasNoUpper && x.hasNoLower)
    }

    /// A doji in the middle of its range, between two long shadows.
    private var rickshawMan: Double {
        let middle = x.low + (x.high - x.low) / 2.0
        return bullish(
            x.isDoji && x.hasLongLower && x.hasLongUpper && x.bottom <= middle + x.near
                && x.top >= middle - x.near)
    }

    /// A short body between short shadows.
    private var shortLine: Double {
        colored(x.color, x.isShort && x.hasShortUpper && x.hasShortLower)
    }

    /// A short body between shadows longer than it.
    private var spinningTop: Double {
        colored(x.color, x.isShort && x.hasLongUpper && x.hasLongLower)
    }

    /// A dragonfly doji with a very long lower shadow.
    private var takuri: Double {
        bullish(x.isDoji && x.hasNoUpper && x.hasVeryLongLower)
    }
}
