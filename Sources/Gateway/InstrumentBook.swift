//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import CTelemetry
import Messages
import Telemetry

/// What the gateway keeps of one instrument: its ledger, its counts, and its telemetry lines.
///
/// SAFETY: `row` is a place of the telemetry page, which outlives the stage.
@safe
struct InstrumentBook: ~Copyable {
    var ledger: PositionLedger
    /// The same fills by first in, first out.
    var fifo: FIFOLedger
    /// Funding paid, 1e-8 of the quote currency; negative: received.
    var fundingE8: Int64 = 0
    /// The position at start was taken over, as it was behind this trade, or where that is 0 at
    /// this venue's time; both 0: it has no trade in it that can still be told.
    var isAdopted = false
    var adoptedTradeID: UInt64 = 0
    var adoptedNs: UInt64 = 0
    /// Ours less the venue's position, and since when it is that; 0: they are equal.
    var difference: Int64 = 0
    var differenceNs: UInt64 = 0
    /// Of the venue it is traded on.
    let venueIndex: Int
    var openOrders: UInt64 = 0
    var ordersSent: UInt64 = 0
    var cancelsSent: UInt64 = 0
    var rejects: UInt64 = 0
    /// `nil` for an instrument beyond those that the page can show.
    let row: UnsafeMutablePointer<InstrumentData>?

    init(_ instrument: Instrument, _ telemetry: TelemetryWriter) {
        venueIndex = instrument.venue.index
        ledger = PositionLedger(tickLotValueE12: instrument.tickLotValueE12)
        fifo = FIFOLedger(tickLotValueE12: instrument.tickLotValueE12)
        if instrument.instrumentID < UInt32(APUS_TELEMETRY_INSTRUMENT_MAX) {
            unsafe row = unsafe telemetry.instrument(instrument.instrumentID)
            unsafe row?.pointee.lotMantissa = instrument.lotMantissa
        } else {
            unsafe row = nil
        }
    }

    /// Whether a fill is not yet in the position that was taken over.
    @_noAllocation @_noLocks
    func isBehindAdoption(tradeID: UInt64, venueTimeNs: UInt64) -> Bool {
        // OKX numbers liquidations below zero, in no order with the trades of its book; those that
        // are in the position are old, or were told one by one and are known.
        let isOrdered = adoptedTradeID != 0 && tradeID <= UInt64(Int64.max)
        if isOrdered { return tradeID > adoptedTradeID }
        return venueTimeNs == 0 || venueTimeNs > adoptedNs
    }

    /// Shows the counts.
    @_noAllocation @_noLocks
    func showOrders() {
        guard let row = unsafe row else { return }
        unsafe apus_word_store(&row.pointee.openOrders, openOrders)
        unsafe apus_word_store(&row.pointee.ordersSent, ordersSent)
        unsafe apus_word_store(&row.pointee.cancelsSent, cancelsSent)
        unsafe apus_word_store(&row.pointee.rejects, rejects)
    }

    /// Shows position and profit, valued at the mid the kernel shows. For the eye only: the mid is
    /// read from the page at whatever moment this is.
    @_noAllocation @_noLocks
    mutating func showPosition() {
        guard let row = unsafe row else { return }
        unsafe apus_signed_word_store(&row.pointee.position, ledger.position)
        let costTicksLots =
            ledger.tickLotValueE12 > 0
            ? PositionLedger.saturated(ledger.costE12 / Int128(ledger.tickLotValueE12)) : 0
        unsafe apus_signed_word_store(&row.pointee.costTicksLots, costTicksLots)
        unsafe apus_signed_word_store(
            &row.pointee.realisedE8, PositionLedger.e8(ledger.realisedE12))
        unsafe apus_signed_word_store(
            &row.pointee.fifoRealisedE8, PositionLedger.e8(fifo.realisedE12))
        unsafe apus_signed_word_store(&row.pointee.feesE8, ledger.feesE8)
        unsafe apus_signed_word_store(&row.pointee.fundingE8, fundingE8)
        unsafe apus_word_store(&row.pointee.fills, ledger.fillCount)
        unsafe apus_word_store(&row.pointee.lotsTraded, ledger.lotsTraded)
        let (twiceMid, overflow) = unsafe row.pointee.bid.addingReportingOverflow(row.pointee.ask)
        if unsafe row.pointee.bid > 0 && row.pointee.ask > 0 && !overflow,
            let unrealised = ledger.unrealisedE12(twiceMid: twiceMid)
        {
            unsafe apus_signed_word_store(&row.pointee.unrealisedE8, PositionLedger.e8(unrealised))
        }
    }
}
