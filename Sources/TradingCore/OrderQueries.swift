//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages
import Rings
import Synchronization

/// The gateway's questions for orders in doubt, sorted by venue: each venue has a cold thread of
/// its own, and the gateway one ring for all.
///
/// SAFETY: the lock makes the cold threads one consumer.
@safe
final class OrderQueries: @unchecked Sendable {
    private let lock = Mutex<Void>(())
    private var ring: RingConsumer<OrderIntent>
    private let venues: [Venue]
    private var pending: [(orderID: UInt64, instrumentID: UInt32, isFinal: Bool)] = []

    /// The gateway asks again: what waits longer than this many questions is dropped.
    private static let pendingMax = 1_024

    init(_ ring: consuming RingConsumer<OrderIntent>, _ instruments: InstrumentTable) {
        self.ring = ring
        venues = (0..<UInt32(instruments.count)).map { instruments[$0].venue }
    }

    /// The orders of `venue` that are asked for, each told once.
    func take(_ venue: Venue) -> [(orderID: UInt64, instrumentID: UInt32, isFinal: Bool)] {
        lock.withLock { _ in
            while let query = unsafe ring.peek() {
                let asked = unsafe (
                    query.pointee.orderID, query.pointee.instrumentID, query.pointee.reason == 1)
                if pending.count < Self.pendingMax, Int(asked.1) < venues.count {
                    pending.append(asked)
                }
                ring.release()
            }
            let mine = pending.filter { venues[Int($0.instrumentID)] == venue }
            if !mine.isEmpty { pending.removeAll { venues[Int($0.instrumentID)] == venue } }
            return mine
        }
    }
}
