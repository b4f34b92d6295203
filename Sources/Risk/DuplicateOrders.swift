//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Control 11: what was ordered of one instrument lately.
///
/// Looks at the last 32 orders of the instrument; those out of the window no longer count.
/// A time that goes back counts as inside of the window.
public struct RecentOrders: BitwiseCopyable, Sendable {
    struct Entry: BitwiseCopyable {
        var price: Int64 = 0
        /// Lots; negative: sold. 0: the place is free, and the time long ago.
        var signedQuantity: Int64 = 0
        var timeNs: UInt64 = 0
    }

    private var entries = InlineArray<32, Entry>(repeating: Entry())
    private var next = 0
    private var latestNs: UInt64 = 0

    public init() {}

    @_noAllocation @_noLocks
    public mutating func add(price: Int64, signedQuantity: Int64, at now: UInt64) {
        latestNs = max(latestNs, now)
        entries[next] = Entry(price: price, signedQuantity: signedQuantity, timeNs: latestNs)
        next = (next &+ 1) & 31
    }

    /// Orders of this price, side and quantity in the window that ends now; at most 32.
    @_noAllocation @_noLocks
    public func count(
        price: Int64, signedQuantity: Int64, at now: UInt64, windowNs: UInt64
    ) -> Int {
        var count = 0
        // Times never fall from one entry to the next: the first that is outside ends the search.
        for back in 1...32 {
            let entry = entries[(next &- back) & 31]
            if now >= entry.timeNs && now &- entry.timeNs >= windowNs { break }
            let isSame = entry.price == price && entry.signedQuantity == signedQuantity
            count &+= isSame ? 1 : 0
        }
        return count
    }
}
