//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Telemetry
import Transport
import Venues

/// Replaces the market data connections of one venue before the venue ends them, from its cold
/// thread: the new one is opened first, and both are lines of the same streams until it has
/// delivered, so that no message is lost.
final class LineRotation {
    /// One line of market data, with the connection that can take its place.
    private struct Line {
        var current: UInt16
        var rotation: ConnectionRotation
        /// When `current` was made as last seen; 0: it is not there.
        var madeNs: UInt64 = 0
        /// The replacement that was asked for, and when; `nil`: none.
        var replacement: (id: UInt16, sinceNs: UInt64)?
    }

    /// Lines that carry the same streams share one spare connection.
    private struct Group {
        var lines: [Line]
        var spare: UInt16
    }

    private let connector: Connector
    private var groups: [Group]
    /// Counts of announcements that the venue is about to close connections.
    private let announcements: Counter?
    private var announced: UInt64
    private let replaced: Counter
    private let failed: Counter

    private static let openTimeoutNs: UInt64 = 30_000_000_000

    init(
        _ plan: [ConnectionPlan.LineGroup], connector: Connector, times: ConnectionRotation.Times,
        announcements: Counter?, telemetry: TelemetryWriter, seed: UInt64
    ) {
        self.connector = connector
        var share = seed
        groups = plan.map { group in
            Group(
                lines: group.lines.map { id in
                    share = share &* 6_364_136_223_846_793_005 &+ 1
                    return Line(
                        current: id, rotation: ConnectionRotation(times, seed: share >> 8))
                }, spare: group.spare)
        }
        self.announcements = announcements
        announced = announcements?.value ?? 0
        replaced = telemetry.counter("cold_connections_replaced_total")
        failed = telemetry.counter("cold_replacements_failed_total")
    }

    func advance(nowNs: UInt64) {
        let count = announcements?.value ?? 0
        let isAnnounced = count != announced
        announced = count
        for index in groups.indices {
            for line in groups[index].lines.indices {
                if isAnnounced { groups[index].lines[line].rotation.announced(nowNs: nowNs) }
                advance(&groups[index], line, nowNs)
            }
        }
    }

    private func advance(_ group: inout Group, _ index: Int, _ nowNs: UInt64) {
        observe(&group, index, nowNs)
        observeReplacement(&group, index, nowNs)
        // The spare is one: whoever finds it taken waits.
        let isTaken = group.lines.indices.contains {
            $0 != index && group.lines[$0].replacement != nil
        }
        if isTaken { return }
        switch group.lines[index].rotation.act(nowNs: nowNs) {
        case .openReplacement:
            group.lines[index].replacement = (group.spare, nowNs)
            connector.setWanted(group.spare, true)
        case .dropOld: takeOver(&group, index)
        case nil: break
        }
    }

    /// The replacement has the place now; what it replaced is the spare.
    private func takeOver(_ group: inout Group, _ index: Int) {
        let old = group.lines[index].current
        group.lines[index].current = group.spare
        group.lines[index].madeNs = connector.status(group.spare).connectedNs
        group.lines[index].replacement = nil
        group.spare = old
        connector.setWanted(old, false)
        replaced.increment()
    }

    /// Tells the plan of a connection that came or went by itself.
    private func observe(_ group: inout Group, _ index: Int, _ nowNs: UInt64) {
        let status = connector.status(group.lines[index].current)
        if status.isConnected, status.connectedNs != group.lines[index].madeNs {
            // New, or made anew since it was last seen.
            group.lines[index].madeNs = status.connectedNs
            group.lines[index].rotation.opened(nowNs: status.connectedNs)
        } else if !status.isConnected, group.lines[index].madeNs != 0 {
            group.lines[index].madeNs = 0
            group.lines[index].rotation.lost(nowNs: nowNs)
            // A replacement that is there already goes on alone.
            if let (id, _) = group.lines[index].replacement, connector.status(id).isConnected,
                group.lines[index].rotation.dueNs != nil
            {
                takeOver(&group, index)
            }
        }
        // The plan has turned to one connection again: nobody waits for the replacement.
        if let (id, _) = group.lines[index].replacement, group.lines[index].rotation.dueNs != nil {
            group.lines[index].replacement = nil
            connector.setWanted(id, false)
        }
    }

    private func observeReplacement(_ group: inout Group, _ index: Int, _ nowNs: UInt64) {
        guard let (id, sinceNs) = group.lines[index].replacement else { return }
        let status = connector.status(id)
        if status.isConnected {
            group.lines[index].rotation.replacementOpened(nowNs: status.connectedNs)
            if status.messageCount > 0 {
                group.lines[index].rotation.replacementDelivered(nowNs: nowNs)
            }
        } else if nowNs > sinceNs, nowNs - sinceNs > Self.openTimeoutNs {
            group.lines[index].rotation.replacementFailed(nowNs: nowNs)
            group.lines[index].replacement = nil
            connector.setWanted(id, false)
            failed.increment()
        }
    }
}
