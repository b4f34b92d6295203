//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages

extension RiskStage {
    @_noAllocation @_noLocks
    private static func isFresh(_ reference: Reference, _ now: UInt64, _ ageMaxNs: UInt64) -> Bool {
        if reference.timeNs == 0 || reference.price < 1 { return false }
        return now <= reference.timeNs || now &- reference.timeNs <= ageMaxNs
    }

    /// Control 4, but for the minimum notional: the venue's price and size ranges and its
    /// one-sided band around the mark. Ticks and lots hold by type.
    @_noAllocation @_noLocks
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
    /// - Parameter top: Becomes the upper edge of the highest reference's band, the price at which
    ///   a market order is valued; it stays `Int64.max` when no reference is required.
    @_noAllocation @_noLocks
    static func isInCollar(
        _ price: Int64, _ now: UInt64, _ row: UnsafePointer<InstrumentRisk>, _ top: inout Int64
    ) -> Bool {
        let required = unsafe row.pointee.limits.requiredReferences.rawValue
        let band = unsafe row.pointee.limits.collarE4
        var highest: Int128 = 0  // Twice a price.
        if required & 1 != 0 {
            // A quote is as fresh as the book's last message, which was checked before.
            if unsafe row.pointee.bid < 1 || row.pointee.ask < 1 { return false }
            let twiceMid = unsafe Int128(row.pointee.bid) &+ Int128(row.pointee.ask)
            if !isNear(price, twiceMid, band) { return false }
            highest = twiceMid
        }
        if required & 2 != 0 {
            if unsafe !isFresh(row.pointee.mark, now, row.pointee.limits.markAgeMaxNs) {
                return false
            }
            let twice = unsafe Int128(row.pointee.mark.price) &* 2
            if !isNear(price, twice, band) { return false }
            highest = max(highest, twice)
        }
        if required & 4 != 0 {
            if unsafe !isFresh(row.pointee.last, now, row.pointee.limits.lastAgeMaxNs) {
                return false
            }
            let twice = unsafe Int128(row.pointee.last.price) &* 2
            if !isNear(price, twice, band) { return false }
            highest = max(highest, twice)
        }
        if highest == 0 { return true }
        // 65 bits of price times 64 of band fit into 128 with their sign, or just not.
        let (scaled, overflow) = highest.multipliedReportingOverflow(
            by: 10_000 &+ Int128(band))
        let edge = scaled / 20_000 &+ 1
        top = overflow || edge > Int128(Int64.max) ? Int64.max : Int64(truncatingIfNeeded: edge)
        return true
    }

    /// |price - reference| * 10^4 <= band * reference, with both sides doubled.
    @_noAllocation @_noLocks
    private static func isNear(_ price: Int64, _ twiceReference: Int128, _ bandE4: Int64) -> Bool {
        let difference = Int128(price) &* 2 &- twiceReference
        let distance = difference < 0 ? 0 &- difference : difference
        let (bound, overflow) = twiceReference.multipliedReportingOverflow(by: Int128(bandE4))
        return !overflow && distance &* 10_000 <= bound
    }

    /// quantity * price * value of a tick and lot, 1e-12 of the quote currency; `nil` when it does
    /// not fit.
    @_noAllocation @_noLocks
    static func notional(
        _ quantity: Int64, _ price: Int64, _ row: UnsafePointer<InstrumentRisk>
    ) -> Int128? {
        let (value, overflow) = unsafe (Int128(quantity) &* Int128(price))
            .multipliedReportingOverflow(
                by: Int128(row.pointee.tickLotValueE12))
        return overflow ? nil : value
    }

    /// Control 4, the minimum notional; of a market order at the mark, as the venue does it.
    @_noAllocation @_noLocks
    static func meetsMinimum(
        _ quantity: Int64, _ isMarket: Bool, _ price: Int64, _ now: UInt64,
        _ row: UnsafePointer<InstrumentRisk>
    ) -> Bool {
        var at = price
        if unsafe isMarket && isFresh(row.pointee.mark, now, row.pointee.limits.markAgeMaxNs) {
            at = unsafe row.pointee.mark.price
        }
        guard let valueE12 = unsafe notional(quantity, at, row) else { return false }
        return unsafe valueE12 >= Int128(row.pointee.notionalMinE8) &* 10_000
    }
}
