//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Accounts
import CTelemetry
import Messages
import SeededRandom
import Simulator
import Telemetry

extension World {
    /// True when a fault of the plan takes this opportunity; counts it.
    func fires(_ fault: TortureFault) -> Bool {
        let chance = plan.chance(fault)
        if chance == 0 || random.unit() >= chance { return false }
        count(fault)
        return true
    }

    func count(_ fault: TortureFault) { report.faults[FaultPlan.place(fault)] += 1 }

    /// Uniform between two spans of milliseconds, in ns.
    func span(_ fromMs: Int, _ toMs: Int) -> UInt64 {
        UInt64(fromMs) * 1_000_000 + UInt64(random.below((toMs - fromMs) * 1_000_000 + 1))
    }

    // MARK: What the engine sends

    /// Judges what was written, and sends it on its way.
    func send() {
        for (place, port) in ports.enumerated() {
            for text in engine.taps[place].takeTexts() {
                let wires = text.map { port.simulated.orders(in: $0) } ?? []
                if wires.isEmpty { oracle.fail("I1", "bytes left that are no order request") }
                for wire in wires {
                    oracle.sent(
                        wire, state: control.state, isStreamUp: links[port.streamLink].isUp)
                    oracle.count(wire, port.venue, timeNs: nowNs)
                    if wire.action == .place {
                        report.orders += 1
                        oracle.tracks[wire.orderID]?.sentNs = nowNs
                    }
                    if wire.action == .modify { report.modifies += 1 }
                    if wire.action == .cancel { report.cancels += 1 }
                }
                guard let text else { continue }
                trace.add(nowNs, eventNumber, .text("sent", text))
                dispatch(text, wires, port.orderLink)
            }
        }
    }

    private func dispatch(_ text: [UInt8], _ wires: [WireOrder], _ place: Int) {
        if links[place].isDead { return note(wires, .lost) }
        var arrival = links[place].arrivalAtVenue(nowNs, &random)
        if fires(.slowVenue) { arrival += span(100, 4_000) }
        agenda.add(arrival, .toVenue, payloads.keep(text), links[place].tag)
    }

    /// What became of the places and changes of a request on their way.
    private func note(_ wires: [WireOrder], _ flight: Oracle.Track.Flight) {
        for wire in wires {
            switch wire.action {
            case .place:
                guard var track = oracle.tracks[wire.orderID] else { continue }
                track.flight = flight
                track.isOutlived = nowNs - track.sentNs > Oracle.requestLifeNs
                oracle.tracks[wire.orderID] = track
            case .modify: oracle.tracks[wire.orderID]?.endChange()
            default: break
            }
        }
    }

    // MARK: At the venue

    func arriveAtVenue(_ payload: Int, _ tag: Int) {
        let (place, epoch) = Link.parts(tag)
        if let until = links[place].lateUntilNs[epoch], nowNs < until {
            agenda.add(until + UInt64(random.below(1_000_000)), .toVenue, payload, tag)
            return
        }
        let request = payloads.take(payload)
        let venue = ports[links[place].port].simulated
        let wires = venue.orders(in: request)
        let met = venue.selfTradeCount
        guard let reply = venue.handle(request, session: epoch) else {
            note(wires, .lost)
            settleStep()
            return
        }
        wasVenueTouched = true
        if wires.contains(where: { oracle.isOvertaken($0.orderID) }) {
            overtakenCount += venue.selfTradeCount - met
        }
        note(wires, .arrived)
        trace.add(nowNs, eventNumber, .text("venue", reply.bytes))
        if fires(.fillBeforeAck) {
            venue.release()
            agenda.add(nowNs + span(5, 200), .toEngine, payloads.keep(reply.bytes), tag)
        } else {
            answer(reply, to: request, tag)
            venue.release()
        }
        settleStep()
    }

    /// Sends the reply, unless a fault says otherwise.
    private func answer(_ reply: InProcessReply, to request: [UInt8], _ tag: Int) {
        if fires(.ackLost) { return }
        let (place, epoch) = Link.parts(tag)
        var bytes = reply.bytes
        var late: UInt64 = 0
        if reply.isRefused {
            if fires(.rejectLate) { late = span(500, 4_000) }
        } else if fires(.ackLate) {
            late = span(500, 4_000)
        } else if fires(.unknownOutcome) {
            bytes = ports[links[place].port].simulated.unknownOutcome(request)
        }
        guard links[place].epoch == epoch, !links[place].isDead else { return }
        let arrival = links[place].arrivalAtEngine(nowNs, &random) + late
        agenda.add(arrival, .toEngine, payloads.keep(bytes), tag)
    }

    /// A push of the account's stream.
    func push(_ bytes: [UInt8], _ port: Int) {
        wasVenueTouched = true
        let place = ports[port].streamLink
        guard links[place].isUp, !links[place].isDead, isStreamFed(port) else { return }
        var times = 1
        if fires(.duplicatePush) { times = 2 }
        if fires(.latePush) { links[place].heldUntilNs = nowNs + span(50, 3_000) }
        for _ in 0..<times {
            let arrival = links[place].arrivalAtEngine(nowNs, &random)
            agenda.add(arrival, .toEngine, payloads.keep(bytes), links[place].tag)
        }
    }

    /// The stream's key lives.
    private func isStreamFed(_ port: Int) -> Bool {
        guard let binance = ports[port].simulated as? InProcessBinance else { return true }
        return binance.isListenKeyActive(ports[port].cold.listenKey)
    }

    // MARK: At the engine

