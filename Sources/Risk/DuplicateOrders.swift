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
        /// Lots; negative: sold. 0: the place is free.
        var signedQuantity: Int64 = 0
        var timeNs: UInt64 = 0
    }

    private var entries = InlineArray<32, Entry>(repeating: Entry())
    private var next = 0

    public init() {}

    @_noAllocation @_noLocks
    public mutating func add(price: Int64, signedQuantity: Int64, at now: UInt64) {
        entries[next] = Entry(price: price, signedQuantity: signedQuantity, timeNs: now)
        next = (next &+ 1) & 31
    }

    /// Orders of this price, side and quantity in the window that ends now; at most 32.
    @_noAllocation @_noLocks
    public func count(
        price: Int64, signedQuantity: Int64, at now: UInt64, windowNs: UInt64
    ) -> Int {
        var count = 0
        for place in 0..<32 {
            let entry = entries[place]
            let isSame = entry.price == price && entry.signedQuantity == signedQuantity
            let isInside = now <= entry.timeNs || now &- entry.timeNs < windowNs
            count &+= isSame && isInside ? 1 : 0
        }
        return count
    }
}
