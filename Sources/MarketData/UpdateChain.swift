//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CMessages

/// How the updates of a venue hang together.
public enum ChainRule: Sendable {
    /// Update ids are counted across markets; each update names the one before it (`pu`).
    case previousID
    /// Update ids of one book follow each other without holes.
    case contiguous
    /// Each update names the one before it; ids may repeat (nothing changed) and start again lower
    /// (maintenance), and the update behind a snapshot names the snapshot.
    case linked

    /// The rule of `venue`.
    public init(venue: Venue) {
        switch venue {
        case .binanceSpot: self = .contiguous
        case .okx: self = .linked
        default: self = .previousID
        }
    }
}

/// What to do with one update.
public enum UpdateVerdict: Sendable {
    /// The snapshot holds it already.
    case stale
    case apply
    /// The first update behind the snapshot does not connect to it: the snapshot is too old.
    case detached
    /// The update before it was lost.
    case gap
}

/// The comparisons that decide whether an update continues a book. Pure.
///
/// Source: Binance, "How to manage a local order book correctly", for USD-M futures and Spot.
public enum UpdateChain {
    /// Judges an update `first...last` against the book's `lastID`.
    ///
    /// - Parameters:
    ///   - previous: Last id of the update before it; unused by `.contiguous`.
    ///   - isFirst: No update was applied since the snapshot, whose id is `lastID`.
    @_noAllocation @_noLocks
    public static func judge(
        _ rule: ChainRule, first: UInt64, last: UInt64, previous: UInt64, lastID: UInt64,
        isFirst: Bool
    ) -> UpdateVerdict {
        switch rule {
        case .previousID:
            if !isFirst { return previous == lastID ? .apply : .gap }
            if last < lastID { return .stale }
            return first <= lastID || previous == lastID ? .apply : .detached
        case .linked:
            if previous == lastID { return .apply }
            if !isFirst { return .gap }
            // Behind a snapshot by REST: what it holds already, then the update that spans it.
            if last <= lastID { return .stale }
            return previous < lastID ? .apply : .detached
        case .contiguous:
            if !isFirst { return first == lastID &+ 1 ? .apply : .gap }
            if last <= lastID { return .stale }
            return first <= lastID &+ 1 ? .apply : .detached
        }
    }
}
