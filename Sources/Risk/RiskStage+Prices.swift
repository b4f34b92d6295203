//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages

extension RiskStage {
    @_noAllocation @_noLocks
    @inline(__always)
    private static func isFresh(_ reference: Reference, _ now: UInt64, _ ageMaxNs: UInt64) -> Bool {
        if reference.timeNs == 0 || reference.price < 1 { return false }
        return now <= reference.timeNs || now &- reference.timeNs <= ageMaxNs
    }

    /// Control 4, but for the minimum notional: the venue's price and size ranges and its
    /// one-sided band around the mark. Ticks and lots hold by type.
    @_noAllocation @_noLocks
    @inline(__always)
    static func passesFilters(
        _ price: Int64, _ quantity: Int64, _ isMarket: Bool, _ isBuy: Bool, _ now: UInt64,
        _ row: UnsafePointer<InstrumentRisk>
    ) -> Bool {
        let sizeMax =
            unsafe isMarket && row.pointee.marketQuantityMax > 0
            ? row.pointee.marketQuantityMax : row.pointee.quantityMax
        if unsafe quantity < row.pointee.quantityMin { return false }
        if sizeMax > 0 && quantity > sizeMax { return false }
        if isMarket { return true }
        if unsafe row.pointee.priceMin > 0 && price < row.pointee.priceMin { return false }
        if unsafe row.pointee.priceMax > 0 && price > row.pointee.priceMax { return false }
        let edge = unsafe isBuy ? row.pointee.percentUpE4 : row.pointee.percentDownE4
        if edge == 0 { return true }
        if unsafe !isFresh(row.pointee.mark, now, row.pointee.limits.markAgeMaxNs) {
            // Without a mark the band cannot be known; whether that is allowed is a limit.
            return unsafe row.pointee.limits.requiredReferences.rawValue & 2 == 0
        }
        let scaled = Int128(price) &* 10_000
        let bound = unsafe Int128(row.pointee.mark.price) &* Int128(edge)
        return isBuy ? scaled <= bound : scaled >= bound
    }

    /// Control 3: within the band of every required reference, which must be there and fresh.
    ///
    /// - Parameter price: 1 and up.
    @_noAllocation @_noLocks
    @inline(__always)
    static func isInCollar(
        _ price: Int64, _ now: UInt64, _ row: UnsafePointer<InstrumentRisk>
    ) -> Bool {
        let required = unsafe row.pointee.limits.requiredReferences.rawValue
        // Limits below 0 are refused at start.
        let band = unsafe UInt64(clamping: row.pointee.limits.collarE4)
        if required & 1 != 0 {
            // A quote is as fresh as the book's last message, which was checked before.
            if unsafe row.pointee.bid < 1 || row.pointee.ask < 1 { return false }
            let twiceMid = unsafe row.pointee.bid.magnitude &+ row.pointee.ask.magnitude
            if !isNear(price, twiceMid, band) { return false }
        }
        if required & 2 != 0 {
            if unsafe !isFresh(row.pointee.mark, now, row.pointee.limits.markAgeMaxNs) {
                return false
            }
            if unsafe !isNear(price, row.pointee.mark.price.magnitude &* 2, band) { return false }
        }
        if required & 4 != 0 {
            if unsafe !isFresh(row.pointee.last, now, row.pointee.limits.lastAgeMaxNs) {
                return false
            }
            if unsafe !isNear(price, row.pointee.last.price.magnitude &* 2, band) { return false }
        }
        return true
    }

    /// |price - reference| * 10^4 <= band * reference, with both sides doubled. Twice a positive
    /// price fits 64 bits, and the product of two such numbers 128.
    @_noAllocation @_noLocks
    @inline(__always)
    private static func isNear(
        _ price: Int64, _ twiceReference: UInt64, _ bandE4: UInt64
    ) -> Bool {
        let twice = price.magnitude &* 2
        let distance = max(twice, twiceReference) &- min(twice, twiceReference)
        return UInt128(distance) &* 10_000 <= UInt128(twiceReference) &* UInt128(bandE4)
    }

    /// The upper edge of the highest required reference's band, the price at which a market order
    /// is valued; `Int64.max` when no reference is required.
    ///
    /// - Precondition: `isInCollar`, so every required reference is there.
    @_noAllocation @_noLocks
    @inline(never)
    static func collarTop(_ row: UnsafePointer<InstrumentRisk>) -> Int64 {
        let required = unsafe row.pointee.limits.requiredReferences.rawValue
        var highest: Int128 = 0  // Twice a price.
        if required & 1 != 0 {
            highest = unsafe Int128(row.pointee.bid) &+ Int128(row.pointee.ask)
        }
        if required & 2 != 0 { highest = unsafe max(highest, Int128(row.pointee.mark.price) &* 2) }
        if required & 4 != 0 { highest = unsafe max(highest, Int128(row.pointee.last.price) &* 2) }
        if highest == 0 { return Int64.max }
        // 65 bits of price times 64 of band fit into 128 with their sign, or just not.
        let (scaled, overflow) = unsafe highest.multipliedReportingOverflow(
            by: 10_000 &+ Int128(row.pointee.limits.collarE4))
        let edge = scaled / 20_000 &+ 1
        return overflow || edge > Int128(Int64.max) ? Int64.max : Int64(truncatingIfNeeded: edge)
    }

    /// quantity * price * value of a tick and lot, 1e-12 of the quote currency; `nil` when it does
    /// not fit.
    @_noAllocation @_noLocks
    @inline(__always)
    static func notional(
        _ quantity: Int64, _ price: Int64, _ row: UnsafePointer<InstrumentRisk>
    ) -> Int128? {
        let (product, isWide) = quantity.multipliedReportingOverflow(by: price)
        if isWide { return unsafe wideNotional(quantity, price, row) }
        // Two numbers of 64 bits: one multiplication, which cannot overflow.
        return unsafe Int128(product) &* Int128(row.pointee.tickLotValueE12)
    }

    @_noAllocation @_noLocks
    @inline(never)
    private static func wideNotional(
        _ quantity: Int64, _ price: Int64, _ row: UnsafePointer<InstrumentRisk>
    ) -> Int128? {
        let (value, overflow) = unsafe (Int128(quantity) &* Int128(price))
            .multipliedReportingOverflow(
                by: Int128(row.pointee.tickLotValueE12))
        return overflow ? nil : value
    }

    /// Control 4, the minimum notional.
    @_noAllocation @_noLocks
    @inline(__always)
    static func meetsMinimum(_ valueE12: Int128, _ row: UnsafePointer<InstrumentRisk>) -> Bool {
        unsafe valueE12 >= Int128(row.pointee.notionalMinE8) &* 10_000
    }

    /// The same of a market order: at the mark, as the venue does it.
    ///
    /// - Parameter touch: Counts where there is no fresh mark.
    @_noAllocation @_noLocks
    @inline(never)
    static func meetsMarketMinimum(
        _ quantity: Int64, touch: Int64, _ now: UInt64, _ row: UnsafePointer<InstrumentRisk>
    ) -> Bool {
        let hasMark = unsafe isFresh(row.pointee.mark, now, row.pointee.limits.markAgeMaxNs)
        let price = unsafe hasMark ? row.pointee.mark.price : touch
        guard let valueE12 = unsafe notional(quantity, price, row) else { return false }
        return unsafe meetsMinimum(valueE12, row)
    }
}
