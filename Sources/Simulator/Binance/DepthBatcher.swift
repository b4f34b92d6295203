//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Gathers the changes of one depth stream between two of its events.
///
/// The chain of a stream: `U` is the first update id of the batch, `u` the last, `pu` the `u` of
/// the event before it on this stream, whether or not anyone heard it.
struct DepthBatcher {
    private(set) var firstID: Int64 = 0
    private(set) var lastID: Int64 = 0
    private(set) var previousID: Int64
    private var prices: [[Int64]] = [[], []]

    /// - Parameter previousID: The update id the market stands at when the stream begins.
    init(previousID: Int64) { self.previousID = previousID }

    var isEmpty: Bool { firstID == 0 }

    mutating func note(_ side: BookSide, price: Int64, id: Int64) {
        if firstID == 0 { firstID = id }
        lastID = id
        prices[side.rawValue].append(price)
    }

    /// The prices that changed on a side, ascending, each once.
    mutating func changedPrices(_ side: BookSide) -> [Int64] {
        prices[side.rawValue].sort()
        var last: Int64?
        prices[side.rawValue].removeAll { price in
            defer { last = price }
            return price == last
        }
        return prices[side.rawValue]
    }

    /// Begins the next batch.
    mutating func close() {
        previousID = lastID
        firstID = 0
        prices[0].removeAll(keepingCapacity: true)
        prices[1].removeAll(keepingCapacity: true)
    }
}
