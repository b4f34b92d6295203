//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Limits on how orders follow each other, of each instrument or of each strategy in it. Of every
/// number, 0: no such limit.
public struct BehaviourLimits: Equatable, Sendable {
    /// Control 10: fills of one strategy and instrument in the window switch it off.
    public var fillsMax = 0
    public var fillsWindowNs: UInt64 = 10_000_000_000
    /// Control 11: the same order at most so often in the window, at most 31.
    public var duplicatesMax = 0
    public var duplicatesWindowNs: UInt64 = 1_000_000_000
    /// Control 30: rejects by the venue in the window switch the instrument off.
    public var rejectsMax = 0
    public var rejectsWindowNs: UInt64 = 10_000_000_000
    /// Orders of one strategy and instrument, and changes that add to one.
    public var ordersPerMinuteMax = 0
    /// Least time between them.
    public var orderIntervalMinNs: UInt64 = 0

    public init() {}

    var isInRange: Bool {
        (0...31).contains(duplicatesMax)
            && [fillsMax, rejectsMax, ordersPerMinuteMax].allSatisfy { (0...1_000).contains($0) }
    }
}
