//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import SeededRandom

/// What can go wrong in a simulated hour.
public enum TortureFault: String, CaseIterable, Sendable {
    // Network.
    case reset
    case halfOpen = "half-open"
    case lateDelivery = "late-delivery"
    case delay
    case slowNetwork = "slow-network"
    // Orders: what becomes of a reply, or of a request on its way through the venue.
    case ackLost = "ack-lost"
    case ackLate = "ack-late"
    case rejectLate = "reject-late"
    case unknownOutcome = "unknown-outcome"
    case slowVenue = "slow-venue"
    case fillBeforeAck = "fill-before-ack"
    // Pushes of the account's stream.
    case duplicatePush = "duplicate-push"
    case latePush = "late-push"
    // The account.
    case externalOrder = "external-order"
    case liquidation
    case venueExpiry = "venue-expiry"
    // Sessions.
    case listenKeyExpiry = "listen-key-expiry"
    case restFailure = "rest-failure"
    case writeFailure = "write-failure"
    // Clock, operator and process.
    case clockStep = "clock-step"
    case kill
    case reducing
    case restart

    /// Strikes at instants of its own; the others at an opportunity.
    var isTimed: Bool {
        switch self {
        case .reset, .halfOpen, .lateDelivery, .delay, .externalOrder, .liquidation,
            .venueExpiry, .listenKeyExpiry, .writeFailure, .clockStep, .kill, .reducing,
            .restart:
            true
        default: false
        }
    }
}

/// The faults of one hour: none, one, a pair, three or all, each with a rate drawn from the seed.
struct FaultPlan {
    /// Chance at an opportunity, or of striking at one of a burst's instants.
    private(set) var chances: [Double] = Array(repeating: 0, count: TortureFault.allCases.count)
    private(set) var timed: [TortureFault] = []

    static let none = FaultPlan()

    private init() {}

    init(_ random: inout SplitMix64, from allowed: [TortureFault]) {
        if allowed.isEmpty { return }
        let count: Int
        switch random.below(10) {
        case 0: count = 0
        case 1...3: count = 1
        case 4...7: count = 2
        case 8: count = 3
        default: count = allowed.count
        }
        var left = allowed
        for _ in 0..<min(count, left.count) {
            let fault = left.remove(at: random.below(left.count))
            let rates = [0.02, 0.05, 0.1, 0.3]
            set(fault, rates[random.below(rates.count)])
        }
    }

    init(_ fixed: [(fault: TortureFault, chance: Double)]) {
        for (fault, chance) in fixed { set(fault, chance) }
    }

    mutating func set(_ fault: TortureFault, _ chance: Double) {
        chances[Self.place(fault)] = chance
        if fault.isTimed, !timed.contains(fault) { timed.append(fault) }
    }

    func chance(_ fault: TortureFault) -> Double { chances[Self.place(fault)] }

    static func place(_ fault: TortureFault) -> Int { places[fault] ?? 0 }

    private static let places = Dictionary(
        uniqueKeysWithValues: zip(TortureFault.allCases, 0...))
}
