//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages
import Simulator

/// Sees both ends, what the venue holds and what the engine believes, and says when a promise is
/// broken. Nothing of the engine's own reckoning is used to judge it.
final class Oracle {
    /// What the gateway asks the venue for: the window of a request, by the venue's clock.
    static let requestLifeNs: UInt64 = 5_000_000_000

    /// One order that was asked for.
    struct Track {
        enum Flight { case unsent, flying, lost, arrived }

        let intent: OrderIntent
        let clientOrderID: String
        var isApproved = false
        /// Refused by the gateway: nothing of it may ever leave.
        var isRefused = false
        var flight = Flight.unsent
        var sentNs: UInt64 = 0
        /// Which of all requests its place or its latest change was.
        var sentNumber: UInt64 = 0
        /// By a clock that had stepped the venue took it behind the end of its request's life: that
        /// it was not there proved nothing.
        var isOutlived = false
        /// The engine had held it for ended, and took it in again at the first sign of its life.
        var isTakenBack = false
        /// As the engine told last; 0: not at all.
        var status: UInt8 = 0
        var told: Int64 = 0
        /// What the engine still expects of it.
        var toldLeaves: Int64 = 0
        /// The engine that sent it is gone.
        var isOfEarlierRun = false
        // The venue's truth.
        var isKnown = false
        var isOpen = false
        var isFilled = false
        var filled: Int64 = 0
        var leaves: Int64 = 0
        // Changes: those that were approved in this step, and those on their way.
        var changes: [OrderIntent] = []
        var changesFlying = 0
        var changeMax: Int64 = 0
        /// The total of the change that left last, until the engine tells its outcome.
        var undecided: Int64 = 0
        /// The last total that the venue itself made it and that reached the engine, with its time.
        var heard: VenueChange?
        /// The largest total that was ever approved, and every price.
        var quantityMax: Int64
        var prices: [PriceTicks]

        init(_ intent: OrderIntent, _ clientOrderID: String) {
            self.intent = intent
            self.clientOrderID = clientOrderID
            quantityMax = intent.quantity.rawValue
            prices = [intent.limitPrice]
        }

        /// A change arrived at the venue, or never will.
        mutating func endChange() {
            changesFlying -= 1
            if changesFlying == 0 { changeMax = 0 }
        }

        var isBuy: Bool { intent.side == .buy }
        var isEnded: Bool { status >= OrderStatus.filled.rawValue }
        var isGone: Bool { isOfEarlierRun && status == 0 }
        /// Nothing of it can happen any more, at either end.
        var isOver: Bool {
            (isEnded || isRefused || isGone) && !isOpen && flight != .flying && unforeseen == 0
        }
        /// Lots, bought positive, that an order filled which was rightly held for one that cannot
        /// come any more, and that the engine has not heard of.
        var unforeseen: Int64 {
            guard isOutlived, isEnded || isTakenBack, !isOfEarlierRun else { return 0 }
            return isBuy ? filled - told : told - filled
        }
        /// What may still become position, by the truth of both ends.
        var worst: Int64 {
            if flight == .flying { return max(intent.quantity.rawValue, changeMax) }
            return isOpen ? max(leaves, changeMax - filled) : 0
        }
    }

    /// What is known of one instrument.
    struct Row {
        let instrument: Instrument
        let positionMax: Int64
        /// Of fills the engine told: position, and money in ticks and lots.
        var position: Int64 = 0
        var cash: Int128 = 0
        /// What the engine's ledger began with is not known: it took over from an earlier run.
        var isTakenOver = false
        /// Of own orders, by the venue's truth.
        var ownPosition: Int64 = 0
        /// What the engine has heard of others' trades, in the order of its hearing: one side's
        /// may be there while the other's is on its way still.
        var foreignTold: Int64 = 0
        /// The largest position that others brought about, at the venue or by what was heard.
        var foreignMax: Int64 = 0
    }

