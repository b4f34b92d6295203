//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages
import Transport
import Venues

/// The connections of a run. A connection's id is its place; 0 is the inbox of the cold threads.
struct ConnectionPlan {
    private(set) var roles: [ConnectionRole] = [.inbox]
    private(set) var specifications: [ConnectionSpecification] = []
    /// Where orders of a venue go.
    private(set) var orderConnections: [Venue: UInt16] = [:]
    /// The connections that bring the books of a venue, each a line.
    private(set) var bookLines: [Venue: [UInt16]] = [:]
    /// Where the account of a venue is reported.
    private(set) var userStreams: [Venue: UInt16] = [:]

    var count: Int { roles.count }

    /// The id that the next connection gets.
    var nextID: UInt16 { UInt16(roles.count) }

    mutating func add(_ role: ConnectionRole, _ specification: ConnectionSpecification) {
        precondition(specification.id == nextID, "connections in the order of their ids")
        switch role {
        case .orderEntry: orderConnections[.binanceUSDM] = nextID
        case .userStream: userStreams[.binanceUSDM] = nextID
        case .privateStream(let venue):
            orderConnections[venue] = nextID
            userStreams[venue] = nextID
        case .market(let instruments, let venue, _):
            if !instruments.isEmpty { bookLines[venue, default: []].append(nextID) }
        case .inbox: break
        }
        roles.append(role)
        specifications.append(specification)
    }
}
