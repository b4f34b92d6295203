//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Messages

/// Keeps what the path knows of one account true to the venue: takes over what an earlier run left,
/// compares again and again afterwards, and watches what trading stands on.
///
/// Everything it finds comes out as news for the path, and the path judges it: a failed request is
/// told as such, and never taken for "nothing there". Cold; one thread.
public struct AccountKeeper {
    public struct Policy: Sendable {
        /// What becomes of orders that are open at the start.
        public enum Orders: String, Sendable {
            /// Every open order of the instruments is cancelled, whoever placed it.
            case cancel
            /// Ours, by their ids, are followed as if this run had placed them.
            case adopt
        }

        /// What becomes of positions that are held at the start.
        public enum Positions: String, Sendable {
            case adopt
            /// The start fails.
            case refuse
        }

        public var orders: Orders
        public var positions: Positions
        /// From one comparison of orders, fills and positions to the next, ns.
        public var reconcileIntervalNs: UInt64
        /// From one look at equity and margin to the next, ns.
        public var worthIntervalNs: UInt64
        /// From one look at the instruments to the next, ns.
        public var instrumentIntervalNs: UInt64
        /// From one look at funding to the next, ns.
        public var fundingIntervalNs: UInt64

        public init(
            orders: Orders = .cancel, positions: Positions = .refuse,
            reconcileIntervalNs: UInt64 = 30_000_000_000,
            worthIntervalNs: UInt64 = 5_000_000_000,
            instrumentIntervalNs: UInt64 = 300_000_000_000,
            fundingIntervalNs: UInt64 = 300_000_000_000
        ) {
            self.orders = orders
            self.positions = positions
            self.reconcileIntervalNs = reconcileIntervalNs
            self.worthIntervalNs = worthIntervalNs
            self.instrumentIntervalNs = instrumentIntervalNs
            self.fundingIntervalNs = fundingIntervalNs
        }
    }

    /// Comparisons that may fail in a row before trading stops.
    static let failuresMax = 3
    /// The venue's lists of fills may lag behind its pushes.
    static let overlapNs: UInt64 = 30_000_000_000
    /// A payment may be listed so late.
    static let fundingOverlapNs: UInt64 = 600_000_000_000
    /// Tries to see a position and its trades at one moment, and to see no order left.
    static let triesMax = 20

    private let session: any VenueSession
    private let instruments: [Instrument]
    private let policy: Policy
    private var instrumentGuard: InstrumentGuard
    private var nextReconcileNs: UInt64 = 0
    private var nextWorthNs: UInt64 = 0
    private var nextInstrumentsNs: UInt64 = 0
    private var nextFundingNs: UInt64 = 0
    /// Payments of the last look, and when that was by our clock.
    private var paymentsSeen: Set<UInt64> = []
    private var fundingWallNs: UInt64 = 0
    private var failures = 0
    /// Our clock at the last comparison that succeeded.
    private var reconciledWallNs: UInt64 = 0

    /// - Parameter instruments: Those of the session's venue that are traded.
    public init(session: any VenueSession, instruments: [Instrument], policy: Policy) {
        self.session = session
        self.instruments = instruments
        self.policy = policy
        instrumentGuard = InstrumentGuard(instruments)
    }

    /// A time of our clock, and never one before 1970.
    private static func time(_ wallNs: UInt64, lessNs overlapNs: UInt64) -> UInt64 {
        wallNs - min(wallNs, overlapNs)
    }

    // MARK: Start

    /// Takes over or ends what an earlier run left, before the first order.
    ///
    /// - Parameters:
    ///   - nowNs: Monotonic, as of `advance`.
    ///   - wallNs: Our clock.
    ///   - pause: Waits a little before a question is asked again.
    /// - Throws: What stops the start: a request that fails, orders that stay, a position where
    ///   none is taken over.
    public mutating func begin(
        nowNs: UInt64, wallNs: UInt64, pause: () -> Void
    ) throws(AccountError) -> [AccountNews] {
        var news: [AccountNews] = [.guard(.permission, session.venue, holds: true)]
        if policy.orders == .cancel { try cancelAll(pause) }
        news += try takeOver(wallNs, pause)
        news.append(.worth(try session.worth(), session.venue))
        news.append(.guard(.adoption, session.venue, holds: true))
        nextReconcileNs = nowNs + policy.reconcileIntervalNs
        nextWorthNs = nowNs + policy.worthIntervalNs
        nextInstrumentsNs = nowNs + policy.instrumentIntervalNs
        nextFundingNs = nowNs + policy.fundingIntervalNs
        reconciledWallNs = wallNs
        // What was paid before belongs to the run before.
        fundingWallNs = wallNs
        paymentsSeen = Set(
            try session.funding(
                sinceNs: Self.time(wallNs, lessNs: Self.fundingOverlapNs), of: instruments
            ).map(\.id))
        return news
    }

    private func cancelAll(_ pause: () -> Void) throws(AccountError) {
        for instrument in instruments {
            for _ in 0..<Self.triesMax {
                try session.cancelAll(instrument)
                if try !session.hasOpenOrders(instrument) { break }
                pause()
            }
            if try session.hasOpenOrders(instrument) {
                throw AccountError("orders of \(instrument.symbolText) cannot be cancelled")
            }
        }
    }

