//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Platform
import Synchronization

/// A venue's clock against ours, as one session measured it last and all of them use it: those of
/// the cold thread, of the connect threads, and of the stop.
public final class VenueClock: Sendable {
    private let offset = Atomic<Int64>(0)

    /// Our clock, ns since 1970.
    let wall: @Sendable () -> UInt64

    public init() { wall = { wallNs() } }

    /// - Parameter wall: Another clock of ours than the machine's: that of a simulation.
    public init(wall: @escaping @Sendable () -> UInt64) { self.wall = wall }

    /// The venue's clock minus ours, ns.
    public var offsetNs: Int64 { offset.load(ordering: .relaxed) }

    /// The venue's time now, ms.
    public var nowMs: Int64 { (Int64(wall()) + offsetNs) / 1_000_000 }

    /// A time of our clock by the venue's, both ns since 1970.
    func venueNs(of ourNs: UInt64) -> UInt64 {
        UInt64(max(0, Int64(clamping: ourNs) + offsetNs))
    }

    /// Takes what the venue's clock showed between two moments of ours, half a round trip assumed
    /// each way.
    ///
    /// - Returns: The new offset, ns.
    public func take(serverNs: UInt64, beforeNs: UInt64, afterNs: UInt64) -> Int64 {
        let middle = beforeNs / 2 + afterNs / 2
        let offsetNs = Int64(clamping: serverNs) - Int64(clamping: middle)
        offset.store(offsetNs, ordering: .relaxed)
        return offsetNs
    }
}
