//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Control 25: whether our clock and the venue's are near enough to trade by.
///
/// Every order tells a time, its validity at the venue is counted from that, and the age of market
/// data is the difference of both clocks. A clock that jumps makes all three wrong at once.
public struct ClockGuard: Sendable {
    public struct Limits: Equatable, Sendable {
        /// Largest difference between the venue's clock and ours, ns.
        public var offsetMaxNs: Int64
        /// Largest change of that difference from one measurement to the next, ns.
        public var stepMaxNs: Int64
        /// Largest offset and error that the kernel reckons with for our clock, ns; 0: its
        /// discipline is not looked at.
        public var errorMaxNs: UInt64

        public init(
            offsetMaxNs: Int64 = 500_000_000, stepMaxNs: Int64 = 250_000_000,
            errorMaxNs: UInt64 = 0
        ) {
            self.offsetMaxNs = offsetMaxNs
            self.stepMaxNs = stepMaxNs
            self.errorMaxNs = errorMaxNs
        }
    }

    /// What the kernel knows of our clock.
    public struct Discipline: Equatable, Sendable {
        public var isDisciplined: Bool
        public var offsetNs: Int64
        public var errorNs: UInt64

        public init(isDisciplined: Bool, offsetNs: Int64, errorNs: UInt64) {
            self.isDisciplined = isDisciplined
            self.offsetNs = offsetNs
            self.errorNs = errorNs
        }
    }

    private let limits: Limits
    private var lastOffsetNs: Int64?

    public init(_ limits: Limits) { self.limits = limits }

    /// Judges a measurement.
    ///
    /// - Parameter offsetNs: The venue's clock less ours.
    /// - Returns: What is wrong, in one line; `nil`: nothing is.
    public mutating func problem(offsetNs: Int64, _ discipline: Discipline?) -> String? {
        let last = lastOffsetNs
        lastOffsetNs = offsetNs
        if offsetNs.magnitude > limits.offsetMaxNs.magnitude {
            return "the venue's clock is \(Self.ms(offsetNs)) ms from ours"
        }
        if let last {
            let (step, overflow) = offsetNs.subtractingReportingOverflow(last)
            if overflow || step.magnitude > limits.stepMaxNs.magnitude {
                return "a clock stepped by \(Self.ms(step)) ms"
            }
        }
        guard limits.errorMaxNs > 0, let discipline else { return nil }
        if !discipline.isDisciplined { return "no time source disciplines our clock" }
        if discipline.offsetNs.magnitude > limits.errorMaxNs
            || discipline.errorNs > limits.errorMaxNs
        {
            return "our clock may be wrong by \(discipline.errorNs / 1_000_000) ms"
        }
        return nil
    }

    private static func ms(_ ns: Int64) -> Int64 { ns / 1_000_000 }
}
