//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Configuration
import Messages
import Transport
import Venues

/// The connections of a run. A connection's id is its place; 0 is the inbox of the cold threads.
struct ConnectionPlan {
    private(set) var roles: [ConnectionRole] = [.inbox]
    private(set) var specifications: [ConnectionSpecification] = []
    /// Lines of one venue that carry the same streams, and a connection that is made only to take
    /// the place of one of them.
    struct LineGroup {
        let venue: Venue
        var lines: [UInt16] = []
        var spare: UInt16 = 0
    }

    private(set) var lineGroups: [LineGroup] = []
    /// Where orders of a venue go.
    private(set) var orderConnections: [Venue: UInt16] = [:]
    /// The connections that bring the books of a venue, each a line.
    private(set) var bookLines: [Venue: [UInt16]] = [:]
    /// Where the account of a venue is reported.
    private(set) var userStreams: [Venue: UInt16] = [:]

    var count: Int { roles.count }

    /// The connections of every venue, in the order of `setups`.
    ///
    /// - Parameter purpose: Recording needs the public streams only.
    init(
        _ settings: Settings, _ setups: [VenueSetup], _ instruments: InstrumentTable,
        for purpose: VenueAccess.Purpose
    ) {
        for setup in setups {
            let ids = (0..<UInt32(instruments.count)).filter {
                instruments[$0].venue == setup.venue
            }
            let symbols = ids.map { instruments[$0].venueSymbolText }
            switch setup.venue {
            case .okx:
                OKXConnections.addMarket(
                    to: &self, settings, setup, instruments: ids, symbols: symbols)
            case .binanceSpot:
                BinanceSpotConnections.addMarket(
                    to: &self, settings, setup, instruments: ids, symbols: symbols)
            default:
                BinanceConnections.addMarket(
                    to: &self, settings, setup, instruments: ids, symbols: symbols)
            }
            if purpose == .recording || !setup.venue.takesOrders { continue }
            if setup.venue == .okx {
                OKXConnections.addAccount(to: &self, setup)
            } else {
                BinanceConnections.addAccount(to: &self, setup)
            }
        }
    }

    /// The id that the next connection gets.
    var nextID: UInt16 { UInt16(roles.count) }

    /// Adds `count` connections for the same streams, and a spare one.
    ///
    /// - Parameter specification: Of one connection, by its id, its line, and whether it is spare.
    mutating func addLines(
        count: Int, instruments: [UInt32], venue: Venue,
        _ specification: (UInt16, Int, Bool) -> ConnectionSpecification
    ) {
        var group = LineGroup(venue: venue)
        for line in 0...count {
            let id = nextID
            add(
                .market(instruments: instruments, venue: venue, line: line),
                specification(id, line, line == count))
            if line == count { group.spare = id } else { group.lines.append(id) }
        }
        lineGroups.append(group)
    }

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
