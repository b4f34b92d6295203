//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

@testable import Simulator

/// An order desk on a synthetic market, with the user events it sent.
final class OrderDeskFixture {
    let clock: VenueClock
    let market: SyntheticMarket
    let desk: OrderDesk
    let entry: OrderEntry
    let credentials: Credentials
    /// The connection that requests come by.
    let session: OrderSession
    var events: [JSONValue] = []
    let mid: Int64

    init(
        wallet: Int64 = 100_000, startMs: Int64 = 1_700_000_000_000,
        credentials: Credentials = Credentials(key: "key", secret: "secret")
    ) {
        clock = VenueClock(startNs: 1, startMs: startMs)
        session = OrderSession(connectedMs: startMs)
        self.credentials = credentials
        let symbols: [VenueSymbol] = [.bitcoin, .ether, .solana]
        market = SyntheticMarket(
            symbols: symbols, seed: 4, rate: 1, hub: StreamHub(symbols: symbols), clock: clock)
        desk = OrderDesk(
            market: market, clock: clock, wallet: Fixed(units: wallet * Fixed.one))
        entry = OrderEntry(
            desk: desk, credentials: credentials, clock: clock, listenKeys: ListenKeys())
        mid = market.touch(0).bid
        desk.onUserEvent = { [unowned self] _, bytes, _ in
            events.append(JSONValue.parse(bytes) ?? .null)
        }
    }

    /// Signs the request.
    func call(_ method: String, _ values: [String: String]) -> JSONValue {
        var all = values
        all["apiKey"] = "key"
        all["timestamp"] = String(clock.nowMs)
        let payload = Parameters(all.map { (name: $0.key, value: $0.value) }).sortedPayload
        all["signature"] = Credentials.signature(
            secret: credentials.secret, payload: Array(payload.utf8))
        return send(method, all)
    }

    /// Sends the request as it is.
    ///
    /// - Parameter session: Another connection than this fixture's own.
    func send(
        _ method: String, _ values: [String: String], by session: OrderSession? = nil
    ) -> JSONValue {
        let members = values.map { "\"\($0.key)\":\"\($0.value)\"" }.joined(separator: ",")
        let text = "{\"id\":\"a1\",\"method\":\"\(method)\",\"params\":{\(members)}}"
        return JSONValue.parse(entry.handle(Array(text.utf8), session ?? self.session).bytes)
            ?? .null
    }

    /// A limit order at `ticks` from the best bid.
    func place(
        _ side: String, ticks: Int64, quantity: String, _ timeInForce: String,
        _ more: [String: String] = [:]
    ) -> JSONValue {
        let values = limit(side, ticks: ticks, quantity: quantity, timeInForce)
        return call("order.place", values.merging(more) { $1 })
    }

    /// The parameters of such an order.
    func limit(
        _ side: String, ticks: Int64, quantity: String, _ timeInForce: String
    ) -> [String: String] {
        var writer = ByteWriter()
        writer.padded(market.symbols[0].price(mid + ticks), decimals: 2)
        return [
            "symbol": "BTCUSDT", "side": side, "type": "LIMIT", "quantity": quantity,
            "price": String(decoding: writer.bytes, as: UTF8.self),
            "timeInForce": timeInForce,
        ]
    }

    /// `EVENT` or `EVENT x/X` for each user event.
    var story: [String] {
        events.map { event in
            let name = event["e"]?.text ?? "?"
            guard let order = event["o"] else { return name }
            return "\(name) \(order["x"]?.text ?? "")/\(order["X"]?.text ?? "")"
        }
    }

    func run(seconds: Double) {
        clock.nowNs += UInt64(seconds * 1e9)
        market.advance(to: clock.nowNs)
        desk.runCountdowns(nowNs: clock.nowNs)
    }
}
