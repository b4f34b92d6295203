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
    /// The parser's number of the connection.
    let connection: UInt16
    /// Place in the world's list, and its venue's.
    let place: Int
    let port: Int
    /// Requests go by it, pushes come by it.
    let carriesOrders: Bool
    let carriesPushes: Bool
    var epoch = 0
    /// As the engine sees it.
    var isUp = false
    /// When requests of an earlier life arrive at last, by epoch.
    var lateUntilNs: [Int: UInt64] = [:]
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

    init(_ connection: UInt16, place: Int, port: Int, orders: Bool, pushes: Bool) {
        self.connection = connection
        self.place = place
        self.port = port
        carriesOrders = orders
        carriesPushes = pushes
    }

    /// Place and epoch in one number.
    var tag: Int { epoch << 4 | place }

    static func parts(_ tag: Int) -> (place: Int, epoch: Int) { (tag & 15, tag >> 4) }

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
        lastAtVenueNs = 0
        lastAtEngineNs = 0
    }
}
