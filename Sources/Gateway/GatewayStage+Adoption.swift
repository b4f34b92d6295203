//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import CMessages
import CTelemetry
import Messages
import Pipeline
import Telemetry

// What is not of this run: fills of others, and what cold threads find at the venue: orders of an
// earlier run, the position at start, later positions to compare with ours, and funding. Controls
// 23 and 24.

extension GatewayStage {
    /// A report of an order that is not held: of another client, or long forgotten. Its fills move
    /// our position all the same.
    @_noAllocation @_noLocks
    mutating func takeForeign(_ report: UnsafePointer<ExecutionReport>) {
        if unsafe report.pointee.execution != .fill {
            counters.foreignReports.increment()
            return
        }
        let instrumentID = unsafe report.pointee.instrumentID
        let side = unsafe report.pointee.side
        if unsafe Int(instrumentID) >= instrumentCount || report.pointee.tradeID == 0
            || report.pointee.lastPrice.rawValue < 1
            || report.pointee.lastQuantity.rawValue < 1 || (side != .buy && side != .sell)
        {
            counters.malformedReports.increment()
            return
        }
        guard unsafe trades.insert(tradeID: report.pointee.tradeID, instrumentID: instrumentID)
        else {
            counters.duplicateFills.increment()
            return
        }
        if unsafe isBeforeAdoption(report, instrumentID) {
            counters.fillsBeforeAdoption.increment()
            return
        }
        counters.externalFills.increment()
        unsafe count(report, instrumentID, side)
        var update = unsafe report.pointee
        update.orderID = 0
        update.status = OrderStatus(rawValue: 0)
        update.leavesQuantity = QuantityLots(rawValue: 0)
        update.position = unsafe QuantityLots(
            rawValue: books[Int(instrumentID)].ledger.position)
        publish(update)
        tap(update)
    }

    /// An order that the venue lists open: one of an earlier run is taken into the table and, by
    /// policy, cancelled; one of another client is counted, and its fills move the position.
    @_noAllocation @_noLocks
    mutating func takeAdopted(_ report: UnsafePointer<ExecutionReport>) {
#if APUS_PLANTED_BUGS
        if apus_is_planted(16) != 0 { return counters.lateReports.increment() }
#endif
        let total = unsafe report.pointee.lastQuantity.rawValue
        let executed = unsafe report.pointee.cumulativeQuantity.rawValue
        let side = unsafe report.pointee.side
        if unsafe Int(report.pointee.instrumentID) >= instrumentCount || executed < 0
            || executed >= total || report.pointee.lastPrice.rawValue < 0
            || (side != .buy && side != .sell)
        {
            counters.malformedReports.increment()
            return
        }
        if unsafe report.pointee.orderID == 0 {
            counters.externalOrders.increment()
            unsafe publish(report.pointee)
            return
        }
        if let held = unsafe orders.find(report.pointee.orderID) {
            // Listed open, so it lives, as the answer to a question says; or the list is old. One
            // that is merely presumed gone shows that it is not.
            let order = unsafe orders.record(held)
            if unsafe order.pointee.state.isEnded && order.pointee.isPresumedGone == 0 {
                counters.lateReports.increment()
                return
            }
            var life = unsafe report.pointee
            life.execution = .accepted
            life.isReply = 1
            unsafe takeOrderReport(&life)
            return
        }
        guard let place = unsafe orders.insert(OrderRecord(adopted: report)) else {
            counters.adoptionOverflows.increment()
            let isSent = unsafe sendCancel(
                orderID: report.pointee.orderID, instrumentID: report.pointee.instrumentID,
                timeNs: recordTimeNs)
            if isSent { unsafe flush(books[Int(report.pointee.instrumentID)].venueIndex) }
            return
        }
        counters.adoptedOrders.increment()
        let record = unsafe orders.record(place)
        let book = unsafe books + Int(record.pointee.instrumentID)
        unsafe book.pointee.openOrders &+= 1
        unsafe book.pointee.showOrders()
        unsafe publish(completed(report, record))
        // Of a child nobody knows the parent any more.
        if unsafe isAdoptedKept && !ChildOrderID.isChild(record.pointee.orderID) {
            // What ended it since the list was made may have come before it, and meant nothing.
            unsafe ask(record, at: recordTimeNs)
            nextDueNs = unsafe min(nextDueNs, record.pointee.queryNotBeforeNs)
            return
        }
        unsafe record.pointee.wantsCancel = 1
        if unsafe sendCancel(record, timeNs: recordTimeNs) {
            unsafe flush(book.pointee.venueIndex)
        }
    }

