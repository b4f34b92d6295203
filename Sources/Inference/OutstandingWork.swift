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
    private let waiting: UnsafeMutablePointer<UInt32>
    private let isWaiting: UnsafeMutablePointer<Bool>
    private let capacity: UInt32
    private var first: UInt32 = 0
    private var count: UInt32 = 0

    init(instruments: UInt32) {
        capacity = instruments
        unsafe waiting = .allocate(capacity: Int(instruments))
        unsafe waiting.initialize(repeating: 0, count: Int(instruments))
        unsafe isWaiting = .allocate(capacity: Int(instruments))
        unsafe isWaiting.initialize(repeating: false, count: Int(instruments))
    }

    func deallocate() {
        unsafe waiting.deallocate()
        unsafe isWaiting.deallocate()
    }

    /// - Precondition: `instrument` is below the number of instruments.
    @_noAllocation @_noLocks
    mutating func add(_ instrument: UInt32) {
        if unsafe isWaiting[Int(instrument)] { return }
        unsafe isWaiting[Int(instrument)] = true
        unsafe waiting[Int((first &+ count) % capacity)] = instrument
        count &+= 1
    }

    /// The instrument to work for; `nil`: nothing is left.
    var oldest: UInt32? {
        @_noAllocation @_noLocks
        @inline(__always)
        get { count == 0 ? nil : unsafe waiting[Int(first)] }
    }

    /// Nothing is left for the oldest.
    @_noAllocation @_noLocks
    mutating func removeOldest() {
        unsafe isWaiting[Int(waiting[Int(first)])] = false
        first = (first &+ 1) % capacity
        count &-= 1
    }
}
