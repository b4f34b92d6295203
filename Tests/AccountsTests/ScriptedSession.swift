//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages

@testable import Accounts

/// A venue that says what a test lays down.
///
/// SAFETY: one test, one thread.
final class ScriptedSession: VenueSession, @unchecked Sendable {
    let venue = Venue.binanceUSDM
    let accountMode: Int64 = 0
    var orders: [ListedOrder] = []
    var positions: [ListedPosition] = []
    /// One after the other; the last one stays.
    var trades = [LatestTrades(lastID: 0)]
    var account = AccountWorth(equityE8: 1_000_00000000, maintenanceE8: 10_00000000)
    var pushes: [String] = []
    var payments: [FundingPayment] = []
    var listing: [Instrument] = []
    /// Orders that stay open however often they are cancelled.
    var isStubborn = false
    var failure: String?
    private(set) var cancels = 0
    private(set) var missedSince: [UInt64] = []

    private func check() throws(AccountError) {
        if let failure { throw AccountError(failure) }
    }

    func synchroniseClock() throws(AccountError) -> Int64 { 0 }
    func instruments(_ symbols: [String]) throws(AccountError) -> [Instrument] {
        try check()
        return listing.filter { symbols.contains($0.venueSymbolText) }
    }
    func depth(_ instrument: Instrument) throws(AccountError) -> [UInt8] { [] }
    func cancelAll(_ instrument: Instrument) throws(AccountError) {
        try check()
        cancels += 1
        if !isStubborn { orders.removeAll { $0.instrumentID == instrument.instrumentID } }
    }
    func hasOpenOrders(_ instrument: Instrument) throws(AccountError) -> Bool {
        try check()
        return orders.contains { $0.instrumentID == instrument.instrumentID }
    }
    func listedOrders(_ instruments: [Instrument]) throws(AccountError) -> [ListedOrder] {
        try check()
        return orders
    }
    func listedPositions(_ instruments: [Instrument]) throws(AccountError) -> [ListedPosition] {
        try check()
        return positions
    }
    func latestTrades(
        _ instruments: [Instrument], sinceNs: UInt64
    ) throws(AccountError) -> [LatestTrades] {
        try check()
        return [trades.count > 1 ? trades.removeFirst() : trades[0]]
    }
    func worth() throws(AccountError) -> AccountWorth {
        try check()
        return account
    }
    func funding(
        sinceNs: UInt64, of instruments: [Instrument]
    ) throws(AccountError) -> [FundingPayment] {
        try check()
        return payments
    }
    func fate(_ instrument: Instrument, orderID: UInt64) throws(AccountError) -> OrderFate {
        throw AccountError("not asked for here")
    }
    func missedPushes(
        sinceNs: UInt64, of instruments: [Instrument]
    ) throws(AccountError) -> [String] {
        try check()
        missedSince.append(sinceNs)
        return pushes
    }
    func keepAlive() throws(AccountError) -> StreamUpkeep { .goesOn }
    func armDeadMan(_ instruments: [Instrument], timeoutMs: UInt64) throws(AccountError) {}
    func checkAccount() throws(AccountError) {}
}

extension AccountNews {
    /// In few words, to compare by.
    var text: String {
        guard case .report(let report) = self else {
            guard case .push(let text) = self else { return "" }
            return "push \(text)"
        }
        switch report.execution {
        case .guard:
            let scope = report.tradeID == 1 ? " of \(report.instrumentID)" : ""
            return "guard \(report.guard.rawValue)\(scope) \(report.isUp == 1 ? "holds" : "broken")"
        case .adopted:
            return "order \(report.orderID) \(report.lastQuantity.rawValue)"
                + " at \(report.lastPrice.rawValue), \(report.cumulativeQuantity.rawValue) done"
        case .position where report.tradeID == 2: return "trade \(report.venueOrderID) taken"
        case .position:
            return "position \(report.position.rawValue) for \(report.feeE8)"
                + (report.tradeID == 1 ? " taken at \(report.venueOrderID)" : " compared")
        case .funding: return "funding of \(report.instrumentID) costs \(report.feeE8)"
        case .account: return "equity \(report.feeE8) margin \(report.lastQuantity.rawValue)"
        default: return "execution \(report.execution.rawValue)"
        }
    }
}

func instrument(tick: Int64 = 1, lot: Int64 = 1, contractE9: Int64 = 0) -> Instrument {
    var instrument = Instrument()
    instrument.venue = .binanceUSDM
    instrument.priceDecimals = 1
    instrument.quantityDecimals = 3
    instrument.tickMantissa = tick
    instrument.lotMantissa = lot
    instrument.contractValueE9 = contractE9
    instrument.symbolText = "BTC-USDT"
    instrument.venueSymbolText = "BTCUSDT"
    precondition(instrument.deriveTickLotValue())
    return instrument
}
