//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
public import CMessages
import Messages

/// The indicators of one instrument and time frame, updated at each bar's close in O(1).
///
/// Conventions and seeding are TA-Lib's. Prices are in the quote currency, volumes in the venue's
/// quantity unit. A value is not a number until it has its history. A batch is a loop over
/// `update`: there is no second code path that could differ.
///
/// SAFETY: the memory belongs to this value alone and lives as long as it.
@safe
public struct IndicatorSet: ~Copyable {
    /// In the order of `IndicatorValues.values`.
    public static let names = [
        "ema_9", "ema_12", "ema_21", "ema_26", "ema_50", "sma_20", "rsi_14", "macd",
        "macd_signal", "macd_histogram", "bollinger_upper", "bollinger_middle",
        "bollinger_lower", "bollinger_percent_b", "bollinger_bandwidth", "atr_14", "roc_10",
        "momentum_10", "volume_sma_20", "obv",
    ]
    public static var count: Int {
        @_noAllocation @_noLocks
        get { 20 }
    }
    private static var momentumBars: Int {
        @_noAllocation @_noLocks
        get { 10 }
    }

    private let values: UnsafeMutablePointer<Double>
    private let closes: UnsafeMutablePointer<Double>
    private let tick: Double
    private let priceScale: Double
    private let lot: Double
    private let quantityScale: Double
    private var barCount = 0
    private var previousClose = 0.0
    private var ema9 = ExponentialAverage(period: 9)
    private var ema12 = ExponentialAverage(period: 12)
    private var ema21 = ExponentialAverage(period: 21)
    private var ema26 = ExponentialAverage(period: 26)
    private var ema50 = ExponentialAverage(period: 50)
    /// TA-Lib seeds MACD's fast average so that it ends with the slow one's seed: bars 14...25.
    private var macdFast = ExponentialAverage(period: 12)
    private var macdSignal = ExponentialAverage(period: 9)
    private var gain = WilderAverage(period: 14)
    private var loss = WilderAverage(period: 14)
    private var trueRange = WilderAverage(period: 14)
    private var window = ExactWindow(period: 20)
    private var volumes = VolumeWindow()
    private var balanceVolume = 0.0

    public init(instrument: Instrument) {
        tick = Double(instrument.tickMantissa)
        priceScale = Decimals.powerOfTen(Int(instrument.priceDecimals))
        lot = Double(instrument.lotMantissa)
        quantityScale = Decimals.powerOfTen(Int(instrument.quantityDecimals))
        unsafe values = UnsafeMutablePointer<Double>.allocate(capacity: Self.count)
        unsafe values.initialize(repeating: Double.nan, count: Self.count)
        unsafe closes = UnsafeMutablePointer<Double>.allocate(capacity: Self.momentumBars)
        unsafe closes.initialize(repeating: 0, count: Self.momentumBars)
    }

    deinit {
        unsafe values.deallocate()
        unsafe closes.deallocate()
    }

    /// The value at `index` of `names`.
    @_noAllocation @_noLocks
    public func value(_ index: Int) -> Double { unsafe values[index] }

    var ema12Value: Double {
        @_noAllocation @_noLocks
        get { unsafe values[1] }
    }
    var ema26Value: Double {
        @_noAllocation @_noLocks
        get { unsafe values[3] }
    }
    var rsiValue: Double {
        @_noAllocation @_noLocks
        get { unsafe values[6] }
    }
    var macdHistogramValue: Double {
        @_noAllocation @_noLocks
        get { unsafe values[9] }
    }
    var percentBValue: Double {
        @_noAllocation @_noLocks
        get { unsafe values[13] }
    }

    @_noAllocation @_noLocks
    private func price(_ ticks: Double) -> Double { ticks * tick / priceScale }

    /// Takes in the next bar.
    @_noAllocation @_noLocks
    public mutating func update(_ bar: UnsafePointer<Bar>) {
        let close = unsafe price(Double(bar.pointee.close.rawValue))
        let volume = unsafe Double(bar.pointee.volume.rawValue) * lot / quantityScale
        updateAverages(close)
        updateMACD(close)
        unsafe updateWindow(bar, close)
        if barCount == 0 {
            balanceVolume = volume
        } else {
            unsafe updateChanges(bar, close, volume)
        }
        updateMomentum(close)
        unsafe values[19] = balanceVolume
        previousClose = close
        barCount &+= 1
    }

