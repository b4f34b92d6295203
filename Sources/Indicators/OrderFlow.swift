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
}

/// The last 100 order flow terms with exact running sums over 10 and 100.
///
/// Terms are at most 2^53 (four quantities of 2^50, two at a time), so a sum stays below 2^60.
///
/// SAFETY: the memory belongs to this value alone and lives as long as it.
@safe
struct OrderFlowWindow: ~Copyable {
    struct Term: BitwiseCopyable {
        var flow: Int64 = 0
        var depth: Int64 = 0
    }

    private let terms: UnsafeMutablePointer<Term>
    private(set) var count: UInt64 = 0
    private(set) var sum10 = Term()
    private(set) var sum100 = Term()

    init() {
        unsafe terms = UnsafeMutablePointer<Term>.allocate(capacity: 128)
        unsafe terms.initialize(repeating: Term(), count: 128)
    }

    deinit { unsafe terms.deallocate() }

    @_noAllocation @_noLocks
    mutating func append(flow: Int64, depth: Int64) {
        let old10 = unsafe terms[Int(truncatingIfNeeded: (count &- 10) & 127)]
        let old100 = unsafe terms[Int(truncatingIfNeeded: (count &- 100) & 127)]
        unsafe terms[Int(truncatingIfNeeded: count & 127)] = Term(flow: flow, depth: depth)
        count &+= 1
        sum10.flow = sum10.flow &+ flow &- old10.flow
        sum10.depth = sum10.depth &+ depth &- old10.depth
        sum100.flow = sum100.flow &+ flow &- old100.flow
        sum100.depth = sum100.depth &+ depth &- old100.depth
    }

    @_noAllocation @_noLocks
    mutating func clear() {
        var index = 0
        while index < 128 {
            unsafe terms[index] = Term()
            index &+= 1
        }
        count = 0
        sum10 = Term()
        sum100 = Term()
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
