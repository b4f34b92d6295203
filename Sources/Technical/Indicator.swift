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
///
/// A kind and a place in memory instead of an enumeration with payloads, which would be copied for
/// every bar.
///
/// SAFETY: the memory holds what `kind` says, is written once, and is kept until the process ends.
@safe
struct Indicator: BitwiseCopyable, @unchecked Sendable {
    private enum Kind: UInt8, BitwiseCopyable {
        case simple, exponential, wilder, weighted, doubleExponential, tripleExponential, hull
        case adaptive, strength, tripleRate, slope, difference, rate, deviation, score
        case convergence, bollinger, stochasticStrength, channelIndex, moneyFlow, balanceVolume
        case weightedPrice, rollingWeightedPrice, trueRangeMean, realised, garmanKlass, hurst
        case stop, relativeTrueRange, williams, stochastic, aroon, keltner, donchian
        case directional, supertrend, ichimoku, candles, pivots, floorPivots, breakout
        case divergence
    }

    private let kind: Kind
    /// What one of a single series is made from.
    private let source: PriceSource
    private let memory: UnsafeRawPointer

    private init<T: BitwiseCopyable>(_ kind: Kind, _ source: PriceSource, _ one: T) {
        self.kind = kind
        self.source = source
        let place = UnsafeMutablePointer<T>.allocate(capacity: 1)
        unsafe place.initialize(to: one)
        unsafe memory = UnsafeRawPointer(place)
    }

