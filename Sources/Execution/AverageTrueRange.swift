//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// The average true range of an instrument's mids over bars of record time, in O(1).
///
/// A bar ends with the first mid at or behind its end; times without one make no bar. The true
/// range of a bar is the largest of high - low and the distances of both from the close before.
/// The average is Wilder's: the mean of the first `period` ranges, then (n - 1)/n of itself and 1/n
/// of the next.
///
/// Source: J. W. Wilder, New concepts in technical trading systems, 1978.
public struct AverageTrueRange: BitwiseCopyable, Sendable {
    private var endNs: UInt64 = 0
    private var high: Double = 0
    private var low: Double = 0
    private var close: Double = 0
    /// Of the bar before; 0: there was none.
    private var previousClose: Double = 0
    private var average: Double = 0
    private var count = 0

    @_noAllocation @_noLocks
    public init() {}

    /// Takes in a mid.
    @_noAllocation @_noLocks
    public mutating func take(mid: Double, nowNs: UInt64, barNs: UInt64, period: Int) {
        if nowNs >= endNs {
            if endNs > 0 { closeBar(period) }
            endNs = (nowNs / barNs &+ 1) &* barNs
            high = mid
            low = mid
        }
        high = max(high, mid)
        low = min(low, mid)
        close = mid
    }

    @_noAllocation @_noLocks
    private mutating func closeBar(_ period: Int) {
        var range = high - low
        if previousClose > 0 {
            range = max(range, max(high - previousClose, previousClose - low))
        }
        previousClose = close
        if count < period {
            count &+= 1
            average += (range - average) / Double(count)
        } else {
            average += (range - average) / Double(period)
        }
    }

    /// In ticks; 0 before `period` bars have ended.
    @_noAllocation @_noLocks
    public func value(period: Int) -> Double { count < period ? 0 : average }
}
