//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Where an indicator writes its numbers.
///
/// SAFETY: leads to as many places as the indicator has outputs.
@safe
public struct IndicatorOutput: BitwiseCopyable {
    private let places: UnsafeMutablePointer<Double>

    @_noAllocation @_noLocks
    @inline(__always)
    init(_ places: UnsafeMutablePointer<Double>) { unsafe self.places = unsafe places }

    @_noAllocation @_noLocks
    @inline(__always)
    func set(_ index: Int, _ value: Double) { unsafe places[index] = value }
}

/// One indicator with its parameters, for any number of states.
enum Indicator: BitwiseCopyable {
    // Of one number of the bar.
    case simple(PriceSource, RollingMean)
    case exponential(PriceSource, ExponentialMean)
    case wilder(PriceSource, WilderMean)
    case weighted(PriceSource, WeightedMean)
    case doubleExponential(PriceSource, DoubleExponentialMean)
    case tripleExponential(PriceSource, TripleExponentialMean)
    case hull(PriceSource, HullMean)
    case adaptive(PriceSource, AdaptiveMean)
    case strength(PriceSource, RelativeStrength)
    case tripleRate(PriceSource, TripleRate)
    case slope(PriceSource, RegressionSlope)
    case difference(PriceSource, Change)
    case rate(PriceSource, Change)
    case deviation(PriceSource, RollingMoments)
    case score(PriceSource, RollingMoments)
    case convergence(PriceSource, ConvergenceDivergence)
    case bollinger(PriceSource, BollingerBands)
    case stochasticStrength(PriceSource, StochasticStrength)
    // Of the whole bar.
    case channelIndex(ChannelIndex)
    case moneyFlow(MoneyFlowIndex)
    case balanceVolume(BalanceVolume)
    case weightedPrice(VolumeWeightedPrice)
    case rollingWeightedPrice(RollingWeightedPrice)
    case trueRangeMean(TrueRangeMean)
    case realised(RealisedVolatility)
    case garmanKlass(GarmanKlassVolatility)
    case hurst(HurstExponent)
    case stop(ParabolicStop)
    case relativeTrueRange(TrueRangeMean)
    case williams(RangePlace)
    case stochastic(Stochastic)
    case aroon(Aroon)
    case keltner(KeltnerChannel)
    case donchian(DonchianChannel)
    case directional(DirectionalMovement)
    case supertrend(Supertrend)
    case ichimoku(IchimokuCloud)
    case candles(Candles)
    case pivots(SwingPivots)
    case floorPivots(FloorPivots)
    case breakout(Breakout)
    case divergence(Divergence)

    @_noAllocation @_noLocks
    @inline(__always)
    func update(_ bar: BarValues, _ cells: StateCells, _ out: IndicatorOutput) {
        switch self {
        case .simple(let source, let one): out.set(0, one.update(source.of(bar), cells))
        case .exponential(let source, let one): out.set(0, one.update(source.of(bar), cells))
        case .wilder(let source, let one): out.set(0, one.update(source.of(bar), cells))
        case .weighted(let source, let one): out.set(0, one.update(source.of(bar), cells))
        case .doubleExponential(let source, let one): out.set(0, one.update(source.of(bar), cells))
        case .tripleExponential(let source, let one): out.set(0, one.update(source.of(bar), cells))
        case .hull(let source, let one): out.set(0, one.update(source.of(bar), cells))
        case .adaptive(let source, let one): out.set(0, one.update(source.of(bar), cells))
        case .strength(let source, let one): out.set(0, one.update(source.of(bar), cells))
        case .tripleRate(let source, let one): out.set(0, one.update(source.of(bar), cells))
        case .slope(let source, let one): out.set(0, one.update(source.of(bar), cells))
        case .difference(let source, let one):
            out.set(0, one.difference(source.of(bar), cells))
        case .rate(let source, let one):
            out.set(0, one.rate(source.of(bar), cells))
        case .deviation(let source, let one):
            out.set(0, one.deviation(source.of(bar), cells))
        case .score(let source, let one):
            out.set(0, one.score(source.of(bar), cells))
        case .relativeTrueRange(let one):
            out.set(0, one.relative(bar, cells))
        case .williams(let one):
            out.set(
                0, one.fromTop(high: bar.high, low: bar.low, bar.close, cells))
        case .convergence(let source, let one): one.update(source.of(bar), cells, out)
        case .bollinger(let source, let one): one.update(source.of(bar), cells, out)
        case .stochasticStrength(let source, let one): one.update(source.of(bar), cells, out)
        case .channelIndex(let one): out.set(0, one.update(bar, cells))
        case .moneyFlow(let one): out.set(0, one.update(bar, cells))
        case .balanceVolume(let one): out.set(0, one.update(bar, cells))
        case .weightedPrice(let one): out.set(0, one.update(bar, cells))
        case .rollingWeightedPrice(let one): out.set(0, one.update(bar, cells))
        case .trueRangeMean(let one): out.set(0, one.update(bar, cells))
        case .realised(let one): out.set(0, one.update(bar, cells))
        case .garmanKlass(let one): out.set(0, one.update(bar, cells))
        case .hurst(let one): out.set(0, one.update(bar, cells))
        case .stop(let one): out.set(0, one.update(bar, cells))
        case .stochastic(let one): one.update(bar, cells, out)
        case .aroon(let one): one.update(bar, cells, out)
        case .keltner(let one): one.update(bar, cells, out)
        case .donchian(let one): one.update(bar, cells, out)
        case .directional(let one): one.update(bar, cells, out)
        case .supertrend(let one): one.update(bar, cells, out)
        case .ichimoku(let one): one.update(bar, cells, out)
        case .candles(let one): one.update(bar, cells, out)
        case .pivots(let one): one.update(bar, cells, out)
        case .floorPivots(let one): one.update(bar, cells, out)
        case .breakout(let one): out.set(0, one.update(bar, cells))
        case .divergence(let one): one.update(bar, cells, out)
        }
    }
}
