//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Whether as many events as a limit fell into one window of record time, exactly: a ring of the
/// last `limit` times for each of `count` subjects.
///
/// A time that goes back counts as inside of the window, so it hides no event.
///
/// Allocates in `init` only. One thread.
///
/// SAFETY: `times` has `limit` places and `next` one for each subject; callers keep below `count`.
@safe
struct EventWindows: ~Copyable, @unchecked Sendable {
    private let times: UnsafeMutablePointer<UInt64>
    private let next: UnsafeMutablePointer<UInt32>
    private let count: Int
    /// 0: off, nothing is ever full.
    let limit: Int
    let windowNs: UInt64

    init(count: Int, limit: Int, windowNs: UInt64) {
        self.count = count
        self.limit = limit
        self.windowNs = windowNs
        unsafe times = .allocate(capacity: max(count * limit, 1))
        unsafe times.initialize(repeating: 0, count: max(count * limit, 1))
        unsafe next = .allocate(capacity: max(count, 1))
        unsafe next.initialize(repeating: 0, count: max(count, 1))
    }

    deinit {
        unsafe times.deallocate()
        unsafe next.deallocate()
    }

    /// Notes an event.
    @_noAllocation @_noLocks
    mutating func add(_ subject: Int, at now: UInt64) {
        if limit == 0 { return }
        let place = unsafe Int(next[subject])
        unsafe times[subject &* limit &+ place] = max(now, 1)
        unsafe next[subject] = place &+ 1 == limit ? 0 : UInt32(truncatingIfNeeded: place &+ 1)
    }

    /// True when the last `limit` events fell into the window that ends now.
    @_noAllocation @_noLocks
    @inline(__always)
    func isFull(_ subject: Int, at now: UInt64) -> Bool {
        if limit == 0 { return false }
        let oldest = unsafe times[subject &* limit &+ Int(next[subject])]
        if oldest == 0 { return false }
        return now <= oldest || now &- oldest < windowNs
    }

    /// Forgets every event.
    @_noAllocation @_noLocks
    mutating func clear() {
        for place in 0..<(count &* limit) { unsafe times[place] = 0 }
    }
}
