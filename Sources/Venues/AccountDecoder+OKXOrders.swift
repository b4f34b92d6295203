//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import JSON
import Messages
import Telemetry

extension AccountDecoder {
    /// Members of a pushed order that nothing is made from.
    private static var okxOrderKeys: StaticString {
        @_noAllocation @_noLocks
        get {
            """
            algoId avgPx category ccy cTime fee feeCcy fillPnl instType lastPx lever msg ordType \
            pnl posSide px pxType pxUsd pxVol rebate reqId slOrdPx source stpId stpMode sz tag \
            tdMode tgtCcy tpOrdPx algoClOrdId amendSource attachAlgoClOrdId attachAlgoOrds \
            cancelSourceReason fillFwdPx fillMarkPx fillMarkVol fillIdxPx fillNotionalUsd \
            fillPxUsd fillPxVol isTpLimit notionalUsd quickMgnType rebateCcy reduceOnly \
            slTriggerPx slTriggerPxType tpTriggerPx tpTriggerPxType linkedAlgoOrd tradeQuoteCcy \
            outcome banAmend pxAmendType uid fillTime amendResult cancelSource code
            """
        }
    }

    /// Pushes of the `orders` channel. Each is looked at by itself: one that is refused takes no
    /// other with it.
    @_noAllocation @_noLocks
    mutating func okxOrders(_ bytes: UnsafePointer<UInt8>, _ data: JSONField) -> Outcome {
        var elements = unsafe JSONElements(bytes, data)
        while let element = elements.next() {
            guard unsafe nested.read(bytes, from: element.start, count: element.end) else {
                count(.malformed)
                continue
            }
            let outcome = okxOrder()
            count(outcome)
            guard outcome == .done else { continue }
            nested.know(long: Self.okxOrderKeys)
            counters.unknownKeys.add(nested.unknownCount)
        }
        return .done
    }

    /// One push, in `nested`. Its fill, if it has one, is told by the trade's id, whatever state
    /// the order is in; an end without a fill is told as well. Several pushes can be of one time.
    @_noAllocation @_noLocks
    private mutating func okxOrder() -> Outcome {
        guard let symbol = unsafe nested.text(nested.field("instId")),
            let start = symbol.baseAddress, symbol.count > 0
        else { return .malformed }
        guard let scale = unsafe okxSymbols.find(start, count: symbol.count) else {
            return .unknownSymbol
        }
        var report = blank(.accepted)
        unsafe report.instrumentID = scale.pointee.instrumentID
        report.orderID = unsafe Self.orderID(nested.text(nested.field("clOrdId")))
        guard let venueTimeNs = nested.timeText("uTime"),
            let venueOrderID = nested.unsignedText("ordId")
        else { return .malformed }
        report.venueTimeNs = venueTimeNs
        report.venueOrderID = venueOrderID
        if nested.has("side", "buy") {
            report.side = .buy
        } else if nested.has("side", "sell") {
            report.side = .sell
        } else {
            return .malformed
        }
        var cumulative: Int64 = 0
        let summed = unsafe scale.pointee.lots(nested.decimal("accFillSz"), &cumulative)
        if summed != .done { return summed }
        report.cumulativeQuantity = QuantityLots(cumulative)
        guard nested.kind("state") == .string else { return .malformed }
        var fill = report
        let filled = unsafe okxFill(&fill, scale)
        if filled != .done && filled != .passed { return filled }
        let hasFill = filled == .done
        var size: Int64 = 0
        let isSized = unsafe scale.pointee.lots(nested.decimal("sz"), &size) == .done
        report.execution = okxStanding(
            hasFill: hasFill, isComplete: isSized && size == cumulative,
            isOurs: report.orderID != 0)
        report.venueCode = Self.okxCode(nested, "code") ?? 0

        if report.orderID == 0 { counters.okxAccount.externalOrders.increment() }
        unsafe noteOKXAmend(&report, scale, size: isSized ? size : 0)
        if hasFill { write(fill) }
        // A fill tells that the order lives, so nothing else needs to.
        if !hasFill || report.execution != .accepted { write(report) }
        return .done
    }

