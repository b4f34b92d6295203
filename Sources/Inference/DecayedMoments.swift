//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase

/// Decayed moments of two numbers that come in pairs, and how often their signs agree.
struct DecayedMoments {
    private(set) var weight = 0.0
    private(set) var x = 0.0
    private(set) var y = 0.0
    private(set) var xx = 0.0
    private(set) var yy = 0.0
    private var xy = 0.0
    private var hits = 0.0
    private var moves = 0.0

    @_noAllocation @_noLocks
    init() {}

    /// Takes a pair in; what was before counts `factor` times as much as until now.
    @_noAllocation @_noLocks
    mutating func add(_ a: Double, _ b: Double, factor: Double) {
        let isMove = a != 0 && b != 0
        weight = weight * factor + 1
        x = x * factor + a
        y = y * factor + b
        xx = xx * factor + a * a
        yy = yy * factor + b * b
        xy = xy * factor + a * b
        moves = moves * factor + (isMove ? 1 : 0)
        hits = hits * factor + (isMove && (a > 0) == (b > 0) ? 1 : 0)
    }

    /// Pearson's, -1...1; 0 where one does not vary.
    var correlation: Double {
        @_noAllocation @_noLocks
        get {
            if weight <= 0 { return 0 }
            let (meanX, meanY) = (x / weight, y / weight)
            let spread = (xx / weight - meanX * meanX) * (yy / weight - meanY * meanY)
            if !(spread > 0) { return 0 }
            let value = (xy / weight - meanX * meanY) / apus_square_root(spread)
            if !(value.magnitude <= .greatestFiniteMagnitude) { return 0 }
            return value > 1 ? 1 : value < -1 ? -1 : value
        }
    }

    /// Share of agreeing signs among pairs without a zero; not a number before the first.
    var hitRate: Double {
        @_noAllocation @_noLocks
        get { moves > 0 ? hits / moves : .nan }
    }

    /// Of the second number on the first, through the origin; not a number while that was 0.
    var slope: Double {
        @_noAllocation @_noLocks
        get { xx > 0 ? xy / xx : .nan }
    }
}
