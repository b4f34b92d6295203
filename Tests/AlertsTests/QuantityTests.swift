//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Telemetry
import Testing

@testable import Alerts

@Suite("Quantities of rules")
struct QuantityTests {
    private func measure(_ rule: String, _ inputs: [AlertInput]) throws -> [[Reading]] {
        var meter = RuleMeter(try plan("- {name: r, \(rule)}").rules[0])
        return inputs.map { meter.readings($0) }
    }

    private func numbers(_ rule: String, _ inputs: [AlertInput]) throws -> [[Double]] {
        try measure(rule, inputs).map { readings in
            readings.map { reading in
                if case .number(let number) = reading.value { number } else { .nan }
            }
        }
    }

    private func count(_ time: Double, _ value: UInt64) -> AlertInput {
        look(time) { $0.counters = [("frames_total", value), ("figure_e8", value)] }
    }

    @Test func `a rate is taken over its whole span, and is not known before`() throws {
        let rule = "quantity: counter_rate, of: frames_total, over: 4s, when: above, threshold: 1/s"
        let values = try numbers(
            rule, [count(0, 100), count(2, 200), count(4, 500), count(6, 500), count(8, 540)])
        #expect(values == [[], [], [100], [75], [10]])
    }

    @Test func `an increase counts from the first look while its span is not over`() throws {
        let rule =
            "quantity: counter_increase, of: frames_total, over: 4s, when: above, threshold: 0"
        let values = try numbers(
            rule, [count(0, 100), count(2, 101), count(4, 101), count(6, 101), count(8, 101)])
        #expect(values == [[0], [1], [1], [0], [0]])
    }

