//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Messages

/// What a cold thread has to tell the path about an account.
public enum AccountNews: Sendable {
    case report(ExecutionReport)
    /// A push that the account's stream missed, as it would have sent it.
    case push(String)

    /// Whether a guard of a venue holds.
    public static func `guard`(_ which: Guard, _ venue: Venue, holds: Bool) -> AccountNews {
        var report = ExecutionReport()
        report.execution = .guard
        report.guard = which
        report.venue = venue
        report.isUp = holds ? 1 : 0
        return .report(report)
    }

    /// The account's stream has proven to be alive.
    public static func alive(_ venue: Venue) -> AccountNews {
        var report = ExecutionReport()
        report.execution = .session
        report.venue = venue
        report.session = 2
        report.isUp = 1
        return .report(report)
    }

    /// The guard of one instrument is broken.
    static func broken(_ which: Guard, _ venue: Venue, instrumentID: UInt32) -> AccountNews {
        var report = ExecutionReport()
        report.execution = .guard
        report.guard = which
        report.venue = venue
        report.instrumentID = instrumentID
        report.tradeID = 1
        return .report(report)
    }

    static func adopted(_ order: ListedOrder, _ venue: Venue) -> AccountNews {
        var report = ExecutionReport()
        report.execution = .adopted
        report.venue = venue
        report.instrumentID = order.instrumentID
        report.orderID = order.orderID
        report.venueOrderID = order.venueOrderID
        report.side = order.side
        report.lastPrice = order.price
        report.lastQuantity = order.quantity
        report.cumulativeQuantity = order.cumulative
        return .report(report)
    }

    /// - Parameter trades: The latest trades that a position has in it which is taken over; `nil`:
    ///   it is compared.
    static func position(
        _ position: ListedPosition, _ venue: Venue, takenWith trades: LatestTrades?
    ) -> AccountNews {
        var report = ExecutionReport()
        report.execution = .position
        report.venue = venue
        report.instrumentID = position.instrumentID
        report.position = position.position
        report.lastPrice = position.entry
        report.feeE8 = position.costE8
        report.tradeID = trades == nil ? 0 : 1
        report.venueOrderID = trades?.lastID ?? 0
        report.venueTimeNs = trades?.sinceNs ?? 0
        return .report(report)
    }

    /// A trade out of order that the position told next has in it.
    static func trade(_ id: UInt64, of instrumentID: UInt32, _ venue: Venue) -> AccountNews {
        var report = ExecutionReport()
        report.execution = .position
        report.venue = venue
        report.instrumentID = instrumentID
        report.tradeID = 2
        report.venueOrderID = id
        return .report(report)
    }

    static func funding(_ payment: FundingPayment, _ venue: Venue) -> AccountNews {
        var report = ExecutionReport()
        report.execution = .funding
        report.venue = venue
        report.instrumentID = payment.instrumentID
        report.feeE8 = payment.costE8
        return .report(report)
    }

    static func worth(_ worth: AccountWorth, _ venue: Venue) -> AccountNews {
        var report = ExecutionReport()
        report.execution = .account
        report.venue = venue
        report.feeE8 = worth.equityE8
        report.lastQuantity = QuantityLots(worth.marginRatioE4)
        return .report(report)
    }

    /// What became of an order, as an answer to a request: the order is known by its id alone.
    ///
    /// - Parameter isFinal: It was asked for behind the expiry of the order's last request.
    public static func fate(
        _ fate: OrderFate, orderID: UInt64, instrumentID: UInt32, isFinal: Bool, venue: Venue
    ) -> AccountNews {
        var report = ExecutionReport()
        report.execution = fate.execution
        report.venue = venue
        report.orderID = orderID
        report.venueTimeNs = fate.updateTimeNs
        if let order = fate.order {
            report.venueOrderID = order.venueOrderID
            report.lastPrice = order.price
            report.lastQuantity = order.quantity
            report.cumulativeQuantity = order.cumulative
        }
        report.instrumentID = instrumentID
        report.isReply = 1
        report.isFinal = isFinal ? 1 : 0
        return .report(report)
    }
}