    @_noAllocation @_noLocks
    @inline(__always)
    func update(_ bar: BarValues, _ cells: StateCells, _ out: IndicatorOutput) {
        switch kind {
        case .simple:
            let one = unsafe memory.assumingMemoryBound(to: RollingMean.self)
            out.set(0, unsafe one.pointee.update(source.of(bar), cells))
        case .exponential:
            let one = unsafe memory.assumingMemoryBound(to: ExponentialMean.self)
            out.set(0, unsafe one.pointee.update(source.of(bar), cells))
        case .wilder:
            let one = unsafe memory.assumingMemoryBound(to: WilderMean.self)
            out.set(0, unsafe one.pointee.update(source.of(bar), cells))
        case .weighted:
            let one = unsafe memory.assumingMemoryBound(to: WeightedMean.self)
            out.set(0, unsafe one.pointee.update(source.of(bar), cells))
        case .doubleExponential:
            let one = unsafe memory.assumingMemoryBound(to: DoubleExponentialMean.self)
            out.set(0, unsafe one.pointee.update(source.of(bar), cells))
        case .tripleExponential:
            let one = unsafe memory.assumingMemoryBound(to: TripleExponentialMean.self)
            out.set(0, unsafe one.pointee.update(source.of(bar), cells))
        case .hull:
            let one = unsafe memory.assumingMemoryBound(to: HullMean.self)
            out.set(0, unsafe one.pointee.update(source.of(bar), cells))
        case .adaptive:
            let one = unsafe memory.assumingMemoryBound(to: AdaptiveMean.self)
            out.set(0, unsafe one.pointee.update(source.of(bar), cells))
        case .strength:
            let one = unsafe memory.assumingMemoryBound(to: RelativeStrength.self)
            out.set(0, unsafe one.pointee.update(source.of(bar), cells))
        case .tripleRate:
            let one = unsafe memory.assumingMemoryBound(to: TripleRate.self)
            out.set(0, unsafe one.pointee.update(source.of(bar), cells))
        case .slope:
            let one = unsafe memory.assumingMemoryBound(to: RegressionSlope.self)
            out.set(0, unsafe one.pointee.update(source.of(bar), cells))
        case .difference:
            let one = unsafe memory.assumingMemoryBound(to: Change.self)
            out.set(0, unsafe one.pointee.difference(source.of(bar), cells))
        case .rate:
            let one = unsafe memory.assumingMemoryBound(to: Change.self)
            out.set(0, unsafe one.pointee.rate(source.of(bar), cells))
        case .deviation:
            let one = unsafe memory.assumingMemoryBound(to: RollingMoments.self)
            out.set(0, unsafe one.pointee.deviation(source.of(bar), cells))
        case .score:
            let one = unsafe memory.assumingMemoryBound(to: RollingMoments.self)
            out.set(0, unsafe one.pointee.score(source.of(bar), cells))
        case .convergence:
            let one = unsafe memory.assumingMemoryBound(to: ConvergenceDivergence.self)
            unsafe one.pointee.update(source.of(bar), cells, out)
        case .bollinger:
            let one = unsafe memory.assumingMemoryBound(to: BollingerBands.self)
            unsafe one.pointee.update(source.of(bar), cells, out)
        case .stochasticStrength:
            let one = unsafe memory.assumingMemoryBound(to: StochasticStrength.self)
            unsafe one.pointee.update(source.of(bar), cells, out)
        case .channelIndex:
            let one = unsafe memory.assumingMemoryBound(to: ChannelIndex.self)
            out.set(0, unsafe one.pointee.update(bar, cells))
        case .moneyFlow:
            let one = unsafe memory.assumingMemoryBound(to: MoneyFlowIndex.self)
            out.set(0, unsafe one.pointee.update(bar, cells))
        case .balanceVolume:
            let one = unsafe memory.assumingMemoryBound(to: BalanceVolume.self)
            out.set(0, unsafe one.pointee.update(bar, cells))
        case .weightedPrice:
            let one = unsafe memory.assumingMemoryBound(to: VolumeWeightedPrice.self)
            out.set(0, unsafe one.pointee.update(bar, cells))
        case .rollingWeightedPrice:
            let one = unsafe memory.assumingMemoryBound(to: RollingWeightedPrice.self)
            out.set(0, unsafe one.pointee.update(bar, cells))
        case .trueRangeMean:
            let one = unsafe memory.assumingMemoryBound(to: TrueRangeMean.self)
            out.set(0, unsafe one.pointee.update(bar, cells))
        case .realised:
            let one = unsafe memory.assumingMemoryBound(to: RealisedVolatility.self)
            out.set(0, unsafe one.pointee.update(bar, cells))
        case .garmanKlass:
            let one = unsafe memory.assumingMemoryBound(to: GarmanKlassVolatility.self)
            out.set(0, unsafe one.pointee.update(bar, cells))
        case .hurst:
            let one = unsafe memory.assumingMemoryBound(to: HurstExponent.self)
            out.set(0, unsafe one.pointee.update(bar, cells))
        case .stop:
            let one = unsafe memory.assumingMemoryBound(to: ParabolicStop.self)
            out.set(0, unsafe one.pointee.update(bar, cells))
        case .relativeTrueRange:
            let one = unsafe memory.assumingMemoryBound(to: TrueRangeMean.self)
            out.set(0, unsafe one.pointee.relative(bar, cells))
        case .williams:
            let one = unsafe memory.assumingMemoryBound(to: RangePlace.self)
            out.set(0, unsafe one.pointee.fromTop(high: bar.high, low: bar.low, bar.close, cells))
        case .stochastic:
            let one = unsafe memory.assumingMemoryBound(to: Stochastic.self)
            unsafe one.pointee.update(bar, cells, out)
        case .aroon:
            let one = unsafe memory.assumingMemoryBound(to: Aroon.self)
            unsafe one.pointee.update(bar, cells, out)
        case .keltner:
            let one = unsafe memory.assumingMemoryBound(to: KeltnerChannel.self)
            unsafe one.pointee.update(bar, cells, out)
        case .donchian:
            let one = unsafe memory.assumingMemoryBound(to: DonchianChannel.self)
            unsafe one.pointee.update(bar, cells, out)
        case .directional:
            let one = unsafe memory.assumingMemoryBound(to: DirectionalMovement.self)
            unsafe one.pointee.update(bar, cells, out)
        case .supertrend:
            let one = unsafe memory.assumingMemoryBound(to: Supertrend.self)
            unsafe one.pointee.update(bar, cells, out)
        case .ichimoku:
            let one = unsafe memory.assumingMemoryBound(to: IchimokuCloud.self)
            unsafe one.pointee.update(bar, cells, out)
        case .candles:
            let one = unsafe memory.assumingMemoryBound(to: Candles.self)
            unsafe one.pointee.update(bar, cells, out)
        case .pivots:
            let one = unsafe memory.assumingMemoryBound(to: SwingPivots.self)
            unsafe one.pointee.update(bar, cells, out)
        case .floorPivots:
            let one = unsafe memory.assumingMemoryBound(to: FloorPivots.self)
            unsafe one.pointee.update(bar, cells, out)
        case .breakout:
            let one = unsafe memory.assumingMemoryBound(to: Breakout.self)
            out.set(0, unsafe one.pointee.update(bar, cells))
        case .divergence:
            let one = unsafe memory.assumingMemoryBound(to: Divergence.self)
            unsafe one.pointee.update(bar, cells, out)
        }
    }
}

// MARK: - Of one number of the bar

