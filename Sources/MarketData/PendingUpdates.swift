//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages

/// Book updates that wait for a snapshot: whole updates only, as the records they came in.
///
/// SAFETY: the memory belongs to this value alone and lives as long as it.
@safe
struct PendingUpdates: ~Copyable {
    private let records: UnsafeMutablePointer<MarketEvent>
    let capacity: Int
    /// Records of complete updates.
    private(set) var count = 0
    /// Records of the update that is being taken in, behind them.
    private var open = 0

    init(capacity: Int) {
        precondition(capacity > 0, "room for an update")
        self.capacity = capacity
        unsafe records = UnsafeMutablePointer<MarketEvent>.allocate(capacity: capacity)
        unsafe records.initialize(repeating: MarketEvent(), count: capacity)
    }

    deinit { unsafe records.deallocate() }

    /// Takes one record of the open update; `false` when it does not fit.
    @_noAllocation @_noLocks
    mutating func append(_ record: UnsafePointer<MarketEvent>) -> Bool {
        if count &+ open == capacity { return false }
        unsafe records[count &+ open] = unsafe record.pointee
        open &+= 1
        return true
    }

    /// The open update is complete.
    @_noAllocation @_noLocks
    mutating func commit() {
        count &+= open
        open = 0
    }

    /// Forgets the open update.
    @_noAllocation @_noLocks
    mutating func rollBack() { open = 0 }

    @_noAllocation @_noLocks
    mutating func clear() {
        count = 0
        open = 0
    }

    @_noAllocation @_noLocks
    func record(_ index: Int) -> UnsafePointer<MarketEvent> {
        unsafe UnsafePointer(records + index)
    }

    /// Keeps only the records from `first` on.
    @_noAllocation @_noLocks
    mutating func dropFirst(_ first: Int) {
        var index = first
        while index < count {
            unsafe records[index &- first] = unsafe records[index]
            index &+= 1
        }
        count = count &- first
    }
}
