//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
public import Messages

/// How many requests a venue takes in a time. New orders and changes are refused beyond it. Cancels
/// have budgets of their own, where a venue counts them; the first of an order is never held back.
public struct OrderRate: Sendable, Equatable {
    public var venue: Venue
    /// 1...65,536.
    public var count: Int
    public var windowNs: UInt64
    /// Places, changes and cancels of each instrument are counted apart; otherwise places and
    /// changes all together, and no cancels.
    public var isPerInstrument: Bool

    public init(venue: Venue, count: Int, windowNs: UInt64, isPerInstrument: Bool = false) {
        self.venue = venue
        self.count = count
        self.windowNs = windowNs
        self.isPerInstrument = isPerInstrument
    }

    /// Nine tenths of what the protocol sheets document (Binance, sections 4.4 and 11; OKX, section
    /// 8): requests are counted by the time of their cause and arrive a little later.
    public static let documented = [
        OrderRate(venue: .binanceUSDM, count: 270, windowNs: 10_000_000_000),
        OrderRate(venue: .binanceUSDM, count: 1_080, windowNs: 60_000_000_000),
        OrderRate(venue: .binanceCOINM, count: 270, windowNs: 10_000_000_000),
        OrderRate(venue: .binanceCOINM, count: 1_080, windowNs: 60_000_000_000),
        OrderRate(venue: .binanceSpot, count: 45, windowNs: 10_000_000_000),
        OrderRate(venue: .okx, count: 900, windowNs: 2_000_000_000),
        OrderRate(venue: .okx, count: 54, windowNs: 2_000_000_000, isPerInstrument: true),
    ]
}

/// The times of the last requests, so that no span of `windowNs` holds more than `count`.
///
/// SAFETY: `at` stays below `count`; the memory goes with the owner, who frees it.
@safe
private struct RateWindow: BitwiseCopyable {
    let times: UnsafeMutablePointer<UInt64>
    let count: Int
    let windowNs: UInt64
    var at = 0

    init(_ rate: OrderRate) {
        precondition((1...65_536).contains(rate.count), "a count of requests")
        count = rate.count
        windowNs = rate.windowNs
        unsafe times = .allocate(capacity: rate.count)
        unsafe times.initialize(repeating: 0, count: rate.count)
    }

    @_noAllocation @_noLocks
    func hasRoom(_ timeNs: UInt64) -> Bool {
        let oldest = unsafe times[at]
        return oldest == 0 || timeNs >= oldest && timeNs &- oldest >= windowNs
    }

    /// When a window holds less than half of `count`: within one window, whatever became of the
    /// clock.
    @_noAllocation @_noLocks
    func halfRoomNs(_ timeNs: UInt64) -> UInt64 {
        let half = (count &+ 1) / 2
        // The half-th from the last: `at` is the oldest of all.
        let place = at &+ count &- half
        let oldest = unsafe times[place < count ? place : place &- count]
        if oldest == 0 || timeNs >= oldest && timeNs &- oldest >= windowNs { return timeNs }
        return min(oldest, timeNs) &+ windowNs
    }

    @_noAllocation @_noLocks
    mutating func take(_ timeNs: UInt64) {
        unsafe times[at] = max(timeNs, 1)
        at = at &+ 1 == count ? 0 : at &+ 1
    }
}

/// All budgets of requests.
///
/// SAFETY: indices are below `windowCount`, ids are checked by the caller; the memory goes with
/// the value.
@safe
struct OrderBudget: ~Copyable, @unchecked Sendable {
    private struct Entry: BitwiseCopyable {
        var window: RateWindow
        var venueIndex: Int
        /// Negative: of all instruments.
        var instrumentID: Int
        var kind: RequestKind
    }

    private let entries: UnsafeMutablePointer<Entry>
    private let entryCount: Int

    init(_ rates: [OrderRate], _ instruments: InstrumentTable) {
        var all: [Entry] = []
        for rate in rates {
            if !rate.isPerInstrument {
                all.append(
                    Entry(
                        window: RateWindow(rate), venueIndex: rate.venue.index, instrumentID: -1,
                        kind: .place))
                continue
            }
            for id in 0..<instruments.count where instruments[UInt32(id)].venue == rate.venue {
                for kind in [RequestKind.place, .modify, .cancel] {
                    all.append(
                        Entry(
                            window: RateWindow(rate), venueIndex: rate.venue.index,
                            instrumentID: id, kind: kind))
                }
            }
        }
        entryCount = all.count
        unsafe entries = .allocate(capacity: max(all.count, 1))
        for (index, entry) in all.enumerated() { unsafe (entries + index).initialize(to: entry) }
    }

    deinit {
        for index in 0..<entryCount { unsafe entries[index].window.times.deallocate() }
        unsafe entries.deallocate()
    }

    @_noAllocation @_noLocks
    private func concerns(
        _ entry: UnsafePointer<Entry>, _ venueIndex: Int, _ instrumentID: UInt32,
        _ kind: RequestKind
    ) -> Bool {
        unsafe entry.pointee.venueIndex == venueIndex
            && (entry.pointee.instrumentID < 0
                ? kind != .cancel
                : entry.pointee.instrumentID == Int(instrumentID) && entry.pointee.kind == kind)
    }

    /// Takes one new order or change out of every budget it counts in.
    ///
    /// - Returns: `false`, with nothing taken, when one of them is used up.
    @_noAllocation @_noLocks
    mutating func take(
        venueIndex: Int, instrumentID: UInt32, kind: RequestKind, timeNs: UInt64
    ) -> Bool {
#if APUS_PLANTED_BUGS
        if apus_is_planted(25) != 0 { return true }
#endif
        for index in 0..<entryCount {
            let entry = unsafe entries + index
            if unsafe concerns(entry, venueIndex, instrumentID, kind)
                && !entry.pointee.window.hasRoom(timeNs)
            {
                return false
            }
        }
        for index in 0..<entryCount {
            let entry = unsafe entries + index
            if unsafe concerns(entry, venueIndex, instrumentID, kind) {
                unsafe entry.pointee.window.take(timeNs)
            }
        }
        return true
    }

    /// Counts a cancel, which is sent in any case.
    @_noAllocation @_noLocks
    mutating func noteCancel(venueIndex: Int, instrumentID: UInt32, timeNs: UInt64) {
        for index in 0..<entryCount {
            let entry = unsafe entries + index
            if unsafe concerns(entry, venueIndex, instrumentID, .cancel) {
                unsafe entry.pointee.window.take(timeNs)
            }
        }
    }

    /// When a cancel that was sent before may be repeated, at `timeNs` or later: the venue would
    /// refuse one too many, and count it. Repetitions take half of a budget at most; the rest is
    /// for cancels of orders that had none.
    @_noAllocation @_noLocks
    func repeatNs(venueIndex: Int, instrumentID: UInt32, timeNs: UInt64) -> UInt64 {
        var roomNs = timeNs
        for index in 0..<entryCount {
            let entry = unsafe entries + index
            if unsafe concerns(entry, venueIndex, instrumentID, .cancel) {
                roomNs = unsafe max(roomNs, entry.pointee.window.halfRoomNs(timeNs))
            }
        }
        return roomNs
    }
}
