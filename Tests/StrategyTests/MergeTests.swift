//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages
import Rings
import Strategy
import Testing

/// One recorded course of events must give the same intents however it arrives.
@Suite("Strategy merge")
struct MergeTests {
    enum Record {
        case signal(Signal)
        case report(ExecutionReport)
    }

    /// Random signals and reports of three instruments; the reports' order ids guess at what the
    /// strategy will have sent, so many hit and many are stale.
    static func course(seed: UInt64) -> [Record] {
        var random = SplitMix64(seed: seed)
        var records: [Record] = []
        var sequence: UInt64 = 0
        for _ in 0..<600 {
            sequence += UInt64.random(in: 0...3, using: &random)
            let instrument = UInt32.random(in: 0...2, using: &random)
            if Int.random(in: 0..<3, using: &random) > 0 {
                records.append(
                    .signal(
                        Fixtures.signal(
                            sequence: max(sequence, 1),
                            bidQuantity: UInt32.random(in: 0...9, using: &random),
                            askQuantity: UInt32.random(in: 0...9, using: &random),
                            score: Float.random(in: -3...3, using: &random),
                            isValid: UInt8.random(in: 0...3, using: &random) == 0 ? 0 : 1,
                            instrument: instrument)))
                continue
            }
            let status: [OrderStatus] = [
                .pending, .unknown, .open, .partiallyFilled, .filled, .canceled, .expired,
                .rejected,
            ]
            let executions: [Execution] = [
                .accepted, .fill, .canceled, .expired, .cancelRejected, .unknown,
            ]
            records.append(
                .report(
                    Fixtures.report(
                        sequence: max(sequence, 1),
                        order: 101 + UInt64.random(in: 0...(sequence / 8 + 1), using: &random),
                        executions.randomElement(using: &random)!,
                        status.randomElement(using: &random)!,
                        position: Int64.random(in: -12...12, using: &random),
                        leaves: Int64.random(in: 0...4, using: &random), instrument: instrument)))
        }
        return records
    }

    static func sequence(_ record: Record) -> UInt64 {
        switch record {
        case .signal(let signal): signal.sequence
        case .report(let report): report.sequence
        }
    }

    /// A verdict that depends on the intent alone.
    static func judge(_ intent: OrderIntent) -> Verdict {
        intent.orderID % 5 == 0 ? .openOrderCount : .approved
    }

    static func push(_ record: Record, _ harness: StrategyHarness) {
        switch record {
        case .signal(let signal): harness.push(signal)
        case .report(let report): harness.push(report)
        }
    }

    static func allAtOnce(_ course: [Record], _ harness: StrategyHarness) {
        for record in course { push(record, harness) }
        harness.advance(to: .max)
        harness.run(judge)
    }

    static func oneByOne(_ course: [Record], _ harness: StrategyHarness) {
        for record in course {
            push(record, harness)
            harness.advance(to: sequence(record) - 1)
            harness.run(judge)
        }
        harness.advance(to: .max)
        harness.run(judge)
    }

    /// Each ring in blocks of its own length, watermarks late and apart.
    static func uneven(_ course: [Record], _ harness: StrategyHarness, seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var signals = course.filter { if case .signal = $0 { true } else { false } }[...]
        var reports = course.filter { if case .report = $0 { true } else { false } }[...]
        while !signals.isEmpty || !reports.isEmpty {
            for record in signals.prefix(Int.random(in: 0...9, using: &random)) {
                push(record, harness)
                signals = signals.dropFirst()
            }
            if Bool.random(using: &random), let next = signals.first {
                harness.signals.advanceWatermark(to: sequence(next) - 1)
            }
            if Bool.random(using: &random) { harness.run(judge) }
            for record in reports.prefix(Int.random(in: 0...9, using: &random)) {
                push(record, harness)
                reports = reports.dropFirst()
            }
            if Bool.random(using: &random), let next = reports.first {
                harness.updates.advanceWatermark(to: sequence(next) - 1)
            }
            harness.run(judge)
        }
        harness.advance(to: .max)
        harness.run(judge)
    }

    @Test(arguments: [
        StrategyConfiguration.signalThreshold(Fixtures.threshold(cooldownMs: 3)),
        .signalThreshold(Fixtures.threshold(style: .postOnly)),
        .reflex(Fixtures.reflex(intervalMs: 4, style: .postOnly, working: 3)),
        .reflex(Fixtures.reflex(imbalance: 0.2, side: .imbalance)),
    ])
    func `the same records give the same intents however they arrive`(
        _ configuration: StrategyConfiguration
    ) throws {
        for seed: UInt64 in 1...12 {
            let course = Self.course(seed: seed)
            let reference = try StrategyHarness(configuration, instruments: 3)
            Self.allAtOnce(course, reference)
            #expect(reference.sent.count > 10, "seed \(seed)")
            let single = try StrategyHarness(configuration, instruments: 3)
            Self.oneByOne(course, single)
            #expect(single.sent == reference.sent, "one by one, seed \(seed)")
            for way: UInt64 in 1...3 {
                let uneven = try StrategyHarness(configuration, instruments: 3)
                Self.uneven(course, uneven, seed: seed * 100 + way)
                #expect(uneven.sent == reference.sent, "uneven, seed \(seed), way \(way)")
            }
        }
    }
}
