//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Accounts
import Messages
import SeededRandom
import Simulator
import Telemetry
import Venues

/// The cold thread: the production sessions and the keeper of the account, one thing at a time,
/// waiting for REST.
extension World {
    /// - Parameter isExtra: Not the regular look, which comes again.
    func lookAround(isExtra: Bool) {
        if !isExtra { agenda.add(nowNs + 10_000_000_000, .cold) }
        if isExtra { hasLook = false }
        if isColdBusy { return agenda.add(nowNs + 200_000_000, .cold, 1) }
        isColdBusy = true
        if let since = restartedNs, nowNs >= since { takeOver() }
        if restartedNs == nil {
            answerQuestions()
            // A restart in the meantime begins with its own look.
            for port in ports where restartedNs == nil { lookAfter(port) }
        }
        isColdBusy = false
    }

    /// Asks the venue what the gateway wants to know of single orders.
    private func answerQuestions() {
        let life = engine
        while engine === life, let question = life.takeQuestion() {
            let port = ports[Int(question.instrumentID) / 2]
            guard
                let fate = try? port.session.fate(
                    instruments[question.instrumentID], orderID: question.orderID),
                engine === life
            else { continue }
            tell(
                .fate(
                    fate, orderID: question.orderID, instrumentID: question.instrumentID,
                    isFinal: question.reason == 1, venue: port.venue), port)
        }
    }

    private func lookAfter(_ port: Port) {
        let life = engine
        if port.cold.wantsStream { openStream(port) }
        if nowNs >= port.cold.deadManDueNs {
            let isArmed = succeeds { () throws(AccountError) in
                try port.session.armDeadMan(
                    port.instruments, timeoutMs: ColdState.deadManMs)
            }
            port.cold.deadManDueNs = nowNs
                + (isArmed ? ColdState.deadManMs * 1_000_000 / 3 : 1_000_000_000)
        }
        if nowNs >= port.cold.keyDueNs {
            let isExtended = succeeds { () throws(AccountError) in
                if case .isLost = try port.session.keepAlive() {
                    seeLoss(links[port.streamLink].tag)
                }
            }
            port.cold.keyDueNs = nowNs + (isExtended ? ColdState.keepAliveNs : 5_000_000_000)
        }
        if nowNs >= port.cold.clockDueNs { _ = measureClock(port) }
        if nowNs >= port.cold.compareAtNs, links[port.streamLink].isUp {
            port.cold.compareAtNs = .max
            port.keeper.expedite()
        }
        // A restart in the meantime makes another keeper, which has not begun.
        if engine !== life { return }
        var isFailed = false
        var keeper = port.keeper
        let news = keeper.advance(nowNs: nowNs, wallNs: wallNs) { _, body in
            let isDone = succeeds(body)
            if !isDone { isFailed = true }
            return isDone
        }
        if isFailed { expectMissing(port) }
        if engine !== life { return }
        port.keeper = keeper
        for one in news { tell(one, port) }
    }

    private func succeeds(_ body: () throws(AccountError) -> Void) -> Bool {
        do throws(AccountError) {
            try body()
            return true
        } catch { return false }
    }

    private func openStream(_ port: Port) {
        guard let session = port.session as? BinanceSession,
            let key = try? session.listenKey()
        else { return agenda.add(nowNs + 1_000_000_000, .cold, 1) }
        port.cold.wantsStream = false
        port.cold.listenKey = key
        open(port.streamLink)
        expectMissing(port)
    }

    /// - Returns: `false`: no answer.
    func measureClock(_ port: Port) -> Bool {
        guard let offset = try? port.session.synchroniseClock() else {
            port.cold.clockDueNs = nowNs + 5_000_000_000
            return false
        }
        port.cold.clockDueNs = nowNs + ColdState.clockNs
        let context = RESTContext(kind: RESTContext.clockOffset, venue: port.venue).packed
        stepEngine(
            Engine.Connection.inbox, .rest, context: context, Array("\(offset)".utf8))
        return true
    }

    /// Puts what the cold thread found out into the path.
    func tell(_ news: AccountNews, _ port: Port) {
        switch news {
        case .report(let report):
            let context = RESTContext(kind: RESTContext.fact, venue: port.venue).packed
            stepEngine(
                Engine.Connection.inbox, .rest, context: context, AccountFact.bytes(report))
        case .push(let text):
            let context = RESTContext(kind: RESTContext.missedPush, venue: port.venue).packed
            trace.add(nowNs, eventNumber, .text("missed", Array(text.utf8)))
            stepEngine(
                Engine.Connection.inbox, .rest, context: context, Array(text.utf8))
        }
    }

    // MARK: REST

    /// Sends a request and waits for its reply, 5 s at most; `nil` when none came.
    func exchange(_ call: VirtualTransport.Call) -> (status: Int, body: [UInt8])? {
        callCount += 1
        let number = callCount
        calls[number] = call
        let how = fires(.restFailure) ? random.below(4) : 4
        // 0: lost on the way there; 1: carried out, and lost on the way back; 2: refused as by an
        // overloaded venue; 3: carried out, and answered so.
        if how != 0 { agenda.add(nowNs + span(1, 40), .restAtVenue, number, how) }
        let deadline = nowNs + 5_000_000_000
        agenda.add(deadline, .wait)
        while replies[number] == nil, nowNs < deadline, step(before: .max) {}
        calls[number] = nil
        return replies.removeValue(forKey: number)
    }

    func restAtVenue(_ number: Int, _ how: Int) {
        guard let call = calls[number] else { return }
        wasVenueTouched = true
        var reply = (status: 503, body: Array("{\"code\":-1008,\"msg\":\"\"}".utf8))
        if how != 2 {
            reply = ports[call.port].simulated.rest(
                call.method, call.target, headers: call.headers, body: call.body)
            if reply.status == 429 || reply.status == 418 {
                oracle.fail("I12", "REST refused by \(reply.status): \(call.target)")
            }
            if how == 3 { reply = (504, []) }
        }
        trace.add(nowNs, eventNumber, .text("rest \(call.method)", Array(call.target.utf8)))
        trace.add(nowNs, eventNumber, .text("reply \(reply.status)", reply.body))
        settleStep()
        if how == 1 { return }
        waiting[number] = reply
        agenda.add(nowNs + span(1, 40), .restReply, number)
    }

    func restReply(_ number: Int) {
        guard let reply = waiting.removeValue(forKey: number), calls[number] != nil else { return }
        replies[number] = reply
    }
}
