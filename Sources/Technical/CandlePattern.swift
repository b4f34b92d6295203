//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// The candlestick patterns of TA-Lib, in its order; raw values are places among the outputs.
enum CandlePattern: Int, CaseIterable {
    case twoCrows, threeBlackCrows, threeInside, threeLineStrike, threeOutside, threeStarsInSouth
    case threeWhiteSoldiers, abandonedBaby, advanceBlock, beltHold, breakaway, closingMarubozu
    case concealingBabySwallow, counterattack, darkCloudCover, doji, dojiStar, dragonflyDoji
    case engulfing, eveningDojiStar, eveningStar, gapSideSideWhite, gravestoneDoji, hammer
    case hangingMan, harami, haramiCross, highWave, hikkake, hikkakeModified, homingPigeon
    case identicalThreeCrows, inNeck, invertedHammer, kicking, kickingByLength, ladderBottom
    case longLeggedDoji, longLine, marubozu, matchingLow, matHold, morningDojiStar, morningStar
    case onNeck, piercing, rickshawMan, riseFallThreeMethods, separatingLines, shootingStar
    case shortLine, spinningTop, stalledPattern, stickSandwich, takuri, tasukiGap, thrusting
    case tristar, uniqueThreeRiver, upsideGapTwoCrows, sideGapThreeMethods

    /// In snake case: `three_inside`.
    var outputName: String {
        "\(self)".reduce(into: "") { name, letter in
            name += letter.isUppercase ? "_" + letter.lowercased() : String(letter)
        }
    }

    /// Bars before the first answer, as in TA-Lib: those of the pattern and of its longest mean.
    var lookBack: Int {
        @_noAllocation @_noLocks
        get {
            switch self {
            case .engulfing, .sideGapThreeMethods: 2
            case .threeOutside: 3
            case .hikkake: 5
            case .matchingLow: 6
            case .gapSideSideWhite, .stickSandwich, .tasukiGap: 7
            case .threeLineStrike: 8
            case .beltHold, .closingMarubozu, .doji, .dragonflyDoji, .gravestoneDoji, .highWave,
                .hikkakeModified, .longLeggedDoji, .longLine, .marubozu, .rickshawMan, .shortLine,
                .spinningTop, .takuri: 10
            case .counterattack, .darkCloudCover, .dojiStar, .hammer, .hangingMan, .harami,
                .haramiCross, .homingPigeon, .inNeck, .invertedHammer, .kicking, .kickingByLength,
                .onNeck, .piercing, .separatingLines, .shootingStar, .thrusting: 11
            case .twoCrows, .threeInside, .threeStarsInSouth, .threeWhiteSoldiers, .abandonedBaby,
                .advanceBlock, .eveningDojiStar, .eveningStar, .identicalThreeCrows,
                .morningDojiStar, .morningStar, .stalledPattern, .tristar, .uniqueThreeRiver,
                .upsideGapTwoCrows: 12
            case .threeBlackCrows, .concealingBabySwallow: 13
            case .breakaway, .ladderBottom, .matHold, .riseFallThreeMethods: 14
            }
        }
    }

    /// The most bars before a first answer.
    static var lookBackMax: Int { @_noAllocation @_noLocks get { 14 } }
}

/// Where patterns write their answers: not a number before the first.
struct CandlePage: BitwiseCopyable {
    let out: IndicatorOutput
    /// Bars taken in, this one included; stops above `CandlePattern.lookBackMax`.
    let seen: Int

    @_noAllocation @_noLocks
    @inline(__always)
    init(out: IndicatorOutput, seen: Int) {
        self.out = out
        self.seen = seen
    }

    @_noAllocation @_noLocks
    @inline(__always)
    func put(_ pattern: CandlePattern, _ value: Double) {
        out.set(pattern.rawValue, seen > pattern.lookBack ? value : .nan)
    }
}
