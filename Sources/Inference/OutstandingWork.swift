//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// The instruments whose networks have work left, oldest first; each stands in it once.
///
/// SAFETY: memory is made in `init` and freed by `deallocate`.
@safe
struct OutstandingWork {
    private let queue: UnsafeMutablePointer<UInt32>
    private let isQueued: UnsafeMutablePointer<Bool>
    private let capacity: UInt32
    private var first: UInt32 = 0
    private var count: UInt32 = 0

    init(instruments: UInt32) {
        capacity = instruments
        unsafe queue = .allocate(capacity: Int(instruments))
        unsafe queue.initialize(repeating: 0, count: Int(instruments))
        unsafe isQueued = .allocate(capacity: Int(instruments))
        unsafe isQueued.initialize(repeating: false, count: Int(instruments))
    }

    func deallocate() {
        unsafe queue.deallocate()
        unsafe isQueued.deallocate()
    }

    /// - Precondition: `instrument` is below the number of instruments.
    @_noAllocation @_noLocks
    mutating func add(_ instrument: UInt32) {
        if unsafe isQueued[Int(instrument)] { return }
        unsafe isQueued[Int(instrument)] = true
        unsafe queue[Int((first &+ count) % capacity)] = instrument
        count &+= 1
    }

    /// The instrument to work for; `nil`: nothing is left.
    var oldest: UInt32? {
        @_noAllocation @_noLocks
        @inline(__always)
        get { count == 0 ? nil : unsafe queue[Int(first)] }
    }

    /// Nothing is left for the oldest.
    @_noAllocation @_noLocks
    mutating func removeOldest() {
        unsafe isQueued[Int(queue[Int(first)])] = false
        first = (first &+ 1) % capacity
        count &-= 1
    }
}
