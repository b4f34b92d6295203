//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CMessages

extension ReferencePrice {
    /// Of a last price: the lots of the trade, which has no best prices. It stands in the word that
    /// holds a quote's best ask.
    public var tradedLots: QuantityLots {
        @_noAllocation @_noLocks
        @inlinable @inline(__always)
        get { QuantityLots(rawValue: ask.rawValue) }
        @_noAllocation @_noLocks
        @inlinable @inline(__always)
        set { ask = PriceTicks(rawValue: newValue.rawValue) }
    }
}
