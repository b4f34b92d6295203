//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTLS
import Messages
import SeededRandom
import Simulator
import Telemetry
import Venues

/// What the cold thread has under way.
struct ColdState {
    var listenKey = ""
    /// The account's stream is to be opened.
    var wantsStream = false
    /// Since when pushes may be missing, by the wall clock; `nil`: none are.
    var missingSinceNs: UInt64?
    var notBeforeNs: UInt64 = 0
    var deadManDueNs: UInt64 = 0
    var isBusy = false
    var hasLook = false
    /// The request under way.
    var call = 0
    var method = ""
    var path = ""
    var query = ""
    var reply: (status: Int, body: [UInt8])?
    var isAnswered = false
}

/// The cold thread: one thing at a time, and waiting for REST. While it waits, the rest of the world
/// goes on.
extension World {
    static let missingMarginNs: UInt64 = 120_000_000_000
    static let deadManMs: UInt64 = 120_000

    func lookAround() {
        cold.hasLook = false
        if cold.isBusy { return }
        cold.isBusy = true
        if cold.wantsStream { openStream() }
        if cold.missingSinceNs != nil, nowNs >= cold.notBeforeNs, link(.userStream).isUp {
            recover()
        }
        if nowNs >= cold.deadManDueNs { armDeadMan() }
        cold.isBusy = false
        let isPending = cold.wantsStream || cold.missingSinceNs != nil
        queue.add(nowNs + (isPending ? 500_000_000 : 10_000_000_000), .cold)
    }

    private func openStream() {
        guard let body = rest(.listenKey), let key = try? BinanceREST.listenKey(body) else {
            return
        }
        cold.wantsStream = false
        cold.listenKey = key
        open(.userStream)
        cold.missingSinceNs = min(cold.missingSinceNs ?? .max, wallNs - Self.missingMarginNs)
        cold.notBeforeNs = nowNs + 500_000_000
    }

    /// What the stream missed, made from what REST knows.
    private func recover() {
        guard let since = cold.missingSinceNs else { return }
        cold.missingSinceNs = nil
        var pushes: [String] = []
        for id in 0..<UInt32(instruments.count) {
            guard let found = missedPushes(instruments[id], sinceMs: since / 1_000_000) else {
                cold.missingSinceNs = min(cold.missingSinceNs ?? .max, since)
                cold.notBeforeNs = nowNs + 2_000_000_000
                return
            }
            pushes += found
        }
        let context = RESTContext(kind: RESTContext.missedPush).packed
        for text in pushes {
            stepEngine(Engine.Connection.inbox, .rest, context: context, Array(text.utf8))
        }
    }

    private func missedPushes(_ instrument: Instrument, sinceMs: UInt64) -> [String]? {
        guard let tradesBody = rest(.userTrades(instrument, startMs: sinceMs)),
            let ordersBody = rest(.allOrders(instrument, startMs: sinceMs)),
            let trades = try? BinanceREST.trades(tradesBody),
            let orders = try? BinanceREST.orders(ordersBody)
        else { return nil }
        var pushes: [String] = []
        let known = Dictionary(orders.map { ($0.venueOrderID, $0) }) { $1 }
        for trade in trades {
            guard let order = known[trade.venueOrderID] else { continue }
            pushes.append(BinanceMissedPush.text(order, trade))
        }
        for order in orders where order.orderID != 0 {
            if let push = BinanceMissedPush.end(order) { pushes.append(push) }
        }
        return pushes
    }

    private func armDeadMan() {
        for id in 0..<UInt32(instruments.count) {
            let request = BinanceRequest.countdownCancelAll(
                instruments[id], countdownMs: Self.deadManMs)
            guard rest(request) != nil else {
                cold.deadManDueNs = nowNs + 1_000_000_000
                return
            }
        }
        cold.deadManDueNs = nowNs + Self.deadManMs * 1_000_000 / 3
    }

    // MARK: REST

    /// Sends a request and waits for its reply, 5 s at most; `nil` for anything but success.
    private func rest(_ request: BinanceRequest) -> [UInt8]? {
        cold.call += 1
        let call = cold.call
        cold.method = request.method.rawValue
        cold.path = request.path
        cold.query = query(request)
        cold.reply = nil
        cold.isAnswered = false
        let isFailed = fires(.restFailure)
        let how = isFailed ? random.below(3) : 3
        // Lost on the way there, or carried out and lost on the way back, or late.
        if how != 0 { queue.add(nowNs + span(1, 40), .restAtVenue, call, how) }
        let deadline = nowNs + 5_000_000_000
        queue.add(deadline, .wait)
        while !cold.isAnswered, step(before: deadline + 1), nowNs < deadline {}
        guard cold.isAnswered, let reply = cold.reply else { return nil }
        cold.reply = nil
        return reply.status == 200 ? reply.body : nil
    }

    private func query(_ request: BinanceRequest) -> String {
        guard request.security == .signed else { return request.query }
        return request.signedQuery(timeMs: Int64(wallNs / 1_000_000)) { payload in
            let bytes = Array(payload.utf8)
            var hex = [UInt8](repeating: 0, count: Int(APUS_HMAC_HEX_LENGTH))
            unsafe apus_hmac_sign(&hmac, bytes, bytes.count, &hex)
            return String(decoding: hex, as: UTF8.self)
        }
    }

    func restAtVenue(_ call: Int) {
        guard call == cold.call else { return }
        wasVenueTouched = true
        let reply = venue.rest(
            cold.method, cold.path, query: cold.query, apiKey: InProcessBinance.apiKey)
        settleStep()
        cold.reply = reply
        queue.add(nowNs + span(1, 40), .restReply, call)
    }

    func restReply(_ call: Int) {
        guard call == cold.call else { return }
        cold.isAnswered = true
    }
}
