//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// The last trades counted, so that none counts twice.
///
/// A trade is known by its instrument and the venue's trade id. Exactly the last `capacity`
/// different trades of all instruments together are remembered; a repetition older than that is
/// caught by the order's own quantity, which its fills can never exceed.
///
/// Allocates in `init` only. One thread.
///
/// SAFETY: `at` stays below `capacity`; the slots are masked.
@safe
struct RecentTrades: ~Copyable, @unchecked Sendable {
    private struct Trade: BitwiseCopyable, Equatable {
        var tradeID: UInt64  // 0: none.
        var instrumentID: UInt64
    }

    private let slots: UnsafeMutablePointer<Trade>
    private let history: UnsafeMutablePointer<Trade>
    private let mask: UInt64
    private let shift: UInt64
    private let capacity: Int
    private var count = 0
    private var at = 0

    /// - Parameter capacity: 1...2^20.
    init(capacity: Int) {
        self.capacity = capacity
        var size = 2
        while size < capacity * 2 { size *= 2 }
        let blank = Trade(tradeID: 0, instrumentID: 0)
        unsafe slots = .allocate(capacity: size)
        unsafe slots.initialize(repeating: blank, count: size)
        unsafe history = .allocate(capacity: capacity)
        unsafe history.initialize(repeating: blank, count: capacity)
        mask = UInt64(size - 1)
        shift = UInt64(64 - size.trailingZeroBitCount)
    }

    deinit {
        unsafe slots.deallocate()
        unsafe history.deallocate()
    }

    @_noAllocation @_noLocks
    private func home(_ trade: Trade) -> UInt64 {
        ((trade.tradeID ^ (trade.instrumentID &<< 48)) &* 0x9E37_79B9_7F4A_7C15) &>> shift
    }

    @_noAllocation @_noLocks
    private func isSame(_ a: Trade, _ b: Trade) -> Bool {
        a.tradeID == b.tradeID && a.instrumentID == b.instrumentID
    }

    /// Remembers a trade.
    ///
    /// - Parameter tradeID: Not 0.
    /// - Returns: `false` when it is remembered already.
    @_noAllocation @_noLocks
    mutating func insert(tradeID: UInt64, instrumentID: UInt32) -> Bool {
        let trade = Trade(tradeID: tradeID, instrumentID: UInt64(instrumentID))
        if contains(trade) { return false }
        if count == capacity { unsafe forget(history[at]) } else { count &+= 1 }
        unsafe history[at] = trade
        at = at &+ 1 == capacity ? 0 : at &+ 1
        var index = home(trade)
        while unsafe slots[Int(truncatingIfNeeded: index)].tradeID != 0 {
            index = (index &+ 1) & mask
        }
        unsafe slots[Int(truncatingIfNeeded: index)] = trade
        return true
    }

    @_noAllocation @_noLocks
    private func contains(_ trade: Trade) -> Bool {
        var index = home(trade)
        while unsafe slots[Int(truncatingIfNeeded: index)].tradeID != 0 {
            if unsafe isSame(slots[Int(truncatingIfNeeded: index)], trade) { return true }
            index = (index &+ 1) & mask
        }
        return false
    }

    /// Removal by shifting back, as in `OrderIndex`.
    @_noAllocation @_noLocks
    private mutating func forget(_ trade: Trade) {
        var hole = home(trade)
        while unsafe !isSame(slots[Int(truncatingIfNeeded: hole)], trade) {
            hole = (hole &+ 1) & mask
        }
        var index = hole
        while true {
            index = (index &+ 1) & mask
            let held = unsafe slots[Int(truncatingIfNeeded: index)]
            if held.tradeID == 0 { break }
            if ((index &- home(held)) & mask) >= ((index &- hole) & mask) {
                unsafe slots[Int(truncatingIfNeeded: hole)] = held
                hole = index
            }
        }
        unsafe slots[Int(truncatingIfNeeded: hole)].tradeID = 0
    }
}
