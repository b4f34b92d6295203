//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Order flow imbalance of one side's change, in keys (price of a bid, negated price of an ask).
///
/// Source: R. Cont, A. Kukanov, S. Stoikov, "The price impact of order book events", 2014.
enum OrderFlow {
    /// What the step from level (`oldKey`, `oldQuantity`) to the new one adds to the side.
    @_noAllocation @_noLocks
    @inline(__always)
    static func step(
        oldKey: Int64, oldQuantity: Int64, key: Int64, quantity: Int64
    ) -> Int64 {
        (key >= oldKey ? quantity : 0) &- (key <= oldKey ? oldQuantity : 0)
    }

    /// What the step took off the old level: the loss at the same price, all of a level that went.
    @_noAllocation @_noLocks
    @inline(__always)
    static func removed(
        oldKey: Int64, oldQuantity: Int64, key: Int64, quantity: Int64
    ) -> Int64 {
        if key > oldKey { return 0 }
        if key < oldKey { return oldQuantity }
        return oldQuantity > quantity ? oldQuantity &- quantity : 0
    }
}

/// The last order flow terms with exact running sums over the plan's windows.
///
/// Terms are at most 2^53 (four quantities of 2^50, two at a time), so a sum over 1,000 stays
/// within an `Int64`.
///
/// SAFETY: the memory belongs to this value alone and lives as long as it.
@safe
struct OrderFlowWindow: ~Copyable {
    struct Term: BitwiseCopyable {
        var flow: Int64 = 0
        var depth: Int64 = 0
    }

    private let plan: FeaturePlan
    private let terms: UnsafeMutablePointer<Term>
    private let mask: UInt64
    private let sums: UnsafeMutablePointer<Term>
    private(set) var count: UInt64 = 0

    init(_ plan: FeaturePlan) {
        self.plan = plan
        var capacity = 1
        for index in 0..<plan.windowCount {
            while unsafe UInt64(capacity) < plan.windows[index] { capacity *= 2 }
        }
        mask = UInt64(capacity - 1)
        unsafe terms = UnsafeMutablePointer<Term>.allocate(capacity: capacity)
        unsafe terms.initialize(repeating: Term(), count: capacity)
        unsafe sums = UnsafeMutablePointer<Term>.allocate(capacity: max(1, plan.windowCount))
        unsafe sums.initialize(repeating: Term(), count: max(1, plan.windowCount))
    }

    deinit {
        unsafe terms.deallocate()
        unsafe sums.deallocate()
    }

    @_noAllocation @_noLocks
    @inline(__always)
    mutating func append(flow: Int64, depth: Int64) {
        var index = 0
        while index < plan.windowCount {
            let length = unsafe plan.windows[index]
            let old = unsafe terms[Int(truncatingIfNeeded: (count &- length) & mask)]
            unsafe sums[index].flow = unsafe sums[index].flow &+ flow &- old.flow
            unsafe sums[index].depth = unsafe sums[index].depth &+ depth &- old.depth
            index &+= 1
        }
        unsafe terms[Int(truncatingIfNeeded: count & mask)] = Term(flow: flow, depth: depth)
        count &+= 1
    }

    /// Flow over depth of window `index`; 0 without depth.
    @_noAllocation @_noLocks
    func ratio(_ index: Int) -> Double {
        let sum = unsafe sums[index]
        return sum.depth > 0 ? Double(sum.flow) / Double(sum.depth) : 0
    }

    @_noAllocation @_noLocks
    mutating func clear() {
        var index = 0
        while index <= Int(mask) {
            unsafe terms[index] = Term()
            index &+= 1
        }
        index = 0
        while index < plan.windowCount {
            unsafe sums[index] = Term()
            index &+= 1
        }
        count = 0
    }
}

/// The mid price on a grid of 10 ms, for returns over fixed times. An entry is the mid in force
/// when its 10 ms began; 1,024 of them cover 10.24 s.
///
/// SAFETY: the memory belongs to this value alone and lives as long as it.
@safe
struct MidGrid: ~Copyable {
    static var stepNs: UInt64 {
        @_noAllocation @_noLocks
        get { 10_000_000 }
    }
    private static var size: UInt64 {
        @_noAllocation @_noLocks
        get { 1_024 }
    }

    private let entries: UnsafeMutablePointer<Int64>
    private var last: UInt64 = 0
    private var known: UInt64 = 0

    init() {
        unsafe entries = UnsafeMutablePointer<Int64>.allocate(capacity: 1_024)
        unsafe entries.initialize(repeating: 0, count: 1_024)
    }

    deinit { unsafe entries.deallocate() }

    /// Enters `mid2` (bid + ask, ticks), in force until now, at every step up to `timeNs`.
    @_noAllocation @_noLocks
    mutating func advance(to timeNs: UInt64, mid2: Int64) {
        let now = timeNs / Self.stepNs
        if now <= last { return }
        var step = now &- last > Self.size ? now &- Self.size : last
        while step < now {
            step &+= 1
            unsafe entries[Int(truncatingIfNeeded: step & (Self.size &- 1))] = mid2
        }
        if mid2 != 0 { known = min(known &+ (now &- last), Self.size) }
        last = now
    }

    /// The entry `steps` (at most 1,023) before the last; 0 when there is none yet.
    @_noAllocation @_noLocks
    func entry(stepsAgo steps: UInt64) -> Int64 {
        if steps >= known { return 0 }
        return unsafe entries[Int(truncatingIfNeeded: (last &- steps) & (Self.size &- 1))]
    }

    /// The mid is unknown from here on.
    @_noAllocation @_noLocks
    mutating func clear() { known = 0 }
}
