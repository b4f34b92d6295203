//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import SeededRandom
import Testing

@testable import Alerts

@Suite("States of an alert")
struct AlertStateTests {
    private func level(_ seconds: Double, _ value: UInt64?) -> AlertInput {
        look(seconds) { input in
            if let value { input.counters = [("level", value)] }
        }
    }

    private static let rule =
        "- {name: r, quantity: gauge, of: level, when: above, threshold: 10, actions: [out]"

    @Test func `a condition fires once it has held for its time, and not before`() throws {
        var alerts = try evaluator(Self.rule + ", for: 5s}")
        #expect(alerts.told(level(0, 11)) == [])
        #expect(alerts.told(level(4.9, 11)) == [])
        #expect(alerts.counts[0].pending == 1)
        #expect(alerts.told(level(5, 12)) == ["firing r 12"])
        #expect(alerts.told(level(6, 13)) == [], "told once")
        #expect(alerts.told(level(7, 10)) == ["resolved r 10"])
        #expect(alerts.told(level(8, 10)) == [])
        #expect(alerts.counts[0] == .init(begun: 1, ended: 1))
    }

    @Test func `a condition that is interrupted begins anew`() throws {
        var alerts = try evaluator(Self.rule + ", for: 5s}")
        for time in stride(from: 0.0, through: 4, by: 1) { _ = alerts.told(level(time, 11)) }
        #expect(alerts.told(level(5, 10)) == [])
        #expect(alerts.told(level(6, 11)) == [])
        #expect(alerts.told(level(10, 11)) == [])
        #expect(alerts.told(level(11, 11)) == ["firing r 11"])
    }

    @Test func `between threshold and clear an alert goes on`() throws {
        var alerts = try evaluator(Self.rule + ", clear: 5, clear_for: 2s}")
        #expect(alerts.told(level(0, 11)) == ["firing r 11"])
        #expect(alerts.told(level(1, 6)) == [])
        #expect(alerts.told(level(2, 5)) == [])
        #expect(alerts.told(level(3, 6)) == [], "not good for long enough")
        #expect(alerts.told(level(4, 4)) == [])
        #expect(alerts.told(level(6, 4)) == ["resolved r 4"])
        #expect(alerts.told(level(7, 6)) == [], "bad only above the threshold")
    }

    @Test func `downward comparisons clear upward`() throws {
        var alerts = try evaluator(
            "- {name: r, quantity: gauge, of: level, when: at_most, threshold: 3, clear: 5,"
                + " actions: [out]}")
        #expect(alerts.told(level(0, 4)) == [])
        #expect(alerts.told(level(1, 3)) == ["firing r 3"])
        #expect(alerts.told(level(2, 4)) == [])
        #expect(alerts.told(level(3, 5)) == ["resolved r 5"])
    }

    @Test func `an alert is told again while it fires`() throws {
        var alerts = try evaluator(Self.rule + ", repeat: 10s}")
        #expect(alerts.told(level(0, 11)) == ["firing r 11"])
        #expect(alerts.told(level(9.9, 11)) == [])
        #expect(alerts.told(level(10, 12)) == ["firing again r 12"])
        #expect(alerts.told(level(19, 12)) == [])
        #expect(alerts.told(level(20, 12)) == ["firing again r 12"])
    }

    @Test func `within the cooldown a new beginning waits, and is told if it still fires`() throws {
        var alerts = try evaluator(Self.rule + ", cooldown: 60s}")
        #expect(alerts.told(level(0, 11)) == ["firing r 11"])
        #expect(alerts.told(level(1, 1)) == ["resolved r 1"])
        #expect(alerts.told(level(2, 11)) == [])
        #expect(alerts.told(level(3, 1)) == [], "what was not told has no end to tell")
        #expect(alerts.told(level(40, 11)) == [])
        #expect(alerts.told(level(60, 11)) == ["firing r 11"])
        #expect(alerts.counts[0].delayed == 2)
        #expect(alerts.counts[0].begun == 3)
    }

    @Test func `a rule is quiet while another fires, and told when that is over`() throws {
        var alerts = try evaluator(
            Self.rule + ", inhibited_by: [dead]}\n- {name: dead, quantity: engine_dead}")
        let dead = { (time: Double) in
            var input = level(time, 11)
            input.isAlive = false
            return input
        }
        #expect(alerts.told(dead(0)) == ["firing dead true"])
        #expect(alerts.told(dead(1)) == [])
        #expect(alerts.counts[0].silenced == 1)
        #expect(alerts.counts[0].firing == 1, "it fires all the same")
        #expect(alerts.told(level(2, 11)) == ["resolved dead false", "firing r 11"])
    }

