//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import VenueModel

/// Mid prices at the venue by which fills are judged afterwards.
///
/// One an interval; behind a fill more often: at most a tenth of the time since it, at least 50 ms
/// apart. So a mark is never older than a tenth of the horizon that it is taken for.
public struct MarketMarks: Sendable {
    public struct Mark: Sendable, Equatable {
        public let timeNs: Int64
        public let instrumentID: UInt32
        /// Bid plus ask, ticks.
        public let twiceMid: Int64
    }

    /// In time order.
    public private(set) var marks: [Mark] = []

    private let intervalNs: Int64
    /// Of each instrument's last mark and last fill.
    private var markedNs: [Int64]
    private var filledNs: [Int64]
    private var fillsSeen = 0
    /// Nothing is to be noted before.
    private var dueNs = Int64.min

    private static let gapMinNs: Int64 = 50_000_000
    private static let longAgoNs = Int64.min / 4

    init(instrumentCount: Int, intervalNs: Int64) {
        self.intervalNs = intervalNs
        markedNs = Array(repeating: Self.longAgoNs, count: instrumentCount)
        filledNs = markedNs
    }

    /// Takes what is due after an event.
    mutating func note(_ venue: ModelVenue, nowNs: Int64) {
        if venue.fills.count > fillsSeen {
            for fill in venue.fills[fillsSeen...] {
                filledNs[Int(venue.orders[fill.order].instrumentID)] = fill.timeNs
            }
            fillsSeen = venue.fills.count
            dueNs = .min
        }
        guard nowNs >= dueNs else { return }
        dueNs = .max
        for id in markedNs.indices {
            let gapNs = min(max((nowNs - filledNs[id]) / 10, Self.gapMinNs), intervalNs)
            if nowNs - markedNs[id] >= gapNs, let twiceMid = venue.books[id].depth.twiceMid {
                marks.append(
                    Mark(timeNs: nowNs, instrumentID: UInt32(id), twiceMid: twiceMid))
                markedNs[id] = nowNs
            }
            dueNs = min(dueNs, markedNs[id] + gapNs)
        }
    }
}
