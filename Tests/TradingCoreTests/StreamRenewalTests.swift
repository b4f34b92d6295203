//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

// Looks inside TradingCore, which release builds do not allow: they optimise what nobody sees.
#if DEBUG

import Accounts
import Testing

@testable import TradingCore

@Suite("Upkeep of a stream that lives on a key")
struct StreamRenewalTests {
    private static let second: UInt64 = 1_000_000_000
    private static let halfHour = StreamRenewal.keepAliveNs

    /// What a renewal did, second by second, in made-up time.
    private final class Fixture {
        var expiries: UInt64 = 0
        var reconnects: [UInt64] = []
        var asked: [UInt64] = []
        var answer: StreamUpkeep? = .goesOn
        private var now: UInt64 = 0
        private lazy var renewal = StreamRenewal(
            nowNs: 0, expiries: { [unowned self] in expiries },
            reconnect: { [unowned self] in reconnects.append(now) })

        func run(until endNs: UInt64) {
            while now < endNs {
                now += StreamRenewalTests.second
                renewal.advance(nowNs: now) {
                    asked.append(now)
                    return answer
                }
            }
        }
    }

    @Test func `the key is extended every half hour, without a new connection`() {
        let one = Fixture()
        one.run(until: 10 * Self.halfHour)
        #expect(one.asked == (1...10).map { UInt64($0) * Self.halfHour })
        #expect(one.reconnects.isEmpty)
    }

    @Test func `a key that is gone or another one leads to a new connection, once`() {
        let one = Fixture()
        one.answer = .isLost
        one.run(until: Self.halfHour)
        #expect(one.reconnects == [Self.halfHour])
        one.answer = .goesOn
        one.run(until: 2 * Self.halfHour)
        #expect(one.asked == [Self.halfHour, 2 * Self.halfHour])
        #expect(one.reconnects.count == 1)
    }

    @Test func `the venue's word that the key has expired leads to a new connection, once`() {
        let one = Fixture()
        one.run(until: 5 * Self.second)
        one.expiries += 1
        one.run(until: 60 * Self.second)
        #expect(one.reconnects == [6 * Self.second])
        #expect(one.asked.isEmpty)
        // The new connection brought a new hour.
        one.run(until: Self.halfHour + 6 * Self.second)
        #expect(one.asked == [Self.halfHour + 6 * Self.second])
    }

    @Test func `a failure is tried again with growing pauses and costs no connection`() {
        let one = Fixture()
        one.answer = nil
        one.run(until: Self.halfHour + 300 * Self.second)
        let pauses = zip(one.asked, one.asked.dropFirst()).map { ($1 - $0) / Self.second }
        #expect(pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60])
        one.answer = .goesOn
        one.run(until: 2 * Self.halfHour)
        #expect(one.reconnects.isEmpty)
        one.answer = nil
        let count = one.asked.count
        one.run(until: 3 * Self.halfHour)
        // After a success the pauses begin anew.
        #expect(one.asked[count + 1] - one.asked[count] == Self.second)
    }
}

#endif