    /// A position as the venue lists it: taken for ours at start, compared later.
    @_noAllocation @_noLocks
    mutating func takePosition(_ report: UnsafePointer<ExecutionReport>) {
#if APUS_PLANTED_BUGS
        if apus_is_planted(17) != 0 { return counters.lateReports.increment() }
#endif
        if unsafe Int(report.pointee.instrumentID) >= instrumentCount
            || report.pointee.tradeID > 2
        {
            counters.malformedReports.increment()
            return
        }
        switch unsafe report.pointee.tradeID {
        case 0: unsafe comparePosition(report)
        case 1: unsafe adoptPosition(report)
        default: unsafe noteTradeTakenOver(report)
        }
    }

    /// One trade is in the position that is told next: whenever it comes, it counts no more.
    @_noAllocation @_noLocks
    private mutating func noteTradeTakenOver(_ report: UnsafePointer<ExecutionReport>) {
        let tradeID = unsafe report.pointee.venueOrderID
        let instrumentID = unsafe report.pointee.instrumentID
        if tradeID == 0 {
            counters.malformedReports.increment()
            return
        }
        counters.tradesTakenOver.increment()
        if trades.insert(tradeID: tradeID, instrumentID: instrumentID) { return }
        early.remove(tradeID: tradeID, instrumentID: instrumentID)
    }

    /// Begins with the venue's position. The fills up to the trade it tells are in it, whenever
    /// they come, and those that were told one by one before; what was counted here and is neither
    /// counts on top. Where it tells no trade but a time, that divides them, and two fills of one
    /// millisecond are the comparison's to find.
    @_noAllocation @_noLocks
    private mutating func adoptPosition(_ report: UnsafePointer<ExecutionReport>) {
        let book = unsafe books + Int(report.pointee.instrumentID)
        let lots = unsafe report.pointee.position.rawValue
        guard lots != Int64.min, let cost = unsafe adoptedCostE12(report, book) else {
            counters.malformedReports.increment()
            return
        }
        unsafe book.pointee.ledger.adopt(position: lots, costE12: cost)
        unsafe book.pointee.fifo.adopt(position: lots, costE12: cost)
        unsafe book.pointee.isAdopted = true
        unsafe book.pointee.adoptedNs = report.pointee.venueTimeNs
        unsafe book.pointee.adoptedTradeID = report.pointee.venueOrderID
        unsafe book.pointee.differenceNs = 0
        counters.adoptedPositions.increment()
        for index in 0..<early.count {
            let fill = early.fill(index)
            guard unsafe fill.instrumentID == report.pointee.instrumentID,
                unsafe book.pointee.isBehindAdoption(
                    tradeID: fill.tradeID, venueTimeNs: fill.venueTimeNs)
            else { continue }
            _ = unsafe addToLedgers(
                book, side: fill.side, price: fill.price, quantity: fill.quantity,
                feeE8: fill.feeE8)
        }
        unsafe book.pointee.showPosition()
        var update = unsafe report.pointee
        update.position = unsafe QuantityLots(rawValue: book.pointee.ledger.position)
        publish(update)
    }

    /// What an adopted position cost; `nil` for a cost that cannot be.
    @_noAllocation @_noLocks
    private func adoptedCostE12(
        _ report: UnsafePointer<ExecutionReport>, _ book: UnsafePointer<InstrumentBook>
    ) -> Int128? {
        let lots = unsafe report.pointee.position.rawValue
        if lots == 0 { return 0 }
        let costE8 = unsafe report.pointee.feeE8
        if costE8 != 0 { return (costE8 > 0) == (lots > 0) ? Int128(costE8) &* 10_000 : nil }
        let price = unsafe report.pointee.lastPrice.rawValue
        return price > 0 ? unsafe book.pointee.ledger.valueE12(lots: lots, price: price) : nil
    }

