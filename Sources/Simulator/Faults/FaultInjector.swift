//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import SeededRandom

/// One line of a fault file: what goes wrong, how often and when.
public struct Fault: Equatable, Sendable {
    public var name: FaultName
    /// `nil` for every venue.
    public var venue: VenueName?
    /// Chance at each opportunity, 0...1; with a rate it is 1 at the rate's instants.
    public var probability = 1.0
    /// Mean times a second, at random instants; `nil` for a chance at each opportunity.
    public var ratePerS: Double?
    /// Since the start of the simulator.
    public var fromNs: UInt64 = 0
    public var untilNs = UInt64.max
    public var countMax = Int.max
    public var durationNs: UInt64
    /// A WebSocket close code.
    public var code: UInt16 = 1011
    /// Messages of a burst.
    public var burst = 100
    /// Of a clock: it falls behind, or loses time, instead of running ahead.
    public var isBackward = false
    /// Of a capped connection.
    public var bytesPerS = 4_096

    public init(_ name: FaultName, venue: VenueName? = nil) {
        self.name = name
        self.venue = venue
        durationNs = name.durationNs
    }
}

/// Decides, from a seed, which opportunities for a fault are taken, and counts them.
///
/// Each fault draws from a generator of its own, so that one does not disturb another.
final class FaultInjector {
    private struct Line {
        let fault: Fault
        var random: SplitMix64
        var count = 0
        /// The next instant of a fault that has a rate.
        var dueNs: UInt64
        /// Opportunities at one instant of the clock are a round: what a turn offers to every
        /// connection or instrument.
        var roundNs = UInt64.max
        var roundCount = 0
        /// Opportunities of a round lately.
        var roundMax = 1
        /// Opportunities still to be passed over before a due fault is taken.
        var skips: Int?

        /// Whether a fault that has a rate takes this opportunity. Once due it takes any of a
        /// round's, not the first: all that ask meet it equally often.
        mutating func isTaken(nowNs: UInt64) -> Bool {
            if nowNs != roundNs {
                roundMax = max(roundCount, roundMax - (roundMax + 7) / 8, 1)
                roundNs = nowNs
                roundCount = 0
            }
            roundCount += 1
            guard nowNs >= dueNs else { return false }
            let left = skips ?? random.below(roundMax)
            skips = left > 0 ? left - 1 : nil
            return left == 0
        }
    }

    /// Nothing ever goes wrong.
    static var none: FaultInjector {
        FaultInjector([], seed: 0, clock: VenueClock(startNs: 0, startMs: 0))
    }

    private let clock: VenueClock
    private var lines: [Line] = []
    private var linesByName: [FaultName: [Int]] = [:]
    private(set) var counts: [FaultName: Int] = [:]
    /// For choices among what a fault may strike.
    private var choices: SplitMix64

    init(_ faults: [Fault], seed: UInt64, clock: VenueClock) {
        self.clock = clock
        choices = SplitMix64(seed: seed ^ 0x6368_6F69_6365_0001)
        var seeds = SplitMix64(seed: seed)
        for (index, fault) in faults.enumerated() {
            var line = Line(fault: fault, random: SplitMix64(seed: seeds.next()), dueNs: 0)
            line.dueNs = clock.startNs + fault.fromNs
            if let rate = fault.ratePerS {
                line.dueNs += Self.wait(rate, &line.random)
            }
            lines.append(line)
            linesByName[fault.name, default: []].append(index)
        }
    }

    var isEmpty: Bool { lines.isEmpty }

    private static func wait(_ ratePerS: Double, _ random: inout SplitMix64) -> UInt64 {
        UInt64(min(random.exponential() / ratePerS, 1e6) * 1e9)
    }

    /// Called at each opportunity: the fault when it happens now.
    func fires(_ name: FaultName, _ venue: VenueName) -> Fault? {
        guard let indices = linesByName[name] else { return nil }
        for index in indices {
            let fault = lines[index].fault
            guard isActive(lines[index], venue) else { continue }
            if let rate = fault.ratePerS {
                guard lines[index].isTaken(nowNs: clock.nowNs) else { continue }
                lines[index].dueNs = clock.nowNs + Self.wait(rate, &lines[index].random)
            } else if lines[index].random.unit() >= fault.probability {
                continue
            }
            lines[index].count += 1
            counts[name, default: 0] += 1
            return fault
        }
        return nil
    }

    private func isActive(_ line: Line, _ venue: VenueName) -> Bool {
        let passedNs = clock.nowNs - min(clock.nowNs, clock.startNs)
        return (line.fault.venue ?? venue) == venue && line.count < line.fault.countMax
            && passedNs >= line.fault.fromNs && passedNs < line.fault.untilNs
    }

    /// A fault that is a state and not an event, such as a shorter life of connections.
    func standing(_ name: FaultName, _ venue: VenueName) -> Fault? {
        linesByName[name]?.lazy.map { self.lines[$0] }.first { isActive($0, venue) }?.fault
    }

    /// Counts what a standing fault did.
    func note(_ name: FaultName) { counts[name, default: 0] += 1 }

    /// A number that the faults may use, 0 ..< bound.
    func pick(below bound: Int) -> Int { choices.below(bound) }

    /// How often each fault that was asked for came.
    private var asked: [(name: String, count: Int)] {
        FaultName.allCases.filter { linesByName[$0] != nil }.map { ($0.rawValue, counts[$0] ?? 0) }
    }

    /// " faults gap=3 disconnect=1"; empty when none was asked for.
    var summary: String {
        guard !isEmpty else { return "" }
        return " faults " + asked.map { "\($0.name)=\($0.count)" }.joined(separator: " ")
    }

    /// {"gap":3,"disconnect":1}.
    var json: String {
        "{" + asked.map { "\"\($0.name)\":\($0.count)" }.joined(separator: ",") + "}"
    }
}
