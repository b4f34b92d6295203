//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CKernels
import Messages

/// Exact division of 64-bit integers by a constant: a multiplication and a rotation.
///
/// With d = 2^k * m, m odd, the quotient of an exact multiple is rotr(n * m^-1 mod 2^64, k), and n
/// is a multiple exactly when that is at most (2^64 - 1) / d.
/// Source: H. Warren, Hacker's Delight, 2nd edition, section 10-17.
struct ExactDivisor {
    let inverse: UInt64
    let shift: UInt64
    let quotientMax: UInt64

    /// - Precondition: `divisor > 0`.
    init(_ divisor: UInt64) {
        precondition(divisor > 0, "a divisor above zero")
        let twos = divisor.trailingZeroBitCount
        let odd = divisor >> UInt64(twos)
        // Newton's iteration doubles the right bits: 3, 6, 12, 24, 48, 96.
        var inverse = odd
        for _ in 0..<5 { inverse = inverse &* (2 &- odd &* inverse) }
        self.inverse = inverse
        shift = UInt64(twos)
        quotientMax = .max / divisor
    }

    /// `value / divisor`, or `nil` when that is no whole number.
    @_noAllocation @_noLocks
    @inline(__always)
    func quotient(_ value: UInt64) -> UInt64? {
        let product = value &* inverse
        let rotated = product &>> shift | product &<< (64 &- shift)
        return rotated <= quotientMax ? rotated : nil
    }
}

/// Turns decimals of one instrument into ticks and lots.
///
/// SAFETY: `level` is written in `init` alone and never freed.
@safe
struct InstrumentScale {
    /// Results that are no number of ticks or lots.
    static var inexact: Int64 {
        @_noAllocation @_noLocks
        get { -1 }
    }
    static var overflow: Int64 {
        @_noAllocation @_noLocks
        get { -2 }
    }

    let tick: ExactDivisor
    let lot: ExactDivisor
    let priceDecimals: UInt32
    let quantityDecimals: UInt32
    let tickMantissa: UInt64
    let instrumentID: UInt32
    /// The same for the scan of whole level arrays; kept until the process ends.
    let level: UnsafePointer<LevelScale>
    /// The quote asset's text as 16 zero-padded bytes.
    let quoteAsset: (UInt64, UInt64)

    init(_ instrument: Instrument) {
        precondition(instrument.tickMantissa > 0, "a tick size above zero")
        precondition(instrument.lotMantissa > 0, "a lot size above zero")
        precondition(instrument.priceDecimals <= 18, "at most 18 decimals of a price")
        precondition(instrument.quantityDecimals <= 18, "at most 18 decimals of a quantity")
        tick = ExactDivisor(UInt64(instrument.tickMantissa))
        lot = ExactDivisor(UInt64(instrument.lotMantissa))
        priceDecimals = UInt32(instrument.priceDecimals)
        quantityDecimals = UInt32(instrument.quantityDecimals)
        tickMantissa = UInt64(instrument.tickMantissa)
        instrumentID = instrument.instrumentID
        let forms = unsafe UnsafeMutableRawPointer.allocate(
            byteCount: Int(APUS_LEVEL_FORM_COUNT) * MemoryLayout<LevelForm>.stride, alignment: 64
        ).bindMemory(to: LevelForm.self, capacity: Int(APUS_LEVEL_FORM_COUNT))
        unsafe apus_level_forms_init(forms, priceDecimals, quantityDecimals)
        let level = UnsafeMutablePointer<LevelScale>.allocate(capacity: 1)
        unsafe level.initialize(to: LevelScale(
            tickInverse: tick.inverse, tickCountMax: tick.quotientMax, lotInverse: lot.inverse,
            lotCountMax: lot.quotientMax, tickShift: UInt32(tick.shift),
            lotShift: UInt32(lot.shift), priceDecimals: priceDecimals,
            quantityDecimals: quantityDecimals, forms: forms))
        unsafe self.level = unsafe UnsafePointer(level)
        quoteAsset = Self.packed(instrument.quoteAssetText)
    }

