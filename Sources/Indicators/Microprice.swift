//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Where a top belongs among five classes of imbalance beyond one half and four of the spread, and
/// on which side the larger quantity stands.
struct TopClass: BitwiseCopyable {
    static var count: UInt64 {
        @_noAllocation @_noLocks
        get { 20 }
    }

    /// 0...19.
    let place: Int
    /// 1: more on the bid, -1: more on the ask, 0: as much.
    let sign: Double

    @_noAllocation @_noLocks
    init(_ top: TopOfBook) {
        let (bid, ask) = (top.bidQuantity, top.askQuantity)
        let more = bid > ask ? bid : ask
        // Both are at most 2^50.
        let tenth = bid &+ ask == 0 ? 5 : 10 &* more / (bid &+ ask)
        let beyond = (tenth > 9 ? 9 : tenth) &- 5
        let spread = top.ask &- top.bid
        place = Int(truncatingIfNeeded: beyond &* 4 &+ (spread > 4 ? 4 : spread) &- 1)
        sign = bid == ask ? 0 : bid > ask ? 1 : -1
    }

    /// 0...39: the same place of the other side is `count` further.
    var bit: UInt64 {
        @_noAllocation @_noLocks
        get { UInt64(truncatingIfNeeded: place) &+ (sign < 0 ? Self.count : 0) }
    }
}

/// Mean change of the mid by class of the top, for the side with more quantity as up.
///
/// SAFETY: the memory belongs to this value alone and lives as long as it.
@safe
struct LearntPrice: ~Copyable {
    private let memory: Double
    /// Means in ticks, then how many changes each has seen.
    private let table: UnsafeMutablePointer<Double>

    init(memory: Double) {
        self.memory = memory
        unsafe table = .allocate(capacity: 2 * Int(TopClass.count))
        unsafe table.initialize(repeating: 0, count: 2 * Int(TopClass.count))
    }

    deinit { unsafe table.deallocate() }

    @_noAllocation @_noLocks
    mutating func take(_ place: Int, _ change: Double) {
        let counter = place &+ Int(TopClass.count)
        let count = unsafe table[counter] + 1
        unsafe table[counter] = count
        unsafe table[place] += (change - table[place]) / (count < memory ? count : memory)
    }

    @_noAllocation @_noLocks
    func value(_ place: Int) -> Double { unsafe table[place] }

    @_noAllocation @_noLocks
    mutating func clear() {
        var index = 0
        while index < 2 &* Int(TopClass.count) {
            unsafe table[index] = 0
            index &+= 1
        }
    }
}