    @Test func `a count that went down begins anew`() throws {
        let rule =
            "quantity: counter_increase, of: frames_total, over: 60s, when: above, threshold: 0"
        #expect(
            try numbers(rule, [count(0, 100), count(1, 3), count(2, 3), count(3, 5)])
                == [[0], [], [0], [2]])
    }

    @Test func `a new run of the engine begins its windows anew, and its drawdown`() throws {
        var alerts = try evaluator(
            """
            - {name: c, quantity: counter_increase, of: frames_total, over: 60s, when: above,
               threshold: 5, actions: [out]}
            - {name: d, quantity: drawdown, of: total, when: above, threshold: 5, actions: [out]}
            """)
        func run(_ time: Double, _ start: UInt64, _ frames: UInt64, _ profit: Int64) -> AlertInput {
            look(time) { input in
                input.startTimeNs = start
                input.counters = [("frames_total", frames)]
                var status = InstrumentData()
                status.realisedE8 = profit * 100_000_000
                input.instruments = [("BTC-USDT", "okx", status)]
            }
        }
        #expect(alerts.told(run(0, 1, 0, 0)) == [])
        #expect(alerts.told(run(1, 1, 5, 100)) == [])
        #expect(alerts.told(run(2, 2, 100, 0)) == [], "another run: nothing to compare with")
        #expect(alerts.told(run(3, 2, 106, -6)) == ["firing c 6", "firing d 6"])
    }

    @Test func `gauges of money are in whole units`() throws {
        let rule = "quantity: gauge, of: figure_e8, when: above, threshold: 0"
        #expect(try numbers(rule, [count(0, 250_000_000)]) == [[2.5]])
    }

    private func histogram(_ values: [UInt64]) -> HistogramSnapshot {
        var counts = [UInt64](repeating: 0, count: Int(APUS_HISTOGRAM_BUCKET_COUNT))
        for value in values { counts[Int(apus_histogram_index(value))] += 1 }
        let data = HistogramSnapshot(
            counts: counts, total: UInt64(values.count), maximum: values.max() ?? 0)
        return data
    }

    @Test func `a percentile is that of the span's values alone`() throws {
        let rule = "quantity: percentile, of: '*', percentile: 50, over: 2s, samples: 3, "
            + "when: above, threshold: 1us"
        let slow = [UInt64](repeating: 5_000, count: 100)
        let inputs = [slow, slow + [10, 20], slow + [10, 20, 30], slow + [10, 20, 30, 40, 50, 60]]
            .enumerated().map { time, values in
                look(Double(time)) { $0.histograms = [histogram(values)] }
            }
        #expect(try numbers(rule, inputs) == [[], [], [20], [40]])
    }

    private func instrument(
        _ symbol: String, _ venue: String, _ change: (inout InstrumentData) -> Void
    ) -> (symbol: String, venue: String, status: InstrumentData) {
        var status = InstrumentData()
        status.isBookValid = 1
        status.lastUpdateNs = epochNs
        change(&status)
        return (symbol, venue, status)
    }

    @Test func `instruments are named by symbol, by symbol and venue, by pattern, or together`()
        throws
    {
        let input = look(3) { input in
            input.instruments = [
                instrument("BTC-USDT", "okx") {
                    $0.realisedE8 = 600_000_000
                    $0.feesE8 = 100_000_000
                    $0.fundingE8 = 100_000_000
                    $0.openOrders = 2
                },
                instrument("BTC-USDT", "binance-usdm") {
                    $0.unrealisedE8 = -700_000_000
                    $0.isBookValid = 0
                    $0.lastUpdateNs = epochNs + second
                },
                instrument("ETH-USDT", "okx") { $0.lastUpdateNs = 0 },
            ]
        }
        let profit = "quantity: profit, when: below, threshold: 0"
        #expect(try numbers(profit, [input]) == [[-3]])
        #expect(try numbers(profit + ", of: BTC-USDT", [input]) == [[4, -7]])
        #expect(try numbers(profit + ", of: BTC-USDT@okx", [input]) == [[4]])
        #expect(try numbers(profit + ", of: '*@okx'", [input]) == [[4, 0]])
        let labels = try measure(profit + ", of: '*'", [input])[0].map(\.labels)
        #expect(
            labels == [["BTC-USDT", "okx"], ["BTC-USDT", "binance-usdm"], ["ETH-USDT", "okx"]])
        #expect(
            try numbers("quantity: book_age, when: above, threshold: 1s", [input])
                == [[3e9, 2e9]], "no age before the first update")
        #expect(
            try numbers("quantity: open_orders, when: above, threshold: 1", [input]) == [[2, 0, 0]])
        #expect(
            try measure("quantity: book_invalid", [input])[0].map(\.value)
                == [.condition(false), .condition(true), .condition(false)])
    }

    @Test func `stages, rings, models and the engine have their values`() throws {
        let input = look(2) { input in
            input.stages = [("parser", epochNs + second), ("idle", 0)]
            input.rings = [("events", 6, 8), ("none", 0, 0)]
            var status = ModelData()
            status.state = ModelState.setAside.rawValue
            status.judged = 1
            status.driftBits = (0.5).bitPattern
            input.models = [("fast", status)]
            input.tradingState = nil
            input.isAlive = false
        }
        #expect(
            try numbers("quantity: heartbeat_age, when: above, threshold: 1s", [input]) == [[1e9]])
        #expect(
            try numbers("quantity: ring_fill, when: above, threshold: 5%", [input]) == [[0.75]])
        #expect(
            try numbers("quantity: model_drift, when: above, threshold: 1", [input]) == [[0.5]])
        #expect(
            try measure("quantity: model_state, when: is, threshold: 'on'", [input])[0]
                .map(\.value) == [.word("set aside")])
        #expect(
            try measure("quantity: trading_state, when: is, threshold: NONE", [input])[0]
                .map(\.value) == [.word("NONE")])
        #expect(
            try measure("quantity: engine_dead", [input])[0].map(\.value) == [.condition(true)])
    }

    @Test(arguments: [
        (Quantity.Unit.duration, "20us", 20_000, "20.0us"), (.duration, "1.5s", 1.5e9, "1.50s"),
        (.percent, "80%", 0.8, "80.0%"), (.percent, "99.99%", 0.9999, "100.0%"),
        (.perSecond, "0.5/s", 0.5, "0.50/s"), (.number, "-250.5", -250.5, "-250.5000"),
        (.number, "3", 3, "3"),
    ])
    func `a threshold has its unit`(
        unit: Quantity.Unit, text: String, number: Double, shown: String
    ) throws {
        #expect(abs(try #require(unit.number(text)) - number) <= 1e-12 * abs(number))
        #expect(unit.text(number) == shown)
    }

    @Test func `an age of a heartbeat is held against its threshold to the nanosecond`() throws {
        var alerts = try evaluator(
            "- {name: s, quantity: heartbeat_age, when: above, threshold: 1s, actions: [out]}")
        let beat = { (ageNs: UInt64) in
            look(Double(ageNs % 100)) { $0.stages = [("parser", $0.timeNs - ageNs)] }
        }
        #expect(alerts.told(beat(1_000_000_000)) == [])
        #expect(alerts.told(beat(1_000_000_001)) == ["firing s 1.00s"])
        #expect(alerts.told(beat(999_999_999)) == ["resolved s 999ms"])
    }

    @Test(arguments: [
        ("abc", "abc", true), ("abc", "abcd", false), ("*", "", true), ("a*", "abc", true),
        ("*c", "abc", true), ("a*c", "abc", true), ("a*c", "ac", true), ("ab*bc", "abc", false),
        ("a*b*c", "a1b2c", true), ("a*b*c", "a1c2b", false), ("**", "x", true),
    ])
    func `a star stands for any characters`(pattern: String, name: String, isMatch: Bool) {
        #expect(NamePattern.matches(pattern, name) == isMatch)
    }

    @Test func `windows keep a bounded number of samples`() {
        var window = SampleWindow<UInt64>(spanNs: 60 * second)
        var ages: [UInt64] = []
        for look in 0..<100_000 {
            let timeNs = epochNs + UInt64(look) * second / 100
            if let base = window.base(at: timeNs, UInt64(look)), base.isFull {
                ages.append(base.ageNs)
            }
        }
        #expect((ages.min() ?? 0) >= 60 * second)
        #expect((ages.max() ?? 0) <= 62 * second, "a span and its sixtieth")
        #expect(window.count <= 63)
    }

    @Test func `a check says what a rule means and whether its names are there`() throws {
        let plan = try plan(
            """
            - {name: a, quantity: counter_rate, of: frames_totl, over: 4s, when: above,
               threshold: 1/s, for: 2s, actions: [out]}
            - {name: b, quantity: ring_fill, when: above, threshold: 80%, clear: 50%}
            - {name: c, quantity: engine_dead}
            """)
        let review = AlertReview(plan, in: count(0, 1))
        #expect(review.isLacking)
        #expect(
            review.text.split(separator: "\n").map(String.init) == [
                "a (warning): when the rate of frames_totl over 4.00s is above 1/s for 2.00s; "
                    + "tells out",
                "  NOT THERE: 'frames_totl'; did you mean 'frames_total'?",
                "b (warning): when the fill of ring * is above 80%; ends at 50.0%; tells nobody",
                "  nothing matches '*' now",
                "c (warning): when the engine's process is gone; tells nobody",
                "  there",
                "action out: a line on standard error, up to 64 waiting",
            ])
        #expect(!AlertReview(plan, in: nil).isLacking, "nothing to look names up in")
    }
}