extension Indicator {
    static func simple(_ source: PriceSource, _ one: RollingMean) -> Self {
        Self(.simple, source, one)
    }
    static func exponential(_ source: PriceSource, _ one: ExponentialMean) -> Self {
        Self(.exponential, source, one)
    }
    static func wilder(_ source: PriceSource, _ one: WilderMean) -> Self {
        Self(.wilder, source, one)
    }
    static func weighted(_ source: PriceSource, _ one: WeightedMean) -> Self {
        Self(.weighted, source, one)
    }
    static func doubleExponential(_ source: PriceSource, _ one: DoubleExponentialMean) -> Self {
        Self(.doubleExponential, source, one)
    }
    static func tripleExponential(_ source: PriceSource, _ one: TripleExponentialMean) -> Self {
        Self(.tripleExponential, source, one)
    }
    static func hull(_ source: PriceSource, _ one: HullMean) -> Self { Self(.hull, source, one) }
    static func adaptive(_ source: PriceSource, _ one: AdaptiveMean) -> Self {
        Self(.adaptive, source, one)
    }
    static func strength(_ source: PriceSource, _ one: RelativeStrength) -> Self {
        Self(.strength, source, one)
    }
    static func tripleRate(_ source: PriceSource, _ one: TripleRate) -> Self {
        Self(.tripleRate, source, one)
    }
    static func slope(_ source: PriceSource, _ one: RegressionSlope) -> Self {
        Self(.slope, source, one)
    }
    static func difference(_ source: PriceSource, _ one: Change) -> Self {
        Self(.difference, source, one)
    }
    static func rate(_ source: PriceSource, _ one: Change) -> Self { Self(.rate, source, one) }
    static func deviation(_ source: PriceSource, _ one: RollingMoments) -> Self {
        Self(.deviation, source, one)
    }
    static func score(_ source: PriceSource, _ one: RollingMoments) -> Self {
        Self(.score, source, one)
    }
    static func convergence(_ source: PriceSource, _ one: ConvergenceDivergence) -> Self {
        Self(.convergence, source, one)
    }
    static func bollinger(_ source: PriceSource, _ one: BollingerBands) -> Self {
        Self(.bollinger, source, one)
    }
    static func stochasticStrength(_ source: PriceSource, _ one: StochasticStrength) -> Self {
        Self(.stochasticStrength, source, one)
    }
}

// MARK: - Of the whole bar

extension Indicator {
    static func channelIndex(_ one: ChannelIndex) -> Self { Self(.channelIndex, .close, one) }
    static func moneyFlow(_ one: MoneyFlowIndex) -> Self { Self(.moneyFlow, .close, one) }
    static func balanceVolume(_ one: BalanceVolume) -> Self { Self(.balanceVolume, .close, one) }
    static func weightedPrice(_ one: VolumeWeightedPrice) -> Self {
        Self(.weightedPrice, .close, one)
    }
    static func rollingWeightedPrice(_ one: RollingWeightedPrice) -> Self {
        Self(.rollingWeightedPrice, .close, one)
    }
    static func trueRangeMean(_ one: TrueRangeMean) -> Self { Self(.trueRangeMean, .close, one) }
    static func realised(_ one: RealisedVolatility) -> Self { Self(.realised, .close, one) }
    static func garmanKlass(_ one: GarmanKlassVolatility) -> Self {
        Self(.garmanKlass, .close, one)
    }
    static func hurst(_ one: HurstExponent) -> Self { Self(.hurst, .close, one) }
    static func stop(_ one: ParabolicStop) -> Self { Self(.stop, .close, one) }
    static func relativeTrueRange(_ one: TrueRangeMean) -> Self {
        Self(.relativeTrueRange, .close, one)
    }
    static func williams(_ one: RangePlace) -> Self { Self(.williams, .close, one) }
    static func stochastic(_ one: Stochastic) -> Self { Self(.stochastic, .close, one) }
    static func aroon(_ one: Aroon) -> Self { Self(.aroon, .close, one) }
    static func keltner(_ one: KeltnerChannel) -> Self { Self(.keltner, .close, one) }
    static func donchian(_ one: DonchianChannel) -> Self { Self(.donchian, .close, one) }
    static func directional(_ one: DirectionalMovement) -> Self { Self(.directional, .close, one) }
    static func supertrend(_ one: Supertrend) -> Self { Self(.supertrend, .close, one) }
    static func ichimoku(_ one: IchimokuCloud) -> Self { Self(.ichimoku, .close, one) }
    static func candles(_ one: Candles) -> Self { Self(.candles, .close, one) }
    static func pivots(_ one: SwingPivots) -> Self { Self(.pivots, .close, one) }
    static func floorPivots(_ one: FloorPivots) -> Self { Self(.floorPivots, .close, one) }
    static func breakout(_ one: Breakout) -> Self { Self(.breakout, .close, one) }
    static func divergence(_ one: Divergence) -> Self { Self(.divergence, .close, one) }
}
