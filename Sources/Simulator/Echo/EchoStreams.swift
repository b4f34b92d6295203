//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// The connections of one target of the measurement.
final class EchoLink {
    let name: String
    /// Where its market data go.
    fileprivate(set) var data: StreamConnection?
    /// Where its orders come from.
    fileprivate(set) var orders: StreamConnection?
    /// The depth stream that it asked for.
    fileprivate(set) var depthName = "depth@0ms"
    /// Takes the signed orders of a target that is not the engine; `nil`: it sends none.
    fileprivate let entry: OrderEntry?
    fileprivate let session = OrderSession(connectedMs: 0)
    /// Orders that the venue refused.
    fileprivate(set) var refusedCount: UInt64 = 0

    init(name: String, entry: OrderEntry?) {
        self.name = name
        self.entry = entry
    }

    var isUp: Bool { data?.state == .open && orders?.state == .open }
}

/// Binance's streams for the engine, and the doors `/apus/echo/data/NAME` and
/// `/apus/echo/orders/NAME` for what it is compared with. Each order is shown to the measurement
/// before the venue deals with it.
final class EchoStreams: StreamVenue {
    static let engineName = "apus"
    private static let doors = "/apus/echo/"

    private let inner: BinanceStreams
    private let makeEntry: () -> OrderEntry
    private(set) var links: [String: EchoLink]
    /// Called with the price that an order carries; `nil`: it carries none.
    var onOrder: (EchoLink, Fixed?) -> Void = { _, _ in }

    /// - Parameter makeEntry: Order entry of a new account.
    init(_ inner: BinanceStreams, makeEntry: @escaping () -> OrderEntry) {
        self.inner = inner
        self.makeEntry = makeEntry
        links = [Self.engineName: EchoLink(name: Self.engineName, entry: nil)]
    }

    /// Opens the doors for a target.
    func add(_ name: String, sendsOrders: Bool) -> EchoLink {
        let link = EchoLink(name: name, entry: sendsOrders ? makeEntry() : nil)
        links[name] = link
        return link
    }

    func opened(_ connection: StreamConnection, target: String) -> String? {
        if target.hasPrefix(Self.doors) {
            let parts = target.dropFirst(Self.doors.count).split(separator: "/")
            guard parts.count == 2, let link = links[String(parts[1])],
                link.name != Self.engineName
            else { return "404 Not Found" }
            switch parts[0] {
            case "data": link.data = connection
            case "orders": link.orders = connection
            default: return "404 Not Found"
            }
            return nil
        }
        if let refusal = inner.opened(connection, target: target) { return refusal }
        guard let asked = StreamTarget(target), let link = links[Self.engineName] else {
            return nil
        }
        if asked.route == .orderEntry { link.orders = connection }
        let depth = asked.streams.first { $0.contains("@depth") }
        if asked.route == .publicData, let depth {
            link.data = connection
            link.depthName = String(depth.drop { $0 != "@" }.dropFirst())
        }
        return nil
    }

    func received(_ connection: StreamConnection, _ bytes: [UInt8]) {
        guard let link = links.values.first(where: { $0.orders === connection }) else {
            return inner.received(connection, bytes)
        }
        if link.name == Self.engineName {
            if Self.isNewOrder(bytes) { onOrder(link, Self.price(in: bytes)) }
            return inner.received(connection, bytes)
        }
        onOrder(link, Self.price(in: bytes))
        guard let entry = link.entry else { return }
        let reply = entry.handle(bytes, link.session)
        if reply.isRefused { link.refusedCount += 1 }
        connection.sendText(reply.bytes)
    }

    func closed(_ connection: StreamConnection) {
        for link in links.values {
            if link.data === connection { link.data = nil }
            if link.orders === connection { link.orders = nil }
        }
        inner.closed(connection)
    }

    func tick() { inner.tick() }

    private static let priceKey = Array("\"price\":\"".utf8)
    private static let orderMethod = Array("\"order.place\"".utf8)

    private static func isNewOrder(_ bytes: [UInt8]) -> Bool {
        RecordedScanner(bytes: bytes).find(orderMethod) != nil
    }

    /// The order's price, found without a parser: the latency of a measurement hangs on it.
    static func price(in bytes: [UInt8]) -> Fixed? {
        guard let start = RecordedScanner(bytes: bytes).find(priceKey) else { return nil }
        return Fixed(bytes[start...].prefix { $0 != UInt8(ascii: "\"") })
    }
}
