//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

// What happens to the account without its client's doing.
extension OKXDesk {
    /// Trades that no book made have ids far from those of the books.
    private static let tradeIDBase: Int64 = 7_000_000_000

    /// About once a second.
    func injectFaults() {
        if faults.fires(.externalOrder, .okx) != nil { placeForeign() }
        for (name, category) in [
            (FaultName.liquidation, "full_liquidation"), (.deleveraging, "adl"),
        ] {
            let held = market.instruments.indices.filter { account.positions[$0].lots != 0 }
            guard !held.isEmpty, faults.fires(name, .okx) != nil else { continue }
            close(held[faults.pick(below: held.count)], category: category)
        }
        let resting = openOrders.keys.sorted()
        guard !resting.isEmpty, faults.fires(.selfTradeCancel, .okx) != nil,
            let order = openOrders[resting[faults.pick(below: resting.count)]]
        else { return }
        _ = cancel(order, .selfTrade)
    }

    /// Instruments that the account is in, or else all that are contracts.
    private var usual: [Int] {
        let known = market.instruments.indices.filter { index in
            !market.instruments[index].isSpot && orders.values.contains { $0.instrument == index }
        }
        return known.isEmpty
            ? market.instruments.indices.filter { !market.instruments[$0].isSpot } : known
    }

    /// The smallest market order, by another client of the account.
    private func placeForeign() {
        let among = usual
        let index = among[faults.pick(below: among.count)]
        _ = try? place(
            Self.request(
                side: faults.pick(below: 2) == 0 ? .bid : .ask, type: .market,
                size: market.instruments[index].sizeMin),
            instrument: index)
    }

    static func request(side: BookSide, type: OKXOrderType, size: String) -> JSONValue {
        let words = [
            ("tdMode", "cross"), ("side", side == .bid ? "buy" : "sell"),
            ("ordType", type.rawValue), ("sz", size),
        ]
        return .object(words.map { JSONValue.Member(name: $0.0, value: .string($0.1)) })
    }

    /// Closes a position at its mark price, against no book; such trades have negative ids.
    func close(_ index: Int, category: String) {
        let lots = account.positions[index].lots
        let feed = market.feeds[index]
        var size = ByteWriter(capacity: 32)
        size.stripped(feed.instrument.size(abs(lots)))
        let value = Self.request(
            side: lots > 0 ? .ask : .bid, type: .optimalLimit,
            size: String(decoding: size.bytes, as: UTF8.self))
        guard let request = try? OKXOrderRequest(value, instrument: index, feed) else { return }
        let order = keep(request, lots: abs(lots))
        order.category = category
        filled(
            orderID: order.orderID, price: Int64(feed.book.mark), lots: abs(lots),
            isMaker: false, tradeID: -Self.tradeIDBase - Int64(fillCount))
    }

    /// Fills one lot at the order's own price.
    func fillOneLot(_ order: OKXOrder) {
        filled(
            orderID: order.orderID, price: order.price, lots: 1, isMaker: true,
            tradeID: Self.tradeIDBase + Int64(fillCount))
    }
}