    func arriveAtEngine(_ payload: Int, _ tag: Int) {
        let bytes = payloads.take(payload)
        let (place, epoch) = Link.parts(tag)
        let link = links[place]
        guard link.epoch == epoch, link.isUp, !link.isDead else { return }
        trace.add(nowNs, eventNumber, .text("got", bytes))
        if let change = VenueChange(bytes) { oracle.heard(change) }
        stepEngine(link.connection, .text, bytes)
    }

    // MARK: Connections come and go

    func connectFirst() {
        for port in ports {
            if let session = port.session as? BinanceSession,
                let key = try? session.listenKey()
            {
                port.cold.listenKey = key
            }
        }
        for place in links.indices { open(place) }
        scheduleTimer()
        agenda.add(nowNs + 1_000_000_000, .cold)
    }

    /// A new life of a connection begins.
    func open(_ place: Int) {
        links[place].open()
        let port = links[place].port
        if links[place].carriesOrders {
            ports[port].simulated.open(session: links[place].epoch)
            engine.taps[port].isOpen = true
        }
        keepBusy(30_000_000_000)
        stepEngine(links[place].connection, .connected)
    }

    /// The engine notices.
    func seeLoss(_ tag: Int) {
        let (place, epoch) = Link.parts(tag)
        guard links[place].epoch == epoch, links[place].isUp else { return }
        links[place].isUp = false
        if links[place].carriesOrders { engine.taps[links[place].port].isOpen = false }
        keepBusy(30_000_000_000)
        stepEngine(links[place].connection, .disconnected)
        agenda.add(nowNs + span(100, 3_000), .reconnect, 0, tag)
    }

    /// The venue notices.
    func loseAtVenue(_ tag: Int) {
        let (place, epoch) = Link.parts(tag)
        links[place].lateUntilNs[epoch] = nil
        if links[place].carriesOrders { ports[links[place].port].simulated.close(session: epoch) }
    }

    func reconnect(_ tag: Int) {
        let (place, epoch) = Link.parts(tag)
        guard links[place].epoch == epoch, !links[place].isUp, restartedNs == nil else { return }
        let port = ports[links[place].port]
        if links[place].carriesPushes, port.session is BinanceSession {
            port.cold.wantsStream = true
            agenda.add(nowNs, .cold, 1)
            return
        }
        open(place)
        if links[place].carriesPushes { expectMissing(port) }
    }

    /// Pushes may have been missed: what REST knows is asked for soon.
    func expectMissing(_ port: Port) {
        port.cold.compareAtNs = min(port.cold.compareAtNs, nowNs + 500_000_000)
        agenda.add(nowNs + 500_000_000, .cold, 1)
    }

    // MARK: Faults that strike by themselves

    func strike() {
        guard isTrading else { return }
        for fault in plan.timed where fires(fault) { strike(fault) }
        wasVenueTouched = true
        settleStep()
        agenda.add(nowNs + span(500, 1_500), .fault)
    }

    private func strike(_ fault: TortureFault) {
        let place = random.below(links.count)
        let tag = links[place].tag
        switch fault {
        case .reset:
            links[place].isDead = random.below(2) == 0
            loseAtVenue(tag)
            agenda.add(nowNs + span(0, 100), .lossSeen, 0, tag)
        case .halfOpen:
            links[place].isDead = true
            agenda.add(nowNs + span(5_000, 40_000), .lossSeen, 0, tag)
            agenda.add(nowNs + span(0, 60_000), .lossAtVenue, 0, tag)
        case .lateDelivery:
            let late = ports[links[place].port].orderLink
            links[late].lateUntilNs[links[late].epoch] = nowNs + span(0, 8_000)
            agenda.add(nowNs + span(0, 20), .lossSeen, 0, links[late].tag)
            agenda.add(nowNs + span(9_000, 12_000), .lossAtVenue, 0, links[late].tag)
        case .delay: links[place].heldUntilNs = nowNs + span(100, 5_000)
        case .externalOrder:
            let one = instrument(UInt32(random.below(instruments.count)))
            one.venue.placeForeign(
                one.local, isBuy: random.below(2) == 0, count: Int(eventNumber))
        case .liquidation:
            let one = instrument(UInt32(random.below(instruments.count)))
            one.venue.liquidate(one.local)
        case .venueExpiry:
            guard let id = pickLive(), let track = oracle.tracks[id] else { return }
            let one = instrument(track.intent.instrumentID)
            one.venue.expire(track.clientOrderID, one.local)
        case .listenKeyExpiry: expireListenKey()
        case .writeFailure: writeFails = true
        case .kill:
            report.kills += 1
            control.lower(to: .halted, reason: "drill")
            control.cancelAll()
            agenda.add(nowNs + span(1_000, 15_000), .resume)
        case .reducing:
            control.lower(to: .reducing, reason: "drill")
            agenda.add(nowNs + span(1_000, 15_000), .resume)
        case .clockStep:
            let step = Int64(span(0, 6_000)) * (random.below(2) == 0 ? 1 : -1)
            ports[links[place].port].simulated.stepClock(byNs: step)
            oracle.clockSteppedNs = nowNs
            ports[links[place].port].cold.clockDueNs = nowNs + span(100, 20_000)
        case .restart:
            if restartedNs == nil { restartOrFail() }
        default: break
        }
    }

    private func expireListenKey() {
        for (place, port) in ports.enumerated() {
            guard let binance = port.simulated as? InProcessBinance,
                links[port.streamLink].isUp, isStreamFed(place)
            else { continue }
            let text = "{\"e\":\"listenKeyExpired\",\"E\":\(binance.nowMs),"
                + "\"listenKey\":\"\(port.cold.listenKey)\"}"
            push(Array(text.utf8), place)
            binance.expireListenKey()
            // Whoever owns the connection makes it anew when the venue said so.
            agenda.add(nowNs + span(10, 500), .lossSeen, 0, links[port.streamLink].tag)
        }
    }
}
