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

/// The bars of one instrument and time frame, and the indicators made of them.
///
/// SAFETY: the memory belongs to this value alone and lives as long as it.
@safe
struct TimeframeState: ~Copyable {
    var builder: BarBuilder
    private let scale: BarScale
    private let code: IndicatorCode
    private let state: IndicatorState
    /// The numbers at the last closed bar.
    private let finals: UnsafeMutablePointer<Double>
    private let shownCount: Int
    /// Of the builder, when `state` took in the forming bar last.
    private var formingRevision: UInt64 = 0

    init(builder: BarBuilder, plan: IndicatorPlan, instrument: Instrument) {
        self.builder = builder
        scale = BarScale(instrument)
        code = plan.program.code
        state = IndicatorState(plan.program)
        shownCount = plan.columnNames.count
        let count = max(1, plan.program.outputCount)
        unsafe finals = UnsafeMutablePointer<Double>.allocate(capacity: count)
        unsafe finals.initialize(repeating: .nan, count: count)
    }

    deinit { unsafe finals.deallocate() }

    /// Number `column` at the last closed bar.
    @_noAllocation @_noLocks
    func value(_ column: Int) -> Double { unsafe finals[column] }

    /// Number `column` if the current bar closed as it stands.
    @_noAllocation @_noLocks
    mutating func formingValue(_ column: Int) -> Double {
        if formingRevision != builder.revision {
            formingRevision = builder.revision
            var bar = Bar()
            if unsafe builder.formingBar(into: &bar) {
                _ = unsafe code.update(state, scale.values(&bar), isFinal: false)
            }
        }
        return state.value(column)
    }

    /// Takes in a closed bar. Prices above 0 and in order, as a builder's are, are never refused.
    @_noAllocation @_noLocks
    mutating func take(_ bar: UnsafePointer<Bar>) {
        _ = unsafe code.update(state, scale.values(bar), isFinal: true)
        unsafe state.copyValues(to: finals)
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
        unsafe apus_copy(target, finals, shownCount &* 8)
    }
}
