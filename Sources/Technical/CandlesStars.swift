//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

extension StarCandles {
    /// - Parameter penetration: How much of the first body the third bar takes back, as a part of
    ///   it.
    @_noAllocation @_noLocks
    func report(_ page: CandlePage, penetration: Double) {
        let turn = turns(penetration)
        page.put(.abandonedBaby, turn && b.isDoji && isAlone ? 100 * c.color : 0)
        page.put(.eveningDojiStar, bearish(turn && a.isWhite && b.isDoji && b.gapsUp(from: a)))
        page.put(.eveningStar, bearish(turn && a.isWhite && b.isSmall && b.gapsUp(from: a)))
        page.put(.morningDojiStar, bullish(turn && a.isBlack && b.isDoji && b.gapsDown(from: a)))
        page.put(.morningStar, bullish(turn && a.isBlack && b.isSmall && b.gapsDown(from: a)))
        page.put(.tristar, tristar)
    }

    /// A long bar, and two later one of the other colour, not short, that takes back enough of it.
    private func turns(_ penetration: Double) -> Bool {
        a.isLong && c.body > c.usual.body && a.isWhite != c.isWhite
            && (a.isWhite ? c.close < a.back(penetration) : c.close > a.back(penetration))
    }

    /// Gaps lie on both sides of `b`, shadows included.
    private var isAlone: Bool {
        a.isWhite ? b.isAbove(a) && c.isBelow(b) : b.isBelow(a) && c.isAbove(b)
    }

    /// Three doji (by what was usual before the first), of which the second stands apart.
    private var tristar: Double {
        guard a.isDoji, b.body <= a.dojiBody, c.body <= a.dojiBody else { return 0 }
        if b.gapsUp(from: a) && c.top < b.top { return -100 }
        return b.gapsDown(from: a) && c.bottom > b.bottom ? 100 : 0
    }
}