    /// Compares the venue's position with ours. Fills under way make them differ for a moment, so
    /// only the same difference, found again `missConfirmationNs` later, is a mismatch.
    @_noAllocation @_noLocks
    private mutating func comparePosition(_ report: UnsafePointer<ExecutionReport>) {
        let book = unsafe books + Int(report.pointee.instrumentID)
        let (difference, overflow) = unsafe book.pointee.ledger.position
            .subtractingReportingOverflow(report.pointee.position.rawValue)
        if overflow {
            counters.malformedReports.increment()
            return
        }
        if difference == 0 {
            unsafe book.pointee.differenceNs = 0
            unsafe publishReconciliation(report, isUp: 1)
            return
        }
        if unsafe book.pointee.differenceNs == 0 || book.pointee.difference != difference {
            unsafe book.pointee.difference = difference
            unsafe book.pointee.differenceNs = max(recordTimeNs, 1)
        } else if unsafe recordTimeNs >= later(book.pointee.differenceNs, missConfirmationNs) {
            counters.positionMismatches.increment()
            unsafe publishReconciliation(report, isUp: 0)
            return
        }
        counters.positionDifferences.increment()
    }

    /// Tells risk and strategy whether an instrument's position is the venue's.
    @_noAllocation @_noLocks
    private mutating func publishReconciliation(
        _ report: UnsafePointer<ExecutionReport>, isUp: UInt8
    ) {
        let book = unsafe books + Int(report.pointee.instrumentID)
        var update = unsafe report.pointee
        update.execution = .guard
        update.guard = .reconciliation
        update.isUp = isUp
        update.tradeID = 1
        update.venue = unsafe Venue(rawValue: UInt8(truncatingIfNeeded: book.pointee.venueIndex))
        update.position = unsafe QuantityLots(rawValue: book.pointee.ledger.position)
        publish(update)
    }

    @_noAllocation @_noLocks
    mutating func takeFunding(_ report: UnsafePointer<ExecutionReport>) {
        if unsafe Int(report.pointee.instrumentID) >= instrumentCount {
            counters.malformedReports.increment()
            return
        }
        let book = unsafe books + Int(report.pointee.instrumentID)
        let (sum, overflow) = unsafe book.pointee.fundingE8.addingReportingOverflow(
            report.pointee.feeE8)
        if overflow {
            refuseNumbers()
        } else {
            unsafe book.pointee.fundingE8 = sum
        }
        unsafe book.pointee.showPosition()
        unsafe publish(report.pointee)
    }

    /// Whether a fill is in the position that was taken over at start.
    @_noAllocation @_noLocks
    mutating func isBeforeAdoption(
        _ report: UnsafePointer<ExecutionReport>, _ instrumentID: UInt32
    ) -> Bool {
        let book = unsafe books + Int(instrumentID)
        return unsafe book.pointee.isAdopted
            && !book.pointee.isBehindAdoption(
                tradeID: report.pointee.tradeID, venueTimeNs: report.pointee.venueTimeNs)
    }

    /// Takes a fill into the position.
    @_noAllocation @_noLocks
    mutating func count(
        _ report: UnsafePointer<ExecutionReport>, _ instrumentID: UInt32, _ side: Side
    ) {
        let book = unsafe books + Int(instrumentID)
#if APUS_PLANTED_BUGS
        if apus_is_planted(12) != 0, unsafe report.pointee.cumulativeQuantity.rawValue > 0 {
            _ = unsafe addToLedgers(
                book, side: side, price: report.pointee.lastPrice,
                quantity: report.pointee.cumulativeQuantity, feeE8: report.pointee.feeE8)
            return
        }
        if apus_is_planted(13) != 0, unsafe report.pointee.orderID == 0 { return }
        if apus_is_planted(15) != 0, side == .sell, unsafe book.pointee.ledger.position == 0 {
            return
        }
#endif
        if unsafe !book.pointee.isAdopted {
            unsafe early.append(
                EarlyFills.Fill(report, instrumentID: instrumentID, side: side))
        }
        let isCounted = unsafe addToLedgers(
            book, side: side, price: report.pointee.lastPrice,
            quantity: report.pointee.lastQuantity, feeE8: report.pointee.feeE8)
        if isCounted { counters.fills.increment() }
        unsafe book.pointee.showPosition()
    }

    @_noAllocation @_noLocks
    private mutating func addToLedgers(
        _ book: UnsafeMutablePointer<InstrumentBook>, side: Side, price: PriceTicks,
        quantity: QuantityLots, feeE8: Int64
    ) -> Bool {
        let isCounted = unsafe book.pointee.ledger.apply(
            side: side, price: price, quantity: quantity, feeE8: feeE8)
            && book.pointee.fifo.apply(side: side, price: price, quantity: quantity)
        if !isCounted { refuseNumbers() }
        return isCounted
    }

    @_noAllocation @_noLocks
    private mutating func refuseNumbers() {
        counters.ledgerOverflows.increment()
        control.lower(to: .halted, because: "position or profit beyond its number range")
    }
}
