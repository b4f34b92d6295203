//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Messages

/// The public REST side of one venue, for one cold thread: blocking, errors in one line.
public protocol MarketSession: AnyObject, Sendable {
    var venue: Venue { get }

    /// Measures the venue's clock against ours, for the time stamps of all sessions.
    ///
    /// - Returns: The venue's clock minus ours, ns.
    func synchroniseClock() throws(AccountError) -> Int64

    /// The instruments of `symbols`, as the venue describes them today.
    func instruments(_ symbols: [String]) throws(AccountError) -> [Instrument]

    /// An order book snapshot's body.
    func depth(_ instrument: Instrument) throws(AccountError) -> [UInt8]
}

/// The REST side of one venue's account, for one cold thread: no secret is in any error. Signed
/// time stamps are the venue's.
public protocol VenueSession: MarketSession {
    /// Cancels every open order of one instrument.
    func cancelAll(_ instrument: Instrument) throws(AccountError)

    /// Whether the venue lists an open order of one instrument.
    func hasOpenOrders(_ instrument: Instrument) throws(AccountError) -> Bool

    /// The open orders of the instruments.
    func listedOrders(_ instruments: [Instrument]) throws(AccountError) -> [ListedOrder]

    /// What is held of each of the instruments, in their order; flat ones included.
    func listedPositions(_ instruments: [Instrument]) throws(AccountError) -> [ListedPosition]

    /// The account's latest trades of each of the instruments, in their order.
    ///
    /// - Parameter sinceNs: By our clock: what is older is told at the venue's leisure.
    func latestTrades(
        _ instruments: [Instrument], sinceNs: UInt64
    ) throws(AccountError) -> [LatestTrades]

    func worth() throws(AccountError) -> AccountWorth

    /// Funding of the instruments that was paid or received since a time by our clock.
    func funding(
        sinceNs: UInt64, of instruments: [Instrument]
    ) throws(AccountError) -> [FundingPayment]

    /// What became of one of our orders; the venue may not know a young one yet.
    func fate(_ instrument: Instrument, orderID: UInt64) throws(AccountError) -> OrderFate

    /// What the account's stream did not tell since a time: pushes of fills, and of the ends of
    /// their orders, as the stream would have sent them, the oldest first. What it did tell may be
    /// among them: fills are known by their trade ids.
    ///
    /// - Parameter sinceNs: By our clock.
    func missedPushes(
        sinceNs: UInt64, of instruments: [Instrument]
    ) throws(AccountError) -> [String]

    /// Says what has to be said every half hour so that the account's stream goes on.
    func keepAlive() throws(AccountError) -> StreamUpkeep

    /// Has the venue cancel every open order of the instruments, or of the account, when this is
    /// not said again in time; 0 ms ends that.
    func armDeadMan(_ instruments: [Instrument], timeoutMs: UInt64) throws(AccountError)

    /// Checks that the account and its key are what this engine can trade with.
    func checkAccount() throws(AccountError)

    /// What kind of account it is, where the venue has kinds, once checked.
    var accountMode: Int64 { get }
}

/// What the venue says of the account's stream when it is asked to go on with it.
public enum StreamUpkeep: Sendable {
    case goesOn
    /// It stays open and silent: only a new connection brings events again.
    case isLost
}
