//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

@testable import Simulator

/// A simulated OKX without sockets; time passes when a test says so.
final class OKXFixture {
    static let credentials = OKXCredentials(
        key: "key", secret: "22582BD0CFF14C41EDBF1AB98506286D", passphrase: "pass")
    /// 2024-01-10T09:08:57Z, the time of the log-in vector.
    static let startMs: Int64 = 1_704_876_947_000

    let clock = VenueClock(startNs: 1, startMs: startMs)
    let faults: FaultInjector
    let delays: Delays
    let exchange: SyntheticExchange
    let market: OKXMarket
    let desk: OKXDesk
    let feed: OKXPrivateFeed
    let streams: OKXStreams
    let rest: OKXREST

    init(
        _ options: OKXOptions = OKXOptions(), seed: UInt64 = 3, wallet: Int64 = 1_000_000,
        faults list: [Fault] = []
    ) {
        faults = FaultInjector(list, seed: 5, clock: clock)
        delays = Delays(clock: clock)
        exchange = SyntheticExchange(clock: clock)
        market = OKXMarket(
            seed: seed, rate: 1, options: options, exchange: exchange, faults: faults)
        desk = OKXDesk(
            market: market, clock: clock, wallet: wallet,
            hasTerminalPush: options.hasTerminalPush, faults: faults)
        feed = OKXPrivateFeed(desk: desk, clock: clock, faults: faults)
        let entry = OKXOrderEntry(desk: desk, clock: clock)
        streams = OKXStreams(
            market: market, entry: entry, feed: feed, credentials: Self.credentials,
            options: options,
            context: SimulatorContext(
                clock: clock, faults: faults, delays: delays, log: { _ in }))
        rest = OKXREST(
            desk: desk, entry: entry, credentials: Self.credentials, options: options,
            clock: clock)
        market.onTick = { [unowned self] count in
            desk.tick()
            if count % 5 == 0 { feed.tick() }
        }
    }

    func run(seconds: Double) {
        let end = clock.nowNs + UInt64(seconds * 1e9)
        while clock.nowNs < end {
            clock.nowNs = min(clock.nowNs + 10_000_000, end)
            market.advance(to: clock.nowNs)
            delays.run()
        }
    }

    /// Best bid of an instrument, ticks.
    func bid(_ index: Int) -> Int64 { market.feeds[index].book.touch.bid }

    func price(_ index: Int, ticks: Int64) -> String {
        var writer = ByteWriter()
        writer.stripped(market.instruments[index].price(ticks))
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// A signed REST request's answer.
    func call(
        _ method: String, _ path: String, query: String = "", body: String = ""
    ) -> JSONValue {
        let stamp = "2024-01-10T08:55:47.000Z"
        let whole = query.isEmpty ? path : "\(path)?\(query)"
        let sign = OKXCredentials.signature(
            secret: Self.credentials.secret, text: stamp + method + whole + body)
        let reply = rest.handle(
            RESTRequest(
                method: method, path: path, query: query, body: body, apiKey: "",
                headers: [
                    "OK-ACCESS-KEY": "key", "OK-ACCESS-SIGN": sign, "OK-ACCESS-TIMESTAMP": stamp,
                    "OK-ACCESS-PASSPHRASE": "pass",
                ]))
        return JSONValue.parse(reply.body) ?? .null
    }
}

/// A client of the fixture on one route, with what it was sent.
final class OKXClient {
    private let venue: OKXFixture
    let session: OKXSession
    private let inbox: Inbox

    private final class Inbox {
        var texts: [String] = []
        var closeCode: UInt16?
    }

    init(_ venue: OKXFixture, _ route: OKXSession.Route, isLoggedIn: Bool = false) {
        self.venue = venue
        let inbox = Inbox()
        self.inbox = inbox
        session = OKXSession(
            route: route, connectionID: "0b38c7cc",
            send: { bytes, _ in inbox.texts.append(String(decoding: bytes, as: UTF8.self)) },
            close: { code, _ in inbox.closeCode = code })
        session.isLoggedIn = isLoggedIn
    }

    var texts: [String] { inbox.texts }
    var closeCode: UInt16? { inbox.closeCode }
    var messages: [JSONValue] { texts.map { JSONValue.parse(Array($0.utf8)) ?? .null } }

