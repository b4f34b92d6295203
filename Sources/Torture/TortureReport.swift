//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What was promised and did not hold.
public struct TortureViolation: Sendable {
    public let seed: UInt64
    /// "I5", as in the list of invariants.
    public let invariant: String
    public let message: String
    public let virtualNs: UInt64
    public let eventNumber: UInt64
    /// The last things that happened, oldest first.
    public let history: [String]

    public var text: String {
        "violation \(invariant) seed \(seed) event \(eventNumber) "
            + "at \(virtualNs / 1_000_000) ms: \(message)\n"
            + history.map { "  \($0)\n" }.joined()
    }
}

/// What a simulation saw.
public struct TortureReport: Sendable {
    public var hours = 0
    public var seeds: [UInt64] = []
    public var events: UInt64 = 0
    public var intents: UInt64 = 0
    public var orders: UInt64 = 0
    public var cancels: UInt64 = 0
    public var modifies: UInt64 = 0
    public var fills: UInt64 = 0
    public var unknown: UInt64 = 0
    public var restarts: UInt64 = 0
    public var kills: UInt64 = 0
    /// By fault, in order of `TortureFault.allCases`.
    public var faults: [Int] = Array(repeating: 0, count: TortureFault.allCases.count)
    /// Verdicts of risk by number.
    public var verdicts: [UInt64] = Array(repeating: 0, count: 256)
    public var violations: [TortureViolation] = []
    /// Over everything that happened, of all seeds.
    public var hash: UInt64 = 0

    public init() {}

    public mutating func add(_ other: TortureReport) {
        hours += other.hours
        seeds += other.seeds
        events += other.events
        intents += other.intents
        orders += other.orders
        cancels += other.cancels
        modifies += other.modifies
        fills += other.fills
        unknown += other.unknown
        restarts += other.restarts
        kills += other.kills
        for place in faults.indices { faults[place] += other.faults[place] }
        for place in verdicts.indices { verdicts[place] += other.verdicts[place] }
        violations += other.violations
        // The same in whichever order threads end.
        hash &+= other.hash
    }

    /// Requests whose answer never came, came late, or said nothing.
    public var timeouts: Int {
        [.ackLost, .ackLate, .unknownOutcome].reduce(0) { $0 + faults[FaultPlan.place($1)] }
    }

    public var text: String {
        let named = zip(TortureFault.allCases, faults).map { "\($0.rawValue)=\($1)" }
        let range = seeds.count == 1 ? "\(seeds[0])" : "\(seeds.min() ?? 0)...\(seeds.max() ?? 0)"
        let refused = verdicts.enumerated().filter { $0.element > 0 }
            .map { "\($0.offset)=\($0.element)" }
        return """
            hours \(hours) seeds \(range) events \(events) intents \(intents)
            orders \(orders) cancels \(cancels) modifies \(modifies) fills \(fills) \
            unknown \(unknown) restarts \(restarts) kills \(kills)
            verdicts \(refused.joined(separator: " "))
            faults \(named.joined(separator: " "))
            hash \(String(hash, radix: 16))
            violations \(violations.count)
            """
    }
}