    @_noAllocation @_noLocks
    private mutating func updateAverages(_ close: Double) {
        ema9.update(close)
        ema12.update(close)
        ema21.update(close)
        ema26.update(close)
        ema50.update(close)
        unsafe values[0] = ema9.value
        unsafe values[1] = ema12.value
        unsafe values[2] = ema21.value
        unsafe values[3] = ema26.value
        unsafe values[4] = ema50.value
    }

    /// Line, signal and histogram begin together, as in TA-Lib: at the 34th bar.
    @_noAllocation @_noLocks
    private mutating func updateMACD(_ close: Double) {
        if barCount >= 14 { macdFast.update(close) }
        if barCount < 25 { return }
        let line = macdFast.value - ema26.value
        macdSignal.update(line)
        if barCount < 33 { return }
        unsafe values[7] = line
        unsafe values[8] = macdSignal.value
        unsafe values[9] = line - macdSignal.value
    }

    @_noAllocation @_noLocks
    private mutating func updateWindow(_ bar: UnsafePointer<Bar>, _ close: Double) {
        unsafe window.update(bar.pointee.close.rawValue)
        unsafe volumes.update(bar.pointee.volume.rawValue)
        if !window.isFull { return }
        let middle = price(window.mean)
        let width = 2.0 * price(window.deviation)
        let lower = middle - width
        let upper = middle + width
        unsafe values[5] = middle
        unsafe values[10] = upper
        unsafe values[11] = middle
        unsafe values[12] = lower
        unsafe values[13] = upper > lower ? (close - lower) / (upper - lower) : 0.5
        unsafe values[14] = (upper - lower) / middle
        unsafe values[18] = volumes.mean * lot / quantityScale
    }

    @_noAllocation @_noLocks
    private mutating func updateChanges(
        _ bar: UnsafePointer<Bar>, _ close: Double, _ volume: Double
    ) {
        let change = close - previousClose
        gain.update(change > 0 ? change : 0)
        loss.update(change < 0 ? 0 - change : 0)
        let moved = gain.value + loss.value
        unsafe values[6] = moved == 0 ? 0 : 100.0 * (gain.value / moved)
        let high = unsafe price(Double(bar.pointee.high.rawValue))
        let low = unsafe price(Double(bar.pointee.low.rawValue))
        let top = high > previousClose ? high : previousClose
        let bottom = low < previousClose ? low : previousClose
        trueRange.update(top - bottom)
        unsafe values[15] = trueRange.value
        if change > 0 { balanceVolume += volume }
        if change < 0 { balanceVolume -= volume }
    }

    @_noAllocation @_noLocks
    private mutating func updateMomentum(_ close: Double) {
        let place = barCount % Self.momentumBars
        if barCount >= Self.momentumBars {
            let old = unsafe closes[place]
            unsafe values[16] = old == 0 ? 0 : (close / old - 1.0) * 100.0
            unsafe values[17] = close - old
        }
        unsafe closes[place] = close
    }

    /// Writes the current values as a record.
    @_noAllocation @_noLocks
    public func fill(_ record: UnsafeMutablePointer<IndicatorValues>, of bar: UnsafePointer<Bar>) {
        unsafe apus_zero(record, MemoryLayout<IndicatorValues>.size)
        unsafe record.pointee.sequence = unsafe bar.pointee.sequence
        unsafe record.pointee.ingressTimeNs = unsafe bar.pointee.ingressTimeNs
        unsafe record.pointee.openTimeNs = unsafe bar.pointee.openTimeNs
        unsafe record.pointee.timeframeNs = unsafe bar.pointee.timeframeNs
        unsafe record.pointee.instrumentID = unsafe bar.pointee.instrumentID
        unsafe record.pointee.count = UInt32(truncatingIfNeeded: Self.count)
        let target = unsafe UnsafeMutableRawPointer(record).advanced(by: 48)
        unsafe apus_copy(target, values, Self.count &* 8)
    }
}
