//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import CMessages

extension OKXOrderEncoder {
    /// Writes the head of a request.
    ///
    /// - Parameter kind: Raw value of the `OKXRequest`.
    /// - Parameter named: Orders that the id of a batch names.
    /// - Returns: Where the items begin.
    @_noAllocation @_noLocks
    @inline(__always)
    mutating func begin(_ kind: Int, orderID: UInt64, named: Int, timeMs: Int64) -> Int {
        usedHead = kind
        let head = unsafe heads[kind]
        unsafe apus_copy(text, headTexts + kind &* OKXRequestHead.lengthMax, head.length)
        unsafe TextWriter.hex16(orderID, to: text + head.idAt)
        if head.countAt > 0 {
            unsafe text[head.countAt] = UInt8(truncatingIfNeeded: named / 10) &+ 0x30
            unsafe text[head.countAt &+ 1] = UInt8(truncatingIfNeeded: named % 10) &+ 0x30
        }
        if head.timeAt > 0 {
            let (end, overflow) = timeMs.addingReportingOverflow(expiryWindowMs)
            unsafe TextWriter.milliseconds13(overflow ? .max : end, to: text + head.timeAt)
        }
        return head.length
    }

    /// How many orders the id of a batch can name: all when their ids are consecutive, otherwise
    /// the first alone.
    @_noAllocation @_noLocks
    static func consecutive(_ intents: UnsafePointer<OrderIntent>, _ count: Int) -> Int {
        for index in 1..<count {
            let expected = unsafe intents.pointee.orderID &+ UInt64(index)
            if unsafe intents[index].orderID != expected { return 1 }
        }
        return count
    }

    @_noAllocation @_noLocks
    @inline(__always)
    func append(_ string: StaticString, at: Int) -> Int {
        unsafe apus_copy(text + at, string.utf8Start, string.utf8CodeUnitCount)
        return at &+ string.utf8CodeUnitCount
    }

    /// Closes the request and masks it.
    ///
    /// - Returns: Bytes of the frame.
    @_noAllocation @_noLocks
    @inline(__always)
    mutating func finish(at: Int) -> Int {
        textLength = append("]}", at: at)
        return unsafe mask.write(payload: text, length: textLength, to: frame)
    }

    /// `{"clOrdId":"apus<16 hex>` of an order.
    @_noAllocation @_noLocks
    @inline(__always)
    private func appendClientID(_ orderID: UInt64, at: Int) -> Int {
        let end = append("{\"clOrdId\":\"apus", at: at)
        unsafe TextWriter.hex16(orderID, to: text + end)
        return end &+ 16
    }

    /// Order and instrument of a cancel or amend.
    ///
    /// - Returns: Where the text goes on; 0 for an instrument that cannot be traded.
    @_noAllocation @_noLocks
    mutating func appendName(_ orderID: UInt64, _ instrumentID: UInt32, at: Int) -> Int {
        let id = Int(instrumentID)
        if unsafe id >= instrumentCount || codeLengths[id] == 0 { return 0 }
        let end = appendClientID(orderID, at: at)
        let length = unsafe Int(codeLengths[id])
        unsafe apus_copy(text + end, codeTexts + id &* Self.codeLengthMax, length)
        return end &+ length
    }

    /// Any template of an instrument, for its tick and lot.
    @_noAllocation @_noLocks
    mutating func firstTemplate(_ instrumentID: UInt32) -> Int? {
        let first = Int(instrumentID) &* OrderTemplate.variantCount
        for index in first..<first &+ OrderTemplate.variantCount {
            if unsafe templates[index].jsonLength > 0 { return index }
        }
        return nil
    }

    /// One new order.
    ///
    /// - Returns: Where the text goes on; 0 for an order that cannot be written.
    @_noAllocation @_noLocks
    @inline(__always)
    mutating func appendPlace(_ intent: UnsafePointer<OrderIntent>, at start: Int) -> Int {
        let instrumentID = unsafe intent.pointee.instrumentID
        guard Int(instrumentID) < instrumentCount,
            let variant = unsafe OrderTemplate.variant(
                side: intent.pointee.side, type: intent.pointee.type,
                timeInForce: intent.pointee.timeInForce,
                isReduceOnly: intent.pointee.isReduceOnly)
        else { return 0 }
        let index = Int(instrumentID) &* OrderTemplate.variantCount &+ variant
        let length = unsafe Int(templates[index].jsonLength)
        if length == 0 { return 0 }
        let isMarket = unsafe templates[index].type == .market
        let ticks = unsafe intent.pointee.limitPrice.rawValue
        let lots = unsafe intent.pointee.quantity.rawValue
        if lots < 1 || (isMarket ? ticks != 0 : ticks < 1) { return 0 }

        let item = unsafe items + itemCount
        unsafe item.pointee.template = index
        unsafe item.pointee.clientIDAt = start &+ 16
        var at = unsafe appendClientID(intent.pointee.orderID, at: start)
        unsafe apus_copy(text + at, templateTexts + index &* OrderTemplate.textLengthMax, length)
        at = unsafe appendQuantity(lots, item, at: at &+ length)
        if at == 0 { return 0 }
        unsafe item.pointee.priceLength = 0
        if !isMarket {
            at = unsafe appendPrice(ticks, item, at: append("\",\"px\":\"", at: at))
            if at == 0 { return 0 }
        }
        itemCount &+= 1
        return append("\"}", at: at)
    }

    @_noAllocation @_noLocks
    @inline(__always)
    func appendQuantity(
        _ lots: Int64, _ item: UnsafeMutablePointer<OKXEncodedItem>, at: Int
    ) -> Int {
        let template = unsafe templates + item.pointee.template
        let (quantity, overflow) = unsafe lots.multipliedReportingOverflow(
            by: template.pointee.lotMantissa)
        if overflow { return 0 }
        unsafe item.pointee.quantityAt = at
        unsafe item.pointee.quantityLength = TextWriter.minimalDecimal(
            quantity, decimals: Int(template.pointee.quantityDecimals), to: text + at)
        return unsafe at &+ item.pointee.quantityLength
    }

    @_noAllocation @_noLocks
    @inline(__always)
    func appendPrice(
        _ ticks: Int64, _ item: UnsafeMutablePointer<OKXEncodedItem>, at: Int
    ) -> Int {
        let template = unsafe templates + item.pointee.template
        let (price, overflow) = unsafe ticks.multipliedReportingOverflow(
            by: template.pointee.tickMantissa)
        if overflow { return 0 }
        unsafe item.pointee.priceAt = at
        unsafe item.pointee.priceLength = TextWriter.minimalDecimal(
            price, decimals: Int(template.pointee.priceDecimals), to: text + at)
        return unsafe at &+ item.pointee.priceLength
    }
}
