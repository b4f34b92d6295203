//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

@testable import Simulator

/// A subscriber that keeps what it is sent.
final class Recorder: StreamSubscriber {
    private(set) var messages: [(stream: String, json: JSONValue)] = []
    private(set) var payloads: [[UInt8]] = []
    var backlog = 0

    func deliver(_ payload: [UInt8], stream name: [UInt8]) {
        payloads.append(payload)
        messages.append(
            (String(decoding: name, as: UTF8.self), JSONValue.parse(payload) ?? .null))
    }

    func subscribe(_ hub: StreamHub, _ names: String...) {
        for name in names {
            guard let topic = hub.topic(named: name) else { continue }
            hub.subscribe(self, to: topic, name: name)
        }
    }

    func events(_ type: String) -> [JSONValue] {
        messages.map(\.json).filter { $0["e"]?.text == type }
    }
}

extension JSONValue {
    func integer(_ name: String) -> Int64 { self[name]?.text.flatMap { Int64($0) } ?? -1 }

    /// `[["price","quantity"],…]` as it stands.
    func levels(_ name: String) -> [(price: Fixed, quantity: Fixed)] {
        guard case .array(let rows) = self[name] else { return [] }
        return rows.compactMap { row in
            guard case .array(let pair) = row, pair.count == 2, let price = pair[0].text,
                let quantity = pair[1].text, let p = Fixed(price), let q = Fixed(quantity)
            else { return nil }
            return (p, q)
        }
    }
}

/// A client's book, built as the venue's documentation says.
struct ClientBook {
    var bids: [Fixed: Fixed] = [:]
    var asks: [Fixed: Fixed] = [:]

    init(snapshot: JSONValue) {
        for level in snapshot.levels("bids") { bids[level.price] = level.quantity }
        for level in snapshot.levels("asks") { asks[level.price] = level.quantity }
    }

    mutating func apply(_ event: JSONValue) {
        for level in event.levels("b") {
            bids[level.price] = level.quantity.units == 0 ? nil : level.quantity
        }
        for level in event.levels("a") {
            asks[level.price] = level.quantity.units == 0 ? nil : level.quantity
        }
    }

    var best: [Fixed?] {
        let bid = bids.keys.max()
        let ask = asks.keys.min()
        return [bid, bid.flatMap { bids[$0] }, ask, ask.flatMap { asks[$0] }]
    }
}
