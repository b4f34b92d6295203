//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CMessages

/// Builds the bars of one instrument and time frame from its trades: of time, or of what was
/// traded.
///
/// Time is the record's ingress time, not the venue's: it never goes backwards, whatever
/// connection a trade came by, so a closed bar is final and a late trade cannot exist; and it is
/// the clock decisions use, so a bar closes at the moment the strategy could have known it. Every
/// trade is in exactly one bar, the one that is open when it arrives.
///
/// *Time bars.* Bar k covers `k * T ..< (k + 1) * T` since 1970 UTC. It is closed by the first
/// record of the instrument, or timer, at or after its end. The first bar is that of the first
/// trade. A bar without a trade carries the previous close with volume 0. When more than
/// `fillBarsMax` bars have passed without any record, the builder emits that many and jumps to the
/// current one.
///
/// *Bars by trades, volume or value.* The trade that reaches the limit is the bar's last, whole,
/// and what it has beyond the limit is not carried over: a part of a trade in the next bar would
/// be a trade that nobody made, and would make two of one in every count. So a bar is at least its
/// limit, and a trade of many limits is one bar. There are no bars without a trade. Sums are exact
/// integers. Such a bar closes with its last trade, and its open time is that of its first: bars
/// of one instant follow each other in the order of their records.
public struct BarBuilder: BitwiseCopyable, Sendable {
    public static var fillBarsMax: Int {
        @_noAllocation @_noLocks
        get { 120 }
    }

    /// 0 where the trades end a bar.
    public let timeframeNs: UInt64
    private let limit: BarLimit
    /// Of the current bar's trades, by the limit's measure.
    private var measured: Int128 = 0
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
        limit = BarLimit(measure: .trades, threshold: Int128.max)
    }

    public init(limit: BarLimit) {
        timeframeNs = 0
        self.limit = limit
    }

    /// True when the current bar's trades have reached its limit.
    public var isFull: Bool {
        @_noAllocation @_noLocks
        get { measured >= limit.threshold }
    }

    /// True when the current bar ends at or before `timeNs`.
    @_noAllocation @_noLocks
    public func isDue(_ timeNs: UInt64) -> Bool {
        isStarted && timeframeNs != 0 && timeNs >= openTimeNs &+ timeframeNs
    }

    /// Writes the bar that is due or full and opens the next one.
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
        openTimeNs = timeframeNs == 0 ? timeNs : openTimeNs &+ timeframeNs
        measured = 0
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

    /// Takes a trade in. Precondition: no bar is due at `timeNs` and none is full; price and
    /// quantity are at most 2^50.
    @_noAllocation @_noLocks
    public mutating func add(price: PriceTicks, quantity: QuantityLots, timeNs: UInt64) {
        let ticks = price.rawValue
        if !isStarted {
            isStarted = true
            if timeframeNs != 0 { openTimeNs = timeNs &- timeNs % timeframeNs }
        }
        if tradeCount == 0 {
            if timeframeNs == 0 { openTimeNs = timeNs }
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
        measured = measured &+ measure(ticks, quantity.rawValue)
        revision &+= 1
    }

    /// A trade by the limit's measure.
    @_noAllocation @_noLocks
    private func measure(_ ticks: Int64, _ lots: Int64) -> Int128 {
        switch limit.measure {
        case .trades: 1
        case .lots: Int128(lots)
        case .value: Int128(ticks) &* Int128(lots)
        }
    }
}
