//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages
import Venues

/// Of connections that carry the same streams, the one that is listened to.
///
/// Data is taken from one line at a time; when that is lost, from another that is up. Where lines
/// change over, messages may be missing or come twice, as they do where there is one line alone.
struct HeardLines {
    private let groups: [UInt16: Int]
    /// By group: the lines that are up, and the one listened to.
    private var up: [Set<UInt16>]
    private var heard: [UInt16?]

    /// - Parameter venue: Of the market connections of `plan` that count.
    init(_ plan: ConnectionPlan, _ venue: Venue) {
        var groups: [UInt16: Int] = [:]
        for (index, group) in plan.lineGroups.filter({ $0.venue == venue }).enumerated() {
            for id in group.lines + [group.spare] { groups[id] = index }
        }
        var next = groups.values.max().map { $0 + 1 } ?? 0
        for (id, role) in plan.roles.enumerated() {
            guard case .market(_, let owner, _) = role, owner == venue,
                groups[UInt16(id)] == nil
            else { continue }
            groups[UInt16(id)] = next
            next += 1
        }
        self.groups = groups
        up = Array(repeating: [], count: next)
        heard = Array(repeating: nil, count: next)
    }

    /// Takes note of one frame of a connection; `true` for data to be listened to.
    mutating func take(_ connection: UInt16, _ kind: FrameKind) -> Bool {
        guard let group = groups[connection] else { return false }
        switch kind {
        case .connected: up[group].insert(connection)
        case .disconnected:
            up[group].remove(connection)
            if heard[group] == connection { heard[group] = up[group].min() }
        case .text, .binary:
            if heard[group] == nil { heard[group] = connection }
            return heard[group] == connection
        default: break
        }
        return false
    }
}