    /// Byte by byte: reading words out of an imported C array gave the first four bytes alone in
    /// release builds.
    private static func packed(_ text: String) -> (UInt64, UInt64) {
        var words: (UInt64, UInt64) = (0, 0)
        for (index, character) in text.utf8.enumerated() {
            let byte = UInt64(character) << UInt64(8 * (index & 7))
            if index < 8 { words.0 |= byte } else { words.1 |= byte }
        }
        return words
    }

    /// Ticks of `mantissa * 10^-decimals`, or `inexact`, or `overflow`.
    @_noAllocation @_noLocks
    @inline(__always)
    func ticks(_ mantissa: UInt64, _ decimals: UInt32) -> Int64 {
        if decimals == priceDecimals { return Self.whole(mantissa, tick) }
        return Self.rescaled(mantissa, decimals, priceDecimals, tick)
    }

    /// Lots of `mantissa * 10^-decimals`, or `inexact`, or `overflow`.
    @_noAllocation @_noLocks
    @inline(__always)
    func lots(_ mantissa: UInt64, _ decimals: UInt32) -> Int64 {
        if decimals == quantityDecimals { return Self.whole(mantissa, lot) }
        return Self.rescaled(mantissa, decimals, quantityDecimals, lot)
    }

    @_noAllocation @_noLocks
    @inline(__always)
    private static func whole(_ mantissa: UInt64, _ divisor: ExactDivisor) -> Int64 {
        guard mantissa <= UInt64(Int64.max) else { return overflow }
        guard let quotient = divisor.quotient(mantissa) else { return inexact }
        return Int64(truncatingIfNeeded: quotient)
    }

    @_noAllocation @_noLocks
    @inline(never)
    private static func rescaled(
        _ mantissa: UInt64, _ decimals: UInt32, _ wanted: UInt32, _ divisor: ExactDivisor
    ) -> Int64 {
        if mantissa == 0 { return 0 }
        if decimals < wanted {
            let difference = wanted &- decimals
            guard difference <= 19 else { return overflow }
            let (scaled, overflows) = mantissa.multipliedReportingOverflow(
                by: apus_power_of_ten(difference))
            return overflows ? overflow : whole(scaled, divisor)
        }
        let difference = decimals &- wanted
        // 10^20 exceeds every mantissa, so nothing but zero is a multiple of it.
        guard difference <= 19 else { return inexact }
        let power = apus_power_of_ten(difference)
        guard mantissa % power == 0 else { return inexact }
        return whole(mantissa / power, divisor)
    }

    /// The tick nearest to `mantissa * 10^-decimals`, halves up; `overflow` when it does not fit.
    @_noAllocation @_noLocks
    func nearestTicks(_ mantissa: UInt64, _ decimals: UInt32) -> Int64 {
        var numerator = mantissa
        var denominator = tickMantissa
        if decimals < priceDecimals {
            let power = apus_power_of_ten(priceDecimals &- decimals)
            let (scaled, overflows) = numerator.multipliedReportingOverflow(by: power)
            if overflows { return numerator == 0 ? 0 : Self.overflow }
            numerator = scaled
        } else if decimals > priceDecimals {
            guard decimals &- priceDecimals <= 19 else { return 0 }
            let power = apus_power_of_ten(decimals &- priceDecimals)
            let (scaled, overflows) = denominator.multipliedReportingOverflow(by: power)
            if overflows { return 0 }
            denominator = scaled
        }
        let quotient = numerator / denominator
        let remainder = numerator % denominator
        let rounded = remainder >= denominator &- remainder ? quotient &+ 1 : quotient
        guard rounded <= UInt64(Int64.max) else { return Self.overflow }
        return Int64(truncatingIfNeeded: rounded)
    }
}
