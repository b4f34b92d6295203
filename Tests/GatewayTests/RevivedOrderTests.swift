//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import Gateway
import SeededRandom
import Testing

/// Goal: no place of the table of orders is lost or given twice, however orders begin, end and
/// come back.
///
/// Method: random steps beside lists of live orders and of those presumed gone, at tables so small
/// that both are full most of the time.
@Suite("Gateway stage: orders that come back")
struct RevivedOrderTests {
    private static let bounds = [(live: 1, ended: 1), (3, 1), (1, 4), (4, 7), (8, 64)]

    private func presumeGone(_ id: UInt64, _ gateway: GatewayHarness) {
        var notFound = Fixtures.report(.notFound, id, isReply: 1, venueCode: -2013)
        notFound.isFinal = 1
        gateway.send(Fixtures.report(.cancelRejected, id, isReply: 1, venueCode: -2011))
        gateway.send(notFound)
        gateway.pass(ms: 6_000)
        gateway.send(notFound)
    }

    @Test(arguments: bounds, [1, 2, 3] as [UInt64])
    func `orders that come back live on, and no place is lost`(
        bound: (live: Int, ended: Int), seed: UInt64
    ) throws {
        let gateway = try GatewayHarness {
            $0.unknownPolicy = .keep
            $0.liveOrdersMax = bound.live
            $0.endedOrdersMax = bound.ended
        }
        var random = SplitMix64(seed: seed)
        var live: [UInt64] = []
        var gone: [UInt64] = []
        var (revivals, forgotten) = (0, 0)
        func pick(_ ids: [UInt64]) -> Int { Int(random.next() % UInt64(ids.count)) }
        func place(_ id: UInt64) {
            gateway.pass(ms: 1_000)
            gateway.send(Fixtures.place(id))
            gateway.send(Fixtures.report(.accepted, id, isReply: 1))
        }
        for id in 1...600 as ClosedRange<UInt64> {
            switch random.next() % 4 {
            case 0, 1:
                place(id)
                if live.count < bound.live { live.append(id) }
            case 2 where !live.isEmpty:
                let id = live.remove(at: pick(live))
                presumeGone(id, gateway)
                gone.append(id)
            case 3 where !gone.isEmpty:
                let young = gone.suffix(2 * bound.ended)
                let id = young[young.startIndex + pick(Array(young))]
                let foreign = gateway.count("foreign_reports")
                gateway.send(Fixtures.report(.accepted, id))
                // One that was forgotten for a younger one is nobody's.
                let isForgotten = gateway.count("foreign_reports") > foreign
                if isForgotten {
                    forgotten += 1
                    gone.removeAll { $0 == id }
                } else if live.count < bound.live {
                    revivals += 1
                    gone.removeAll { $0 == id }
                    live.append(id)
                }
            default: break
            }
            #expect(
                gateway.stage.openOrders.map(\.orderID) == live, "seed \(seed), step \(id)")
            _ = gateway.sent()
        }
        #expect(revivals > 10)
        #expect(bound.ended > 4 || forgotten > 0)
        for id in live { gateway.send(Fixtures.report(.canceled, id)) }
        for id in 1...UInt64(bound.live) { place(1_000 + id) }
        #expect(gateway.stage.openOrders.count == bound.live, "every place can be taken")
        // The ended ones there are still, no more than can be.
        let late = gateway.count("late_reports")
        for id in 1...600 as ClosedRange<UInt64> { gateway.send(Fixtures.report(.expired, id)) }
        #expect(gateway.count("late_reports") - late == UInt64(bound.ended))
    }
}