    struct TradeKey: Hashable {
        let instrument: UInt32
        let trade: UInt64
    }

    var tracks: [UInt64: Track] = [:]
    /// Orders that something can still happen to, in order of asking.
    var live: [UInt64] = []
    var rows: [Row]
    /// Virtual time.
    var nowNs: UInt64 = 0
    /// Trades told in this hour, and in the last.
    var trades: Set<TradeKey> = []
    var olderTrades: Set<TradeKey> = []
    /// Places and changes that have left.
    var sentCount: UInt64 = 0
    /// The largest order id that ever left to a venue, by venue.
    var lastSentIDs = [UInt64](repeating: 0, count: Venue.countMax)
    /// Changes of this step without a verdict, and the orders of those that were approved.
    private var askedChanges: [OrderIntent] = []
    var changedOrders: [UInt64] = []
    /// When a venue's clock stepped last, virtual ns.
    var clockSteppedNs: UInt64 = 0
    /// Orders that the venue made smaller, as the engine is told in this step.
    var heardOrders: [UInt64] = []
    /// Cancels of this step that must leave in it.
    var wantedCancels: [UInt64] = []
    var sentCancels: [UInt64] = []
    /// When requests left, by what the venue counts together.
    var sentTimes: [RateKey: [UInt64]] = [:]
    private(set) var broken: (invariant: String, message: String)?

    init(rows: [Row]) { self.rows = rows }

    /// The first broken promise counts: what follows may be its echo.
    func fail(_ invariant: String, _ message: @autoclosure () -> String) {
        if broken == nil { broken = (invariant, message()) }
    }

    static func clientOrderID(_ id: UInt64) -> String {
        let digits = String(id, radix: 16)
        return "apus" + String(repeating: "0", count: 16 - digits.count) + digits
    }

    // MARK: The engine's side

    /// The engine is told that the venue made an order smaller.
    func heard(_ change: VenueChange) {
        guard let id = live.first(where: { tracks[$0]?.clientOrderID == change.clientOrderID }),
            change.timeMs >= tracks[id]?.heard?.timeMs ?? 0
        else { return }
        tracks[id]?.heard = change
        heardOrders.append(id)
    }

    func asked(_ intent: OrderIntent) {
        if intent.kind == .modify { askedChanges.append(intent) }
        guard intent.kind == .place else { return }
        // An id that is taken already is asked for on purpose.
        if tracks[intent.orderID] != nil { return }
        tracks[intent.orderID] = Track(intent, Self.clientOrderID(intent.orderID))
        live.append(intent.orderID)
    }

    /// - Parameter canCancel: The order session is up, and nothing stands in a cancel's way.
    func took(_ verdict: RiskVerdict, canCancel: Bool) {
        if verdict.kind == .modify {
            // Verdicts come in order of the intents.
            let place = askedChanges.firstIndex { $0.orderID == verdict.orderID }
            guard let change = place.map({ askedChanges.remove(at: $0) }),
                verdict.verdict == .approved
            else { return }
            tracks[verdict.orderID]?.changes.append(change)
            changedOrders.append(verdict.orderID)
            return
        }
        if verdict.kind == .cancel {
            // I9: no limit of ours blocks a cancel.
            let track = tracks[verdict.orderID]
            let isLive =
                track.map { $0.isApproved && !$0.isEnded && !$0.isRefused && !$0.isGone } ?? false
            switch verdict.verdict {
            case .approved:
                if isLive, canCancel { wantedCancels.append(verdict.orderID) }
            case .unknownOrder:
                if isLive { fail("I9", "cancel of live order \(verdict.orderID) refused") }
            default:
                fail("I9", "cancel of \(verdict.orderID) refused by \(verdict.verdict.rawValue)")
            }
            return
        }
        guard verdict.verdict == .approved else {
            if tracks[verdict.orderID]?.isApproved == false { drop(verdict.orderID) }
            return
        }
        if tracks[verdict.orderID]?.isApproved ?? true {
            fail("I1", "order \(verdict.orderID) approved twice or never asked for")
        }
        tracks[verdict.orderID]?.isApproved = true
    }

