//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Where the profit of one instrument and strategy came from, in half ticks times lots; above 0: a
/// gain. Fees and funding are in 1e-8 of the quote currency; above 0: paid.
///
/// With position q, and for each fill of f signed lots at p the mid M, decision mid D and arrival
/// mid A (of a fill without a decision here, D = A):
///
///     spread     sum f (M - p)                     what the fill gained on the mid of its moment
///     latency    sum f (D - A)                     what the mid took between decision and sending
///     inventory  sum q (moves of the mid) - latency  what it did to the position, which counts
///                                                  as held while its order was on the way out
///
/// The three sum to cash + q mid, which is realised plus unrealised profit before fees.
struct Attribution {
    private(set) var spread: Int128 = 0
    private(set) var latency: Int128 = 0
    private(set) var feesE8: Int128 = 0
    private(set) var fundingE8: Int128 = 0
    /// Signed lots.
    private(set) var position: Int128 = 0
    private var inventory: Int128 = 0
    /// Twice the mid that the inventory was last valued at.
    private var markTwice: Int64 = 0

    /// Profit of the position so far, valued at twice the mid `markTwice`.
    func inventory(markTwice: Int64) -> Int128 {
        inventory + position * (Int128(markTwice) - Int128(self.markTwice))
    }

    /// - Parameters:
    ///   - signedLots: Below 0 when sold.
    ///   - priceTwice, midTwice: Twice the price and twice the mid of the moment.
    ///   - delayTwice: Twice (arrival - decision mid); 0 without a decision.
    mutating func fill(
        signedLots: Int64, priceTwice: Int64, midTwice: Int64, delayTwice: Int64, feeE8: Int64
    ) {
        let lots = Int128(signedLots)
        inventory = inventory(markTwice: midTwice) + lots * Int128(delayTwice)
        markTwice = midTwice
        latency -= lots * Int128(delayTwice)
        spread += lots * (Int128(midTwice) - Int128(priceTwice))
        position += lots
        feesE8 += Int128(feeE8)
    }

    mutating func pay(fundingE8: Int128) { self.fundingE8 += fundingE8 }
}
