//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import JSON
import Messages
import Telemetry

extension AccountDecoder {
    /// One message of the user stream, combined or raw.
    @_noAllocation @_noLocks
    mutating func decodeUserMessage(_ bytes: UnsafePointer<UInt8>, count: Int) {
        counters.generic.increment()
        self.count(unsafe userMessage(bytes, count: count))
    }

    @_noAllocation @_noLocks
    private mutating func userMessage(
        _ bytes: UnsafePointer<UInt8>, count: Int
    ) -> Outcome {
        guard unsafe outer.read(bytes, count: count) else { return .malformed }
        if let data = outer.field("data") {
            outer.know("stream")
            counters.unknownKeys.add(outer.unknownCount)
            guard data.kind == .objectStart,
                unsafe inner.read(bytes, from: data.start, count: data.start &+ data.length)
            else { return .malformed }
        } else {
            if outer.field("error") != nil {
                counters.venueErrors.increment()
                return .passed
            }
            if outer.field("result") != nil {
                counters.controlReplies.increment()
                return .passed
            }
            guard unsafe inner.read(bytes, count: count) else { return .malformed }
        }
        if inner.has("e", "ORDER_TRADE_UPDATE") { return orderUpdate() }
        if inner.has("e", "TRADE_LITE") { return tradeLite() }
        if inner.has("e", "listenKeyExpired") {
            counters.listenKeyExpired.increment()
            writeSession(Self.userStream, isUp: false)
            return .done
        }
        return accountEvent()
    }

    /// `{"e","T","E","o":{…}}`.
    @_noAllocation @_noLocks
    private mutating func orderUpdate() -> Outcome {
        inner.know("T E")
        guard let order = inner.field("o"), order.kind == .objectStart,
            unsafe nested.read(
                inner.bytes, from: order.start, count: order.start &+ order.length)
        else { return .malformed }
        guard let symbol = unsafe nested.text(nested.field("s")),
            let start = symbol.baseAddress
        else { return .malformed }
        guard let scale = unsafe symbols.find(start, count: symbol.count) else {
            return .unknownSymbol
        }
        let orderID = unsafe Self.orderID(nested.text(nested.field("c")))
        guard let execution = execution(isOurs: orderID != 0) else { return .passed }
        var report = blank(execution)
        unsafe report.instrumentID = scale.pointee.instrumentID
        report.orderID = orderID
        let outcome = unsafe fill(&report, scale)
        if outcome != .done { return outcome }
        noteUpdate(execution)
        // A reduce-only order is made as small as the position: it has ended with this fill, and
        // nobody else tells.
        let hasEnded = execution == .fill && orderID != 0 && nested.kind("R") == .true
            && nested.has("X", "FILLED")
        nested.know("o f q p ap sp X b a R wt ot ps cp AP cr rp pP si ss V pm gtd er M st")
        counters.unknownKeys.add(inner.unknownCount &+ nested.unknownCount)
        write(report)
        if hasEnded {
            var end = report
            end.execution = .expired
            write(end)
        }
        return .done
    }

    /// What `x` says; `nil` when it is nothing known and the order is not ours.
    @_noAllocation @_noLocks
    private mutating func execution(isOurs: Bool) -> Execution? {
        if nested.has("x", "NEW") { return .accepted }
        if nested.has("x", "TRADE") { return .fill }
        if nested.has("x", "CANCELED") { return .canceled }
        if nested.has("x", "EXPIRED") { return .expired }
        if nested.has("x", "CALCULATED") { return .fill }
        if nested.has("x", "AMENDMENT") { return .modified }
        counters.unknownExecutions.increment()
        return isOurs ? .unknown : nil
    }

