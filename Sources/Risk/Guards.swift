//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CMessages
import Messages

/// Guards by number, one bit for each: controls 21, 23...26, 31 and 32.
public struct GuardSet: OptionSet, Sendable {
    public let rawValue: UInt64
    @_noAllocation @_noLocks
    public init(rawValue: UInt64) { self.rawValue = rawValue }
    /// A number above 63 is none.
    @_noAllocation @_noLocks
    public init(_ guardian: Guard) { rawValue = 1 << UInt64(guardian.rawValue) }

    public static let deadMansSwitch = GuardSet(.deadMansSwitch)
    public static let adoption = GuardSet(.adoption)
    public static let reconciliation = GuardSet(.reconciliation)
    public static let clock = GuardSet(.clock)
    public static let instrument = GuardSet(.instrument)
    public static let journal = GuardSet(.journal)
    public static let permission = GuardSet(.permission)
    /// Bits 21, 23...26, 31 and 32: written out, for a hot function reads no lazy global.
    @_noAllocation @_noLocks
    static func isKnown(_ number: UInt64) -> Bool { 0x1_87A0_0000 &>> number & 1 == 1 }
}

/// Which guards refuse orders: those that are broken, and required ones that were never reported to
/// hold.
public struct GuardState: BitwiseCopyable, Sendable {
    /// Bits of guards, as in `GuardSet`, that refuse orders now.
    public private(set) var refusing: UInt64

    /// - Parameter required: Refuse until they are first reported to hold.
    public init(required: GuardSet = []) { refusing = required.rawValue }

    /// - Returns: `false`, with nothing changed, for a guard nobody knows.
    @_noAllocation @_noLocks
    public mutating func take(_ guardian: Guard, holds: Bool) -> Bool {
        let number = UInt64(guardian.rawValue)
        if number > 63 || !GuardSet.isKnown(number) { return false }
        if holds { refusing &= ~(1 << number) } else { refusing |= 1 << number }
        return true
    }

    /// The verdict of the first guard that refuses here or in `other`; `nil`: none does.
    @_noAllocation @_noLocks
    @inline(__always)
    func verdict(with other: GuardState) -> Verdict? {
        let all = refusing | other.refusing
        if all == 0 { return nil }
        return Verdict(rawValue: UInt8(truncatingIfNeeded: all.trailingZeroBitCount))
    }
}

extension RiskStage {
    /// Guards that refuse orders of a venue now; for whoever looks while nobody polls.
    public func guardsRefusing(_ venue: Venue) -> GuardSet {
        GuardSet(rawValue: unsafe accounts[venue.index].guards.refusing)
    }
}
