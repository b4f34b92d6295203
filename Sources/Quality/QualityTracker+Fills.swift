//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages

extension QualityTracker {
    mutating func takeFill(_ report: ExecutionReport) {
        guard Self.isUsable(report.lastPrice.rawValue), Self.isUsable(report.lastQuantity.rawValue),
            report.side == .buy || report.side == .sell
        else {
            losses.malformed += 1
            return
        }
        fixArrival(report.orderID)
        if var order = orders[report.orderID] {
            let (lots, price) = (report.lastQuantity.rawValue, report.lastPrice.rawValue)
            order.filled += lots
            order.paid += Int128(lots) * Int128(2 * price)
            order.feesE8 = order.feesE8.addingReportingOverflow(report.feeE8).partialValue
            if report.isMaker != 0 { order.makerLots += lots }
            if order.firstFillTimeNs == 0 { order.firstFillTimeNs = report.ingressTimeNs }
            orders[report.orderID] = order
            count(report, order)
        } else {
            count(report, nil)
        }
        endIfOver(report)
    }

    /// Takes a fill into its tally and among those that wait for their markouts.
    private mutating func count(_ report: ExecutionReport, _ order: FollowedOrder?) {
        let id = Int(report.instrumentID)
        let strategyID = order?.strategyID
            ?? (report.orderID == 0 ? Self.noStrategy : min(report.strategyID, Self.noStrategy))
        let place = tally(id, strategyID)
        let priceTwice = 2 * report.lastPrice.rawValue
        if states[id].markTwice == 0 { states[id].markTwice = priceTwice }
        let hasReference = order?.hasReference == true
        let fill = FollowedFill(
            timeNs: report.ingressTimeNs, instrumentID: report.instrumentID,
            strategyID: strategyID, side: report.side, orderID: report.orderID,
            tradeID: report.tradeID, price: report.lastPrice.rawValue,
            lots: report.lastQuantity.rawValue, feeE8: report.feeE8,
            isMaker: report.isMaker != 0,
            decision: hasReference ? order?.decision ?? TopOfBook() : TopOfBook(),
            arrival: hasReference ? order?.arrival ?? TopOfBook() : TopOfBook(),
            top: states[id].top, tally: place,
            dueBaseNs: max(report.ingressTimeNs, states[id].lastFillTimeNs))
        tallies[place].add(fill)
        tallies[place].attribution.fill(
            signedLots: fill.sign * fill.lots, priceTwice: priceTwice,
            midTwice: states[id].markTwice,
            delayTwice: fill.arrival.midTwice - fill.decision.midTwice, feeE8: report.feeE8)
        states[id].position += Int128(fill.sign * fill.lots)
        if states[id].position != Int128(report.position.rawValue) { losses.positions += 1 }
        follow(fill)
    }

    /// Takes a position that the gateway took over at start for bought at its entry price: no fill,
    /// but profit counts from there.
    mutating func adoptPosition(_ report: ExecutionReport) {
        let (position, price) = (report.position.rawValue, report.lastPrice.rawValue)
        guard report.tradeID == 1 else { return }
        let id = Int(report.instrumentID)
        let change = Int128(position) - states[id].position
        if change == 0 { return }
        guard Self.isUsable(price), change.magnitude <= UInt128(MoneyScale.inputMax) else {
            losses.malformed += 1
            return
        }
        if states[id].markTwice == 0 { states[id].markTwice = 2 * price }
        let place = tally(id, Self.noStrategy)
        tallies[place].attribution.fill(
            signedLots: Int64(change), priceTwice: 2 * price, midTwice: 2 * price, delayTwice: 0,
            feeE8: 0)
        states[id].position = Int128(position)
    }

    /// The place of the tally of an instrument and strategy, made when there is none.
    mutating func tally(_ id: Int, _ strategyID: UInt8) -> Int {
        let known = states[id].tallies[Int(strategyID)]
        if known >= 0 { return known }
        states[id].tallies[Int(strategyID)] = tallies.count
        tallies.append(Tally(instrumentID: UInt32(id), strategyID: strategyID))
        return tallies.count - 1
    }
}
