//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Messages
import Simulator
import Telemetry

extension Oracle {
    /// Judges one request that leaves the engine.
    func sent(_ wire: WireOrder, state: TradingState, isStreamUp: Bool) {
        let id = wire.orderID
        guard wire.action != .other else { return fail("I1", "a request of no known kind left") }
        guard let track = tracks[id] else {
            return fail("I1", "request for \(wire.clientOrderID), which was never approved")
        }
        if wire.symbol != rows[Int(track.intent.instrumentID)].instrument.venueSymbolText {
            fail("I1", "order \(id): symbol \(wire.symbol) on the wire")
        }
        switch wire.action {
        case .cancel: sentCancels.append(id)
        case .query: break
        case .modify: changed(wire, id, track, state: state, isStreamUp: isStreamUp)
        case .place: placed(wire, id, track, state: state, isStreamUp: isStreamUp)
        default: fail("I1", "order \(id): an action that nobody approved")
        }
    }

    private func placed(
        _ wire: WireOrder, _ id: UInt64, _ track: Track, state: TradingState, isStreamUp: Bool
    ) {
        if !track.isApproved || track.isRefused {
            fail("I1", "order \(id) left without an approval")
        }
        if track.flight != .unsent { fail("I3", "order \(id) left twice") }
        let venue = rows[Int(track.intent.instrumentID)].instrument.venue.index
        if id <= lastSentIDs[venue] { fail("I3", "order id \(id) behind \(lastSentIDs[venue])") }
        lastSentIDs[venue] = max(lastSentIDs[venue], id)
        checkFields(wire, id, track.intent)
        if state == .reducing {
            checkReducing(id, track)
        } else if state != .ready {
            fail("I7", "order \(id) left in state \(state.text)")
        }
        if !isStreamUp { fail("I7", "order \(id) left without the account's stream") }
        tracks[id]?.flight = .flying
        number(id)
    }

    private func number(_ id: UInt64) {
        sentCount += 1
        tracks[id]?.sentNumber = sentCount
    }

    /// A change of a resting order leaves: once for each approval, as approved.
    private func changed(
        _ wire: WireOrder, _ id: UInt64, _ track: Track, state: TradingState, isStreamUp: Bool
    ) {
        let instrument = rows[Int(track.intent.instrumentID)].instrument
        let place = track.changes.firstIndex { change in
            let ticks = change.limitPrice.rawValue * instrument.tickMantissa
            let lots = change.quantity.rawValue * instrument.lotMantissa
            return wire.quantityE8 == Self.e8(lots, instrument.quantityDecimals)
                && wire.priceE8 == Self.e8(ticks, instrument.priceDecimals)
        }
        guard let place else {
            return fail("I1", "change of order \(id) left as \(wire), which was not approved")
        }
        let change = track.changes[place]
        tracks[id]?.changes.removeFirst(place + 1)
        if !isStreamUp { fail("I7", "a change of order \(id) left without the account's stream") }
        if state != .ready, state != .reducing {
            fail("I7", "a change of order \(id) left in state \(state.text)")
        }
        number(id)
        tracks[id]?.changesFlying += 1
        tracks[id]?.changeMax = max(track.changeMax, change.quantity.rawValue)
        tracks[id]?.undecided = change.quantity.rawValue
        tracks[id]?.quantityMax = max(track.quantityMax, change.quantity.rawValue)
        tracks[id]?.prices.append(change.limitPrice)
    }

    /// I1: side, type, time in force, price, quantity and reduce-only as approved.
    private func checkFields(_ wire: WireOrder, _ id: UInt64, _ intent: OrderIntent) {
        let instrument = rows[Int(intent.instrumentID)].instrument
        let isMarket = intent.type == .market
        let quantity = Self.e8(
            intent.quantity.rawValue * instrument.lotMantissa, instrument.quantityDecimals)
        let ticks = intent.limitPrice.rawValue * instrument.tickMantissa
        let price = isMarket ? -1 : Self.e8(ticks, instrument.priceDecimals)
        let force: String =
            switch intent.timeInForce {
            case _ where isMarket: ""
            // The gateway ends it itself.
            case .gtc, .gtd: "GTC"
            case .ioc: "IOC"
            case .fok: "FOK"
            case .postOnly: "GTX"
            default: "?"
            }
        if wire.side != (intent.side == .buy ? "BUY" : "SELL") || wire.quantityE8 != quantity
            || wire.priceE8 != price || wire.type != (isMarket ? "MARKET" : "LIMIT")
            || wire.timeInForce != force || wire.isReduceOnly != (intent.isReduceOnly == 1)
        {
            fail("I1", "order \(id) left as \(wire), approved was another")
        }
    }

    static func e8(_ mantissa: Int64, _ decimals: UInt8) -> Int64 {
        (0..<(8 - Int(decimals))).reduce(mantissa) { value, _ in value * 10 }
    }

    /// I10: with everything that may still trade on its side, the position does not turn or grow.
    private func checkReducing(_ id: UInt64, _ track: Track) {
        let row = rows[Int(track.intent.instrumentID)]
        var sum = track.intent.quantity.rawValue
        for other in live where other != id {
            guard let order = tracks[other], order.isBuy == track.isBuy,
                order.intent.instrumentID == track.intent.instrumentID, !isPast(order)
            else { continue }
            sum += order.worst
        }
        let room = track.isBuy ? -row.position : row.position
        if sum > room { fail("I10", "order \(id) in REDUCING: \(sum) lots against \(room)") }
    }

