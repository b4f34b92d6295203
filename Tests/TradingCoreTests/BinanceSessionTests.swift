//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

// Looks inside TradingCore, which release builds do not allow: they optimise what nobody sees.
#if DEBUG

import Accounts
import Foundation
import Messages
import Platform
import TestSupport
import Testing
import Venues

@testable import TradingCore

extension VenueProgram {
    var addresses: Endpoints {
        Endpoints(
            rest: rest, stream: stream, userStream: stream, api: api, caFile: caFile)
    }

    /// A session of this process with the account of all tests.
    func session() -> BinanceSession {
        BinanceSession(
            endpoints: addresses,
            credentials: Credentials(apiKey: "test-key", secret: "test-secret"),
            clock: VenueClock(), usage: BinanceUsage())
    }
}

extension ProgramTests {
    /// Goal: the REST side of an account obeys the venue, and says nothing while it must not.
    ///
    /// Method: sessions of this process against a simulator with faults.
    @Suite("REST sessions of Binance")
    struct BinanceSessions {
        let workplace: Workplace

        init() throws { workplace = try Workplace() }

        /// An account at `venue`, whose sessions share what they know.
        private struct AccountAt {
            let venue: VenueProgram
            let clock = VenueClock()
            let usage = BinanceUsage()

            /// Another process with the same account.
            init(_ other: AccountAt) { venue = other.venue }

            init(_ venue: VenueProgram) { self.venue = venue }

            func session() -> BinanceSession {
                BinanceSession(
                    endpoints: venue.addresses,
                    credentials: Credentials(apiKey: "test-key", secret: "test-secret"),
                    clock: clock, usage: usage)
            }
        }

        private func venue(_ fault: String? = nil) throws -> VenueProgram {
            guard let fault else { return try VenueProgram(in: workplace) }
            let file = try workplace.write(
                "faults:\n  - {\(fault), count_max: 1}\n", to: "faults.yaml")
            return try VenueProgram(["--faults", file], in: workplace)
        }

        private func refusal(_ body: () throws -> Void) -> String {
            do {
                try body()
                return "none"
            } catch { return "\(error)" }
        }

        /// Requests that the venue has seen when it ends, faults not counted.
        private func requestsSeen(_ venue: VenueProgram) throws -> Int {
            venue.program.child.signal(SIGTERM)
            #expect(try venue.program.exitStatus() == 0)
            let line = venue.program.errors.firstMatch(of: /requests ([0-9]+)/)
            return try #require(line.flatMap { Int($0.1) })
        }

        @Test(arguments: [
            ("name: rest-429, duration: 1h", "HTTP 429", "asked for a pause"),
            ("name: rest-418, duration: 1h", "HTTP 418", "has banned this address"),
        ])
        func `after a limit no session sends anything until the venue's time`(
            fault: String, first: String, later: String
        ) throws {
            let venue = try venue(fault)
            let account = AccountAt(venue)
            let (one, two) = (account.session(), account.session())
            #expect(refusal { _ = try one.synchroniseClock() }.contains(first))
            for session in [one, two] {
                #expect(refusal { _ = try session.synchroniseClock() }.contains(later))
                #expect(refusal { _ = try session.worth() }.contains(later))
                #expect(refusal { _ = try session.listenKey() }.contains(later))
                #expect(refusal { _ = try session.keepAlive() }.contains("is not sent"))
            }
            #expect(try requestsSeen(venue) == 0)
        }

        @Test func `a pause ends when the venue said`() throws {
            let venue = try venue("name: rest-429, duration: 1s")
            let session = venue.session()
            #expect(refusal { _ = try session.worth() }.contains("HTTP 429"))
            #expect(refusal { _ = try session.worth() }.contains("asked for a pause"))
            try waitUntil("the pause is over") { (try? session.listedPositions([])) != nil }
            #expect(try requestsSeen(venue) == 1)
        }

        @Test func `a server error is told and stops nothing`() throws {
            let venue = try venue("name: rest-503")
            let session = venue.session()
            #expect(refusal { _ = try session.listedPositions([]) }.contains("HTTP 503"))
            #expect(try session.listedPositions([]).isEmpty)
        }

        @Test func `a clock outside the venue's window is mended by measuring it`() throws {
            let account = AccountAt(try venue())
            let now = wallNs()
            _ = account.clock.take(
                serverNs: now - 60_000_000_000, beforeNs: now, afterNs: now)
            #expect(try account.session().listedPositions([]).isEmpty)
            #expect(abs(account.clock.offsetNs) < 1_000_000_000)
        }

        @Test func `what others of the address have used counts`() throws {
            let ours = AccountAt(try venue())
            let others = AccountAt(ours)
            // The count begins anew with each minute, perhaps just now.
            try waitUntil("ours and theirs are counted") {
                let before = ours.usage.usedWeight
                for _ in 0..<5 { _ = try others.session().synchroniseClock() }
                #expect(ours.usage.usedWeight == before)
                _ = try ours.session().synchroniseClock()
                return ours.usage.usedWeight >= before + 6
            }
        }

        @Test func `more than the limit is not sent`() throws {
            let venue = try venue()
            let account = AccountAt(venue)
            account.usage.take(WeightBudget.Limits(weightPerMinuteMax: 10, reserve: 4))
            let session = account.session()
            #expect(refusal { _ = try session.listedPositions([]) } == "none")
            #expect(
                refusal { _ = try session.listedPositions([]) }
                    .contains("request weight 5 of 6 used"))
            // Of the reserve vital requests may take.
            _ = try session.listenKey()
            #expect(try requestsSeen(venue) == 2)
        }

        @Test func `a listen key that is gone, or another's, is told`() throws {
            let account = AccountAt(try venue())
            let session = account.session()
            let first = try session.listenKey()
            #expect(try session.keepAlive() == .goesOn)
            #expect(try session.listenKey() == first)
            let delete = BinanceRequest(
                .delete, "/fapi/v1/listenKey", security: .key, weight: 1)
            _ = try session.send(delete)
            #expect(try session.keepAlive() == .isLost)
            let other = AccountAt(account)
            let second = try other.session().listenKey()
            #expect(second != first)
            #expect(try session.keepAlive() == .isLost)
            #expect(try session.listenKey() == second)
            #expect(try session.keepAlive() == .goesOn)
        }
    }
}

#endif
