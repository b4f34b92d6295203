//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import SeededRandom

/// One connection between engine and venue in virtual time: order kept, delays drawn, and lost in
/// the ways connections are lost. An epoch is one life of it; what was sent in an earlier one can
/// still arrive at the venue, and its answers reach nobody.
struct Link {
    enum Name: Int, CaseIterable {
        case orderEntry, userStream

        var connection: UInt16 {
            switch self {
            case .orderEntry: Engine.Connection.orderEntry
            case .userStream: Engine.Connection.userStream
            }
        }
    }

    let name: Name
    var epoch = 0
    /// As the engine sees it.
    var isUp = false
    /// Lives that the venue has not noticed the end of.
    var openAtVenue: Set<Int> = []
    /// Nothing gets through, either way, and nobody has noticed.
    var isDead = false
    /// One way, without jitter.
    var latencyNs: UInt64 = 2_000_000
    var jitterNs: UInt64 = 500_000
    /// What is sent is held back until then.
    var heldUntilNs: UInt64 = 0
    /// When the latest bytes of a direction arrive: TCP keeps order.
    private var lastAtVenueNs: UInt64 = 0
    private var lastAtEngineNs: UInt64 = 0

    init(_ name: Name) { self.name = name }

    /// Link and epoch in one number.
    var tag: Int { epoch << 4 | name.rawValue }

    static func parts(_ tag: Int) -> (name: Name, epoch: Int) {
        (Name(rawValue: tag & 15) ?? .orderEntry, tag >> 4)
    }

    mutating func arrivalAtVenue(_ nowNs: UInt64, _ random: inout SplitMix64) -> UInt64 {
        lastAtVenueNs = max(lastAtVenueNs + 1, arrival(nowNs, &random))
        return lastAtVenueNs
    }

    mutating func arrivalAtEngine(_ nowNs: UInt64, _ random: inout SplitMix64) -> UInt64 {
        lastAtEngineNs = max(lastAtEngineNs + 1, arrival(nowNs, &random))
        return lastAtEngineNs
    }

    private func arrival(_ nowNs: UInt64, _ random: inout SplitMix64) -> UInt64 {
        max(nowNs, heldUntilNs) + latencyNs + UInt64(random.below(Int(jitterNs) + 1))
    }

    /// A new life begins; order holds within a life only.
    mutating func open() {
        epoch += 1
        isUp = true
        isDead = false
        heldUntilNs = 0
        openAtVenue.insert(epoch)
        lastAtVenueNs = 0
        lastAtEngineNs = 0
    }
}
