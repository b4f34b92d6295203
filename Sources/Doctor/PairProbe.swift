//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import CDoctor
import Glibc
import Platform

/// A cache line between two cores, and their counters.
struct PairProbe: Sendable {
    static let tripCount = 3_000
    static let offsetTripCount = 1_000
    /// An exchange takes a millisecond; on a crowded machine, where the two threads seldom run at
    /// a time, it ends here.
    static let timeoutNs: UInt64 = 1_000_000_000
    static let tripsMin = 100

    let first: Int
    let second: Int
    let rate: TickRate

    struct Result: Sendable {
        /// One way: half of a round trip.
        let oneWay: Spread
        /// The second core's counter less the first's, ns, true to within `offsetBoundNs`.
        let offsetNs: Double
        let offsetBoundNs: Double
    }

    /// SAFETY: the C side synchronises; it is freed when both threads have been joined.
    @safe
    private final class Line: @unchecked Sendable {
        let pong: OpaquePointer
        var offset: Int64 = 0
        var bound: UInt64 = 0
        /// One for each thread: both may fail at a time.
        var driverFailure: PlatformError?
        var partnerFailure: PlatformError?

        init?() {
            guard let pong = unsafe apus_pong_create() else { return nil }
            unsafe self.pong = unsafe pong
        }
        deinit { unsafe apus_pong_destroy(pong) }
    }

    /// `nil` when the two threads seldom ran at a time.
    func run() throws(PlatformError) -> Result? {
        let trips = Samples(count: Self.tripCount)
        let timeoutTicks = rate.ticks(ns: Self.timeoutNs)
        _ = try exchange(isStamped: false) { line in
            trips.filled = Int(
                unsafe apus_pong_drive(
                    line.pong, UInt64(Self.tripCount), apus_tsc() + timeoutTicks, trips.base))
        }
        let line = try exchange(isStamped: true) { line in
            _ = unsafe apus_pong_offset(
                line.pong, UInt64(Self.offsetTripCount), apus_tsc() + timeoutTicks, &line.offset,
                &line.bound)
        }
        // The first trips wait for the partner's start.
        let oneWayNs = trips.values.dropFirst(trips.count / 10).map { rate.ns($0) / 2 }
        guard oneWayNs.count >= Self.tripsMin, line.bound > 0, let oneWay = Spread(oneWayNs) else {
            return nil
        }
        return Result(
            oneWay: oneWay, offsetNs: Double(line.offset) / rate.ticksPerNs,
            offsetBoundNs: rate.ns(line.bound))
    }

    private func exchange(
        isStamped: Bool, _ drive: @escaping @Sendable (Line) -> Void
    ) throws(PlatformError) -> Line {
        guard let line = Line() else {
            throw PlatformError(operation: "memory for a cache line", code: ENOMEM)
        }
        let (first, second) = (first, second)
        // The driver first: it ends by itself should there be no partner, who does not.
        let driver = try PlatformThread(name: "doctor-driver") {
            line.driverFailure = Self.pin(to: first)
            drive(line)
        }
        let partner = try PlatformThread(name: "doctor-partner") {
            line.partnerFailure = Self.pin(to: second)
            unsafe apus_pong_serve(line.pong, isStamped ? 1 : 0)
        }
        driver.join()
        partner.join()
        if let failure = line.driverFailure ?? line.partnerFailure { throw failure }
        return line
    }

    private static func pin(to core: Int) -> PlatformError? {
        do throws(PlatformError) { try CurrentThread.pin(to: core) } catch { return error }
        return nil
    }
}