    /// Positions and open orders of one moment, with the latest trades that are in them: no trade
    /// may come in between.
    private func takeOver(
        _ wallNs: UInt64, _ pause: () -> Void
    ) throws(AccountError) -> [AccountNews] {
        let sinceNs = Self.time(wallNs, lessNs: Self.overlapNs)
        var before = try session.latestTrades(instruments, sinceNs: sinceNs)
        for _ in 0..<Self.triesMax {
            let positions = try session.listedPositions(instruments)
            let orders = policy.orders == .adopt ? try session.listedOrders(instruments) : []
            let after = try session.latestTrades(instruments, sinceNs: sinceNs)
            guard before == after else {
                before = after
                pause()
                continue
            }
            try checkFlat(positions)
            var news: [AccountNews] = orders.filter { $0.orderID != 0 }
                .map { .adopted($0, session.venue) }
            for (position, trades) in zip(positions, after) {
                news += trades.unorderedIDs.map {
                    .trade($0, of: position.instrumentID, session.venue)
                }
                news.append(.position(position, session.venue, takenWith: trades))
            }
            return news
        }
        throw AccountError("the account trades faster than its positions can be read")
    }

    private func checkFlat(_ positions: [ListedPosition]) throws(AccountError) {
        guard policy.positions == .refuse else { return }
        for (position, instrument) in zip(positions, instruments)
        where position.position.rawValue != 0 {
            let amount = instrument.text(quantity: position.position)
            throw AccountError(
                "the account holds \(amount) \(instrument.venueSymbolText); close it first, or "
                    + "set trading.positions_at_start to adopt")
        }
    }

    // MARK: Afterwards

    /// Asks for a comparison at once: something may have been missed.
    public mutating func expedite() { nextReconcileNs = 0 }

    /// Does what is due.
    ///
    /// - Parameter attempt: Runs one request and tells of its failure; `true` when it succeeded.
    public mutating func advance(
        nowNs: UInt64, wallNs: UInt64,
        attempt: (_ what: String, _ body: () throws(AccountError) -> Void) -> Bool
    ) -> [AccountNews] {
        var news: [AccountNews] = []
        if nowNs >= nextReconcileNs {
            nextReconcileNs = nowNs + policy.reconcileIntervalNs
            news += reconcile(wallNs, attempt)
        }
        if nowNs >= nextWorthNs {
            nextWorthNs = nowNs + policy.worthIntervalNs
            _ = attempt("account") { () throws(AccountError) in
                news.append(.worth(try session.worth(), session.venue))
            }
        }
        if nowNs >= nextFundingNs {
            nextFundingNs = nowNs + policy.fundingIntervalNs
            news += watchFunding(wallNs, attempt)
        }
        if nowNs >= nextInstrumentsNs {
            nextInstrumentsNs = nowNs + policy.instrumentIntervalNs
            news += watchInstruments(attempt)
        }
        return news
    }

    /// Fills and ends that no push told, then what is open and what is held. The order matters: a
    /// position that is read after the fills has them in it.
    private mutating func reconcile(
        _ wallNs: UInt64,
        _ attempt: (String, () throws(AccountError) -> Void) -> Bool
    ) -> [AccountNews] {
        var news: [AccountNews] = []
        let sinceNs = Self.time(reconciledWallNs, lessNs: Self.overlapNs)
        let isDone = attempt("reconciliation") { () throws(AccountError) in
            let pushes = try session.missedPushes(sinceNs: sinceNs, of: instruments)
            let orders = try session.listedOrders(instruments)
            let positions = try session.listedPositions(instruments)
            news = pushes.map { .push($0) }
            news += orders.map { .adopted($0, session.venue) }
            news += positions.map { .position($0, session.venue, takenWith: nil) }
        }
        if isDone {
            // What was told broken for want of an answer holds again.
            if failures >= Self.failuresMax {
                news.append(.guard(.reconciliation, session.venue, holds: true))
            }
            failures = 0
            reconciledWallNs = wallNs
        } else {
            failures += 1
            if failures == Self.failuresMax {
                news.append(.guard(.reconciliation, session.venue, holds: false))
            }
        }
        return news
    }

    /// Payments since the last look that were not told yet.
    private mutating func watchFunding(
        _ wallNs: UInt64,
        _ attempt: (String, () throws(AccountError) -> Void) -> Bool
    ) -> [AccountNews] {
        var payments: [FundingPayment] = []
        let sinceNs = Self.time(fundingWallNs, lessNs: Self.fundingOverlapNs)
        let isDone = attempt("funding") { () throws(AccountError) in
            payments = try session.funding(sinceNs: sinceNs, of: instruments)
        }
        guard isDone else { return [] }
        let fresh = payments.filter { !paymentsSeen.contains($0.id) }
        paymentsSeen = Set(payments.map(\.id))
        fundingWallNs = wallNs
        return fresh.map { .funding($0, session.venue) }
    }

    private mutating func watchInstruments(
        _ attempt: (String, () throws(AccountError) -> Void) -> Bool
    ) -> [AccountNews] {
        var today: [Instrument]?
        let symbols = instrumentGuard.symbols
        _ = attempt("instruments") { () throws(AccountError) in
            today = try session.instruments(symbols)
        }
        guard let today else { return [] }
        return instrumentGuard.changes(today).map { change in
            _ = attempt("instrument guard") { () throws(AccountError) in
                throw AccountError(change.reason)
            }
            return .broken(.instrument, session.venue, instrumentID: change.instrumentID)
        }
    }
}
