//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Messages

/// An open order as the venue lists it.
public struct AccountOrder: Sendable, Equatable {
    /// The venue's name of the instrument.
    public let symbol: String
    public let venueOrderID: UInt64
    /// Ours; 0: of another client.
    public let orderID: UInt64

    public init(symbol: String, venueOrderID: UInt64, orderID: UInt64) {
        self.symbol = symbol
        self.venueOrderID = venueOrderID
        self.orderID = orderID
    }
}

/// What takes an account out of the market when the engine cannot.
public protocol EmergencySession: VenueSession {
    /// Every open order of the account, whatever its instrument.
    func accountOrders() throws(AccountError) -> [AccountOrder]

    /// Cancels one open order; one that has ended meanwhile is as good as cancelled.
    func cancel(_ order: AccountOrder) throws(AccountError)

    /// The venue's mark price, its own decimal.
    func markPrice(_ instrument: Instrument) throws(AccountError) -> String

    /// Sends a limit order that takes what it can at once and only reduces the position.
    ///
    /// - Parameters:
    ///   - quantity: At least one lot.
    ///   - orderID: Never used before.
    func reduce(
        _ instrument: Instrument, side: Side, quantity: QuantityLots, limit: PriceTicks,
        orderID: UInt64
    ) throws(AccountError)
}
