//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Control 11: what was ordered of each instrument lately.
///
/// Looks at the last 32 orders of an instrument; those out of the window no longer count.
/// A time that goes back counts as inside of the window.
///
/// Orders are told apart by 64 numbers first, made of price and quantity: where fewer than the
/// limit of all 32 share an order's, nothing is looked through.
///
/// Allocates in `init` only. One thread.
///
/// SAFETY: `entries` has 32 places for each instrument, `tallies` 64, `heads` one; callers keep
/// below `count`.
@safe
struct RecentOrders: ~Copyable, @unchecked Sendable {
    private struct Entry: BitwiseCopyable {
        var price: Int64
        /// Lots; negative: sold. 0: the place is free, and the time long ago.
        var signedQuantity: Int64
        var timeNs: UInt64
    }
    private struct Head: BitwiseCopyable {
        var next: Int
        var latestNs: UInt64
    }

    private let entries: UnsafeMutablePointer<Entry>
    private let heads: UnsafeMutablePointer<Head>
    /// Entries of each number.
    private let tallies: UnsafeMutablePointer<UInt8>

    init(count: Int) {
        unsafe entries = .allocate(capacity: max(count * 32, 1))
        unsafe entries.initialize(
            repeating: Entry(price: 0, signedQuantity: 0, timeNs: 0), count: max(count * 32, 1))
        unsafe heads = .allocate(capacity: max(count, 1))
        unsafe heads.initialize(repeating: Head(next: 0, latestNs: 0), count: max(count, 1))
        unsafe tallies = .allocate(capacity: max(count * 64, 1))
        unsafe tallies.initialize(repeating: 0, count: max(count * 64, 1))
    }

    deinit {
        unsafe entries.deallocate()
        unsafe heads.deallocate()
        unsafe tallies.deallocate()
    }

    /// Where an order is counted among the tallies of all instruments.
    @_noAllocation @_noLocks
    @inline(__always)
    private func tally(
        _ instrument: Int, _ price: Int64, _ signedQuantity: Int64
    ) -> UnsafeMutablePointer<UInt8> {
        let mixed = UInt64(bitPattern: price &+ signedQuantity &* 0x5851_F42D_4C95_7F2D)
        let number = (mixed &* 0x9E37_79B9_7F4A_7C15) &>> 58
        return unsafe tallies + (instrument &* 64 &+ Int(truncatingIfNeeded: number))
    }

    @_noAllocation @_noLocks
    mutating func add(_ instrument: Int, price: Int64, signedQuantity: Int64, at now: UInt64) {
        let head = unsafe heads + instrument
        unsafe head.pointee.latestNs = unsafe max(head.pointee.latestNs, now)
        let entry = unsafe entries + (instrument &* 32 &+ head.pointee.next)
        if unsafe entry.pointee.signedQuantity != 0 {
            unsafe tally(
                instrument, entry.pointee.price, entry.pointee.signedQuantity
            ).pointee &-= 1
        }
        unsafe tally(instrument, price, signedQuantity).pointee &+= 1
        unsafe entry.pointee.price = price
        unsafe entry.pointee.signedQuantity = signedQuantity
        unsafe entry.pointee.timeNs = unsafe head.pointee.latestNs
        unsafe head.pointee.next = unsafe (head.pointee.next &+ 1) & 31
    }

    /// Whether `limit` orders of this price, side and quantity fell into the window that ends now.
    ///
    /// - Parameter limit: 1...32.
    @_noAllocation @_noLocks
    @inline(__always)
    func isFull(
        _ instrument: Int, price: Int64, signedQuantity: Int64, at now: UInt64, windowNs: UInt64,
        limit: Int
    ) -> Bool {
        if unsafe Int(tally(instrument, price, signedQuantity).pointee) < limit { return false }
        return count(
            instrument, price: price, signedQuantity: signedQuantity, at: now, windowNs: windowNs)
            >= limit
    }

    /// Orders of this price, side and quantity in the window that ends now; at most 32.
    @_noAllocation @_noLocks
    private func count(
        _ instrument: Int, price: Int64, signedQuantity: Int64, at now: UInt64, windowNs: UInt64
    ) -> Int {
        let first = unsafe entries + instrument &* 32
        let next = unsafe heads[instrument].next
        var count = 0
        // Times never fall from one entry to the next: the first that is outside ends the search.
        for back in 1...32 {
            let entry = unsafe first + ((next &- back) & 31)
            let timeNs = unsafe entry.pointee.timeNs
            if now >= timeNs && now &- timeNs >= windowNs { break }
            let isSame =
                unsafe entry.pointee.price == price
                && entry.pointee.signedQuantity == signedQuantity
            count &+= isSame ? 1 : 0
        }
        return count
    }
}