    /// The engine holds it for ended or, begun anew, has not heard of it, and behind its request's
    /// life nothing of it can be carried out any more, but by a clock that has stepped. An
    /// order taken back was not there when others were approved before; that it counts for later
    /// ones is not judged here.
    private func isPast(_ track: Track) -> Bool {
        let isLate = nowNs - track.sentNs > Self.requestLifeNs && track.flight == .flying
        if track.isTakenBack { return true }
        return (track.isEnded || track.isGone) && (isLate || track.isOutlived)
    }

    /// An order that takes or goes, and that the venue carries out behind a later one of the other
    /// side, or a later change of one: it never rested, and the venue's own prevention is what
    /// stands between them.
    func isOvertaken(_ id: UInt64) -> Bool {
        guard let track = tracks[id], track.flight == .flying,
            track.intent.type == .market || track.intent.timeInForce == .ioc
                || track.intent.timeInForce == .fok
        else { return false }
        return live.contains { other in
            guard other != id, let later = tracks[other] else { return false }
            return later.sentNumber > track.sentNumber
                && later.isBuy != track.isBuy && later.isOpen
                && later.intent.instrumentID == track.intent.instrumentID
        }
    }

    /// Ends a step: cancels that had to leave have left, and the truth of both ends agrees.
    ///
    /// - Parameter positions: The venue's, by instrument; `nil`: the venue was not touched.
    func endStep(positions: [Int64]?) {
        for id in wantedCancels where !sentCancels.contains(id) {
            fail("I9", "cancel of order \(id) was approved and did not leave")
        }
        if !wantedCancels.isEmpty { wantedCancels.removeAll(keepingCapacity: true) }
        for id in changedOrders { tracks[id]?.changes = [] }
        changedOrders.removeAll(keepingCapacity: true)
        if !sentCancels.isEmpty { sentCancels.removeAll(keepingCapacity: true) }
        if let positions { noteForeign(positions) }
        checkHeard()
        checkEnded()
        checkExposure()
    }

    private func noteForeign(_ positions: [Int64]) {
        for place in rows.indices {
            let foreign = positions[place] - rows[place].ownPosition
            rows[place].foreignMax = max(rows[place].foreignMax, abs(foreign))
        }
    }

    /// I5: an order that the venue made smaller, and that has this size still, is held for no more
    /// than that, and than what an undecided change of ours asks for. By a clock that has stepped
    /// back the news is older than what it follows.
    private func checkHeard() {
        if heardOrders.isEmpty { return }
        for id in heardOrders {
            guard let track = tracks[id], isHeard(track), track.status != 0, !track.isEnded,
                track.changesFlying == 0, track.sentNs > clockSteppedNs
            else { continue }
            let total = max(track.filled + track.leaves, track.undecided)
            if track.told + track.toldLeaves > total {
                fail(
                    "I5",
                    "order \(id) is held for \(track.told + track.toldLeaves) lots, the venue "
                        + "made it \(total)")
            }
        }
        heardOrders.removeAll(keepingCapacity: true)
    }

    /// I5: what the engine holds for ended is ended at the venue, for the reason told.
    private func checkEnded() {
        var isOver = false
        for id in live {
            guard let track = tracks[id] else { continue }
            if track.isOver { isOver = true }
            guard track.isEnded else { continue }
            if track.isOutlived { continue }
            if track.isOpen {
                fail("I5", "order \(id) is held for ended (\(track.status)) and rests")
            }
            if track.flight == .flying { continue }
            switch OrderStatus(rawValue: track.status) {
            case .filled where !track.isFilled:
                fail("I5", "order \(id) is held for filled with \(track.filled) lots")
            case .rejected where track.isKnown:
                fail("I5", "order \(id) is held for rejected and was taken")
            case _ where track.isKnown && track.toldLeaves + track.told < track.filled:
                fail(
                    "I4",
                    "order \(id) is held for ended with \(track.told) lots filled and "
                        + "\(track.toldLeaves) to come; it was filled \(track.filled)")
            default: break
            }
        }
        guard isOver else { return }
        live.removeAll { tracks[$0]?.isOver ?? true }
    }

    /// I4: position, what rests and what is under way stay within the limit, by the truth of both
    /// ends. What others did to the account was not known when the orders were judged, nor what an
    /// order did that came behind the end of its request's life.
    private func checkExposure() {
        for place in rows.indices {
            var buys: Int64 = 0
            var sells: Int64 = 0
            var own = rows[place].ownPosition
            for id in live {
                guard let track = tracks[id], Int(track.intent.instrumentID) == place else {
                    continue
                }
                own -= track.unforeseen
                if isPast(track) { continue }
                if track.isBuy { buys += track.worst } else { sells += track.worst }
            }
            let bound = rows[place].positionMax + rows[place].foreignMax
            if own + buys > bound || own - sells < -bound {
                fail(
                    "I4",
                    "instrument \(place): position \(own), +\(buys) -\(sells) open, "
                        + "limit \(rows[place].positionMax), "
                        + "others' \(rows[place].foreignMax)")
            }
        }
    }
}
