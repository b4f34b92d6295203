//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// One step of the path. A stage owns its state, runs on one thread, allocates nothing after it
/// was made, never looks at a clock, and knows only its rings.
///
/// Each concrete `poll` carries `@_noAllocation @_noLocks`.
public protocol Stage: ~Copyable {
    /// Handles at most a bounded batch of what its rings hold.
    ///
    /// - Returns: The number of records handled; 0 tells the idle strategy that nothing waits.
    mutating func poll() -> Int
}

/// Taking records of several rings in one order, however the stages are placed.
///
/// Every ring's records have growing sequences, and its watermark W says that no record up to W is
/// still to come. The next record of a ring therefore has at least the sequence `bound`: that of
/// its head, or W + 1 when it is empty. A stage takes a record once no other ring can still bring
/// one that goes first. Watermarks are loaded before heads are looked at, once per `poll`.
public enum SequenceMerge {
    /// The smallest sequence the ring's next record can have.
    @_noAllocation @_noLocks
    @inlinable @inline(__always)
    public static func bound(head: UInt64?, watermark: UInt64) -> UInt64 {
        head ?? (watermark &+ 1)
    }
}