    @Test func `the end is not told where the rule says so`() throws {
        var alerts = try evaluator(Self.rule + ", tell_end: false}")
        #expect(alerts.told(level(0, 11)) == ["firing r 11"])
        #expect(alerts.told(level(1, 1)) == [])
    }

    @Test(arguments: [("clear", ["resolved r 11"]), ("hold", [])])
    func `without data a firing alert ends or goes on`(_ word: String, _ told: [String]) throws {
        var alerts = try evaluator(Self.rule + ", no_data: \(word)}")
        #expect(alerts.told(level(0, 11)) == ["firing r 11"])
        #expect(alerts.told(level(1, nil)) == told)
        #expect(alerts.counts[0].isWithoutData)
    }

    @Test func `nothing is known to have held during a pause or across a step of the clock`() throws
    {
        var alerts = try evaluator(Self.rule + ", for: 5s}", pauseNs: 10 * second)
        #expect(alerts.told(level(100, 11)) == [])
        #expect(alerts.told(level(111, 11)) == [], "nobody looked for eleven seconds")
        #expect(alerts.told(level(115, 11)) == [])
        #expect(alerts.told(level(50, 11)) == [], "the clock stepped back")
        #expect(alerts.told(level(54, 11)) == [])
        #expect(alerts.told(level(55, 11)) == ["firing r 11"])
    }

    @Test func `each name of a pattern has an alert of its own`() throws {
        var alerts = try evaluator(
            "- {name: r, quantity: gauge, of: 'l*', when: above, threshold: 10, actions: [out],"
                + " message: '{counter}={value}'}")
        let rows = { (a: UInt64, b: UInt64) in
            look(Double(a)) { $0.counters = [("la", a), ("lb", b), ("x", 99)] }
        }
        #expect(alerts.evaluate(rows(11, 5)).map(\.notice.message) == ["la=11"])
        #expect(alerts.evaluate(rows(12, 20)).map(\.notice.message) == ["lb=20"])
        #expect(alerts.counts[0].firing == 2)
    }

    /// The same by a search through the whole past, without a state.
    private struct Reference {
        let forNs: UInt64
        let clearForNs: UInt64
        var past: [(timeNs: UInt64, value: UInt64)] = []
        var isFiring = false

        mutating func told(_ timeNs: UInt64, _ value: UInt64) -> String? {
            past.append((timeNs, value))
            /// Since when `holds` has been true without a break, up to now.
            func span(_ holds: (UInt64) -> Bool) -> UInt64? {
                guard let first = past.reversed().prefix(while: { holds($0.value) }).last else {
                    return nil
                }
                return timeNs - first.timeNs
            }
            if isFiring {
                guard let good = span({ $0 <= 5 }), good >= clearForNs else { return nil }
                isFiring = false
                past = []
                return "resolved r \(value)"
            }
            guard let bad = span({ $0 > 10 }), bad >= forNs else { return nil }
            isFiring = true
            past = []
            return "firing r \(value)"
        }
    }

    @Test(arguments: 0..<8)
    func `pending, firing and resolved are what a search through the past says`(run: Int) throws {
        let seed = UInt64(7_000 + run)
        var random = SplitMix64(seed: seed)
        let forNs = UInt64(random.below(6)) * second
        let clearForNs = UInt64(random.below(6)) * second
        var alerts = try evaluator(
            Self.rule + ", for: \(forNs / second)s, clear: 5, clear_for: \(clearForNs / second)s}")
        var again = alerts
        var reference = Reference(forNs: forNs, clearForNs: clearForNs)
        var time = 0.0
        var beginnings = 0
        for step in 0..<3_000 {
            time += Double(1 + random.below(12)) / 4
            // Long stretches of good, bad and between, with single looks that break them.
            let mood = (step / 12 + run) % 3
            let value = random.below(10) == 0 ? UInt64(random.below(20)) : [2, 8, 15][mood]
            let input = level(time, value)
            let expected = reference.told(input.timeNs, value).map { [$0] } ?? []
            #expect(alerts.told(input) == expected, "seed \(seed), step \(step)")
            #expect(again.told(input) == expected, "the same again")
            beginnings += expected.first?.hasPrefix("firing") == true ? 1 : 0
        }
        #expect(beginnings > 10, "seed \(seed)")
    }
}
