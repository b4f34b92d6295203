//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages
import Rings
import Synchronization

/// The kernel's wishes for book snapshots, sorted by venue: each venue has a cold thread of its
/// own, and the kernel one ring for all.
///
/// SAFETY: the lock makes the cold threads one consumer.
@safe
final class SnapshotRequests: @unchecked Sendable {
    private let lock = Mutex<Void>(())
    private var ring: RingConsumer<SnapshotRequest>
    private let venues: [Venue]
    /// Earliest time to ask, by instrument.
    private var pending: [UInt32: UInt64] = [:]

    init(_ ring: consuming RingConsumer<SnapshotRequest>, _ instruments: InstrumentTable) {
        self.ring = ring
        venues = (0..<UInt32(instruments.count)).map { instruments[$0].venue }
    }

    /// The instruments of `venue` that wait for a snapshot, with the earliest time to ask for one,
    /// ns since 1970; each is told once.
    func take(_ venue: Venue) -> [UInt32: UInt64] {
        lock.withLock { _ in
            while let request = unsafe ring.peek() {
                unsafe pending[request.pointee.instrumentID] = unsafe request.pointee.notBeforeNs
                ring.release()
            }
            let mine = pending.filter { venues[Int($0.key)] == venue }
            for id in mine.keys { pending[id] = nil }
            return mine
        }
    }
}
