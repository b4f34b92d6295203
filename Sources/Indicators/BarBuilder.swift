//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CMessages

/// Builds the time bars of one instrument and time frame from its trades.
///
/// Time is the record's ingress time, not the venue's: it never goes backwards, whatever
/// connection a trade came by, so a closed bar is final and a late trade cannot exist; and it is
/// the clock decisions use, so a bar closes at the moment the strategy could have known it. Bar k
/// covers `k * T ..< (k + 1) * T`. It is closed by the first record of the instrument, or timer,
/// at or after its end. The first bar is that of the first trade.
///
/// A bar without a trade carries the previous close with volume 0. When more than `fillBarsMax`
/// bars have passed without any record, the builder emits that many and jumps to the current one.
public struct BarBuilder: BitwiseCopyable, Sendable {
    public static var fillBarsMax: Int {
        @_noAllocation @_noLocks
        get { 120 }
    }

    public let timeframeNs: UInt64
    private var openTimeNs: UInt64 = 0
    private var isStarted = false
    private var open: Int64 = 0
    private var high: Int64 = 0
    private var low: Int64 = 0
    private var close: Int64 = 0
    private var volume: Int64 = 0
    private var tradeCount: UInt64 = 0
    private var filled = 0
    /// Grows with every change of the current bar.
    private(set) var revision: UInt64 = 0

    /// - Parameter timeframeNs: Greater than 0.
    public init(timeframeNs: UInt64) {
        precondition(timeframeNs > 0, "a time frame longer than nothing")
        self.timeframeNs = timeframeNs
    }

    /// True when the current bar ends at or before `timeNs`.
    @_noAllocation @_noLocks
    public func isDue(_ timeNs: UInt64) -> Bool {
        isStarted && timeNs >= openTimeNs &+ timeframeNs
    }

    /// Writes the bar that is due and opens the next one.
    ///
    /// - Returns: `false` when, instead, the bound of fill bars was reached: nothing was written
    ///   and the bar of `timeNs` is open.
    @_noAllocation @_noLocks
    public mutating func closeBar(
        at timeNs: UInt64, sequence: UInt64, instrumentID: UInt32,
        into bar: UnsafeMutablePointer<Bar>
    ) -> Bool {
        if tradeCount == 0 && filled == Self.fillBarsMax {
            filled = 0
            openTimeNs = timeNs &- timeNs % timeframeNs
            revision &+= 1
            return false
        }
        unsafe fill(bar)
        unsafe bar.pointee.sequence = sequence
        unsafe bar.pointee.ingressTimeNs = timeNs
        unsafe bar.pointee.instrumentID = instrumentID
        openTimeNs = openTimeNs &+ timeframeNs
        if tradeCount == 0 { filled = filled &+ 1 }
        if !isDue(timeNs) { filled = 0 }
        open = close
        high = close
        low = close
        volume = 0
        tradeCount = 0
        revision &+= 1
        return true
    }

    /// Writes the current bar as it stands; one without a trade carries the previous close.
    ///
    /// - Returns: `false`, and nothing written, before the first trade.
    @_noAllocation @_noLocks
    public func formingBar(into bar: UnsafeMutablePointer<Bar>) -> Bool {
        if isStarted { unsafe fill(bar) }
        return isStarted
    }

    @_noAllocation @_noLocks
    private func fill(_ bar: UnsafeMutablePointer<Bar>) {
        unsafe bar.pointee = Bar()
        unsafe bar.pointee.openTimeNs = openTimeNs
        unsafe bar.pointee.timeframeNs = timeframeNs
        unsafe bar.pointee.open = PriceTicks(rawValue: open)
        unsafe bar.pointee.high = PriceTicks(rawValue: high)
        unsafe bar.pointee.low = PriceTicks(rawValue: low)
        unsafe bar.pointee.close = PriceTicks(rawValue: close)
        unsafe bar.pointee.volume = QuantityLots(rawValue: volume)
        unsafe bar.pointee.tradeCount = tradeCount
    }

    /// Takes a trade in. Precondition: no bar is due at `timeNs`.
    @_noAllocation @_noLocks
    public mutating func add(price: PriceTicks, quantity: QuantityLots, timeNs: UInt64) {
        let ticks = price.rawValue
        if !isStarted {
            isStarted = true
            openTimeNs = timeNs &- timeNs % timeframeNs
        }
        if tradeCount == 0 {
            open = ticks
            high = ticks
            low = ticks
        }
        if ticks > high { high = ticks }
        if ticks < low { low = ticks }
        close = ticks
        // Saturates instead of wrapping: quantities come from outside.
        let (sum, overflow) = volume.addingReportingOverflow(quantity.rawValue)
        volume = overflow ? Int64.max : sum
        tradeCount &+= 1
        revision &+= 1
    }
}
