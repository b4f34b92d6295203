//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CKernels

/// Exponential moving average, seeded by the mean of its first values as TA-Lib does.
struct ExponentialAverage: BitwiseCopyable, Sendable {
    private let period: Int
    private let weight: Double
    private var count = 0
    private var sum = 0.0
    /// Not a number until `period` values came.
    private(set) var value = Double.nan

    init(period: Int) {
        self.period = period
        weight = 2.0 / Double(period + 1)
    }

    @_noAllocation @_noLocks
    mutating func update(_ x: Double) {
        if count == period {
            value = (x - value) * weight + value
            return
        }
        sum += x
        count &+= 1
        if count == period { value = sum / Double(period) }
    }
}

/// Wilder's average: seeded by the mean of its first values, then 1/period of each new one.
struct WilderAverage: BitwiseCopyable, Sendable {
    private let period: Int
    private var count = 0
    private var sum = 0.0
    /// Not a number until `period` values came.
    private(set) var value = Double.nan

    init(period: Int) { self.period = period }

    @_noAllocation @_noLocks
    mutating func update(_ x: Double) {
        if count == period {
            value = (value * Double(period &- 1) + x) / Double(period)
            return
        }
        sum += x
        count &+= 1
        if count == period { value = sum / Double(period) }
    }
}

/// Sum and sum of squares of the last `period` integers, exact: no drift however long it runs.
///
/// Values are taken relative to an anchor, which follows when they stray from it; a distance
/// beyond 2^26 inside one window is cut there.
///
/// SAFETY: the memory belongs to this value alone and lives as long as it.
@safe
struct ExactWindow: ~Copyable {
    private static var distanceMax: Int64 {
        @_noAllocation @_noLocks
        get { 1 << 26 }
    }

    private let values: UnsafeMutablePointer<Int64>
    private let period: Int
    private var next = 0
    private var count = 0
    private var anchor: Int64 = 0
    private var sum: Int64 = 0
    private var squares: Int64 = 0

    /// - Parameter period: 2...32, so that the variance stays within an `Int64`.
    init(period: Int) {
        precondition((2...32).contains(period), "a window of 2 to 32 values")
        self.period = period
        unsafe values = UnsafeMutablePointer<Int64>.allocate(capacity: period)
        unsafe values.initialize(repeating: 0, count: period)
    }

    deinit { unsafe values.deallocate() }

    var isFull: Bool {
        @_noAllocation @_noLocks
        get { count == period }
    }

    @_noAllocation @_noLocks
    mutating func update(_ value: Int64) {
        let distance = value &- anchor
        if count == 0 || distance > Self.distanceMax / 2 || distance < -Self.distanceMax / 2 {
            reanchor(at: value)
        }
        if count == period {
            let old = unsafe relative(values[next])
            sum = sum &- old
            squares = squares &- old &* old
        } else {
            count &+= 1
        }
        unsafe values[next] = value
        next = next &+ 1 == period ? 0 : next &+ 1
        let new = relative(value)
        sum = sum &+ new
        squares = squares &+ new &* new
    }

    /// `value` as distance from the anchor, at most 2^26: 32 squares then stay below 2^57.
    @_noAllocation @_noLocks
    private func relative(_ value: Int64) -> Int64 {
        let distance = value &- anchor
        if distance > Self.distanceMax { return Self.distanceMax }
        if distance < -Self.distanceMax { return -Self.distanceMax }
        return distance
    }

    @_noAllocation @_noLocks
    private mutating func reanchor(at value: Int64) {
        anchor = value
        sum = 0
        squares = 0
        var index = 0
        while index < count {
            let distance = unsafe relative(values[index])
            sum = sum &+ distance
            squares = squares &+ distance &* distance
            index &+= 1
        }
    }

    /// Mean of the window.
    var mean: Double {
        @_noAllocation @_noLocks
        get { Double(anchor) + Double(sum) / Double(period) }
    }

    /// Population standard deviation of the window.
    var deviation: Double {
        @_noAllocation @_noLocks
        get {
            let spread = Int64(period) &* squares &- sum &* sum
            return apus_square_root(Double(spread)) / Double(period)
        }
    }
}

/// Mean of the last 20 volumes, exact; a volume above 2^58 is cut there.
///
/// SAFETY: the memory belongs to this value alone and lives as long as it.
@safe
struct VolumeWindow: ~Copyable {
    private static var period: Int {
        @_noAllocation @_noLocks
        get { 20 }
    }

    private let values: UnsafeMutablePointer<Int64>
    private var next = 0
    private var sum: Int64 = 0

    init() {
        unsafe values = UnsafeMutablePointer<Int64>.allocate(capacity: Self.period)
        unsafe values.initialize(repeating: 0, count: Self.period)
    }

    deinit { unsafe values.deallocate() }

    @_noAllocation @_noLocks
    mutating func update(_ volume: Int64) {
        let limit: Int64 = 1 << 58
        let new = volume > limit ? limit : volume
        sum = unsafe sum &- values[next] &+ new
        unsafe values[next] = new
        next = next &+ 1 == Self.period ? 0 : next &+ 1
    }

    var mean: Double {
        @_noAllocation @_noLocks
        get { Double(sum) / Double(Self.period) }
    }
}
