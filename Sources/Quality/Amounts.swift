//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Exact sums of one instrument count in half ticks times lots, because a mid may lie between two
/// ticks. Its money is that number times the value of a tick and lot, over two.
///
/// Source of the bounds: prices and quantities up to 2^45 give products below 2^91, so that 2^36 of
/// them fit in 127 bits.
struct MoneyScale {
    /// Value of one lot at a price of one tick, 1e-12 of the quote currency.
    let tickLotValueE12: Int64

    /// The largest price in ticks and quantity in lots that is taken in.
    static let inputMax: Int64 = 1 << 45

    /// 1e-8 of the quote currency, rounded toward zero, at the end of the range when it does not
    /// fit.
    func e8(_ halfTickLots: Int128) -> Int64 {
        let (product, overflow) = halfTickLots.multipliedReportingOverflow(
            by: Int128(tickLotValueE12))
        if overflow { return (halfTickLots < 0) == (tickLotValueE12 < 0) ? .max : .min }
        return Int64(clamping: product / 20_000)
    }

    /// Each part in 1e-8, so that they sum to what the sum of the parts is in 1e-8: a part is the
    /// difference of two rounded running sums, and less than 2e-8 from its own value.
    func e8(parts: [Int128]) -> [Int64] {
        var sum: Int128 = 0
        var before: Int64 = 0
        return parts.map { part in
            sum += part
            let after = e8(sum)
            defer { before = after }
            return Int64(clamping: Int128(after) - Int128(before))
        }
    }
}

/// A cost and what it is measured against, both in half ticks times lots.
struct RelativeCost {
    var cost: Int128 = 0
    /// Value of the same lots at the benchmark.
    var base: Int128 = 0
}

/// A sequence that grows at its end and shrinks at its front, each in constant time on average.
struct Line<Element> {
    private var places: [Element] = []
    private var front = 0

    var count: Int { places.count - front }
    var first: Element? { front < places.count ? places[front] : nil }

    /// The element `index` places behind the first.
    subscript(index: Int) -> Element {
        get { places[front + index] }
        set { places[front + index] = newValue }
    }

    mutating func append(_ element: Element) { places.append(element) }

    /// - Precondition: not empty.
    mutating func removeFirst() -> Element {
        let element = places[front]
        front += 1
        if front >= 1_024, front * 2 >= places.count {
            places.removeFirst(front)
            front = 0
        }
        return element
    }
}
