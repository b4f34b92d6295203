//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import SeededRandom
import Testing

@testable import Gateway

/// Goal: no place of the table is lost or given twice, however orders begin, end and come back.
///
/// Method: random steps beside a set of live orders and a list of ended ones, at tables so small
/// that both are full most of the time.
@Suite("Order table")
struct OrderTableTests {
    private static let bounds = [(live: 1, ended: 1), (3, 1), (1, 4), (4, 7)]

    private func order(_ id: UInt64, filled: Int64 = 0) -> OrderRecord {
        var order = OrderRecord()
        order.orderID = id
        order.state = OrderState(
            quantity: QuantityLots(rawValue: 10), executed: QuantityLots(rawValue: filled))
        order.strategyID = UInt8(truncatingIfNeeded: id)
        return order
    }

    @Test(arguments: bounds, [1, 2, 3] as [UInt64])
    func `orders that come back are found, and as many ended ones are kept as can be`(
        bound: (live: Int, ended: Int), seed: UInt64
    ) throws {
        var table = OrderTable(liveMax: bound.live, endedMax: bound.ended)
        var random = SplitMix64(seed: seed)
        var live: [UInt64] = []
        var ended: [UInt64] = []
        var revivals = 0
        for id in 1...4_000 as ClosedRange<UInt64> {
            switch random.next() % 3 {
            case 0:
                let place = table.insert(order(id, filled: Int64(random.next() % 10)))
                #expect((place != nil) == (live.count < bound.live))
                if place != nil { live.append(id) }
            case 1 where !live.isEmpty:
                let at = Int(random.next() % UInt64(live.count))
                let place = table.find(live[at])
                table.retire(try #require(place))
                ended.append(live.remove(at: at))
            case 2 where !ended.isEmpty:
                let id = ended[Int(random.next() % UInt64(ended.count))]
                let found = table.find(id)
                let place = try #require(found)
                let before = unsafe table.record(place).pointee
                let revived = table.revive(place)
                #expect((revived != nil) == (live.count < bound.live))
                guard let revived else { break }
                revivals += 1
                let record = unsafe table.record(revived).pointee
                #expect(record.orderID == id && record.strategyID == before.strategyID)
                #expect(record.state.leaves == before.state.leaves && !record.state.isEnded)
                ended.removeAll { $0 == id }
                live.append(id)
            default: break
            }
            // Which of the ended ones was forgotten is the table's affair, how many is not.
            let kept = ended.filter { table.find($0) != nil }
            #expect(kept.count == min(ended.count, bound.ended), "seed \(seed), step \(id)")
            if let last = ended.last { #expect(kept.contains(last)) }
            ended = kept
            let held = table.live.map(\.orderID)
            #expect(held == live, "seed \(seed), step \(id)")
        }
        #expect(revivals > 100)
    }

    @Test func `an order that lives is not taken back`() throws {
        var table = OrderTable(liveMax: 2, endedMax: 2)
        let place = table.insert(order(1))
        let revived = table.revive(try #require(place))
        let held = table.live.map(\.orderID)
        #expect(revived == nil && held == [1])
    }
}
