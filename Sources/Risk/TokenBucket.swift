//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// The message throttle: `perSecond` messages on average, `burst` after a rest. Time is record
/// time; a time that goes back refills nothing.
///
/// A token is counted as 1e9, so that a nanosecond refills exactly `perSecond`.
public struct TokenBucket: BitwiseCopyable, Equatable, Sendable {
    public let perSecond: Int64
    public let burst: Int64
    public private(set) var level: Int64
    private var timeNs: UInt64 = 0

    private static var token: Int64 { @_noAllocation @_noLocks get { 1_000_000_000 } }

    /// A full bucket.
    ///
    /// - Parameter perSecond: 1...1,000,000.
    /// - Parameter burst: 1...1,000,000, so that no product below leaves 64 bits.
    public init(perSecond: Int64, burst: Int64) {
        precondition((1...1_000_000).contains(perSecond) && (1...1_000_000).contains(burst))
        self.perSecond = perSecond
        self.burst = burst
        level = burst * 1_000_000_000
    }

    @_noAllocation @_noLocks
    public mutating func refill(to now: UInt64) {
        if now <= timeNs { return }
        let elapsed = now &- timeNs
        timeNs = now
        let missing = burst &* Self.token &- level
        // A product is cheaper than the quotient it is compared by.
        let (added, overflow) = elapsed.multipliedReportingOverflow(by: perSecond.magnitude)
        if overflow || added > missing.magnitude {
            level = burst &* Self.token
        } else {
            level &+= Int64(truncatingIfNeeded: added)
        }
    }

    /// True when a message may be sent that leaves `reserve` messages for others.
    @_noAllocation @_noLocks
    public func has(reserve: Int64) -> Bool { level >= (reserve &+ 1) &* Self.token }

    /// Takes one message out, or what is left of one.
    @_noAllocation @_noLocks
    public mutating func spend() { level = max(0, level &- Self.token) }
}
