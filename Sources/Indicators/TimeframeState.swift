//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import CMessages
import Messages
import Technical

/// From ticks and lots to numbers: each the double nearest to the exact decimal.
struct BarScale: BitwiseCopyable {
    private let tick: Double
    private let priceScale: Double
    private let lot: Double
    private let quantityScale: Double

    init(_ instrument: Instrument) {
        tick = Double(instrument.tickMantissa)
        priceScale = Decimals.powerOfTen(Int(instrument.priceDecimals))
        lot = Double(instrument.lotMantissa)
        quantityScale = Decimals.powerOfTen(Int(instrument.quantityDecimals))
    }

    @_noAllocation @_noLocks
    private func price(_ ticks: PriceTicks) -> Double {
        Double(ticks.rawValue) * tick / priceScale
    }

    @_noAllocation @_noLocks
    func values(_ bar: UnsafePointer<Bar>) -> BarValues {
        unsafe BarValues(
            openTimeNs: bar.pointee.openTimeNs, open: price(bar.pointee.open),
            high: price(bar.pointee.high), low: price(bar.pointee.low),
            close: price(bar.pointee.close),
            volume: Double(bar.pointee.volume.rawValue) * lot / quantityScale)
    }
}

/// The bars of one instrument and time frame, and its lane in the instrument's indicators.
///
/// SAFETY: the bank belongs to the instrument, which outlives its time frames.
@safe
struct TimeframeState: ~Copyable {
    var builder: BarBuilder
    private let scale: BarScale
    private let bank: UnsafeMutablePointer<IndicatorBank>
    private let lane: Int
    private let shownCount: Int
    /// Of the builder, when the forming bar was put down last.
    private var formingRevision: UInt64 = 0

    init(
        builder: BarBuilder, bank: UnsafeMutablePointer<IndicatorBank>, lane: Int,
        plan: IndicatorPlan, instrument: Instrument
    ) {
        self.builder = builder
        scale = BarScale(instrument)
        unsafe self.bank = unsafe bank
        self.lane = lane
        shownCount = plan.columnNames.count
    }

    /// Number `column` at the last closed bar.
    @_noAllocation @_noLocks
    func value(_ column: Int) -> Double { unsafe bank.pointee.value(column, lane: lane) }

    /// Number `column` of the forming bar, as the bank computed it last.
    @_noAllocation @_noLocks
    func formingValue(_ column: Int) -> Double {
        unsafe bank.pointee.formingValue(column, lane: lane)
    }

    /// Puts the forming bar down if it changed since, for the numbers of all time frames at once.
    ///
    /// - Returns: Whether it did.
    @_noAllocation @_noLocks
    mutating func placeForming() -> Bool {
        if formingRevision == builder.revision { return false }
        formingRevision = builder.revision
        var bar = Bar()
        guard unsafe builder.formingBar(into: &bar) else { return false }
        unsafe bank.pointee.placeForming(scale.values(&bar), lane: lane)
        return true
    }

    /// Takes in a closed bar. Prices above 0 and in order, as a builder's are, are never refused.
    @_noAllocation @_noLocks
    mutating func take(_ bar: UnsafePointer<Bar>) {
        unsafe bank.pointee.take(scale.values(bar), lane: lane)
    }

    /// Writes the numbers at the last closed bar, `bar`, as a record.
    @_noAllocation @_noLocks
    func fill(_ record: UnsafeMutablePointer<IndicatorValues>, of bar: UnsafePointer<Bar>) {
        unsafe apus_zero(record, MemoryLayout<IndicatorValues>.size)
        unsafe record.pointee.sequence = unsafe bar.pointee.sequence
        unsafe record.pointee.ingressTimeNs = unsafe bar.pointee.ingressTimeNs
        unsafe record.pointee.openTimeNs = unsafe bar.pointee.openTimeNs
        unsafe record.pointee.timeframeNs = unsafe bar.pointee.timeframeNs
        unsafe record.pointee.instrumentID = unsafe bar.pointee.instrumentID
        unsafe record.pointee.timeframe = unsafe bar.pointee.timeframe
        unsafe record.pointee.count = UInt32(truncatingIfNeeded: shownCount)
        let target = unsafe UnsafeMutableRawPointer(record).advanced(by: 48)
            .assumingMemoryBound(to: Double.self)
        unsafe bank.pointee.copyValues(lane: lane, count: shownCount, to: target)
    }
}
