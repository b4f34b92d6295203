//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// The last full buckets of volume with the imbalance of each, exact.
///
/// SAFETY: the memory belongs to this value alone and lives as long as it.
@safe
struct VolumeBuckets: ~Copyable {
    private let lots: Int64
    private let count: Int
    /// |buy - sell| of each full bucket.
    private let imbalances: UnsafeMutablePointer<Int64>
    private var next = 0
    private var filled = 0
    private var sum: Int64 = 0
    // The bucket that fills.
    private var volume: Int64 = 0
    private var signed: Int64 = 0

    /// - Parameters:
    ///   - lots: Volume of a bucket, 1...2^50.
    ///   - count: Buckets, 1...1000, so that the sum stays within an `Int64`.
    init(lots: Int64, count: Int) {
        self.lots = lots
        self.count = count
        unsafe imbalances = .allocate(capacity: count)
        unsafe imbalances.initialize(repeating: 0, count: count)
    }

    deinit { unsafe imbalances.deallocate() }

    /// Takes a trade in. Cost: that of the buckets it fills, at most `count`.
    @_noAllocation @_noLocks
    mutating func add(isBuy: Bool, quantity: Int64) {
        let room = lots &- volume
        if quantity < room {
            volume = volume &+ quantity
            signed = signed &+ (isBuy ? quantity : 0 &- quantity)
            return
        }
        signed = signed &+ (isBuy ? room : 0 &- room)
        push(signed < 0 ? 0 &- signed : signed)
        let (full, rest) = (quantity &- room).quotientAndRemainder(dividingBy: lots)
        var index: Int64 = 0
        while index < full && index < Int64(count) {
            push(lots)
            index &+= 1
        }
        volume = rest
        signed = isBuy ? rest : 0 &- rest
    }

    @_noAllocation @_noLocks
    private mutating func push(_ imbalance: Int64) {
        sum = unsafe sum &+ imbalance &- imbalances[next]
        unsafe imbalances[next] = imbalance
        next = next &+ 1 == count ? 0 : next &+ 1
        if filled < count { filled &+= 1 }
    }

    var isFull: Bool {
        @_noAllocation @_noLocks
        get { filled == count }
    }

    /// Mean imbalance of the full buckets over their volume, 0...1; 0 before the first.
    var toxicity: Double {
        @_noAllocation @_noLocks
        get { filled == 0 ? 0 : Double(sum) / (Double(filled) * Double(lots)) }
    }

    @_noAllocation @_noLocks
    mutating func clear() {
        var index = 0
        while index < count {
            unsafe imbalances[index] = 0
            index &+= 1
        }
        next = 0
        filled = 0
        sum = 0
        volume = 0
        signed = 0
    }
}