    func clear() { inbox.texts = [] }

    func send(_ text: String) { venue.streams.received(session, Array(text.utf8)) }

    func subscribe(_ argument: String) { send(#"{"op":"subscribe","args":[{\#(argument)}]}"#) }

    /// Codes of errors, in order.
    var errors: [String] {
        messages.compactMap { $0["event"]?.text == "error" ? $0["code"]?.text : nil }
    }

    /// The data objects pushed on a channel, in order.
    func data(_ channel: String) -> [JSONValue] { pushes(channel).compactMap { $0.row("data") } }

    func pushes(_ channel: String) -> [JSONValue] {
        messages.filter { $0["data"] != nil && $0["arg"]?["channel"]?.text == channel }
    }

    /// Sends an order operation and returns its reply.
    @discardableResult
    func call(
        _ name: String, _ items: [String], more: String = "", id: String = "r1"
    ) -> JSONValue {
        let all = items.map { "{\($0)}" }.joined(separator: ",")
        send(#"{"id":"\#(id)","op":"\#(name)"\#(more),"args":[\#(all)]}"#)
        for text in texts.reversed() {
            let message = JSONValue.parse(Array(text.utf8)) ?? .null
            if message["op"]?.text == name, message["id"]?.text == id { return message }
        }
        return .null
    }

    /// An order of `index`: a limit at `ticks` from the best bid.
    @discardableResult
    func place(
        _ index: Int, _ side: String, _ type: String, size: String, ticks: Int64 = 0,
        _ more: String = ""
    ) -> JSONValue {
        let mode = venue.market.instruments[index].isSpot ? "cash" : "cross"
        let code = venue.market.code(index)
        let price = venue.price(index, ticks: venue.bid(index) + ticks)
        let priced = ["market", "optimal_limit_ioc"].contains(type) ? "" : #","px":"\#(price)""#
        return call(
            "order",
            [
                #""instIdCode":\#(code),"tdMode":"\#(mode)","side":"\#(side)","#
                    + #""ordType":"\#(type)","sz":"\#(size)"\#(priced)\#(more)"#
            ])
    }

    /// `state` or `state/cancelSource` of each push of `orders`.
    var story: [String] {
        data("orders").map { order in
            let source = order["cancelSource"]?.text ?? ""
            let fill = order["tradeId"]?.text ?? ""
            return (order["state"]?.text ?? "?") + (source.isEmpty ? "" : "/\(source)")
                + (fill.isEmpty ? "" : "+")
        }
    }
}

extension JSONValue {
    /// The first element of the array `name`.
    func row(_ name: String) -> JSONValue? {
        guard case .array(let rows) = self[name] else { return nil }
        return rows.first
    }

    func rows(_ name: String) -> [JSONValue] {
        guard case .array(let rows) = self[name] else { return [] }
        return rows
    }

    func decimal(_ name: String) -> Fixed { Fixed(self[name]?.text ?? "") ?? Fixed(units: 0) }
}

/// A client's book, kept as the venue's documentation says.
struct OKXClientBook {
    var bids: [Fixed: Fixed] = [:]
    var asks: [Fixed: Fixed] = [:]
    var last: Int64 = -2
    var gaps = 0
    var unknownDeletes = 0
    var updates = 0
    var deletes = 0

    mutating func take(_ push: JSONValue) {
        guard let data = push.row("data") else { return }
        let sequence = data.integer("seqId")
        if push["action"]?.text == "snapshot" {
            bids = [:]
            asks = [:]
        } else {
            if data.integer("prevSeqId") != last { gaps += 1 }
            updates += 1
        }
        last = sequence
        apply(data.rows("bids"), to: \.bids)
        apply(data.rows("asks"), to: \.asks)
    }

    private mutating func apply(
        _ rows: [JSONValue], to side: WritableKeyPath<OKXClientBook, [Fixed: Fixed]>
    ) {
        for row in rows {
            guard case .array(let parts) = row, let price = Fixed(parts[0].text ?? ""),
                let size = Fixed(parts[1].text ?? "")
            else { continue }
            if size.units == 0 {
                deletes += 1
                if self[keyPath: side].removeValue(forKey: price) == nil { unknownDeletes += 1 }
            } else {
                self[keyPath: side][price] = size
            }
        }
    }
}
