//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Which frames are wanted.
public struct JournalFilter: Sendable {
    /// Empty: all.
    public var kinds: Set<JournalKind> = []
    public var numbers: ClosedRange<UInt64> = 0...UInt64.max
    /// Of `timeNs`.
    public var times: ClosedRange<UInt64> = 0...UInt64.max

    /// Clocks of records and of writing may differ by so much; larger than any known.
    private static let clockSlackNs: UInt64 = 60_000_000_000

    public init() {}

    /// Where reading has to begin.
    public var start: JournalStart {
        if numbers.lowerBound > 0 { return .number(numbers.lowerBound) }
        if times.lowerBound > Self.clockSlackNs {
            return .writtenNs(times.lowerBound - Self.clockSlackNs)
        }
        return .begin
    }

    public func takes(_ frame: JournalFrame) -> Bool {
        (kinds.isEmpty || kinds.contains(frame.kind)) && numbers.contains(frame.number)
            && times.contains(frame.timeNs)
    }

    /// No later frame is wanted.
    public func isBehind(_ frame: JournalFrame) -> Bool { frame.number > numbers.upperBound }
}
