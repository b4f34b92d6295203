//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages
import SeededRandom
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

    /// Random signals of three instruments, the reports a venue would give for the intents that
    /// follow from them, and some reports nobody waits for.
    static func course(_ configuration: StrategyConfiguration, seed: UInt64) throws -> [Record] {
        var random = SplitMix64(seed: seed)
        let harness = try StrategyHarness(configuration, instruments: 3)
        var records: [Record] = []
        var due: [(sequence: UInt64, report: ExecutionReport)] = []
        var answered = 0
        for sequence: UInt64 in 1...400 {
            var now = due.filter { $0.sequence == sequence }.map { Record.report($0.report) }
            if Int.random(in: 0..<20, using: &random) == 0 {
                now.append(
                    .report(
                        Fixtures.report(
                            sequence: sequence, order: UInt64.random(in: 90...140, using: &random),
                            .unknown, .unknown, position: 1, leaves: 1, instrument: 2)))
            }
            for _ in 0..<Int.random(in: 0...2, using: &random) {
                now.append(.signal(signal(sequence, &random)))
            }
            for record in now { push(record, harness) }
            records += now
            harness.advance(to: sequence)
            harness.run(judge)
            for sent in harness.sent[answered...] {
                due += reports(of: sent, after: sequence, &random)
            }
            answered = harness.sent.count
        }
        return records
    }

    static func signal(_ sequence: UInt64, _ random: inout SplitMix64) -> Signal {
        Fixtures.signal(
            sequence: sequence, bidQuantity: UInt32.random(in: 0...9, using: &random),
            askQuantity: UInt32.random(in: 0...9, using: &random),
            score: Float.random(in: -3...3, using: &random),
            isValid: UInt8.random(in: 0...3, using: &random) == 0 ? 0 : 1,
            instrument: UInt32.random(in: 0...2, using: &random))
    }

    /// An acceptance and an end, some sequences later; an end only for a cancel.
    static func reports(
        of sent: Sent, after sequence: UInt64, _ random: inout SplitMix64
    ) -> [(sequence: UInt64, report: ExecutionReport)] {
        let first = sequence + UInt64.random(in: 1...4, using: &random)
        let last = first + UInt64.random(in: 0...30, using: &random)
        let position = Int64.random(in: -8...8, using: &random)
        let ends: [(Execution, OrderStatus)] = [
            (.fill, .filled), (.canceled, .canceled), (.expired, .expired), (.rejected, .rejected),
        ]
        let end = ends.randomElement(using: &random)!
        let ended = Fixtures.report(
            sequence: last, order: sent.id, end.0, end.1, position: position,
            instrument: sent.instrument)
        if sent.kind == .cancel { return [(last, ended)] }
        let accepted = Fixtures.report(
            sequence: first, order: sent.id, .accepted, .open, position: 0, leaves: sent.quantity,
            instrument: sent.instrument)
        return [(first, accepted), (last, ended)]
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
        for seed: UInt64 in 1...6 {
            let course = try Self.course(configuration, seed: seed)
            let reference = try StrategyHarness(configuration, instruments: 3)
            Self.allAtOnce(course, reference)
            #expect(reference.sent.count > 20, "seed \(seed)")
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