    /// What the state says beside a fill: `accepted` while the order lives, or when its fill says
    /// that it does not; otherwise how it ended.
    @_noAllocation @_noLocks
    private mutating func okxStanding(hasFill: Bool, isComplete: Bool, isOurs: Bool) -> Execution {
        if nested.has("state", "live") || nested.has("state", "partially_filled") {
            return .accepted
        }
        // Filled for less than its size, or with no fill told: it has ended all the same, and the
        // gateway waits for what is stated and was not delivered. The size of a reduce-only order
        // may be less than was asked for.
        if nested.has("state", "filled") {
            let isWhole = hasFill && isComplete && !nested.has("reduceOnly", "true")
            return isWhole ? .accepted : .expired
        }
        if nested.has("state", "canceled") { return okxEndedByVenue() ? .expired : .canceled }
        if nested.has("state", "mmp_canceled") { return .canceled }
        counters.unknownExecutions.increment()
        return isOurs ? .unknown : .accepted
    }

    /// True when the venue itself ended the order: the rest of an IOC order, a FOK or post-only
    /// order that could not be, self-trade prevention, price limits, too many matches.
    @_noAllocation @_noLocks
    private mutating func okxEndedByVenue() -> Bool {
        switch nested.unsignedText("cancelSource") {
        case 2, 10, 13, 14, 15, 17, 21, 22, 23, 27, 31, 32, 33: true
        default: false
        }
    }

    /// Takes the fill of a push into `report`.
    ///
    /// - Returns: `passed` when it has none.
    @_noAllocation @_noLocks
    private mutating func okxFill(
        _ report: inout ExecutionReport, _ scale: UnsafePointer<InstrumentScale>
    ) -> Outcome {
        nested.know(long: "fillPx fillSz execType fillFee fillFeeCcy tradeId")
        if !nested.isGiven("tradeId") { return .passed }
        // Liquidations have negative ids: their bits are as unique.
        guard let tradeID = nested.signedText("tradeId") else { return .malformed }
        var quantity: Int64 = 0
        let sized = unsafe scale.pointee.lots(nested.decimal("fillSz"), &quantity)
        if sized != .done { return sized }
        if tradeID == 0 || quantity == 0 { return .passed }
        var price: Int64 = 0
        let priced = unsafe scale.pointee.ticks(nested.decimal("fillPx"), &price)
        if priced != .done { return priced }
        report.execution = .fill
        report.lastPrice = PriceTicks(price)
        report.lastQuantity = QuantityLots(quantity)
        report.tradeID = tradeID
        report.isMaker = nested.has("execType", "M") ? 1 : 0
        report.venueTimeNs = nested.timeText("fillTime") ?? report.venueTimeNs
        guard nested.isGiven("fillFee") else { return .done }
        var fee: Int64 = 0
        let charged = nested.decimal("fillFee").signed(decimals: 8, &fee)
        if charged != .done { return charged }
        // The venue writes what is charged as negative.
        report.feeE8 = 0 &- fee
        if fee != 0, unsafe !isQuoteAsset(nested.field("fillFeeCcy"), scale) {
            counters.foreignFees.increment()
        }
        return .done
    }

    /// What became of an amend. Of an order that lives on, the report tells it; one that has ended
    /// has ended.
    @_noAllocation @_noLocks
    private mutating func noteOKXAmend(
        _ report: inout ExecutionReport, _ scale: UnsafePointer<InstrumentScale>, size: Int64
    ) {
        let isRefused = nested.has("amendResult", "-1") || nested.has("amendResult", "1")
        if isRefused { counters.okxAccount.amendRejects.increment() }
        guard report.execution == .accepted,
            nested.has("state", "live") || nested.has("state", "partially_filled")
        else { return }
        if isRefused {
            report.execution = .modifyRejected
            return
        }
        var price: Int64 = 0
        guard nested.has("amendResult", "0"), size > 0,
            unsafe scale.pointee.ticks(nested.decimal("px"), &price) == .done
        else { return }
        // Made smaller, or new, by the venue: nobody asked for it.
        let isByVenue = nested.has("amendSource", "3") || nested.has("amendSource", "4")
        report.execution = isByVenue ? .restated : .modified
        report.isReduced = nested.has("amendSource", "2") ? 1 : 0
        report.lastPrice = PriceTicks(price)
        report.lastQuantity = QuantityLots(size)
    }
}
