//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

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
        for text in engine.tap.takeTexts() {
            let wire = text.flatMap { WireOrder(binance: $0) }
            let id = oracle.sent(wire, state: control.state, isStreamUp: link(.userStream).isUp)
            guard let text else { continue }
            trace.add(nowNs, eventNumber, .text("sent", text))
            if wire?.action == .place { report.orders += 1 }
            if wire?.action == .cancel { report.cancels += 1 }
            dispatch(text, isPlace: wire?.action == .place, id)
        }
    }

    private func dispatch(_ text: [UInt8], isPlace: Bool, _ id: UInt64) {
        let place = Link.Name.orderEntry.rawValue
        if links[place].isDead {
            if isPlace { oracle.tracks[id]?.flight = .lost }
            return
        }
        var arrival = links[place].arrivalAtVenue(nowNs, &random)
        if fires(.slowVenue) { arrival += span(100, 4_000) }
        queue.add(arrival, .toVenue, payloads.keep(text), links[place].tag)
    }

    // MARK: At the venue

    func arriveAtVenue(_ payload: Int, _ tag: Int) {
        let (_, epoch) = Link.parts(tag)
        if let until = lateUntilNs[epoch], nowNs < until {
            queue.add(until + UInt64(random.below(1_000_000)), .toVenue, payload, tag)
            return
        }
        let request = payloads.take(payload)
        let wire = WireOrder(binance: request)
        let id = wire.flatMap { UInt64($0.clientOrderID.dropFirst(4), radix: 16) } ?? 0
        guard let reply = venue.handle(request, session: epoch) else {
            if wire?.action == .place { oracle.tracks[id]?.flight = .lost }
            settleStep()
            return
        }
        wasVenueTouched = true
        if wire?.action == .place { oracle.tracks[id]?.flight = .arrived }
        trace.add(nowNs, eventNumber, .text("venue", reply.bytes))
        answer(reply, to: request, tag)
        settleStep()
    }

    /// Sends the reply, unless a fault says otherwise.
    private func answer(_ reply: InProcessBinance.Reply, to request: [UInt8], _ tag: Int) {
        if fires(.ackLost) { return }
        var bytes = reply.bytes
        var late: UInt64 = 0
        if reply.isRefused {
            if fires(.rejectLate) { late = span(500, 4_000) }
        } else if fires(.ackLate) {
            late = span(500, 4_000)
        } else if fires(.fillBeforeAck) {
            late = span(5, 200)
        } else if fires(.unknownOutcome) {
            bytes = InProcessBinance.unknownOutcome(request)
        }
        let (name, epoch) = Link.parts(tag)
        guard links[name.rawValue].epoch == epoch, !links[name.rawValue].isDead else { return }
        let arrival = links[name.rawValue].arrivalAtEngine(nowNs, &random) + late
        queue.add(arrival, .toEngine, payloads.keep(bytes), tag)
    }

    /// A push of the account's stream.
    func push(_ bytes: [UInt8]) {
        wasVenueTouched = true
        let place = Link.Name.userStream.rawValue
        guard links[place].isUp, !links[place].isDead, venue.isListenKeyActive(cold.listenKey)
        else { return }
        var times = 1
        if fires(.duplicatePush) { times = 2 }
        if fires(.latePush) { links[place].heldUntilNs = nowNs + span(50, 3_000) }
        for _ in 0..<times {
            let arrival = links[place].arrivalAtEngine(nowNs, &random)
            queue.add(arrival, .toEngine, payloads.keep(bytes), links[place].tag)
        }
    }

    // MARK: At the engine

    func arriveAtEngine(_ payload: Int, _ tag: Int) {
        let bytes = payloads.take(payload)
        let (name, epoch) = Link.parts(tag)
        let link = link(name)
        guard link.epoch == epoch, link.isUp, !link.isDead else { return }
        trace.add(nowNs, eventNumber, .text("got", bytes))
        stepEngine(name.connection, .text, bytes)
    }

    // MARK: Connections come and go

    func connectFirst() {
        cold.listenKey = "key1"
        _ = venue.rest("POST", "/fapi/v1/listenKey", query: "", apiKey: InProcessBinance.apiKey)
        for name in Link.Name.allCases { open(name) }
        scheduleTimer()
        queue.add(nowNs + 1_000_000_000, .cold)
    }

    /// A new life of a connection begins.
    func open(_ name: Link.Name) {
        links[name.rawValue].open()
        if name == .orderEntry {
            venue.open(session: links[name.rawValue].epoch, isLoggedOn: !isSigned)
            engine.tap.isOpen = true
        }
        keepBusy(30_000_000_000)
        stepEngine(name.connection, .connected)
    }

    /// The engine notices.
    func seeLoss(_ tag: Int) {
        let (name, epoch) = Link.parts(tag)
        guard links[name.rawValue].epoch == epoch, links[name.rawValue].isUp else { return }
        links[name.rawValue].isUp = false
        if name == .orderEntry { engine.tap.isOpen = false }
        keepBusy(30_000_000_000)
        stepEngine(name.connection, .disconnected)
        queue.add(nowNs + span(100, 3_000), .reconnect, 0, tag)
    }

    /// The venue notices.
    func loseAtVenue(_ tag: Int) {
        let (name, epoch) = Link.parts(tag)
        links[name.rawValue].openAtVenue.remove(epoch)
        lateUntilNs[epoch] = nil
        if name == .orderEntry { venue.close(session: epoch) }
    }

    func reconnect(_ tag: Int) {
        let (name, epoch) = Link.parts(tag)
        guard links[name.rawValue].epoch == epoch, !links[name.rawValue].isUp else { return }
        if name == .orderEntry {
            open(name)
        } else {
            cold.wantsStream = true
            queue.add(nowNs, .cold)
        }
    }

    // MARK: Faults that strike by themselves

    func strike() {
        guard isTrading else { return }
        for fault in plan.timed where fires(fault) { strike(fault) }
        wasVenueTouched = true
        settleStep()
        queue.add(nowNs + span(500, 1_500), .fault)
    }

    private func strike(_ fault: TortureFault) {
        let name: Link.Name = random.below(3) == 0 ? .userStream : .orderEntry
        let tag = link(name).tag
        switch fault {
        case .reset:
            links[name.rawValue].isDead = random.below(2) == 0
            loseAtVenue(tag)
            queue.add(nowNs + span(0, 100), .lossSeen, 0, tag)
        case .halfOpen:
            links[name.rawValue].isDead = true
            queue.add(nowNs + span(5_000, 40_000), .lossSeen, 0, tag)
            queue.add(nowNs + span(0, 60_000), .lossAtVenue, 0, tag)
        case .lateDelivery:
            let late = link(.orderEntry).tag
            lateUntilNs[link(.orderEntry).epoch] = nowNs + span(0, 8_000)
            queue.add(nowNs + span(0, 20), .lossSeen, 0, late)
            queue.add(nowNs + span(9_000, 12_000), .lossAtVenue, 0, late)
        case .delay: links[name.rawValue].heldUntilNs = nowNs + span(100, 5_000)
        case .externalOrder:
            venue.placeForeign(
                random.below(instruments.count), isBuy: random.below(2) == 0,
                count: Int(eventNumber))
        case .liquidation: _ = venue.liquidate(random.below(instruments.count))
        case .venueExpiry:
            guard let id = pickLive() , let track = oracle.tracks[id] else { return }
            let place = instrument(track.intent.instrumentID)
            place.venue.expire(track.clientOrderID, symbol: place.symbol)
        case .listenKeyExpiry: expireListenKey()
        case .writeFailure: writeFails = true
        default: break
        }
    }

    private func expireListenKey() {
        let place = Link.Name.userStream.rawValue
        guard links[place].isUp, venue.isListenKeyActive(cold.listenKey) else { return }
        let text = "{\"e\":\"listenKeyExpired\",\"E\":\(venue.nowMs),"
            + "\"listenKey\":\"\(cold.listenKey)\"}"
        push(Array(text.utf8))
        venue.expireListenKey()
        // Whoever owns the connection makes it anew when the venue said so.
        queue.add(nowNs + span(10, 500), .lossSeen, 0, links[place].tag)
    }
}