    private func drop(_ id: UInt64) {
        tracks[id] = nil
        live.removeAll { $0 == id }
    }

    /// The engine forgot everything; what it will know, it learns from the venue.
    func restart() {
        for place in rows.indices {
            rows[place].position = 0
            rows[place].isTakenOver = true
        }
        for id in live {
            guard var track = tracks[id] else { continue }
            track.status = 0
            track.told = 0
            track.toldLeaves = 0
            track.undecided = 0
            track.isOfEarlierRun = true
            tracks[id] = track
        }
        trades = []
        olderTrades = []
        wantedCancels = []
        sentCancels = []
    }

    /// What rested before a restart and rests still is followed again.
    func tookOver(open: Set<UInt64>, held: [UInt64]) {
        for id in open.subtracting(held).sorted() {
            fail("I2", "order \(id) rests and was not taken over")
        }
    }

    func took(_ update: ExecutionReport) {
        if update.execution == .position, update.tradeID == 1 {
            let place = Int(update.instrumentID)
            rows[place].position = update.position.rawValue
            heard(place, update.position.rawValue - rows[place].ownPosition)
        }
        if Int(update.instrumentID) < rows.count, update.execution == .fill { tookFill(update) }
        // Facts that change no order pass by as they came.
        guard update.orderID != 0, update.status.rawValue != 0 else { return }
        guard var track = tracks[update.orderID] else {
            return fail("I5", "update of order \(update.orderID), which was never asked for")
        }
        let status = update.status.rawValue
        if update.execution == .adopted, track.isEnded, track.isOutlived {
            track.isTakenBack = true
        } else if status < track.status || track.isEnded && status != track.status {
            fail("I6", "order \(update.orderID): status \(track.status) became \(status)")
        }
        if update.execution == .adopted { track.told = update.cumulativeQuantity.rawValue }
        // A refusal of the gateway's own decides nothing that has left.
        let isVenues = update.isReply == 1 || update.venueTimeNs != 0
        if update.execution == .modified || update.execution == .modifyRejected && isVenues {
            track.undecided = 0
        }
        track.status = status
        track.toldLeaves = update.leavesQuantity.rawValue
        if track.isEnded, track.flight == .unsent {
            // Our own refusal.
            track.isRefused = true
            if status != OrderStatus.rejected.rawValue {
                fail("I5", "order \(update.orderID) never left and ended as \(status)")
            }
        }
        tracks[update.orderID] = track
    }

    private func tookFill(_ update: ExecutionReport) {
        let key = TradeKey(instrument: update.instrumentID, trade: update.tradeID)
        if olderTrades.contains(key) || !trades.insert(key).inserted {
            fail("I2", "trade \(update.tradeID) counted twice")
        }
        let place = Int(update.instrumentID)
        let signed =
            update.side == .buy ? update.lastQuantity.rawValue : -update.lastQuantity.rawValue
        rows[place].position += signed
        rows[place].cash -= Int128(signed) * Int128(update.lastPrice.rawValue)
        if update.position.rawValue != rows[place].position {
            fail(
                "I2",
                "position told \(update.position.rawValue), fills sum to \(rows[place].position)")
        }
        if var track = tracks[update.orderID] {
            track.told += update.lastQuantity.rawValue
            if track.told > track.quantityMax {
                fail("I2", "order \(update.orderID) filled beyond its quantity")
            }
            tracks[update.orderID] = track
        } else {
            heard(place, rows[place].foreignTold + signed)
        }
    }

    private func heard(_ place: Int, _ foreign: Int64) {
        rows[place].foreignTold = foreign
        rows[place].foreignMax = max(rows[place].foreignMax, abs(foreign))
    }
}