    /// Takes the numbers of an order update into `report`.
    @_noAllocation @_noLocks
    private mutating func fill(
        _ report: inout ExecutionReport, _ scale: UnsafePointer<InstrumentScale>
    ) -> Outcome {
        guard let milliseconds = nested.unsigned("T"),
            milliseconds <= VenueTime.millisecondsMax, let venueOrderID = nested.unsigned("i")
        else { return .malformed }
        report.venueTimeNs = milliseconds &* 1_000_000
        report.venueOrderID = venueOrderID
        if nested.has("S", "BUY") {
            report.side = .buy
        } else if nested.has("S", "SELL") {
            report.side = .sell
        } else {
            return .malformed
        }
        var cumulative: Int64 = 0
        let summed = unsafe scale.pointee.lots(nested.decimal("z"), &cumulative)
        if summed != .done { return summed }
        report.cumulativeQuantity = QuantityLots(cumulative)
        nested.know("l L t n N m")
        if report.execution == .modified { return unsafe terms(&report, scale) }
        return report.execution == .fill ? unsafe fillTrade(&report, scale) : .done
    }

    /// Price and total quantity of a changed order.
    @_noAllocation @_noLocks
    private mutating func terms(
        _ report: inout ExecutionReport, _ scale: UnsafePointer<InstrumentScale>
    ) -> Outcome {
        var price: Int64 = 0
        var quantity: Int64 = 0
        let priced = unsafe scale.pointee.ticks(nested.decimal("p"), &price)
        if priced != .done { return priced }
        let sized = unsafe scale.pointee.lots(nested.decimal("q"), &quantity)
        report.lastPrice = PriceTicks(price)
        report.lastQuantity = QuantityLots(quantity)
        return sized
    }

    @_noAllocation @_noLocks
    private mutating func fillTrade(
        _ report: inout ExecutionReport, _ scale: UnsafePointer<InstrumentScale>
    ) -> Outcome {
        var price: Int64 = 0
        var quantity: Int64 = 0
        let priced = unsafe scale.pointee.ticks(nested.decimal("L"), &price)
        if priced != .done { return priced }
        let sized = unsafe scale.pointee.lots(nested.decimal("l"), &quantity)
        if sized != .done { return sized }
        guard let tradeID = nested.unsigned("t") else { return .malformed }
        report.lastPrice = PriceTicks(price)
        report.lastQuantity = QuantityLots(quantity)
        report.tradeID = tradeID
        switch nested.kind("m") {
        case .true: report.isMaker = 1
        case .false: report.isMaker = 0
        default: return .malformed
        }
        // Old frames have no commission.
        guard nested.field("n") != nil else { return .done }
        var fee: Int64 = 0
        let charged = nested.decimal("n").signed(decimals: 8, &fee)
        if charged != .done { return charged }
        report.feeE8 = fee
        if fee != 0, unsafe !isQuoteAsset(nested.field("N"), scale) {
            counters.foreignFees.increment()
        }
        return .done
    }

    /// True when a member of `nested` names the asset that the instrument is quoted in.
    @_noAllocation @_noLocks
    mutating func isQuoteAsset(
        _ field: JSONField?, _ scale: UnsafePointer<InstrumentScale>
    ) -> Bool {
        guard let text = unsafe nested.text(field), text.count <= 16 else { return false }
        var low: UInt64 = 0
        var high: UInt64 = 0
        for index in 0..<text.count {
            let byte = unsafe UInt64(text[index]) &<< UInt64(8 &* (index & 7))
            if index < 8 { low |= byte } else { high |= byte }
        }
        return unsafe scale.pointee.quoteAsset.0 == low && scale.pointee.quoteAsset.1 == high
    }

    /// A fill that ORDER_TRADE_UPDATE tells as well, with its fee: checked, but never made a
    /// report of, so that no fill counts twice.
    @_noAllocation @_noLocks
    private mutating func tradeLite() -> Outcome {
        guard inner.kind("s") == .string, inner.unsigned("T") != nil,
            inner.unsigned("i") != nil, inner.unsigned("t") != nil,
            inner.decimal("L").isValid, inner.decimal("l").isValid
        else { return .malformed }
        counters.tradeLite.increment()
        return .passed
    }
}
