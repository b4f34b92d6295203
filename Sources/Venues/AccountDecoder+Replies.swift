//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import CKernels
import JSON
import Messages
import Telemetry

extension AccountDecoder {
    /// One reply of the WebSocket API. Its id is that of our request: "p" for place, "c" for
    /// cancel, "m" for modify, "q" for query or "f" for a final one, and 16 hexadecimal digits of
    /// the order id.
    @_noAllocation @_noLocks
    mutating func decodeReply(_ bytes: UnsafePointer<UInt8>, count: Int) {
        counters.generic.increment()
        self.count(unsafe reply(bytes, count: count))
    }

    @_noAllocation @_noLocks
    private mutating func reply(_ bytes: UnsafePointer<UInt8>, count: Int) -> Outcome {
        guard unsafe outer.read(bytes, count: count) else { return .malformed }
        noteLimits()
        outer.know("id")
        guard let status = outer.unsigned("status") else { return .malformed }
        guard let text = unsafe outer.text(outer.field("id")), text.count == 17,
            let start = text.baseAddress
        else { return unmatched() }
        let isPlace = unsafe start[0] == UInt8(ascii: "p")
        let isModify = unsafe start[0] == UInt8(ascii: "m")
        let isFinal = unsafe start[0] == UInt8(ascii: "f")
        let isQuery = unsafe start[0] == UInt8(ascii: "q") || isFinal
        guard unsafe isPlace || isModify || isQuery || start[0] == UInt8(ascii: "c") else {
            return unmatched()
        }
        var isHex: Int32 = 0
        let orderID = unsafe apus_hex16(start + 1, &isHex)
        guard isHex != 0, orderID != 0 else { return unmatched() }

        var report = blank(.unknown)
        report.orderID = orderID
        report.isReply = 1
        report.isFinal = isFinal ? 1 : 0
        var isNotExecuted = false
        if let error = outer.field("error") {
            guard error.kind == .objectStart,
                unsafe inner.read(bytes, from: error.start, count: error.start &+ error.length)
            else { return .malformed }
            report.venueCode = errorCode()
            isNotExecuted =
                inner.has("msg", "Service Unavailable.")
                || inner.has(
                    "msg", "Internal error; unable to process your request. Please try again.")
        }
        if isQuery {
            return unsafe answer(&report, bytes, status: status, isNotExecuted: isNotExecuted)
        }
        let request: RequestKind = isPlace ? .place : isModify ? .modify : .cancel
        switch HTTPStatus.outcome(
            status, code: report.venueCode, isNotExecuted: isNotExecuted, of: request)
        {
        case .accepted:
            report.execution = isPlace ? .accepted : .canceled
            let outcome = unsafe takeResult(&report, bytes)
            if outcome != .done { return outcome }
            // A change to no more than what was executed ends the order.
            if isModify, !inner.has("status", "CANCELED") {
                report.execution = takeTerms(&report) ? .modified : .unknown
            }
        case .rejected, .retry:
            noteRefusal(status: status, code: report.venueCode)
            if isModify { binance.modifyRefusals.increment() }
            report.execution = isPlace ? .rejected : isModify ? .modifyRejected : .cancelRejected
        case .unknown: report.execution = .unknown
        }
        counters.unknownKeys.add(outer.unknownCount)
        write(report)
        return .done
    }

    @_noAllocation @_noLocks
    private func unmatched() -> Outcome {
        counters.unmatchedReplies.increment()
        if outer.field("error") != nil { counters.venueErrors.increment() }
        return .passed
    }

    /// `code` of an error: a negative number, or 0 when there is none that fits.
    @_noAllocation @_noLocks
    private mutating func errorCode() -> Int32 {
        guard let field = inner.field("code"), field.kind == .number else { return 0 }
        let decimal = unsafe JSONText.decimal(inner.bytes + field.start, count: field.length)
        var value: Int64 = 0
        guard decimal.decimals == 0, decimal.signed(decimals: 0, &value) == .done else { return 0 }
        return Int32(exactly: value) ?? 0
    }

    /// What the venue says about the order it took or cancelled. A result that cannot be read does
    /// not make the answer less true: only what could be read is told.
    @_noAllocation @_noLocks
    mutating func takeResult(
        _ report: inout ExecutionReport, _ bytes: UnsafePointer<UInt8>
    ) -> Outcome {
        guard let result = outer.field("result"), result.kind == .objectStart,
            unsafe inner.read(bytes, from: result.start, count: result.start &+ result.length)
        else { return .malformed }
        report.venueOrderID = inner.unsigned("orderId") ?? 0
        if let milliseconds = inner.unsigned("updateTime"),
            milliseconds <= VenueTime.millisecondsMax
        {
            report.venueTimeNs = milliseconds &* 1_000_000
        }
        if inner.has("side", "BUY") { report.side = .buy }
        if inner.has("side", "SELL") { report.side = .sell }
        guard let symbol = unsafe inner.text(inner.field("symbol")),
            let start = symbol.baseAddress,
            let scale = unsafe symbols.find(start, count: symbol.count)
        else { return .done }
        unsafe report.instrumentID = scale.pointee.instrumentID
        var executed: Int64 = 0
        if unsafe scale.pointee.lots(inner.decimal("executedQty"), &executed) == .done {
            report.cumulativeQuantity = QuantityLots(executed)
        }
        return .done
    }

    /// Price and total quantity of the order in `inner`.
    ///
    /// - Returns: `false` when they cannot be read: then nobody knows what it was changed to.
    @_noAllocation @_noLocks
    mutating func takeTerms(_ report: inout ExecutionReport) -> Bool {
        guard let symbol = unsafe inner.text(inner.field("symbol")),
            let start = symbol.baseAddress,
            let scale = unsafe symbols.find(start, count: symbol.count)
        else { return false }
        var price: Int64 = 0
        var quantity: Int64 = 0
        guard unsafe scale.pointee.ticks(inner.decimal("price"), &price) == .done,
            unsafe scale.pointee.lots(inner.decimal("origQty"), &quantity) == .done
        else { return false }
        report.lastPrice = PriceTicks(price)
        report.lastQuantity = QuantityLots(quantity)
        return true
    }
}
