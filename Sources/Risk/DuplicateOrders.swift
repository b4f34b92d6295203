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
/// Allocates in `init` only. One thread.
///
/// SAFETY: `entries` has 32 places for each instrument, `heads` one; callers keep below `count`.
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

    init(count: Int) {
        unsafe entries = .allocate(capacity: max(count * 32, 1))
        unsafe entries.initialize(
            repeating: Entry(price: 0, signedQuantity: 0, timeNs: 0), count: max(count * 32, 1))
        unsafe heads = .allocate(capacity: max(count, 1))
        unsafe heads.initialize(repeating: Head(next: 0, latestNs: 0), count: max(count, 1))
    }

    deinit {
        unsafe entries.deallocate()
        unsafe heads.deallocate()
    }

    @_noAllocation @_noLocks
    mutating func add(_ instrument: Int, price: Int64, signedQuantity: Int64, at now: UInt64) {
        let head = unsafe heads + instrument
        unsafe head.pointee.latestNs = unsafe max(head.pointee.latestNs, now)
        let entry = unsafe entries + (instrument &* 32 &+ head.pointee.next)
        unsafe entry.pointee.price = price
        unsafe entry.pointee.signedQuantity = signedQuantity
        unsafe entry.pointee.timeNs = unsafe head.pointee.latestNs
        unsafe head.pointee.next = unsafe (head.pointee.next &+ 1) & 31
    }

    /// Orders of this price, side and quantity in the window that ends now; at most 32.
    @_noAllocation @_noLocks
    func count(
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
