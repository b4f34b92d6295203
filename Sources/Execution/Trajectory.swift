//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import CKernels

/// How much of a parent should have been sent by when: pure functions, the same on every machine.
public enum Trajectory {
    /// When slice `index`, from 0, of a schedule is due.
    ///
    /// The time between two slices is the duration's part; the jitter is drawn by `seed` and the
    /// index, so that it is the same in a replay.
    @_noAllocation @_noLocks
    public static func dueNs(
        _ parameters: SliceParameters, startNs: UInt64, seed: UInt64, index: Int
    ) -> UInt64 {
        let step = parameters.time.durationNs / UInt64(parameters.slices)
        let offset = step &* UInt64(truncatingIfNeeded: index)
        if parameters.jitterE4 == 0 { return startNs &+ offset }
        let draw = mixed(seed &+ 0x9E37_79B9_7F4A_7C15 &* UInt64(truncatingIfNeeded: index &+ 1))
        let jitter = UInt64(
            truncatingIfNeeded: UInt128(step) &* UInt128(parameters.jitterE4)
                &* UInt128(draw &>> 32) / 42_949_672_960_000)
        return startNs &+ offset &+ jitter
    }

    /// The finalizer of splitmix64: every bit of the result depends on every bit of the word.
    @_noAllocation @_noLocks
    private static func mixed(_ word: UInt64) -> UInt64 {
        var mixed = word
        mixed = (mixed ^ (mixed &>> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed &>> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed &>> 31)
    }

    /// Lots of `total` after `done` of `slices` equal slices, rounded down; all after the last one.
    ///
    /// - Precondition: `total >= 0`, `slices > 0`.
    @_noAllocation @_noLocks
    public static func equal(total: Int64, done: Int, of slices: Int) -> Int64 {
        if done >= slices { return total }
        return Int64(truncatingIfNeeded: Int128(total) &* Int128(done) / Int128(slices))
    }

    /// `share` of `total` in lots, rounded to the nearest, 0...total.
    @_noAllocation @_noLocks
    public static func lots(total: Int64, share: Double) -> Int64 {
        if !(share > 0) { return 0 }
        if share >= 1 { return total }
        let lots = Double(total) * share + 0.5
        return lots >= Double(total) ? total : Int64(lots)
    }

    /// The rate kappa at which the position of Almgren and Chriss's optimal trajectory decays, per
    /// second: cosh(kappa tau) = 1 + lambda sigma^2 tau^2 / (2 (eta - gamma tau / 2)).
    ///
    /// - Returns: 0 without risk aversion, which makes a straight line; `nil` when the impact of a
    ///   slice is not greater than 0.
    ///
    /// Source: R. Almgren and N. Chriss, Optimal execution of portfolio transactions, 2001,
    /// equations 16 to 18.
    public static func decay(_ parameters: AlmgrenChrissParameters) -> Double? {
        let seconds = Double(parameters.schedule.time.durationNs) / 1e9
        let tau = seconds / Double(parameters.schedule.slices)
        let impact = parameters.temporaryImpact - parameters.permanentImpact * tau / 2
        guard impact > 0, tau > 0 else { return nil }
        let variance = parameters.volatility * parameters.volatility
        let excess = parameters.riskAversion * variance / impact * tau * tau / 2
        guard excess.isFinite else { return nil }
        // acosh(1 + y) = ln(1 + y + sqrt(y (2 + y))).
        let root = apus_square_root(excess * (2 + excess))
        return apus_logarithm(1 + excess + root) / tau
    }

    /// The share that is sent by `elapsed` seconds of `duration` on the optimal trajectory:
    /// 1 - sinh(kappa (T - t)) / sinh(kappa T).
    @_noAllocation @_noLocks
    public static func optimalShare(decay: Double, elapsed: Double, duration: Double) -> Double {
        if elapsed >= duration { return 1 }
        if !(elapsed > 0) { return 0 }
        let left = duration - elapsed
        // Below this the curve is a line to the last bits, and the quotient would lose them.
        if decay * duration < 1e-6 { return elapsed / duration }
        // sinh a / sinh b = e^(a - b) (1 - e^(-2a)) / (1 - e^(-2b)), with nothing that overflows.
        let rest =
            apus_decay(decay * elapsed) * (1 - apus_decay(2 * decay * left))
            / (1 - apus_decay(2 * decay * duration))
        return 1 - rest
    }
}

/// The volume of a day, as weights of equal parts of it, repeated every day.
///
/// SAFETY: the sums are made in `init` and freed once, by the stage that owns the profile.
@safe
public struct DayProfile: @unchecked Sendable {
    /// Sums of the weights before each part, and of all.
    private let sums: UnsafeMutablePointer<Double>
    private let count: Int

    /// - Precondition: weights greater than 0, at least one.
    public init(_ weights: [Double]) {
        precondition(!weights.isEmpty && weights.allSatisfy { $0 > 0 }, "weights above 0")
        count = weights.count
        unsafe sums = .allocate(capacity: weights.count + 1)
        unsafe sums.initialize(repeating: 0, count: weights.count + 1)
        for (index, weight) in weights.enumerated() {
            unsafe sums[index + 1] = unsafe sums[index] + weight
        }
    }

    func deallocate() { unsafe sums.deallocate() }

    /// The share of the volume between `startNs` and `endNs` that falls before `timeNs`, the weight
    /// of a part spread evenly over it; times since 1970 UTC.
    @_noAllocation @_noLocks
    public func share(startNs: UInt64, endNs: UInt64, timeNs: UInt64) -> Double {
        if timeNs >= endNs { return 1 }
        if timeNs <= startNs { return 0 }
        let all = volume(startNs, endNs)
        return all > 0 ? volume(startNs, timeNs) / all : 1
    }

    /// Between two times, in weights.
    @_noAllocation @_noLocks
    private func volume(_ startNs: UInt64, _ endNs: UInt64) -> Double {
        let days = endNs / Self.dayNs &- startNs / Self.dayNs
        return unsafe Double(days) * sums[count] + ofDay(endNs) - ofDay(startNs)
    }

    /// From midnight on.
    @_noAllocation @_noLocks
    private func ofDay(_ timeNs: UInt64) -> Double {
        let place = Double(timeNs % Self.dayNs) / Double(Self.dayNs) * Double(count)
        let part = min(Int(place), count &- 1)
        let within = place - Double(part)
        return unsafe sums[part] + within * (sums[part &+ 1] - sums[part])
    }

    private static var dayNs: UInt64 { @_noAllocation @_noLocks get { 86_400_000_000_000 } }
}
